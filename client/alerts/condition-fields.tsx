import type { ReactNode } from 'react';
import type { AlertCondition } from '#shared/alert.ts';
import { TextField } from '../ui/field.tsx';
import styles from './alerts.module.css';
import { EmptyFieldFields } from './empty-field-fields.tsx';

/** Fields of the numbers of a condition. Shares are shown in per cent. */
export function ConditionFields({
  condition,
  flow,
  onChange,
}: {
  condition: AlertCondition;
  /** The flow that the rule is about; left out: all. */
  flow?: string | undefined;
  onChange: (condition: AlertCondition) => void;
}) {
  const number = (label: string, value: number, set: (value: number) => AlertCondition, help?: string) => (
    <TextField
      key={label}
      label={label}
      type="number"
      min={0}
      step="any"
      required
      value={value}
      {...(help !== undefined && { help })}
      onChange={(event) => {
        const next = event.target.valueAsNumber;
        if (!Number.isNaN(next)) onChange(set(next));
      }}
    />
  );
  switch (condition.kind) {
    case 'ledger-gap':
      return null;
    case 'dead-letter-rate':
      return (
        <div className={styles.pair}>
          {number('Messages', condition.count, (count) => ({ ...condition, count: Math.max(1, Math.round(count)) }), 'At one node')}
          {number('Within minutes', condition.minutes, (minutes) => ({ ...condition, minutes }))}
          {number(
            'Or per cent of what came in',
            condition.share * 100,
            (share) => ({ ...condition, share: share / 100 }),
            '0: never by share',
          )}
        </div>
      );
    case 'filtered-share':
      return (
        <div className={styles.pair}>
          {number('Points above the usual share', condition.points * 100, (points) => ({ ...condition, points: points / 100 }))}
          {number('Within minutes', condition.minutes, (minutes) => ({ ...condition, minutes }))}
          {number('Usual is that of the hours before', condition.usualHours, (usualHours) => ({ ...condition, usualHours }))}
          {number('Of at least messages', condition.atLeast, (atLeast) => ({ ...condition, atLeast: Math.max(1, Math.round(atLeast)) }))}
        </div>
      );
    case 'behind':
    case 'sink-paused':
      return number('Minutes', condition.minutes, (minutes) => ({ ...condition, minutes }));
    case 'retention':
      return number('Hours before messages are deleted', condition.hours, (hours) => ({ ...condition, hours }));
    case 'flow-failed':
      return number('Restarts within ten minutes', condition.restarts, (restarts) => ({
        ...condition,
        restarts: Math.max(1, Math.round(restarts)),
      }));
    case 'comparison-gaps':
      return (
        <>
          {number('Gaps', condition.atLeast, (atLeast) => ({ ...condition, atLeast: Math.max(1, Math.round(atLeast)) }), 'So many or more')}
          <label className={styles.check}>
            <input
              type="checkbox"
              checked={condition.extra}
              onChange={(event) => onChange({ ...condition, extra: event.target.checked })}
            />
            Count what is doubled or extra, too
          </label>
          <p className={styles.hint}>Comparisons are repeated on the page Reconcile of a flow.</p>
        </>
      );
    case 'field-empty':
      return (
        <>
          <EmptyFieldFields condition={condition} flow={flow} onChange={onChange} />
          <div className={styles.pair}>
            {number(
              'Empty in per cent',
              percentOf(condition.share),
              (share) => ({ ...condition, share: Math.min(1, share / 100) }),
              '100: in all',
            )}
            {number('Within minutes', condition.minutes, (minutes) => ({ ...condition, minutes }))}
            {number('Of at least messages', condition.atLeast, (atLeast) => ({
              ...condition,
              atLeast: Math.min(500, Math.max(1, Math.round(atLeast))),
            }))}
          </div>
          <p className={styles.hint}>
            Reads the newest 500 messages of the topic, once a minute. What a replay sends counts, too; text and bytes say nothing.
          </p>
        </>
      );
    case 'silent':
      return (
        <SilentFields
          condition={condition}
          onChange={onChange}
          minutes={number('Minutes', condition.minutes, (minutes) => ({ ...condition, minutes }))}
        />
      );
  }
}

/** Shares are kept as parts of one; their per cent show no digits that only binary fractions have. */
const percentOf = (share: number): number => Math.round(share * 1e6) / 1e4;

const dayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

function SilentFields({
  condition,
  onChange,
  minutes,
}: {
  condition: Extract<AlertCondition, { kind: 'silent' }>;
  onChange: (condition: AlertCondition) => void;
  minutes: ReactNode;
}) {
  const { hours } = condition;
  const { hours: _hours, ...always } = condition;
  const workday = { days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00', zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
  return (
    <>
      {minutes}
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={hours !== undefined}
          onChange={(event) => onChange(event.target.checked ? { ...condition, hours: workday } : always)}
        />
        Only in working hours
      </label>
      {hours !== undefined && (
        <>
          <fieldset className={styles.checks}>
            <legend>Days</legend>
            {dayNames.map((name, at) => (
              <label key={name} className={styles.check}>
                <input
                  type="checkbox"
                  checked={hours.days.includes(at + 1)}
                  onChange={(event) => {
                    const days = event.target.checked ? [...hours.days, at + 1].sort() : hours.days.filter((day) => day !== at + 1);
                    if (days.length > 0) onChange({ ...condition, hours: { ...hours, days } });
                  }}
                />
                {name}
              </label>
            ))}
          </fieldset>
          <div className={styles.pair}>
            <TextField
              label="From"
              type="time"
              value={hours.from}
              onChange={(event) => onChange({ ...condition, hours: { ...hours, from: event.target.value } })}
            />
            <TextField
              label="To"
              type="time"
              value={hours.to}
              onChange={(event) => onChange({ ...condition, hours: { ...hours, to: event.target.value } })}
            />
          </div>
          <TextField
            label="Time zone"
            value={hours.zone}
            onChange={(event) => onChange({ ...condition, hours: { ...hours, zone: event.target.value } })}
          />
        </>
      )}
    </>
  );
}
