import type { Expression, LambdaNode, PairNode } from '../jsonata/syntax/tree.ts';
import { withoutKeep } from '../jsonata/syntax/tree.ts';
import { argumentsOf } from './project/bare.ts';
import { passOn, takesContext } from './reach-functions.ts';

/** A place of the message: field names from its root, through lists without naming them. */
export type SourcePath = readonly string[];

/** Where a value may come from. */
export interface Reach {
  /** The places whose values it is made of. */
  paths: readonly SourcePath[];
  /** The places that were read to make it. */
  from: readonly SourcePath[];
  /** The fields of an object that the mapping makes. */
  fields?: ReadonlyMap<string, Reach>;
  lambdas?: readonly Closure[];
}

interface Closure {
  node: LambdaNode;
  names: Names;
  context: Reach;
}

/** The variables of a block or a call. */
interface Names {
  own: Map<string, Reach>;
  up?: Names;
}

interface Walk {
  reaches: Map<Expression, Reach>;
  wanted: ReadonlySet<Expression>;
  root: Reach;
  /** Lambdas met and lambdas called: one that nobody calls is gone through once, with nothing for its parameters. */
  met: Map<LambdaNode, Closure>;
  called: Set<LambdaNode>;
  active: Set<LambdaNode>;
  /** Calls of own functions left, so that helpers that call helpers end. */
  calls: number;
}

const nothing: Reach = { paths: [], from: [] };

/** All places that a value brings with it: its own, those read for it, and those of its fields. */
export function placesOf(reach: Reach): readonly SourcePath[] {
  if (reach.fields === undefined) return reach.from.length === 0 ? reach.paths : [...reach.paths, ...reach.from];
  return [...reach.paths, ...reach.from, ...[...reach.fields.values()].flatMap(placesOf)];
}

/**
 * For each of the wanted nodes of a mapping where its value may come from; a step of a path stands for the path up to it.
 * Follows variables, own functions, loops, joins and what cannot be drawn. Never throws.
 */
export function reachesOf(root: Expression, wanted: ReadonlySet<Expression>): ReadonlyMap<Expression, Reach> {
  const message: Reach = { paths: [[]], from: [] };
  const walk: Walk = { reaches: new Map(), wanted, root: message, met: new Map(), called: new Set(), active: new Set(), calls: 2000 };
  reach(walk, root, message, { own: new Map() });
  for (const [node, closure] of walk.met) if (!walk.called.has(node)) invoke(walk, closure, []);
  return walk.reaches;
}

function reach(walk: Walk, node: Expression, context: Reach, names: Names): Reach {
  const found = reachOf(walk, node, context, names);
  if (walk.wanted.has(node)) note(walk, node, found);
  return found;
}

function note({ reaches }: Walk, node: Expression, found: Reach): void {
  const known = reaches.get(node);
  reaches.set(node, known === undefined ? found : union([known, found]));
}

