import { type Position, parsePosition } from '#shared/message.ts';
import { type SampleBytes, type SampleMessage, type SampleOrigin, sampleSize } from '#shared/sample.ts';
import { edgeCasesOf } from '#shared/sample-edge-cases.ts';
import { createMasker } from '#shared/sample-masks.ts';
import { splitPasted } from '#shared/sample-paste.ts';
import type { TakeRequest, TakeResult } from '#shared/sample-schemas.ts';
import type { AppDeps } from './deps.ts';
import { asked, Refusal } from './refusal.ts';
import { requireReadable, requireSize } from './sample-find.ts';

interface Taken {
  name: string;
  origin: SampleOrigin;
  message: SampleMessage;
}

/** Takes samples into a flow's workspace: masks them with the masks that stand, then stores them, all or none. */
export async function takeSamples(
  deps: AppDeps,
  flow: string,
  request: TakeRequest,
  who: string,
  signal: AbortSignal,
): Promise<TakeResult> {
  const { store } = deps;
  await store.flows.revision(flow);
  const { taken, missing } =
    request.from === 'topic'
      ? await fromTopic(deps, request.positions, signal)
      : { taken: request.from === 'edge-cases' ? await fromSample(deps, flow, request) : fromText(request), missing: [] };
  const samples = await store.samples.add(flow, who, (masks) => {
    const masker = createMasker(masks);
    const masked = taken.map(({ name, origin, message }) => {
      const result = masker(message);
      return { name: request.from === 'topic' ? nameByKey(result.message.key, name) : name, origin, ...result };
    });
    requireSize(masked.map(({ name, message }) => ({ name, size: sampleSize(message) })));
    return masked;
  });
  return { samples, missing };
}

/** The server reads the messages itself, so what is masked never leaves it. */
async function fromTopic(
  { runtime }: AppDeps,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<{ taken: Taken[]; missing: string[] }> {
  const positions = texts.map((text): Position => {
    const position = parsePosition(text);
    if (position && /^[\w.-]{1,249}$/.test(position.topic) && position.offset.length < 19 && position.partition < 1e6) return position;
    throw new Refusal(400, 'sample/position', `"${text}" is no position: write topic/partition/offset, such as orders/0/4711.`);
  });
  for (const { topic } of positions) requireReadable(topic);
  const found = await asked('kafka/refused', runtime.messagesAt(positions, signal));
  const there = new Set(found.map(({ position }) => position));
  const missing = texts.filter((text) => !there.has(text));
  if (found.length === 0) {
    const message = `Nothing stands at ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ' …' : ''}: it went with retention or compaction, or was never committed.`;
    throw new Refusal(404, 'sample/gone', message);
  }
  return {
    missing,
    taken: found.map(({ position, message, dead }) => ({
      name: position,
      origin: dead ? { kind: 'dead-letter', position, of: dead.of, code: dead.code } : { kind: 'topic', position },
      message,
    })),
  };
}

/** A message goes by its key, as people know it, and its place; by its whole position where there is no key to read. */
function nameByKey(key: SampleBytes | null, position: string): string {
  const place = parsePosition(position);
  if (!place || key?.encoding !== 'utf8' || !/^[^\p{C}]{1,80}$/u.test(key.text) || key.text.trim() === '') return position;
  return `${key.text} (${place.partition}/${place.offset})`;
}

function fromText(request: Extract<TakeRequest, { text: string }>): Taken[] {
  const { name = request.from === 'paste' ? 'Pasted' : (request.file ?? 'Uploaded'), key = null, headers = {}, timestamp = null } = request;
  const origin: SampleOrigin =
    request.from === 'paste' ? { kind: 'pasted' } : { kind: 'uploaded', ...(request.file !== undefined && { file: request.file }) };
  const values = valuesOf(request);
  const rest = {
    key: key === null ? null : utf8(key),
    headers: Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, utf8(value)])),
    timestamp,
  };
  return values.map((value, index) => ({
    name: values.length === 1 ? name : `${name} ${index + 1}`,
    origin,
    message: { ...rest, value },
  }));
}

function valuesOf({ format, text, split }: Extract<TakeRequest, { text: string }>): SampleBytes[] {
  if (format === 'base64') {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text)
      throw new Refusal(400, 'sample/not-base64', 'The text is not base64 with its padding, without line breaks.');
    const decoded = bytes.toString('utf8');
    // Bytes that are text are kept as text, so that they can be read and searched.
    return [Buffer.from(decoded).equals(bytes) ? utf8(decoded) : { text, encoding: 'base64' }];
  }
  const result = splitPasted(text, format, split);
  if ('values' in result) return result.values.map(utf8);
  throw new Refusal(400, result.problems[0]?.code ?? 'sample/text', result.problems.map(({ message }) => message).join(' '), result);
}

async function fromSample({ store }: AppDeps, flow: string, request: Extract<TakeRequest, { cases: string[] }>): Promise<Taken[]> {
  const sample = await store.samples.get(flow, request.sample);
  const cases = new Map(edgeCasesOf(textOf(sample.value)).cases.map((one) => [one.id, one]));
  return request.cases.map((id) => {
    const found = cases.get(id);
    if (!found) throw new Refusal(404, 'request/unknown', `The sample “${sample.name}” has no edge case "${id}".`);
    return {
      name: `${sample.name}: ${found.name}`.slice(0, 200),
      origin: { kind: 'derived', of: sample.id, edgeCase: found.id },
      message: {
        key: sample.key,
        headers: sample.headers,
        timestamp: sample.timestamp,
        value: found.value === null ? null : utf8(found.value),
      },
    };
  });
}

/** The text of a value; null for one that is none. */
export function textOf(value: SampleBytes | null): string | null {
  return value?.encoding === 'utf8' ? value.text : null;
}

const utf8 = (text: string): SampleBytes => ({ text, encoding: 'utf8' });
