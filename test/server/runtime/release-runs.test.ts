import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openReleaseRuns, type ReleaseRuns } from '#server/runtime/release-runs.ts';
import type { Store } from '#server/store/store.ts';
import type { ParkedKey, ReleaseRun } from '#shared/parked.ts';
import type { Plan } from '#shared/plan.ts';
import { until } from '../../wait.ts';
import { describeStores } from '../store/both-stores.ts';

const planOf = (sinks: readonly string[]) =>
  ({ flow: 'shop', stages: sinks.map((id) => ({ kind: 'deliver', node: { id } })) }) as unknown as Plan;
const keyOf = (n: number): ParkedKey => ({
  sink: 'crm',
  partition: n % 3,
  key: `key ${n}`,
  encoding: 'utf8',
  // Of one batch, so that keys are not told apart by their time.
  since: 7,
  code: 'http/422',
  message: `no ${n}`,
  failed: `millrace.shop.crm/${n % 3}/${n}`,
  origin: `orders/0/${n}`,
  count: 2,
  attempts: 1,
  releasing: false,
});

/** Parked keys and the orders to release them; a test says what becomes of each order. */
function parkedWorld() {
  const keys = new Map<string, ParkedKey>();
  /** Of every order, also of one that came twice. */
  const orders: string[] = [];
  let broken: Error | undefined;
  /** Orders that stand in the log and are not carried out. */
  const open: { key: string; attempts: number }[] = [];
  return {
    keys,
    orders,
    parked: {
      list: async () => [...keys.values()].map((key) => ({ ...key })),
      async release(_plan: Plan, { key, attempts }: ParkedKey) {
        if (broken) throw broken;
        orders.push(key);
        open.push({ key, attempts });
      },
    },
    park: (...numbers: number[]) => {
      for (const n of numbers) keys.set(`key ${n}`, keyOf(n));
    },
    breaks(error: Error | undefined) {
      broken = error;
    },
    /** Carries out what was ordered, as the stage does: an order for another try does nothing. */
    carryOut(fails: (key: string) => boolean = () => false) {
      for (const { key, attempts } of open.splice(0)) {
        const found = keys.get(key);
        if (found?.attempts !== attempts) continue;
        if (fails(key)) found.attempts++;
        else keys.delete(key);
      }
    },
  };
}

