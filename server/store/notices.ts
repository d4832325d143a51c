import type { ChannelHealth } from '#shared/alert.ts';
import type { Database } from './tables.ts';

/** Something to be told: the start or the end of an incident, to one channel. At most one of each, whoever enters it. */
export interface NewNotice {
  id: string;
  channel: string;
  incident: string;
  phase: 'start' | 'end';
  /** ms since 1970. */
  at: number;
}

/** One that was not told yet. */
export interface Notice extends NewNotice {
  /** The message that it goes in, once that was put together. */
  batch: string | undefined;
  attempts: number;
}

/** What is to be told, until it was, or was given up. */
export interface NoticeStore {
  /** Those whose time has come, oldest first; at most 1000. */
  due(now: number): Promise<Notice[]>;
  /** Puts notices into one message. From now on that message is sent, again after a restart under the same name. */
  batch(ids: readonly string[], batch: string): Promise<void>;
  /** The message went through, or is given up with a reason. */
  settle(batch: string, state: 'sent' | 'failed', at: number, error?: string): Promise<void>;
  /** It did not go through; the next attempt is at `nextAt`. */
  postpone(batch: string, nextAt: number, error: string): Promise<void>;
  /** When a message to the channel last went through; undefined: never. */
  lastSent(channel: string): Promise<number | undefined>;
  /** By channel. */
  health(now: number): Promise<Map<string, ChannelHealth>>;
  /** Drops what was settled before. */
  prune(before: number): Promise<void>;
}

/** Opens what is to be told. */
export function openNotices(db: Database): NoticeStore {
  return {
    async due(now) {
      const rows = await db
        .selectFrom('alert_notices')
        .selectAll()
        .where('state', '=', 'waiting')
        .where('next_at', '<=', now)
        .orderBy('created_at')
        .limit(1000)
        .execute();
      return rows.map(({ id, channel, incident, phase, created_at, batch, attempts }) => {
        return { id, channel, incident, phase, at: created_at, batch: batch ?? undefined, attempts };
      });
    },
    async batch(ids, batch) {
      await db
        .updateTable('alert_notices')
        .set({ batch })
        .where('id', 'in', [...ids])
        .execute();
    },
    async settle(batch, state, at, error = '') {
      await db.updateTable('alert_notices').set({ state, settled_at: at, error }).where('batch', '=', batch).execute();
    },
    async postpone(batch, nextAt, error) {
      await db
        .updateTable('alert_notices')
        .set((row) => ({ next_at: nextAt, error, attempts: row('attempts', '+', 1) }))
        .where('batch', '=', batch)
        .execute();
    },
    async lastSent(channel) {
      const row = await db
        .selectFrom('alert_notices')
        .select(({ fn }) => fn.max('settled_at').as('at'))
        .where('channel', '=', channel)
        .where('state', '=', 'sent')
        .executeTakeFirst();
      return row?.at ?? undefined;
    },
    async health(now) {
      const rows = await db.selectFrom('alert_notices').select(['channel', 'state', 'settled_at', 'created_at', 'error']).execute();
      const found = new Map<string, ChannelHealth & { at: number }>();
      for (const { channel, state, settled_at, created_at, error } of rows) {
        const health = found.get(channel) ?? { waiting: 0, failed: 0, at: 0 };
        if (state === 'sent') health.sentAt = Math.max(health.sentAt ?? 0, settled_at ?? 0);
        if (state === 'waiting') health.waiting++;
        if (state === 'failed' && (settled_at ?? 0) > now - 86_400_000) health.failed++;
        const at = settled_at ?? created_at;
        if (at >= health.at) {
          health.at = at;
          if (error === '') delete health.lastError;
          else health.lastError = error;
        }
        found.set(channel, health);
      }
      return new Map([...found].map(([channel, { at: _at, ...health }]) => [channel, health]));
    },
    async prune(before) {
      await db.deleteFrom('alert_notices').where('settled_at', '<', before).execute();
    },
  };
}
