import { useState } from 'react';
import { everyHours, type MovingPeriod, type RepeatTimes, timesWords } from '#shared/reconcile-schedule.ts';
import { SelectField, TextField } from '../ui/field.tsx';

/** How a comparison repeats itself, while it is asked for. */
export interface Repeat {
  name: string;
  times: RepeatTimes;
  zone: string;
  period: MovingPeriod;
}

/** Every morning, the whole day before, in the time zone of whoever asks. */
export function newRepeat(): Repeat {
  return {
    name: '',
    times: { kind: 'daily', at: '06:00' },
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    period: { kind: 'yesterday' },
  };
}

const lastHours = [1, 2, 4, 6, 12, 24, 48, 168];
const settleMinutes = 10;

/** What a repeated comparison is called, when it runs, and for which time. */
export function RepeatFields({ value, placeholder, onChange }: { value: Repeat; placeholder: string; onChange: (value: Repeat) => void }) {
  const { times, period } = value;
  // What it was set to counts again when somebody looks at another choice and comes back.
  const [usual] = useState(() => ({
    at: times.kind === 'daily' ? times.at : '06:00',
    settleMinutes: period.kind === 'hours' ? period.settleMinutes : settleMinutes,
    hours: period.kind === 'hours' && !lastHours.includes(period.hours) ? [period.hours, ...lastHours] : lastHours,
  }));
  const set = (change: Partial<Repeat>): void => onChange({ ...value, ...change });
  return (
    <>
      <TextField
        label="Name"
        value={value.name}
        placeholder={placeholder}
        maxLength={120}
        onChange={(event) => set({ name: event.target.value })}
      />
      <SelectField
        label="How often"
        value={times.kind === 'daily' ? 'daily' : String(times.hours)}
        onChange={({ target }) =>
          set({ times: target.value === 'daily' ? { kind: 'daily', at: usual.at } : { kind: 'hours', hours: Number(target.value) } })
        }
      >
        <option value="daily">Daily</option>
        {everyHours.map((hours) => (
          <option key={hours} value={hours}>
            {timesWords({ kind: 'hours', hours })}
          </option>
        ))}
      </SelectField>
      {times.kind === 'daily' && (
        <TextField
          label="At"
          type="time"
          required
          value={times.at}
          onChange={(event) => set({ times: { kind: 'daily', at: event.target.value } })}
        />
      )}
      <TextField
        label="Time zone"
        required
        placeholder="Europe/Berlin"
        value={value.zone}
        onChange={(event) => set({ zone: event.target.value })}
      />
      <SelectField
        label="Things of"
        value={period.kind === 'yesterday' ? 'yesterday' : String(period.hours)}
        help={
          period.kind === 'yesterday'
            ? 'The whole day, in that time zone.'
            : `Without the newest ${period.settleMinutes} min, still on their way.`
        }
        onChange={({ target }) =>
          set({
            period:
              target.value === 'yesterday'
                ? { kind: 'yesterday' }
                : { kind: 'hours', hours: Number(target.value), settleMinutes: usual.settleMinutes },
          })
        }
      >
        <option value="yesterday">the day before</option>
        {usual.hours.map((hours) => (
          <option key={hours} value={hours}>
            the last {hours} h
          </option>
        ))}
      </SelectField>
    </>
  );
}
