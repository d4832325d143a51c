import { addMinute, emptyMinute, type LedgerMinute } from '#shared/ledger-minutes.ts';
import type { Database } from './tables.ts';

/** What is to be added to the minutes of one flow; several may be of one minute. */
export type MinuteChange = LedgerMinute & { flow: string };

/** The ledger by flow and minute. Written by the ledger's store in the transaction that moves its positions. */
export interface LedgerMinuteStore {
  /** Minutes that begin at or after `since` and before `until` (ms since 1970), oldest first; empty ones are left out. */
  range(flow: string, since: number, until: number): Promise<LedgerMinute[]>;
  /** Beginning of the oldest minute kept of a flow. */
  oldest(flow: string): Promise<number | undefined>;
  /** Drops minutes that began before, of all flows. */
  prune(before: number): Promise<void>;
}

/** Opens the minutes. */
export function openLedgerMinutes(db: Database): LedgerMinuteStore {
  return {
    async range(flow, since, until) {
      const rows = await db
        .selectFrom('ledger_minutes')
        .select(['at', 'data'])
        .where('flow', '=', flow)
        .where('at', '>=', since)
        .where('at', '<', until)
        .orderBy('at')
        .execute();
      return rows.map(({ at, data }) => ({ ...emptyMinute(at), ...(JSON.parse(data) as Partial<LedgerMinute>), at }));
    },
    async oldest(flow) {
      const row = await db.selectFrom('ledger_minutes').select('at').where('flow', '=', flow).orderBy('at').limit(1).executeTakeFirst();
      return row?.at;
    },
    async prune(before) {
      await db.deleteFrom('ledger_minutes').where('at', '<', before).execute();
    },
  };
}

/** Adds to stored minutes inside the transaction `on`, which must also move the position that the change was read up to. */
export async function addMinutes(on: Database, changes: readonly MinuteChange[]): Promise<void> {
  const sums = new Map<string, MinuteChange>();
  for (const change of changes) {
    const name = `${change.flow} ${change.at}`;
    const sum = sums.get(name) ?? { ...emptyMinute(change.at), flow: change.flow };
    addMinute(sum, change);
    sums.set(name, sum);
  }
  for (const { flow, ...minute } of sums.values()) {
    const row = await on
      .selectFrom('ledger_minutes')
      .select('data')
      .where('flow', '=', flow)
      .where('at', '=', minute.at)
      .executeTakeFirst();
    if (row) addMinute(minute, { ...emptyMinute(minute.at), ...(JSON.parse(row.data) as Partial<LedgerMinute>) });
    const data = JSON.stringify(minute);
    await on
      .insertInto('ledger_minutes')
      .values({ flow, at: minute.at, data })
      .onConflict((conflict) => conflict.columns(['flow', 'at']).doUpdateSet({ data }))
      .execute();
  }
}
