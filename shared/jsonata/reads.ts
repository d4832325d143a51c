import { type Node, nodesOf, part, type Stage } from './ast.ts';
import { builtinOf, builtins } from './builtins/table.ts';
import { parseParams } from './signature.ts';

/** Places of the input, each a list of field names written as JSON; the input itself is `[]`. */
type Places = ReadonlySet<string>;

interface Analysis {
  /** What is read whole. */
  reads: Set<string>;
  /** What is gone through item by item: how many items there are is read even if nothing in them is. */
  counted: Set<string>;
  /** What each variable or parent link may stand for; names are not told apart by scope, which only adds places. */
  variables: Map<string, Set<string>>;
  /** Whether a function of this name that is not built in may look at the context. */
  looks(name: string): boolean;
  /** Values of object constructors that only go on to the output, with the places they may come from. */
  copies: ReadonlyMap<Node, Set<string>>;
  /** Lambdas by the one name they are bound to and called by; what they answer stands under {@link answerOf} it. */
  lambdas: ReadonlyMap<string, Node>;
}

const none: Places = new Set();

/**
 * The paths of the input that an expression may read, worked out from its tree; never too few. A path stands for
 * all below it, and goes through arrays without naming them.
 * @param outside whether a function from outside takes the context for a missing argument
 */
export function readsOf(ast: Node, outside: (name: string) => boolean = () => true): string[][] | 'everything' {
  return readsBeside(ast, new Map(), outside);
}

/**
 * As {@link readsOf}, but what the given nodes name is not read: they are values of object constructors that are
 * copied to the output and looked at by nobody. Their places are added to the map.
 */
export function readsBeside(
  ast: Node,
  copies: ReadonlyMap<Node, Set<string>>,
  outside: (name: string) => boolean = () => true,
): string[][] | 'everything' {
  const nodes = [...nodesOf(ast)];
  if (nodes.some((node) => node.type === 'variable' && node.value === 'eval')) return 'everything';
  const bound = new Set(nodes.flatMap((node) => (node.type === 'bind' ? [(node.lhs as Node).value] : [])));
  for (const node of nodes) if (node.type === 'lambda') for (const param of part(node.arguments)) bound.add(param.value);
  const contextual = handsOnContext(nodes);
  const looks = (name: string): boolean => (bound.has(name) ? contextual : outside(name));
  const lambdas = namedLambdas(nodes);
  const analysis: Analysis = { reads: new Set(), counted: new Set(), variables: new Map(), looks, copies, lambdas };
  // A variable may be used in a function before it is bound, so go round until nothing is added.
  for (let round = 0; round < 10; round++) {
    const before = sizeOf(analysis);
    use(analysis, placesOf(ast, new Set(['[]']), analysis));
    if (sizeOf(analysis) === before) return shortest(analysis);
  }
  return 'everything';
}

/** The lambdas that are called by a name of their own and are never handed on as values, except to be called for each item. */
function namedLambdas(nodes: Node[]): Map<string, Node> {
  const bindings = nodes.filter((node) => node.type === 'bind');
  const called = new Set<Node | undefined>();
  const taken = new Map<unknown, number>();
  const take = (name: unknown): void => void taken.set(name, (taken.get(name) ?? 0) + 1);
  for (const node of nodes) {
    if (node.type === 'function') {
      called.add(node.procedure);
      if (node.procedure?.type === 'variable' && iterators.has(String(node.procedure.value))) called.add(node.arguments?.[1]);
    }
    if (node.type === 'lambda') for (const param of part(node.arguments)) take(param.value);
    if (node.type === 'bind') take((node.lhs as Node).value);
    if (node.focus !== undefined) take(node.focus);
    if (node.index !== undefined) take(node.index);
  }
  const targets = new Set<unknown>(bindings.map((node) => node.lhs));
  const params = new Set<unknown>(nodes.flatMap((node) => (node.type === 'lambda' ? part(node.arguments) : [])));
  const elsewhere = new Set(
    nodes
      .filter((node) => node.type === 'variable' && !called.has(node) && !targets.has(node) && !params.has(node))
      .map(({ value }) => value),
  );
  const found = new Map<string, Node>();
  for (const { lhs, rhs } of bindings) {
    const name = String((lhs as Node).value);
    const lambda =
      rhs?.type === 'lambda' && !rhs.thunk && rhs.signature === undefined && rhs.predicate === undefined && rhs.group === undefined;
    if (lambda && rhs && taken.get(name) === 1 && !elsewhere.has(name) && !builtins.has(name)) found.set(name, rhs);
  }
  return found;
}

