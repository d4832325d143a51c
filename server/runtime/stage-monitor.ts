import type { StageStatus } from '#shared/events.ts';
import type { KafkaAdmin } from '../kafka/port.ts';

/** Watches one stage's input topics: what is waiting, and how old it is. */
export interface StageMonitor {
  readonly status: StageStatus;
  /** Records of a partition are being worked on; their first timestamp is the oldest that waits. */
  working(topic: string, partition: number, timestamp: number, high: bigint): void;
  committed(topic: string, partition: number, next: bigint): void;
  set(state: StageStatus['state'], reason?: string): void;
  /** Asks Kafka for the ends of the topics; cheap when nothing happened since the last time. */
  measure(admin: KafkaAdmin): Promise<void>;
}

interface PartitionState {
  next: bigint;
  high: bigint;
  oldest: number;
}

const idleEveryMs = 10_000;

export function createStageMonitor(
  base: Pick<StageStatus, 'stage' | 'kind' | 'node'>,
  input: { group: string; topics: string[] } | undefined,
  clock: () => number,
): StageMonitor {
  const partitions = new Map<string, PartitionState>();
  const status: StageStatus = { ...base, state: 'starting' };
  let active = true;
  let measuredAt = 0;

  const stateOf = (topic: string, partition: number): PartitionState => {
    const name = `${topic}/${partition}`;
    let state = partitions.get(name);
    if (state === undefined) partitions.set(name, (state = { next: -1n, high: -1n, oldest: 0 }));
    return state;
  };

  const refresh = () => {
    if (input === undefined) return;
    let lag = 0n;
    let oldest = Number.POSITIVE_INFINITY;
    for (const state of partitions.values()) {
      if (state.next < 0n || state.high <= state.next) continue;
      lag += state.high - state.next;
      if (state.oldest > 0) oldest = Math.min(oldest, state.oldest);
    }
    status.lag = Number(lag);
    status.behindMs = lag === 0n || oldest === Number.POSITIVE_INFINITY ? 0 : Math.max(0, clock() - oldest);
  };

  return {
    status,
    working(topic, partition, timestamp, high) {
      const state = stateOf(topic, partition);
      state.oldest = timestamp;
      if (high > state.high) state.high = high;
      active = true;
    },
    committed(topic, partition, next) {
      const state = stateOf(topic, partition);
      state.next = next;
      active = true;
    },
    set(next, reason) {
      if (status.state !== next || status.reason !== reason) status.since = status.state === next ? (status.since ?? clock()) : clock();
      status.state = next;
      if (reason === undefined) delete status.reason;
      else status.reason = reason;
    },
    async measure(admin) {
      const now = clock();
      if (input === undefined) return;
      if (!active && (status.lag ?? 1) === 0 && now - measuredAt < idleEveryMs) return;
      active = false;
      measuredAt = now;
      for (const topic of input.topics) {
        const ends = (await admin.offsets(topic)) ?? [];
        const known = ends.every(({ partition }) => stateOf(topic, partition).next >= 0n);
        const committed = known ? undefined : await admin.committed(input.group, topic);
        for (const { partition, low, high } of ends) {
          const state = stateOf(topic, partition);
          state.high = high;
          const stored = committed?.get(partition) ?? -1n;
          if (state.next < 0n) state.next = stored >= 0n ? stored : low;
          if (state.next < low) state.next = low;
        }
      }
      refresh();
    },
  };
}
