import { useRef } from 'react';
import { type CodeHandle, CodeInput } from '../../editor/code-editor/code-input.tsx';
import { Button } from '../../ui/button.tsx';
import { useCompletion } from './complete.ts';
import { emptyTest } from './condition.ts';
import { ConditionBuilder } from './condition-builder.tsx';
import type { DraftOf } from './draft.ts';
import { useFields } from './editing.ts';
import styles from './editors.module.css';
import { FieldInput } from './field-input.tsx';
import { choiceFor } from './fields.ts';
import { fieldMarks } from './marks.ts';
import { type Source, sourceProblem, stepEnds } from './source.ts';
import { codeProblem } from './value.ts';
import { ValueField } from './value-field.tsx';

interface Of<T extends 'field' | 'constant' | 'formula' | 'code'> {
  draft: DraftOf<T>;
  onChange: (draft: DraftOf<T>) => void;
  check: boolean;
}

/** A field as it is, or only some of the values of one in a list. */
export function FieldEditor({ draft, onChange, check }: Of<'field'>) {
  const { source, list } = draft;
  return (
    <div className={styles.stack}>
      <SourceEditor label="Field" source={source} onChange={(next) => onChange({ ...draft, source: next })} check={check} takes autoFocus />
      <label className={styles.check}>
        <input type="checkbox" checked={list} onChange={(event) => onChange({ ...draft, list: event.target.checked })} />
        <span>
          Always a list
          <span className={styles.help}> – also for one value, and an empty list for none</span>
        </span>
      </label>
    </div>
  );
}

/** A field, which items of its list count, and which of the values. */
export function SourceEditor({
  label,
  source,
  onChange,
  check,
  takes = false,
  autoFocus = false,
  prefer,
}: {
  label: string;
  source: Source;
  onChange: (source: Source) => void;
  check: boolean;
  takes?: boolean;
  autoFocus?: boolean;
  prefer?: Parameters<typeof FieldInput>[0]['prefer'];
}) {
  const fields = useFields();
  const choice = choiceFor(fields, source.field);
  const problem = check ? sourceProblem(source) : undefined;
  // The list whose items a condition would look at.
  const after = source.where?.after ?? (choice?.list ? stepEnds(source.field).length : (choice?.listAt ?? 0));
  const many = after > 0;
  const within = choice?.path?.slice(0, (choice.path.length ?? 0) - (stepEnds(source.field).length - after));
  return (
    <>
      <div className={styles.value}>
        <span className={styles.label}>{label}</span>
        <FieldInput
          label={label}
          code={source.field}
          onChange={(field) => onChange({ ...source, field, ...(stepsDiffer(field, source.field) ? { where: undefined } : {}) })}
          invalid={problem !== undefined && source.field === ''}
          autoFocus={autoFocus}
          {...(prefer ? { prefer } : {})}
        />
        {problem !== undefined && source.where === undefined && <span className={styles.error}>{problem}</span>}
      </div>
      {many && (
        <>
          {source.where === undefined ? (
            <div className={styles.buttons}>
              <Button size="small" onClick={() => onChange({ ...source, where: { after, condition: emptyTest() } })}>
                Only where …
              </Button>
            </div>
          ) : (
            <div className={styles.card}>
              <div className={styles.cardHead}>
                <span className={styles.cardTitle}>Only where</span>
                <Button look="quiet" size="small" onClick={() => onChange({ ...source, where: undefined })}>
                  Take all
                </Button>
              </div>
              <ConditionBuilder
                label="Only where"
                condition={source.where.condition}
                onChange={(condition) => onChange({ ...source, where: { after, condition } })}
                within={within}
                check={check}
              />
            </div>
          )}
          {takes && (
            <div className={styles.value}>
              <span className={styles.label}>Of several values take</span>
              <select
                className={styles.select}
                aria-label="Of several values take"
                value={source.take ?? 'all'}
                onChange={(event) =>
                  onChange({
                    ...source,
                    take: event.target.value === 'first' ? 'first' : event.target.value === 'last' ? 'last' : undefined,
                  })
                }
              >
                <option value="all">all of them</option>
                <option value="first">the first</option>
                <option value="last">the last</option>
              </select>
            </div>
          )}
        </>
      )}
    </>
  );
}

const stepsDiffer = (a: string, b: string): boolean => stepEnds(a).length !== stepEnds(b).length || a.split('.')[0] !== b.split('.')[0];

