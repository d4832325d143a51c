import { isUtf8 } from 'node:buffer';
import { canonicalJson } from '#shared/canonical.ts';
import type { Flow } from '#shared/flow.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { formatPosition, header, type Position } from '#shared/message.ts';
import type { Plan } from '#shared/plan.ts';
import type { Problem } from '#shared/problem.ts';
import type { TrialRecord } from '#shared/trial.ts';
import type { KafkaRecord } from '../kafka/port.ts';
import { textOf } from '../runtime/tap.ts';
import type { Store } from '../store/store.ts';
import type { Recording } from '../try/calls.ts';
import type { TrialInput } from '../try/input.ts';
import { type TrialOutcome, TrialRefused, transformOf } from '../try/trial.ts';
import { type OpenTrial, TrialBusy, type TrialRunner, TrialStopped } from '../try/trial-runner.ts';

/** What running a version again needs. */
export interface RerunDeps {
  store: Pick<Store, 'versions' | 'recordings'>;
  runner: TrialRunner;
  compile(flow: Flow, version: number): { plan: Plan; problems?: Problem[] } | { problems: Problem[]; plan?: undefined };
}

/** A version run again on a message; without an outcome `why` says why not. */
export interface Rerun {
  document: Flow | undefined;
  plan: Plan | undefined;
  outcome: TrialOutcome | undefined;
  why: string | undefined;
  /** Runs it once more with another clock and other random numbers. */
  again(): Promise<TrialOutcome | undefined>;
}

const rerunMs = 10_000;
/** A message that goes through quickly is run a few times more: the first run of a node pays for what it prepares. */
const warm = { rounds: 2, ms: 50, bytes: 200_000 };

/** Runs a version on the message that stands in its source: calls are answered from recordings, nothing is written. */
export async function rerun({ store, runner, compile }: RerunDeps, flow: string, version: number, record: KafkaRecord): Promise<Rerun> {
  const nothing = { outcome: undefined, again: async () => undefined };
  const document = await store.versions.get(flow, version);
  const { plan, problems = [] } = compile(document, version);
  if (plan === undefined) {
    const why = `Version ${version} cannot be run any more on this server: ${problems.map(({ message }) => message).join(' ')}`;
    return { ...nothing, document, plan, why };
  }
  const input = transformOf(plan).inputs.find(({ topic }) => topic === record.topic);
  if (input === undefined) return { ...nothing, document, plan, why: `Version ${version} does not read “${record.topic}”.` };
  const recordings: Recording[] = await store.recordings.list(flow);
  const origin: Position = { topic: record.topic, partition: record.partition, offset: String(record.offset) };
  const { key, value, headers, timestamp } = record;
  const message = { node: input.node, key, value, headers, timestamp, origin };
  const run = async (seed: number, now?: number): Promise<TrialOutcome | undefined> => {
    const timed = now === undefined;
    const spec = { plan, calls: '{}', recordings, mayCall: [], secrets: {}, seed, timed, ...(now !== undefined && { now }) };
    const trial = await runner.open(spec, { ms: rerunMs });
    try {
      const [outcome] = await outcomesOf(trial, [message]);
      if (outcome === undefined) return undefined;
      const took = outcome.arrived.reduce((sum, { ms = 0 }) => sum + ms, 0);
      const isQuick = timed && took < warm.ms && (value?.byteLength ?? 0) < warm.bytes;
      const again = isQuick
        ? await outcomesOf(
            trial,
            Array.from({ length: warm.rounds }, () => message),
          )
        : [];
      return asItCame(withTimes(outcome, again), value);
    } finally {
      await trial.close();
    }
  };
  try {
    return {
      document,
      plan,
      outcome: await run(1),
      why: undefined,
      again: () => run(2, timestamp + 86_400_001),
    };
  } catch (error) {
    if (error instanceof TrialRefused || error instanceof TrialStopped || error instanceof TrialBusy)
      return { ...nothing, document, plan, why: error.message };
    throw error;
  }
}

