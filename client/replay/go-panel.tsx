import { History } from 'lucide-react';
import { useId } from 'react';
import type { ReplayPlan } from '#shared/replay.ts';
import { exact, plural, timeOfDay, when } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { TextAreaField, TextField } from '../ui/field.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import type { ReplayChoice } from './choice.ts';
import styles from './replay-page.module.css';
import { rangeInWords, sizeInWords, startWords, targetWords } from './words.ts';

/** What a person has typed to start; none of it stands in the address, so that no link starts anything by itself. */
export interface Typed {
  reason: string;
  confirm: string;
}

/** The last part: how fast, when to stop by itself, why, and the one button. */
export function GoPanel({
  plan,
  choice,
  onChange,
  typed,
  onType,
  obstacle,
  starting,
  error,
  usualName,
  nameOf,
  onStart,
}: {
  plan: ReplayPlan | undefined;
  choice: ReplayChoice;
  onChange: (change: Partial<ReplayChoice>) => void;
  typed: Typed;
  onType: (typed: Typed) => void;
  obstacle: string | undefined;
  starting: boolean;
  error: unknown;
  usualName: string;
  nameOf: (node: string) => string;
  onStart: () => void;
}) {
  const note = useId();
  const now = Date.now();
  return (
    <section className={styles.go} aria-label="Go">
      <h2 className={styles.goHead}>Go</h2>
      {plan !== undefined && (
        <p className={styles.summary}>
          <strong>{sizeInWords(plan)}</strong>
          {`: ${rangeInWords(plan.spec, (at) => `${when(at, now)}${when(at, now).includes(':') ? '' : ` ${timeOfDay(at)}`}`)}, through version ${plan.spec.version}, `}
          {plan.spec.target === 'compare'
            ? 'only compared'
            : plan.spec.target === 'scratch'
              ? 'to scratch topics'
              : `to ${plan.spec.sinks.map(nameOf).join(', ')}`}
          .
        </p>
      )}
      {plan === undefined && choice.target !== undefined && <p className={styles.summary}>{targetWords[choice.target].title}</p>}
      <TextField
        label="Name"
        value={choice.name}
        placeholder={usualName}
        maxLength={200}
        onChange={(event) => onChange({ name: event.target.value })}
      />
      <NumberInput
        label="Messages per second"
        help="Left empty: as fast as it goes. It can be changed while it runs."
        value={choice.perSecond === 0 ? undefined : choice.perSecond}
        onChange={(value) => onChange({ perSecond: value ?? 0 })}
      />
      <NumberInput
        label="Pause when more than … % fail"
        help="Of the last 200 messages. Left empty: it never pauses by itself."
        value={choice.pauseAt === 0 ? undefined : choice.pauseAt}
        onChange={(value) => onChange({ pauseAt: Math.min(100, value ?? 0) })}
      />
      {plan?.needsReason && (
        <>
          <Notice level="warning" title="This is not safe">
            {plan.sinks
              .filter(({ unsafe }) => unsafe)
              .map(
                ({ sink, double }) =>
                  `${nameOf(sink)}: ${double > 0 ? `${plural(double, 'output')} would be there twice` : 'nobody can say what would be there twice'}.`,
              )
              .join(' ')}
          </Notice>
          <TextAreaField
            label="Why it is all right"
            help="Stands in the report and in the audit."
            rows={2}
            maxLength={500}
            value={typed.reason}
            onChange={(event) => onType({ ...typed, reason: event.target.value })}
          />
        </>
      )}
      {plan?.confirm !== undefined && (
        <TextField
          label={`Type ${exact(plan.confirm)} to confirm`}
          inputMode="numeric"
          autoComplete="off"
          value={typed.confirm}
          onChange={(event) => onType({ ...typed, confirm: event.target.value })}
        />
      )}
      {error !== undefined && (
        <Notice level="error" title="It was not started">
          {describeError(error).message}
        </Notice>
      )}
      <Button
        look="filled"
        size="main"
        icon={<History size={16} />}
        disabled={obstacle !== undefined}
        busy={starting}
        aria-describedby={note}
        onClick={onStart}
      >
        {plan === undefined ? 'Start' : startWords(plan.spec.target, plan.messages)}
      </Button>
      <p id={note} className={styles.note}>
        {obstacle ??
          (plan?.spec.target === 'real'
            ? 'It runs beside the live flow, whose offsets stay as they are. It can be paused and stopped at any time.'
            : 'The sinks get nothing.')}
      </p>
    </section>
  );
}

function NumberInput({
  label,
  help,
  value,
  onChange,
}: {
  label: string;
  help: string;
  value: number | undefined;
  onChange: (value: number | undefined) => void;
}) {
  return (
    <TextField
      label={label}
      help={help}
      inputMode="numeric"
      autoComplete="off"
      value={value ?? ''}
      onChange={(event) => {
        const text = event.target.value.trim();
        if (/^\d{0,7}$/.test(text)) onChange(text === '' ? undefined : Number(text));
      }}
    />
  );
}
