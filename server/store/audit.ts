import { sql } from 'kysely';
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
  /** Entries of a flow at or after a time (ms since 1970) whose detail holds one of the texts; newest first. */
  about(flow: string, since: number, texts: readonly string[], limit: number): Promise<AuditEntry[]>;
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
    async about(flow, since, texts, limit) {
      if (texts.length === 0) return [];
      const rows = await db
        .selectFrom('audit')
        .selectAll()
        .where('flow', '=', flow)
        .where('at', '>=', new Date(since).toISOString())
        .where((e) => e.or(texts.map((text) => e('detail', 'like', sql<string>`${holding(text)} escape '!'`))))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(entryOf);
    },
    async list(limit) {
      return (await db.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit).execute()).map(entryOf);
    },
  };
}

/** A pattern for text that holds this one, whatever signs stand in it. */
function holding(text: string): string {
  return `%${text.replaceAll(/[!%_]/g, '!$&')}%`;
}

function entryOf(row: { at: string; who: string; action: string; flow: string | null; detail: string }): AuditEntry {
  return { at: row.at, who: row.who, action: row.action, ...(row.flow !== null && { flow: row.flow }), detail: row.detail };
}