/** Under which name the places stand that a named lambda may answer; no variable can have it. */
const answerOf = (name: string): string => `${name}()`;

/** Whether a variable may hold a function that takes the context: a lambda that says so, or a built-in by another name. */
function handsOnContext(nodes: Node[]): boolean {
  const called = new Set(nodes.map((node) => node.procedure));
  return nodes.some((node) => {
    if (node.type === 'lambda') return node.signature?.definition.includes('-') ?? false;
    return node.type === 'variable' && takers.has(String(node.value)) && !called.has(node);
  });
}

function sizeOf({ reads, counted, variables, copies }: Analysis): number {
  let size = reads.size + counted.size;
  for (const places of copies.values()) size += places.size;
  for (const places of variables.values()) size += places.size + 1;
  return size;
}

function shortest({ reads, counted, copies }: Analysis): string[][] | 'everything' {
  const copied = [...copies.values()].flatMap((places) => [...places]);
  // A list whose items are counted is delivered with any field of them.
  const below = (place: string): boolean => [...reads, ...copied].some((other) => other !== place && other.startsWith(place.slice(0, -1)));
  for (const place of counted) if (!reads.has(place) && !below(place)) reads.add(place);
  if (reads.has('[]')) return 'everything';
  const paths = [...reads].map((place) => JSON.parse(place) as string[]);
  const covered = (path: string[]): boolean => path.some((_, length) => length > 0 && reads.has(JSON.stringify(path.slice(0, length))));
  return paths.filter((path) => !covered(path));
}

function use({ reads }: Analysis, places: Places): Places {
  for (const place of places) reads.add(place);
  return none;
}

const union = (...sets: Places[]): Places => new Set(sets.flatMap((set) => [...set]));

function bind({ variables }: Analysis, name: string, places: Places): void {
  const known = variables.get(name) ?? new Set();
  for (const place of places) known.add(place);
  variables.set(name, known);
}

/** The places below these under a name. */
function below(places: Places, name: string): Places {
  return new Set([...places].map((place) => JSON.stringify([...(JSON.parse(place) as string[]), name])));
}

/** Notes that the items of these places are gone through; the input itself is one item. */
function count({ counted }: Analysis, places: Places): void {
  for (const place of places) if (place !== '[]') counted.add(place);
}

function placesOf(node: Node, context: Places, analysis: Analysis): Places {
  let places = bareOf(node, context, analysis);
  for (const filter of node.predicate ?? []) use(analysis, placesOf(filter.expr, places, analysis));
  if (node.type !== 'path' && node.group !== undefined) places = pairs(node.group.lhs, places, analysis);
  return places;
}

