import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FollowedLetter } from '#server/store/inbox-follow.ts';
import { openStore, type Store } from '#server/store/store.ts';
import type { Repair } from '#shared/replay.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../postgres.ts';

const hour = 3_600_000;
const start = 1_700_000_000_000;

function letter(n: number, more: Partial<FollowedLetter> = {}): FollowedLetter {
  const position = `millrace.shop.dead/${n % 3}/${n}`;
  return {
    item: position,
    position,
    flow: 'shop',
    cause: 'comma',
    node: 'map',
    stage: 'transform',
    code: 'map/d3030',
    version: 1,
    origin: `orders/0/${n}`,
    key: `k${n % 10}`,
    bytes: 100,
    attempt: 1,
    at: start + n * 1000,
    place: 'total',
    title: 'It is no number',
    ...more,
  };
}
const repair = (n: number, outcome: Repair['outcome'], attempt = 2): Repair => ({
  flow: 'shop',
  item: letter(n).item,
  outcome,
  attempt,
  retry: 'r1',
  version: 2,
  who: 'Mira',
  at: start + hour,
});
const read = (letters: FollowedLetter[], repairs: Repair[] = [], position = 0) => ({
  positions: [{ topic: 'millrace.shop.dead', partition: 0, position }],
  letters,
  repairs,
});

