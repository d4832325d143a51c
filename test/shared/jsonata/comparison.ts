import jsonata from 'jsonata';
import { parseJson, stringifyJson } from '#shared/json.ts';
import type { Expression } from '#shared/jsonata/compile.ts';
import { compileFor, type Speculation } from './engines.ts';
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
  /** What the evaluation was given beside its input. */
  surroundings: Surroundings;
}

/** Values and functions that an evaluation is given beside its input. */
export interface Surroundings {
  bindings?: Record<string, unknown>;
  functions?: Record<string, (...args: never[]) => unknown>;
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

type Outcome = { value: unknown } | Failure;

/** The code of an error, and what it says of the place and of the values at fault, by name and as JSON. */
interface Failure {
  code: string | undefined;
  details?: ReadonlyMap<string, string>;
}

/** Where the package is known to be wrong; each is in the list of departures of the engine's README. */
const departures: ((text: string) => boolean)[] = [
  // The left side of ?: and ?? loses its regular expressions.
  (text) => /\/.*\?[?:]/.test(text),
  // The marks of a list count as fields of it.
  (text) => /\$keys\)?.*\.\*/.test(text),
  // A built-in applied in part no longer checks its arguments.
  (text) => /\$\w+\([^()]*\?[,)]/.test(text),
  // Separators before a number that is too short for them.
  (text) => /\$formatInteger/.test(text),
  // A prefix or an exponent in a picture, and grouping in the fraction; infinity is D1001.
  (text) => /\$formatNumber\(.*(#,##"|1e308|\$round)/.test(text),
  // What is no text is made text otherwise before a pattern is applied to it.
  (text) => /(~>|\$(map|filter|single)\(.*,) *\/|:= *\/|\/[im]*\(/.test(text),
  // A range that begins at -0 begins at 0.
  (text) => text.includes('-0..'),
  // A transform of a copy has what an earlier one left in an empty list.
  (text) => /~> *\|.*~> *\|/.test(text),
  // Not a number, as a precision.
  (text) => /\$round\(.*\$(plus|parseInteger)/.test(text),
  // A group after a sort by a parent holds the package's own tuples.
  (text) => /\^\([^()]*%.*\{/.test(text),
  // A constructed list as the first step of a path with variables.
  (text) => /(^|[^\w)\]}$`"'*%])\[[^[\]]*\][).[@#].*[%@#]/.test(text),
];

/** An expression as each way of evaluation has it; compiled once for several inputs. */
interface Candidate {
  text: string;
  reference: jsonata.Expression;
  on: Expression;
  bindings: Record<string, unknown> | undefined;
  /** Ways that must agree with `on` in everything. */
  others: { against: string; engine: Expression }[];
  surroundings: Surroundings;
}

/** What a compiler makes of a text, or what it says against it. */
function parsedBy<T>(make: () => T): { made: T } | { failure: string } {
  try {
    return { made: make() };
  } catch (error) {
    return { failure: show(failureOf(error)) };
  }
}

/** Compares all ways of evaluation of one expression on some inputs; `guard` is the guard to fail in one of them. */
export async function compare(
  report: FuzzReport,
  name: string,
  text: string,
  inputs: readonly unknown[],
  guard?: number,
  surroundings: Surroundings = {},
): Promise<void> {
  const { bindings, functions } = surroundings;
  const options = functions === undefined ? {} : { functions };
  const parsed = parsedBy(() => jsonata(text));
  const compiled = parsedBy(() => compileFor(text, 'on', options));
  if ('failure' in parsed || 'failure' in compiled) {
    report.unparsed++;
    const theirs = 'failure' in parsed ? parsed.failure : 'compiled';
    const ours = 'failure' in compiled ? compiled.failure : 'compiled';
    if (ours !== theirs) report.differences.push({ run: name, text, input: undefined, against: 'the package', ours, theirs, surroundings });
    return;
  }
  const reference = parsed.made;
  for (const [key, call] of Object.entries(functions ?? {})) reference.registerFunction(key, call as (...args: unknown[]) => unknown);
  const on = compiled.made;
  const others: Candidate['others'] = [];
  const add = (against: string, speculation: Speculation): number =>
    others.push({ against, engine: compileFor(text, speculation, options) });
  add('the exact back end', 'off');
  if (guard !== undefined) add(`itself with guard ${guard} failing`, { failAt: guard });
  const candidate: Candidate = { text, reference, on, bindings, others, surroundings };
  for (const [at, input] of inputs.entries()) {
    report.runs++;
    if (guard !== undefined) report.forced++;
    await compareOn(report, candidate, `${name}.${at}`, input);
  }
}

async function compareOn(report: FuzzReport, candidate: Candidate, run: string, input: unknown): Promise<void> {
  const { text, on, bindings, others, surroundings } = candidate;
  const differ = (against: string, ours: string, theirs: string): void => {
    report.differences.push({ run, text, input, against, ours, theirs, surroundings });
  };
  const before = JSON.stringify(input);
  const fast = on.statistics().fast;
  const ours = outcomeOf(() => on.evaluate(input, bindings));
  if (on.source !== undefined) {
    report.generated++;
    if (on.statistics().fast > fast) report.stayedFast++;
  }
  for (const { against, engine } of others) {
    const theirs = outcomeOf(() => engine.evaluate(input, bindings));
    if (!identical(ours, theirs)) differ(against, show(ours), show(theirs));
  }
  if (on.reads !== 'everything') {
    const { reads } = on;
    const again = outcomeOf(() => on.evaluate(project(input, reads), bindings));
    if (!identical(ours, again)) differ(`itself given ${JSON.stringify(reads)} alone`, show(ours), show(again));
  }
  if (before !== undefined) {
    report.texts++;
    const wanted = textOutcomeOf(() => stringifyJson(on.evaluate(parseJson(before), bindings)));
    const given = textOutcomeOf(() => on.evaluateText(before, bindings));
    if (!identical(given, wanted)) differ('itself from text to text', show(wanted), show(given));
  }
  if (JSON.stringify(input) !== before) differ('its input, which it changed', show(ours), before);
  await compareWithPackage(report, candidate, ours, input, differ);
}

async function compareWithPackage(
  report: FuzzReport,
  { text, reference, bindings }: Candidate,
  ours: Outcome,
  input: unknown,
  differ: (against: string, ours: string, theirs: string) => void,
): Promise<void> {
  if (departures.some((departure) => departure(text))) {
    report.unfit++;
    return;
  }
  const given = structuredClone(input);
  const theirs = await awaitedOutcomeOf(() => reference.evaluate(given, copied(bindings)));
  const unfit = 'value' in theirs ? isCircular(theirs.value) : theirs.code === undefined;
  if (unfit || !sameValue(given, input)) report.unfit++;
  else if ('value' in ours && 'value' in theirs && same(ours.value, theirs.value, text)) report.equal++;
  else if ('code' in ours && 'code' in theirs) {
    if (ours.code !== theirs.code) {
      if (severalMayFail.test(text)) report.otherCode++;
      else differ('the package in the code of the error', show(ours), show(theirs));
    } else if (severalMayFail.test(text) || movesErrors.test(text) || saysAll(ours, theirs, detailNames)) report.failed++;
    else differ('the package in the details of the error', show(ours), show(theirs));
  } else differ('the package', show(ours), show(theirs));
}

/** The package writes into lists of variables, too. */
function copied(bindings: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  const copy = (value: unknown): unknown => (typeof value === 'function' ? value : structuredClone(value));
  return bindings && Object.fromEntries(Object.entries(bindings).map(([name, value]) => [name, copy(value)]));
}

const show = (outcome: Outcome): string =>
  'value' in outcome
    ? (JSON.stringify(outcome.value) ?? 'nothing').slice(0, 600)
    : `error ${[outcome.code ?? 'without a code', ...[...(outcome.details ?? [])].map((each) => each.join(' '))].join(', ')}`;

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

/** An object constructor over an empty array leaves an undefined item in it, each time. */
function withoutAdded(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 && value.every((item) => item === undefined) ? [] : value.map(withoutAdded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutAdded(item)]));
}

/** Details that do not change with what lies around the paths that are read. */
const places = ['position', 'token', 'index'];

/** Members of a list, an object or a group: the package fails with whichever of them is finished first. */
const severalMayFail = /\[.*,|\{/;

/** Functions that are handed on: the package writes the place of their last call into them. And the time, which passes. */
const movesErrors = /function|λ|~>|\?|\$(map|filter|single|reduce|sift|each|sort|now|millis)\b/;

/** The same value with its keys in the same order, or the same code. */
function identical(a: Outcome, b: Outcome): boolean {
  if ('value' in a && 'value' in b) return sameValue(a.value, b.value) && JSON.stringify(a.value) === JSON.stringify(b.value);
  return 'code' in a && 'code' in b && a.code === b.code && saysAll(a, b, places) && saysAll(b, a, places);
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

/** Functions have no value to compare: one by itself stands for nothing, one inside for this word. */
function plain(value: unknown): unknown {
  return isFunction(value) ? undefined : withoutFunctions(value);
}

const isFunction = (value: unknown): boolean =>
  typeof value === 'function' ||
  (typeof value === 'object' && value !== null && ('_jsonata_lambda' in value || '_jsonata_function' in value));

function withoutFunctions(value: unknown, above: readonly unknown[] = []): unknown {
  if (isFunction(value)) return 'a function';
  if (typeof value !== 'object' || value === null) return value;
  // A value inside itself, which the package can make, is looked at later.
  if (above.includes(value)) return value;
  const inside = [...above, value];
  if (Array.isArray(value)) return value.map((item) => withoutFunctions(item, inside));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutFunctions(item, inside)]));
}

/** Fields by which an error says more than its code. */
const detailNames = ['position', 'token', 'index', 'value', 'value2'];

function failureOf(error: unknown): Failure {
  // A failure of the engine itself, which the package cannot share, must not pass for an error of the expression.
  const { code } = (typeof error === 'object' && error !== null ? error : {}) as { code?: string };
  if (code === undefined) return { code: `none: ${String(error)}` };
  const given = error as Record<string, unknown>;
  const said = detailNames.map((name) => [name, JSON.stringify(plain(given[name]))] as const);
  return { code, details: new Map(said.filter(([, json]) => json !== undefined)) };
}

function outcomeOf(evaluate: () => unknown): Outcome {
  try {
    return { value: plain(evaluate()) };
  } catch (error) {
    return failureOf(error);
  }
}

/** Whether an error says at least what another does under these names. */
function saysAll(error: Failure, other: Failure, names: readonly string[]): boolean {
  return names.every((name) => !other.details?.has(name) || error.details?.get(name) === other.details.get(name));
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
    return (error as { code?: string } | undefined)?.code === undefined ? { code: undefined } : failureOf(error);
  }
}
