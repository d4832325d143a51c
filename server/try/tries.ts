import { createHash } from 'node:crypto';
import type { Flow } from '#shared/flow.ts';
import { stringifyJson } from '#shared/json.ts';
import { type Position, parsePosition } from '#shared/message.ts';
import type { Plan, PlanNode, StageInput, TransformStage } from '#shared/plan.ts';
import type { SampleBytes, SavedSample } from '#shared/sample.ts';
import type { TrialRequest, TrialResult } from '#shared/trial.ts';
import type { LoadedCatalog } from '../catalog.ts';
import { compile } from '../compile.ts';
import type { Recording } from './calls.ts';
import { type InputPlace, inputOfMessage, inputOfSample, type TrialInput } from './input.ts';
import { collect } from './result.ts';
import { type TrialOutcome, TrialRefused, transformOf } from './trial.ts';
import type { TrialSpec } from './trial-protocol.ts';
import { type TrialRunner, TrialStopped } from './trial-runner.ts';

/** A sample with its value. */
export type TriedSample = SavedSample & { value: SampleBytes | null };

/** Everything that one Try needs from the store. */
export interface TryAsk {
  flow: Flow;
  /** What was asked; its flow and the ids of its samples have been looked up. */
  request: Omit<TrialRequest, 'flow' | 'samples'>;
  samples: readonly TriedSample[];
  recordings: readonly Recording[];
  /** Whether whoever asks may let a node really call. `open`: its settings let everybody who may try. */
  mayCall(node: PlanNode, open: boolean): boolean;
  /** All secrets; asked for only when a node may really call. */
  secrets(): Promise<Record<string, string>>;
}

/** Tries flows over samples. */
export interface Tries {
  /**
   * Problems of the flow, and what ends a Try before its end, stand in the result.
   * @returns also the answers of real calls, without secrets but not masked
   * @throws TrialBusy; TrialStopped when the signal fires; Error with a sentence when the flow has no such source
   */
  run(ask: TryAsk, signal: AbortSignal): Promise<{ result: TrialResult; recorded: Recording[] }>;
}

/** Characters of one value, and of all results of one Try, that are shown. */
const valueLimit = 256 * 1024;
const resultLimit = 64 * 1024 * 1024;
/** Inputs of which the results are kept for the next Try, in bytes. */
const rememberBytes = 4 * 1024 * 1024;

export function createTries({ runner, catalog }: { runner: TrialRunner; catalog: LoadedCatalog }): Tries {
  return {
    async run(ask, signal) {
      const started = performance.now();
      const { request } = ask;
      const seed = request.seed ?? 1;
      const { plan, problems } = compile(ask.flow, catalog, 0);
      const empty: TrialResult = {
        problems: [],
        hash: plan?.hash ?? '',
        inputs: [],
        records: [],
        nodes: {},
        unreached: [],
        reused: [],
        ...(request.now !== undefined && { now: request.now }),
        seed,
        ms: 0,
      };
      const took = () => Math.round(performance.now() - started);
      if (plan === undefined) return { result: { ...empty, problems, ms: took() }, recorded: [] };

      const stage = transformOf(plan);
      const { inputs, names } = inputsOf(stage, ask);
      const recorded: Recording[] = [];
      const outcomes: TrialOutcome[] = [];
      let reused: readonly string[] = [];
      let stopped: TrialResult['problems'] = [];
      try {
        const spec = await specOf(plan, stage, ask, inputs, seed, catalog);
        const trial = await runner.open(spec, { signal, textLimit: resultLimit, record: (recording) => void recorded.push(recording) });
        ({ reused } = trial);
        try {
          for await (const some of trial.run(inputs)) outcomes.push(...some);
        } finally {
          await trial.close();
        }
      } catch (error) {
        if (error instanceof TrialRefused) return { result: { ...empty, problems: error.problems, ms: took() }, recorded };
        if (!(error instanceof TrialStopped) || error.why === 'aborted') throw error;
        stopped = [error.problem];
      }
      const result = {
        ...empty,
        ...collect(plan, catalog.catalog.types, outcomes),
        problems: stopped,
        inputs: outcomes.flatMap(({ input, arrived }) => {
          const one = names[input];
          const first = arrived[0];
          return one && first ? [{ ...one, record: first.record }] : [];
        }),
        reused: [...reused],
        ms: took(),
      };
      return { result, recorded };
    },
  };
}

