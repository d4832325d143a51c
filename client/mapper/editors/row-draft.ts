import { useEffect, useMemo, useRef, useState } from 'react';
import { chained } from '#shared/mapping/edit/chain.ts';
import type { Edited } from '#shared/mapping/edit/edit.ts';
import { setItemName } from '#shared/mapping/edit/loop.ts';
import { addVariable } from '#shared/mapping/edit/variable.ts';
import type { Rule } from '#shared/mapping/rule.ts';
import { type TargetPath, targetText } from '#shared/mapping/target.ts';
import type { OpenView } from '#shared/mapping/view.ts';
import { fieldAt, shapeAt } from '#shared/shape/shape.ts';
import { useMapper, useMapperState } from '../context.ts';
import type { MapperState } from '../mapper-store.ts';
import { type Draft, draftOf, draftWith, ruleValue, type Tool, tools, valueFrom } from './draft.ts';
import { draftCode, draftProblem, editOf } from './draft-code.ts';
import type { Editing } from './editing.ts';
import type { FieldChoice } from './fields.ts';

/** A row that is open in its editor. */
export type OpenRow = Extract<NonNullable<MapperState['open']>, { kind: 'row' }>;
type Naming = NonNullable<FieldChoice['naming']>;

/** All that the editor of a row knows and does. */
export function useRowDraft(open: OpenRow, view: OpenView, rule: Rule | undefined) {
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
      if (tool === draft?.tool) return;
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

/** Whether a place is that of a variable. */
export const isVariable = (target: TargetPath): boolean => {
  const last = target.at(-1);
  return typeof last === 'object' && last !== null && 'variable' in last;
};

/** What a row is called. */
export function nameOf(target: TargetPath): string {
  const last = target.at(-1);
  if (typeof last === 'object' && last !== null && 'variable' in last) return last.variable === '' ? 'New variable' : `$${last.variable}`;
  return targetText(target) || 'the result';
}
