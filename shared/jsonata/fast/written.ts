import { type Node, part } from '../ast.ts';
import { writtenAs } from './copies.ts';
import { type Env, type Generator, withContext } from './env.ts';
import { fieldsOf } from './field.ts';
import { isOddKey, literalKey } from './key.ts';
import { block, each, joined, value } from './node.ts';
import { covered, namesFrom, stream } from './path.ts';
import { type Operand, quoted, Uncovered } from './source.ts';
import { newList, placed } from './stream.ts';
import { truth } from './truth.ts';
import { BOOLEAN, FUNCTION, LIST, may, NOTHING, NULL, NUMBER, only, TEXT } from './type.ts';

/**
 * Generates the JSON text of a node's value, where that goes to the output and nowhere else; nothing has none.
 * What is a text, a list or an object is written as it is met, and never built.
 * @throws Uncovered
 */
export function written(g: Generator, node: Node, env: Env): Operand {
  if (g.copied.has(node)) return copied(g, node, env);
  switch (writtenAs(node)) {
    case 'object':
      return writtenObject(g, node, env);
    case 'list':
      return writtenList(g, node, env);
    case 'items':
      return writtenItems(g, node, env);
    case 'block':
      return block(g, node, env, (last, inner) => written(g, last, inner));
    case 'condition': {
      const met = truth(g, part(node.condition), env);
      const one = g.capture(() => written(g, part(node.then), env));
      const other = g.capture(() => (node.else === undefined ? g.literal('undefined', NOTHING) : written(g, node.else, env)));
      return joined(g, met, one, other);
    }
    default:
      return asJson(g, placed(g, value(g, node, env, true)));
  }
}

/** The JSON text of a value. */
function asJson(g: Generator, { code, type, depth }: Operand): Operand {
  const maybe = may(type, NOTHING);
  if (only(type, NOTHING)) return g.literal('undefined', NOTHING);
  // A literal of the expression is written when it is compiled.
  if (only(type, TEXT) && code.startsWith('"')) return g.literal(quoted(JSON.stringify(JSON.parse(code))), TEXT);
  const text = { type: TEXT | (maybe ? NOTHING : 0), depth };
  const orNothing = (made: string): string => (maybe ? `(${code} === undefined ? undefined : ${made})` : made);
  if (only(type, TEXT | NOTHING)) return { ...text, code: g.temp(orNothing(`quote(${code})`), TEXT).code };
  if (only(type, NUMBER | NOTHING)) return { ...text, code: g.temp(orNothing(`'' + ${code}`), TEXT).code };
  if (only(type, BOOLEAN | NOTHING)) return { ...text, code: g.temp(orNothing(`(${code} ? 'true' : 'false')`), TEXT).code };
  if (only(type, NULL)) return g.literal("'null'", TEXT);
  return { ...g.temp(`writeJson(${code})`, TEXT | NOTHING), depth };
}

/** The JSON text of an item of a list, where what JSON has no word for is null. */
function asItem(g: Generator, item: Operand): Operand {
  const text = asJson(g, item);
  if (!may(item.type, FUNCTION)) return text;
  return g.temp(`${text.code} ?? (${item.code} === undefined ? undefined : 'null')`, TEXT | NOTHING);
}

/** A field that looked copied, and is not: its value is not a part of the input. */
export class NotGiven extends Error {
  override readonly name = 'NotGiven';
  readonly node: Node;
  constructor(node: Node) {
    super('not a part of the input');
    this.node = node;
  }
}

/** A field that arrives as JSON text. */
function copied(g: Generator, node: Node, env: Env): Operand {
  const simple = namesFrom(g, covered(node), env);
  if (simple === undefined) throw new Uncovered('a copied field');
  if (simple.names.length === 0) throw new Uncovered('a copied item');
  // By its name it may be a field of the input, but here it is one of something made.
  if (!simple.start.given) throw new NotGiven(node);
  const found = fieldsOf(g, simple.start, simple.names, (list, names) => `${listTexts(g, names)}(${list})`);
  return placed(g, { ...found, type: TEXT | NOTHING });
}

/** A function of a list: the JSON text of a path of names from its items, whose values are JSON text. */
function listTexts(g: Generator, names: readonly string[]): string {
  return g.hoist(`texts ${JSON.stringify(names)}`, 'list', () => {
    const steps = names.map((name): Node => ({ type: 'name', value: name }));
    const from: Operand = { code: 'list', type: LIST, depth: 0 };
    const found = newList(g);
    const env: Env = { context: from, root: from, names: undefined, functions: 0 };
    stream(g, steps, env, {
      lists: true,
      item: (item) => {
        // The items of a list at the end of the path would have to be taken out of it.
        g.guard(`${item.code}.charCodeAt(0) === 91`);
        g.line(`${found.code}.push(${item.code});`);
      },
    });
    g.line(`return ${found.code}.length > 1 ? '[' + ${found.code}.join(',') + ']' : ${found.code}[0];`);
  });
}

