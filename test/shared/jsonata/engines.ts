import { type CompileOptions, compile, type Expression } from '#shared/jsonata/compile.ts';

/**
 * How an expression is evaluated: `on` in generated source where that is possible, `off` in the exact back end alone,
 * `failAt: n` like `on`, but the n-th guard met while evaluating, from 0, is made to fail.
 */
export type Speculation = 'on' | 'off' | { failAt: number };

/** An expression with what only the fast back end offers. */
export type Engine = Expression & {
  /** The generated source, where there is one. */
  source?: string | undefined;
  /** JSON text to JSON text; `undefined` for nothing. @throws SyntaxError for text that is not JSON */
  evaluateText?: ((json: string) => string | undefined) | undefined;
  /** Evaluations that ended in generated source and such as were begun again in the exact back end. */
  statistics?: (() => { fast: number; restarted: number }) | undefined;
};

/** Compiles for one way of evaluation. @throws ExpressionError for text that is not an expression */
export function compileFor(text: string, speculation: Speculation, options: CompileOptions = {}): Engine {
  const all: CompileOptions & { speculation?: Speculation } = speculation === 'on' ? options : { ...options, speculation };
  return compile(text, all);
}

/** Whether there is a fast back end at all; until there is, every way of evaluation is the exact one. */
export const speculates: boolean = compileFor('{"a": b}', 'on').source !== undefined;

/** Whether expressions go from text to text. */
export const fromText: boolean = compileFor('{"a": b}', 'on').evaluateText !== undefined;
