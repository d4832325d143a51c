import { createHash } from 'node:crypto';
import { formatPosition } from '#shared/message.ts';
import type { ReplaySpec } from '#shared/replay.ts';
import type { KafkaPort, KafkaRecord } from '../kafka/port.ts';
import { boundsOf, type Stretch, topicsOf, within } from './stretches.ts';

/** Which messages of a range are run, and which keys have gone on without them. */
export interface Selection {
  /** Why the filter does not let a message through; undefined when it does. */
  refuses(record: KafkaRecord): string | undefined;
  /** Whether a newer message of its key has passed that the replay does not run. */
  overtaken(record: KafkaRecord): boolean;
  /** Looks at what has come in since; at most once a second. */
  refresh(signal: AbortSignal): Promise<void>;
  /**
   * Whether none of these messages has been overtaken by anything that stands in its topic at the time of the call: what
   * the live flow can have seen until then. Reads on to there. False, too, when there are more keys than can be remembered.
   */
  stillNewest(records: readonly KafkaRecord[], signal: AbortSignal): Promise<boolean>;
  /** False when there were more keys than can be remembered. */
  complete: boolean;
  close(): Promise<void>;
}

/** Keys that are remembered; each takes about a hundred bytes. */
const mostKeys = 3_000_000;
const refreshMs = 1000;

/**
 * Decides by key, position and what has failed. When older states may not overwrite newer ones, it reads the keys of the
 * range and of all that came after it.
 * @param failed origins of open dead letters, where only those are wanted
 * @param left why messages are left to others, by origin
 * @param differs says before the run whether a message would be run at all, where only differing ones are
 */
export async function createSelection(
  kafka: KafkaPort,
  {
    spec,
    stretches,
    failed,
    left,
    differs,
  }: {
    spec: ReplaySpec;
    stretches: readonly Stretch[];
    failed: Pick<ReadonlySet<string>, 'has'> | undefined;
    left?: ReadonlyMap<string, string> | undefined;
    differs?: (record: KafkaRecord) => Promise<boolean>;
  },
  signal: AbortSignal,
): Promise<Selection> {
  const { filter } = spec;
  const keys = filter.keys && new Set(filter.keys);
  const positions = filter.positions && new Set(filter.positions.map(formatPosition));
  const inRange = within(stretches);
  const leaves = left !== undefined && left.size > 0;
  /** Of each key the last message that the replay does not run. */
  const last = new Map<string, number>();
  const reached = new Map<string, Map<number, bigint>>();
  const admin = kafka.admin();
  let reading = Promise.resolve();
  let refreshedAt = 0;
  let complete = true;

  function refuses(record: KafkaRecord): string | undefined {
    if (keys && (record.key === null || !keys.has(Buffer.from(record.key).toString()))) return 'another key';
    if (positions === undefined && failed === undefined && !leaves) return undefined;
    const at = `${record.topic}/${record.partition}/${record.offset}`;
    if (positions && !positions.has(at)) return 'not among the positions';
    const why = left?.get(at);
    if (why !== undefined) return why;
    return failed && !failed.has(at) ? 'has not failed' : undefined;
  }

  async function note(record: KafkaRecord): Promise<void> {
    if (record.key === null) return;
    if (inRange(record.topic, record.partition, record.offset)) {
      const runs = refuses(record) === undefined && (differs === undefined || (await differs(record)));
      if (runs) return;
    }
    const id = idOf(record);
    if (last.size >= mostKeys && !last.has(id)) complete = false;
    else last.set(id, Number(record.offset));
  }

  /** Reads on to where the topics end now. */
  async function readOn(over: AbortSignal): Promise<void> {
    for (const topic of topicsOf(stretches)) {
      const ends = await admin.offsets(topic, { committedOnly: true });
      if (ends === undefined) continue;
      const to = new Map(ends.map(({ partition, high }) => [partition, high]));
      const from = reached.get(topic) ?? startOf(topic);
      // A partition without a start has nothing of the range.
      for (const { partition, high } of ends) if (!from.has(partition)) from.set(partition, high);
      const behind = ends.some(({ partition, high }) => (from.get(partition) ?? high) < high);
      if (behind) {
        for await (const { records } of kafka.read({ topic, from, to, signal: over })) for (const record of records) await note(record);
        over.throwIfAborted();
      }
      reached.set(topic, to);
    }
    refreshedAt = Date.now();
  }

  /** One at a time, and begun after the call: what was under way before may have missed what came in since. */
  function readOnNow(over: AbortSignal): Promise<void> {
    const mine = reading.then(() => readOn(over));
    reading = mine.catch(() => undefined);
    return mine;
  }

  const isOvertaken = (record: KafkaRecord): boolean => record.key !== null && (last.get(idOf(record)) ?? -1) > Number(record.offset);

  /** Where looking begins: in the range itself only where the filter leaves out messages of keys that it lets through. */
  function startOf(topic: string): Map<number, bigint> {
    const { from, to } = boundsOf(stretches, topic);
    const whole = positions === undefined && failed === undefined && !leaves && differs === undefined && gapless(stretches);
    return new Map(whole ? to : from);
  }

  const looks = spec.overtaken === 'skip' && spec.target !== 'compare';
  if (looks) await readOnNow(signal);
  return {
    refuses,
    overtaken: (record) => looks && isOvertaken(record),
    async refresh(over) {
      if (looks && Date.now() - refreshedAt > refreshMs) await readOnNow(over);
    },
    async stillNewest(records, over) {
      if (!looks || records.every(({ key }) => key === null)) return true;
      await readOnNow(over);
      return complete && !records.some(isOvertaken);
    },
    close: () => admin.close(),
    get complete() {
      return complete;
    },
  };
}

/** Partition and key in few bytes: keys may be long. */
function idOf({ topic, partition, key }: KafkaRecord): string {
  const text = key === null ? '' : Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  if (text.length <= 16) return `${topic}/${partition}/${text.toString('latin1')}`;
  return `${topic}/${partition}#${createHash('md5').update(text).digest('base64')}`;
}

/** Whether every partition has one stretch. */
function gapless(stretches: readonly Stretch[]): boolean {
  return new Set(stretches.map(({ topic, partition }) => `${topic}/${partition}`)).size === stretches.length;
}
