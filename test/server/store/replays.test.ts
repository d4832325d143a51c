import { beforeAll, expect, it } from 'vitest';
import type { Store } from '#server/store/store.ts';
import type { Replay, Retry } from '#shared/replay.ts';
import { describeStores } from './both-stores.ts';

const replay = (id: string, change: Partial<Replay> = {}): Replay => ({
  id,
  spec: {
    flow: 'shop',
    name: id,
    range: { by: 'time', since: 0, until: 1 },
    filter: {},
    version: 1,
    sinks: ['erp'],
    target: 'real',
    overtaken: 'skip',
    ids: 'same',
    perSecond: 0,
    pauseAtErrorShare: 0.2,
  },
  state: 'running',
  startedBy: 'Mira',
  startedAt: 1,
  total: 10,
  balance: { read: 0, written: 0, filtered: 0, failed: 0, skipped: 0 },
  outputs: {},
  failures: {},
  ...change,
});
const retry = (id: string, state: Retry['state'] = 'running'): Retry => ({
  id,
  request: { flow: 'shop', from: 'node', version: 1, perSecond: 0, stopAfter: 10, count: 1, edited: 0 },
  state,
  startedBy: 'Mira',
  startedAt: 1,
  done: 0,
  passed: 0,
  failed: 0,
  skipped: 0,
});

describeStores('replays and retries', (opened) => {
  let store: Store;
  beforeAll(() => {
    store = opened();
  });

  it('come back whole, newest first, with what their engine keeps', async () => {
    await store.replays.add(replay('a'), 'work a');
    await store.replays.add(replay('b', { startedAt: 2 }), 'work b');
    await store.replays.put(replay('a', { state: 'paused', reason: 'so' }));
    expect(await store.replays.get('a')).toEqual(replay('a', { state: 'paused', reason: 'so' }));
    expect(await store.replays.work('a')).toBe('work a');
    expect((await store.replays.list('shop', 10)).map(({ id }) => id)).toEqual(['b', 'a']);
    expect(await store.replays.list('other', 10)).toEqual([]);
    expect((await store.replays.inState(['running'])).map(({ id }) => id)).toEqual(['b']);
    await expect(store.replays.get('none')).rejects.toThrow('no such replay');
  });

  it('of two retries that ask for an item at once just one gets it, and again when it asks again', async () => {
    await store.retries.add(retry('r1'), '');
    await store.retries.add(retry('r2'), '');
    const items = Array.from({ length: 1200 }, (_, at) => `millrace.shop.dead/0/${at}`);
    const claimed = await Promise.all([store.claims.claim('shop', 'r1', items), store.claims.claim('shop', 'r2', items)]);
    const [mine, others] = ['r1', 'r2'].map((id, at) => items.filter((item) => claimed[at]?.get(item) === id)) as [string[], string[]];
    expect(mine.length + others.length).toBe(1200);
    expect(mine.filter((item) => others.includes(item))).toEqual([]);
    expect(new Set((await store.claims.claim('shop', 'r1', mine)).values())).toEqual(new Set(mine.length > 0 ? ['r1'] : []));
    expect(new Set(await store.claims.of('r2'))).toEqual(new Set(others));
    expect(new Set(await store.claims.held('shop'))).toEqual(new Set(items));
    await store.claims.release('r1');
    await store.claims.release('r2');
    expect(await store.claims.held('shop')).toEqual([]);
    expect(new Set((await store.claims.claim('shop', 'r2', items)).values())).toEqual(new Set(['r2']));
  });

  it('a replay takes items like a retry, and keeps them while it lives, also while it is paused', async () => {
    const item = 'millrace.shop.dead/0/5000';
    await store.replays.add(replay('r3', { state: 'paused' }), '');
    expect((await store.claims.claim('shop', 'r3', [item])).get(item)).toBe('r3');
    expect((await store.claims.claim('shop', 'r2', [item])).get(item)).toBe('r3');
    await store.claims.releaseEnded();
    expect(await store.claims.of('r3')).toEqual([item]);
    await store.replays.put(replay('r3', { state: 'stopped' }));
    await store.claims.releaseEnded();
    expect(await store.claims.of('r3')).toEqual([]);
    expect(await store.claims.of('r2')).toHaveLength(1200);
  });

  it('what a retry that has ended still holds is given back', async () => {
    await store.retries.put(retry('r2', 'done'), '');
    await store.claims.releaseEnded();
    expect(await store.claims.held('shop')).toEqual([]);
    expect((await store.claims.claim('shop', 'r1', ['millrace.shop.dead/0/1'])).get('millrace.shop.dead/0/1')).toBe('r1');
  });
});
