import type { Position } from '#shared/message.ts';
import { type Database, now } from './tables.ts';

/** A message that was in hand when its stage crashed, and how often. */
export interface CrashMark extends Position {
  flow: string;
  stage: string;
  count: number;
  /** The last crash in one sentence. */
  message: string;
}

/** Crashes per message, so that one that keeps crashing its stage is quarantined also across restarts of the server. */
export interface CrashStore {
  /** Counts one more crash at this message and gives the count. */
  mark(flow: string, stage: string, at: Position, message: string): Promise<number>;
  list(flow: string): Promise<CrashMark[]>;
  /** Forgets one message (it was quarantined or went through), one stage's marks, or all of the flow. */
  clear(flow: string, stage?: string, at?: Position): Promise<void>;
}

/** Opens the crash marks. */
export function openCrashes(db: Database): CrashStore {
  return {
    async mark(flow, stage, at, message) {
      const row = await db
        .insertInto('crashes')
        .values({ flow, stage, topic: at.topic, partition: at.partition, position: at.offset, count: 1, message, at: now() })
        .onConflict((conflict) =>
          conflict
            .columns(['flow', 'stage', 'topic', 'partition', 'position'])
            .doUpdateSet((e) => ({ count: e('crashes.count', '+', 1), message, at: now() })),
        )
        .returning('count')
        .executeTakeFirstOrThrow();
      return row.count;
    },
    async list(flow) {
      const rows = await db.selectFrom('crashes').selectAll().where('flow', '=', flow).orderBy('at').execute();
      return rows.map((row) => ({
        flow: row.flow,
        stage: row.stage,
        topic: row.topic,
        partition: row.partition,
        offset: row.position,
        count: row.count,
        message: row.message,
      }));
    },
    async clear(flow, stage, at) {
      let query = db.deleteFrom('crashes').where('flow', '=', flow);
      if (stage !== undefined) query = query.where('stage', '=', stage);
      if (at) query = query.where('topic', '=', at.topic).where('partition', '=', at.partition).where('position', '=', at.offset);
      await query.execute();
    },
  };
}
