import { isBare, type Node } from '../ast.ts';
import { writerFor } from '../builtins/dates.ts';
import { isoText } from '../builtins/instant.ts';
import { ExpressionError } from '../error.ts';
import { boundedNative, mayMatchNothing } from '../regex.ts';
import { argument, type Call, regexOf } from './call.ts';
import { slowCall } from './direct.ts';
import type { Generator } from './env.ts';
import type { CallGenerator } from './higher-order.ts';
import { asText, guardFinite } from './operator.ts';
import { type Operand, quoted } from './source.ts';
import { truthy } from './truth.ts';
import { BOOLEAN, DATA, LIST, MADE, may, NOTHING, NUMBER, OBJECT, only, TEXT } from './type.ts';

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
    guardFinite(g, result);
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
  if (token.type === 'regex' && isBare(token)) {
    const bounded = boundedNative(token.value as RegExp);
    g.usesRun = true;
    const exact = `matches(${regexOf(g, token).code}, ${text.code})`;
    if (bounded === undefined) return g.temp(`typeof ${text.code} === 'string' ? ${exact} : nothing(${text.code})`, BOOLEAN | NOTHING);
    const longest = Math.min(bounded.longest, g.limits.subject);
    chargeSearch(g, text, bounded.degree, longest);
    const quick = `${text.code}.length <= ${longest} ? ${g.constant(bounded.native)}.test(${text.code}) : ${exact}`;
    return g.temp(`typeof ${text.code} === 'string' ? ${quick} : nothing(${text.code})`, BOOLEAN | NOTHING);
  }
  const part = g.value(token, call.env);
  if (!only(part.type, TEXT)) g.guard(`typeof ${part.code} !== 'string'`);
  return g.temp(`typeof ${text.code} === 'string' ? containsText(${text.code}, ${part.code}) : nothing(${text.code})`, BOOLEAN | NOTHING);
}

/** A text that the built-in search finds in time that grows with the searched text alone. */
const isShort = (text: unknown): boolean => typeof text === 'string' && text !== '' && text.length < 100;

/** Searches cost what their worst case may cost, where they may be done many times. */
function chargeSearch(g: Generator, { code }: Operand, degree: number, longest: number): void {
  if (g.loops > 0) g.charge(`(typeof ${code} === 'string' && ${code}.length <= ${longest} ? 8 + ${code}.length ** ${degree} / 64 : 1)`);
}

/** `$replace` with a replacement written out that names no groups. */
function replace(g: Generator, call: Call): Operand | undefined {
  const [subject, pattern, replacement] = call.args;
  if (subject === undefined || pattern === undefined || replacement === undefined || call.args.length !== 3) return undefined;
  const bare = isBare(pattern) && isBare(replacement);
  if (!bare || replacement.type !== 'string' || String(replacement.value).includes('$')) return undefined;
  let sought: string;
  let longest = g.limits.subject;
  let degree = 1;
  if (pattern.type === 'regex') {
    const bounded = boundedNative(pattern.value as RegExp);
    // An empty match is an error, from the second on.
    if (bounded === undefined || mayMatchNothing(pattern.value as RegExp)) return undefined;
    longest = Math.min(bounded.longestForAll, longest);
    degree = bounded.degree;
    sought = g.constant(bounded.all);
  } else if (pattern.type === 'string' && isShort(pattern.value)) sought = quoted(String(pattern.value));
  else return undefined;
  const text = g.value(subject, call.env);
  chargeSearch(g, text, degree, longest);
  const by = quoted(String(replacement.value));
  const quick = `${text.code}.replaceAll(${sought}, ${by})`;
  const result = g.temp(
    `typeof ${text.code} === 'string' && ${text.code}.length <= ${longest} ? ${quick} : ${slowCall(g, call, [text, argument(g, pattern, call.env), g.literal(by, TEXT)])}`,
    TEXT | NOTHING,
    text.depth,
  );
  g.guard(`${result.code} !== undefined && ${result.code}.length > limits.string`);
  if (g.loops > 0) g.charge(`${result.code} === undefined ? 0 : ${result.code}.length`);
  return result;
}

