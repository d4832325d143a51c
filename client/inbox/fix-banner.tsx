import { useState } from 'react';
import type { FixCheck, InboxCauseDetail } from '#shared/inbox.ts';
import { useNow } from '../clock.ts';
import { duration, exact, plural } from '../format.ts';
import { useMay } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { type Level, Notice } from '../ui/status.tsx';
import styles from './fix-banner.module.css';
import { moment } from './words.ts';

/** Check fix: what it said last, how to run it, and why some would fail again. */
export function FixBanner({
  cause,
  busy,
  onCheck,
  onStop,
}: {
  cause: InboxCauseDetail;
  busy: boolean;
  onCheck: () => void;
  onStop: () => void;
}) {
  const now = useNow();
  const may = useMay('analyst');
  const [open, setOpen] = useState(false);
  const { fix } = cause;
  const button = busy ? (
    <Button onClick={onStop}>Stop</Button>
  ) : (
    <Button
      disabled={!may}
      title={may ? 'Runs the messages through the draft and the deployed version; writes nothing (C)' : 'This needs the role analyst'}
      onClick={onCheck}
    >
      {fix === undefined ? 'Check fix' : 'Check again'}
    </Button>
  );
  if (busy) {
    return (
      <Notice level="info" title={`Check fix: running ${plural(Math.min(1000, cause.messages), 'message')}`} action={button}>
        Each goes through the draft and the deployed version. Nothing is written.
      </Notice>
    );
  }
  if (fix === undefined) {
    return (
      <Notice level="off" title="Not checked yet" action={button}>
        Check fix runs these messages through the draft and the deployed version, and writes nothing.
      </Notice>
    );
  }
  const { level, title } = verdict(fix);
  return (
    <Notice level={fix.current === false ? 'off' : level} title={title} action={button}>
      {fix.current === false
        ? `Checked ${moment(fix.at, now)} by ${fix.who}; the draft or the deployed version is another by now.`
        : `Checked ${moment(fix.at, now)} on ${fix.checked < fix.of ? `${exact(fix.checked)} of ${exact(fix.of)}` : `all ${exact(fix.of)}`} original ${fix.of === 1 ? 'message' : 'messages'} in ${duration(fix.ms)}. Nothing was written.`}
      {fix.notes.map((note) => (
        <span key={note} className={styles.note}>
          {note}
        </span>
      ))}
      {fix.failing.length > 0 && (
        <>
          {' '}
          <button type="button" className={styles.link} aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Hide' : 'Show'} why {exact(fix.checked - fix.draftPasses - fix.unknown)} would fail
          </button>
          {open && (
            <ul className={styles.list}>
              {fix.failing.map((one) => (
                <li key={`${one.node} ${one.code}`}>
                  {plural(one.messages, 'message')} at {one.node}: {one.message}
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </Notice>
  );
}

function verdict(fix: FixCheck): { level: Level; title: string } {
  const of = exact(fix.checked);
  const deployed = fix.version === undefined ? '; no version is deployed' : `, ${exact(fix.deployedPasses)} with the deployed version`;
  if (fix.checked === 0) return { level: 'warning', title: 'Check fix: none of the messages could be read' };
  if (fix.unknown === fix.checked) return { level: 'info', title: `Check fix: only the sink can say; a retry asks it` };
  const level: Level = fix.draftPasses === fix.checked ? 'ok' : fix.draftPasses > 0 ? 'warning' : 'error';
  return { level, title: `Check fix: ${exact(fix.draftPasses)} of ${of} would pass with the draft${deployed}` };
}
