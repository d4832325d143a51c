import { isBare, type Node, part } from '../ast.ts';
import { eachOfCall } from './call.ts';
import { bindValue, type Env, type Generator, withContext } from './env.ts';
import { fieldOf, fieldsOf, solid } from './field.ts';
import { filtered } from './filter.ts';
import { groupOf } from './group.ts';
import { variableStart } from './node.ts';
import { sorted } from './sort.ts';
import { type Operand, Uncovered } from './source.ts';
import { collapsed, type Each, loopOver, newList, placed } from './stream.ts';
import { LIST, MADE, may, NOTHING, NUMBER } from './type.ts';

/** What is done with what a path meets. */
export interface Stream {
  /** Whether a list may be an item. */
  lists: boolean;
  /** Called with each value of the last step, before its items are gone through, where it may be a list of the input. */
  last?: ((value: Operand) => void) | undefined;
  /** `env` is what is known there: the item is its context, and what the path binds can be seen. */
  item(item: Operand, env: Env): void;
}

/** Generates the value of a path. */
export function pathValue(g: Generator, node: Node, env: Env, keep: boolean): Operand {
  const steps = covered(node);
  // A constructed list is not opened by outer paths, which cannot be seen of the list any more.
  if (steps.at(-1)?.consarray && !keep) throw new Uncovered('a constructed list');
  const keeps = node.keepSingletonArray === true;
  if ((keeps && !keep) || node.keepArray) throw new Uncovered('keepArray');
  if (node.group !== undefined) {
    if (keeps || steps.some((step) => step.tuple)) throw new Uncovered('a group over tuples');
    return groupOf(g, node.group, env, (each) => stream(g, steps, env, { lists: false, item: (item) => each.item(solid(g, item), '') }));
  }
  const simple = keeps ? undefined : namesFrom(g, steps, env);
  if (simple !== undefined && simple.names.length === 0) return solid(g, simple.start);
  if (simple !== undefined) return fieldsOf(g, simple.start, simple.names, (list, names) => `${listFields(g, names)}(${list})`);
  const { list, data, type } = listOfPath(g, steps, env);
  const value = collapsed(g, list, keeps, type);
  return data === undefined ? value : g.temp(`${data} !== undefined ? ${data} : ${value.code}`, value.type | LIST);
}

/** The items of a path in a list, before that is collapsed; `data` is a list of the input which is the value instead, if any. */
function listOfPath(g: Generator, steps: readonly Node[], env: Env): { list: Operand; data: string | undefined; type: number } {
  const list = newList(g);
  const lasts = countsLast(steps) ? lastList(g) : undefined;
  let type = 0;
  stream(g, steps, env, {
    lists: true,
    last: lasts?.meet,
    item: (item) => {
      type = item.type;
      g.line(`${list.code}.push(${placed(g, item).code});`);
    },
  });
  if (lasts === undefined) return { list, data: undefined, type };
  const data = g.temp(`${lasts.count} === 1 ? ${lasts.list} : undefined`, 0);
  return { list, data: data.code, type };
}

/** The items of a path in a list of its own, for a function that asks whether it is a sequence; undefined for other nodes. */
export function sequenceOfPath(g: Generator, node: Node, env: Env): { list: Operand; data: string | undefined; type: number } | undefined {
  if (node.type !== 'path' || node.keepSingletonArray || node.keepArray || node.group !== undefined) return undefined;
  const steps = covered(node);
  // With one step the value is no sequence but what the step gives.
  return steps.length === 1 || part(steps.at(-1)).consarray ? undefined : listOfPath(g, steps, env);
}

/** Generates a loop over a path's items; undefined where the value has to be made first. */
export function eachOfPath(g: Generator, node: Node, env: Env, how: Each): string | undefined {
  const steps = covered(node);
  const last = part(steps.at(-1));
  if (node.keepSingletonArray || node.keepArray || node.group !== undefined || last.consarray || steps.length === 1) return undefined;
  const count = how.empty !== false && countsLast(steps) ? g.variable(NUMBER, '0') : undefined;
  let maybeList = false;
  stream(g, steps, env, {
    lists: false,
    last:
      count &&
      ((value) => {
        maybeList = may(value.type, LIST);
        if (maybeList) g.line(may(value.type, NOTHING) ? `if (${value.code} !== undefined) ${count.code}++;` : `${count.code}++;`);
      }),
    item: (item) => how.item(item, ''),
  });
  // Without items: one value at the end of the path can only have been an empty list, which is then the value itself.
  return count !== undefined && maybeList ? `${count.code} === 1` : 'false';
}

