import type { SecretInfo } from '#shared/api.ts';
import { type SealKey, seal, unseal } from './seal.ts';
import { StoreError } from './store-error.ts';
import { type Database, now } from './tables.ts';

/** Secrets for nodes. Values go in and reach only the workers; no list, error or log shows one. */
export interface SecretStore {
  /** Names, by name. */
  list(): Promise<SecretInfo[]>;
  /** Makes it or replaces its value. */
  set(name: string, value: string, who: string): Promise<SecretInfo>;
  /** Rejects with `unknown`. */
  remove(name: string): Promise<void>;
  /** All values by name, for the workers. Rejects with `sealed` when the key is not the one they were sealed with. */
  reveal(): Promise<Record<string, string>>;
}

/** Opens the secrets; the key is asked for when it is first needed. */
export function openSecrets(db: Database, key: () => Promise<SealKey>): SecretStore {
  return {
    async list() {
      const rows = await db.selectFrom('secrets').select(['name', 'updated_at', 'updated_by']).orderBy('name').execute();
      return rows.map((row) => ({ name: row.name, updatedAt: row.updated_at, updatedBy: row.updated_by }));
    },
    async set(name, value, who) {
      const row = { sealed: seal(await key(), name, value), updated_at: now(), updated_by: who };
      await db
        .insertInto('secrets')
        .values({ name, ...row })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
        .execute();
      return { name, updatedAt: row.updated_at, updatedBy: who };
    },
    async remove(name) {
      const gone = await db.deleteFrom('secrets').where('name', '=', name).returning('name').executeTakeFirst();
      if (!gone) throw new StoreError('unknown', `There is no secret "${name}".`);
    },
    async reveal() {
      const rows = await db.selectFrom('secrets').select(['name', 'sealed']).execute();
      if (rows.length === 0) return {};
      const opened = await key();
      return Object.fromEntries(rows.map((row) => [row.name, unseal(opened, row.name, row.sealed)]));
    },
  };
}
