import { Plus, Trash2 } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useEffect, useId, useState } from 'react';
import type { FlowNode } from '#shared/flow.ts';
import type { ConfigSchema, NodeTypeInfo } from '#shared/node-type.ts';
import type { Problem } from '#shared/problem.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Skeleton } from '../../ui/states.tsx';
import styles from './config-field.module.css';
import { controlOf, type DurationUnit, durationUnits, type FormField, isShown, joinDuration, splitDuration } from './form.ts';
import { ItemsField } from './items-field.tsx';
import { SecretField } from './secret-field.tsx';
import { TopicField } from './topic-field.tsx';

// The code editor is the largest part of the studio; it comes only where an expression is edited.
const ExpressionField = lazy(() => import('./expression-field.tsx'));

/** What every control gets. `path` is the field's place inside the config, such as `cases.0.when`. */
export interface ControlProps {
  id: string;
  path: string;
  schema: ConfigSchema;
  value: unknown;
  problems: readonly Problem[];
  disabled: boolean;
  node: FlowNode;
  describedBy: string | undefined;
  onChange: (value: unknown) => void;
}

/** One field of the form, when it is to be shown: label, control, help, and what is wrong with it. */
export function ConfigField({
  node,
  type,
  field,
  problems,
  disabled,
  onChange,
}: {
  node: FlowNode;
  type: NodeTypeInfo | undefined;
  field: FormField;
  problems: readonly Problem[];
  disabled: boolean;
  onChange: (value: unknown) => void;
}) {
  const ids = type !== undefined && !Array.isArray(type.ports) && type.ports.perItem === field.name ? type.ports.id : undefined;
  return (
    <SchemaField
      node={node}
      field={field}
      path={field.name}
      value={node.config[field.name]}
      siblings={node.config}
      problems={problems}
      disabled={disabled}
      onChange={onChange}
      idProperty={ids}
    />
  );
}

/** A field of any object of the config; items of lists use it for their own fields. */
export function SchemaField({
  node,
  field,
  path,
  value,
  siblings,
  problems,
  disabled,
  onChange,
  idProperty,
}: {
  node: FlowNode;
  field: FormField;
  path: string;
  value: unknown;
  siblings: Readonly<Record<string, unknown>>;
  problems: readonly Problem[];
  disabled: boolean;
  onChange: (value: unknown) => void;
  /** Property of a list's items that is made by itself, because edges hang on it. */
  idProperty?: string | undefined;
}) {
  const id = useId();
  const { schema } = field;
  if (!isShown(schema, siblings)) return null;
  const control = controlOf(schema);
  const own = problems.filter(
    (problem) => problem.field === path || control === 'json' || control === 'expressions' || control === 'lines',
  );
  const noted = own.length > 0 || schema.help !== undefined;
  const props: ControlProps = {
    id,
    path,
    schema,
    value,
    problems,
    disabled,
    node,
    describedBy: noted ? `${id}-note` : undefined,
    onChange,
  };
  const label = schema.label ?? schema.title ?? field.name;
  if (control === 'switch') {
    return (
      <div className={styles.field} data-field={path}>
        <label className={styles.switch}>
          <input
            id={id}
            type="checkbox"
            role="switch"
            aria-checked={value === true}
            checked={value === true}
            disabled={disabled}
            aria-describedby={props.describedBy}
            onChange={(event) => onChange(event.target.checked)}
          />
          {label}
        </label>
        <Note id={id} schema={schema} problems={own} />
      </div>
    );
  }
  return (
    <div className={styles.field} data-field={path}>
      <Label id={id} plain={compound.has(control)}>
        {label}
        {!field.required && schema.default === undefined && <span className={styles.optional}>optional</span>}
      </Label>
      {control === 'items' ? <ItemsField {...props} idProperty={idProperty} /> : <ControlOf control={control} props={props} />}
      <Note id={id} schema={schema} problems={own} />
    </div>
  );
}

/** Controls made of several; a label that pointed at one of their buttons would rename the button. */
const compound: ReadonlySet<string> = new Set(['items', 'expressions', 'lines', 'jsonata']);

function Label({ id, plain, children }: { id: string; plain: boolean; children: ReactNode }) {
  return plain ? (
    <span className={styles.label} id={`${id}-label`}>
      {children}
    </span>
  ) : (
    <label className={styles.label} htmlFor={id} id={`${id}-label`}>
      {children}
    </label>
  );
}

