import { Popover } from '@mantine/core';
import { PhoneOutgoing } from 'lucide-react';
import { useState } from 'react';
import type { FlowNode } from '#shared/flow.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import type { CallMode, NodeTrial } from '#shared/trial.ts';
import { duration, plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { TextAreaField } from '../ui/field.tsx';
import { FocusScope } from '../ui/focus.tsx';
import styles from './calls-choice.module.css';
import { useTrial, useTrialState } from './trial-store.ts';

const modes: { mode: CallMode['mode']; label: string; help: string }[] = [
  { mode: 'recorded', label: 'From the recording', help: 'The answers of earlier real calls. A call that was never made fails.' },
  { mode: 'fixed', label: 'Always this value', help: 'Nobody is called.' },
  { mode: 'real', label: 'Really', help: 'Only where the call just reads; the answers are recorded.' },
];
const shortWords: Record<CallMode['mode'], string> = { recorded: 'from the recording', fixed: 'with a fixed value', real: 'really' };
const answeredWords: Record<CallMode['mode'] | 'failed', string> = { ...shortWords, failed: 'not answered' };

/** How a node's calls to the outside are answered in Try; nothing for nodes that made none and have no choice set. */
export function CallsChoice({ node, trial: seen }: { node: FlowNode; trial: NodeTrial | undefined }) {
  const trial = useTrial();
  const choice = useTrialState((state) => state.calls[node.id]);
  const calls = useTrialState((state) => state.calls);
  const [open, setOpen] = useState(false);
  const [text, setText] = useState(() => (choice?.mode === 'fixed' ? (stringifyJson(choice.value, 2) ?? '') : ''));
  const [wrong, setWrong] = useState<string>();
  const made = seen?.calls ?? [];
  const asked = made.length > 0 || seen?.failed.some(({ code }) => code.startsWith('call/')) === true;
  if (!asked && choice === undefined) return null;
  const mode = choice?.mode ?? 'recorded';
  const set = (next: CallMode) => trial.set({ calls: { ...calls, [node.id]: next } });
  const takeText = (value: string) => {
    setText(value);
    try {
      set({ mode: 'fixed', value: parseJson(value) });
      setWrong(undefined);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      setWrong(`This is not JSON yet, so the value before counts: ${error.message}`);
    }
  };
  return (
    <Popover opened={open} onChange={setOpen} position="top-end" width={380}>
      <Popover.Target>
        <Button size="small" icon={<PhoneOutgoing size={14} />} aria-expanded={open} onClick={() => setOpen(!open)}>
          {plural(made.length, 'call')} answered {shortWords[mode]}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={styles.popover ?? ''}>
        <FocusScope />
        <fieldset className={styles.form}>
          <legend>How calls of this node are answered in Try</legend>
          {modes.map((each) => (
            <label key={each.mode} className={styles.mode}>
              <input
                type="radio"
                name={`calls-${node.id}`}
                checked={mode === each.mode}
                onChange={() => (each.mode === 'fixed' ? takeText(text === '' ? '{}' : text) : set({ mode: each.mode }))}
              />
              <span>
                {each.label}
                <small>{each.help}</small>
              </span>
            </label>
          ))}
          {mode === 'fixed' && (
            <TextAreaField
              label="The answer, as JSON"
              mono
              rows={5}
              spellCheck={false}
              error={wrong}
              value={text}
              onChange={(event) => takeText(event.target.value)}
            />
          )}
          {made.length > 0 && (
            <ol className={styles.calls} aria-label="Calls of the last Try">
              {made.slice(0, 20).map((call, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: calls of one node differ in their place only.
                <li key={index}>
                  <span title={call.what}>{call.what}</span>
                  <small>
                    {answeredWords[call.answered]}
                    {call.answered === 'real' && `, ${duration(call.ms)}`}
                  </small>
                </li>
              ))}
              {made.length > 20 && <li>{made.length - 20} more</li>}
            </ol>
          )}
        </fieldset>
      </Popover.Dropdown>
    </Popover>
  );
}
