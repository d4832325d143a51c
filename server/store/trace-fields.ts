import type { TraceFields } from '#shared/trace.ts';
import { type Database, now } from './tables.ts';

/** Which fields of a flow's messages the index knows. They belong to the workspace: no version or plan holds them. */
export interface TraceFieldStore {
  get(flow: string): Promise<TraceFields>;
  /** Of every flow for which somebody has chosen. */
  all(): Promise<Map<string, string[]>>;
  /** Null goes back to the default. */
  set(flow: string, fields: string[] | null, who: string): Promise<void>;
}

/** Opens the indexed fields. */
export function openTraceFields(db: Database): TraceFieldStore {
  return {
    async get(flow) {
      const row = await db.selectFrom('trace_fields').selectAll().where('flow', '=', flow).executeTakeFirst();
      if (!row) return { fields: null };
      return { fields: JSON.parse(row.fields) as string[], at: row.set_at, by: row.set_by };
    },
    async all() {
      const rows = await db.selectFrom('trace_fields').select(['flow', 'fields']).execute();
      return new Map(rows.map(({ flow, fields }) => [flow, JSON.parse(fields) as string[]]));
    },
    async set(flow, fields, who) {
      if (fields === null) {
        await db.deleteFrom('trace_fields').where('flow', '=', flow).execute();
        return;
      }
      const row = { fields: JSON.stringify(fields), set_at: now(), set_by: who };
      await db
        .insertInto('trace_fields')
        .values({ flow, ...row })
        .onConflict((conflict) => conflict.column('flow').doUpdateSet(row))
        .execute();
    },
  };
}
