import { type FunctionValue, functionValue } from '../function-value.ts';
import { compileSignature } from '../signature.ts';
import type { Builtin } from './builtin.ts';
import { collections } from './collections.ts';
import { dates } from './dates.ts';
import { evaluation } from './evaluation.ts';
import { higherOrder } from './higher-order.ts';
import { matching } from './matching.ts';
import { numbers } from './numbers.ts';
import { strings } from './strings.ts';

function functionsOf(builtins: Record<string, Builtin>): [string, FunctionValue][] {
  return Object.entries(builtins).map(([name, { signature, arity, call }]) => [
    name,
    functionValue({ arity, name, signature: compileSignature(signature), invoke: call }),
  ]);
}

const bodies: Record<string, Builtin> = Object.assign({}, strings, matching, numbers, collections, higherOrder, dates, evaluation);

/** A built-in as it is written and as a value. @throws Error for a name that no built-in has */
export function builtinOf(name: string): Builtin & { value: FunctionValue } {
  const body = Object.hasOwn(bodies, name) ? bodies[name] : undefined;
  const value = builtins.get(name);
  if (body === undefined || value === undefined) throw new Error(`There is no built-in function $${name}.`);
  return { ...body, value };
}

/** Every built-in function by its name, without the dollar sign. */
export const builtins: ReadonlyMap<string, FunctionValue> = new Map(
  [strings, matching, numbers, collections, higherOrder, dates, evaluation].flatMap(functionsOf),
);
