import { useState } from 'react';
import type { ReleaseFirst, ReleaseRun } from '#shared/parked.ts';
import { api } from '../api.ts';
import { exact, plural } from '../format.ts';
import { SendDialog } from '../ui/send-dialog.tsx';
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
  return (
    <SendDialog
      title={`Release ${plural(keys, 'key')} at ${sinkName}`}
      action={`Release ${exact(keys)}`}
      refusal="Nothing was released"
      size={520}
      focus="action"
      onSend={async () => onStarted(await api.releaseAllKeys(flow, { sink, first, keys }))}
      onClose={onClose}
    >
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
    </SendDialog>
  );
}
