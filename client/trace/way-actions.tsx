import { Check, FlaskConical, Link2, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { TraceWay } from '#shared/trace.ts';
import { api } from '../api.ts';
import { useMay } from '../session.ts';
import { SaveAsTestButton } from '../tests/save-test.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { describeError } from '../ui/states.tsx';
import styles from './way-actions.module.css';
import { subjectOf } from './words.ts';

/** What can be done with a message: try it with the draft, expect its result from now on, replay it, pass on the link. */
export function WayActions({ way }: { way: TraceWay }) {
  const navigate = useNavigate();
  const may = useMay('analyst');
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<string>();
  const flow = `/flows/${encodeURIComponent(way.flow)}`;
  const tryIt = async (): Promise<void> => {
    setBusy(true);
    try {
      const samples = await api.savedSamples(way.flow);
      const there = samples.some(({ origin }) => origin.kind === 'topic' && origin.position === way.origin);
      const taken = there ? undefined : await api.takeSamples(way.flow, { from: 'topic', positions: [way.origin] });
      if (taken?.missing.length) setSaid('The message is not in its topic any more, so it cannot be tried.');
      else void navigate(`${flow}?try=1`);
    } catch (error) {
      setSaid(describeError(error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={styles.actions}>
      <CopyLink />
      <SaveAsTestButton flow={way.flow} source={{ positions: [way.origin] }} name={subjectOf(way)} size="medium" />
      <Link className={styles.link} to={`${flow}/replay?${new URLSearchParams({ positions: way.origin })}`}>
        <RotateCcw size={14} aria-hidden="true" />
        Replay from here…
      </Link>
      <Button
        look="filled"
        icon={<FlaskConical size={14} />}
        busy={busy}
        disabled={!may}
        title={may ? 'Takes the message as a sample and runs the draft over it; nothing is written' : 'Trying needs the role analyst'}
        onClick={() => void tryIt()}
      >
        Try with draft
      </Button>
      {said !== undefined && (
        <p role="alert" className={styles.said}>
          {said}
        </p>
      )}
    </div>
  );
}

function CopyLink() {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    navigator.clipboard.writeText(location.href).then(
      () => setCopied(true),
      () => setCopied(false),
    );
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <IconButton label={copied ? 'The link is copied' : 'Copy link'} className={styles.icon} title="Copy link" onClick={copy}>
      {copied ? <Check size={14} aria-hidden="true" /> : <Link2 size={14} aria-hidden="true" />}
    </IconButton>
  );
}
