import { pathToFileURL } from 'node:url';
import jsonata from 'jsonata';
import { compile, ExpressionError } from '#shared/jsonata/compile.ts';
import { expression, mutate, order, randomFrom } from './random.ts';
import { sameValue } from './suite.ts';

/** A run in which the engine and the package gave different values. */
export interface Difference {
  run: number;
  text: string;
  input: unknown;
  ours: string;
  theirs: string;
}

export interface FuzzReport {
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
  differences: Difference[];
}

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

const show = (outcome: Outcome): string =>
  'value' in outcome ? (JSON.stringify(outcome.value) ?? 'nothing').slice(0, 600) : `error ${outcome.code ?? 'without a code'}`;

/** Compares the engine with the package on random expressions over random and mutated orders. */
export async function fuzz(runs: number, seed: number): Promise<FuzzReport> {
  const report: FuzzReport = { runs, equal: 0, failed: 0, otherCode: 0, unparsed: 0, unfit: 0, differences: [] };
  for (let run = 0; run < runs; run++) {
    const random = randomFrom(seed * 1_000_003 + run);
    const whole = random.chance(0.5) ? order(random) : mutate(random, order(random));
    const input = random.chance(0.1) ? [whole, mutate(random, order(random))] : whole;
    await compare(report, run, expression(random, 1 + random.below(3)), input);
  }
  return report;
}

async function compare(report: FuzzReport, run: number, text: string, input: unknown): Promise<void> {
  let reference: jsonata.Expression;
  try {
    reference = jsonata(text);
  } catch {
    report.unparsed++;
    return;
  }
  if (departures.some((departure) => departure(text))) {
    report.unfit++;
    return;
  }
  const given = structuredClone(input);
  const theirs = await outcomeOf(() => reference.evaluate(given));
  const compiled = compile(text);
  const before = JSON.stringify(input);
  const ours = await outcomeOf(() => compiled.evaluate(input));
  if (JSON.stringify(input) !== before) report.differences.push({ run, text, input, ours: 'changed its input', theirs: '' });
  const partial = compiled.reads === 'everything' ? undefined : project(input, compiled.reads);
  if (partial !== undefined) {
    const again = await outcomeOf(() => compiled.evaluate(partial));
    if (!alike(ours, again)) {
      report.differences.push({
        run,
        text,
        input,
        ours: `${show(ours)} but on ${JSON.stringify(compiled.reads)} alone ${show(again)}`,
        theirs: '',
      });
    }
  }
  if (!sameValue(given, input) || ('code' in theirs && theirs.code === undefined)) report.unfit++;
  else if ('value' in ours && 'value' in theirs && same(ours.value, theirs.value, text)) report.equal++;
  else if ('code' in ours && 'code' in theirs) {
    if (ours.code === theirs.code) report.failed++;
    else report.otherCode++;
  } else report.differences.push({ run, text, input, ours: show(ours), theirs: show(theirs) });
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

function alike(a: Outcome, b: Outcome): boolean {
  if ('value' in a && 'value' in b) return sameValue(a.value, b.value);
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

async function outcomeOf(evaluate: () => unknown): Promise<Outcome> {
  try {
    const value = await evaluate();
    return { value: plain(value) };
  } catch (error) {
    return { code: error instanceof ExpressionError ? error.code : (error as { code?: string }).code };
  }
}

async function main(): Promise<void> {
  const option = (name: string, fallback: number): number => {
    const at = process.argv.indexOf(`--${name}`);
    return at === -1 ? fallback : Number(process.argv[at + 1]);
  };
  const seed = option('seed', Date.now() % 1_000_000);
  const report = await fuzz(option('runs', 20_000), seed);
  for (const { run, text, input, ours, theirs } of report.differences.slice(0, option('show', 10))) {
    console.log(`run ${run}: ${text}\n  input   ${JSON.stringify(input)}\n  ours    ${ours}\n  package ${theirs}`);
  }
  console.log(JSON.stringify({ seed, ...report, differences: report.differences.length }));
  process.exitCode = report.differences.length > 0 ? 1 : 0;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
