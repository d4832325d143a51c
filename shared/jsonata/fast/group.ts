import type { Group, Node } from '../ast.ts';
import { type Env, type Generator, withContext } from './env.ts';
import { isOddKey, literalKey } from './key.ts';
import { type Operand, quoted, Uncovered } from './source.ts';
import { type Each, placed } from './stream.ts';
import { DATA, LIST, MADE, may, NOTHING, OBJECT, only, TEXT } from './type.ts';

/** Generates `{ key: value, … }` for one context item. */
export function objectValue(g: Generator, pairs: readonly [Node, Node][], env: Env): Operand {
  // Over a list the constructor would group its items.
  if (may(env.context.type, LIST)) g.guard(`isArray(${env.context.code})`);
  const inner = withContext(env, { ...env.context, type: env.context.type & ~LIST });
  const literals = pairs.map(([key]) => literalKey(key));
  const known = literals.filter((key) => key !== undefined);
  if (known.some(isOddKey) || new Set(known).size < known.length) throw new Uncovered('odd keys');
  if (known.length < pairs.length) return computedKeys(g, pairs, inner);
  // A table of all smaller numbers would come with such a name.
  if (known.some((key) => /^\d/.test(key))) throw new Uncovered('whole-number names');
  const fields = pairs.map(([, value], i) => ({ key: String(literals[i]), value: placed(g, g.value(value, inner, true)) }));
  const maybe = fields.filter(({ value }) => may(value.type, NOTHING));
  const literal = `{ ${fields.map(({ key, value }) => `${quoted(key)}: ${value.code}`).join(', ')} }`;
  const type = OBJECT | MADE;
  if (maybe.length === 0) return g.temp(literal, type);
  // A literal of all fields is made much faster than an object that grows.
  const result = g.variable(type);
  g.block(`if (${maybe.map(({ value }) => `${value.code} !== undefined`).join(' && ')})`, () => g.line(`${result.code} = ${literal};`));
  g.block('else', () => {
    g.line(`${result.code} = {};`);
    for (const { key, value } of fields) {
      const set = `${result.code}[${quoted(key)}] = ${value.code};`;
      g.line(may(value.type, NOTHING) ? `if (${value.code} !== undefined) ${set}` : set);
    }
  });
  return result;
}

/** All keys are worked out before the values, and must differ. */
function computedKeys(g: Generator, pairs: readonly [Node, Node][], env: Env): Operand {
  const keys = pairs.map(([key]) => {
    const made = g.value(key, env);
    if (!only(made.type, TEXT)) g.guard(`${made.code} !== undefined && typeof ${made.code} !== 'string'`);
    if (literalKey(key) === undefined) {
      const long = may(made.type, NOTHING) ? `${made.code}?.length > 1000` : `${made.code}.length > 1000`;
      g.guard(`isOddKey(${made.code}) || ${long}`);
    }
    return made;
  });
  if (keys.length > 6) throw new Uncovered('many computed keys');
  for (const [i, key] of keys.entries()) {
    for (const other of keys.slice(i + 1)) g.guard(`${key.code} === ${other.code} && ${key.code} !== undefined`);
  }
  const result = g.temp('{}', OBJECT | MADE);
  for (const [i, pair] of pairs.entries()) {
    const key = keys[i] as Operand;
    const set = (): void => {
      const made = placed(g, g.value(pair[1], env, true));
      g.line(`${may(made.type, NOTHING) ? `if (${made.code} !== undefined) ` : ''}setComputed(${result.code}, ${key.code}, ${made.code});`);
    };
    if (may(key.type, NOTHING)) g.block(`if (${key.code} !== undefined)`, set);
    else set();
  }
  return result;
}

/** Generates `items{ key: value }` with one pair: the value sees the item of its key, or the list of them. */
export function groupOf(g: Generator, group: Group, env: Env, loop: (how: Each) => void): Operand {
  const [pair, more] = group.lhs;
  if (pair === undefined || more !== undefined) throw new Uncovered('a group by several pairs');
  const [keyNode, valueNode] = pair;
  // From nothing at all an object is made too, if its key can be.
  if (keyNode.type !== 'path' || keyNode.steps?.[0]?.type !== 'name') throw new Uncovered('a group by something else');
  const groups = g.temp('{ keys: [], items: [], index: undefined }', 0);
  let made = 0;
  loop({
    lists: false,
    item: (item) => {
      made = item.type & MADE;
      const key = g.value(keyNode, withContext(env, item));
      g.block(`if (${key.code} !== undefined)`, () => {
        // Long keys of one length would all have the same place in a table.
        g.guard(`typeof ${key.code} !== 'string' || ${key.code}.length > 1000 || isOddKey(${key.code})`);
        const at = g.temp(`groupAt(${groups.code}, ${key.code})`, 0);
        const one = placed(g, item).code;
        const before = `${groups.code}.items[${at.code}]`;
        g.line(`if (${at.code} < 0) addGroup(${groups.code}, ${key.code}, ${one});`);
        g.line(`else if (isArray(${before})) ${before}.push(${one});`);
        g.line(`else ${before} = [${before}, ${one}];`);
      });
    },
  });
  const result = g.temp('{}', OBJECT | MADE);
  const index = g.name();
  g.loop(`for (let ${index} = 0; ${index} < ${groups.code}.keys.length; ${index}++)`, () => {
    const key = g.temp(`${groups.code}.keys[${index}]`, TEXT).code;
    const grouped = g.temp(`${groups.code}.items[${index}]`, (DATA & ~NOTHING) | made);
    const value = placed(g, g.value(valueNode, withContext(env, grouped), true));
    g.line(`${may(value.type, NOTHING) ? `if (${value.code} !== undefined) ` : ''}setComputed(${result.code}, ${key}, ${value.code});`);
  });
  return result;
}
