import { X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { chained } from '#shared/mapping/edit/chain.ts';
import type { Edited } from '#shared/mapping/edit/edit.ts';
import { setItemName } from '#shared/mapping/edit/loop.ts';
import { clearRule } from '#shared/mapping/edit/rule.ts';
import { addVariable } from '#shared/mapping/edit/variable.ts';
import { unwrap } from '#shared/mapping/edit/wrap.ts';
import type { Rule } from '#shared/mapping/rule.ts';
import { type TargetPath, targetText } from '#shared/mapping/target.ts';
import type { OpenView } from '#shared/mapping/view.ts';
import { fieldAt, shapeAt } from '#shared/shape/shape.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { useMapper, useMapperState } from '../context.ts';
import type { MapperState } from '../mapper-store.ts';
import { type Draft, draftOf, draftWith, ruleValue, type Tool, tools, valueFrom, wordsFor } from './draft.ts';
import { draftCode, draftProblem, editOf } from './draft-code.ts';
import { type Editing, EditingContext, useResult } from './editing.ts';
import editors from './editors.module.css';
import { type FieldChoice, typeWords } from './fields.ts';
import { NameRow } from './name-row.tsx';
import { beside, type Placement } from './placement.ts';
import { ResultLine } from './result-line.tsx';
import styles from './row-form.module.css';
import { ToolBar } from './tool-bar.tsx';
import { ToolBody } from './tool-body.tsx';

type OpenRow = Extract<NonNullable<MapperState['open']>, { kind: 'row' }>;
type Naming = NonNullable<FieldChoice['naming']>;

const size = { width: 640, height: 460 };

/** The popover in which one row is built. Nothing is written before it is taken over. */
export function RowForm({ open, anchor, view, rule }: { open: OpenRow; anchor: HTMLElement; view: OpenView; rule: Rule | undefined }) {
  const mapper = useMapper();
  const form = useForm(open, view, rule);
  const { draft, setDraft, editing, check, refusal, accept } = form;
  const place = useRef<HTMLDivElement>(null);
  const opener = useRef<Element | null>(null);
  const [placement, setPlacement] = useState<Placement>();

  useLayoutEffect(() => {
    const move = (): void =>
      setPlacement(beside(anchor.getBoundingClientRect(), { width: window.innerWidth, height: window.innerHeight }, size));
    move();
    window.addEventListener('scroll', move, true);
    window.addEventListener('resize', move);
    return () => {
      window.removeEventListener('scroll', move, true);
      window.removeEventListener('resize', move);
    };
  }, [anchor]);
  const placed = placement !== undefined;
  useEffect(() => {
    if (!placed) return;
    opener.current ??= document.activeElement;
    const inside = place.current;
    if (inside?.contains(document.activeElement)) return;
    (
      inside?.querySelector<HTMLElement>('[data-autofocus]') ??
      inside?.querySelector<HTMLElement>('[data-body] :is(input, select, button, [contenteditable])') ??
      inside
    )?.focus({ preventScroll: true });
  }, [placed]);

  const back = (): void => {
    mapper.set({ open: undefined });
    const to =
      opener.current instanceof HTMLElement && opener.current.isConnected && opener.current !== document.body ? opener.current : anchor;
    to.focus({ preventScroll: true });
  };
  const take = (): void => {
    if (accept()) back();
  };
  const press = (event: KeyboardEvent): void => {
    const mod = event.ctrlKey || event.metaKey;
    // Keys of the grid around must not act on what is typed here; undo and the like of the page may.
    if (!mod && event.key !== 'F6') event.stopPropagation();
    if (event.defaultPrevented) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      form.drop();
      back();
    } else if (event.key === 'Enter' && (mod || takesEnter(event.target))) {
      event.preventDefault();
      event.stopPropagation();
      take();
    } else if (event.key === 'Tab') keepInside(event, place.current);
  };
  const name = nameOf(open.target);
  const { wanted } = form;
  return (
    <EditingContext value={editing}>
      <div
        ref={place}
        role="dialog"
        aria-label={`Rule of ${name}`}
        className={styles.form}
        style={placed ? placement : { visibility: 'hidden' }}
        tabIndex={-1}
        onKeyDown={press}
        data-row-editor
      >
        <header className={styles.head}>
          <span className={styles.title}>{name}</span>
          {wanted !== undefined && <span className={styles.type}>{typeWords(wanted.shape)}</span>}
          {wanted?.required && <span className={styles.required}>required</span>}
          <IconButton
            label="Close without changes"
            size="small"
            onClick={() => {
              form.drop();
              back();
            }}
          >
            <X size={16} />
          </IconButton>
        </header>
        {open.as === 'rename' ? (
          <div className={styles.body} data-body>
            <NameRow target={open.target} rule={rule} view={view} onDone={back} alone />
          </div>
        ) : (
          <>
            <ToolBar tool={draft?.tool} kinds={editing.kinds} onChoose={form.choose} rule={rule} />
            <div className={styles.body} data-body>
              {form.isNew ? (
                <label className={editors.value}>
                  <span className={editors.label}>Name of the variable</span>
                  <input
                    className={editors.input}
                    data-autofocus
                    value={form.newName}
                    spellCheck={false}
                    placeholder="Such as vat"
                    onChange={(event) => form.setNewName(event.target.value.replace(/^\$/, ''))}
                  />
                </label>
              ) : (
                isVariable(open.target) && <NameRow target={open.target} rule={rule} view={view} />
              )}
              {draft === undefined ? (
                <p className={editors.help}>
                  {rule === undefined
                    ? 'Choose what fills this field.'
                    : `This row is an ${wordsFor(rule)}: each of them is a row of its own. Choose above to make something else of it.`}
                </p>
              ) : (
                <ToolBody key={draft.tool} draft={draft} onChange={setDraft} check={check} rule={rule} />
              )}
            </div>
            <footer className={styles.foot}>
              <Footer draft={draft} broken={form.broken} />
              {refusal !== undefined && (
                <span className={styles.refusal} role="alert">
                  {refusal}
                </span>
              )}
              <div className={styles.actions}>
                {rule !== undefined && ['default', 'choice', 'table', 'function'].includes(rule.kind) && (
                  <Button
                    look="quiet"
                    size="small"
                    onClick={() => form.run(unwrap(view, rule.id), 'take a layer off', `${name}: only the value is left.`) && back()}
                  >
                    Keep only the value
                  </Button>
                )}
                {rule !== undefined && (
                  <Button
                    look="quiet"
                    size="small"
                    onClick={() => form.run(clearRule(view, rule.id), `clear ${name}`, `${name} is cleared.`) && back()}
                  >
                    Clear the row
                  </Button>
                )}
                <span className={styles.space} />
                <Button
                  size="small"
                  onClick={() => {
                    form.drop();
                    back();
                  }}
                >
                  Cancel
                </Button>
                <Button size="small" look="filled" onClick={take} disabled={draft === undefined}>
                  Apply
                </Button>
              </div>
            </footer>
          </>
        )}
      </div>
    </EditingContext>
  );
}

