import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Response } from 'express';
import type { Flow } from '#shared/flow.ts';
import { type FindProgress, type FindReport, type FoundMessage, previewOf, sampleLimits, sampleSize } from '#shared/sample.ts';
import { createMasker, type Masker } from '#shared/sample-masks.ts';
import type { FindRequest } from '#shared/sample-schemas.ts';
import { deadLetterTopicOf, topicOf } from '../compile.ts';
import type { Finding } from '../runtime/runtime.ts';
import type { AppDeps } from './deps.ts';
import { asked, Refusal } from './refusal.ts';

/** Characters of a value that is shown without being read as JSON first, because that would take long. */
const cutAt = 64 * 1024;
const largeValue = 256 * 1024;

/**
 * Looks for messages for a flow's workspace, masked as they would be stored. Nothing is stored. Topics of the flow that
 * are not there yet are passed over; refuses when none is. `onProgress` hears sums over all topics.
 */
export async function findForFlow(
  { store, runtime, catalog }: AppDeps,
  id: string,
  request: FindRequest,
  signal: AbortSignal,
  onProgress?: (progress: FindProgress) => void,
): Promise<FindReport[]> {
  const { flow } = await store.flows.get(id);
  const topics = topicsOf(flow, request, catalog);
  const masker = createMasker((await store.samples.masks(id)).masks);
  const { how, count, bounds, since, until, before } = request;
  const share = (bound: number): number => Math.max(1, Math.floor(bound / topics.length));
  const spec = {
    how,
    count,
    bounds: { messages: share(bounds.messages), bytes: share(bounds.bytes), ms: share(bounds.ms) },
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(before && { before }),
  };
  const reports: FindReport[] = [];
  for (const topic of topics) {
    const before = { messages: 0, bytes: 0, ms: 0, found: 0 };
    for (const { scanned, messages } of reports) {
      before.messages += scanned.messages;
      before.bytes += scanned.bytes;
      before.ms += scanned.ms;
      before.found += messages.length;
    }
    const heard =
      onProgress &&
      ((now: FindProgress) =>
        onProgress({
          topic,
          messages: before.messages + now.messages,
          bytes: before.bytes + now.bytes,
          ms: before.ms + now.ms,
          found: before.found + now.found,
        }));
    const finding = await asked('kafka/refused', runtime.findMessages({ ...spec, topic }, signal, heard));
    if (finding) reports.push(await shown(finding, masker));
  }
  if (reports.length > 0) return reports;
  const names = topics.map((topic) => `"${topic}"`).join(' and ');
  if (request.topic !== undefined) throw new Refusal(404, 'request/unknown', `There is no topic ${names}.`);
  const message = request.deadLetters
    ? 'This flow has no topic of dead letters yet: it is made when the flow is deployed.'
    : `No message has come yet: ${names} does not exist. Deploy the flow, or make the topic.`;
  throw new Refusal(409, 'samples/no-topic', message);
}

/** Runs something that ends when the client leaves; what it throws then goes nowhere, and the answer too. */
export async function untilClosed<T>(response: Response, run: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const left = new AbortController();
  const leave = (): void => left.abort();
  response.once('close', leave);
  try {
    return await run(left.signal);
  } catch (error) {
    if (left.signal.aborted) return undefined;
    throw error;
  } finally {
    response.off('close', leave);
  }
}

/** Refuses what is no topic of messages: Kafka's own bookkeeping. */
export function requireReadable(topic: string): void {
  if (topic.startsWith('__'))
    throw new Refusal(403, 'samples/internal', `"${topic}" is Kafka's own bookkeeping: there are no messages in it.`);
}

function topicsOf(flow: Flow, request: FindRequest, { catalog }: AppDeps['catalog']): string[] {
  if (request.topic !== undefined) {
    requireReadable(request.topic);
    return [request.topic];
  }
  if (request.deadLetters) return [deadLetterTopicOf(flow.id)];
  const types = new Map(catalog.types.map((type) => [type.type, type]));
  const kindOf = (node: Flow['nodes'][number]) => types.get(node.type)?.kind;
  const nodes = flow.nodes.filter((node) => (request.node === undefined ? kindOf(node) === 'source' : node.id === request.node));
  if (nodes.length === 0) {
    if (request.node !== undefined) throw new Refusal(404, 'request/unknown', `This flow has no node "${request.node}".`);
    throw new Refusal(409, 'samples/no-source', 'This flow has no source yet, so it reads no topic: add one, or name a topic.');
  }
  const withTopic = nodes.filter((node) => kindOf(node) === 'source' || kindOf(node) === 'sink');
  if (withTopic.length === 0) {
    throw new Refusal(409, 'samples/no-topic', `The node "${request.node}" has no topic of its own: choose a source or a sink.`);
  }
  const found = withTopic.flatMap((node) => {
    const field = types.get(node.type)?.topic?.field;
    const topic = field === undefined ? topicOf(flow.id, node.id) : node.config[field];
    return typeof topic === 'string' && topic !== '' ? [topic] : [];
  });
  if (found.length === 0) {
    throw new Refusal(409, 'samples/no-topic', 'No topic is chosen yet: choose one in the settings of the node.');
  }
  return [...new Set(found)];
}

/** A finding as it may be shown: masked, with previews. */
export async function shown({ messages, ...rest }: Finding, masker: Masker): Promise<FindReport> {
  const found: FoundMessage[] = [];
  for (const { position, message, dead } of messages) {
    // One by one with a turn for others in between: a hundred large messages would hold everybody up.
    await nextTurn();
    const large = (message.value?.text.length ?? 0) > largeValue;
    const { message: masked, masked: places } = masker(large ? { ...message, value: previewOf(message.value, cutAt) } : message);
    const preview = previewOf(masked.value, 2000);
    found.push({
      position,
      timestamp: message.timestamp,
      key: masked.key,
      headers: masked.headers,
      preview,
      truncated: large || preview?.text.length !== masked.value?.text.length,
      size: sampleSize(message),
      masked: places,
      ...(dead && { error: dead }),
    });
  }
  return { ...rest, messages: found };
}

/** Refuses samples that are too large, all in one answer. */
export function requireSize(samples: readonly { name: string; size: number }[]): void {
  const large = samples.filter(({ size }) => size > sampleLimits.bytes);
  if (large.length === 0) return;
  const most = `a sample has at most ${sampleLimits.bytes / 1024} KB`;
  const problems = large.map(({ name, size }) => ({
    code: 'sample/too-large',
    severity: 'error' as const,
    message: `“${name}” has ${Math.ceil(size / 1024)} KB; ${most}.`,
  }));
  throw new Refusal(413, 'sample/too-large', problems.map(({ message }) => message).join(' '), { problems });
}
