import { Plus, X } from 'lucide-react';
import { useId } from 'react';
import type { SourcePath } from '#shared/mapping/reach.ts';
import { CodeInput } from '../../editor/code-editor/code-input.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { useCompletion } from './complete.ts';
import { type Among, type Condition, emptyTest, type Operator, operators, testProblem } from './condition.ts';
import { useFields } from './editing.ts';
import styles from './editors.module.css';
import { FieldInput } from './field-input.tsx';
import { choiceFor, type FieldChoice } from './fields.ts';
import { codeProblem, type Value, withKind } from './value.ts';
import { ValueField } from './value-field.tsx';

interface Props {
  label: string;
  condition: Condition;
  onChange: (condition: Condition) => void;
  within?: SourcePath | undefined;
  check: boolean;
  autoFocus?: boolean;
}

/** A condition by lines of field, operator and value, in groups of "all of" and "one of". */
export function ConditionBuilder({ label, condition, onChange, within, check, autoFocus = false }: Props) {
  const group: Extract<Condition, { kind: 'group' }> =
    condition.kind === 'group' ? condition : { kind: 'group', all: true, parts: [condition] };
  return (
    <Group
      label={label}
      group={group}
      onChange={(next) => onChange(next.parts.length === 1 && next.parts[0] !== undefined ? next.parts[0] : next)}
      within={within}
      check={check}
      depth={0}
      autoFocus={autoFocus}
    />
  );
}

interface GroupProps extends Omit<Props, 'condition' | 'onChange'> {
  group: Extract<Condition, { kind: 'group' }>;
  onChange: (group: Extract<Condition, { kind: 'group' }>) => void;
  onRemove?: () => void;
  depth: number;
}

function Group({ label, group, onChange, onRemove, within, check, depth, autoFocus = false }: GroupProps) {
  const { parts, all } = group;
  const set = (index: number, part: Condition | undefined): void => {
    const next = part === undefined ? parts.filter((_, i) => i !== index) : parts.map((one, i) => (i === index ? part : one));
    if (next.length === 0 && onRemove) onRemove();
    else onChange({ ...group, parts: next.length === 0 ? [emptyTest()] : next });
  };
  return (
    <fieldset className={depth > 0 ? styles.group : styles.stack} aria-label={label}>
      {(parts.length > 1 || depth > 0) && (
        <label className={styles.inline}>
          <select
            className={styles.kind}
            aria-label={`${label}: how the lines count together`}
            value={all ? 'all' : 'one'}
            onChange={(event) => onChange({ ...group, all: event.target.value === 'all' })}
          >
            <option value="all">All of</option>
            <option value="one">One of</option>
          </select>
          <span className={styles.help}>{all ? 'every line must hold' : 'at least one line must hold'}</span>
        </label>
      )}
      {parts.map((part, i) =>
        part.kind === 'group' ? (
          <Group
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place.
            key={i}
            label={`${label}, group ${i + 1}`}
            group={part}
            onChange={(next) => set(i, next)}
            onRemove={() => set(i, undefined)}
            within={within}
            check={check}
            depth={depth + 1}
          />
        ) : (
          <Line
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place.
            key={i}
            label={parts.length === 1 ? label : `${label}, line ${i + 1}`}
            condition={part}
            onChange={(next) => set(i, next)}
            {...(parts.length > 1 || depth > 0 ? { onRemove: () => set(i, undefined) } : {})}
            within={within}
            check={check}
            autoFocus={autoFocus && i === 0}
          />
        ),
      )}
      <div className={styles.buttons}>
        <Button look="quiet" size="small" icon={<Plus size={14} />} onClick={() => onChange({ ...group, parts: [...parts, emptyTest()] })}>
          Add a line
        </Button>
        {depth < 2 && (
          <Button
            look="quiet"
            size="small"
            icon={<Plus size={14} />}
            onClick={() => onChange({ ...group, parts: [...parts, { kind: 'group', all: !all, parts: [emptyTest()] }] })}
          >
            Add a group
          </Button>
        )}
      </div>
    </fieldset>
  );
}

interface LineProps extends Props {
  onRemove?: () => void;
}