function bareOf(node: Node, context: Places, analysis: Analysis): Places {
  const whole = (inner: Node | undefined): Places => (inner === undefined ? none : use(analysis, placesOf(inner, context, analysis)));
  switch (node.type) {
    case 'path':
      return pathOf(node, context, analysis);
    case 'name':
      return below(context, String(node.value));
    case 'wildcard':
    case 'descendant':
      use(analysis, context);
      return context;
    case 'parent':
      return analysis.variables.get(part(node.slot).label) ?? none;
    case 'variable':
      if (node.value === '') return context;
      if (node.value === '$') return union(new Set(['[]']), analysis.variables.get('$') ?? none);
      return analysis.variables.get(String(node.value)) ?? none;
    case 'bind': {
      const name = String((node.lhs as Node).value);
      const lambda = analysis.lambdas.get(name);
      if (lambda !== undefined && lambda === node.rhs) {
        bind(analysis, answerOf(name), placesOf(part(lambda.body), context, analysis));
        return none;
      }
      const value = placesOf(part(node.rhs), context, analysis);
      bind(analysis, String((node.lhs as Node).value), value);
      return value;
    }
    case 'block': {
      let value: Places = none;
      for (const inner of part(node.expressions)) value = placesOf(inner, context, analysis);
      return value;
    }
    case 'condition':
      whole(node.condition);
      return union(placesOf(part(node.then), context, analysis), node.else === undefined ? none : placesOf(node.else, context, analysis));
    case 'unary':
      if (node.value === '{') return pairs(node.lhs as [Node, Node][], context, analysis);
      if (node.value === '[') return union(...part(node.expressions).map((item) => placesOf(item, context, analysis)));
      return whole(node.expression);
    case 'binary':
      whole(node.lhs as Node);
      return whole(node.rhs);
    case 'lambda':
      return whole(node.body);
    case 'function':
    case 'partial':
      return callOf(node, [], context, analysis);
    case 'apply': {
      const right = part(node.rhs);
      const left = placesOf(node.lhs as Node, context, analysis);
      if (right.type === 'function') return callOf(right, [left], context, analysis);
      use(analysis, left);
      return whole(right);
    }
    case 'transform':
      // It works on a copy of its argument, which was read whole.
      for (const inner of [node.pattern, node.update, node.delete]) if (inner) use(analysis, placesOf(inner, none, analysis));
      return none;
    default:
      return none;
  }
}

function pairs(list: [Node, Node][], context: Places, analysis: Analysis): Places {
  for (const [key, value] of list) {
    use(analysis, placesOf(key, context, analysis));
    const places = placesOf(value, context, analysis);
    const copied = analysis.copies.get(value);
    if (copied === undefined) use(analysis, places);
    else for (const place of places) copied.add(place);
  }
  return none;
}

function pathOf(node: Node, context: Places, analysis: Analysis): Places {
  let places = context;
  for (const step of part(node.steps)) {
    const from = places;
    if (step.type === 'sort') for (const term of part(step.terms)) use(analysis, placesOf(term.expression, places, analysis));
    else places = placesOf(step, from, analysis);
    if (step.type !== 'sort' && step.type !== 'name') count(analysis, from);
    if (step.ancestor !== undefined) bind(analysis, step.ancestor.label, from);
    if (step.focus !== undefined) bind(analysis, step.focus, places);
    for (const stage of step.stages ?? []) filterOf(stage, places, analysis);
    if (step.focus !== undefined) {
      count(analysis, places);
      places = from;
    }
  }
  if (node.group === undefined) return places;
  count(analysis, places);
  return pairs(node.group.lhs, places, analysis);
}

function filterOf(stage: Stage, places: Places, analysis: Analysis): void {
  if (stage.type === 'filter') use(analysis, placesOf(stage.expr, places, analysis));
}

/** Functions that call another for each item of a list. */
const iterators = new Set(['map', 'filter', 'single', 'reduce', 'sort']);

