import { createFollow } from './follow.ts';
import { bringToLife } from './live.ts';
import { createPace } from './pace.ts';
import type { FromThread, RetryInput } from './protocol.ts';
import { createRetryStage, retryGroup } from './retry-stage.ts';
import type { RunDeps } from './run.ts';
import { addCounted } from './sums.ts';
import { sessionTimeoutMs, untilOver } from './until-over.ts';

type End = Extract<FromThread, { type: 'ended' }>;

/** Works off the list of a retry from where its group stands. */
export async function runRetry(input: RetryInput, deps: RunDeps): Promise<End> {
  const { kafka, stop } = deps;
  const end = BigInt(input.end);
  const group = retryGroup(input.flow, input.id);
  const admin = kafka.admin();
  const done = (await admin.committed(group, input.topic).finally(() => admin.close())).get(0) ?? -1n;
  if (done >= end) return { type: 'ended', how: 'done' };
  const follow = createFollow();
  const living = await bringToLife({ base: input, types: deps.types, dry: false, trail: follow.trail, log: deps.log });
  try {
    const pace = createPace(input.perSecond);
    deps.onRate((perSecond) => pace.setRate(perSecond));
    const ending = new AbortController();
    const sums = structuredClone(input.sums);
    let isDone = false;
    let tooMany: string | undefined;
    const stage = createRetryStage({
      input,
      kafka,
      living,
      follow,
      pace,
      ending: AbortSignal.any([stop, ending.signal]),
      tooMany(last) {
        tooMany = last;
      },
      clock: Date.now,
    });
    const consumer = kafka.consume({
      group,
      topics: [{ topic: input.topic, from: 'earliest' }],
      handle: stage.handle,
      onCommit(_topic, _partition, next) {
        const counted = stage.committed();
        if (counted) addCounted(sums, counted);
        deps.post({ type: 'committed', sums, examples: [] });
        isDone = next >= end;
        if (isDone || tooMany !== undefined) ending.abort();
      },
      sessionTimeoutMs,
      onTrouble(error) {
        if (error) deps.log('warn', `Kafka: ${error.message}`);
      },
    });
    await untilOver(consumer, [stop, ending.signal]);
    if (isDone) return { type: 'ended', how: 'done' };
    if (tooMany !== undefined) {
      const reason = `Stopped after ${input.stopAfter} failures in a row, the last: ${tooMany} The rest waits as before.`;
      return { type: 'ended', how: 'paused', reason };
    }
    return { type: 'ended', how: 'stopped' };
  } finally {
    await living.close();
  }
}
