import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore, type Store } from '#server/store/store.ts';
import type { Resend } from '#shared/resend.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../postgres.ts';

const resend = (offset: number, more: Partial<Resend> = {}): Resend => ({
  flow: 'shop',
  version: 2,
  stage: 'deliver-erp',
  sink: 'erp',
  topic: 'millrace.shop.erp',
  partition: 0,
  offset: String(offset),
  tries: 2,
  unsure: 1,
  code: 'http/timeout',
  at: 1000 + offset,
  ...more,
});

describe.each(['sqlite', 'postgres'] as const)('on %s', (kind) => {
  const skip = kind === 'postgres' && !hasPostgres();
  let folder = '';
  let postgres: TestPostgres | undefined;
  let store: Store;
  beforeAll(async () => {
    if (skip) return;
    folder = await mkdtemp(join(tmpdir(), 'millrace-resends-'));
    if (kind === 'postgres') postgres = await startPostgres();
    store = await openStore(postgres ? { databaseUrl: postgres.url, dataFolder: folder } : { dataFolder: folder });
  }, 60_000);
  afterAll(async () => {
    await store?.close();
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test.skipIf(skip)('keeps resends with the position of the ledger, by flow and time, newest first', async () => {
    const long = '9007199254740993';
    await store.ledger.save({ '0': '4' }, {}, [], [resend(1), resend(2, { unsure: 0, sink: 'crm' }), resend(3, { flow: 'other' })]);
    await store.ledger.save({ '0': '5' }, {}, [], [resend(5, { offset: long })]);
    const all = await store.resends.range('shop', 0, 10_000, 10);
    expect(all.map(({ offset }) => offset)).toEqual([long, '2', '1']);
    expect(await store.resends.range('shop', 1002, 1003, 10)).toEqual([resend(2, { unsure: 0, sink: 'crm' })]);
    expect(await store.resends.count('shop', 0, 10_000)).toEqual([
      { sink: 'crm', messages: 1, unsure: 0 },
      { sink: 'erp', messages: 2, unsure: 2 },
    ]);
    expect(await store.resends.at('millrace.shop.erp', 0, long)).toMatchObject({ tries: 2, unsure: 1 });
    expect(await store.resends.at('millrace.shop.erp', 1, long)).toBeUndefined();
    await store.resends.prune(1003);
    expect((await store.resends.range('shop', 0, 10_000, 10)).map(({ offset }) => offset)).toEqual([long]);
  });
});