function callOf(node: Node, given: Places[], context: Places, analysis: Analysis): Places {
  const procedure = part(node.procedure);
  const name = procedure.type === 'variable' ? String(procedure.value) : '';
  const args = part(node.arguments).filter((arg) => arg.type !== 'operator');
  const callee = args[1 - given.length];
  if (iterators.has(name) && callee?.type === 'lambda' && !analysis.variables.has(name)) {
    const list = given[0] ?? placesOf(args[0] as Node, context, analysis);
    const more = args.slice(2 - given.length).map((arg) => placesOf(arg, context, analysis));
    return iterationOf(name, callee, list, more[0], () => placesOf(part(callee.body), context, analysis), analysis);
  }
  const named = procedure.type === 'variable' ? analysis.lambdas.get(name) : undefined;
  if (named !== undefined && node.type === 'function') {
    const params = part(named.arguments).map((param) => String(param.value));
    const values = [...given, ...args.map((arg) => placesOf(arg, context, analysis))];
    for (const [i, places] of values.entries()) {
      const param = params[i];
      if (param === undefined) use(analysis, places);
      else bind(analysis, param, places);
    }
    return analysis.variables.get(answerOf(name)) ?? none;
  }
  const handed = callee?.type === 'variable' ? analysis.lambdas.get(String(callee.value)) : undefined;
  if (iterators.has(name) && handed !== undefined && !analysis.variables.has(name) && node.type === 'function') {
    const list = given[0] ?? placesOf(args[0] as Node, context, analysis);
    const more = args.slice(2 - given.length).map((arg) => placesOf(arg, context, analysis));
    const answer = (): Places => analysis.variables.get(answerOf(String(callee?.value))) ?? none;
    return iterationOf(name, handed, list, more[0], answer, analysis);
  }
  if ((name === 'count' || name === 'exists') && node.type === 'function' && !analysis.variables.has(name)) {
    // Only how many there are, or whether there is any.
    for (const places of [...given, ...args.map((arg) => placesOf(arg, context, analysis))]) {
      count(analysis, places);
      if (places.has('[]')) use(analysis, places);
    }
    return none;
  }
  for (const places of given) use(analysis, places);
  for (const arg of args) use(analysis, placesOf(arg, context, analysis));
  use(analysis, placesOf(procedure, context, analysis));
  const supplied = args.length + given.length;
  if (!builtins.has(name) || analysis.variables.has(name)) {
    if (name === '' || analysis.looks(name)) use(analysis, context);
  } else if (takers.has(name)) {
    if (supplied < (takers.get(name) as number) || node.type === 'partial') use(analysis, context);
    // The context may still stand in by its type, unless there is an argument for every parameter. An input that is
    // not an object is always read whole.
    else if (supplied < parseParams(builtinOf(name).signature).length)
      for (const place of context) if (place !== '[]') analysis.reads.add(place);
  }
  return none;
}

function iterationOf(
  name: string,
  callee: Node,
  list: Places,
  start: Places | undefined,
  answer: () => Places,
  analysis: Analysis,
): Places {
  count(analysis, list);
  const params = part(callee.arguments).map((param) => String(param.value));
  const [first, second, third, fourth] = params;
  if (first !== undefined) bind(analysis, first, name === 'reduce' ? (start ?? list) : list);
  if (second !== undefined) bind(analysis, second, name === 'reduce' || name === 'sort' ? list : none);
  if (third !== undefined) bind(analysis, third, name === 'reduce' ? none : list);
  if (fourth !== undefined) bind(analysis, fourth, list);
  const body = answer();
  if (name === 'map') return body;
  if (name === 'reduce') {
    if (first !== undefined) bind(analysis, first, body);
    return union(body, start ?? list);
  }
  use(analysis, body);
  return list;
}

/** Built-ins that take the context for a missing argument, with the number of arguments that leaves none missing. */
const takers = new Map<string, number>(
  Object.entries({
    ...{ string: 1, substring: 2, substringBefore: 2, substringAfter: 2, lowercase: 1, uppercase: 1, length: 1, trim: 1, pad: 2, match: 2 },
    ...{
      contains: 2,
      replace: 3,
      split: 2,
      formatNumber: 2,
      formatBase: 1,
      formatInteger: 2,
      parseInteger: 2,
      number: 1,
      floor: 1,
      ceil: 1,
    },
    ...{ round: 1, abs: 1, sqrt: 1, power: 2, boolean: 1, not: 1, sift: 2, keys: 1, lookup: 2, spread: 1, each: 2, base64encode: 1 },
    ...{ base64decode: 1, encodeUrlComponent: 1, encodeUrl: 1, decodeUrlComponent: 1, decodeUrl: 1, toMillis: 1, fromMillis: 1, clone: 1 },
  }),
);
