import { ExactNumber } from '#shared/exact-number.ts';
import { ExpressionError } from '../error.ts';
import { approximate } from '../value.ts';

/** A built-in function: its signature, the number of arguments that higher-order functions hand it, its body. */
export interface Builtin {
  signature: string;
  arity: number;
  call(args: unknown[], input: unknown): unknown;
}

/** A built-in that answers nothing when its first argument is nothing. */
export function defined(signature: string, arity: number, call: (args: unknown[], input: unknown) => unknown): Builtin {
  return { signature, arity, call: (args, input) => (args[0] === undefined ? undefined : call(args, input)) };
}

/** A number to calculate with; the signature has seen to it that it is one. @throws ExpressionError M1001 */
export function numeric(value: unknown): number {
  return value instanceof ExactNumber ? approximate(value) : (value as number);
}

/**
 * An argument that there has to be, though its signature lets nothing pass.
 * @throws ExpressionError T0410
 */
export function required<T>(value: T | undefined, index: number): T {
  if (value === undefined) throw new ExpressionError('T0410', { value, index });
  return value;
}

/** An optional number. */
export function maybeNumeric(value: unknown): number | undefined {
  return value === undefined ? undefined : numeric(value);
}
