import type { VersionInfo } from '#shared/api.ts';
import type { Flow } from '#shared/flow.ts';
import { type Draft, draftOf, readFlow } from './draft.ts';
import { StoreError } from './store-error.ts';
import { type Database, type DatabaseKind, now } from './tables.ts';

/** Published versions: immutable, numbered from 1 per flow id, kept when the flow is deleted. */
export interface VersionStore {
  /** Publishes a document as the next version of its flow. */
  publish(flow: Flow, who: string, note: string): Promise<VersionInfo>;
  /** Newest first. */
  list(flow: string): Promise<VersionInfo[]>;
  latest(flow: string): Promise<VersionInfo | undefined>;
  /** The document as it was published. Rejects with `unknown` when there is no such version. */
  get(flow: string, version: number): Promise<Flow>;
}

const columns = ['version', 'hash', 'note', 'created_at', 'created_by'] as const;

/** Publishing locks the flow's row on PostgreSQL; SQLite has one writer anyway. */
export function openVersions(db: Database, kind: DatabaseKind): VersionStore {
  return {
    async publish(flow, who, note) {
      const draft: Draft = draftOf(flow);
      return db.transaction().execute(async (trx) => {
        const row = trx.selectFrom('flows').select('id').where('id', '=', flow.id);
        const found = await (kind === 'postgres' ? row.forUpdate() : row).executeTakeFirst();
        if (!found) throw new StoreError('unknown', `There is no flow "${flow.id}".`);
        const last = await trx
          .selectFrom('versions')
          .select((e) => e.fn.max('version').as('version'))
          .where('flow', '=', flow.id)
          .executeTakeFirst();
        const made = {
          flow: flow.id,
          version: Number(last?.version ?? 0) + 1,
          text: draft.text,
          hash: draft.hash,
          note,
          created_at: now(),
          created_by: who,
        };
        await trx.insertInto('versions').values(made).execute();
        return infoOf(made);
      });
    },
    async list(flow) {
      const rows = await db.selectFrom('versions').select(columns).where('flow', '=', flow).orderBy('version', 'desc').execute();
      return rows.map(infoOf);
    },
    async latest(flow) {
      const row = await db
        .selectFrom('versions')
        .select(columns)
        .where('flow', '=', flow)
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && infoOf(row);
    },
    async get(flow, version) {
      const row = await db.selectFrom('versions').select('text').where('flow', '=', flow).where('version', '=', version).executeTakeFirst();
      if (!row) throw new StoreError('unknown', `The flow "${flow}" has no version ${version}.`);
      return readFlow(row.text);
    },
  };
}

function infoOf(row: { version: number; hash: string; note: string; created_at: string; created_by: string }): VersionInfo {
  return { version: row.version, createdAt: row.created_at, createdBy: row.created_by, note: row.note, hash: row.hash };
}
