import { Braces, X } from 'lucide-react';
import { type KeyboardEvent, useId, useState } from 'react';
import { parsePath } from '#shared/flow-test/path.ts';
import type { Expectation, OutputExpectation } from '#shared/flow-test.ts';
import { kindOf } from '#shared/flow-test.ts';
import { stringifyJson } from '#shared/json.ts';
import type { Problem } from '#shared/problem.ts';
import styles from './test-form.module.css';
import type { Draft } from './test-form.tsx';
import { expectationInWords, kindTitles } from './words.ts';

interface NodeChoice {
  id: string;
  name: string;
  ports: readonly string[];
}

interface EditorProps<T extends Expectation> {
  value: T;
  nodes: readonly NodeChoice[];
  readOnly: boolean;
  onChange: (value: T) => void;
}

/** One expectation: its sentence, what is changed most by hand, and all of it as JSON. */
export function ExpectationEditor({
  draft,
  nodes,
  readOnly,
  problems,
  onChange,
}: {
  draft: Draft;
  nodes: readonly NodeChoice[];
  readOnly: boolean;
  problems: readonly Problem[];
  onChange: (draft: Draft) => void;
}) {
  const { value, text } = draft;
  const label = (node: string) => nodes.find(({ id }) => id === node)?.name ?? node;
  const set = (next: Expectation) => onChange({ key: draft.key, value: next });
  const props = { nodes, readOnly };
  return (
    <div className={styles.editor}>
      <div className={styles.editorHead}>
        <span className={styles.kind}>{kindTitles[kindOf(value)]}</span>
        <span className={styles.words}>{expectationInWords(value, label)}</span>
        <button
          type="button"
          className={styles.json}
          aria-pressed={text !== undefined}
          onClick={() => onChange(text === undefined ? { ...draft, text: stringifyJson(value, 2) ?? '' } : { key: draft.key, value })}
          title={text === undefined ? 'Edit all of it as JSON' : 'Leave the text and what was changed in it'}
        >
          <Braces size={14} aria-hidden="true" />
          {text === undefined ? 'JSON' : 'Form'}
        </button>
      </div>
      {text !== undefined ? (
        <textarea
          className={styles.text}
          aria-label="Expectation as JSON"
          rows={Math.min(16, Math.max(4, text.split('\n').length))}
          value={text}
          readOnly={readOnly}
          spellCheck={false}
          onChange={(event) => onChange({ ...draft, text: event.target.value })}
        />
      ) : 'branch' in value ? (
        <div className={styles.line}>
          <NodeSelect {...props} value={value.node} onChange={(node) => set({ ...value, node })} />
          <label className={styles.field}>
            Branch
            <select value={value.branch} disabled={readOnly} onChange={(event) => set({ ...value, branch: event.target.value })}>
              {branchesOf(nodes, value).map((port) => (
                <option key={port}>{port}</option>
              ))}
            </select>
          </label>
        </div>
      ) : 'deadLetters' in value ? (
        <div className={styles.line}>
          <NumberInput
            label="Number"
            value={value.deadLetters}
            readOnly={readOnly}
            onChange={(deadLetters) => set({ ...value, deadLetters })}
          />
          <NodeSelect {...props} any value={value.node} onChange={(node) => set(withNode(value, node))} />
          <TextInput label="Code" value={value.code ?? ''} readOnly={readOnly} onChange={(code) => set(withText(value, 'code', code))} />
        </div>
      ) : 'filtered' in value ? (
        <div className={styles.line}>
          <NumberInput label="Number" value={value.filtered} readOnly={readOnly} onChange={(filtered) => set({ ...value, filtered })} />
          <NodeSelect {...props} any value={value.node} onChange={(node) => set(withNode(value, node))} />
          <TextInput
            label="Reason"
            value={value.reason ?? ''}
            readOnly={readOnly}
            onChange={(reason) => set(withText(value, 'reason', reason))}
          />
        </div>
      ) : (
        <OutputEditor {...props} value={value} onChange={set} />
      )}
      {problems.map(({ message }) => (
        <p key={message} className={styles.problem} role="alert">
          {message}
        </p>
      ))}
    </div>
  );
}

