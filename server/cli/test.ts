import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Flow } from '#shared/flow.ts';
import { acceptResult } from '#shared/flow-test/accept.ts';
import { shorten } from '#shared/flow-test/evaluate.ts';
import { type Coverage, countOf, type FlowTestResult, type TestDifference } from '#shared/flow-test/result.ts';
import { formatFlowTest, parseFlowTest } from '#shared/flow-test.ts';
import { stringifyJson } from '#shared/json.ts';
import { nodeNames } from '#shared/node-name.ts';
import { loadCatalog } from '../catalog.ts';
import { compile } from '../compile.ts';
import { junitReport } from '../flow-tests/junit.ts';
import { type NamedTest, runFlowTests, type TestGround, tryTwice } from '../flow-tests/runner.ts';
import { readSettings } from '../settings.ts';
import { createTrialRunner } from '../try/trial-runner.ts';
import { type Command, CommandError, formatProblem, readArgs, readFlowFile, withSettings } from './command.ts';

/** Runs the test files beside a flow: writes to no topic, calls nothing outside. */
export const testCommand: Command = {
  name: 'test',
  usage: 'test FLOW [--tests DIR] [--update --reason WHY] [--junit FILE] [--json]',
  summary: 'runs the tests beside a flow file; writes nothing',
  async run(args) {
    const { values, positionals } = readArgs(
      args,
      {
        tests: { type: 'string' },
        update: { type: 'boolean' },
        reason: { type: 'string' },
        junit: { type: 'string' },
        json: { type: 'boolean' },
      },
      this.usage,
    );
    const [given, ...more] = positionals;
    if (given === undefined || more.length > 0) throw new CommandError(`Usage: millrace ${this.usage}`, 2);
    const reason = values.reason?.trim() ?? '';
    if (values.update && reason === '') throw new CommandError('--update takes new results over, so it needs a reason: --reason WHY.', 2);
    const { file, folder } = await placesOf(given, values.tests);
    const read = await readFlowFile(file);
    if (!('flow' in read)) throw new CommandError(read.problems.map((problem) => formatProblem(problem, file)).join('\n'));
    const { flow } = read;
    const { tests, broken } = await readTests(folder);
    if (tests.length + broken.length === 0) {
      throw new CommandError(
        `There are no tests in ${folder}, so nothing was proven. Save a Try as a test, and export the flow with its tests.`,
      );
    }

    const { nodeFolders, allowPrivate } = withSettings(() => readSettings(process.env));
    const catalog = await loadCatalog({ folders: nodeFolders });
    const trials = createTrialRunner({ nodeFolders, filesFolder: tmpdir(), bindings: {}, allowPrivate });
    const ground: TestGround = {
      trials,
      types: catalog.catalog.types,
      compile: (document, version) => compile(document, catalog, version),
    };
    const say = (line: string): void => {
      if (!values.json) console.log(line);
    };
    try {
      for (const result of broken) say(describe(result));
      const run = await runFlowTests(ground, flow, tests, [], { onResult: (result) => say(describe(result)) });
      const results = [...broken, ...run.results];
      let left = results.filter(({ state }) => state === 'failed');
      if (values.update) left = await update(ground, flow, tests, left, folder, reason, say);
      if (values.junit !== undefined) await writeReport(values.junit, junitReport(flow.name, results));
      say(`\n${totals(results, run.coverage, nodeNames(flow.nodes, catalog.types))}`);
      if (values.json) console.log(stringifyJson({ flow: flow.id, results, coverage: run.coverage, ms: run.ms }));
      return left.length > 0 ? 1 : 0;
    } finally {
      await trials.close();
    }
  },
};

