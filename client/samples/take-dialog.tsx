import { useId, useState } from 'react';
import type { TakeRequestInput } from '#shared/sample-schemas.ts';
import { useEditor, useEditorState, useFlow } from '../editor/context.ts';
import { plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { FindForm } from './find-form.tsx';
import { FoundList } from './found-list.tsx';
import { type Pasted, PasteForm, pastedReady } from './paste-form.tsx';
import { sourcesOf } from './sources.ts';
import styles from './take-dialog.module.css';
import { useSearch } from './use-search.ts';
import { workspaceOf } from './workspace.ts';

/** The ways in which samples come in. */
export type TakeWay = 'newest' | 'time' | 'key' | 'text' | 'offset' | 'dead-letters' | 'paste' | 'upload';

const ways: { way: TakeWay; label: string; help: string }[] = [
  { way: 'newest', label: 'The newest', help: 'What came last' },
  { way: 'time', label: 'Around a time', help: 'Those nearest to it' },
  { way: 'key', label: 'By key', help: 'All with one key' },
  { way: 'text', label: 'Containing a text', help: 'Anywhere in the value' },
  { way: 'offset', label: 'From an offset on', help: 'Of one partition' },
  { way: 'dead-letters', label: 'Dead letters', help: 'What has failed' },
  { way: 'paste', label: 'Paste', help: 'JSON, lines, CSV, text' },
  { way: 'upload', label: 'Upload a file', help: 'Text or bytes' },
];

/** Takes samples in any of the ways: looks for messages first and lets choose, or reads what is pasted or uploaded. */
export function TakeDialog({ flow, way: first, onClose }: { flow: string; way: TakeWay; onClose: () => void }) {
  const editor = useEditor();
  const types = useEditorState((state) => state.types);
  const deployed = useEditorState((state) => state.deployed);
  const sources = sourcesOf(useFlow(), types, deployed);
  const [way, setWay] = useState(first);
  const search = useSearch(flow);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [pasted, setPasted] = useState<Pasted>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const group = useId();

  const positions = search.reports
    .flatMap(({ messages }) => messages.map(({ position }) => position))
    .filter((position) => !left.has(position));
  const writing = way === 'paste' || way === 'upload';
  const request: TakeRequestInput | undefined = writing
    ? pasted && pastedReady(pasted)
    : positions.length > 0 && search.state !== 'running'
      ? { from: 'topic', positions: positions.slice(0, 100) }
      : undefined;
  const count = writing ? undefined : Math.min(positions.length, 100);

  const take = (): void => {
    if (!request) return;
    setBusy(true);
    setError(undefined);
    workspaceOf(flow)
      .take(request)
      .then(
        ({ samples, missing }) => {
          const gone = missing.length > 0 ? ` ${plural(missing.length, 'message was', 'messages were')} gone meanwhile.` : '';
          editor.say(`Took ${plural(samples.length, 'sample')}.${gone}`);
          onClose();
        },
        (cause: unknown) => {
          setError(cause);
          setBusy(false);
        },
      );
  };
  const choose = (next: TakeWay): void => {
    setWay(next);
    setError(undefined);
    setLeft(new Set());
    setPasted(undefined);
    search.clear();
  };

  return (
    <Dialog
      title="Take samples"
      size={940}
      onClose={onClose}
      footer={
        <>
          <span className={styles.promise}>Reading moves nothing in Kafka; masks are applied before anything is stored.</span>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="filled" busy={busy} disabled={request === undefined} onClick={take}>
            {count === undefined ? 'Take as samples' : count === 0 ? 'Take samples' : `Take ${plural(count, 'sample')}`}
          </Button>
        </>
      }
    >
      <div className={styles.body}>
        <fieldset className={styles.ways}>
          <legend className="visually-hidden">Where samples come from</legend>
          {ways.map((each) => (
            <label key={each.way} className={styles.way}>
              <input
                type="radio"
                name={group}
                checked={way === each.way}
                onChange={() => choose(each.way)}
                {...(way === each.way && { 'data-autofocus': true })}
              />
              <span>
                {each.label}
                <small>{each.help}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <div className={styles.main}>
          {writing ? (
            <PasteForm key={way} way={way} pasted={pasted} onChange={setPasted} />
          ) : (
            <>
              <FindForm key={way} way={way} sources={sources} search={search} />
              <FoundList search={search} left={left} onLeft={setLeft} />
            </>
          )}
          {error !== undefined && (
            <Notice level="error" title="Nothing was taken">
              {describeError(error).message}
            </Notice>
          )}
        </div>
      </div>
    </Dialog>
  );
}
