import { formatPosition, header } from '#shared/message.ts';
import type { ReplayFilter, ReplaySpec } from '#shared/replay.ts';
import { repairsTopic } from '#shared/replay.ts';
import type { KafkaPort, KafkaRecord } from '../kafka/port.ts';
import type { Store } from '../store/store.ts';
import { readDeadIndex } from './dead-index.ts';
import { decided } from './decided.ts';
import type { Stretch } from './stretches.ts';
import { beginningOf } from './survey.ts';

/**
 * Takes the open items of the messages that a replay to real sinks may run. What others hold, and what fails later, is left
 * to others for good. When it resolves, all that was done to its items before stands where the replay's thread reads it.
 * May be done again as long as nothing was run.
 */
export async function takeItems(
  { kafka, claims }: { kafka: KafkaPort; claims: Pick<Store['claims'], 'claim'> },
  { id, spec, topic, stretches }: { id: string; spec: ReplaySpec; topic: string; stretches: readonly Stretch[] },
  signal: AbortSignal,
): Promise<void> {
  const since = await beginningOf(kafka, stretches, signal);
  const { open } = await readDeadIndex(kafka, { topic, stretches, since, only: mayRun(spec.filter) }, signal);
  const items = [...open.values()].flatMap((letters) => letters.map(({ item }) => item));
  await claims.claim(spec.flow, id, [...new Set(items)]);
  // Whoever had one of them before has told its end by now; what it told may be a moment from being seen.
  await decided(kafka, [topic, repairsTopic], signal);
}

/** Whether the filter may let the message of a dead letter through, as far as the letter says. */
function mayRun({ keys, positions }: ReplayFilter): (letter: KafkaRecord, origin: string) => boolean {
  const wantedKeys = keys && new Set(keys);
  const wanted = positions && new Set(positions.map(formatPosition));
  return ({ key, headers }, origin) => {
    if (wanted && !wanted.has(origin)) return false;
    const { [header.errorStage]: stage, [header.errorAttempt]: attempt } = headers;
    // A sink's message may have another key than that of the source, and so may one that a person has edited.
    if (wantedKeys === undefined || attempt !== '1' || typeof stage !== 'string' || stage.startsWith('deliver-')) return true;
    return key !== null && wantedKeys.has(Buffer.from(key).toString());
  };
}
