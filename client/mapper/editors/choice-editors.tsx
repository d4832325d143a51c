import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';
import type { Absence } from '#shared/mapping/chip.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { emptyTest } from './condition.ts';
import { ConditionBuilder } from './condition-builder.tsx';
import { type Branch, type DraftOf, emptyFixed } from './draft.ts';
import { useEditing } from './editing.ts';
import styles from './editors.module.css';
import { ValueField } from './value-field.tsx';

const modes: Readonly<Record<Absence, { label: string; help: string }>> = {
  missing: { label: 'is missing', help: 'Null stays null.' },
  missingOrNull: { label: 'is missing or null', help: 'An empty text, 0 and no stay as they are.' },
  empty: { label: 'is missing, null or empty', help: 'It also replaces 0, no (false) and an empty text.' },
};

/** A value and what stands in where it is absent; what counts as absent is said plainly. */
export function DefaultEditor({
  draft,
  onChange,
  check,
}: {
  draft: DraftOf<'default'>;
  onChange: (draft: DraftOf<'default'>) => void;
  check: boolean;
}) {
  return (
    <div className={styles.stack}>
      <ValueField
        label="Value"
        value={draft.value}
        onChange={(value) => onChange({ ...draft, value })}
        check={check}
        autoFocus={draft.value.kind === 'field' && draft.value.code === ''}
      />
      <fieldset className={styles.radios}>
        <legend className={styles.label}>When it</legend>
        {(Object.keys(modes) as Absence[]).map((mode) => (
          <label key={mode} className={styles.check}>
            <input type="radio" name="absence" checked={draft.mode === mode} onChange={() => onChange({ ...draft, mode })} />
            <span>
              {modes[mode].label} <span className={styles.help}>{modes[mode].help}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <ValueField
        label="Use instead"
        value={draft.fallback}
        onChange={(fallback) => onChange({ ...draft, fallback })}
        check={check}
        autoFocus={!(draft.value.kind === 'field' && draft.value.code === '')}
      />
    </div>
  );
}

/** One value or another: the first way whose condition holds counts. Without an otherwise, the field may be left out. */
export function ConditionEditor({
  draft,
  onChange,
  check,
}: {
  draft: DraftOf<'condition'>;
  onChange: (draft: DraftOf<'condition'>) => void;
  check: boolean;
}) {
  const { branches, otherwise } = draft;
  const { kinds } = useEditing();
  const set = (next: Branch[]): void => onChange({ ...draft, branches: next });
  const move = (from: number, to: number): void => {
    const next = [...branches];
    next.splice(to, 0, ...next.splice(from, 1));
    set(next);
  };
  return (
    <div className={styles.stack}>
      {branches.map((branch, i) => {
        const name = i === 0 ? 'When' : `Or when, ${i + 1}`;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a way is its place.
          <section key={i} className={styles.card} aria-label={name}>
            <div className={styles.cardHead}>
              <span className={styles.cardTitle}>{i === 0 ? 'When' : 'Or when'}</span>
              {branches.length > 1 && (
                <>
                  <IconButton label={`Move way ${i + 1} up`} size="small" disabled={i === 0} onClick={() => move(i, i - 1)}>
                    <ArrowUp size={14} />
                  </IconButton>
                  <IconButton
                    label={`Move way ${i + 1} down`}
                    size="small"
                    disabled={i === branches.length - 1}
                    onClick={() => move(i, i + 1)}
                  >
                    <ArrowDown size={14} />
                  </IconButton>
                  <IconButton label={`Remove way ${i + 1}`} size="small" onClick={() => set(branches.filter((_, at) => at !== i))}>
                    <X size={14} />
                  </IconButton>
                </>
              )}
            </div>
            <ConditionBuilder
              label={name}
              condition={branch.when}
              onChange={(when) => set(branches.map((one, at) => (at === i ? { ...one, when } : one)))}
              check={check}
              autoFocus={i === 0}
            />
            <ValueField
              label="Then"
              value={branch.value}
              onChange={(value) => set(branches.map((one, at) => (at === i ? { ...one, value } : one)))}
              check={check}
            />
          </section>
        );
      })}
      <div className={styles.buttons}>
        <Button size="small" icon={<Plus size={14} />} onClick={() => set([...branches, { when: emptyTest(), value: emptyFixed(kinds) }])}>
          Add a way
        </Button>
        {otherwise === undefined ? (
          <Button size="small" icon={<Plus size={14} />} onClick={() => onChange({ ...draft, otherwise: emptyFixed(kinds) })}>
            Add an otherwise
          </Button>
        ) : (
          <Button look="quiet" size="small" icon={<X size={14} />} onClick={() => onChange({ ...draft, otherwise: undefined })}>
            Include only when it holds
          </Button>
        )}
      </div>
      {otherwise === undefined ? (
        <span className={styles.help}>Where no condition holds, the field is left out.</span>
      ) : (
        <ValueField label="Otherwise" value={otherwise} onChange={(next) => onChange({ ...draft, otherwise: next })} check={check} />
      )}
    </div>
  );
}
