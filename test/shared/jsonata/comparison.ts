import jsonata from 'jsonata';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { ExpressionError } from '#shared/jsonata/compile.ts';
import { compileFor, type Engine, fromText, type Speculation, speculates } from './engines.ts';
import { sameValue } from './suite.ts';

/** An evaluation on which two that should agree do not. */
export interface Difference {
  /** The seed of the text and the number of its input. */
  run: string;
  text: string;
  input: unknown;
  /** Who should have agreed with the engine. */
  against: string;
  ours: string;
  theirs: string;
}

/** What became of the evaluations of a fuzz run. */
export interface FuzzReport {
  /** Evaluations compared with the package. */
  runs: number;
  /** Both gave the same value. */
  equal: number;
  /** Both failed with the same code. */
  failed: number;
  /** Both failed, with another code: the package reports whichever of several failures comes first. */
  otherCode: number;
  /** Texts that are not expressions. */
  unparsed: number;
  /** Runs in which the package changed its input or failed in itself, so that there is nothing to compare with. */
  unfit: number;
  /** Runs of expressions that have generated source, and those of them that ended in it. */
  generated: number;
  stayedFast: number;
  /** Runs with a guard made to fail, and runs from text to text. */
  forced: number;
  texts: number;
  differences: Difference[];
}

/** A report of nothing yet. */
export const noRuns = (): FuzzReport => ({
  runs: 0,
  equal: 0,
  failed: 0,
  otherCode: 0,
  unparsed: 0,
  unfit: 0,
  generated: 0,
  stayedFast: 0,
  forced: 0,
  texts: 0,
  differences: [],
});

type Outcome = { value: unknown } | { code: string | undefined };

/** Where the package is known to be wrong; each is in the list of departures of the engine's README. */
const departures: ((text: string) => boolean)[] = [
  // The left side of ?: and ?? loses its regular expressions.
  (text) => /\/.*\?[?:]/.test(text),
  // The marks of a list count as fields of it.
  (text) => /\$keys\)?.*\.\*/.test(text),
  // A built-in applied in part no longer checks its arguments.
  (text) => /\$substring\(\?/.test(text),
];

/** An expression as each way of evaluation has it; compiled once for several inputs. */
interface Candidate {
  text: string;
  reference: jsonata.Expression;
  on: Engine;
  /** Ways that must agree with `on` in everything. */
  others: { against: string; engine: Engine }[];
}

/** Compares all ways of evaluation of one expression on some inputs; `guard` is the guard to fail in one of them. */
export async function compare(report: FuzzReport, name: string, text: string, inputs: readonly unknown[], guard?: number): Promise<void> {
  let reference: jsonata.Expression;
  try {
    reference = jsonata(text);
  } catch {
    report.unparsed++;
    return;
  }
  let on: Engine;
  try {
    on = compileFor(text, 'on');
  } catch (error) {
    report.differences.push({
      run: name,
      text,
      input: undefined,
      against: 'the package',
      ours: `refused: ${String(error)}`,
      theirs: 'compiled',
    });
    return;
  }
  const others: Candidate['others'] = [];
  const add = (against: string, speculation: Speculation): number => others.push({ against, engine: compileFor(text, speculation) });
  if (speculates) add('the exact back end', 'off');
  if (speculates && guard !== undefined) add(`itself with guard ${guard} failing`, { failAt: guard });
  const candidate: Candidate = { text, reference, on, others };
  for (const [at, input] of inputs.entries()) {
    report.runs++;
    if (guard !== undefined && speculates) report.forced++;
    await compareOn(report, candidate, `${name}.${at}`, input);
  }
}

