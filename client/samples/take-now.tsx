import { useState } from 'react';
import { api } from '../api.ts';
import { useEditor, useEditorState, useFlow } from '../editor/context.ts';
import { plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { describeError } from '../ui/states.tsx';
import { type SampleSource, sourcesOf } from './sources.ts';
import { TakeDialog, type TakeWay } from './take-dialog.tsx';
import styles from './take-now.module.css';
import { workspaceOf } from './workspace.ts';

const wanted = 10;

/**
 * The one click that brings the newest messages of the flow's sources into the workspace, and the other ways beside it.
 * For a flow whose sources have no topic yet it says so and offers pasting and uploading instead.
 */
export function TakeNow({ flow, size = 'medium', bare = false }: { flow: string; size?: 'small' | 'medium'; bare?: boolean }) {
  const editor = useEditor();
  const document_ = useFlow();
  const types = useEditorState((state) => state.types);
  const deployed = useEditorState((state) => state.deployed);
  const readOnly = useEditorState((state) => state.readOnly);
  const sources = sourcesOf(document_, types, deployed);
  const ready = sources.filter((source) => source.ready);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string>();
  const [way, setWay] = useState<TakeWay>();

  const take = async (): Promise<void> => {
    setBusy(true);
    setFailed(undefined);
    try {
      const text = await takeNewest(flow, ready);
      editor.say(text);
    } catch (error) {
      setFailed(describeError(error).message);
    } finally {
      setBusy(false);
    }
  };
  const reason =
    sources.length === 0
      ? 'The flow has no source yet. Add one, or paste a message to begin with.'
      : ready.length === 0
        ? `${nameOf(sources)} has no messages yet: its topic is made when the flow is deployed. Paste or upload a message until then.`
        : undefined;
  return (
    <div className={bare ? styles.bare : styles.now}>
      <span className={styles.buttons}>
        {ready.length > 0 && (
          <Button
            look={bare ? 'default' : 'filled'}
            size={size}
            busy={busy}
            disabled={readOnly !== undefined}
            title={readOnly}
            onClick={() => void take()}
          >
            Take {wanted} messages from {nameOf(ready)}
          </Button>
        )}
        {ready.length === 0 && !bare && (
          <Button look="filled" size={size} disabled={readOnly !== undefined} onClick={() => setWay('paste')}>
            Paste a message…
          </Button>
        )}
        <Button
          size={size}
          disabled={readOnly !== undefined}
          title={readOnly}
          onClick={() => setWay(ready.length > 0 ? 'newest' : bare ? 'paste' : 'upload')}
        >
          {ready.length > 0 || bare ? 'Take samples…' : 'Upload a file…'}
        </Button>
      </span>
      {reason !== undefined && !bare && <p className={styles.reason}>{reason}</p>}
      {failed !== undefined && (
        <p className={styles.failed} role="alert">
          {failed}
        </p>
      )}
      {way !== undefined && <TakeDialog flow={flow} way={way} onClose={() => setWay(undefined)} />}
    </div>
  );
}

function nameOf(sources: readonly SampleSource[]): string {
  const [first, second] = sources;
  return first === undefined ? 'the sources' : second === undefined ? (first.topic ?? first.name) : 'all sources';
}

/** Finds the newest messages of the sources and takes them; gives what to say about it. */
async function takeNewest(flow: string, sources: readonly SampleSource[]): Promise<string> {
  const [only] = sources;
  const topic = sources.length === 1 ? only?.topic : undefined;
  const { topics } = await api.findMessages(flow, { how: { by: 'newest' }, count: wanted, ...(topic !== undefined && { topic }) });
  const positions = topics.flatMap(({ messages }) => messages.map(({ position }) => position)).slice(0, 100);
  if (positions.length === 0)
    throw new Error(
      `There is no message in ${topics.map((each) => each.topic).join(' or ')} yet. It waits for the first one; paste a message until then.`,
    );
  const { samples } = await workspaceOf(flow).take({ from: 'topic', positions });
  return `Took ${plural(samples.length, 'sample')}.`;
}