/** The same value for every message. */
export function ConstantEditor({ draft, onChange, check }: Of<'constant'>) {
  return (
    <ValueField
      label="Value"
      value={draft.value}
      onChange={(value) => onChange({ ...draft, value })}
      kinds={['text', 'number', 'boolean', 'null', 'list']}
      check={check}
      autoFocus
    />
  );
}

const symbols: readonly { sign: string; shown: string; label: string }[] = [
  { sign: ' + ', shown: '+', label: 'plus' },
  { sign: ' - ', shown: '−', label: 'minus' },
  { sign: ' * ', shown: '×', label: 'times' },
  { sign: ' / ', shown: '÷', label: 'divided by' },
  { sign: '(', shown: '(', label: 'open bracket' },
  { sign: ')', shown: ')', label: 'close bracket' },
  { sign: ' = ', shown: '=', label: 'is equal to' },
  { sign: ' != ', shown: '≠', label: 'is not equal to' },
  { sign: ' < ', shown: '<', label: 'is less than' },
  { sign: ' <= ', shown: '≤', label: 'is at most' },
  { sign: ' > ', shown: '>', label: 'is greater than' },
  { sign: ' >= ', shown: '≥', label: 'is at least' },
];

const typed: Readonly<Record<string, string>> = { '×': '*', '÷': '/', '−': '-', '≤': '<=', '≥': '>=', '≠': '!=' };

/** A computation: fields and numbers with signs between them, which can also be typed as on paper. */
export function FormulaEditor({ draft, onChange, check }: Of<'formula'>) {
  return <FormulaField label="Formula" code={draft.code} onChange={(code) => onChange({ ...draft, code })} check={check} autoFocus />;
}

/** A line of formula with its keys: a field can be put in at the cursor. */
export function FormulaField({
  label,
  code,
  onChange,
  check,
  within,
  autoFocus = false,
  optional = false,
}: {
  label: string;
  code: string;
  onChange: (code: string) => void;
  check: boolean;
  within?: readonly string[] | undefined;
  autoFocus?: boolean;
  optional?: boolean;
}) {
  const completion = useCompletion(within);
  const handle = useRef<CodeHandle>(null);
  const problem = check && !(optional && code.trim() === '') ? codeProblem(code) : undefined;
  return (
    <div className={styles.value}>
      <span className={styles.label}>{label}</span>
      <CodeInput
        ref={handle}
        label={label}
        value={code}
        onChange={(text) => onChange(text.replaceAll(/[×÷−≤≥≠]/g, (sign) => typed[sign] ?? sign))}
        more={[completion, fieldMarks]}
        placeholder="Such as price * qty"
        autoFocus={autoFocus}
        invalid={problem !== undefined}
      />
      <div className={styles.valueLine}>
        <div className={styles.symbols} role="toolbar" aria-label="Signs">
          {symbols.map(({ sign, shown, label: words }) => (
            <button
              key={sign}
              type="button"
              className={styles.symbol}
              aria-label={words}
              title={words}
              onClick={() => handle.current?.insert(sign)}
            >
              {shown}
            </button>
          ))}
        </div>
      </div>
      <FieldInput
        label={`${label}: field to insert`}
        code=""
        placeholder="Insert a field"
        within={within}
        onChange={(field) => handle.current?.insert(field)}
      />
      {problem !== undefined && (
        <span className={styles.error} role="alert">
          {problem}
        </span>
      )}
    </div>
  );
}

/** The rule as an expression of several lines. */
export function CodeEditor({ draft, onChange, check, reason }: Of<'code'> & { reason: string | undefined }) {
  const completion = useCompletion();
  const problem = check ? codeProblem(draft.code) : undefined;
  return (
    <div className={styles.value}>
      <CodeInput
        lines
        label="Rule as code"
        value={draft.code}
        onChange={(code) => onChange({ ...draft, code })}
        more={completion}
        placeholder="JSONata expression"
        autoFocus
        invalid={problem !== undefined}
      />
      {problem !== undefined ? (
        <span className={styles.error} role="alert">
          {problem}
        </span>
      ) : (
        <span className={styles.help}>
          {reason === undefined ? 'Ctrl+Enter takes it over.' : `It cannot be shown as rows: it ${reason}. Ctrl+Enter takes it over.`}
        </span>
      )}
    </div>
  );
}
