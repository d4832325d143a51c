import { parseJson, stringifyJson } from '#shared/json.ts';
import type { Node } from './ast.ts';
import type { ExactRun } from './exact.ts';
import { compileFast, type EvaluateText, type EvaluateValue } from './fast/compile.ts';
import { newGauge } from './fast/gauge.ts';
import { compileText } from './fast/text.ts';
import { defaultLimits } from './limits.ts';
import { beginRun, endRun } from './nested-run.ts';
import type { CompileOptions } from './options.ts';

/** What an expression gains where code could be generated for it. */
export interface Speculation {
  evaluate: EvaluateValue;
  evaluateText: EvaluateText;
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
  const float = options.numbers === 'float';
  const failAt = typeof options.speculation === 'object' ? options.speculation.failAt : undefined;
  const gauge = newGauge(failAt === undefined);
  const settings = {
    limits,
    registered: functions,
    gauge,
    begin: () => beginRun(limits, 0, 0, float, options.environment),
    end: endRun,
    ...(failAt === undefined ? {} : { failing: () => gauge.guards++ === failAt }),
  };
  const fast = compileFast(ast, settings, (input, bindings) => exact(input, bindings));
  if (fast === undefined) return undefined;
  const exactText: EvaluateText = (json, bindings) => stringifyJson(exact(parseJson(json), bindings));

  /** Made when it is first asked for: most expressions never see a text. */
  let text: EvaluateText | undefined;
  return {
    source: fast.source,
    statistics: () => ({ fast: gauge.finished, restarted: gauge.restarted }),
    evaluate: fast.evaluate,
    evaluateText(json, bindings, utf8) {
      text ??=
        compileText(ast, settings, outside, exactText) ?? ((unparsed, names) => stringifyJson(fast.evaluate(parseJson(unparsed), names)));
      return text(json, bindings, utf8);
    },
  };
}