function Note({ id, schema, problems }: { id: string; schema: ConfigSchema; problems: readonly Problem[] }) {
  if (problems.length === 0 && schema.help === undefined) return null;
  return (
    <div id={`${id}-note`}>
      {problems.map((problem) => (
        <p
          key={`${problem.code} ${problem.field ?? ''} ${problem.message}`}
          className={problem.severity === 'error' ? styles.error : styles.warning}
        >
          {problem.message}
        </p>
      ))}
      {schema.help !== undefined && <p className={styles.help}>{schema.help}</p>}
    </div>
  );
}

function ControlOf({ control, props }: { control: ReturnType<typeof controlOf>; props: ControlProps }): ReactNode {
  switch (control) {
    case 'jsonata':
      return (
        <Suspense fallback={<Skeleton height={64} radius={8} />}>
          <ExpressionField {...props} />
        </Suspense>
      );
    case 'json':
      return <JsonField {...props} />;
    case 'textarea':
      return (
        <textarea
          {...common(props)}
          className={[styles.input, styles.area].join(' ')}
          rows={5}
          value={textOf(props.value)}
          onChange={(event) => props.onChange(event.target.value)}
        />
      );
    case 'number':
      return <NumberField {...props} />;
    case 'duration':
      return <DurationField {...props} />;
    case 'choice':
      return <ChoiceField {...props} />;
    case 'topic':
      return <TopicField {...props} />;
    case 'secret':
      return <SecretField {...props} />;
    case 'expressions':
      return <ExpressionsField {...props} />;
    case 'lines':
      return <LinesField {...props} />;
    default:
      return (
        <input
          {...common(props)}
          className={[styles.input, control === 'cron' ? styles.mono : ''].join(' ')}
          value={textOf(props.value)}
          placeholder={props.schema.placeholder ?? exampleOf(props.schema)}
          maxLength={props.schema.maxLength}
          spellCheck={false}
          onChange={(event) => props.onChange(event.target.value)}
        />
      );
  }
}

/** Attributes that every plain control shares. */
export function common({ id, disabled, describedBy, problems }: ControlProps) {
  return { id, disabled, 'aria-describedby': describedBy, 'aria-invalid': problems.some((problem) => problem.severity === 'error') };
}

/** A value as the text of a field. */
export function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** The first example of a schema as a placeholder. */
export function exampleOf(schema: ConfigSchema): string | undefined {
  const [first] = schema.examples ?? [];
  return typeof first === 'string' || typeof first === 'number' ? String(first) : undefined;
}

function NumberField(props: ControlProps) {
  const { schema, value, onChange } = props;
  return (
    <input
      {...common(props)}
      type="number"
      className={[styles.input, styles.short].join(' ')}
      value={typeof value === 'number' ? value : ''}
      min={schema.minimum}
      max={schema.maximum}
      step={schema.type === 'integer' ? 1 : 'any'}
      placeholder={schema.placeholder ?? exampleOf(schema)}
      onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.valueAsNumber)}
    />
  );
}