function Line({ label, condition, onChange, onRemove, within, check, autoFocus = false }: LineProps) {
  const fields = useFields(within);
  const completion = useCompletion(within);
  const id = useId();
  if (condition.kind === 'group') return null;
  const problem = check ? (condition.kind === 'test' ? testProblem(condition) : codeProblem(condition.code)) : undefined;
  const remove = onRemove && (
    <IconButton label={`Remove ${label.toLowerCase()}`} size="small" onClick={onRemove}>
      <X size={14} />
    </IconButton>
  );
  const note = problem !== undefined && (
    <span id={`${id}-note`} className={styles.error} role="alert">
      {problem}
    </span>
  );
  if (condition.kind === 'code') {
    return (
      <div className={styles.value}>
        <div className={styles.valueLine}>
          <CodeInput
            label={`${label}: formula`}
            value={condition.code}
            onChange={(code) => onChange({ kind: 'code', code })}
            more={completion}
            invalid={problem !== undefined}
            placeholder="Such as price * qty > 100"
          />
          {remove}
        </div>
        {note}
      </div>
    );
  }
  const { subject, operator, value, among } = condition;
  const { takes } = operators[operator];
  const chosen = subject.kind === 'field' ? choiceFor(fields, subject.code) : undefined;
  const setSubject = (next: Value, choice?: FieldChoice): void =>
    onChange({ ...condition, subject: next, ...fitting(condition.value, among, choice) });
  return (
    <div className={styles.value}>
      <div className={styles.test}>
        {subject.kind === 'field' ? (
          <FieldInput
            label={`${label}: field`}
            code={subject.code}
            onChange={(code, choice) => setSubject({ kind: 'field', code }, choice)}
            within={within}
            invalid={problem !== undefined && subject.code === ''}
            describedBy={`${id}-note`}
            autoFocus={autoFocus}
          />
        ) : (
          <CodeInput
            label={`${label}: formula`}
            value={subject.kind === 'code' ? subject.code : ''}
            onChange={(code) => setSubject({ kind: 'code', code })}
            more={completion}
          />
        )}
        <select
          className={styles.select}
          aria-label={`${label}: operator`}
          value={operator}
          onChange={(event) =>
            onChange(
              event.target.value === 'code' ? { kind: 'code', code: '' } : { ...condition, operator: event.target.value as Operator },
            )
          }
        >
          {Object.entries(operators).map(([key, { words }]) => (
            <option key={key} value={key}>
              {words}
            </option>
          ))}
          <option value="code">as a formula …</option>
        </select>
        {remove}
      </div>
      {takes === 'value' && (
        <ValueField
          quiet
          label={`${label}: value`}
          value={value}
          onChange={(next) => onChange({ ...condition, value: next })}
          within={within}
          kinds={['text', 'number', 'boolean', 'field', 'code']}
        />
      )}
      {takes === 'text' && (
        <ValueField
          quiet
          label={`${label}: value`}
          value={value.kind === 'text' ? value : { kind: 'text', text: '' }}
          onChange={(next) => onChange({ ...condition, value: next })}
          kinds={['text']}
        />
      )}
      {takes === 'values' && (
        <AmongField label={`${label}: values`} among={among} onChange={(next) => onChange({ ...condition, among: next })} />
      )}
      {note !== false
        ? note
        : operator === 'isNot' &&
          chosen !== undefined &&
          (chosen.seen ?? 1) < 1 && <span className={styles.help}>Where the field is missing, this does not hold either.</span>}
    </div>
  );
}

/** The value takes the type of the field that is chosen, while nothing is written in it. */
function fitting(value: Value, among: Among, choice: FieldChoice | undefined): { value?: Value; among?: Among } {
  if (choice === undefined) return {};
  const blank = (value.kind === 'text' || value.kind === 'number') && value.text === '';
  if (choice.type === 'number')
    return {
      ...(blank ? { value: withKind(value, 'number') } : {}),
      ...(among.values.length === 0 ? { among: { type: 'number', values: [] } } : {}),
    };
  if (choice.type === 'yes/no' && blank) return { value: { kind: 'boolean', value: true } };
  return choice.type === 'text' && blank ? { value: { kind: 'text', text: '' } } : {};
}

function AmongField({ label, among, onChange }: { label: string; among: Among; onChange: (among: Among) => void }) {
  const id = useId();
  return (
    <div className={styles.valueLine}>
      <select
        className={styles.kind}
        aria-label={`Kind of ${label.toLowerCase()}`}
        value={among.type}
        onChange={(event) => onChange({ ...among, type: event.target.value === 'number' ? 'number' : 'text' })}
      >
        <option value="text">Texts</option>
        <option value="number">Numbers</option>
      </select>
      <span className={styles.grow}>
        <textarea
          id={id}
          className={styles.area}
          aria-label={label}
          rows={Math.min(6, Math.max(2, among.values.length))}
          placeholder="One value on each line"
          spellCheck={false}
          value={among.values.join('\n')}
          onChange={(event) => onChange({ ...among, values: event.target.value === '' ? [] : event.target.value.split('\n') })}
        />
      </span>
    </div>
  );
}
