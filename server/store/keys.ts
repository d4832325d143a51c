import { randomUUID } from 'node:crypto';
import type { KeyInfo, Role } from '#shared/api.ts';
import { StoreError } from './store-error.ts';
import { type Database, now } from './tables.ts';
import { hashToken, newToken } from './tokens.ts';

/** API keys. Only their hash is kept: the key itself is shown once, when it is made. */
export interface KeyStore {
  /** Makes a key; `key` is the only time that it can be read. */
  create(name: string, role: Role, who: string): Promise<KeyInfo & { key: string }>;
  /** Adds a key of a given value when no key exists yet; says whether it did. For MILLRACE_ADMIN_KEY at the first start. */
  seed(key: string, name: string, role: Role): Promise<boolean>;
  /** By age. */
  list(): Promise<KeyInfo[]>;
  /** The key's name and role, and a note that it was used; undefined for one that does not exist. */
  use(key: string): Promise<KeyInfo | undefined>;
  /** Removes a key and ends the browser sessions that were opened with it. Rejects with `unknown`. */
  remove(id: string): Promise<KeyInfo>;
}

const columns = ['id', 'name', 'role', 'created_at', 'last_used_at'] as const;

/** How old the time of last use may get before a request writes it again, in ms: a busy script costs no write per request. */
const useEvery = 60_000;

/** Opens the API keys. */
export function openKeys(db: Database): KeyStore {
  async function insert(key: string, name: string, role: Role, who: string): Promise<KeyInfo> {
    const row = { id: randomUUID(), name, role, hash: hashToken(key), created_at: now(), created_by: who, last_used_at: null };
    await db.insertInto('api_keys').values(row).execute();
    return infoOf(row);
  }
  return {
    async create(name, role, who) {
      const key = newToken('mrk_');
      return { ...(await insert(key, name, role, who)), key };
    },
    async seed(key, name, role) {
      const any = await db.selectFrom('api_keys').select('id').limit(1).executeTakeFirst();
      if (any) return false;
      await insert(key, name, role, 'start');
      return true;
    },
    async list() {
      return (await db.selectFrom('api_keys').select(columns).orderBy('created_at').orderBy('id').execute()).map(infoOf);
    },
    async use(key) {
      const row = await db.selectFrom('api_keys').select(columns).where('hash', '=', hashToken(key)).executeTakeFirst();
      if (!row) return undefined;
      const at = now();
      if (row.last_used_at === null || Date.parse(at) - Date.parse(row.last_used_at) > useEvery) {
        await db.updateTable('api_keys').set({ last_used_at: at }).where('id', '=', row.id).execute();
      }
      return infoOf(row);
    },
    async remove(id) {
      const row = await db.deleteFrom('api_keys').where('id', '=', id).returning(columns).executeTakeFirst();
      if (!row) throw new StoreError('unknown', `There is no API key with the id "${id}".`);
      return infoOf(row);
    },
  };
}

function infoOf(row: { id: string; name: string; role: Role; created_at: string; last_used_at: string | null }): KeyInfo {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    createdAt: row.created_at,
    ...(row.last_used_at !== null && { lastUsedAt: row.last_used_at }),
  };
}
