import { type CompileOptions, compile, type Expression } from '#shared/jsonata/compile.ts';

/**
 * How an expression is evaluated: `on` in generated source where that is possible, `off` in the exact back end alone,
 * `failAt: n` like `on`, but the n-th guard met while evaluating, from 0, is made to fail.
 */
export type Speculation = 'on' | 'off' | { failAt: number };

/** Compiles for one way of evaluation. @throws ExpressionError for text that is not an expression */
export function compileFor(text: string, speculation: Speculation, options: CompileOptions = {}): Expression {
  return compile(text, { ...options, speculation });
}