/** `$fromMillis` with no picture, or with one of digits of fixed width. */
function fromMillis(g: Generator, call: Call): Operand | undefined {
  const [time, picture] = call.args;
  if (time === undefined || call.args.length > 2) return undefined;
  if (picture !== undefined && (picture.type !== 'string' || !isBare(picture))) return undefined;
  const write = picture === undefined ? isoText : fixedPictureOf(String(picture.value));
  if (write === undefined) return undefined;
  const millis = g.value(time, call.env);
  if (!may(millis.type, NUMBER)) return undefined;
  const args = [millis, ...(picture === undefined ? [] : [g.value(picture, call.env)])];
  return g.temp(
    `typeof ${millis.code} === 'number' && isOrdinary(${millis.code}) ? ${g.constant(write)}(${millis.code}) : ${slowCall(g, call, args)}`,
    TEXT | NOTHING,
  );
}

/** A picture that is wrong is the exact back end's to report. */
function fixedPictureOf(picture: string): ((millis: number) => string) | undefined {
  try {
    return writerFor(picture);
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}

/** `$toMillis` of a text in the usual form. */
function toMillis(g: Generator, call: Call): Operand | undefined {
  const [text] = call.args;
  if (text === undefined || call.args.length !== 1) return undefined;
  const given = g.value(text, call.env);
  if (!may(given.type, TEXT)) return undefined;
  const quick = g.temp(`typeof ${given.code} === 'string' ? isoMillis(${given.code}) : NaN`, NUMBER);
  const result = g.temp(`${quick.code} === ${quick.code} ? ${quick.code} : ${slowCall(g, call, [given])}`, NUMBER | NOTHING);
  guardFinite(g, result);
  return result;
}

/** `$round(x)` and `$round(x, places)`. */
function rounded(g: Generator, call: Call): Operand | undefined {
  if (call.args.length === 0 || call.args.length > 2) return undefined;
  const [given, places] = call.args.map((arg) => g.value(arg, call.env)) as [Operand, Operand | undefined];
  if (places !== undefined && !only(places.type, NUMBER)) g.guard(`typeof ${places.code} !== 'number'`);
  const made = `round(${given.code}, ${places?.code ?? '0'})`;
  const result = g.temp(
    only(given.type, NUMBER) ? made : `typeof ${given.code} === 'number' ? ${made} : nothing(${given.code})`,
    only(given.type, NUMBER) ? NUMBER : NUMBER | NOTHING,
  );
  guardFinite(g, result);
  return result;
}

/** `$split` at a text. */
function split(g: Generator, call: Call): Operand | undefined {
  const [subject, mark] = call.args;
  if (subject === undefined || call.args.length !== 2 || mark?.type !== 'string' || !isShort(mark.value) || !isBare(mark)) return undefined;
  const text = g.value(subject, call.env);
  chargeText(g, text);
  const parts = g.temp(
    `typeof ${text.code} === 'string' ? ${text.code}.split(${quoted(String(mark.value))}) : nothing(${text.code})`,
    LIST | NOTHING | MADE,
  );
  g.charge(`${parts.code} === undefined ? 0 : ${parts.code}.length`);
  return parts;
}

/** `$lookup({ … }, key)` where the object is written out with plain values: a value table. */
function lookup(g: Generator, call: Call): Operand | undefined {
  const [table, key] = call.args;
  if (table === undefined || key === undefined || call.args.length !== 2 || table.type !== 'unary' || table.value !== '{' || !isBare(table))
    return undefined;
  const values: Record<string, unknown> = Object.create(null);
  for (const [name, value] of table.lhs as [Node, Node][]) {
    const plain = ['string', 'number', 'value'].includes(value.type) && isBare(value);
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
  replace,
  split,
  fromMillis,
  toMillis,
  round: rounded,
  lookup,
};
