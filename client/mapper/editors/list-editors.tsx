import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';
import type { SourcePath } from '#shared/mapping/reach.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { emptyTest } from './condition.ts';
import { ConditionBuilder } from './condition-builder.tsx';
import type { DraftOf } from './draft.ts';
import { useFields } from './editing.ts';
import styles from './editors.module.css';
import { FieldInput } from './field-input.tsx';
import { choiceFor, type FieldChoice } from './fields.ts';
import { FormulaField, SourceEditor } from './leaf-editors.tsx';
import type { Value } from './value.ts';
import { codeProblem, valueProblem } from './value.ts';
import { ValueField } from './value-field.tsx';

interface Of<T extends 'loop' | 'aggregate' | 'group' | 'merge'> {
  draft: DraftOf<T>;
  onChange: (draft: DraftOf<T>) => void;
  check: boolean;
}

const lists = (choice: FieldChoice): boolean => choice.list;

/** Moves an entry of a list to another place. */
function movedTo<T>(items: readonly T[], from: number, to: number): T[] {
  const next = [...items];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}

/** One result for each item of a list: which list, which items, in which order, and what the item is called. */
export function LoopEditor({ draft, onChange, check, named }: Of<'loop'> & { named: { item: boolean; index: boolean } }) {
  const { list, where, sort, itemName, indexName, array } = draft;
  const fields = useFields();
  const within: SourcePath | undefined = list.kind === 'field' ? choiceFor(fields, list.code)?.path : undefined;
  const problem = check ? valueProblem(list) : undefined;
  return (
    <div className={styles.stack}>
      <div className={styles.value}>
        <span className={styles.label}>For each item of</span>
        {list.kind === 'field' ? (
          <FieldInput
            label="For each item of"
            code={list.code}
            onChange={(code) => onChange({ ...draft, list: { kind: 'field', code } })}
            prefer={lists}
            placeholder="Choose a list"
            autoFocus={list.code === ''}
            invalid={problem !== undefined}
          />
        ) : (
          <ValueField
            quiet
            label="For each item of"
            value={list}
            onChange={(next) => onChange({ ...draft, list: next })}
            kinds={['field', 'code']}
            check={check}
          />
        )}
        {problem !== undefined && <span className={styles.error}>{problem === 'Choose a field.' ? 'Choose a list.' : problem}</span>}
      </div>
      {where === undefined ? (
        <div className={styles.buttons}>
          <Button size="small" icon={<Plus size={14} />} onClick={() => onChange({ ...draft, where: emptyTest() })}>
            Only where …
          </Button>
          <Button
            size="small"
            icon={<Plus size={14} />}
            onClick={() => onChange({ ...draft, sort: [...sort, { by: { kind: 'field', code: '' }, descending: false }] })}
          >
            Sort by …
          </Button>
        </div>
      ) : (
        <section className={styles.card} aria-label="Only where">
          <div className={styles.cardHead}>
            <span className={styles.cardTitle}>Only where</span>
            <Button look="quiet" size="small" onClick={() => onChange({ ...draft, where: undefined })}>
              Take all items
            </Button>
          </div>
          <ConditionBuilder
            label="Only where"
            condition={where}
            onChange={(next) => onChange({ ...draft, where: next })}
            within={within}
            check={check}
            autoFocus
          />
        </section>
      )}
      {sort.map((term, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a term is its place.
        <div key={i} className={styles.inline}>
          <span className={styles.grow}>
            <ValueField
              label={i === 0 ? 'Sort by' : 'Then by'}
              value={term.by}
              onChange={(by) => onChange({ ...draft, sort: sort.map((one, at) => (at === i ? { ...one, by } : one)) })}
              kinds={['field', 'code']}
              within={within}
              check={check}
            />
          </span>
          <select
            className={styles.kind}
            aria-label={`Direction ${i + 1}`}
            value={term.descending ? 'down' : 'up'}
            onChange={(event) =>
              onChange({ ...draft, sort: sort.map((one, at) => (at === i ? { ...one, descending: event.target.value === 'down' } : one)) })
            }
          >
            <option value="up">Smallest first</option>
            <option value="down">Largest first</option>
          </select>
          <IconButton
            label={`Remove order ${i + 1}`}
            size="small"
            onClick={() => onChange({ ...draft, sort: sort.filter((_, at) => at !== i) })}
          >
            <X size={14} />
          </IconButton>
        </div>
      ))}
      {(where !== undefined || sort.length > 0) && (
        <div className={styles.buttons}>
          <Button
            look="quiet"
            size="small"
            icon={<Plus size={14} />}
            onClick={() => onChange({ ...draft, sort: [...sort, { by: { kind: 'field', code: '' }, descending: false }] })}
          >
            Sort by …
          </Button>
        </div>
      )}
      <div className={styles.two}>
        <NameField
          label="Name of the item"
          help="For lists inside: they use its fields by this name."
          value={itemName}
          onChange={(name) => onChange({ ...draft, itemName: name })}
          kept={named.item}
        />
        <NameField
          label="Name of the position"
          help="Counts from 0."
          value={indexName}
          onChange={(name) => onChange({ ...draft, indexName: name })}
          kept={named.index}
        />
      </div>
      <label className={styles.check}>
        <input type="checkbox" checked={array} disabled={array} onChange={(event) => onChange({ ...draft, array: event.target.checked })} />
        <span>
          Always a list{' '}
          <span className={styles.help}>
            {array ? 'also for one item and for none' : 'Without it, one item becomes a single object, and none is left out.'}
          </span>
        </span>
      </label>
    </div>
  );
}

