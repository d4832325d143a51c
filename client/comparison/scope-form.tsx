import { type FormEvent, useId, useState } from 'react';
import { type ComparisonScope, comparisonLimits } from '#shared/comparison.ts';
import type { ComparisonScopeInput } from '#shared/comparison-schemas.ts';
import { api } from '../api.ts';
import { exact, plural } from '../format.ts';
import { useLoad } from '../load.ts';
import { Button } from '../ui/button.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { Segments } from '../ui/segments.tsx';
import { causesOf } from './letter-causes.ts';
import styles from './scope-form.module.css';

type By = ComparisonScope['by'];

const localTime = (at: number): string => {
  const date = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 16);
};

/** Asks which real messages to compare with, and starts. */
export function ScopeForm({
  flow,
  scope,
  labelOf,
  onStart,
  onCancel,
}: {
  flow: string;
  /** What was compared last. */
  scope: ComparisonScope | undefined;
  labelOf: (node: string) => string;
  onStart: (scope: ComparisonScopeInput) => void;
  onCancel: () => void;
}) {
  const [by, setBy] = useState<By>(scope?.by ?? 'newest');
  const [count, setCount] = useState(String(scope?.count ?? comparisonLimits.defaultMessages));
  const [since, setSince] = useState(localTime(scope?.by === 'time' ? scope.since : Date.now() - 24 * 3_600_000));
  const [until, setUntil] = useState(localTime(scope?.by === 'time' ? scope.until : Date.now() + 60_000));
  const letters = useLoad(() => api.deadLetters(flow, 1000), flow);
  const causes = causesOf(letters.data ?? []);
  const [cause, setCause] = useState('');
  const heading = useId();

  const number = Number(count);
  const most = comparisonLimits.mostMessages;
  const countError = Number.isInteger(number) && number >= 1 && number <= most ? undefined : `From 1 to ${exact(most)}.`;
  const timeError = by === 'time' && !(Date.parse(since) < Date.parse(until)) ? 'The end must be after the beginning.' : undefined;
  const chosen = causes.find(({ id }) => id === cause) ?? causes[0];
  const ready = countError === undefined && timeError === undefined && (by !== 'dead-letters' || chosen !== undefined);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!ready) return;
    if (by === 'newest') onStart({ by, count: number });
    else if (by === 'time') onStart({ by, since: Date.parse(since), until: Date.parse(until), count: number });
    else if (chosen) onStart({ by, node: chosen.node, code: chosen.code, count: number });
  };

  return (
    <form className={styles.form} onSubmit={submit} aria-labelledby={heading}>
      <h3 id={heading} className={styles.heading}>
        Which real messages
      </h3>
      <Segments
        label="Which messages"
        options={[
          { value: 'newest', label: 'The newest' },
          { value: 'time', label: 'Of a time' },
          { value: 'dead-letters', label: 'Dead letters', count: letters.data === undefined ? undefined : causes.length },
        ]}
        value={by}
        onChange={setBy}
      />
      <div className={styles.fields}>
        {by === 'time' && (
          <>
            <TextField label="From" type="datetime-local" value={since} onChange={(event) => setSince(event.currentTarget.value)} />
            <TextField
              label="To"
              type="datetime-local"
              value={until}
              error={timeError}
              onChange={(event) => setUntil(event.currentTarget.value)}
            />
          </>
        )}
        {by === 'dead-letters' &&
          (causes.length === 0 ? (
            <p className={styles.none}>{letters.loading ? 'Looking for dead letters…' : 'This flow has no dead letters.'}</p>
          ) : (
            <SelectField label="Cause" value={chosen?.id ?? ''} onChange={(event) => setCause(event.currentTarget.value)}>
              {causes.map((one) => (
                <option key={one.id} value={one.id}>
                  {`${labelOf(one.node)}: ${one.title} (${plural(one.letters.length, 'message')})`}
                </option>
              ))}
            </SelectField>
          ))}
        <TextField
          label="At most"
          inputMode="numeric"
          value={count}
          error={countError}
          onChange={(event) => setCount(event.currentTarget.value)}
        />
      </div>
      <div className={styles.actions}>
        <Button type="submit" disabled={!ready}>
          Compare
        </Button>
        <Button look="quiet" onClick={onCancel}>
          Cancel
        </Button>
        <span className={styles.note}>Reads only. Nothing is written, and nothing outside is called.</span>
      </div>
    </form>
  );
}
