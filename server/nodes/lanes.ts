import { RetriableError, type SinkMessage, type WriteOutcome } from '../sdk.ts';

/** How {@link writeInLanes} writes. */
export interface LaneOptions {
  /** The most messages under way at a time. */
  concurrency: number;
  /** True when the error speaks for the whole destination: then nothing further of the batch is tried. */
  stopsAll(error: RetriableError): boolean;
  write(message: SinkMessage): Promise<WriteOutcome>;
}

/**
 * Writes messages side by side, those of one key one after the other. After a RetriableError the later messages of its
 * key are not tried and get the same error, marked as untried. Messages without a key do not wait for each other.
 * @returns one outcome for each message, in order
 */
export async function writeInLanes(messages: readonly SinkMessage[], options: LaneOptions): Promise<WriteOutcome[]> {
  const outcomes: WriteOutcome[] = messages.map(() => undefined);
  const lanes = new Map<string, number[]>();
  for (const [index, { key }] of messages.entries()) {
    const name = key === null ? `#${index}` : Buffer.from(key).toString('hex');
    const lane = lanes.get(name);
    if (lane) lane.push(index);
    else lanes.set(name, [index]);
  }
  const waiting = [...lanes.values()];
  let halted: RetriableError | undefined;
  const worker = async () => {
    for (let lane = waiting.shift(); lane; lane = waiting.shift()) {
      let held: RetriableError | undefined;
      for (const index of lane) {
        const message = messages[index];
        held ??= halted;
        if (held || !message) {
          outcomes[index] = held && behind(held);
          continue;
        }
        const outcome = await options.write(message);
        outcomes[index] = outcome;
        if (outcome instanceof RetriableError) {
          held = outcome;
          if (options.stopsAll(outcome)) halted ??= outcome;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, waiting.length) }, worker));
  return outcomes;
}

/** The error of a message that waits behind another, which was the one that failed. */
function behind({ code, message, afterMs }: RetriableError): RetriableError {
  return new RetriableError(code, message, { afterMs, untried: true });
}

/** Lets at most so many calls run at a time, whoever asks; the others wait for their turn in order. */
export function limiter(most: number): <T>(call: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (call) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await call();
    } finally {
      // The place is handed over, so that nobody who comes now takes it from the one who waits.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
