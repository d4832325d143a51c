import type { AuditEntry } from '#shared/api.ts';
import { type Database, now } from './tables.ts';

/** One save of a draft. */
export interface DraftSave {
  who: string;
  at: string;
}

/** Who changed what and when. Entries are only ever added. */
export interface AuditStore {
  add(entry: Omit<AuditEntry, 'at'>): Promise<void>;
  /** Who saved the draft of a flow and when, newest first. */
  saves(flow: string, limit: number): Promise<DraftSave[]>;
  /** Newest first. */
  list(limit: number): Promise<AuditEntry[]>;
}

/** Opens the audit trail. */
export function openAudit(db: Database): AuditStore {
  return {
    async add(entry) {
      await db
        .insertInto('audit')
        .values({ at: now(), who: entry.who, action: entry.action, flow: entry.flow ?? null, detail: entry.detail })
        .execute();
    },
    async saves(flow, limit) {
      const saved = db.selectFrom('audit').select(['who', 'at']).where('flow', '=', flow).where('action', '=', 'flow/save');
      return saved.orderBy('id', 'desc').limit(limit).execute();
    },
    async list(limit) {
      const rows = await db.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit).execute();
      return rows.map((row) => ({
        at: row.at,
        who: row.who,
        action: row.action,
        ...(row.flow !== null && { flow: row.flow }),
        detail: row.detail,
      }));
    },
  };
}