async function compareOn(report: FuzzReport, { text, reference, on, others }: Candidate, run: string, input: unknown): Promise<void> {
  const differ = (against: string, ours: string, theirs: string): void => {
    report.differences.push({ run, text, input, against, ours, theirs });
  };
  const before = JSON.stringify(input);
  const fast = on.statistics?.().fast ?? 0;
  const ours = outcomeOf(() => on.evaluate(input));
  if (on.source !== undefined) {
    report.generated++;
    if ((on.statistics?.().fast ?? 0) > fast) report.stayedFast++;
  }
  for (const { against, engine } of others) {
    const theirs = outcomeOf(() => engine.evaluate(input));
    if (!identical(ours, theirs)) differ(against, show(ours), show(theirs));
  }
  if (on.reads !== 'everything') {
    const { reads } = on;
    const again = outcomeOf(() => on.evaluate(project(input, reads)));
    if (!identical(ours, again)) differ(`itself given ${JSON.stringify(reads)} alone`, show(ours), show(again));
  }
  if (fromText && before !== undefined) {
    report.texts++;
    const wanted = textOutcomeOf(() => stringifyJson(on.evaluate(parseJson(before))));
    const given = textOutcomeOf(() => on.evaluateText?.(before));
    if (!identical(given, wanted)) differ('itself from text to text', show(wanted), show(given));
  }
  if (JSON.stringify(input) !== before) differ('its input, which it changed', show(ours), before);
  await compareWithPackage(report, { text, reference }, ours, input, differ);
}

async function compareWithPackage(
  report: FuzzReport,
  { text, reference }: { text: string; reference: jsonata.Expression },
  ours: Outcome,
  input: unknown,
  differ: (against: string, ours: string, theirs: string) => void,
): Promise<void> {
  if (departures.some((departure) => departure(text))) {
    report.unfit++;
    return;
  }
  const given = structuredClone(input);
  const theirs = await awaitedOutcomeOf(() => reference.evaluate(given));
  if (!sameValue(given, input) || ('code' in theirs && theirs.code === undefined)) report.unfit++;
  else if ('value' in ours && 'value' in theirs && same(ours.value, theirs.value, text)) report.equal++;
  else if ('code' in ours && 'code' in theirs) {
    if (ours.code === theirs.code) report.failed++;
    else report.otherCode++;
  } else if ('value' in theirs && isCircular(theirs.value)) report.unfit++;
  else differ('the package', show(ours), show(theirs));
}

const show = (outcome: Outcome): string =>
  'value' in outcome ? (JSON.stringify(outcome.value) ?? 'nothing').slice(0, 600) : `error ${outcome.code ?? 'without a code'}`;

/** A transform of the package may put an object into itself; the engine ends with D1011, because that is no JSON. */
function isCircular(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return false;
  } catch (error) {
    return error instanceof TypeError;
  }
}

function same(ours: unknown, theirs: unknown, text: string): boolean {
  return sameValue(ours, theirs) || (text.includes('{') && sameValue(ours, withoutAdded(theirs)));
}

/** An object constructor over an empty array leaves an undefined item in it. */
function withoutAdded(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 && value[0] === undefined ? [] : value.map(withoutAdded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutAdded(item)]));
}

/** The same value with its keys in the same order, or the same code. */
function identical(a: Outcome, b: Outcome): boolean {
  if ('value' in a && 'value' in b) return sameValue(a.value, b.value) && JSON.stringify(a.value) === JSON.stringify(b.value);
  return 'code' in a && 'code' in b && a.code === b.code;
}

/** The input with nothing in its objects but what lies on the paths. */
export function project(value: unknown, paths: string[][]): unknown {
  if (paths.some((path) => path.length === 0)) return value;
  if (Array.isArray(value)) return value.map((item) => project(item, paths));
  if (typeof value !== 'object' || value === null) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const below = paths.filter((path) => path[0] === key).map((path) => path.slice(1));
    if (below.length > 0) kept[key] = project(item, below);
  }
  return kept;
}

/** Functions have no value to compare. */
function plain(value: unknown): unknown {
  return typeof value === 'function' || (typeof value === 'object' && value !== null && '_jsonata_lambda' in value) ? undefined : value;
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof ExpressionError ? error.code : (error as { code?: string } | undefined)?.code;

function outcomeOf(evaluate: () => unknown): Outcome {
  try {
    return { value: plain(evaluate()) };
  } catch (error) {
    // A failure of the engine itself, which the package cannot share, must not pass for an error of the expression.
    return { code: codeOf(error) ?? `none: ${String(error)}` };
  }
}

/** The outcome of what gives JSON text, as the value of the text. */
function textOutcomeOf(evaluate: () => string | undefined): Outcome {
  return outcomeOf(() => {
    const json = evaluate();
    return json === undefined ? undefined : JSON.parse(json);
  });
}

async function awaitedOutcomeOf(evaluate: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { value: plain(await evaluate()) };
  } catch (error) {
    return { code: codeOf(error) };
  }
}
