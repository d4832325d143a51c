import type { Node } from './ast.ts';
import type { ExactRun } from './exact.ts';
import { compileFast } from './fast/compile.ts';
import { caller } from './function-value.ts';
import { defaultLimits, type Limits } from './limits.ts';
import type { CompileOptions } from './options.ts';
import { run, startRun } from './run.ts';

/** What an expression gains where code could be generated for it. */
export interface Speculation {
  evaluate(input: unknown, bindings?: Record<string, unknown>): unknown;
  source: string;
  statistics(): { fast: number; restarted: number };
}

/** After this many evaluations it is looked at whether generated code pays. */
const lookedAt = 32;

/**
 * Generated code for ordinary messages, over the exact back end for all others: whatever makes the generated code
 * stop, a guard, a bound or an error, the evaluation begins again in the exact one, which then gives the value or the
 * error. Both are free of effects, so nobody can tell. Where most messages are not ordinary, generated code is left
 * out for a while, twice as long each time.
 */
export function speculate(
  ast: Node,
  exact: ExactRun,
  options: CompileOptions,
  functions: ReadonlyMap<string, unknown>,
): Speculation | undefined {
  const limits = { ...defaultLimits, ...options.limits };
  const failAt = typeof options.speculation === 'object' ? options.speculation.failAt : undefined;
  let guards = 0;
  const fast = compileFast(ast, { limits, registered: functions, ...(failAt === undefined ? {} : { failing: () => guards++ === failAt }) });
  if (fast === undefined) return undefined;
  let [finished, restarted] = [0, 0];
  // Counted since the last look at whether generated code pays.
  let [finishedBefore, failed, pause, longest] = [0, 0, 0, 64];

  const attempt = fast.usesRun ? withRun(fast.evaluate, limits, options.numbers === 'float') : fast.evaluate;

  return {
    source: fast.source,
    statistics: () => ({ fast: finished, restarted }),
    evaluate(input, bindings) {
      if (pause > 0) {
        pause--;
        return exact(input, bindings);
      }
      guards = 0;
      try {
        const value = attempt(input, bindings);
        finished++;
        return value;
      } catch {
        // What it was does not matter here: the exact back end meets the same, and says it right.
        restarted++;
        failed++;
      }
      const tried = finished - finishedBefore + failed;
      if (tried >= lookedAt && failAt === undefined) {
        if (failed * 2 > tried) pause = longest = Math.min(longest * 2, 65_536);
        finishedBefore = finished;
        failed = 0;
      }
      return exact(input, bindings);
    },
  };
}

type Evaluate = (input: unknown, bindings: Record<string, unknown> | undefined) => unknown;

/** The budget of the library is that of the evaluation under way; one inside another gives it back. */
function withRun(evaluate: Evaluate, limits: Limits, float: boolean): Evaluate {
  return (input, bindings) => {
    const outer = run.active ? { ...run } : undefined;
    startRun(limits, 0, 0, float);
    try {
      return evaluate(input, bindings);
    } finally {
      if (outer !== undefined) Object.assign(run, outer);
      else {
        run.active = false;
        caller.frame = null;
      }
    }
  };
}
