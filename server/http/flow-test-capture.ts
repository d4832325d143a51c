import type { Flow } from '#shared/flow.ts';
import { captureFlowTest } from '#shared/flow-test/capture.ts';
import { evaluateFlowTest } from '#shared/flow-test/evaluate.ts';
import type { CaptureRequest, CaptureResult } from '#shared/flow-test/listing.ts';
import { type FlowTest, flowTestId, type TestSample } from '#shared/flow-test.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { type Position, parsePosition } from '#shared/message.ts';
import { nodeNames } from '#shared/node-name.ts';
import type { SampleBytes, SampleMessage, SampleOrigin } from '#shared/sample.ts';
import { createMasker } from '#shared/sample-masks.ts';
import type { TrialMessage, TrialResult } from '#shared/trial.ts';
import type { AppDeps } from './deps.ts';
import { asked, Refusal } from './refusal.ts';
import { requireReadable } from './sample-find.ts';

/**
 * Proposes a case: takes messages, masked as samples are, tries them twice, and expects what came of them. Nothing is
 * stored.
 */
export async function proposeTest(deps: AppDeps, flow: Flow, request: CaptureRequest, signal: AbortSignal): Promise<CaptureResult> {
  const { flowTests, catalog } = deps;
  const { samples, missing, masked } = await samplesOf(deps, flow, request, signal);
  const calls = await callsOf(deps, flow, request, samples, signal);
  const base = {
    samples,
    ...(request.now !== undefined && { now: new Date(request.now).toISOString() }),
    ...(request.seed !== undefined && { seed: request.seed }),
    ...(calls && { calls }),
  };
  const { trial, again } = await flowTests.twice(flow, base, { signal });
  const [stopped] = trial.problems.filter(({ severity }) => severity === 'error');
  if (stopped) {
    throw new Refusal(422, 'test/not-run', `No test can be made of this: ${stopped.message}`, { problems: trial.problems });
  }
  const test = captureFlowTest(flow, {
    name: request.name,
    ...(request.note !== undefined && { note: request.note }),
    ...base,
    trial,
    again,
  });
  const label = nodeNames(flow.nodes, catalog.types);
  return {
    test,
    result: { id: flowTestId(test.name), ...evaluateFlowTest(test, trial, label), ms: trial.ms },
    volatile: test.expect.flatMap((one) => ('ignore' in one && one.ignore ? [{ node: one.node, paths: one.ignore }] : [])),
    labels: Object.fromEntries(flow.nodes.map(({ id }) => [id, label(id)])),
    missing,
    masked,
    problems: again.problems,
  };
}

async function samplesOf(
  { store, runtime }: AppDeps,
  flow: Flow,
  { samples: ids = [], positions: texts = [], messages = [], node, now }: CaptureRequest,
  signal: AbortSignal,
): Promise<{ samples: TestSample[]; missing: string[]; masked: number }> {
  const { masks } = await store.samples.masks(flow.id);
  const masker = createMasker(masks);
  const source = node === undefined ? {} : { node };
  const samples: TestSample[] = [];
  for (const id of ids) {
    const { name, origin, createdAt, ...message } = await store.samples.get(flow.id, id);
    // As a Try does: a pasted message has the time at which it was taken.
    const at = now ?? message.timestamp ?? Date.parse(createdAt);
    samples.push({ name, ...source, ...placeOf(origin), ...contentOf(message, at) });
  }
  let masked = 0;
  const positions = texts.map(readablePosition);
  const found = positions.length === 0 ? [] : await asked('kafka/refused', runtime.messagesAt(positions, signal));
  for (const { position, message, dead } of found) {
    const result = masker(message);
    masked += result.masked;
    const origin: SampleOrigin = dead ? { kind: 'dead-letter', position, of: dead.of, code: dead.code } : { kind: 'topic', position };
    samples.push({ name: position, ...source, ...placeOf(origin), ...contentOf(result.message, message.timestamp ?? now ?? Date.now()) });
  }
  for (const message of messages) {
    const result = maskedMessage(message, masker);
    masked += result.masked;
    samples.push({
      ...(message.name !== undefined && { name: message.name }),
      ...source,
      ...contentOf(result.message, now ?? message.timestamp ?? Date.now(), message.encoding),
    });
  }
  const there = new Set(found.map(({ position }) => position));
  const missing = texts.filter((text) => !there.has(text));
  if (samples.length === 0) {
    throw new Refusal(404, 'sample/gone', `Nothing stands at ${missing.join(', ')} any more: it went with retention or compaction.`);
  }
  return { samples, missing, masked };
}

