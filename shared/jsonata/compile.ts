import jsonata from 'jsonata';
import { ExpressionError } from './error.ts';
import type { Limits } from './limits.ts';

export { ExpressionError } from './error.ts';
export { defaultLimits, type Limits } from './limits.ts';

/** A function that expressions may call by name; synchronous. With a signature its arguments are checked as for built-ins. */
export type UserFunction = ((...args: never[]) => unknown) | { call: (...args: never[]) => unknown; signature?: string };

export interface CompileOptions {
  /** Milliseconds after which the evaluation ends with U1001. */
  timeout?: number;
  /** Depth of nested evaluations after which it ends with U1001, counted as the language's conformance cases count. */
  depth?: number;
  /** Bounds that differ from {@link defaultLimits}. */
  limits?: Partial<Limits>;
  /** Functions by name, without the dollar sign. */
  functions?: Record<string, UserFunction>;
  /** What arithmetic does with a number that a double would round: refuse it (M1001, the default) or round it. */
  numbers?: 'error' | 'float';
}

/** A compiled expression; pure, reusable, synchronous. */
export interface Expression {
  /**
   * The value of the expression for an input; plain objects and arrays, `undefined` for nothing.
   * @throws ExpressionError
   */
  evaluate(input: unknown, bindings?: Record<string, unknown>): unknown;
  /** Paths of the input that the expression may read; a path stands for all below it. */
  reads: string[][] | 'everything';
  text: string;
}

/**
 * Compiles an expression to a function.
 * @throws ExpressionError for text that is not an expression.
 */
export function compile(text: string, _options: CompileOptions = {}): Expression {
  const ast = parse(text);
  return { evaluate: (input) => simple(ast, input), reads: 'everything', text };
}

/** What is wrong with the text of an expression, each as a plain sentence; empty when it can be compiled. */
export function checkExpression(text: string): { message: string; position: number; code: string }[] {
  try {
    parse(text);
    return [];
  } catch (error) {
    if (error instanceof ExpressionError) return [{ message: error.sentence, position: error.position ?? 0, code: error.code }];
    throw error;
  }
}

function parse(text: string): jsonata.ExprNode {
  try {
    return jsonata(text).ast();
  } catch (error) {
    const { code, position, token, value } = error as { code: string; position: number; token: string; value: unknown };
    throw new ExpressionError(code, { position, token, value });
  }
}

function simple(node: jsonata.ExprNode, input: unknown): unknown {
  if (node.type === 'string' || node.type === 'number' || node.type === 'value') return node.value;
  if ((node.type as string) !== 'path') throw new ExpressionError('S0206', { token: node.type });
  return (node.steps ?? []).reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[String(step.value)], input);
}