/** All outcomes, to the end: a Try that is broken off costs its thread, which the next one could use. */
async function outcomesOf(trial: OpenTrial, inputs: TrialInput[]): Promise<TrialOutcome[]> {
  const all: TrialOutcome[] = [];
  for await (const outcomes of trial.run(inputs)) all.push(...outcomes);
  return all;
}

/**
 * The median of what each node took over all runs. None for nodes that asked the world: their answers were recorded, so how
 * long they waited is not known; nor where chance had another run go another way.
 */
function withTimes(outcome: TrialOutcome, again: readonly TrialOutcome[]): TrialOutcome {
  const asked = new Set(outcome.calls.map(({ node }) => node));
  const alike = again.filter(
    ({ arrived }) => arrived.length === outcome.arrived.length && arrived.every(({ node }, at) => node === outcome.arrived[at]?.node),
  );
  const arrived = outcome.arrived.map(({ node, record }, at) => {
    const times = [outcome, ...alike].flatMap((one) => one.arrived[at]?.ms ?? []).sort((a, b) => a - b);
    const ms = times[Math.floor(times.length / 2)];
    return { node, record, ...(ms !== undefined && !asked.has(node) && { ms: Math.round(ms * 1000) / 1000 }) };
  });
  return { ...outcome, arrived };
}

/** The message that came in with the digits in which it stands in its topic, `1.10`, where the flow itself reads numbers. */
function asItCame(outcome: TrialOutcome, value: KafkaRecord['value']): TrialOutcome {
  const [entered, ...rest] = outcome.records;
  if (entered === undefined || value === null || entered.encoding !== undefined || entered.text !== undefined || !isUtf8(value))
    return outcome;
  const text = Buffer.from(value).toString('utf8');
  const written = stringifyJson(entered.value);
  try {
    if (text === written || stringifyJson(parseJson(text)) !== written) return outcome;
  } catch (error) {
    // A text that is no JSON is its own value.
    if (error instanceof SyntaxError) return outcome;
    throw error;
  }
  return { ...outcome, records: [{ ...entered, text }, ...rest] };
}

/** Outputs that a run made, by {@link outputName}. */
export function madeOutputs({ records }: TrialOutcome, sinks: ReadonlySet<string>): Map<string, TrialRecord> {
  const made = new Map<string, TrialRecord>();
  for (const record of records) {
    if (record.port === 'in' && record.topic !== undefined && sinks.has(record.node))
      made.set(outputName(record.node, Number(record.headers[header.index] ?? 0)), record);
  }
  return made;
}

/** What names an output of a message for ever. */
export function outputName(sink: string, index: number): string {
  return `${sink} ${index}`;
}

/** Whether what a run made has the key and value of what stands there; how JSON is spelled makes no difference. */
export function isSame(made: TrialRecord, { key, value }: Pick<KafkaRecord, 'key' | 'value'>): boolean {
  const name = key === null ? null : textOf(isUtf8(key) ? Buffer.from(key).toString('utf8') : key);
  if (made.key !== name) return false;
  if (made.value === null || value === null) return made.value === null && value === null;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (made.encoding === 'base64') return Buffer.from(String(made.value), 'base64').equals(bytes);
  const text = bytes.toString('utf8');
  if (text === (made.text ?? stringifyJson(made.value)) || text === made.value) return true;
  try {
    return canonicalJson(parseJson(text)) === canonicalJson(made.value);
  } catch (error) {
    // Not JSON, or nested too deep to be compared: then it is not what was made.
    if (error instanceof SyntaxError || error instanceof RangeError) return false;
    throw error;
  }
}

/** Whether two runs made the same of it. */
export function isEqual(one: TrialRecord, other: TrialRecord | undefined): boolean {
  const content = ({ key, value, encoding }: TrialRecord) => stringifyJson([key, value, encoding ?? '']);
  return other !== undefined && content(one) === content(other);
}

/** Name of a place, for notes. */
export function placeText(position: Position): string {
  return formatPosition(position).replace(/\/(\d+)$/, '@$1');
}