/** Where the flow and its tests stand: `shop/` has `flow.json` and `tests/`, `shop.json` has `shop.tests/` beside it. */
async function placesOf(given: string, tests: string | undefined): Promise<{ file: string; folder: string }> {
  if (await isFolder(given)) return { file: join(given, 'flow.json'), folder: tests ?? join(given, 'tests') };
  const beside = `${given.replace(/\.json$/i, '')}.tests`;
  const own = basename(given) === 'flow.json' && !(await isFolder(beside)) ? join(dirname(given), 'tests') : beside;
  return { file: given, folder: tests ?? own };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw new CommandError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The cases of a folder, by name of their files; a file that is no case is a case that failed. */
async function readTests(folder: string): Promise<{ tests: NamedTest[]; broken: FlowTestResult[] }> {
  if (!(await isFolder(folder))) return { tests: [], broken: [] };
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const tests: NamedTest[] = [];
  const broken: FlowTestResult[] = [];
  for (const name of files) {
    const id = name.replace(/\.json$/, '');
    const { test, problems } = parseFlowTest(await readFile(join(folder, name), 'utf8'));
    if (test) tests.push({ id, test });
    else {
      const sentence = problems.map(({ message }) => message).join(' ');
      broken.push({ id, name: id, state: 'failed', sentence, checks: [], reached: [], unreached: [], ms: 0 });
    }
  }
  return { tests, broken };
}

/** Takes the new results over into the files of the cases that failed. Gives those that fail still. */
async function update(
  ground: TestGround,
  flow: Flow,
  tests: readonly NamedTest[],
  failed: readonly FlowTestResult[],
  folder: string,
  reason: string,
  say: (line: string) => void,
): Promise<FlowTestResult[]> {
  const left: FlowTestResult[] = [];
  for (const result of failed) {
    const named = tests.find(({ id }) => id === result.id);
    const both = named && (await tryTwice(ground, flow, named.test));
    if (named === undefined || both === undefined || both.trial.problems.length > 0) {
      left.push(result);
      continue;
    }
    const accepted = acceptResult(flow, named.test, both.trial, both.again);
    const by = userInfo().username;
    const test = { ...accepted, accepted: [...(accepted.accepted ?? []), { at: new Date().toISOString(), by, reason }] };
    const { results } = await runFlowTests(ground, flow, [{ id: named.id, test }], []);
    const [again] = results;
    if (again?.state !== 'passed') {
      left.push(again ?? result);
      say(`LEFT    ${named.test.name}: what a person wrote fails still, so the file is as it was.`);
      continue;
    }
    await writeFile(join(folder, `${named.id}.json`), formatFlowTest(test));
    say(`UPDATED ${named.test.name}`);
  }
  return left;
}

function describe({ state, name, sentence, checks, ms }: FlowTestResult): string {
  if (state === 'passed') return `ok      ${name} (${ms} ms)`;
  const wrong = checks.filter(({ passed }) => !passed);
  const lines = wrong.length === 0 ? [sentence] : wrong.flatMap((check) => [check.sentence, ...check.differences.map(difference)]);
  return [`FAILED  ${name} (${ms} ms)`, ...lines.map((line) => `        ${line}`)].join('\n');
}

function difference({ message, path, kind, expected, actual }: TestDifference): string {
  const place = `${message === undefined ? '' : `message ${message + 1} `}${path === '' ? '' : path}`.trim();
  const sides = [
    ...(kind === 'extra' ? [] : [`expected ${shorten(expected, 200)}`]),
    ...(kind === 'missing' ? [] : [`actual ${shorten(actual, 200)}`]),
  ];
  return `  ${[place, ...sides].filter((part) => part !== '').join('  ')}`;
}

function totals(results: readonly FlowTestResult[], { nodes, branches, unreached }: Coverage, label: (node: string) => string): string {
  const { all, passed } = countOf(results);
  const places = unreached.map(({ node, port }) => (port === undefined ? label(node) : `${label(node)}, “${port}”`));
  const reach = `${nodes.reached} of ${nodes.all} nodes${branches.all > 0 ? ` and ${branches.reached} of ${branches.all} branches` : ''} reached`;
  return [`${passed} of ${all} tests passed; ${reach}.`, ...(places.length > 0 ? [`Not reached: ${places.join('; ')}.`] : [])].join('\n');
}

async function writeReport(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new CommandError(`The report ${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}
