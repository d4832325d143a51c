import type { KafkaConsumer } from '../kafka/port.ts';
import { Interrupted } from '../runtime/crash.ts';

const leaveMs = 10_000;
/** What Kafka takes at least: nobody else shares the group, so a thread that died holds up only the one after it. */
export const sessionTimeoutMs = 6_000;

/** Lets a consumer run until one of the signals fires, then until it has left. Rejects with what ended it before, but for an interruption. */
export async function untilOver(consumer: KafkaConsumer, signals: readonly AbortSignal[]): Promise<void> {
  const over = new Promise<void>((resolve) => {
    const signal = AbortSignal.any([...signals]);
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  const interrupted = (error: unknown): void => {
    if (!(error instanceof Interrupted)) throw error instanceof Error ? error : new Error(String(error));
  };
  await Promise.race([over, consumer.done.catch(interrupted)]);
  await consumer.stop(leaveMs);
  await consumer.done.catch(interrupted);
}
