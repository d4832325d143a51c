/**
 * Where a worker thread is, in memory that both threads see. A thread that hangs or dies cannot say a word any
 * more; what it wrote here before tells the supervisor which message did it, and that its event loop stands still.
 */
export interface ProgressWriter {
  /** The event loop turned. */
  tick(): void;
  /** This message is about to be worked on. */
  begin(stage: number, topic: number, partition: number, offset: bigint): void;
  /** Nothing is being worked on. */
  end(): void;
}

export interface ProgressReader {
  ticks(): number;
  current(): { stage: number; topic: number; partition: number; offset: bigint } | undefined;
}

const ints = 8;
const [ticksAt, activeAt, stageAt, topicAt, partitionAt] = [0, 1, 2, 3, 4] as const;

export function createProgress(): SharedArrayBuffer {
  return new SharedArrayBuffer(ints * 4 + 8);
}

export function progressWriter(shared: SharedArrayBuffer): ProgressWriter {
  const slots = new Int32Array(shared, 0, ints);
  const offsets = new BigInt64Array(shared, ints * 4, 1);
  return {
    tick() {
      Atomics.add(slots, ticksAt, 1);
    },
    begin(stage, topic, partition, offset) {
      slots[stageAt] = stage;
      slots[topicAt] = topic;
      slots[partitionAt] = partition;
      offsets[0] = offset;
      // Last and atomic: whoever sees the flag sees the fields above.
      Atomics.store(slots, activeAt, 1);
    },
    end() {
      Atomics.store(slots, activeAt, 0);
    },
  };
}

export function progressReader(shared: SharedArrayBuffer): ProgressReader {
  const slots = new Int32Array(shared, 0, ints);
  const offsets = new BigInt64Array(shared, ints * 4, 1);
  return {
    ticks: () => Atomics.load(slots, ticksAt),
    current() {
      if (Atomics.load(slots, activeAt) === 0) return undefined;
      return { stage: slots[stageAt] ?? 0, topic: slots[topicAt] ?? 0, partition: slots[partitionAt] ?? 0, offset: offsets[0] ?? 0n };
    },
  };
}
