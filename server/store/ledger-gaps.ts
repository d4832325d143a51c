import type { LedgerGap } from '#shared/ledger-minutes.ts';
import { StoreError } from './store-error.ts';
import type { Database } from './tables.ts';

/** Which differences are asked for. Times in ms since 1970, of noticing: at or after, and before. */
export interface GapQuery {
  flow?: string | undefined;
  since?: number | undefined;
  until?: number | undefined;
  /** Only those that nobody has settled. */
  open?: boolean | undefined;
  /** At most so many, the newest; default 500. */
  limit?: number | undefined;
}

/** Differences between the ledger and what stands in Kafka. They stay until their flow is deleted. */
export interface LedgerGapStore {
  /** Newest first. */
  list(query?: GapQuery): Promise<LedgerGap[]>;
  /** Differences that nobody has settled and the messages they are about, by flow; flows without are left out. */
  open(): Promise<Map<string, { gaps: number; messages: number }>>;
  /** Says why a difference is no concern any more. Rejects with `unknown`, and with `exists` when somebody did so before. */
  settle(flow: string, id: string, settled: NonNullable<LedgerGap['settled']>): Promise<LedgerGap>;
}

/** What the auditor keeps: its state and what it has found, always of one moment. */
export interface LedgerAuditStore {
  load(): Promise<Record<string, unknown>>;
  /**
   * Replaces the named states (null drops one) and adds what was found, in one transaction, so that a crash neither
   * loses a difference nor tells it twice. Answers with the differences that were not known before.
   */
  save(states: Record<string, unknown>, found: readonly LedgerGap[]): Promise<LedgerGap[]>;
}

/** Opens the differences. */
export function openLedgerGaps(db: Database): LedgerGapStore {
  return {
    async list({ flow, since, until, open, limit } = {}) {
      let rows = db.selectFrom('ledger_gaps').selectAll();
      if (flow !== undefined) rows = rows.where('flow', '=', flow);
      if (since !== undefined) rows = rows.where('noticed_at', '>=', since);
      if (until !== undefined) rows = rows.where('noticed_at', '<', until);
      if (open === true) rows = rows.where('settled', 'is', null);
      const found = await rows
        .orderBy('noticed_at', 'desc')
        .orderBy('id')
        .limit(limit ?? 500)
        .execute();
      return found.map(gapOf);
    },
    async open() {
      const rows = await db.selectFrom('ledger_gaps').select(['flow', 'messages']).where('settled', 'is', null).execute();
      const counts = new Map<string, { gaps: number; messages: number }>();
      for (const { flow, messages } of rows) {
        const { gaps, messages: before } = counts.get(flow) ?? { gaps: 0, messages: 0 };
        counts.set(flow, { gaps: gaps + 1, messages: before + messages });
      }
      return counts;
    },
    async settle(flow, id, settled) {
      const text = JSON.stringify(settled);
      const row = await db
        .updateTable('ledger_gaps')
        .set({ settled: text })
        .where('flow', '=', flow)
        .where('id', '=', id)
        .where('settled', 'is', null)
        .returningAll()
        .executeTakeFirst();
      if (row) return gapOf(row);
      const known = await db.selectFrom('ledger_gaps').selectAll().where('flow', '=', flow).where('id', '=', id).executeTakeFirst();
      if (!known) throw new StoreError('unknown', 'This flow has no such difference.');
      const { who } = JSON.parse(known.settled ?? '{}') as Partial<NonNullable<LedgerGap['settled']>>;
      throw new StoreError('exists', `${who ?? 'Somebody'} has settled this difference already.`);
    },
  };
}

/** Opens what the auditor keeps. */
export function openLedgerAudit(db: Database): LedgerAuditStore {
  return {
    async load() {
      const rows = await db.selectFrom('ledger_audit').selectAll().execute();
      return Object.fromEntries(rows.map(({ name, state }) => [name, JSON.parse(state) as unknown]));
    },
    async save(states, found) {
      return db.transaction().execute(async (trx) => {
        for (const [name, value] of Object.entries(states)) {
          if (value === null) {
            await trx.deleteFrom('ledger_audit').where('name', '=', name).execute();
            continue;
          }
          const state = JSON.stringify(value);
          await trx
            .insertInto('ledger_audit')
            .values({ name, state })
            .onConflict((conflict) => conflict.column('name').doUpdateSet({ state }))
            .execute();
        }
        const fresh: LedgerGap[] = [];
        for (const gap of found) {
          const { settled: _settled, ...rest } = gap;
          const row = await trx
            .insertInto('ledger_gaps')
            .values({
              id: gap.id,
              flow: gap.flow,
              noticed_at: gap.noticedAt,
              messages: gap.count,
              gap: JSON.stringify(rest),
              settled: null,
            })
            .onConflict((conflict) => conflict.column('id').doNothing())
            .returning('id')
            .executeTakeFirst();
          if (row) fresh.push(rest);
        }
        return fresh;
      });
    },
  };
}

function gapOf({ gap, settled }: { gap: string; settled: string | null }): LedgerGap {
  const known = JSON.parse(gap) as LedgerGap;
  return settled === null ? known : { ...known, settled: JSON.parse(settled) as NonNullable<LedgerGap['settled']> };
}
