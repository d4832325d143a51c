import type { Flow } from '#shared/flow.ts';
import type { Waiver } from '#shared/flow-test/coverage.ts';
import { coverageOf } from '#shared/flow-test/coverage.ts';
import { evaluateFlowTest } from '#shared/flow-test/evaluate.ts';
import type { Coverage, FlowTestResult } from '#shared/flow-test/result.ts';
import { type FlowTest, flowTestLimits, type TestSample } from '#shared/flow-test.ts';
import { stringifyJson } from '#shared/json.ts';
import { parsePosition } from '#shared/message.ts';
import { nodeNames } from '#shared/node-name.ts';
import type { NodeTypeInfo } from '#shared/node-type.ts';
import type { Plan, StageInput } from '#shared/plan.ts';
import { isDeployable, type Problem } from '#shared/problem.ts';
import type { TrialResult } from '#shared/trial.ts';
import { inputOfMessage, type TrialInput } from '../try/input.ts';
import { collect } from '../try/result.ts';
import { type TrialOutcome, TrialRefused } from '../try/trial.ts';
import { type TrialRunner, TrialStopped } from '../try/trial-runner.ts';

/** A case and the name of its file without the ending. */
export interface NamedTest {
  id: string;
  test: FlowTest;
}

/** What a run of cases needs. */
export interface TestGround {
  trials: TrialRunner;
  types: readonly NodeTypeInfo[];
  compile(flow: Flow, version: number): { plan: Plan; problems?: Problem[] } | { problems: Problem[]; plan?: undefined };
}

/** What of a case decides what comes of it. */
export type Tried = Pick<FlowTest, 'samples' | 'calls' | 'now' | 'seed'>;

export interface RunOptions {
  signal?: AbortSignal;
  /** Most time of one case, in ms. */
  caseMs?: number;
  /** Called after each case. */
  onResult?(result: FlowTestResult): void;
}

/** Characters of all that one case gives. */
const textLimit = 32 * 1024 * 1024;
/** The time of a sample that has none, and that nobody gave a clock. */
const noTime = Date.UTC(2026, 0, 1);

/**
 * Runs cases one after the other, each with new nodes and a bound on its time, in a thread of its own: nothing is
 * written, nothing outside is called, no case sees anything of the one before.
 * @throws TrialBusy when too many Tries run already; `signal` ends it between and within cases
 */
export async function runFlowTests(
  ground: TestGround,
  flow: Flow,
  tests: readonly NamedTest[],
  waivers: readonly Waiver[],
  options: RunOptions = {},
): Promise<{ results: FlowTestResult[]; coverage: Coverage; ms: number }> {
  const started = performance.now();
  const label = nodeNames(flow.nodes, new Map(ground.types.map((type) => [type.type, type])));
  const results: FlowTestResult[] = [];
  for (const { id, test } of tests) {
    if (options.signal?.aborted) break;
    const begun = performance.now();
    const trial = await tryFlowTest(ground, flow, test, options);
    const ms = Math.round(performance.now() - begun);
    if (options.signal?.aborted) break;
    const result = { id, ...evaluateFlowTest(test, trial, label), ms };
    results.push(result);
    options.onResult?.(result);
  }
  return { results, coverage: coverageOf(results, waivers), ms: Math.round(performance.now() - started) };
}

/**
 * A Try of a case's samples. What stops it (an error of the flow, of a node, the time) stands in its problems.
 * @throws TrialBusy
 */