function NameField({
  label,
  help,
  value,
  onChange,
  kept,
}: {
  label: string;
  help: string;
  value: string;
  onChange: (name: string) => void;
  kept: boolean;
}) {
  const bad = value !== '' && !/^[A-Za-z_]\w*$/.test(value);
  return (
    <label className={styles.value}>
      <span className={styles.label}>{label}</span>
      <input
        className={styles.input}
        value={value}
        placeholder={kept ? '' : 'None'}
        spellCheck={false}
        aria-invalid={bad}
        onChange={(event) => onChange(event.target.value.replace(/^\$/, ''))}
      />
      <span className={bad ? styles.error : styles.help}>{bad ? 'Letters, digits and _ only, no digit first.' : help}</span>
    </label>
  );
}

const kinds: Readonly<Record<DraftOf<'aggregate'>['function'], string>> = {
  sum: 'Sum',
  count: 'Count',
  average: 'Average',
  min: 'Smallest',
  max: 'Largest',
  join: 'Joined text',
  each: 'List of all',
};

/** One value made of a list: the sum, the count, the joined text of something for each of its items. */
export function AggregateEditor({ draft, onChange, check }: Of<'aggregate'>) {
  const { source, each, separator } = draft;
  const fields = useFields();
  const choice = choiceFor(fields, source.field);
  const shown = bare(each);
  return (
    <div className={styles.stack}>
      <div className={styles.value}>
        <span className={styles.label}>Make</span>
        <select
          className={styles.select}
          aria-label="Make"
          data-autofocus={source.field !== '' || undefined}
          value={draft.function}
          onChange={(event) => onChange({ ...draft, function: event.target.value as typeof draft.function })}
        >
          {Object.entries(kinds).map(([key, label]) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <SourceEditor
        label={draft.function === 'count' ? 'of the items of' : 'of'}
        source={source}
        onChange={(next) => onChange({ ...draft, source: next })}
        check={check}
        prefer={(one) => one.many}
        autoFocus={source.field === ''}
      />
      {draft.function !== 'count' && (choice?.list || each !== '') && (
        <FormulaField
          label="For each item"
          code={shown}
          onChange={(next) => onChange({ ...draft, each: next.trim() === '' ? '' : next === shown ? each : next })}
          within={choice?.path}
          check={check}
          optional
        />
      )}
      {draft.function === 'join' &&
        (separator === undefined ? (
          <div className={styles.buttons}>
            <Button size="small" icon={<Plus size={14} />} onClick={() => onChange({ ...draft, separator: { kind: 'text', text: ', ' } })}>
              Put a text between them
            </Button>
          </div>
        ) : (
          <ValueField
            label="Between them"
            value={separator}
            onChange={(next) => onChange({ ...draft, separator: next })}
            kinds={['text', 'field', 'code']}
            check={check}
          />
        ))}
      {draft.function === 'sum' && <span className={styles.help}>The sum of no items is 0. A text among the numbers is an error.</span>}
    </div>
  );
}

/** A formula without the one pair of brackets around it. */
function bare(code: string): string {
  const inner = code.startsWith('(') && code.endsWith(')') ? code.slice(1, -1).trim() : code;
  return codeProblem(inner) === undefined ? inner : code;
}

/** The items of a list put together by a key: one field for each value of it. */
export function GroupEditor({ draft, onChange, check }: Of<'group'>) {
  const { list, entries } = draft;
  const fields = useFields();
  const within = list.kind === 'field' ? choiceFor(fields, list.code)?.path : undefined;
  const set = (index: number, entry: (typeof entries)[number] | undefined): void =>
    onChange({
      ...draft,
      entries: entry === undefined ? entries.filter((_, i) => i !== index) : entries.map((one, i) => (i === index ? entry : one)),
    });
  return (
    <div className={styles.stack}>
      <ValueField
        label="Group the items of"
        value={list}
        onChange={(next) => onChange({ ...draft, list: next })}
        kinds={['field', 'code']}
        check={check}
        autoFocus
      />
      {entries.map((entry, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an entry is its place.
        <section key={i} className={styles.card} aria-label={`Group ${i + 1}`}>
          <ValueField
            label="One field for each"
            value={entry.key}
            onChange={(key) => set(i, { ...entry, key })}
            kinds={['field', 'code']}
            within={within}
            check={check}
            help="The key must be a text."
          />
          <ValueField
            label="with the value"
            value={entry.value}
            onChange={(value) => set(i, { ...entry, value })}
            within={within}
            check={check}
            kinds={['field', 'code', 'text', 'number']}
            help="Seen from all items of the group together: sum(qty) adds theirs up."
          />
          {entries.length > 1 && (
            <div className={styles.buttons}>
              <Button look="quiet" size="small" icon={<X size={14} />} onClick={() => set(i, undefined)}>
                Remove
              </Button>
            </div>
          )}
        </section>
      ))}
    </div>
  );
}

/** Several objects made one. */
export function MergeEditor({ draft, onChange, check }: Of<'merge'>) {
  const { items } = draft;
  const set = (next: Value[]): void => onChange({ ...draft, items: next });
  return (
    <div className={styles.stack}>
      {items.map((item, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an item is its place.
        <div key={i} className={styles.inline}>
          <span className={styles.grow}>
            <ValueField
              label={i === 0 ? 'Everything of' : 'Then everything of'}
              value={item}
              onChange={(value) => set(items.map((one, at) => (at === i ? value : one)))}
              kinds={['field', 'code']}
              check={check}
              autoFocus={i === 0}
            />
          </span>
          <IconButton label={`Move object ${i + 1} up`} size="small" disabled={i === 0} onClick={() => set(movedTo(items, i, i - 1))}>
            <ArrowUp size={14} />
          </IconButton>
          <IconButton
            label={`Move object ${i + 1} down`}
            size="small"
            disabled={i === items.length - 1}
            onClick={() => set(movedTo(items, i, i + 1))}
          >
            <ArrowDown size={14} />
          </IconButton>
          <IconButton
            label={`Remove object ${i + 1}`}
            size="small"
            disabled={items.length === 1}
            onClick={() => set(items.filter((_, at) => at !== i))}
          >
            <X size={14} />
          </IconButton>
        </div>
      ))}
      <div className={styles.buttons}>
        <Button size="small" icon={<Plus size={14} />} onClick={() => set([...items, { kind: 'field', code: '' }])}>
          Add an object
        </Button>
        {!items.some((item) => item.kind === 'rows') && (
          <Button
            size="small"
            icon={<Plus size={14} />}
            onClick={() => set([...items, { kind: 'rows', code: '{ }', words: 'fields of its own' }])}
          >
            Add fields of its own
          </Button>
        )}
      </div>
      <span className={styles.help}>Where two have the same field, the later one wins.</span>
    </div>
  );
}