/** The steps, where generated code can walk them. */
export function covered(node: Node): Node[] {
  const steps = part(node.steps);
  if (node.tuple || steps.length === 0) throw new Uncovered('tuples handed on');
  const [first] = steps;
  if (first?.consarray || first?.type === 'sort') throw new Uncovered('a constructor as first step');
  return steps;
}

/** Whether the value of the last step may be a list of the input, which is then the value of the path as it is. */
function countsLast(steps: readonly Node[]): boolean {
  const last = part(steps.at(-1));
  if (steps.some((step) => step.tuple) || last.stages !== undefined || last.type === 'sort') return false;
  return !last.consarray && !(last.type === 'unary' && last.value === '{');
}

function lastList(g: Generator): { count: string; list: string; meet(value: Operand): void } {
  const count = g.variable(NUMBER, '0').code;
  const list = g.variable(LIST).code;
  return {
    count,
    list,
    meet: (value) => {
      if (!may(value.type, LIST)) g.line(may(value.type, NOTHING) ? `if (${value.code} !== undefined) ${count}++;` : `${count}++;`);
      else g.line(`if (${value.code} !== undefined && ${count}++ === 0 && isArray(${value.code})) ${list} = ${value.code};`);
    },
  };
}

const isPlainName = (step: Node): boolean => step.type === 'name' && !step.tuple && step.stages === undefined && isBare(step);

/** Where the path is nothing but field names from some value. */
export function namesFrom(g: Generator, steps: readonly Node[], env: Env): { start: Operand; names: string[] } | undefined {
  const [first, ...rest] = steps;
  if (first === undefined || !rest.every(isPlainName)) return undefined;
  const names = rest.map((step) => String(step.value));
  if (isPlainName(first)) return { start: env.context, names: [String(first.value), ...names] };
  const bare = first.predicate === undefined && first.stages === undefined && first.group === undefined && !first.tuple;
  if (!bare || (first.type !== 'variable' && first.type !== 'parent')) return undefined;
  if (first.type === 'parent') single(g, env);
  return { start: startOf(g, first, env), names };
}

/** The environment with one item as context; of a list, a path that does not begin with a field would take the items one by one. */
function single(g: Generator, env: Env): Env {
  const { context } = env;
  if (context.pending) return withContext(env, solid(g, context));
  if (!may(context.type, LIST)) return env;
  g.guard(`isArray(${context.code})`);
  return withContext(env, { ...context, type: context.type & ~LIST });
}

function startOf(g: Generator, step: Node, env: Env): Operand {
  return variableStart(g, step.type === 'parent' ? part(step.slot).label : String(step.value), env);
}

/** A function of a list: the value of a path of names from its items. */
function listFields(g: Generator, names: readonly string[]): string {
  return g.hoist(`fields ${JSON.stringify(names)}`, 'list', () => {
    const steps = names.map((name): Node => ({ type: 'name', value: name }));
    const from: Operand = { code: 'list', type: LIST, depth: 0 };
    const found = newList(g);
    const lasts = lastList(g);
    const env: Env = { context: from, root: from, names: undefined, functions: 0 };
    stream(g, steps, env, { lists: true, last: lasts.meet, item: (item) => g.line(`${found.code}.push(${item.code});`) });
    g.line(`if (${lasts.count} === 1 && ${lasts.list} !== undefined) return ${lasts.list};`);
    g.line(`return ${found.code}.length > 1 ? ${found.code} : ${found.code}[0];`);
  });
}

