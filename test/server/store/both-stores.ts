import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { openStore, type Store } from '#server/store/store.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../postgres.ts';

/**
 * Describes what holds on SQLite and on PostgreSQL alike, each with an empty store of its own. Where there is no PostgreSQL
 * its half is skipped, which CI does not allow.
 */
export function describeStores(what: string, body: (store: () => Store) => void): void {
  for (const kind of ['sqlite', 'postgres'] as const) {
    describe.skipIf(kind === 'postgres' && !hasPostgres())(`${what}, on ${kind}`, () => {
      let folder = '';
      let postgres: TestPostgres | undefined;
      let store: Store;
      beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), 'millrace-store-'));
        if (kind === 'postgres') postgres = await startPostgres();
        store = await openStore(postgres ? { databaseUrl: postgres.url, dataFolder: folder } : { dataFolder: folder });
      }, 60_000);
      afterAll(async () => {
        await store?.close();
        await postgres?.stop();
        await rm(folder, { recursive: true, force: true });
      });
      body(() => store);
    });
  }
}
