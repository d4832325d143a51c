import type { Resend } from '#shared/resend.ts';
import { addMinutes, type MinuteChange } from './ledger-minutes.ts';
import { addResends } from './resends.ts';
import type { Database } from './tables.ts';

/** The ledger summed up to a position, so that a starting server need not read the whole topic again. */
export interface LedgerSnapshot {
  /** Next offset to read (decimal text), by name of the ledger partition. */
  positions: Record<string, string>;
  /** JSON data by a name of the reader's choice, such as flow, version and stage. */
  totals: Record<string, unknown>;
}

/** Keeps the sums of the ledger. */
export interface LedgerStore {
  load(): Promise<LedgerSnapshot>;
  /**
   * Replaces the named positions and totals and leaves the others; adds to the minutes and resends. One transaction: a crash leaves
   * all the old or all the new, so nothing is counted twice.
   */
  save(
    positions: Record<string, string>,
    totals: Record<string, unknown>,
    minutes?: readonly MinuteChange[],
    resends?: readonly Resend[],
  ): Promise<void>;
}

/** Opens the ledger's sums. */
export function openLedger(db: Database): LedgerStore {
  return {
    async load() {
      return db.transaction().execute(async (trx) => {
        const positions = await trx.selectFrom('ledger_positions').selectAll().execute();
        const totals = await trx.selectFrom('ledger_totals').selectAll().execute();
        return {
          positions: Object.fromEntries(positions.map((row) => [row.part, row.position])),
          totals: Object.fromEntries(totals.map((row) => [row.name, JSON.parse(row.totals) as unknown])),
        };
      });
    },
    async save(positions, totals, minutes = [], resends = []) {
      await db.transaction().execute(async (trx) => {
        for (const [name, value] of Object.entries(totals)) {
          const text = JSON.stringify(value);
          await trx
            .insertInto('ledger_totals')
            .values({ name, totals: text })
            .onConflict((conflict) => conflict.column('name').doUpdateSet({ totals: text }))
            .execute();
        }
        await addMinutes(trx, minutes);
        await addResends(trx, resends);
        for (const [part, position] of Object.entries(positions)) {
          await trx
            .insertInto('ledger_positions')
            .values({ part, position })
            .onConflict((conflict) => conflict.column('part').doUpdateSet({ position }))
            .execute();
        }
      });
    },
  };
}
