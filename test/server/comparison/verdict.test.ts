import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { comparisonVerdict } from '#server/comparison/verdict.ts';
import { openStore, type Store } from '#server/store/store.ts';
import type { Comparison } from '#shared/comparison.ts';
import { flowSchema } from '#shared/flow.ts';
import type { Plan } from '#shared/plan.ts';

let folder = '';
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-verdict-'));
  store = await openStore({ dataFolder: folder });
  const flow = flowSchema.parse({ format: 1, id: 'shop', name: 'Shop' });
  await store.flows.create(flow, 'Mira');
  for (const note of ['first', 'second']) await store.versions.publish(flow, 'Mira', note);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const group = (signature: string): Comparison['groups'][number] => ({
  signature,
  class: 'value-changed',
  places: ['total'],
  added: [],
  removed: [],
  messages: 3,
  examples: [],
  causes: [],
});
let ordinal = 0;
const compared = (more: Partial<Comparison> = {}): Comparison => ({
  id: `c${++ordinal}`,
  flow: 'shop',
  state: 'done',
  scope: { by: 'newest', count: 1000 },
  draft: { hash: 'draft' },
  against: 1,
  startedAt: new Date(ordinal * 1000).toISOString(),
  startedBy: 'Mira',
  ms: 1,
  done: 10,
  total: 10,
  topics: [],
  missing: 0,
  counts: { same: 7, 'value-changed': 3 },
  groups: [group('a'), group('b')],
  unseen: [],
  labels: {},
  ...more,
});
const deployed = (version: number) =>
  store.deployments.record({ flow: 'shop', version, stages: [] } as unknown as Plan, { barrier: [], topicsCreated: [] }, 'Mira');
const verdict = (hash = 'draft') => comparisonVerdict(store, 'shop', hash);
const expected = { by: 'Mira', at: '2026-01-01T00:00:00Z', note: '' };

it('holds before the first deploy, and not before somebody has compared', async () => {
  expect(await verdict()).toMatchObject({ state: 'nothing', holds: true });
  await deployed(1);
  expect(await verdict()).toMatchObject({ state: 'none', holds: false });
});

it('holds once every group is called expected, and only for this draft against this version', async () => {
  await deployed(1);
  const { id } = compared();
  await store.comparisons.put(compared({ id }));
  expect(await verdict()).toMatchObject({
    state: 'compared',
    holds: false,
    undecided: 2,
    sentence: '10 messages: 7 same, 3 changed. 2 of 2 groups are undecided.',
  });
  await store.comparisons.decide('shop', id, 'a', expected);
  expect(await verdict()).toMatchObject({
    holds: false,
    undecided: 1,
    figures: [expect.anything(), { label: 'Decided', value: '1 of 2' }],
  });
  await store.comparisons.decide('shop', id, 'b', expected);
  expect(await verdict()).toMatchObject({ holds: true, undecided: 0 });
  expect(await verdict('another draft')).toMatchObject({ state: 'stale', holds: false });
  await deployed(2);
  expect(await verdict()).toMatchObject({ state: 'stale', holds: false });
  await store.comparisons.link('shop', 'draft', { version: 2, at: '2026-01-01T00:00:00Z' });
  expect(await verdict()).toMatchObject({ state: 'compared', holds: true });
});

it('does not hold where a run has not come to its end, and says why', async () => {
  await deployed(1);
  await store.comparisons.put(compared({ state: 'stopped', reason: { code: 'stopped', sentence: 'Stopped after 3 of 10 messages.' } }));
  expect(await verdict()).toMatchObject({ state: 'ended', holds: false, sentence: 'Stopped after 3 of 10 messages. Compare again.' });
  await store.comparisons.put(compared({ groups: [], reason: { code: 'equal', sentence: 'The same.' } }));
  expect(await verdict()).toMatchObject({ state: 'nothing', holds: true, sentence: 'The same.' });
});
