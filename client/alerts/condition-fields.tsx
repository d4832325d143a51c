import type { ReactNode } from 'react';
import type { AlertCondition } from '#shared/alert.ts';
import { TextField } from '../ui/field.tsx';
import styles from './alerts.module.css';

/** Fields of the numbers of a condition. Shares are shown in per cent. */
export function ConditionFields({ condition, onChange }: { condition: AlertCondition; onChange: (condition: AlertCondition) => void }) {
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