export async function tryFlowTest(
  { trials, types, compile }: TestGround,
  flow: Flow,
  test: Tried,
  { signal, caseMs = flowTestLimits.caseMs }: RunOptions = {},
): Promise<TrialResult> {
  const started = performance.now();
  const seed = test.seed ?? 1;
  const now = test.now === undefined ? undefined : Date.parse(test.now);
  const base = { hash: '', inputs: [], reused: [], seed, ...(now !== undefined && { now }) };
  const nothing = (problems: Problem[]): TrialResult => ({ ...base, problems, records: [], nodes: {}, unreached: [], ms: 0 });
  const { plan, problems = [] } = compile(flow, 1);
  if (!plan) return nothing(problems.filter((problem) => !isDeployable([problem])));
  const stage = plan.stages.find((one) => one.kind === 'transform');
  if (!stage || stage.inputs.length === 0) return nothing([problemOf('try/no-source', 'The flow has no source yet.')]);

  const inputs: TrialInput[] = [];
  for (const [index, sample] of test.samples.entries()) {
    const place = placeOf(sample, stage.inputs);
    if (place === undefined) {
      return nothing([
        problemOf('test/no-source', `Sample ${index + 1} enters at “${sample.node ?? ''}”, which is no source of this flow.`),
      ]);
    }
    inputs.push(inputOf(sample, place, index, now ?? noTime));
  }

  const outcomes: TrialOutcome[] = [];
  const stopped: Problem[] = [];
  try {
    const trial = await trials.open(
      { plan, ...callsOf(test), mayCall: [], secrets: {}, seed, ...(now !== undefined && { now }) },
      { lane: 'try', ms: caseMs, textLimit, ...(signal && { signal }) },
    );
    try {
      for await (const some of trial.run(inputs)) outcomes.push(...some);
    } finally {
      await trial.close();
    }
  } catch (error) {
    if (error instanceof TrialRefused) return nothing(error.problems);
    if (!(error instanceof TrialStopped)) throw error;
    stopped.push(error.problem);
  }
  return { ...base, problems: stopped, ...collect(plan, types, outcomes), ms: Math.round(performance.now() - started) };
}

function problemOf(code: string, message: string): Problem {
  return { code, severity: 'error', message };
}

/** Where a sample enters: at its node, at the source of its topic, else at the first source. */
function placeOf({ node, topic }: TestSample, inputs: readonly StageInput[]): StageInput | undefined {
  if (node !== undefined) return inputs.find((input) => input.node === node);
  return inputs.find((input) => input.topic === topic) ?? inputs[0];
}

function inputOf(
  { key, value, encoding, headers, at, origin }: TestSample,
  { node, topic }: StageInput,
  index: number,
  now: number,
): TrialInput {
  const message = {
    key: key ?? null,
    value,
    ...(encoding !== undefined && { encoding }),
    ...(headers !== undefined && { headers }),
    ...(at !== undefined && { timestamp: Date.parse(at) }),
  };
  const input = inputOfMessage(message, { node, topic, index, now });
  const position = origin === undefined ? undefined : parsePosition(origin);
  return position ? { ...input, origin: position } : input;
}

function callsOf({ calls = {} }: Pick<FlowTest, 'calls'>) {
  const modes = Object.entries(calls).map(([node, call]) => [node, call.mode === 'fixed' ? call : { mode: call.mode }]);
  const recordings = Object.entries(calls).flatMap(([node, call]) =>
    call.mode === 'recorded'
      ? call.answers.map(({ request, what, value }) => ({ node, request, what, answer: stringifyJson(value) ?? 'null' }))
      : [],
  );
  return { calls: stringifyJson(Object.fromEntries(modes)) ?? '{}', recordings };
}

/**
 * Two Tries of the same samples, the second with another clock and other random numbers: what differs is volatile.
 * @throws TrialBusy
 */
export async function tryTwice(
  ground: TestGround,
  flow: Flow,
  test: Tried,
  options: RunOptions = {},
): Promise<{ trial: TrialResult; again: TrialResult }> {
  const trial = await tryFlowTest(ground, flow, test, options);
  // Not a whole number of days or hours, so that dates and times of day differ too.
  const clock =
    (test.now === undefined ? Math.max(noTime, ...test.samples.map(timeOf)) : Date.parse(test.now)) + 40 * 86_400_000 + 11_111_111;
  const other = { ...test, now: new Date(clock).toISOString(), seed: (test.seed ?? 1) + 1 };
  return { trial, again: await tryFlowTest(ground, flow, other, options) };
}

const timeOf = ({ at }: TestSample): number => (at === undefined ? noTime : Date.parse(at));

/** Tests on a ground that stays the same, for whoever serves many. */
export interface FlowTests {
  run(flow: Flow, tests: readonly NamedTest[], waivers: readonly Waiver[], options?: RunOptions): ReturnType<typeof runFlowTests>;
  once(flow: Flow, test: Tried, options?: RunOptions): Promise<TrialResult>;
  twice(flow: Flow, test: Tried, options?: RunOptions): ReturnType<typeof tryTwice>;
}

export function createFlowTests(ground: TestGround): FlowTests {
  return {
    run: (flow, tests, waivers, options) => runFlowTests(ground, flow, tests, waivers, options),
    once: (flow, test, options) => tryFlowTest(ground, flow, test, options),
    twice: (flow, test, options) => tryTwice(ground, flow, test, options),
  };
}