describe.each(hasPostgres() ? (['sqlite', 'postgres'] as const) : (['sqlite'] as const))('the inbox on %s', (kind) => {
  let folder = '';
  let postgres: TestPostgres | undefined;
  let store: Store;
  const open = async () =>
    kind === 'sqlite' ? openStore({ dataFolder: folder }) : openStore({ databaseUrl: postgres?.url ?? '', dataFolder: folder });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-inbox-'));
    if (kind === 'postgres') postgres = await startPostgres();
    store = await open();
  });
  afterAll(async () => {
    await store?.close();
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const numbers = async (cause = 'comma') => (await store.inbox.numbers([cause], start + hour)).get(cause);

  it('counts messages and keys of a cause, and a letter that is read twice once', async () => {
    await store.inbox.apply(
      read(
        Array.from({ length: 25 }, (_, n) => letter(n)),
        [],
        25,
      ),
    );
    await store.inbox.apply(read([letter(24), letter(24)], [], 25));
    expect(await numbers()).toMatchObject({ messages: 25, keys: 10, solved: 0, first: start, last: start + 24_000, versions: [1] });
    expect(Object.values((await numbers())?.hours ?? {}).reduce((sum, one) => sum + one, 0)).toBe(25);
    expect(await store.inbox.positions()).toEqual([{ topic: 'millrace.shop.dead', partition: 0, position: 25 }]);
    expect(await store.inbox.cause('comma')).toMatchObject({ state: 'new', place: 'total', newestAt: start + 24_000 });
  });

  it('lists by pages without a gap or a repetition, and finds by key and origin', async () => {
    const seen: string[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const page = await store.inbox.items('comma', { states: ['open'] }, { limit: 7, ...(after !== undefined && { after }) });
      expect(page.total).toBe(25);
      seen.push(...page.items.map(({ item }) => item));
      after = page.next;
      more = page.next !== undefined;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => letter(24 - n).item));
    expect((await store.inbox.items('comma', { states: ['open'], search: 'K3' }, { limit: 50 })).total).toBe(3);
    expect((await store.inbox.items('comma', { states: ['open'], search: 'orders/0/17' }, { limit: 50 })).total).toBe(1);
    expect((await store.inbox.items('comma', { states: ['open'], search: '%' }, { limit: 50 })).total).toBe(0);
    expect(await store.inbox.causesOfKey('k3')).toEqual(new Set(['comma']));
  });

  it('keeps one item when a retry fails again, also for another reason', async () => {
    await store.inbox.apply(read([], [repair(0, 'sent')]));
    const again = letter(900, { item: letter(0).item, attempt: 2, at: start + hour + 5, cause: 'other', code: 'http/422' });
    await store.inbox.apply(read([again]));
    expect(await numbers()).toMatchObject({ messages: 24 });
    expect(await numbers('other')).toMatchObject({ messages: 1 });
    expect(await store.inbox.item(letter(0).item)).toMatchObject({ attempt: 2, state: 'open', position: again.position, firstAt: start });
    await store.inbox.apply(read([], [repair(0, 'solved', 3)]));
    expect(await store.inbox.cause('other')).toMatchObject({ state: 'solved' });
    expect(await store.inbox.item(letter(0).item)).toMatchObject({ state: 'solved', by: { who: 'Mira', retry: 'r1' } });
  });

  it('discards with a reason, recovers, and says who', async () => {
    expect(
      await store.inbox.discard('comma', { states: [], items: [letter(1).item, letter(2).item] }, { who: 'Jo', reason: 'tests', at: 5 }),
    ).toBe(2);
    expect(await numbers()).toMatchObject({ messages: 22, discarded: 2 });
    expect(await store.inbox.item(letter(1).item)).toMatchObject({ state: 'discarded', by: { who: 'Jo', at: 5, reason: 'tests' } });
    expect(await store.inbox.settled([letter(1).position, letter(3).position])).toEqual(new Set([letter(1).position]));
    expect(await store.inbox.recover('comma', { states: [], items: [letter(1).item] }, { who: 'Jo', at: 6 })).toBe(1);
    expect(await numbers()).toMatchObject({ messages: 23, discarded: 1 });
  });

  it('calls a cause solved when the last is, and back again when one comes', async () => {
    await store.inbox.move('comma', 'looked-at', 'Jo', 1);
    await store.inbox.apply(
      read(
        [],
        Array.from({ length: 25 }, (_, n) => repair(n, 'solved')),
      ),
    );
    expect(await numbers()).toMatchObject({ messages: 0, discarded: 1, solved: 23 });
    expect(await store.inbox.cause('comma')).toMatchObject({ state: 'solved' });
    await store.inbox.apply(read([letter(30)]));
    expect(await store.inbox.cause('comma')).toMatchObject({ state: 'back-again' });
  });

  it('is rebuilt from the topics: the same items, the words of people kept, nothing back again', async () => {
    await store.inbox.setOwner('comma', 'Jo');
    await store.inbox.move('comma', 'muted', 'Jo', 9);
    const before = [await numbers(), await numbers('other')];
    await store.inbox.rebuild();
    expect(await store.inbox.positions()).toEqual([]);
    const again = letter(900, { item: letter(0).item, attempt: 2, at: start + hour + 5, cause: 'other', code: 'http/422' });
    // Repairs first: topics are not read in any order.
    await store.inbox.apply(read([], [...Array.from({ length: 25 }, (_, n) => repair(n, 'solved')), repair(0, 'solved', 3)]));
    await store.inbox.apply(read([again, letter(30)]));
    await store.inbox.apply(
      read(
        Array.from({ length: 25 }, (_, n) => letter(n)),
        [],
        31,
      ),
    );
    expect([await numbers(), await numbers('other')]).toEqual(before);
    expect(await store.inbox.cause('comma')).toMatchObject({ state: 'muted', owner: 'Jo', stateBy: 'Jo' });
    await store.close();
    store = await open();
    expect([await numbers(), await numbers('other')]).toEqual(before);
  });

  it('says what retention has taken of the open ones, and forgets a topic that is gone', async () => {
    await store.inbox.move('comma', 'unmuted', 'Jo', 10);
    expect(await store.inbox.sweep('millrace.shop.dead', 0, 31, 77)).toBe(1);
    expect(await store.inbox.cause('comma')).toMatchObject({ gone: { messages: 1, since: 77 }, state: 'solved' });
    expect(await store.inbox.sweep('millrace.shop.dead', 0, 31, 78)).toBe(0);
    await store.inbox.forgetTopic('millrace.shop.dead');
    expect((await numbers())?.messages).toBe(0);
    expect(await store.inbox.positions()).toEqual([]);
  });

  it('says which replays hold open items of a cause, and how many; what retries hold is no news there', async () => {
    await store.inbox.apply(read(Array.from({ length: 4 }, (_, n) => letter(500 + n, { cause: 'held' }))));
    await store.inbox.apply(read([letter(504, { cause: 'elsewhere' })]));
    const spec = {
      ...{ flow: 'shop', name: 'again', range: { by: 'time' as const, since: 0, until: 1 }, filter: {}, version: 1, sinks: ['erp'] },
      ...{ target: 'real' as const, overtaken: 'skip' as const, ids: 'same' as const, perSecond: 0, pauseAtErrorShare: 1 },
    };
    const balance = { read: 0, written: 0, filtered: 0, failed: 0, skipped: 0 };
    const replay = { id: 'p1', spec, state: 'running' as const, startedBy: 'Mira', startedAt: 1, total: 5 };
    await store.replays.add({ ...replay, balance, outputs: {}, failures: {} }, '');
    await store.claims.claim('shop', 'r1', [letter(500).item]);
    await store.claims.claim(
      'shop',
      'p1',
      [500, 501, 502, 504].map((n) => letter(n).item),
    );
    await store.inbox.discard('held', { states: [], items: [letter(502).item] }, { who: 'Jo', reason: 'so', at: 1 });
    expect(await store.claims.replaysOf('held')).toEqual([{ replay: 'p1', items: 1 }]);
    await store.claims.release('p1');
    expect(await store.claims.replaysOf('held')).toEqual([]);
    await store.claims.release('r1');
  });

  it('takes in 20,000 letters of one cause and counts them', async () => {
    const many = Array.from({ length: 20_000 }, (_, n) => letter(1000 + n, { cause: 'many', key: `key ${n}` }));
    for (let at = 0; at < many.length; at += 2000) await store.inbox.apply(read(many.slice(at, at + 2000)));
    expect(await numbers('many')).toMatchObject({ messages: 20_000, keys: 20_000 });
    expect(await store.inbox.discard('many', { states: [] }, { who: 'Jo', reason: 'all of it', at: 1 })).toBe(20_000);
    expect(await store.inbox.cause('many')).toMatchObject({ state: 'solved' });
  });
});
