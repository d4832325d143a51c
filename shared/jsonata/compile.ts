import { parseJson, stringifyJson } from '#shared/json.ts';
import { type Node, parse, parseProblems } from './ast.ts';
import { ExpressionError } from './error.ts';
import { compileExact, type ExactRun, functionsOf, outward, takesContext } from './exact.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { type CompileOptions, restartable } from './options.ts';
import { readsOf } from './reads.ts';
import { speculate } from './speculate.ts';

export type { CompileOptions, DeclaredFunction, UserFunction } from './options.ts';
export { defaultLimits, ExpressionError, type Limits };

/** A compiled expression; pure, reusable, synchronous. */
export interface Expression {
  /**
   * The value of the expression for an input; plain objects and arrays, `undefined` for nothing. The input is not changed.
   * @throws ExpressionError, or what a function from outside threw
   */
  evaluate(input: unknown, bindings?: Record<string, unknown>): unknown;
  /**
   * The value as JSON text, for an input as JSON text; `undefined` for nothing. No more is parsed and built than the
   * expression needs; numbers and texts that are only copied leave as they were written.
   * @param utf8 the bytes that the text was decoded from, where they are at hand: they are faster to read
   * @throws SyntaxError for text that is not JSON; otherwise as `evaluate`
   */
  evaluateText(json: string, bindings?: Record<string, unknown>, utf8?: Uint8Array): string | undefined;
  /** Paths of the input that the expression may read; a path stands for all below it. */
  reads: string[][] | 'everything';
  text: string;
  /** The generated source, where there is one. */
  source?: string;
  /** How many evaluations generated code has finished, and how many were begun again in the exact back end. */
  statistics(): { fast: number; restarted: number };
}

/**
 * Compiles an expression to a function.
 * @throws ExpressionError for text that is not an expression
 */
export function compile(text: string, options: CompileOptions = {}): Expression {
  const { ast, run, reads } = compileParts(text, options);
  const exact: Expression = {
    evaluate: (input, bindings) => run(input, bindings),
    evaluateText: (json, bindings) => stringifyJson(run(parseJson(json), bindings)),
    reads,
    text,
    statistics: () => ({ fast: 0, restarted: 0 }),
  };
  // A bound on time or on nesting is kept at every step of the tree, and an effect must not happen twice.
  const fits = options.speculation !== 'off' && !options.timeout && !options.depth && restartable(options);
  const fast = fits ? speculate(ast, run, options, functionsOf(options), outsideOf(options)) : undefined;
  return fast === undefined ? exact : { ...exact, ...fast };
}

/** An expression on the exact back end alone, whose runs can be parts of a longer evaluation. */
export interface Repeatable {
  run: ExactRun;
  reads: string[][] | 'everything';
}

/**
 * Compiles an expression for `compileAsync`.
 * @throws ExpressionError for text that is not an expression
 */
export function compileRepeatable(text: string, options: CompileOptions): Repeatable {
  return compileParts(text, options);
}

function outsideOf(options: CompileOptions): (name: string) => boolean {
  return (name) => takesContext(options.functions?.[name]);
}

function compileParts(text: string, options: CompileOptions): Repeatable & { ast: Node } {
  try {
    const ast = parse(text);
    return { ast, run: compileExact(text, ast, options), reads: readsOf(ast, outsideOf(options)) };
  } catch (error) {
    throw outward(error, text);
  }
}

/** What is wrong with the text of an expression, each as a plain sentence; empty when it can be compiled. */
export function checkExpression(text: string): { message: string; position: number; code: string }[] {
  const problems = parseProblems(text).map((error) => ({ message: error.sentence, position: error.position ?? 0, code: error.code }));
  // What follows at the same place is a consequence of the first.
  return problems.filter((problem, i) => problems.findIndex((other) => other.position === problem.position) === i);
}
