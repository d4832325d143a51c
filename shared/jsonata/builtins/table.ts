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

/** Every built-in function by its name, without the dollar sign. */
export const builtins: ReadonlyMap<string, FunctionValue> = new Map(
  [strings, matching, numbers, collections, higherOrder, dates, evaluation].flatMap(functionsOf),
);
