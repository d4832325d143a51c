import type { Resend } from '#shared/resend.ts';
import type { Database } from './tables.ts';

/** Messages that a sink was asked for more than once. Written by the ledger's store in the transaction that moves its positions. */
export interface ResendStore {
  /** Those settled at or after `since` and before `until` (ms since 1970), newest first. */
  range(flow: string, since: number, until: number, limit: number): Promise<Resend[]>;
  /** How many there are of that time, and how many of them the sinks may have twice, by sink. */
  count(flow: string, since: number, until: number): Promise<{ sink: string; messages: number; unsure: number }[]>;
  /** What is known of the message at a position of a sink's topic. */
  at(topic: string, partition: number, offset: string): Promise<Resend | undefined>;
  /** Drops what was settled before, of all flows. */
  prune(before: number): Promise<void>;
}

/** Opens the resends. */
export function openResends(db: Database): ResendStore {
  return {
    async range(flow, since, until, limit) {
      const rows = await db
        .selectFrom('resends')
        .selectAll()
        .where('flow', '=', flow)
        .where('at', '>=', since)
        .where('at', '<', until)
        .orderBy('at', 'desc')
        .limit(limit)
        .execute();
      return rows.map(resendOf);
    },
    async count(flow, since, until) {
      const rows = await db
        .selectFrom('resends')
        .select(({ fn, eb }) => [
          'sink',
          fn.countAll<number>().as('messages'),
          fn.sum<number | null>(eb.case().when('unsure', '>', 0).then(1).else(0).end()).as('unsure'),
        ])
        .where('flow', '=', flow)
        .where('at', '>=', since)
        .where('at', '<', until)
        .groupBy('sink')
        .orderBy('sink')
        .execute();
      return rows.map(({ sink, messages, unsure }) => ({ sink, messages: Number(messages), unsure: Number(unsure ?? 0) }));
    },
    async at(topic, partition, offset) {
      const row = await db
        .selectFrom('resends')
        .selectAll()
        .where('topic', '=', topic)
        .where('partition', '=', partition)
        .where('position', '=', offset)
        .executeTakeFirst();
      return row && resendOf(row);
    },
    async prune(before) {
      await db.deleteFrom('resends').where('at', '<', before).execute();
    },
  };
}

/** Adds resends inside the transaction `on`. A position is settled once; a topic that was made anew begins its offsets again. */
export async function addResends(on: Database, resends: readonly Resend[]): Promise<void> {
  for (const { offset, ...resend } of resends) {
    const row = { ...resend, position: offset };
    await on
      .insertInto('resends')
      .values(row)
      .onConflict((conflict) => conflict.columns(['topic', 'partition', 'position']).doUpdateSet(row))
      .execute();
  }
}

function resendOf({ position, ...row }: Omit<Resend, 'offset'> & { position: string }): Resend {
  return { ...row, offset: position };
}