function reachOf(walk: Walk, node: Expression, context: Reach, names: Names): Reach {
  const of = (inner: Expression, at: Reach = context) => reach(walk, inner, at, names);
  switch (node.kind) {
    case 'name':
      return below(context, node.value);
    case 'wildcard':
    case 'descendant':
      // Whatever stands below: no path names it.
      return { paths: [], from: [...context.from, ...context.paths] };
    case 'parent':
      return { paths: context.paths.map((path) => path.slice(0, -1)), from: context.from };
    case 'variable':
      if (node.name === '') return context;
      return node.name === '$' ? walk.root : (lookUp(names, node.name) ?? nothing);
    case 'path':
      return pathReach(walk, node.steps, context, names);
    case 'filter': {
      const items = of(node.target);
      return { ...items, from: [...items.from, ...placesOf(of(node.condition, items))] };
    }
    case 'keep':
      return of(node.target);
    case 'sort': {
      const items = of(node.target);
      return { ...items, from: [...items.from, ...node.terms.flatMap((term) => placesOf(of(term.expression, items)))] };
    }
    case 'focus': {
      const items = of(node.target);
      names.own.set(node.variable.name, items);
      return { ...context, from: [...context.from, ...items.from, ...items.paths] };
    }
    case 'index':
      names.own.set(node.variable.name, nothing);
      return of(node.target);
    case 'group': {
      const items = of(node.target);
      const made = pairsReach(walk, node.pairs, items, names);
      return { ...made, from: [...made.from, ...items.from, ...items.paths] };
    }
    case 'object':
      return pairsReach(walk, node.pairs, context, names);
    case 'array':
      return union(node.items.map((item) => (item.kind === 'range' ? used([of(item.from), of(item.to)]) : of(item))));
    case 'minus':
      return used([of(node.operand)]);
    case 'binary':
      return used([of(node.left), of(node.right)]);
    case 'condition': {
      const test = placesOf(of(node.condition));
      const value = union([of(node.then), ...(node.otherwise ? [of(node.otherwise)] : [])]);
      return { ...value, from: [...test, ...value.from] };
    }
    case 'default':
    case 'coalesce':
      return union([of(node.left), of(node.right)]);
    case 'bind': {
      const value = of(node.value);
      const variable = withoutKeep(node.variable);
      if (variable.kind === 'variable') names.own.set(variable.name, value);
      return value;
    }
    case 'block': {
      const inner: Names = { own: new Map(), up: names };
      return node.expressions.reduce((_, one) => reach(walk, one, context, inner), nothing);
    }
    case 'lambda': {
      const closure = { node, names, context };
      walk.met.set(node, closure);
      return { ...nothing, lambdas: [closure] };
    }
    case 'call':
    case 'apply':
      return callReach(walk, node, context, names);
    case 'partial':
      return used(node.arguments.map((one) => (one.kind === 'placeholder' ? nothing : of(one))));
    case 'transform': {
      const at = of(node.pattern);
      return used([of(node.update, at), ...(node.removal ? [of(node.removal, at)] : [])]);
    }
    default:
      return nothing;
  }
}

function pathReach(walk: Walk, steps: readonly Expression[], context: Reach, names: Names): Reach {
  let at = context;
  for (const step of steps) {
    // What was read to choose the items belongs to the path, not to what is done for each of them.
    const items = bareItems(at);
    const made = step.kind === 'string' ? below(items, step.value) : overItems(items, reach(walk, step, items, names), step);
    at = at.from.length === 0 ? made : { ...made, from: [...at.from, ...made.from] };
    if (walk.wanted.has(step)) walk.reaches.set(step, at);
  }
  return at;
}

const bareItems = (list: Reach): Reach => (list.from.length === 0 ? list : { ...list, from: [] });

/** What is done for each item reads the items, unless it reads something of them anyway. */
function overItems(items: Reach, made: Reach, step: Expression): Reach {
  const names = step.kind === 'name' || step.kind === 'variable' || step.kind === 'parent';
  if (names || items.paths.length === 0 || items.paths.some((path) => path.length === 0)) return made;
  const all = placesOf(made);
  const missing = items.paths.filter((path) => !all.some((one) => path.every((name, i) => one[i] === name)));
  return missing.length === 0 ? made : { ...made, from: [...made.from, ...missing] };
}

function below(context: Reach, name: string): Reach {
  const field = context.fields?.get(name);
  const paths = context.paths.map((path) => [...path, name]);
  const here: Reach = { paths, from: context.from };
  return field === undefined ? here : union([here, field]);
}

function pairsReach(walk: Walk, pairs: readonly PairNode[], context: Reach, names: Names): Reach {
  const fields = new Map<string, Reach>();
  const from: SourcePath[] = [];
  for (const { key, value } of pairs) {
    if (key.kind !== 'string') from.push(...placesOf(reach(walk, key, context, names)));
    const name = key.kind === 'string' ? key.value : '';
    const made = reach(walk, value, context, names);
    const known = fields.get(name);
    fields.set(name, known === undefined ? made : union([known, made]));
  }
  return { paths: [], from, fields };
}

function callReach(walk: Walk, node: Extract<Expression, { kind: 'call' | 'apply' }>, context: Reach, names: Names): Reach {
  const of = (inner: Expression) => reach(walk, inner, context, names);
  const given = argumentsOf(node);
  if (given === undefined) {
    const left = of((node as Extract<Expression, { kind: 'apply' }>).left);
    const right = (node as Extract<Expression, { kind: 'apply' }>).right;
    // A change in place works on what comes in.
    if (right.kind === 'transform') return union([left, used([reach(walk, right, left, names)])]);
    const callee = of(right);
    return callee.lambdas === undefined ? used([left, callee]) : union(callee.lambdas.map((one) => invoke(walk, one, [left])));
  }
  const callee = node.kind === 'apply' ? (node.right as Extract<Expression, { kind: 'call' }>).callee : node.callee;
  const values = given.map(of);
  const known = callee.kind === 'variable' ? lookUp(names, callee.name) : of(callee);
  if (known?.lambdas !== undefined) return union(known.lambdas.map((one) => calledWith(walk, one, values, context)));
  if (known !== undefined || callee.kind !== 'variable') return used(values);
  return builtIn(walk, callee.name, values, given, context);
}

