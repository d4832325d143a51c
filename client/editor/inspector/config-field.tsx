import { Shuffle } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useId, useState } from 'react';
import type { FlowNode } from '#shared/flow.ts';
import { type ConfigSchema, effectiveConfig, type NodeTypeInfo } from '#shared/node-type.ts';
import type { Problem } from '#shared/problem.ts';
import { Button } from '../../ui/button.tsx';
import { Skeleton } from '../../ui/states.tsx';
import { useEditor } from '../context.ts';
import styles from './config-field.module.css';
import { type ControlProps, common, exampleOf, textOf } from './control.ts';
import { controlOf, type DurationUnit, durationUnits, type FormField, isShown, joinDuration, splitDuration } from './form.ts';
import { ItemsField } from './items-field.tsx';
import { JsonField } from './json-field.tsx';
import { ExpressionsField, LinesField } from './list-fields.tsx';
import { SecretField } from './secret-field.tsx';
import { TopicField } from './topic-field.tsx';

// The code editor is the largest part of the studio; it comes only where an expression is edited.
const ExpressionField = lazy(() => import('./expression-field.tsx'));

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
  const config = type ? effectiveConfig(type, node.config) : node.config;
  return (
    <SchemaField
      node={node}
      field={field}
      path={field.name}
      value={config[field.name]}
      siblings={config}
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
  // The keyboard goes to the first control inside the field, which is the code.
  return (
    <>
      {node.type === 'map' && path === 'expression' && <OpenMapper node={node.id} />}
      <div className={styles.field} data-field={path}>
        <Label id={id} plain={compound.has(control)}>
          {label}
          {!field.required && schema.default === undefined && <span className={styles.optional}>optional</span>}
        </Label>
        {control === 'items' ? <ItemsField {...props} idProperty={idProperty} /> : <ControlOf control={control} props={props} />}
        <Note id={id} schema={schema} problems={own} />
      </div>
    </>
  );
}

/** The way from a mapping's code to its rows. */
function OpenMapper({ node }: { node: string }) {
  const editor = useEditor();
  return (
    <Button
      look="filled"
      className={styles.mapper}
      icon={<Shuffle size={16} aria-hidden="true" />}
      onClick={() => editor.set({ mapping: { node, field: 'expression' } })}
    >
      Open the mapper
    </Button>
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

/** Text of a number field while it is being typed: an emptied field must not jump back to the default under the fingers. */
function useTyped(): { typed: string | undefined; type: (text: string) => void; done: () => void } {
  const [typed, setTyped] = useState<string>();
  return { typed, type: setTyped, done: () => setTyped(undefined) };
}

function NumberField(props: ControlProps) {
  const { schema, value, onChange } = props;
  const { typed, type, done } = useTyped();
  return (
    <input
      {...common(props)}
      type="number"
      className={[styles.input, styles.short].join(' ')}
      value={typed ?? (typeof value === 'number' ? value : '')}
      min={schema.minimum}
      max={schema.maximum}
      step={schema.type === 'integer' ? 1 : 'any'}
      placeholder={schema.placeholder ?? exampleOf(schema)}
      onBlur={done}
      onChange={(event) => {
        type(event.target.value);
        onChange(event.target.value === '' ? undefined : event.target.valueAsNumber);
      }}
    />
  );
}

function DurationField(props: ControlProps) {
  const { value, onChange, disabled, id } = props;
  const [unit, setUnit] = useState<DurationUnit>(splitDuration(typeof value === 'number' ? value : 0).unit);
  const { typed, type, done } = useTyped();
  const amount = typeof value === 'number' ? value / joinDuration(1, unit) : '';
  return (
    <div className={styles.pair}>
      <input
        {...common(props)}
        type="number"
        min={0}
        step="any"
        className={[styles.input, styles.short].join(' ')}
        value={typed ?? amount}
        onBlur={done}
        onChange={(event) => {
          type(event.target.value);
          onChange(event.target.value === '' ? undefined : Math.round(joinDuration(event.target.valueAsNumber, unit)));
        }}
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
