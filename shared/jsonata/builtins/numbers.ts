import { ExactNumber } from '#shared/exact-number.ts';
import { ExpressionError } from '../error.ts';
import { charge, run } from '../run.ts';
import { toBoolean } from '../value.ts';
import { type Builtin, defined, maybeNumeric, numeric, required } from './builtin.ts';
import { formatInteger, parseInteger } from './integer-picture.ts';
import { formatNumber } from './number-picture.ts';

function fold(values: unknown[], start: number, step: (total: number, value: number) => number): number {
  charge(values.length);
  let total = start;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    total = step(total, typeof value === 'number' ? value : numeric(value));
  }
  return total;
}

const sum = (values: unknown[]): number => fold(values, 0, (total, value) => total + value);

/** Moves the decimal point in the text of the number, where multiplying would add an error. */
function shift(value: number, places: number): number {
  const [mantissa = '', exponent] = value.toString().split('e');
  return Number(`${mantissa}e${exponent === undefined ? places : Number(exponent) + places}`);
}

/** Rounds half to even, at a decimal place; the result is never -0. */
export function round(value: number, places = 0): number {
  // A precision that is no number is none.
  const precision = Number.isNaN(places) ? 0 : places;
  if (precision > 0 && precision < 10 && Number.isInteger(precision)) {
    const power = 10 ** precision;
    const near = value * power;
    const fraction = near - Math.floor(near);
    // Far from the middle between two neighbours the error of the product cannot matter, and the quotient of two
    // numbers that are exact is the nearest to the decimal that is meant.
    if (Math.abs(near) < 1e9 && Math.abs(fraction - 0.5) > 1e-5) return Math.round(near) / power + 0;
  }
  if (precision !== 0) charge(10);
  const scaled = precision === 0 ? value : shift(value, precision);
  let whole = Math.round(scaled);
  if (Math.abs(whole - scaled) === 0.5 && Math.abs(whole % 2) === 1) whole -= 1;
  if (precision !== 0) whole = shift(whole, -precision);
  return Object.is(whole, -0) ? 0 : whole;
}

const decimal = /^-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?$/;
const prefixed = /^(0[xX][0-9A-Fa-f]+)|(0[oO][0-7]+)|(0[bB][0-1]+)$/;

/** What `$number` makes of a value. @throws ExpressionError D3030 */
export function toNumber(value: unknown): unknown {
  if (typeof value === 'number' || value instanceof ExactNumber) return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') {
    charge(value.length >> 3);
    if (decimal.test(value) && Number.isFinite(Number(value))) return Number.parseFloat(value);
    if (prefixed.test(value)) return Number(value);
  }
  throw new ExpressionError('D3030', { value, index: 1 });
}

function formatBase(value: number, radix: number | undefined): string {
  const base = radix === undefined ? 10 : round(radix);
  if (!(base >= 2 && base <= 36)) throw new ExpressionError('D3100', { value: base });
  return round(value).toString(base);
}

const one = (call: (value: number) => number): Builtin => defined('<n-:n>', 1, ([value]) => call(numeric(value)));

/** Built-ins about numbers. */
export const numbers: Record<string, Builtin> = {
  sum: defined('<a<n>:n>', 1, ([values]) => sum(values as unknown[])),
  max: defined('<a<n>:n>', 1, ([values]) => {
    const list = values as unknown[];
    return list.length === 0 ? undefined : fold(list, Number.NEGATIVE_INFINITY, Math.max);
  }),
  min: defined('<a<n>:n>', 1, ([values]) => {
    const list = values as unknown[];
    return list.length === 0 ? undefined : fold(list, Number.POSITIVE_INFINITY, Math.min);
  }),
  average: defined('<a<n>:n>', 1, ([values]) => {
    const list = values as unknown[];
    return list.length === 0 ? undefined : sum(list) / list.length;
  }),
  number: defined('<(nsb)-:n>', 1, ([value]) => toNumber(value)),
  abs: one(Math.abs),
  floor: one(Math.floor),
  ceil: one(Math.ceil),
  round: defined('<n-n?:n>', 2, ([value, precision]) => round(numeric(value), maybeNumeric(precision) ?? 0)),
  sqrt: one((value) => {
    if (value < 0) throw new ExpressionError('D3060', { index: 1, value });
    return Math.sqrt(value);
  }),
  power: defined('<n-n:n>', 2, ([base, exponent]) => {
    const value = numeric(base);
    const exp = maybeNumeric(exponent);
    const result = value ** (exp ?? Number.NaN);
    if (!Number.isFinite(result)) throw new ExpressionError('D3061', { index: 1, value, exp });
    return result;
  }),
  random: { signature: '<:n>', arity: 0, call: () => run.random() },
  boolean: defined('<x-:b>', 1, ([value]) => toBoolean(value)),
  not: defined('<x-:b>', 1, ([value]) => !toBoolean(value)),
  formatBase: defined('<n-n?:s>', 2, ([value, radix]) => formatBase(numeric(value), maybeNumeric(radix))),
  formatNumber: defined('<n-so?:s>', 3, ([value, picture, options]) =>
    formatNumber(numeric(value), required(picture, 2) as string, options as Record<string, string> | undefined),
  ),
  formatInteger: defined('<n-s:s>', 2, ([value, picture]) => formatInteger(numeric(value), required(picture, 2) as string)),
  parseInteger: defined('<s-s:n>', 2, ([text, picture]) => parseInteger(text as string, required(picture, 2) as string)),
};