function writtenObject(g: Generator, node: Node, env: Env): Operand {
  if (may(env.context.type, LIST)) g.guard(`isArray(${env.context.code})`);
  const inner = withContext(env, { ...env.context, type: env.context.type & ~LIST });
  const pairs = node.lhs as [Node, Node][];
  const keys = pairs.map(([key]) => String(literalKey(key)));
  // An object puts names that are whole numbers first, which are better left to it.
  if (new Set(keys).size < keys.length || keys.some((key) => isOddKey(key) || /^\d+$/.test(key))) throw new Uncovered('odd keys');
  const fields = pairs.map(([, pair], i) => ({ name: `${JSON.stringify(keys[i])}:`, text: written(g, pair, inner) }));
  const maybe = fields.filter(({ text }) => may(text.type, NOTHING));
  const all = joinedCode(fields.flatMap(({ name, text }, i) => [quoted(`${i === 0 ? '{' : ','}${name}`), text.code]));
  const whole = fields.length === 0 ? "'{}'" : `${all} + '}'`;
  if (maybe.length === 0) return g.temp(whole, TEXT);
  const result = g.variable(TEXT);
  g.block(`if (${maybe.map(({ text }) => `${text.code} !== undefined`).join(' && ')})`, () => g.line(`${result.code} = ${whole};`));
  g.block('else', () => {
    g.line(`${result.code} = '';`);
    for (const { name, text } of fields) {
      const add = `${result.code} += ${quoted(`,${name}`)} + ${text.code};`;
      g.line(may(text.type, NOTHING) ? `if (${text.code} !== undefined) ${add}` : add);
    }
    g.line(`${result.code} = '{' + ${result.code}.slice(1) + '}';`);
  });
  return result;
}

/** Literals that stand beside each other become one. */
function joinedCode(codes: readonly string[]): string {
  const parts: string[] = [];
  for (const code of codes) {
    const before = parts.at(-1);
    if (before?.startsWith('"') && code.startsWith('"')) parts[parts.length - 1] = before.slice(0, -1) + code.slice(1);
    else parts.push(code);
  }
  return parts.join(' + ');
}

/** Items one after the other, with commas between; `count` is how many. */
interface Items {
  text: string;
  count: string;
}

function newItems(g: Generator): Items {
  return { text: g.variable(TEXT, "''").code, count: g.variable(NUMBER, '0').code };
}

function addItem(g: Generator, items: Items, text: Operand): void {
  const add = `${items.text} += ${items.count}++ === 0 ? ${text.code} : ',' + ${text.code};`;
  g.line(may(text.type, NOTHING) ? `if (${text.code} !== undefined) ${add}` : add);
}

function writtenList(g: Generator, node: Node, env: Env): Operand {
  const items = newItems(g);
  for (const item of part(node.expressions)) {
    const kind = writtenAs(item);
    if (kind === 'items' && !item.keepSingletonArray) eachItem(g, item, env, items);
    else if (kind === 'object' || kind === 'list') addItem(g, items, written(g, item, env));
    else if (item.value === '[' && item.type === 'unary') addItem(g, items, asItem(g, value(g, item, env)));
    else if (mayCopy(g, item)) throw new Uncovered('a copied field in a list');
    else each(g, item, env, { lists: true, empty: false, item: (one) => addItem(g, items, asItem(g, placed(g, one))) });
  }
  return g.temp(`'[' + ${items.text} + ']'`, TEXT);
}

/** Whether a field is copied somewhere in a node; then it cannot be worked out as a value. */
function mayCopy(g: Generator, node: Node): boolean {
  const kind = writtenAs(node);
  if (g.copied.size === 0 || kind === 'value' || kind === 'names') return g.copied.has(node);
  return true;
}

/** The objects that a path makes, written one after the other. */
function eachItem(g: Generator, node: Node, env: Env, items: Items): void {
  const steps = covered(node);
  const last = part(steps.at(-1));
  stream(g, steps.slice(0, -1), env, {
    lists: false,
    item: (_item, inner) => addItem(g, items, writtenObject(g, last, inner)),
  });
}

function writtenItems(g: Generator, node: Node, env: Env): Operand {
  const items = newItems(g);
  eachItem(g, node, env, items);
  const { text, count } = items;
  if (node.keepSingletonArray) return g.temp(`${count} === 0 ? undefined : '[' + ${text} + ']'`, TEXT | NOTHING);
  return g.temp(`${count} === 0 ? undefined : ${count} === 1 ? ${text} : '[' + ${text} + ']'`, TEXT | NOTHING);
}
