import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { allRules } from '#shared/mapping/rule.ts';
import type { FunctionCategory, FunctionHelp } from '#shared/shape/functions/help.ts';
import { functionWords } from '#shared/shape/functions/names.ts';
import { functionHelp, helpOf } from '#shared/shape/functions.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import type { DraftOf } from './draft.ts';
import { useEditing, useResult } from './editing.ts';
import styles from './editors.module.css';
import { argumentProblem, argumentsFor, type Pipeline, pipelineCode, type Step, takesInput } from './pipeline.ts';
import { ResultText } from './result-line.tsx';
import { codeProblem, type Value, valueProblem } from './value.ts';
import { ValueField } from './value-field.tsx';

/** A value that goes through functions, each with its arguments and what comes out of it on the current sample. */
export function FunctionEditor({
  draft,
  onChange,
  check,
}: {
  draft: DraftOf<'function'>;
  onChange: (draft: DraftOf<'function'>) => void;
  check: boolean;
}) {
  const { pipeline } = draft;
  const { steps } = pipeline;
  const [choosing, setChoosing] = useState(steps.length === 0);
  const list = useRef<HTMLDivElement>(null);
  const set = (next: Step[]): void => onChange({ ...draft, pipeline: { ...pipeline, steps: next } });
  const move = (from: number, to: number): void => {
    const next = [...steps];
    next.splice(to, 0, ...next.splice(from, 1));
    set(next);
  };
  return (
    <div className={styles.stack} ref={list}>
      <ValueField
        label="Value that comes in"
        value={pipeline.input}
        onChange={(input) => onChange({ ...draft, pipeline: { ...pipeline, input } })}
        check={check}
        autoFocus={pipeline.input.kind === 'field' && pipeline.input.code === ''}
      />
      {steps.map((_, i) => (
        <StepCard
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place.
          key={i}
          pipeline={pipeline}
          index={i}
          onChange={(next) => set(steps.map((one, at) => (at === i ? next : one)))}
          onRemove={() => set(steps.filter((_, at) => at !== i))}
          onMove={(to) => move(i, to)}
          check={check}
        />
      ))}
      {choosing ? (
        <FunctionPicker
          pipeline={pipeline}
          onTake={(name) => {
            const last = steps.at(-1);
            const form = last?.form === undefined ? {} : { form: 'arrow' as const };
            const needed = argumentsFor(name).map((one): Value | undefined => (one.optional ? undefined : firstValue(one.label)));
            // Drawn at once: what is typed next belongs to the new step, however quick the hands are.
            flushSync(() => {
              set([...steps, { name, arguments: needed, ...form }]);
              setChoosing(false);
            });
            focusStep(list.current, steps.length);
          }}
          onClose={() => setChoosing(false)}
        />
      ) : (
        <div className={styles.buttons}>
          <Button size="small" icon={<Plus size={14} />} onClick={() => setChoosing(true)}>
            Add a function
          </Button>
        </div>
      )}
    </div>
  );
}

/** Puts the keyboard on the first thing to fill in of a step, else on the step. */
function focusStep(list: HTMLElement | null, index: number): void {
  const card = list?.querySelector<HTMLElement>(`[data-step="${index}"]`);
  (card?.querySelector<HTMLElement>('input, [contenteditable="true"]') ?? card)?.focus();
}

/** What an argument most likely is: a number where its label says so, else a text. */
function firstValue(label: string): Value {
  return /^(start|length|width|decimals|exponent|base|number|how often)/i.test(label)
    ? { kind: 'number', text: '' }
    : /function/.test(label)
      ? { kind: 'code', code: '' }
      : /^(list|object)/i.test(label)
        ? { kind: 'field', code: '' }
        : { kind: 'text', text: '' };
}

function StepCard({
  pipeline,
  index,
  onChange,
  onRemove,
  onMove,
  check,
}: {
  pipeline: Pipeline;
  index: number;
  onChange: (step: Step) => void;
  onRemove: () => void;
  onMove: (to: number) => void;
  check: boolean;
}) {
  const { steps } = pipeline;
  const step = steps[index];
  const code = pipelineCode(pipeline, index + 1);
  const ready = valueProblem(pipeline.input) === undefined && codeProblem(code) === undefined;
  const result = useResult(ready ? code : undefined);
  if (step === undefined) return null;
  const wanted = argumentsFor(step.name);
  const count = Math.max(wanted.length, step.arguments.length);
  const title = functionWords(step.name);
  const set = (at: number, value: Value | undefined): void => {
    const next = Array.from({ length: count }, (_, i) => (i === at ? value : step.arguments[i]));
    onChange({ ...step, arguments: next });
  };
  return (
    <section className={styles.card} aria-label={`Function ${index + 1}: ${title}`} tabIndex={-1} data-step={index}>
      <div className={styles.cardHead}>
        <span className={styles.cardTitle} title={helpOf(step.name)?.help}>
          {index + 1}. {title}
        </span>
        {result !== undefined && (
          <span className={styles.stepResult}>
            <ResultText result={result} />
          </span>
        )}
        <IconButton label={`Move ${title} up`} size="small" disabled={index === 0} onClick={() => onMove(index - 1)}>
          <ArrowUp size={14} />
        </IconButton>
        <IconButton label={`Move ${title} down`} size="small" disabled={index === steps.length - 1} onClick={() => onMove(index + 1)}>
          <ArrowDown size={14} />
        </IconButton>
        <IconButton label={`Remove ${title}`} size="small" onClick={onRemove}>
          <X size={14} />
        </IconButton>
      </div>
      {Array.from({ length: count }, (_, i) => {
        const argument = wanted[i];
        const value = step.arguments[i];
        const label = argument?.label ?? `Argument ${i + 2}`;
        if (value === undefined) {
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: an argument is its place.
            <div key={i} className={styles.buttons}>
              <Button look="quiet" size="small" icon={<Plus size={14} />} onClick={() => set(i, firstValue(label))}>
                {label}
              </Button>
              {check && argumentProblem(step, i) !== undefined && <span className={styles.error}>{argumentProblem(step, i)}</span>}
            </div>
          );
        }
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: an argument is its place.
          <div key={i} className={styles.inline}>
            <span className={styles.grow}>
              <ValueField
                label={label}
                value={value}
                onChange={(next) => set(i, next)}
                kinds={['text', 'number', 'boolean', 'field', 'code']}
                check={check}
              />
            </span>
            {argument?.optional !== false && (
              <IconButton label={`Leave out ${label.toLowerCase()}`} size="small" onClick={() => set(i, undefined)}>
                <X size={14} />
              </IconButton>
            )}
          </div>
        );
      })}
    </section>
  );
}

