import type { Node } from '../ast.ts';
import type { Call } from './call.ts';
import type { Generator } from './env.ts';
import type { CallGenerator } from './higher-order.ts';
import { each } from './node.ts';
import { guardFinite } from './operator.ts';
import { sequenceOfPath } from './path.ts';
import type { Operand } from './source.ts';
import { collapsed } from './stream.ts';
import { LIST, MADE, may, NOTHING, NUMBER, only, TEXT } from './type.ts';

/** A loop over the items of the first argument; afterwards `none` tells whether the argument was nothing. */
function over(g: Generator, call: Call, item: (item: Operand) => void): string {
  const any = g.variable(0, 'false');
  const empty = each(g, call.args[0] as Node, call.env, {
    lists: true,
    item: (one) => {
      g.line(`${any.code} = true;`);
      item(one);
    },
  });
  return `!${any.code} && !(${empty})`;
}

/** A loop over the items of the first argument, where no items are as good as no argument. */
function items(g: Generator, call: Call, item: (item: Operand) => void): void {
  each(g, call.args[0] as Node, call.env, { lists: true, empty: false, item });
}

function numbersOnly(g: Generator, item: Operand): void {
  if (!only(item.type, NUMBER)) g.guard(`typeof ${item.code} !== 'number'`);
}

function sum(g: Generator, call: Call): Operand | undefined {
  if (call.args.length !== 1 || call.keep) return undefined;
  const total = g.variable(NUMBER, '0');
  const none = over(g, call, (item) => {
    numbersOnly(g, item);
    g.line(`${total.code} += ${item.code};`);
  });
  guardFinite(g, total);
  return g.temp(`${none} ? undefined : ${total.code}`, NUMBER | NOTHING);
}

function average(g: Generator, call: Call): Operand | undefined {
  if (call.args.length !== 1 || call.keep) return undefined;
  const total = g.variable(NUMBER, '0');
  const count = g.variable(NUMBER, '0');
  items(g, call, (item) => {
    numbersOnly(g, item);
    g.line(`${total.code} += ${item.code}; ${count.code}++;`);
  });
  guardFinite(g, total);
  return g.temp(`${count.code} === 0 ? undefined : ${total.code} / ${count.code}`, NUMBER | NOTHING);
}

function extreme(word: 'max' | 'min'): CallGenerator {
  return (g, call) => {
    if (call.args.length !== 1 || call.keep) return undefined;
    const best = g.variable(NUMBER, word === 'max' ? '-Infinity' : 'Infinity');
    items(g, call, (item) => {
      numbersOnly(g, item);
      g.line(`${best.code} = Math.${word}(${best.code}, ${item.code});`);
    });
    // Of no items there is none; an infinite one, and what is no number, is for the exact back end.
    g.guard(`${best.code} !== ${best.code} || ${best.code} === ${word === 'max' ? 'Infinity' : '-Infinity'}`);
    return g.temp(`${best.code} === ${word === 'max' ? '-Infinity' : 'Infinity'} ? undefined : ${best.code}`, NUMBER | NOTHING);
  };
}

const isNames = (node: Node | undefined): boolean =>
  node?.type === 'variable' ||
  (node?.type === 'path' &&
    node.group === undefined &&
    (node.steps ?? []).every((step) => step.type === 'name' && !step.tuple && step.stages === undefined && step.predicate === undefined));

function count(g: Generator, call: Call): Operand | undefined {
  const [arg] = call.args;
  if (call.args.length !== 1 || call.keep || arg === undefined) return undefined;
  if (isNames(arg) && arg.predicate === undefined) {
    const { code, type } = g.value(arg, call.env, true);
    const single = may(type, NOTHING) ? `${code} === undefined ? 0 : 1` : '1';
    return g.temp(may(type, LIST) ? `isArray(${code}) ? ${code}.length : ${single}` : single, NUMBER);
  }
  const total = g.variable(NUMBER, '0');
  items(g, call, () => g.line(`${total.code}++;`));
  return { ...total, type: NUMBER };
}

function join(g: Generator, call: Call): Operand | undefined {
  const [, mark] = call.args;
  if (call.args.length > 2 || call.args.length === 0 || call.keep) return undefined;
  const separator = mark === undefined ? g.literal("''", TEXT) : g.value(mark, call.env);
  if (!only(separator.type, TEXT)) g.guard(`typeof ${separator.code} !== 'string'`);
  const text = g.variable(TEXT, "''");
  const first = g.variable(0, 'true');
  const none = over(g, call, (item) => {
    if (!only(item.type, TEXT)) g.guard(`typeof ${item.code} !== 'string'`);
    g.line(
      `if (${first.code}) { ${first.code} = false; ${text.code} = ${item.code}; } else ${text.code} += ${separator.code} + ${item.code};`,
    );
    g.guard(`${text.code}.length > limits.string`);
  });
  if (g.loops > 0) g.charge(`${text.code}.length`);
  return g.temp(`${none} ? undefined : ${text.code}`, TEXT | NOTHING);
}

/** `$distinct`, of a sequence: what is left of it is one again, so a single item stands for itself. */
function distinct(g: Generator, call: Call): Operand | undefined {
  const [arg] = call.args;
  if (arg === undefined || call.args.length !== 1 || call.keep) return undefined;
  g.usesRun = true;
  const sequence = sequenceOfPath(g, arg, call.env);
  if (sequence !== undefined) {
    const { list, data, type } = sequence;
    const kept = g.temp(`distinctItems(${data === undefined ? list.code : `${data} ?? ${list.code}`})`, LIST | MADE);
    const single = collapsed(g, kept, false, type);
    return data === undefined ? single : g.temp(`${data} !== undefined ? ${kept.code} : ${single.code}`, single.type | LIST);
  }
  const given = g.value(arg, call.env);
  if (!may(given.type, LIST)) return given;
  const kept = g.temp(`isArray(${given.code}) ? distinctItems(${given.code}) : ${given.code}`, given.type, given.depth);
  // Whether it was a sequence cannot be seen any more.
  g.guard(`isArray(${kept.code}) && ${kept.code}.length === 1 && ${given.code}.length > 1`);
  return kept;
}

/** Built-ins over lists, as loops that make no list. */
export const aggregates: Record<string, CallGenerator> = { sum, average, max: extreme('max'), min: extreme('min'), count, join, distinct };
