import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore, type Store } from '#server/store/store.ts';
import type { Comparison, ComparisonGroup } from '#shared/comparison.ts';
import { flowSchema } from '#shared/flow.ts';

let folder = '';
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-comparisons-'));
  store = await openStore({ dataFolder: folder });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const group: ComparisonGroup = {
  signature: 'value-changed.1',
  class: 'value-changed',
  sink: 'erp',
  places: ['total'],
  added: [],
  removed: [],
  messages: 3,
  examples: [],
  causes: [],
};
const comparison = (id: string, more: Partial<Comparison> = {}): Comparison => ({
  id,
  flow: 'shop',
  state: 'done',
  scope: { by: 'newest', count: 1000 },
  draft: { hash: 'h1' },
  startedAt: `2026-01-01T00:00:${id.padStart(2, '0')}Z`,
  startedBy: 'Mira',
  ms: 1,
  done: 3,
  total: 3,
  topics: [],
  missing: 0,
  counts: { 'value-changed': 3 },
  groups: [group],
  unseen: [],
  labels: {},
  ...more,
});

it('keeps a decision while the report is written again, and lets go of it when it is taken back', async () => {
  await store.comparisons.put(comparison('1', { state: 'running' }));
  const expected = { by: 'Mira', at: '2026-01-01T00:00:00Z', note: 'Discount' };
  await store.comparisons.decide('shop', '1', group.signature, expected);
  await store.comparisons.decide('shop', '1', group.signature, { ...expected, note: 'As agreed' });
  await store.comparisons.put(comparison('1'));
  expect((await store.comparisons.get('shop', '1')).groups).toEqual([{ ...group, expected: { ...expected, note: 'As agreed' } }]);
  expect((await store.comparisons.decide('shop', '1', group.signature, undefined)).groups).toEqual([group]);
  await expect(store.comparisons.decide('shop', '1', 'other', expected)).rejects.toMatchObject({ code: 'unknown' });
  await expect(store.comparisons.get('other', '1')).rejects.toMatchObject({ code: 'unknown' });
});

it('keeps what a deployment rests on for good, and of the others the newest ten', async () => {
  await store.comparisons.put(comparison('1'));
  await store.comparisons.link('shop', 'h1', { version: 4, at: '2026-01-02T00:00:00Z' });
  for (let n = 2; n < 20; n++) await store.comparisons.put(comparison(String(n), { draft: { hash: 'h2' } }));
  expect(await store.comparisons.ofVersion('shop', 4)).toMatchObject({ id: '1', deployment: { version: 4 } });
  expect(await store.comparisons.latest('shop')).toMatchObject({ id: '19' });
  expect(await store.comparisons.latest('shop', 'h1')).toMatchObject({ id: '1' });
  await expect(store.comparisons.get('shop', '9')).rejects.toMatchObject({ code: 'unknown' });
  expect(await store.comparisons.get('shop', '10')).toMatchObject({ id: '10' });
});

it('ends what was under way when the server ended, and does not tie a deployment to a run that is under way', async () => {
  await store.comparisons.put(comparison('1', { state: 'running' }));
  await store.comparisons.put(comparison('2', { flow: 'other' }));
  await store.comparisons.link('shop', 'h1', { version: 1, at: '2026-01-02T00:00:00Z' });
  expect(await store.comparisons.ofVersion('shop', 1)).toBeUndefined();
  expect(await store.comparisons.endRunning('The server ended.')).toBe(1);
  expect(await store.comparisons.get('shop', '1')).toMatchObject({
    state: 'failed',
    reason: { code: 'server-ended', sentence: 'The server ended.' },
  });
  expect(await store.comparisons.get('other', '2')).toMatchObject({ state: 'done' });
});

it('goes with the flow', async () => {
  await store.flows.create(flowSchema.parse({ format: 1, id: 'shop', name: 'Shop' }), 'Mira');
  await store.comparisons.put(comparison('1'));
  await store.flows.remove('shop');
  expect(await store.comparisons.latest('shop')).toBeUndefined();
});
