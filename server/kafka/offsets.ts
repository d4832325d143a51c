import { KafkaError } from './errors.ts';
import { leaderOf, type Net, persist } from './net.ts';

/** How long passing errors are retried, in ms; longer than a frozen broker takes to be replaced. */
const patienceMs = 30_000;

/** Times that ListOffsets understands beside ms since 1970: the end and the beginning of the log. */
export const latest = -1;
export const earliest = -2;

/**
 * Offsets of partitions at a time: of the first record at or after it, or the end when there is none that new. With
 * `committedOnly` the end is the first open transaction. Repeats passing errors for 30 s.
 */
export async function listOffsets(
  net: Net,
  topic: string,
  partitions: readonly number[],
  time: number,
  committedOnly = false,
): Promise<Map<number, bigint>> {
  const entries = await Promise.all(
    partitions.map(async (partition) => [partition, await offsetAt(net, topic, partition, time, committedOnly)] as const),
  );
  const found = new Map<number, bigint>();
  for (const [partition, offset] of entries)
    found.set(partition, offset >= 0n ? offset : await offsetAt(net, topic, partition, latest, committedOnly));
  return found;
}

function offsetAt(net: Net, topic: string, partition: number, time: number, committedOnly: boolean): Promise<bigint> {
  return persist(patienceMs, async () => {
    const broker = await leaderOf(net, topic, partition).catch((error) => {
      net.suspect(error, { topic });
      throw error;
    });
    try {
      const { responses } = await broker.listOffsets({
        replicaId: -1,
        isolationLevel: committedOnly ? 1 : 0,
        topics: [{ topic, partitions: [{ partition, timestamp: String(time) }] }],
      });
      const answer = responses[0]?.partitions[0];
      if (!answer) throw new KafkaError(-1, `Offsets of ${topic}/${partition}`);
      return BigInt(answer.offset);
    } catch (error) {
      net.suspect(error, { broker, topic });
      throw error;
    }
  });
}

/** What stands with the offsets that our own transactions commit, so that an offset which somebody else has set can be told. */
export const ourMark = 'millrace';

/** Committed offsets of a group, -1n where there is none. Repeats passing errors for `forMs`. */
export async function committedOffsets(
  net: Net,
  group: string,
  topic: string,
  partitions: readonly number[],
  forMs = patienceMs,
  signal?: AbortSignal,
): Promise<Map<number, bigint>> {
  const found = await committedMarks(net, group, topic, partitions, forMs, signal);
  return new Map([...found].map(([partition, { offset }]) => [partition, offset]));
}

/** The same, and whether the offset was committed by a transaction of ours. */
export function committedMarks(
  net: Net,
  group: string,
  topic: string,
  partitions: readonly number[],
  forMs = patienceMs,
  signal?: AbortSignal,
): Promise<Map<number, { offset: bigint; ours: boolean }>> {
  return persist(
    forMs,
    async () => {
      let broker: Awaited<ReturnType<Net['coordinator']>> | undefined;
      try {
        broker = await net.coordinator('group', group);
        const { responses } = await broker.offsetFetch({
          groupId: group,
          topics: [{ topic, partitions: partitions.map((partition) => ({ partition })) }],
        });
        const found = new Map(partitions.map((partition) => [partition, { offset: -1n, ours: false }]));
        for (const { partition, offset, metadata, errorCode } of responses[0]?.partitions ?? []) {
          if (errorCode !== 0) throw new KafkaError(errorCode, `The committed offset of ${group} in ${topic}/${partition}`);
          found.set(partition, { offset: BigInt(offset), ours: metadata === ourMark });
        }
        return found;
      } catch (error) {
        net.suspect(error, { ...(broker ? { broker } : {}), kind: 'group', id: group });
        throw error;
      }
    },
    { signal },
  );
}

/** Sets offsets of a group that has no live members; Kafka answers UNKNOWN_MEMBER_ID when it has some. */
export function commitOffsets(net: Net, group: string, topic: string, offsets: ReadonlyMap<number, bigint>): Promise<void> {
  return persist(patienceMs, async () => {
    let broker: Awaited<ReturnType<Net['coordinator']>> | undefined;
    try {
      broker = await net.coordinator('group', group);
      const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: offset.toString() }));
      await broker.offsetCommit({ groupId: group, groupGenerationId: -1, memberId: '', topics: [{ topic, partitions }] });
    } catch (error) {
      net.suspect(error, { ...(broker ? { broker } : {}), kind: 'group', id: group });
      throw error;
    }
  });
}
