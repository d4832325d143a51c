import type { Node } from '../ast.ts';
import { type Call, regexOf } from './call.ts';
import type { Generator } from './env.ts';
import type { CallGenerator } from './higher-order.ts';
import { asText } from './operator.ts';
import type { Operand } from './source.ts';
import { truthy } from './truth.ts';
import { BOOLEAN, DATA, may, NOTHING, NUMBER, OBJECT, only, TEXT } from './type.ts';

/** The value of a function of one text; of nothing it is nothing. */
function ofText(make: (text: string) => string, type: number): CallGenerator {
  return (g, call) => {
    if (call.args.length !== 1) return undefined;
    const text = g.value(call.args[0] as Node, call.env);
    if (!may(text.type, TEXT)) return undefined;
    chargeText(g, text);
    g.usesRun = true;
    if (only(text.type, TEXT)) return g.temp(make(text.code), type, text.depth);
    return g.temp(`typeof ${text.code} === 'string' ? ${make(text.code)} : nothing(${text.code})`, type | NOTHING, text.depth);
  };
}

/** Work on a text counts by its length where it may be done many times. */
function chargeText(g: Generator, { code, type }: Operand): void {
  if (g.loops === 0) return;
  g.charge(only(type, TEXT) ? `${code}.length >> 3` : `typeof ${code} === 'string' ? ${code}.length >> 3 : 0`);
}

function ofNumber(make: (number: string) => string): CallGenerator {
  return (g, call) => {
    if (call.args.length !== 1) return undefined;
    const number = g.value(call.args[0] as Node, call.env);
    if (only(number.type, NUMBER)) return g.temp(make(number.code), NUMBER);
    const result = g.temp(`typeof ${number.code} === 'number' ? ${make(number.code)} : nothing(${number.code})`, NUMBER | NOTHING);
    g.guard(`${result.code} !== undefined && ${result.code} - ${result.code} !== 0`);
    return result;
  };
}

function substring(g: Generator, call: Call): Operand | undefined {
  if (call.args.length < 2 || call.args.length > 3) return undefined;
  const [text, start, length] = call.args.map((arg) => g.value(arg, call.env)) as [Operand, Operand, Operand | undefined];
  for (const number of [start, length])
    if (number !== undefined && !only(number.type, NUMBER)) g.guard(`typeof ${number.code} !== 'number'`);
  chargeText(g, text);
  g.usesRun = true;
  const made = `substring(${text.code}, ${start.code}, ${length?.code ?? 'undefined'})`;
  return g.temp(`typeof ${text.code} === 'string' ? ${made} : nothing(${text.code})`, TEXT | NOTHING, text.depth);
}

function around(name: string): CallGenerator {
  return (g, call) => {
    if (call.args.length !== 2) return undefined;
    const [text, mark] = call.args.map((arg) => g.value(arg, call.env)) as [Operand, Operand];
    if (!only(mark.type, TEXT)) g.guard(`typeof ${mark.code} !== 'string'`);
    chargeText(g, text);
    return g.temp(
      `typeof ${text.code} === 'string' ? ${name}(${text.code}, ${mark.code}) : nothing(${text.code})`,
      TEXT | NOTHING,
      text.depth,
    );
  };
}

function exists(g: Generator, call: Call): Operand | undefined {
  if (call.args.length !== 1) return undefined;
  const { code, type } = g.value(call.args[0] as Node, call.env, true);
  return g.literal(may(type, NOTHING) ? `(${code} !== undefined)` : 'true', BOOLEAN);
}

function boolean(negate: string): CallGenerator {
  return (g, call) => {
    if (call.args.length !== 1) return undefined;
    const given = g.value(call.args[0] as Node, call.env);
    const code = `${negate}${truthy(g, given)}`;
    if (!may(given.type, NOTHING)) return g.temp(code, BOOLEAN);
    return g.temp(`${given.code} === undefined ? undefined : ${code}`, BOOLEAN | NOTHING);
  };
}

