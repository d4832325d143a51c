import { parseJson, stringifyJson } from '#shared/json.ts';
import type { Node } from './ast.ts';
import type { ExactRun } from './exact.ts';
import { compileFast } from './fast/compile.ts';
import { compileText, type TextExpression } from './fast/text.ts';
import { caller } from './function-value.ts';
import { defaultLimits, type Limits } from './limits.ts';
import type { CompileOptions } from './options.ts';
import { run, startRun } from './run.ts';

/** What an expression gains where code could be generated for it. */
export interface Speculation {
  evaluate(input: unknown, bindings?: Record<string, unknown>): unknown;
  evaluateText(json: string, bindings?: Record<string, unknown>, utf8?: Uint8Array): string | undefined;
  source: string;
  statistics(): { fast: number; restarted: number };
}

/**
 * Generated code for ordinary messages, over the exact back end for all others: whatever makes the generated code
 * stop, a guard, a bound or an error, the evaluation begins again in the exact one, which then gives the value or the
 * error. Both are free of effects, so nobody can tell. Where most messages are not ordinary, generated code is left
 * out for a while, twice as long each time.
 * @param outside whether a function of this name from outside takes the context for a missing argument
 */
export function speculate(
  ast: Node,
  exact: ExactRun,
  options: CompileOptions,
  functions: ReadonlyMap<string, unknown>,
  outside: (name: string) => boolean,
): Speculation | undefined {
  const limits = { ...defaultLimits, ...options.limits };
  const failAt = typeof options.speculation === 'object' ? options.speculation.failAt : undefined;
  const gauge = newGauge(failAt === undefined);
  let guards = 0;
  const settings = { limits, registered: functions, ...(failAt === undefined ? {} : { failing: () => guards++ === failAt }) };
  const fast = compileFast(ast, settings);
  if (fast === undefined) return undefined;
  const prepared = (evaluate: Evaluate, usesRun: boolean): Evaluate =>
    usesRun ? withRun(evaluate, limits, options.numbers === 'float') : evaluate;
  const attempt = prepared(fast.evaluate, fast.usesRun);

  const evaluate = (input: unknown, bindings?: Record<string, unknown>): unknown => {
    if (gauge.rest > 0) {
      gauge.rest--;
      return exact(input, bindings);
    }
    guards = 0;
    try {
      const value = attempt(input, bindings);
      gauge.finished++;
      return value;
    } catch {
      // What it was does not matter here: the exact back end meets the same, and says it right.
      failed(gauge);
    }
    return exact(input, bindings);
  };

  /** Made when it is first asked for: most expressions never see a text. */
  let text: { parse: TextExpression['parse']; attempt: Evaluate } | null | undefined;
  const textExpression = (): typeof text => {
    const made = compileText(ast, settings, outside);
    return made ? { parse: made.parse, attempt: prepared(made.evaluate, made.usesRun) } : null;
  };

  return {
    source: fast.source,
    statistics: () => ({ fast: gauge.finished, restarted: gauge.restarted }),
    evaluate,
    evaluateText(json, bindings, utf8) {
      if (text === undefined) text = textExpression();
      if (!text) return stringifyJson(evaluate(parseJson(json), bindings));
      if (gauge.rest > 0) gauge.rest--;
      else {
        const input = text.parse(json, utf8);
        guards = 0;
        try {
          const written = text.attempt(input, bindings) as string | undefined;
          gauge.finished++;
          return written;
        } catch {
          failed(gauge);
        }
      }
      return stringifyJson(exact(parseJson(json), bindings));
    },
  };
}

/** How generated code fares. */
interface Gauge {
  finished: number;
  restarted: number;
  /** Evaluations for which it is still left out. */
  rest: number;
  /** Evaluations for which it was left out the last time. */
  rested: number;
  /** What was finished and restarted at the last look at whether it pays. */
  before: { finished: number; restarted: number };
  /** Whether it may be left out at all. */
  rests: boolean;
}

function newGauge(rests: boolean): Gauge {
  return { finished: 0, restarted: 0, rest: 0, rested: 64, before: { finished: 0, restarted: 0 }, rests };
}

/** After this many evaluations it is looked at whether generated code pays. */
const lookedAt = 32;

function failed(gauge: Gauge): void {
  gauge.restarted++;
  const restarts = gauge.restarted - gauge.before.restarted;
  const tried = restarts + gauge.finished - gauge.before.finished;
  if (tried < lookedAt || !gauge.rests) return;
  if (restarts * 2 > tried) gauge.rest = gauge.rested = Math.min(gauge.rested * 2, 65_536);
  gauge.before = { finished: gauge.finished, restarted: gauge.restarted };
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