function builtIn(walk: Walk, name: string, values: readonly Reach[], given: readonly Expression[], context: Reach): Reach {
  const [list = nothing, second = nothing, third] = values;
  const item = bareItems(list);
  const each = (...handed: Reach[]) => union((second.lambdas ?? []).map((one) => invoke(walk, one, handed)));
  switch (name) {
    case 'map':
    case 'each':
      if (second.lambdas === undefined) break;
      return name === 'map' ? each(item, nothing, item) : each(items(item), nothing, item);
    case 'filter':
    case 'single':
    case 'sift':
      return { ...list, from: [...list.from, ...placesOf(each(item, nothing, item))] };
    case 'sort':
      return { ...list, from: [...list.from, ...placesOf(each(item, item))] };
    case 'reduce': {
      const start = third ?? list;
      return union([start, used([each(union([start, list]), list, nothing, list), list])]);
    }
    case 'lookup': {
      const key = given[1];
      if (key?.kind === 'string') return below(list, key.value);
      return { ...nothing, from: values.flatMap(placesOf) };
    }
  }
  if (passOn.has(name)) return union(values);
  return used(takesContext(name, values.length) ? [...values, context] : values);
}

/** The values of an object's fields. */
function items(object: Reach): Reach {
  return object.fields === undefined ? object : union([{ paths: object.paths, from: object.from }, ...object.fields.values()]);
}

function invoke(walk: Walk, { node, names, context }: Closure, handed: readonly Reach[]): Reach {
  walk.called.add(node);
  if (walk.active.has(node) || walk.calls-- <= 0) return used([...handed]);
  walk.active.add(node);
  const own = new Map<string, Reach>();
  node.parameters.forEach((parameter, i) => {
    if (parameter.kind === 'variable') own.set(parameter.name, handed[i] ?? nothing);
  });
  const made = reach(walk, node.body, context, { own, up: names });
  walk.active.delete(node);
  return made;
}

/** A function whose signature says so takes the value at hand for an argument that is missing. */
function calledWith(walk: Walk, closure: Closure, handed: readonly Reach[], context: Reach): Reach {
  const made = invoke(walk, closure, handed);
  return closure.node.signature?.definition.includes('-') ? union([made, used([context])]) : made;
}

function lookUp(names: Names | undefined, name: string): Reach | undefined {
  for (let at = names; at !== undefined; at = at.up) {
    const found = at.own.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A value made of others: it stands at no place, and all of theirs were read. */
const used = (values: readonly Reach[]): Reach => ({ paths: [], from: values.flatMap(placesOf) });

function union(values: readonly Reach[]): Reach {
  const [first] = values;
  if (first === undefined) return nothing;
  if (values.length === 1) return first;
  const fields = new Map<string, Reach>();
  for (const value of values) {
    for (const [name, made] of value.fields ?? []) {
      const known = fields.get(name);
      fields.set(name, known === undefined ? made : union([known, made]));
    }
  }
  const lambdas = values.flatMap((value) => value.lambdas ?? []);
  return {
    paths: distinct(values.flatMap((value) => value.paths)),
    from: distinct(values.flatMap((value) => value.from)),
    ...(fields.size > 0 ? { fields } : {}),
    ...(lambdas.length > 0 ? { lambdas: [...new Set(lambdas)] } : {}),
  };
}

/** Whether two paths are the same place. */
export function samePath(a: SourcePath, b: SourcePath): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Each path once, in the order of their first appearance. */
function distinct(paths: readonly SourcePath[]): readonly SourcePath[] {
  if (paths.length < 2) return paths;
  if (paths.length < 6) return paths.filter((path, i) => paths.findIndex((other) => samePath(other, path)) === i);
  return [...new Map(paths.map((path) => [path.join('\u0000'), path])).values()];
}