function Footer({ draft, broken }: { draft: Draft | undefined; broken: string | undefined }) {
  const problem = draft === undefined ? 'nothing chosen yet' : draftProblem(draft);
  const code =
    draft === undefined || problem !== undefined
      ? undefined
      : draft.tool === 'loop'
        ? `$count(${draftCode(draft)
            .replace(/\.\{ \}\]?$/, '')
            .replace(/^\[/, '')})`
        : draftCode(draft);
  const result = useResult(code);
  const counted =
    draft?.tool === 'loop' && result?.kind === 'value'
      ? { ...result, json: `${result.json} ${result.json === '1' ? 'item' : 'items'}` }
      : result;
  return <ResultLine result={counted} waiting={broken ?? problem} />;
}

/** All that the form knows and does. */
function useForm(open: OpenRow, view: OpenView, rule: Rule | undefined) {
  const mapper = useMapper();
  const source = useMapperState((state) => state.source.shape);
  const target = useMapperState((state) => state.target.shape);
  const broken = useMapperState((state) =>
    state.view.ok || state.text.trim() === ''
      ? undefined
      : `Line ${state.view.problem.line}: ${state.view.problem.message} Mend the code first.`,
  );
  const [namings, setNamings] = useState<Naming[]>([]);
  const [changed, setChanged] = useState<Draft>();
  const [check, setCheck] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const [newName, setNewName] = useState('');
  const done = useRef(false);

  const base = useMemo(() => {
    const named = chained(
      view,
      namings.map(
        ({ loop, name }) =>
          (now: OpenView) =>
            setItemName(now, loop, name),
      ),
    );
    return named.ok ? named.view : view;
  }, [view, namings]);
  const wanted = useMemo(() => {
    const path = open.target
      .filter((step) => typeof step !== 'object' || step === null)
      .map((step) => (typeof step === 'number' ? null : step));
    const shape = path.length === open.target.length ? shapeAt(target, path) : undefined;
    return shape && { shape, required: fieldAt(target, path)?.required ?? false };
  }, [target, open.target]);
  const kinds = wanted?.shape.kinds ?? noKinds;
  const first = useMemo(() => firstDraft(rule, view.text, open.as, kinds), [rule, view, open.as, kinds]);
  const draft = changed ?? first;
  const editing: Editing = useMemo(
    () => ({
      view: base,
      target: open.target,
      rule: rule?.id,
      source,
      wanted: target,
      kinds,
      name: (naming) => setNamings((all) => (all.some((one) => one.loop === naming.loop) ? all : [...all, naming])),
    }),
    [base, open.target, rule?.id, source, target, kinds],
  );
  const isNew = isVariable(open.target) && rule === undefined;

  const run = (edit: Edited, label: string, say: string): boolean => {
    if (broken !== undefined) setRefusal(broken);
    else if (!edit.ok) setRefusal(edit.refusal.message);
    else {
      done.current = true;
      if (edit.text !== mapper.getState().text && !mapper.apply(edit, label, say)) {
        done.current = false;
        setRefusal(mapper.editor.getState().said.text);
        return false;
      }
      return true;
    }
    return false;
  };
  const accept = (): boolean => {
    if (draft === undefined) return true;
    setCheck(true);
    const problem = draftProblem(draft);
    if (problem !== undefined) {
      setRefusal(problem);
      return false;
    }
    if (isNew) return run(addVariable(base, newName, draftCode(draft)), `add $${newName}`, `Variable $${newName} is added.`);
    const name = nameOf(open.target);
    return run(
      editOf(base, { target: open.target, rule: rule?.id }, draft),
      `change ${name}`,
      `${name}: ${tools[draft.tool].label.toLowerCase()} taken over.`,
    );
  };
  useTakenOverOnLeave(() => {
    const left = mapper.getState().open;
    if (done.current || changed === undefined || draftProblem(changed) !== undefined || left?.kind !== 'row' || isNew) return;
    accept();
  });
  return {
    draft,
    editing,
    wanted,
    check,
    refusal,
    broken,
    isNew,
    newName,
    setNewName,
    accept,
    run,
    drop: () => {
      done.current = true;
    },
    setDraft: (next: Draft) => {
      setChanged(next);
      setRefusal(undefined);
    },
    choose: (tool: Tool) => {
      setCheck(false);
      setRefusal(undefined);
      // The row's own tool opens the row as it stands, as long as nothing else was built.
      const own = rule && draftOf(rule, view.text);
      if (own?.tool === tool && (draft === undefined || changed === undefined || draft.tool !== tool))
        setChanged(changed === undefined || draft === undefined ? own : taken(draft, own, tool, kinds));
      else setChanged(taken(draft, rule === undefined ? undefined : ruleValue(rule, view.text), tool, kinds));
    },
  };
}

