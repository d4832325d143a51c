import { isUtf8 } from 'node:buffer';
import { type Hide, hider } from '#shared/comparison/example.ts';
import { header } from '#shared/message.ts';
import type { ReplaySample } from '#shared/replay.ts';
import type { SampleMessage } from '#shared/sample.ts';
import type { Masker } from '#shared/sample-masks.ts';
import type { KafkaPort, KafkaRecord, OutRecord } from '../kafka/port.ts';
import { readMessage } from '../runtime/sample-message.ts';
import type { Difference } from './differ.ts';
import type { Made } from './message-run.ts';
import { ordinalOf, type Standing } from './standing.ts';

/** A message of a survey that is shown. */
export interface Example {
  record: KafkaRecord;
  made: Made;
  difference: Pick<Difference, 'class' | 'changed' | 'surplus'>;
}

export interface ExampleDeps {
  standing: Standing;
  topics: ReadonlyMap<string, string>;
  masker: Masker;
  signal: AbortSignal;
}

/** Shown text is cut here. */
const mostText = 8_000;
/** Larger values are not read for an example. */
const largest = 512 * 1024;

/**
 * What stands and what would be made, masked: what a mask hides in the message that came in is hidden wherever it stands in
 * what was made of it.
 */
export async function exampleOf(
  kafka: KafkaPort,
  { record, made, difference }: Example,
  deps: ExampleDeps,
): Promise<ReplaySample['examples'][number]> {
  const source: SampleMessage = readMessage(record).message;
  const masked = deps.masker(source).message;
  const hide = hider(source, masked);
  const origin = `${record.topic}/${record.partition}/${record.offset}`;
  const failure = made.failures[0];
  const changed = difference.changed[0];
  const sink = changed?.sink ?? difference.surplus[0] ?? failure?.node ?? '';
  const index = ordinalOf(changed?.record.headers?.[header.index]);
  const stands = deps.standing.of(sink, origin)?.get(index);
  const topic = deps.topics.get(sink);
  const before = stands && topic !== undefined ? await valueAt(kafka, topic, stands.partition, stands.offset, deps.signal) : undefined;
  return {
    origin,
    key: masked.key === null ? null : cut(masked.key.text),
    sink,
    class: difference.class === 'same' ? 'changed' : difference.class,
    ...(before !== undefined && { before: shown(before, deps.masker, hide) }),
    ...(changed && { after: shown(changed.record.value, deps.masker, hide) }),
    ...(failure && { error: { code: failure.code, message: cut(hide(failure.message)), node: failure.node } }),
  };
}

async function valueAt(
  kafka: KafkaPort,
  topic: string,
  partition: number,
  offset: bigint,
  signal: AbortSignal,
): Promise<OutRecord['value'] | undefined> {
  const ranges = { from: new Map([[partition, offset]]), to: new Map([[partition, offset + 1n]]) };
  for await (const { records } of kafka.read({ topic, ...ranges, signal })) {
    for (const record of records) if (record.partition === partition && record.offset === offset) return record.value;
  }
  return undefined;
}

function shown(value: OutRecord['value'], masker: Masker, hide: Hide): string {
  if (value === null) return 'null';
  const bytes = Buffer.from(value);
  if (!isUtf8(bytes)) return `(${bytes.byteLength} bytes)`;
  if (bytes.byteLength > largest) return `(${Math.ceil(bytes.byteLength / 1024)} KB)`;
  const text = bytes.toString('utf8');
  const { message } = masker({ key: null, headers: {}, timestamp: 0, value: { text, encoding: 'utf8' } });
  return cut(hide(message.value?.text ?? text));
}

function cut(text: string): string {
  return text.length > mostText ? `${text.slice(0, mostText)}…` : text;
}
