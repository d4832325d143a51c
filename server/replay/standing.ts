import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { canonicalJson } from '#shared/canonical.ts';
import { parseJson } from '#shared/json.ts';
import { header, parsePosition } from '#shared/message.ts';
import type { KafkaPort, OutRecord } from '../kafka/port.ts';
import { type Stretch, within } from './stretches.ts';

/** One output as it stands in a sink's topic. */
export interface StandingOutput {
  /** Of key and value; equal JSON data give the same, however they are written. */
  hash: string;
  partition: number;
  offset: bigint;
}

/** What stands in the sinks' topics of the messages of a range: the newest of each output, and not what the sink has refused. */
export interface Standing {
  /** By ordinal; undefined where nothing stands. */
  of(sink: string, origin: string): ReadonlyMap<number, StandingOutput> | undefined;
  /** False when there was more than could be looked at. */
  complete: boolean;
}

/** Names of outputs cost memory; more than this are not compared. */
export const mostStanding = 1_500_000;

/**
 * Reads the topics of sinks for what came of a range. Reads without a group.
 * @param topics the topic of each sink
 * @param since ms since 1970: nothing of the range was written before
 * @param refused positions in sinks' topics that ended as dead letters of their deliver stage
 * @param late when it fires, what was found until then is given, as not complete
 */
export async function readStanding(
  kafka: KafkaPort,
  {
    flow,
    topics,
    stretches,
    since,
    refused,
    late,
  }: {
    flow: string;
    topics: ReadonlyMap<string, string>;
    stretches: readonly Stretch[];
    since: number;
    refused: ReadonlySet<string>;
    late?: AbortSignal;
  },
  signal: AbortSignal,
): Promise<Standing> {
  const over = late ? AbortSignal.any([signal, late]) : signal;
  const inRange = within(stretches);
  const found = new Map<string, Map<string, Map<number, StandingOutput>>>();
  let count = 0;
  let complete = true;
  const mine = `${flow}@`;
  const admin = kafka.admin();
  try {
    for (const [sink, topic] of topics) {
      const origins = new Map<string, Map<number, StandingOutput>>();
      found.set(sink, origins);
      if ((await admin.offsets(topic)) === undefined) continue;
      const from = await admin.offsetsAt(topic, since);
      for await (const { records } of kafka.read({ topic, from, signal: over })) {
        for (const { headers, key, value, partition, offset } of records) {
          const origin = headers[header.origin];
          const made = headers[header.flow];
          if (typeof origin !== 'string' || typeof made !== 'string' || !made.startsWith(mine)) continue;
          const at = parsePosition(origin);
          if (at === undefined || !inRange(at.topic, at.partition, BigInt(at.offset))) continue;
          if (refused.has(`${topic}/${partition}/${offset}`)) continue;
          if (count >= mostStanding) {
            complete = false;
            break;
          }
          const outputs = origins.get(origin) ?? new Map<number, StandingOutput>();
          const index = ordinalOf(headers[header.index]);
          if (!outputs.has(index)) count++;
          outputs.set(index, { hash: hashOf(key, value), partition, offset });
          origins.set(origin, outputs);
        }
        if (!complete) break;
      }
      signal.throwIfAborted();
      if (late?.aborted) complete = false;
    }
  } finally {
    await admin.close();
  }
  return { of: (sink, origin) => found.get(sink)?.get(origin), complete };
}

/** The ordinal of an output: `2`, and of one made again `2~3`. */
export function ordinalOf(index: string | Uint8Array | undefined): number {
  const number = typeof index === 'string' ? Number.parseInt(index, 10) : 0;
  return Number.isNaN(number) ? 0 : number;
}

/** What of an output's key and value decides whether two are the same. */
export function hashOf(key: OutRecord['key'], value: OutRecord['value']): string {
  const hash = createHash('md5');
  hash.update(key === null ? '\0' : key).update('\n');
  hash.update(value === null ? '\0' : plain(value));
  return hash.digest('base64');
}

/** JSON in one spelling; anything else as it is. */
function plain(value: string | Uint8Array): string | Uint8Array {
  const bytes = typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (typeof bytes !== 'string' && !isUtf8(bytes)) return bytes;
  const text = typeof bytes === 'string' ? bytes : bytes.toString('utf8');
  try {
    return canonicalJson(parseJson(text));
  } catch (error) {
    if (error instanceof Error) return text;
    throw error;
  }
}