/** Generates loops, one inside the other, that walk the path. */
export function stream(g: Generator, steps: readonly Node[], env: Env, out: Stream): void {
  const sort = steps.findLastIndex((step) => step.type === 'sort');
  if (sort >= 0) {
    sortedStream(g, steps, sort, env, out);
    return;
  }
  const walk: Walk = { steps, tuplesFrom: steps.findIndex((step) => step.tuple), out };
  const [first] = steps;
  if (first?.type === 'variable') step(g, walk, 0, env);
  else if (first?.type !== 'name') step(g, walk, 0, single(g, env));
  else if (!may(env.context.type, LIST)) step(g, walk, 0, env);
  // The items of a list are the context one by one.
  else loopOver(g, env.context, false, (item) => step(g, walk, 0, withContext(env, item)));
}

interface Walk {
  steps: readonly Node[];
  /** The first step from which on tuples are handed on, or -1. */
  tuplesFrom: number;
  out: Stream;
}

function step(g: Generator, walk: Walk, i: number, env: Env): void {
  const node = part(walk.steps[i]);
  const last = i === walk.steps.length - 1;
  const tuples = walk.tuplesFrom >= 0 && i >= walk.tuplesFrom;
  if (!last && !tuples && isBareCall(node)) {
    // What a call makes item by item goes on item by item.
    const made = eachOfCall(g, node, env, {
      lists: false,
      empty: false,
      item: (item) => step(g, walk, i + 1, withContext(env, item)),
    });
    if (made !== undefined) return;
  }
  const value = stepValue(g, node, env);
  const next = (after: Env): void => (last ? walk.out.item(after.context, after) : step(g, walk, i + 1, after));
  if (last && node.stages === undefined && !tuples) walk.out.last?.(value);
  if (node.consarray && !tuples) {
    // What a constructor made counts as one item.
    if (!last || node.stages !== undefined) throw new Uncovered('a constructor inside a path');
    next(withContext(env, value));
    return;
  }
  filtered(g, value, node.stages ?? [], {
    enter: (item, index) => entered(g, node, env, item, index),
    tuples,
    lists: last && walk.out.lists,
    item: (_item, after) => next(after),
  });
}

function isBareCall(node: Node): boolean {
  return node.type === 'function' && node.stages === undefined && isBare(node);
}

function stepValue(g: Generator, node: Node, env: Env): Operand {
  if (node.type === 'name' && isBare(node)) return fieldOf(g, env.context, String(node.value));
  if ((node.type === 'variable' || node.type === 'parent') && isBare(node)) {
    return solid(g, startOf(g, node, env));
  }
  const { stages: _stages, focus: _focus, index: _index, ancestor: _ancestor, tuple: _tuple, keepArray: _keepArray, ...bare } = node;
  return g.value(bare, env);
}

/** The environment after a step: the item is the context, or bound to a variable; with its index and its parent. */
function entered(g: Generator, node: Node, env: Env, item: Operand, index: string): Env {
  let after = node.focus === undefined ? withContext(env, item) : bindValue(env, node.focus, item);
  if (node.index !== undefined) after = bindValue(after, node.index, { code: index, type: NUMBER, depth: g.loops });
  if (node.ancestor !== undefined) after = bindValue(after, node.ancestor.label, env.context);
  return after;
}

function sortedStream(g: Generator, steps: readonly Node[], sort: number, env: Env, out: Stream): void {
  const node = part(steps[sort]);
  if (steps.some((step) => step.tuple)) throw new Uncovered('sorted tuples');
  const list = newList(g);
  let made = 0;
  let given = false;
  stream(g, steps.slice(0, sort), env, {
    lists: false,
    item: (item) => {
      made = item.type & MADE;
      given = item.given === true;
      g.line(`${list.code}.push(${placed(g, item).code});`);
    },
  });
  sorted(g, list, part(node.terms), env);
  const rest = steps.slice(sort + 1);
  filtered(g, { ...list, type: LIST | made, given }, node.stages ?? [], {
    enter: (item) => withContext(env, item),
    tuples: false,
    lists: false,
    item: (_item, after) => (rest.length === 0 ? out.item(after.context, after) : stream(g, rest, after, out)),
  });
}
