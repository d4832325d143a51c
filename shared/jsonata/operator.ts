import { ExactNumber } from '#shared/exact-number.ts';
import { ExpressionError } from './error.ts';
import { charge, checkLength, checkText } from './run.ts';
import type { Evaluator } from './scope.ts';
import { sequenceOf } from './sequence.ts';
import { toText } from './text.ts';
import { approximate, deepEqual, equalPlain, isNumeric } from './value.ts';

/** Where an operator stands; its errors carry this. */
export interface Site {
  token: string;
  position: number;
}

function located(error: unknown, site: Site): unknown {
  if (error instanceof ExpressionError) Object.assign(error, site);
  return error;
}

/** `+ - * / %`: nothing with anything is nothing; anything else than numbers is refused. */
export function compileArithmetic(operator: string, left: Evaluator, right: Evaluator, site: Site): Evaluator {
  const slow = (l: unknown, r: unknown): unknown => {
    try {
      const a = operand(l, 'T2001');
      const b = operand(r, 'T2002');
      return a === undefined || b === undefined ? undefined : calculate(operator, a, b);
    } catch (error) {
      throw located(error, site);
    }
  };
  const quick = calculators[operator];
  if (quick === undefined) throw new Error(`There is no arithmetic operator ${operator}.`);
  return (input, frame) => {
    const l = left(input, frame);
    const r = right(input, frame);
    if (typeof l === 'number' && typeof r === 'number' && Number.isFinite(l) && Number.isFinite(r)) return quick(l, r);
    return slow(l, r);
  };
}

const calculators: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

function calculate(operator: string, a: number, b: number): number {
  return calculators[operator]?.(a, b) ?? Number.NaN;
}

function operand(value: unknown, code: string): number | undefined {
  if (value === undefined || isNumeric(value)) return value;
  if (value instanceof ExactNumber) return approximate(value);
  throw new ExpressionError(code, { value });
}

/** `=` and `!=`: by value; both are false where a side is nothing. */
export function compileEquality(equal: boolean, left: Evaluator, right: Evaluator, site: Site): Evaluator {
  return (input, frame) => {
    const l = left(input, frame);
    const r = right(input, frame);
    if (l === undefined || r === undefined) return false;
    if (equalPlain(l, r)) return equal;
    if (typeof l !== 'object' || typeof r !== 'object') return !equal;
    try {
      return deepEqual(l, r) === equal;
    } catch (error) {
      throw located(error, site);
    }
  };
}

const comparers: Record<string, (a: never, b: never) => boolean> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** `< <= > >=`: two numbers or two texts; with nothing on a side the answer is nothing. */
export function compileComparison(operator: string, left: Evaluator, right: Evaluator, site: Site): Evaluator {
  const compare = comparers[operator] as ((a: unknown, b: unknown) => boolean) | undefined;
  if (compare === undefined) throw new Error(`There is no comparison operator ${operator}.`);
  const slow = (a: unknown, b: unknown): boolean | undefined => {
    const l = a instanceof ExactNumber ? approximate(a) : a;
    const r = b instanceof ExactNumber ? approximate(b) : b;
    const ltype = typeof l;
    const rtype = typeof r;
    const fits = (type: string) => type === 'undefined' || type === 'string' || type === 'number';
    if (!fits(ltype) || !fits(rtype)) {
      throw new ExpressionError('T2010', { value: ltype === 'string' || ltype === 'number' ? r : l });
    }
    if (l === undefined || r === undefined) return undefined;
    if (ltype !== rtype) throw new ExpressionError('T2009', { value: l, value2: r });
    if (typeof l === 'string') charge((l.length + (r as string).length) >> 4);
    return compare(l, r);
  };
  return (input, frame) => {
    const l = left(input, frame);
    const r = right(input, frame);
    if (typeof l === 'number' && typeof r === 'number') return compare(l, r);
    try {
      return slow(l, r);
    } catch (error) {
      throw located(error, site);
    }
  };
}

/** `&`: both sides as text; nothing is an empty text. */
export function compileConcat(left: Evaluator, right: Evaluator, site: Site): Evaluator {
  return (input, frame) => {
    const l = left(input, frame);
    const r = right(input, frame);
    try {
      const a = typeof l === 'string' ? l : (toText(l) ?? '');
      const b = typeof r === 'string' ? r : (toText(r) ?? '');
      checkText(a.length + b.length);
      return a + b;
    } catch (error) {
      throw located(error, site);
    }
  };
}

/** `a..b`: the whole numbers from a to b, at most ten million. */
export function compileRange(left: Evaluator, right: Evaluator, site: Site): Evaluator {
  return (input, frame) => {
    const l = left(input, frame);
    const r = right(input, frame);
    try {
      return range(l, r);
    } catch (error) {
      throw located(error, site);
    }
  };
}

function range(left: unknown, right: unknown): unknown {
  const from = left instanceof ExactNumber ? approximate(left) : left;
  const to = right instanceof ExactNumber ? approximate(right) : right;
  if (from !== undefined && !Number.isInteger(from)) throw new ExpressionError('T2003', { value: from });
  if (to !== undefined && !Number.isInteger(to)) throw new ExpressionError('T2004', { value: to });
  if (from === undefined || to === undefined) return undefined;
  const start = from as number;
  const size = (to as number) - start + 1;
  if (size < 1) return undefined;
  if (size > 1e7) throw new ExpressionError('D2014', { value: size });
  checkLength(size);
  charge(size);
  const items = new Array<unknown>(size);
  for (let i = 0; i < size; i++) items[i] = start + i;
  return sequenceOf(items);
}

/** `in`: whether the left value is one of the right ones; objects and arrays only by identity. */
export function compileIn(left: Evaluator, right: Evaluator): Evaluator {
  return (input, frame) => {
    const l = left(input, frame);
    const r = right(input, frame);
    if (l === undefined || r === undefined) return false;
    const list = Array.isArray(r) ? r : [r];
    charge(list.length);
    if (typeof l === 'string' && l.length > 15) {
      for (const item of list) if (equalPlain(item, l)) return true;
      return false;
    }
    for (const item of list) if (item === l || (l instanceof ExactNumber && deepEqual(item, l))) return true;
    return false;
  };
}
