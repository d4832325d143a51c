import type { Plan } from '#shared/plan.ts';
import type { Replay, ReplaySpec } from '#shared/replay.ts';
import { ledgerSpec } from '../runtime/ledger-reader.ts';
import { repairsSpec } from '../runtime/repairs.ts';
import type { ReplayOptions } from './options.ts';
import { transformOf } from './range.ts';
import { boundsOf, type Stretch, topicsOf } from './stretches.ts';

/** Stage of a replay in the ledger. */
export function replayStage(id: string): string {
  return `replay-${id}`;
}

/** Its consumer group: never that of the live flow. */
export function replayGroup(flow: string, id: string): string {
  return `millrace.${flow}.${replayStage(id)}`;
}

/** Topic that gets a sink's outputs of a replay to scratch topics. */
export function scratchTopic(flow: string, id: string, sink: string): string {
  return `millrace.${flow}.replay.${id}.${sink}`;
}

const scratchHours = 7 * 24;

/**
 * Makes the topics that a replay writes to, and puts its group to the beginning of its range, where it has no position
 * yet. May be done again at any time: what stands is left as it is.
 */
export async function prepareReplay(
  { kafka }: Pick<ReplayOptions, 'kafka'>,
  { id, spec, plan, stretches }: { id: string; spec: ReplaySpec; plan: Plan; stretches: readonly Stretch[] },
): Promise<void> {
  const stage = transformOf(plan);
  const own = new Map(plan.topics.filter((topic) => topic.own).map((topic) => [topic.name, topic]));
  const admin = kafka.admin();
  try {
    const scratch = spec.sinks.map((sink) => {
      const like = own.get(stage.sinkTopics[sink] ?? '');
      return {
        name: scratchTopic(spec.flow, id, sink),
        partitions: like?.partitions || 1,
        config: { 'retention.ms': String(scratchHours * 3_600_000), 'max.message.bytes': like?.config['max.message.bytes'] ?? '1048588' },
      };
    });
    const mine =
      spec.target === 'scratch'
        ? scratch
        : spec.target === 'real'
          ? [...own.values()].map(({ name, partitions, config }) => ({ name, partitions, config }))
          : [];
    await admin.ensureTopics([...mine, ledgerSpec, ...(spec.target === 'real' ? [repairsSpec] : [])]);
    const group = replayGroup(spec.flow, id);
    for (const topic of topicsOf(stretches)) {
      const done = await admin.committed(group, topic);
      if ([...done.values()].some((offset) => offset >= 0n)) continue;
      const { from } = boundsOf(stretches, topic);
      const ends = (await admin.offsets(topic, { committedOnly: true })) ?? [];
      // Partitions without a stretch stand at their end, so that nothing of them is ever handed out.
      await admin.setOffsets(group, topic, new Map(ends.map(({ partition, high }) => [partition, from.get(partition) ?? high])));
    }
  } finally {
    await admin.close();
  }
}

/** Removes the group of a replay that is over; the state of its transactions expires in Kafka by itself. */
export async function tidyReplay(
  { kafka, log }: Pick<ReplayOptions, 'kafka' | 'log'>,
  { id, spec }: Replay,
  _topics: readonly string[],
): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.deleteGroups([replayGroup(spec.flow, id)]);
  } catch (error) {
    log('warn', `The group of replay ${id} was not removed: ${error instanceof Error ? error.message : String(error)}`, {
      flow: spec.flow,
    });
  } finally {
    await admin.close();
  }
}