function DurationField(props: ControlProps) {
  const { value, onChange, disabled, id } = props;
  const shown = splitDuration(typeof value === 'number' ? value : 0);
  const [unit, setUnit] = useState<DurationUnit>(shown.unit);
  const amount = typeof value === 'number' ? value / joinDuration(1, unit) : '';
  return (
    <div className={styles.pair}>
      <input
        {...common(props)}
        type="number"
        min={0}
        className={[styles.input, styles.short].join(' ')}
        value={amount}
        onChange={(event) => onChange(event.target.value === '' ? undefined : Math.round(joinDuration(event.target.valueAsNumber, unit)))}
      />
      <select
        className={styles.input}
        aria-labelledby={`${id}-label`}
        disabled={disabled}
        value={unit}
        onChange={(event) => setUnit(durationUnits.find((each) => each === event.target.value) ?? 'ms')}
      >
        {durationUnits.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </div>
  );
}

function ChoiceField(props: ControlProps) {
  const { schema, value, onChange } = props;
  const options = schema.enum ?? [];
  const at = options.indexOf(value);
  return (
    <select
      {...common(props)}
      className={[styles.input, styles.select].join(' ')}
      value={at}
      onChange={(event) => onChange(options[Number(event.target.value)])}
    >
      {at < 0 && <option value={-1}>Choose…</option>}
      {options.map((option, index) => (
        <option key={String(option)} value={index}>
          {schema.enumLabels?.[String(option)] ?? String(option)}
        </option>
      ))}
    </select>
  );
}

function JsonField(props: ControlProps) {
  const { schema, value, onChange } = props;
  const asText = schema.type === 'string';
  const written = asText ? textOf(value) : value === undefined ? '' : JSON.stringify(value, null, 2);
  const [text, setText] = useState(written);
  const [wrong, setWrong] = useState<string>();
  useEffect(() => {
    // Undo and others' changes come from outside; what is being typed and means the same stays as typed.
    setText((typed) => (sameJson(typed, written, asText) ? typed : written));
  }, [written, asText]);
  const type = (next: string) => {
    setText(next);
    if (asText) return onChange(next);
    if (next.trim() === '') {
      setWrong(undefined);
      return onChange(undefined);
    }
    try {
      onChange(JSON.parse(next));
      setWrong(undefined);
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <textarea
        {...common(props)}
        className={[styles.input, styles.area, styles.mono].join(' ')}
        rows={8}
        spellCheck={false}
        value={text}
        placeholder={schema.placeholder}
        onChange={(event) => type(event.target.value)}
      />
      {wrong !== undefined && <p className={styles.error}>Not JSON yet, so it is not kept: {wrong}</p>}
    </>
  );
}

function sameJson(a: string, b: string, asText: boolean): boolean {
  if (asText || a === b) return a === b;
  try {
    return JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
  } catch {
    return b === '';
  }
}

function ExpressionsField(props: ControlProps) {
  const { value, onChange, disabled, path, schema } = props;
  const entries = typeof value === 'object' && value !== null ? Object.entries(value as Record<string, unknown>) : [];
  const write = (next: [string, unknown][]) => onChange(Object.fromEntries(next));
  const free = () => {
    for (let number = entries.length + 1; ; number++) if (!entries.some(([name]) => name === `name-${number}`)) return `name-${number}`;
  };
  return (
    <div className={styles.rows}>
      {entries.map(([name, expression], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the name is what is being typed; the place is what stays.
        <div key={index} className={styles.pairRow} data-field={`${path}.${name}`}>
          <input
            className={[styles.input, styles.mono].join(' ')}
            aria-label={`Name ${index + 1}`}
            disabled={disabled}
            defaultValue={name}
            key={name}
            spellCheck={false}
            onBlur={(event) => {
              const next = event.target.value.trim();
              if (next !== '' && next !== name && !entries.some(([other]) => other === next))
                write(entries.map((entry, at) => (at === index ? [next, entry[1]] : entry)));
              else event.target.value = name;
            }}
          />
          <input
            className={[styles.input, styles.mono].join(' ')}
            aria-label={`Expression for ${name}`}
            disabled={disabled}
            value={textOf(expression)}
            placeholder="expression"
            spellCheck={false}
            onChange={(event) => write(entries.map((entry, at) => (at === index ? [name, event.target.value] : entry)))}
          />
          <IconButton
            label={`Remove ${name}`}
            size="small"
            disabled={disabled}
            onClick={() => write(entries.filter((_, at) => at !== index))}
          >
            <Trash2 size={14} />
          </IconButton>
        </div>
      ))}
      <Button id={props.id} size="small" icon={<Plus size={14} />} disabled={disabled} onClick={() => write([...entries, [free(), '']])}>
        Add {(schema.label ?? 'entry').toLowerCase().replace(/s$/, '')}
      </Button>
    </div>
  );
}

function LinesField(props: ControlProps) {
  const { value, onChange, disabled, path, schema, id } = props;
  const lines = Array.isArray(value) ? value : [];
  const numeric = schema.items?.type === 'number' || schema.items?.type === 'integer';
  return (
    <div className={styles.rows}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place in the list.
        <div key={index} className={styles.lineRow} data-field={`${path}.${index}`}>
          <input
            className={[styles.input, styles.mono].join(' ')}
            aria-label={`${schema.label ?? 'Entry'} ${index + 1}`}
            disabled={disabled}
            type={numeric ? 'number' : 'text'}
            value={textOf(line)}
            spellCheck={false}
            onChange={(event) =>
              onChange(lines.map((each, at) => (at === index ? (numeric ? event.target.valueAsNumber : event.target.value) : each)))
            }
          />
          <IconButton
            label={`Remove entry ${index + 1}`}
            size="small"
            disabled={disabled}
            onClick={() => onChange(lines.filter((_, at) => at !== index))}
          >
            <Trash2 size={14} />
          </IconButton>
        </div>
      ))}
      <Button id={id} size="small" icon={<Plus size={14} />} disabled={disabled} onClick={() => onChange([...lines, numeric ? 0 : ''])}>
        Add
      </Button>
    </div>
  );
}