async function specOf(
  plan: Plan,
  stage: TransformStage,
  ask: TryAsk,
  inputs: readonly TrialInput[],
  seed: number,
  { types }: LoadedCatalog,
): Promise<TrialSpec> {
  const { calls = {}, now } = ask.request;
  const isOpen = ({ type, config }: PlanNode): boolean => {
    const known = types.get(type);
    return known?.kind === 'transform' && known.openInTry?.(config) === true;
  };
  const mayCall = stage.nodes.filter((node) => calls[node.id]?.mode === 'real' && ask.mayCall(node, isOpen(node))).map(({ id }) => id);
  return {
    plan,
    calls: stringifyJson(calls) ?? '{}',
    recordings: ask.recordings,
    mayCall,
    secrets: mayCall.length > 0 ? await ask.secrets() : {},
    ...(now !== undefined && { now }),
    seed,
    valueLimit,
    ...(bytesOf(inputs) <= rememberBytes && { remember: { inputs: contentOf(inputs) } }),
  };
}

/** Samples first, then messages, each at its source. @throws Error when the named node is no source */
function inputsOf(stage: TransformStage, ask: TryAsk): { inputs: TrialInput[]; names: { sample?: string; name: string; node: string }[] } {
  const { request, samples } = ask;
  const inputs: TrialInput[] = [];
  const names: { sample?: string; name: string; node: string }[] = [];
  const place = (source: StageInput): InputPlace => ({
    node: source.node,
    topic: source.topic,
    index: inputs.length,
    now: request.now ?? Date.now(),
  });
  for (const sample of samples) {
    const position = positionOf(sample, samples);
    const source = sourceFor(stage, request.node, position?.topic);
    // A pasted message has no time of its own: the time at which it was taken stays the same from Try to Try.
    const at = { ...place(source), now: request.now ?? Date.parse(sample.createdAt) };
    inputs.push(inputOfSample(sample, position, at));
    names.push({ sample: sample.id, name: sample.name, node: source.node });
  }
  for (const [at, message] of (request.messages ?? []).entries()) {
    const source = sourceFor(stage, request.node, undefined);
    inputs.push(inputOfMessage(message, place(source)));
    names.push({ name: message.name ?? `Message ${at + 1}`, node: source.node });
  }
  return { inputs, names };
}

/** Where a sample stands in its topic; of a derived one, where the sample stands that it was made of. */
function positionOf({ origin }: SavedSample, samples: readonly SavedSample[]): Position | undefined {
  if (origin.kind === 'topic') return parsePosition(origin.position);
  if (origin.kind === 'dead-letter') return parsePosition(origin.of);
  if (origin.kind !== 'derived') return undefined;
  const parent = samples.find(({ id, origin: { kind } }) => id === origin.of && kind !== 'derived');
  return parent && positionOf(parent, samples);
}

function sourceFor(stage: TransformStage, asked: string | undefined, topic: string | undefined): StageInput {
  if (asked === undefined) return stage.inputs.find((input) => input.topic === topic) ?? (stage.inputs[0] as StageInput);
  const found = stage.inputs.find(({ node }) => node === asked);
  if (found === undefined) throw new Error(`“${asked}” is not a source of this flow; name one of its source nodes.`);
  return found;
}

function bytesOf(inputs: readonly TrialInput[]): number {
  return inputs.reduce((sum, { value }) => sum + (value?.byteLength ?? 0), 0);
}

/** Hash of everything that enters, in its order. */
function contentOf(inputs: readonly TrialInput[]): string {
  const hash = createHash('sha256');
  for (const { key, value, ...rest } of inputs) {
    const texts = Object.entries(rest.headers).map(([name, content]) => [
      name,
      typeof content === 'string' ? content : Buffer.from(content).toString('base64'),
    ]);
    hash.update(JSON.stringify([rest.node, rest.timestamp, rest.origin, texts, key?.byteLength ?? null, value?.byteLength ?? null]));
    if (key) hash.update(key);
    if (value) hash.update(value);
  }
  return hash.digest('hex');
}
