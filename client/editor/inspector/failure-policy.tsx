import { useState } from 'react';
import type { FlowNode } from '#shared/flow.ts';
import type { NodeKind } from '#shared/node-type.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import { useEditor, useFlow } from '../context.ts';
import { setOnError, setRetry } from '../document.ts';

type Retry = NonNullable<FlowNode['retry']>;

/** As the runtime has it where a node says nothing. */
const usual: Retry = { minutes: 1440, giveUp: 'pause' };

const errorWords = { 'dead-letter': 'Becomes a dead letter', skip: 'Is skipped and counted', stop: 'Stops the flow' };

const giveUpHelp: Record<Retry['giveUp'], string> = {
  pause: 'The stage waits, nothing is skipped and every order is kept. All later messages of the partition wait with it.',
  'dead-letter': 'It goes to the dead letters, and later messages of its key overtake it.',
  park: 'It goes to the dead letters, and later messages of its key are set aside in order until somebody releases the key. Other keys go on. So it is for messages that the system refuses, too.',
};

/** What happens to a message that a node cannot process; of sinks outside, how long it is tried again and what then. */
export function FailurePolicy({ node, kind, outside, disabled }: { node: FlowNode; kind: NodeKind; outside: boolean; disabled: boolean }) {
  const editor = useEditor();
  const { settings } = useFlow();
  const retry = node.retry ?? usual;
  const [minutes, setMinutes] = useState(String(retry.minutes));
  const typed = Number(minutes.replace(',', '.'));
  const valid = minutes.trim() !== '' && typed >= 0 && typed <= 43_200;
  const change = (next: Retry) => {
    const same = next.minutes === usual.minutes && next.giveUp === usual.giveUp;
    editor.edit('change what happens on failure', (flow) => setRetry(flow, node.id, same ? undefined : next), {
      merge: `retry/${node.id}`,
    });
  };
  return (
    <>
      <SelectField
        label={kind === 'sink' && outside ? 'A message that the system refuses' : 'A message that it cannot process'}
        value={node.onError ?? ''}
        disabled={disabled}
        onChange={(event) => {
          const { value } = event.target;
          const policy = value === '' ? undefined : (value as NonNullable<FlowNode['onError']>);
          editor.edit('change what happens on failure', (flow) => setOnError(flow, node.id, policy));
        }}
      >
        <option value="">As the flow says: {errorWords[settings.onError].toLowerCase()}</option>
        {Object.entries(errorWords).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </SelectField>
      {kind === 'sink' && outside && (
        <>
          <div data-field="retry.minutes">
            <TextField
              label="While the system is not ready, try again for (minutes)"
              inputMode="decimal"
              value={minutes}
              disabled={disabled}
              error={valid ? undefined : 'From 0 to 43,200 minutes, which is 30 days.'}
              onChange={(event) => {
                setMinutes(event.target.value);
                const value = Number(event.target.value.replace(',', '.'));
                if (event.target.value.trim() !== '' && value >= 0 && value <= 43_200) change({ ...retry, minutes: value });
              }}
            />
          </div>
          <div data-field="retry.giveUp">
            <SelectField
              label="When that time is over"
              help={giveUpHelp[retry.giveUp]}
              value={retry.giveUp}
              disabled={disabled}
              onChange={(event) => change({ ...retry, giveUp: event.target.value as Retry['giveUp'] })}
            >
              <option value="pause">Wait for a person</option>
              <option value="dead-letter">Make it a dead letter</option>
              <option value="park">Park the key</option>
            </SelectField>
          </div>
        </>
      )}
    </>
  );
}
