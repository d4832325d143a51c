import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import type { InboxCauseDetail, Overtaken } from '#shared/inbox.ts';
import { api, type Selection } from '../api.ts';
import { useNow } from '../clock.ts';
import { exact, plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { SendDialog } from '../ui/send-dialog.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import styles from './dialogs.module.css';
import { moment, shortPosition } from './words.ts';

/** How the chosen messages are retried; says what is not as it should be before it starts. */
export function RetryDialog({
  cause,
  select,
  count,
  onClose,
  onStarted,
}: {
  cause: InboxCauseDetail;
  select: Selection;
  count: number;
  onClose: () => void;
  onStarted: () => void;
}) {
  const [from, setFrom] = useState<'node' | 'start'>('node');
  const [version, setVersion] = useState(cause.deployedVersion ?? cause.versionsToRetry[0] ?? 0);
  const [rate, setRate] = useState('0');
  const [stopAfter, setStopAfter] = useState('10');
  const [overtaken, setOvertaken] = useState<Overtaken>();
  const [open, setOpen] = useState(false);
  const now = useNow();
  const key = JSON.stringify(select);
  useEffect(() => {
    const left = new AbortController();
    api.overtaken(cause.id, JSON.parse(key) as Selection, { signal: left.signal }).then(setOvertaken, (reason: unknown) => {
      if (!left.signal.aborted) setOvertaken({ messages: 0, keys: [], total: 0, note: describeError(reason).message });
    });
    return () => left.abort();
  }, [cause.id, key]);
  const perSecond = Number(rate.trim() || '0');
  const stop = Number(stopAfter.trim() || '0');
  const wrongRate = !Number.isFinite(perSecond) || perSecond < 0 ? 'Give messages per second, or 0 for as fast as it goes.' : undefined;
  const wrongStop = !Number.isInteger(stop) || stop < 0 ? 'Give a whole number; 0 never stops.' : undefined;
  const draftOnly =
    cause.fix?.current === true && cause.fix.draftPasses > 0 && cause.fix.deployedPasses === 0 && version === cause.deployedVersion;

  const start = async (): Promise<void> => {
    await api.retryLetters(cause.id, { select, from, version, perSecond, stopAfter: stop });
    onStarted();
  };
  return (
    <SendDialog
      title={`Retry ${plural(count, 'message')}`}
      action={`Retry ${exact(count)}`}
      refusal="The retry did not start"
      size={560}
      disabled={version === 0 || wrongRate !== undefined || wrongStop !== undefined}
      focus="action"
      onSend={start}
      onClose={onClose}
    >
      {draftOnly && (
        <Notice level="warning" title="The fix is in the draft only">
          With version {version}, none of them would pass.{' '}
          <Link to={`/flows/${encodeURIComponent(cause.flow)}/deploy`}>Deploy the draft</Link> first.
        </Notice>
      )}
      {version === 0 && (
        <Notice level="error" title="No version of this flow was ever published">
          Deploy it first.
        </Notice>
      )}
      <fieldset className={styles.choices}>
        <legend>Where they go on</legend>
        <label>
          <input type="radio" name="from" checked={from === 'node'} onChange={() => setFrom('node')} />
          <span>
            From {cause.nodeName}
            <small>Only the way behind the node that failed; sinks that have the message get nothing.</small>
          </span>
        </label>
        <label>
          <input type="radio" name="from" checked={from === 'start'} onChange={() => setFrom('start')} />
          <span>
            From the start
            <small>The whole flow; all sinks behind it get the message again.</small>
          </span>
        </label>
      </fieldset>
      <div className={styles.row}>
        <SelectField label="Version" value={version} onChange={(event) => setVersion(Number(event.target.value))}>
          {cause.versionsToRetry.map((one) => (
            <option key={one} value={one}>
              {one}
              {one === cause.deployedVersion ? ' (deployed)' : ''}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Messages per second"
          help="0: as fast as it goes"
          inputMode="decimal"
          value={rate}
          error={wrongRate}
          onChange={(event) => setRate(event.target.value)}
        />
        <TextField
          label="Stop after failures in a row"
          help="0: never"
          inputMode="numeric"
          value={stopAfter}
          error={wrongStop}
          onChange={(event) => setStopAfter(event.target.value)}
        />
      </div>
      {overtaken === undefined ? (
        <p className={styles.quiet} role="status">
          Looking for newer messages of the same keys…
        </p>
      ) : overtaken.total > 0 ? (
        <Notice
          level="warning"
          title={`${plural(overtaken.total, 'key has', 'keys have')} newer messages that have come since`}
          action={
            <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? 'Hide' : 'Show'}
            </Button>
          }
        >
          A retry brings the older state behind the newer one. {overtaken.note}
          {open && (
            <ul className={styles.list}>
              {overtaken.keys.map(({ key: name, origin, newer, newerAt }) => (
                <li key={name}>
                  <code>{name}</code>: {shortPosition(origin)} failed, {shortPosition(newer)} came {moment(newerAt, now)}
                </li>
              ))}
              {overtaken.total > overtaken.keys.length && <li>and {exact(overtaken.total - overtaken.keys.length)} more</li>}
            </ul>
          )}
        </Notice>
      ) : (
        <p className={styles.quiet} role="status">
          {overtaken.note ?? 'No newer messages of these keys have come since, so their order is kept.'}
        </p>
      )}
    </SendDialog>
  );
}
