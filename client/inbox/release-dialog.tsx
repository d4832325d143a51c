import { useState } from 'react';
import type { ReleaseFirst, ReleaseRun } from '#shared/parked.ts';
import { api } from '../api.ts';
import { exact, plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import styles from './dialogs.module.css';

/** Keys that are parked at one sink of a flow. */
export interface ParkedSink {
  flow: string;
  sink: string;
  sinkName: string;
  keys: number;
  /** Messages that wait, the failed ones among them. */
  messages: number;
}

/** Releases all keys of a sink, after it has said how many. */
export function ReleaseDialog({
  at: { flow, sink, sinkName, keys, messages },
  onClose,
  onStarted,
}: {
  at: ParkedSink;
  onClose: () => void;
  onStarted: (run: ReleaseRun) => void;
}) {
  const [first, setFirst] = useState<ReleaseFirst>('retry');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const start = (): void => {
    setBusy(true);
    api.releaseAllKeys(flow, { sink, first, keys }).then(
      (run) => {
        onStarted(run);
        onClose();
      },
      (refused: unknown) => {
        setError(refused);
        setBusy(false);
      },
    );
  };
  return (
    <Dialog
      title={`Release ${plural(keys, 'key')} at ${sinkName}`}
      size={520}
      onClose={onClose}
      locked={busy}
      footer={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button look="filled" busy={busy} onClick={start} data-autofocus>
            Release {exact(keys)}
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <p>
          {plural(first === 'retry' ? messages : messages - keys, 'message')} go to {sinkName}: the oldest keys first, some keys at a time,
          and each key in its order. It stops by itself when five keys in a row fail again.
        </p>
        <fieldset className={styles.choices}>
          <legend>The messages that failed</legend>
          <label>
            <input type="radio" name="first" checked={first === 'retry'} onChange={() => setFirst('retry')} />
            <span>
              Try them again first
              <small>A key whose message fails again stays parked, with what waits behind it.</small>
            </span>
          </label>
          <label>
            <input type="radio" name="first" checked={first === 'discard'} onChange={() => setFirst('discard')} />
            <span>
              Leave them out
              <small>
                {sinkName} never gets {keys === 1 ? 'it' : `these ${exact(keys)}`} from here; those behind go on.
              </small>
            </span>
          </label>
        </fieldset>
        {error !== undefined && (
          <Notice level="error" title="Nothing was released">
            {describeError(error).message}
          </Notice>
        )}
      </div>
    </Dialog>
  );
}