const groups: Readonly<Record<FunctionCategory, string>> = {
  text: 'Text',
  number: 'Numbers',
  list: 'Lists',
  object: 'Objects',
  date: 'Dates',
  logic: 'Yes and no',
};

/** The functions with plain names; one that needs nothing else shows what it makes of the value on the current sample. */
function FunctionPicker({ pipeline, onTake, onClose }: { pipeline: Pipeline; onTake: (name: string) => void; onClose: () => void }) {
  const { view } = useEditing();
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const found = useMemo(() => {
    const words = query.toLowerCase().trim();
    const own: FunctionHelp[] = view === undefined ? [] : helpersOf(view.root);
    const all = [...functionHelp.filter(({ name }) => takesInput(name) && name !== 'eval'), ...own];
    return all.filter(({ name, help }) => words === '' || `${name} ${functionWords(name)} ${help}`.toLowerCase().includes(words));
  }, [query, view]);
  return (
    <div className={styles.stack}>
      <input
        className={styles.input}
        aria-label="Find a function"
        placeholder="Find a function: trim, round, date …"
        data-autofocus
        ref={(input) => input?.focus({ preventScroll: true })}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setActive(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault();
            setActive((at) => (found.length === 0 ? 0 : (at + (event.key === 'ArrowDown' ? 1 : found.length - 1)) % found.length));
          } else if (event.key === 'Enter') {
            event.preventDefault();
            const taken = found[active];
            if (taken !== undefined) onTake(taken.name);
          } else if (event.key === 'Escape' && pipeline.steps.length > 0) {
            event.preventDefault();
            onClose();
          }
        }}
      />
      <div className={styles.pickList}>
        {found.map((help, i) => (
          <div key={help.name}>
            {found[i - 1]?.category !== help.category && <div className={styles.pickGroup}>{groups[help.category]}</div>}
            <Pick help={help} pipeline={pipeline} active={i === active} onTake={() => onTake(help.name)} />
          </div>
        ))}
        {found.length === 0 && <div className={styles.pickGroup}>No function is called so.</div>}
      </div>
    </div>
  );
}

function helpersOf(root: Parameters<typeof allRules>[0]): FunctionHelp[] {
  return [...allRules(root)].flatMap((rule) => {
    const step = rule.target.at(-1);
    if (rule.kind !== 'helper' || typeof step !== 'object' || step === null || !('variable' in step)) return [];
    const words = `${rule.parameters.join(', ')} → value`;
    return [
      {
        name: step.variable,
        category: 'logic' as const,
        words,
        help: 'An own function of this mapping.',
        example: { expression: `$${step.variable}(…)`, result: '' },
      },
    ];
  });
}

function Pick({ help, pipeline, active, onTake }: { help: FunctionHelp; pipeline: Pipeline; active: boolean; onTake: () => void }) {
  const { name, words, help: sentence, example } = help;
  const alone = argumentsFor(name).every(({ optional }) => optional);
  const tried =
    alone && active && valueProblem(pipeline.input) === undefined
      ? pipelineCode({ ...pipeline, steps: [...pipeline.steps, { name, arguments: [] }] })
      : undefined;
  const result = useResult(tried);
  return (
    <button
      type="button"
      tabIndex={-1}
      className={[styles.pick, active ? styles.pickActive : ''].join(' ')}
      title={`$${name}: ${words}`}
      ref={active ? (made) => made?.scrollIntoView({ block: 'nearest' }) : undefined}
      onClick={onTake}
    >
      <span className={styles.pickName}>{functionWords(name)}</span>
      <span className={styles.pickExample}>
        {result?.kind === 'value'
          ? `here: ${result.json.slice(0, 40)}`
          : `${example.expression} = ${example.result === '' ? 'nothing' : example.result}`.slice(0, 60)}
      </span>
      <span className={styles.pickHelp}>{sentence}</span>
    </button>
  );
}