const noKinds: Editing['kinds'] = [];

/** A draft of another tool that takes up what was built; `own` is what the row is, for when nothing usable was built. */
function taken(
  draft: Draft | undefined,
  own: Draft | ReturnType<typeof ruleValue> | undefined,
  tool: Tool,
  kinds: Editing['kinds'],
): Draft {
  if (draft !== undefined && draft.tool !== 'loop' && draftProblem(draft) === undefined) {
    if (own !== undefined && 'tool' in own && draftCode(own) === draftCode(draft)) return own;
    return draftWith(tool, valueFrom(draftCode(draft)), kinds);
  }
  if (own !== undefined && 'tool' in own) return own;
  return draftWith(tool, own, kinds);
}

function firstDraft(rule: Rule | undefined, text: string, as: OpenRow['as'], kinds: Editing['kinds']): Draft | undefined {
  const own = rule && draftOf(rule, text);
  if (as !== undefined && as !== 'rename') {
    const tool: Tool = as;
    if (own?.tool === tool) return own;
    if (tool === 'code' && rule !== undefined) return { tool, code: text.slice(rule.span.start, rule.span.end) };
    return draftWith(tool, rule && ruleValue(rule, text), kinds);
  }
  if (rule !== undefined) return own;
  return draftWith('field', undefined, kinds);
}

/** Runs when the form goes away. */
function useTakenOverOnLeave(leave: () => void): void {
  const latest = useRef(leave);
  useEffect(() => {
    latest.current = leave;
  });
  useEffect(() => () => latest.current(), []);
}

const isVariable = (target: TargetPath): boolean => {
  const last = target.at(-1);
  return typeof last === 'object' && last !== null && 'variable' in last;
};

function nameOf(target: TargetPath): string {
  const last = target.at(-1);
  if (typeof last === 'object' && last !== null && 'variable' in last) return last.variable === '' ? 'New variable' : `$${last.variable}`;
  return targetText(target) || 'the result';
}

/** Whether Enter in an element takes the whole form over: not on buttons and lists, and not where it makes a line. */
function takesEnter(target: EventTarget): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== 'file' && target.type !== 'button';
  if (target instanceof HTMLSelectElement) return false;
  return target.isContentEditable && target.closest('[data-lines]') === null;
}

/** Tab goes round inside the form: what is behind it on the page is far away. */
function keepInside(event: KeyboardEvent, form: HTMLElement | null): void {
  const all = [
    ...(form?.querySelectorAll<HTMLElement>(
      'button:not(:disabled), input:not(:disabled):not([hidden]), select, textarea, [contenteditable="true"]',
    ) ?? []),
  ].filter((one) => one.tabIndex >= 0 && one.offsetParent !== null);
  const [first, last] = [all[0], all.at(-1)];
  if (first === undefined || last === undefined) return;
  const at = document.activeElement;
  if (event.shiftKey ? at === first || at === form : at === last) {
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }
}