describeStores('releases of all keys of a sink', (opened) => {
  let store: Store;
  let world: ReturnType<typeof parkedWorld>;
  let plan: Plan | undefined;
  let releases: ReleaseRuns;
  let flow = 0;
  const ended: ReleaseRun[] = [];
  const open = () =>
    openReleaseRuns({
      parked: world.parked,
      keep: store.releaseRuns,
      planOf: async () => plan,
      ended: (_flow, run) => void ended.push(run),
      trouble: () => undefined,
      pollMs: 5,
    });
  /** What a SIGKILL leaves: the store as it stands, and nobody who ends anything. */
  const openAgain = async (): Promise<void> => {
    await releases.close();
    releases = await open();
  };
  const id = () => `shop-${flow}`;
  const only = async (): Promise<ReleaseRun> => (await releases.list(id()))[0] as ReleaseRun;
  const start = async (first: 'retry' | 'discard' = 'retry') =>
    releases.start(id(), { sink: 'crm', sinkName: 'CRM', first, who: 'Mira' }, [...world.keys.values()]);

  beforeAll(() => {
    store = opened();
  });
  beforeEach(async () => {
    flow++;
    ended.length = 0;
    world = parkedWorld();
    plan = planOf(['crm']);
    releases = await open();
  });
  afterEach(async () => {
    await releases.stop(id(), 'crm', 'the test');
    await releases.close();
  });

  it('go on after a restart with their counts, and order no key twice that was ordered before', async () => {
    world.park(...Array.from({ length: 20 }, (_, n) => n));
    expect(await start()).toMatchObject({ state: 'running', keys: 20, messages: 60, through: 0 });
    expect(await start(), 'one at a time').toBeUndefined();
    await until('eight are under way', () => world.orders.length === 8);
    world.carryOut((key) => key === 'key 3');
    await until('eight more, and one has failed', async () => (await only()).failed === 1 && world.orders.length === 16);
    expect(await only()).toMatchObject({ through: 7, failed: 1 });
    await openAgain();
    expect(await only(), 'the same run').toMatchObject({ state: 'running', startedBy: 'Mira', keys: 20, through: 7, failed: 1 });
    // It does not know whether its last orders were written, so it gives them again.
    await until('they are given again', () => world.orders.length === 24);
    world.carryOut((key) => key === 'key 10');
    await until('the rest is under way', () => world.orders.length === 28);
    world.carryOut();
    await until('it is done', async () => (await only()).state === 'done');
    expect(await only()).toMatchObject({ through: 18, failed: 2 });
    expect([...world.keys.values()].map(({ key, attempts }) => [key, attempts])).toEqual([
      ['key 3', 2],
      ['key 10', 2],
    ]);
    expect(ended).toMatchObject([{ state: 'done', through: 18, failed: 2 }]);
    await openAgain();
    expect(await only(), 'its end can still be read').toMatchObject({ state: 'done', startedBy: 'Mira', through: 18, failed: 2 });
    expect((await only()).endedAt).toBeGreaterThan(0);
  });

  it('keep no key itself, and none of the places once they have ended', async () => {
    world.park(1, 2);
    await start();
    await until('they are ordered', () => world.orders.length === 2);
    const [kept] = await store.releaseRuns.running();
    const keys = await store.releaseRuns.keys(kept?.id ?? '');
    expect(keys).toMatchObject([
      { ordinal: 0, partition: 1, state: 'ordered', since: 7, attempts: 1 },
      { ordinal: 1, partition: 2, state: 'ordered' },
    ]);
    expect(JSON.stringify(keys)).not.toContain('key');
    world.carryOut();
    await until('it is done', async () => (await only()).state === 'done');
    expect(await store.releaseRuns.keys(kept?.id ?? '')).toEqual([]);
  });

  it('are stopped by a person before and after a restart, which holds on', async () => {
    world.park(...Array.from({ length: 20 }, (_, n) => n));
    await start();
    await until('eight are under way', () => world.orders.length === 8);
    world.carryOut();
    await until('they are counted', async () => (await only()).through === 8);
    await openAgain();
    expect(await releases.stop(id(), 'crm', 'Jo')).toMatchObject({ state: 'stopped', reason: 'Stopped by Jo.', through: 8 });
    expect(await releases.stop(id(), 'crm', 'Jo'), 'it is over').toBeUndefined();
    const orders = world.orders.length;
    await openAgain();
    expect(await only()).toMatchObject({ state: 'stopped', reason: 'Stopped by Jo.', through: 8 });
    expect(world.orders).toHaveLength(orders);
    expect(ended, 'who stops it says so itself').toEqual([]);
  });

  it('end with a sentence when the flow was stopped meanwhile, or has no such sink any more', async () => {
    world.park(1, 2);
    await start();
    await until('they are ordered', () => world.orders.length === 2);
    await releases.close();
    plan = undefined;
    releases = await open();
    await until('it has ended', async () => (await only()).state === 'failed');
    expect(await only()).toMatchObject({ reason: 'The flow does not run any more. Deploy it, then release the rest.', through: 0 });

    plan = planOf(['crm']);
    expect(await start(), 'one that is seen to have ended holds up no other').toMatchObject({ state: 'running' });
    plan = planOf(['erp']);
    await until('it has ended', async () => (await only()).state === 'failed');
    expect(await only()).toMatchObject({ reason: 'The running version has no sink “CRM”. Deploy one that has it, then release the rest.' });
    expect((await only()).through, 'a key that is not looked for has not gone through').toBe(0);
    expect(ended.map(({ state }) => state)).toEqual(['failed', 'failed']);
  });

  it('stop after five failures in a row, which they count over a restart', async () => {
    world.park(...Array.from({ length: 20 }, (_, n) => n));
    await start();
    await until('eight are under way', () => world.orders.length === 8);
    const failed = ['key 0', 'key 1', 'key 2'];
    // Of the others the orders were not carried out yet.
    for (const key of failed) (world.keys.get(key) as ParkedKey).attempts++;
    await until('three are counted', async () => (await only()).failed === 3 && world.orders.length === 11);
    await openAgain();
    expect(await store.releaseRuns.running()).toMatchObject([{ inARow: 3 }]);
    await until('eight are ordered again', () => world.orders.length === 19);
    world.carryOut(() => true);
    await until('it has stopped', async () => (await only()).state === 'stopped');
    expect(await only()).toMatchObject({ failed: 11, through: 0, reason: expect.stringMatching(/^5 keys in a row failed again: no \d+$/) });
    expect(world.orders, 'no further key was ordered').toHaveLength(19);
  });

  it('count a key that went through and is parked anew by a later message, or that somebody else released', async () => {
    world.park(1, 2, 3, 4, 5, 6, 7, 8, 9);
    await start();
    await until('eight are under way', () => world.orders.length === 8);
    world.keys.delete('key 9');
    world.carryOut();
    world.keys.set('key 1', { ...keyOf(1), since: 9 });
    await until('it is done', async () => (await only()).state === 'done');
    expect(await only()).toMatchObject({ through: 9, failed: 0 });
    expect(world.orders).not.toContain('key 9');
  });

  it('say why they wait while Kafka is away, and go on by themselves', async () => {
    world.park(1);
    world.breaks(new Error('no broker answers'));
    await start();
    await until('it says so', async () => (await only()).reason === 'It goes on by itself after: no broker answers');
    world.breaks(undefined);
    await until('it is ordered', () => world.orders.length === 1);
    world.carryOut();
    await until('it is done', async () => (await only()).state === 'done');
    expect((await only()).reason).toBeUndefined();
  });
});