function string(g: Generator, call: Call): Operand | undefined {
  if (call.args.length !== 1) return undefined;
  const given = g.value(call.args[0] as Node, call.env, true);
  if (only(given.type, TEXT)) return given;
  const made = asText(g, given);
  const result = may(given.type, NOTHING)
    ? g.temp(`${given.code} === undefined ? undefined : ${made}`, TEXT | NOTHING, given.depth)
    : g.temp(made, TEXT, given.depth);
  return result;
}

function number(g: Generator, call: Call): Operand | undefined {
  if (call.args.length !== 1) return undefined;
  const given = g.value(call.args[0] as Node, call.env);
  if (only(given.type, NUMBER)) return given;
  g.usesRun = true;
  return g.temp(`typeof ${given.code} === 'number' ? ${given.code} : toNumber(${given.code})`, NUMBER | NOTHING | OBJECT, given.depth);
}

function contains(g: Generator, call: Call): Operand | undefined {
  const [subject, token] = call.args;
  if (subject === undefined || token === undefined || call.args.length !== 2) return undefined;
  const text = g.value(subject, call.env);
  chargeText(g, text);
  if (token.type === 'regex' && token.predicate === undefined) {
    g.usesRun = true;
    return g.temp(
      `typeof ${text.code} === 'string' ? matches(${regexOf(g, token).code}, ${text.code}) : nothing(${text.code})`,
      BOOLEAN | NOTHING,
    );
  }
  const part = g.value(token, call.env);
  if (!only(part.type, TEXT)) g.guard(`typeof ${part.code} !== 'string'`);
  return g.temp(`typeof ${text.code} === 'string' ? ${text.code}.includes(${part.code}) : nothing(${text.code})`, BOOLEAN | NOTHING);
}

/** `$lookup({ … }, key)` where the object is written out with plain values: a value table. */
function lookup(g: Generator, call: Call): Operand | undefined {
  const [table, key] = call.args;
  if (
    table === undefined ||
    key === undefined ||
    call.args.length !== 2 ||
    table.type !== 'unary' ||
    table.value !== '{' ||
    table.predicate !== undefined ||
    table.group !== undefined
  )
    return undefined;
  const values: Record<string, unknown> = Object.create(null);
  for (const [name, value] of table.lhs as [Node, Node][]) {
    const plain = ['string', 'number', 'value'].includes(value.type) && value.predicate === undefined && value.group === undefined;
    if (
      name.type !== 'string' ||
      name.predicate !== undefined ||
      !plain ||
      String(name.value) in values ||
      String(name.value) === '__proto__'
    )
      return undefined;
    if (String(name.value).startsWith('_jsonata_')) return undefined;
    values[String(name.value)] = value.value;
  }
  const sought = g.value(key, call.env);
  if (!only(sought.type, TEXT)) g.guard(`typeof ${sought.code} !== 'string'`);
  return g.temp(`${g.constant(values)}[${sought.code}]`, DATA, 0);
}

/** Built-ins that are generated in place for the arguments they are usually given. */
export const inlined: Record<string, CallGenerator> = {
  uppercase: ofText((text) => `${text}.toUpperCase()`, TEXT),
  lowercase: ofText((text) => `${text}.toLowerCase()`, TEXT),
  trim: ofText((text) => `trim(${text})`, TEXT),
  length: ofText((text) => `countPoints(${text})`, NUMBER),
  floor: ofNumber((number) => `Math.floor(${number})`),
  ceil: ofNumber((number) => `Math.ceil(${number})`),
  abs: ofNumber((number) => `Math.abs(${number})`),
  substring,
  substringBefore: around('substringBefore'),
  substringAfter: around('substringAfter'),
  exists,
  boolean: boolean(''),
  not: boolean('!'),
  string,
  number,
  contains,
  lookup,
};
