import type { NodeTypeInfo } from '#shared/node-type.ts';
import { guaranteeOf } from '#shared/node-type.ts';
import type { PlanNode } from '#shared/plan.ts';
import type { ReplaySpec, SinkBlast } from '#shared/replay.ts';

/** What becomes of an output at a sink that has seen it before. */
export type Effect = 'overwrite' | 'double' | 'ignored';

/** By the sink's guarantee, its settings, and the ids that the replay gives. */
export function effectOf(
  node: Pick<PlanNode, 'config'>,
  type: Pick<NodeTypeInfo, 'guarantee' | 'topic'> | undefined,
  ids: ReplaySpec['ids'],
): { guarantee: SinkBlast['guarantee']; effect: Effect } {
  if (type?.topic) return { guarantee: 'kafka', effect: 'double' };
  const guarantee = type?.guarantee === undefined ? 'none' : guaranteeOf(type.guarantee, node.config);
  if (guarantee === 'upsert') return { guarantee, effect: 'overwrite' };
  if (guarantee === 'idempotency-key') return { guarantee, effect: ids === 'same' ? 'ignored' : 'double' };
  // Offsets in the sink's own transaction hold off redeliveries; a replay's outputs are new records with new offsets.
  const { keys } = node.config;
  if (guarantee === 'transaction') return { guarantee, effect: Array.isArray(keys) && keys.length > 0 ? 'overwrite' : 'double' };
  return { guarantee, effect: 'double' };
}

/** One sink's part of a plan. @param again outputs that it has, or is about to get from the live flow */
export function blastOf(
  sink: { id: string; name: string },
  { guarantee, effect }: ReturnType<typeof effectOf>,
  { fresh, again }: { fresh: number; again: number },
  { target, ids }: Pick<ReplaySpec, 'target' | 'ids'>,
  exact: boolean,
): SinkBlast {
  const counts = { overwrite: 0, double: 0, ignored: 0, [effect]: again };
  const about = exact ? '' : 'about ';
  const name = `“${sink.name}”`;
  const made = `${about}${fresh} new ${fresh === 1 ? 'output' : 'outputs'}`;
  const unsafe = target === 'real' && counts.double > 0;
  const old: Record<Effect, string> = {
    overwrite: `${about}${again} that it has are written over`,
    double: `${about}${again} that it has would be there twice${guarantee === 'idempotency-key' ? ', because they get new ids' : ''}`,
    ignored: `${about}${again} that it has keep their ids, so its receiver will know and refuse them, also where they changed${ids === 'same' ? '; choose new ids to have them taken' : ''}`,
  };
  const tail = again === 0 ? 'it has none of them yet' : old[effect];
  const sentence =
    target === 'real'
      ? `${name} gets ${made}; ${tail}.`
      : `${name} gets nothing: ${target === 'compare' ? 'outputs are only compared' : 'outputs go to a scratch topic'}. To the real sink it would be ${made}; ${tail}.`;
  return { sink: sink.id, guarantee, fresh, ...counts, unsafe, sentence };
}
