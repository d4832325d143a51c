import type { Expression, Span } from '../../jsonata/syntax/tree.ts';
import { withoutKeep } from '../../jsonata/syntax/tree.ts';
import type { Chip, Stage } from '../chip.ts';
import type { LoopRule } from '../rule.ts';
import type { TargetPath } from '../target.ts';
import { argumentsOf, bare, calledName, parametersOf } from './bare.ts';
import { chipOf } from './chip.ts';
import { begin, type Projecting, stepInto } from './context.ts';
import { chipOfSteps } from './path.ts';

/** The parts of a loop in any of its forms, as nodes. */
interface Parts {
  form: LoopRule['form'];
  listSpan: Span;
  list: Chip;
  /** The node at the end of the list, which carries its filters and sorts. */
  last: Expression;
  body: Expression;
  names: { itemName?: string; indexName?: string };
}

/** The loop that a node is, with or without `[…]` around it; nothing for all else. */
export function loopOf(on: Projecting, outer: Expression, node: Expression, target: TargetPath): LoopRule | undefined {
  const wrapped = node.kind === 'array' && node.items.length === 1 ? node.items[0] : undefined;
  const inner = wrapped === undefined || wrapped.kind === 'range' ? node : bare(wrapped);
  const parts = partsOf(inner);
  if (parts === undefined) return undefined;
  const { form, list, listSpan, names } = parts;
  const stages = lastStages(list);
  const rule = begin(on, 'loop', target, outer, node);
  const where = stages.filter((stage) => stage.kind === 'where');
  const sort = stages.flatMap((stage) => (stage.kind === 'sort' ? stage.terms : []));
  const listCore = { start: listSpan.start, end: coreEnd(parts.last) };
  const loop = { ...rule, form, list, listSpan, listCore, where, sort, ...names, array: inner !== node };
  const array = inner !== node;
  const inside = !array && on.flat === target ? target : stepInto(on, target, null);
  const around = on.flat;
  on.flat = form === 'dot' ? inside : undefined;
  const body = on.rule(parts.body, inside);
  on.flat = around;
  return { ...loop, body };
}

function partsOf(node: Expression): Parts | undefined {
  const path = withoutKeep(node);
  if (path.kind === 'path') return dotted(path.steps);
  const name = calledName(node);
  if (name !== 'map' && name !== 'each') return undefined;
  const [list, callee, ...more] = argumentsOf(node) ?? [];
  if (list === undefined || callee?.kind !== 'lambda' || more.length > 0) return undefined;
  const [itemName, indexName] = parametersOf(callee);
  const names = { ...(itemName ? { itemName } : {}), ...(indexName ? { indexName } : {}) };
  return { form: name, list: chipOf(list), listSpan: { start: list.start, end: list.end }, last: list, body: callee.body, names };
}

function dotted(steps: readonly Expression[]): Parts | undefined {
  const [first, last, end] = [steps[0], steps.at(-2), steps.at(-1)];
  if (first === undefined || last === undefined || end === undefined) return undefined;
  const body = withoutKeep(end);
  if (!buildsObjects(body)) return undefined;
  const list = chipOfSteps(steps.slice(0, -1), chipOf);
  const named = itemNameIn(body);
  const stages = lastStages(list);
  const itemName = named ?? stages.find((stage) => stage.kind === 'name')?.variable;
  const indexName = stages.find((stage) => stage.kind === 'number')?.variable;
  const names = { ...(itemName === undefined ? {} : { itemName }), ...(indexName === undefined ? {} : { indexName }) };
  return { form: 'dot', list, listSpan: { start: first.start, end: last.end }, last, body, names };
}

/** Whether a node makes rows: an object, or one behind variables, conditions or a merge. */
function buildsObjects(outer: Expression): boolean {
  const node = bare(outer);
  switch (node.kind) {
    case 'object':
      return true;
    case 'block':
      return node.expressions.length > 0 && buildsObjects(node.expressions.at(-1) as Expression);
    case 'condition':
      return buildsObjects(node.then) || (node.otherwise !== undefined && buildsObjects(node.otherwise));
    case 'call':
    case 'apply':
      return calledName(node) === 'merge';
    case 'path':
      return buildsObjects(withoutKeep(node.steps.at(-1) as Expression));
    case 'array':
      return node.items.some((item) => item.kind !== 'range' && buildsObjects(item));
    default:
      return false;
  }
}

/** `$item := $` at the beginning of a body names the item. */
function itemNameIn(outer: Expression): string | undefined {
  const node = bare(outer);
  const [first] = node.kind === 'block' ? node.expressions : [];
  if (first?.kind !== 'bind' || first.variable.kind !== 'variable') return undefined;
  return first.value.kind === 'variable' && first.value.name === '' ? first.variable.name : undefined;
}

/** What happens to the values at the end of a list. */
export function lastStages(list: Chip): Stage[] {
  if (list.kind !== 'path') return [];
  return list.steps.at(-1)?.stages ?? list.stages;
}

/** Where a list ends without the filters, sorts and names behind it. */
function coreEnd(last: Expression): number {
  switch (last.kind) {
    case 'path':
      return coreEnd(last.steps.at(-1) as Expression);
    case 'filter':
    case 'keep':
    case 'sort':
    case 'focus':
    case 'index':
      return coreEnd(last.target);
    default:
      return last.end;
  }
}