function readablePosition(text: string): Position {
  const position = parsePosition(text);
  if (!position || !/^[\w.-]{1,249}$/.test(position.topic) || position.offset.length > 18 || position.partition > 1e6) {
    throw new Refusal(400, 'sample/position', `“${text}” is no position: write topic/partition/offset, such as orders/0/4711.`);
  }
  requireReadable(position.topic);
  return position;
}

/** The topic and place that the message came from; of a dead letter those of the message that it holds. */
function placeOf(origin: SampleOrigin): Pick<TestSample, 'topic' | 'origin'> {
  const text = origin.kind === 'topic' ? origin.position : origin.kind === 'dead-letter' ? origin.of : undefined;
  const position = text === undefined ? undefined : parsePosition(text);
  return position && text !== undefined ? { topic: position.topic, origin: text } : {};
}

/** The message as the file of a case holds it: JSON as JSON, other text as text, other bytes as base64. */
function contentOf(
  message: SampleMessage,
  at: number,
  encoding?: 'text' | 'base64',
): Omit<TestSample, 'name' | 'node' | 'topic' | 'origin'> {
  // A file holds headers as text; one of other bytes is left out rather than written as something else.
  const texts = Object.entries(message.headers).filter(([, { encoding: bytes }]) => bytes === 'utf8');
  const headers = Object.fromEntries(texts.map(([name, { text }]) => [name, text]));
  return {
    at: new Date(at).toISOString(),
    key: message.key?.text ?? null,
    ...(Object.keys(headers).length > 0 && { headers }),
    ...sampleValue(message.value, encoding),
  };
}

function sampleValue(value: SampleBytes | null, encoding?: 'text' | 'base64'): Pick<TestSample, 'value' | 'encoding'> {
  if (value === null) return { value: null };
  if (value.encoding === 'base64' || encoding === 'base64') return { value: value.text, encoding: 'base64' };
  if (encoding === 'text') return { value: value.text, encoding: 'text' };
  try {
    const parsed = parseJson(value.text);
    // The bytes of JSON null are a message; no value at all is a tombstone.
    return parsed === null ? { value: value.text, encoding: 'text' } : { value: parsed };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { value: value.text, encoding: 'text' };
  }
}

function maskedMessage(message: TrialMessage, masker: ReturnType<typeof createMasker>): { message: SampleMessage; masked: number } {
  const { key = null, value, encoding, headers = {} } = message;
  const utf8 = (text: string): SampleBytes => ({ text, encoding: 'utf8' });
  const content =
    value === null || value === undefined
      ? null
      : encoding !== undefined && typeof value === 'string'
        ? { text: value, encoding: encoding === 'base64' ? ('base64' as const) : ('utf8' as const) }
        : utf8(stringifyJson(value) ?? 'null');
  return masker({
    key: key === null ? null : utf8(key),
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, utf8(text)])),
    timestamp: message.timestamp ?? null,
    value: content,
  });
}

/**
 * How calls are answered in the case: fixed values as they are; recordings are copied into it, those that were asked for.
 * A real call is answered from its recording, because a test calls nothing.
 */
async function callsOf(
  { store, flowTests }: AppDeps,
  flow: Flow,
  { calls = {}, now, seed }: CaptureRequest,
  samples: TestSample[],
  signal: AbortSignal,
): Promise<FlowTest['calls'] | undefined> {
  const recordings = await store.recordings.list(flow.id);
  const all: NonNullable<FlowTest['calls']> = {};
  for (const [node, call] of Object.entries(calls)) if (call.mode === 'fixed') all[node] = call;
  for (const { node, request, what, answer } of recordings) {
    const known = (all[node] ??= { mode: 'recorded', answers: [] });
    if (known.mode === 'recorded') known.answers.push({ request, what, value: parseJson(answer) });
  }
  if (Object.keys(all).length === 0) return undefined;
  const base = { samples, calls: all, ...(now !== undefined && { now: new Date(now).toISOString() }), ...(seed !== undefined && { seed }) };
  return usedCalls(all, await flowTests.once(flow, base, { signal }));
}

function usedCalls(all: NonNullable<FlowTest['calls']>, trial: TrialResult): FlowTest['calls'] {
  const used = Object.entries(all).flatMap(([node, call]): [string, (typeof all)[string]][] => {
    const asked = new Set(trial.nodes[node]?.calls.map(({ what }) => what));
    if (asked.size === 0) return [];
    return [[node, call.mode === 'fixed' ? call : { ...call, answers: call.answers.filter(({ what }) => asked.has(what)) }]];
  });
  return Object.fromEntries(used);
}