function OutputEditor({ value, nodes, readOnly, onChange }: EditorProps<OutputExpectation>) {
  const { equals } = value;
  return (
    <>
      <div className={styles.line}>
        <NodeSelect
          nodes={nodes}
          readOnly={readOnly}
          value={value.node}
          onChange={(node) => node !== undefined && onChange({ ...value, node })}
        />
        <NumberInput
          label="Messages"
          value={value.messages ?? equals?.length ?? 0}
          readOnly={readOnly}
          onChange={(messages) => onChange({ ...value, messages })}
        />
        <label className={styles.tick}>
          <input
            type="checkbox"
            checked={value.order === 'any'}
            disabled={readOnly}
            onChange={(event) => {
              const { order: _order, ...rest } = value;
              onChange(event.target.checked ? { ...rest, order: 'any' } : rest);
            }}
          />
          In any order
        </label>
      </div>
      {equals !== undefined && (
        <Ignored
          paths={value.ignore ?? []}
          readOnly={readOnly}
          onChange={(ignore) => {
            const { ignore: _ignore, ...rest } = value;
            onChange(ignore.length > 0 ? { ...rest, ignore } : rest);
          }}
        />
      )}
    </>
  );
}

/** Paths that are not compared, as chips with a field for the next. */
function Ignored({ paths, readOnly, onChange }: { paths: readonly string[]; readOnly: boolean; onChange: (paths: string[]) => void }) {
  const id = useId();
  const [text, setText] = useState('');
  const wrong = text.trim() !== '' && parsePath(text.trim()) === undefined;
  const add = () => {
    const path = text.trim();
    if (path === '' || wrong) return;
    if (!paths.includes(path)) onChange([...paths, path]);
    setText('');
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      add();
    } else if (event.key === 'Backspace' && text === '' && paths.length > 0) onChange(paths.slice(0, -1));
  };
  return (
    <div className={styles.ignored}>
      <label htmlFor={id}>Ignored fields</label>
      <div className={styles.chips}>
        {paths.map((path) => (
          <span key={path} className={styles.chip}>
            <code>{path}</code>
            <button
              type="button"
              aria-label={`Compare ${path} again`}
              disabled={readOnly}
              onClick={() => onChange(paths.filter((one) => one !== path))}
            >
              <X size={12} aria-hidden="true" />
            </button>
          </span>
        ))}
        <input
          id={id}
          value={text}
          disabled={readOnly}
          placeholder={paths.length === 0 ? 'such as meta.createdAt or lines[].id' : 'add a path'}
          aria-invalid={wrong}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={press}
          onBlur={add}
        />
      </div>
      {wrong && <span className={styles.problem}>This is no path; write one such as customer.name or lines[].id.</span>}
    </div>
  );
}

function NodeSelect({
  value,
  nodes,
  readOnly,
  any = false,
  onChange,
}: {
  value: string | undefined;
  nodes: readonly NodeChoice[];
  readOnly: boolean;
  any?: boolean;
  onChange: (node: string) => void;
}) {
  const known = value === undefined || nodes.some(({ id }) => id === value);
  return (
    <label className={styles.field}>
      Node
      <select value={value ?? ''} disabled={readOnly} onChange={(event) => onChange(event.target.value)}>
        {any && <option value="">Any node</option>}
        {!known && <option value={value}>{value} (gone)</option>}
        {nodes.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function NumberInput({
  label,
  value,
  readOnly,
  onChange,
}: {
  label: string;
  value: number;
  readOnly: boolean;
  onChange: (value: number) => void;
}) {
  return (
    <label className={styles.field} data-narrow="">
      {label}
      <input
        type="number"
        min={0}
        step={1}
        value={value}
        disabled={readOnly}
        onChange={(event) => onChange(Math.max(0, Math.trunc(Number(event.target.value) || 0)))}
      />
    </label>
  );
}

function TextInput({
  label,
  value,
  readOnly,
  onChange,
}: {
  label: string;
  value: string;
  readOnly: boolean;
  onChange: (value: string) => void;
}) {
  return (
    <label className={styles.field}>
      {label}
      <input value={value} disabled={readOnly} placeholder="any" onChange={(event) => onChange(event.target.value)} />
    </label>
  );
}

function withNode<T extends { node?: string }>(value: T, node: string): T {
  const { node: _node, ...rest } = value;
  return (node === '' ? rest : { ...rest, node }) as T;
}

function withText<T extends object>(value: T, key: 'code' | 'reason', text: string): T {
  const rest = Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  return (text === '' ? rest : { ...rest, [key]: text }) as T;
}

function branchesOf(nodes: readonly NodeChoice[], { node, branch }: { node: string; branch: string }): string[] {
  const ports = nodes.find(({ id }) => id === node)?.ports ?? [];
  return ports.includes(branch) ? [...ports] : [branch, ...ports];
}
