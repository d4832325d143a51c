import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store, type StoreOptions } from '#server/store/store.ts';
import { StoreError, translated } from '#server/store/store-error.ts';
import { type Flow, flowSchema } from '#shared/flow.ts';
import type { Plan } from '#shared/plan.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../postgres.ts';

let ordinal = 0;
function aFlow(change: Partial<Flow> = {}): Flow {
  return flowSchema.parse({ format: 1, id: `flow-${++ordinal}`, name: 'Orders', nodes: [{ id: 'in', type: 'webhook' }], ...change });
}

function aPlan(flow: string, version: number): Plan {
  const settings = { onError: 'dead-letter', messageTimeoutMs: 1000, quarantineAfter: 3, memoryMb: 64 } as const;
  return { flow, version, hash: `hash-${version}`, stages: [], topics: [], deadLetterTopic: `millrace.${flow}.dead`, paths: [], settings };
}

async function refusal(promise: Promise<unknown>): Promise<StoreError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  return error as StoreError;
}

let postgres: TestPostgres | undefined;
let folder: string;
const withPostgres = hasPostgres();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-store-'));
  if (withPostgres) postgres = await startPostgres();
});
afterAll(async () => {
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(['sqlite', 'postgres'] as const)('the store on %s', (kind) => {
  const skip = kind === 'postgres' && !withPostgres;
  const options = (): StoreOptions =>
    kind === 'sqlite' ? { dataFolder: folder } : { databaseUrl: postgres?.url ?? '', dataFolder: folder };
  let store: Store;
  beforeAll(async () => {
    if (!skip) store = await openStore(options());
  });
  afterAll(async () => {
    await store?.close();
  });

  describe.skipIf(skip)('drafts', () => {
    it('gives back the flow that was saved, with what it does not know', async () => {
      const flow = aFlow({ name: '[1]' });
      const made = await store.flows.create({ ...flow, extra: { kept: true } } as Flow, 'ann');
      expect(made).toMatchObject({ revision: 1, updatedBy: 'ann', changed: false });
      expect((await store.flows.get(flow.id)).flow).toEqual({ ...flow, extra: { kept: true } });
    });

    it('refuses a second flow of the same id and keeps the first', async () => {
      const flow = aFlow();
      await store.flows.create(flow, 'ann');
      expect((await refusal(store.flows.create({ ...flow, name: 'Other' }, 'bob'))).code).toBe('exists');
      expect((await store.flows.get(flow.id)).flow.name).toBe('Orders');
    });

    it('goes up by one revision with every save and refuses a save over an older one', async () => {
      const flow = aFlow();
      await store.flows.create(flow, 'ann');
      expect((await store.flows.save({ ...flow, name: 'Two' }, 1, 'bob')).revision).toBe(2);
      const stale = await refusal(store.flows.save({ ...flow, name: 'Three' }, 1, 'ann'));
      expect(stale).toMatchObject({ code: 'stale', revision: 2 });
      expect(stale.message).toContain('bob');
      expect((await store.flows.save(flow, undefined, 'ann')).revision).toBe(3);
    });

    it('lets exactly one of many parallel saves over the same revision through', async () => {
      const flow = aFlow();
      await store.flows.create(flow, 'ann');
      const saves = await Promise.allSettled(
        Array.from({ length: 12 }, (_, index) => store.flows.save({ ...flow, name: `by ${index}` }, 1, `writer ${index}`)),
      );
      const won = saves.filter((save) => save.status === 'fulfilled');
      expect(won).toHaveLength(1);
      const current = await store.flows.get(flow.id);
      expect(current).toMatchObject({ revision: 2, flow: { name: won[0]?.value.flow.name } });
    });

    it('says that a flow is unknown when it is asked for, saved or removed', async () => {
      const flow = aFlow();
      for (const attempt of [
        () => store.flows.get(flow.id),
        () => store.flows.revision(flow.id),
        () => store.flows.save(flow, 1, 'ann'),
        () => store.flows.remove(flow.id),
      ]) {
        expect((await refusal(attempt())).code).toBe('unknown');
      }
    });

    it('finds nothing under a name with a NUL character, and does not break', async () => {
      expect(['unknown', 'invalid']).toContain((await refusal(store.flows.get('a\u0000b'))).code);
    });

    it('lists drafts by name with the number of their nodes', async () => {
      await store.flows.create(aFlow({ name: 'zz last' }), 'ann');
      await store.flows.create(aFlow({ name: 'aa first' }), 'ann');
      const names = (await store.flows.list()).map((flow) => flow.name).filter((name) => / (first|last)$/.test(name));
      expect(names).toEqual(['aa first', 'zz last']);
      expect((await store.flows.list())[0]?.nodes).toBe(1);
    });
  });

  describe.skipIf(skip)('versions and deployments', () => {
    it('numbers versions from 1 and keeps them as they were published', async () => {
      const flow = aFlow();
      await store.flows.create(flow, 'ann');
      expect(await store.versions.publish(flow, 'ann', 'first')).toMatchObject({ version: 1, note: 'first', createdBy: 'ann' });
      await store.versions.publish({ ...flow, name: 'Renamed' }, 'bob', '');
      expect((await store.versions.get(flow.id, 1)).name).toBe('Orders');
      expect((await store.versions.list(flow.id)).map((version) => version.version)).toEqual([2, 1]);
      expect((await store.versions.latest(flow.id))?.version).toBe(2);
      expect((await refusal(store.versions.get(flow.id, 9))).code).toBe('unknown');
    });

    it('never gives a number twice, also when many publish at once or the flow was deleted in between', async () => {
      const flow = aFlow();
      await store.flows.create(flow, 'ann');
      const made = await Promise.all(Array.from({ length: 8 }, () => store.versions.publish(flow, 'ann', '')));
      expect(made.map((version) => version.version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      await store.flows.remove(flow.id);
      await store.flows.create(flow, 'ann');
      expect((await store.versions.publish(flow, 'ann', '')).version).toBe(9);
    });

    it('hashes what the flow does, not how it is drawn or named', async () => {
      const flow = aFlow();
      await store.flows.create(flow, 'ann');
      const first = await store.versions.publish(flow, 'ann', '');
      const moved = await store.versions.publish(
        { ...flow, name: 'New', layout: { positions: { in: { x: 1, y: 2 } }, groups: [], notes: [] } },
        'ann',
        '',
      );
      const rewired = await store.versions.publish({ ...flow, nodes: [] }, 'ann', '');
      expect(moved.hash).toBe(first.hash);
      expect(rewired.hash).not.toBe(first.hash);
    });

    it('keeps one current deployment per flow, and tells a changed draft from a moved one', async () => {
      const flow = aFlow();
      await store.flows.create(flow, 'ann');
      await store.versions.publish(flow, 'ann', '');
      await store.versions.publish(flow, 'ann', '');
      const barrier = [{ group: 'g', topic: 't', partition: 0, offset: '9007199254740993' }];
      await store.deployments.record(aPlan(flow.id, 1), { barrier: [], topicsCreated: ['t'] }, 'ann');
      const second = await store.deployments.record(aPlan(flow.id, 2), { barrier, topicsCreated: [] }, 'bob');
      expect(second).toMatchObject({ version: 2, replaced: 1, barrier, desired: 'running', deployedBy: 'bob' });
      expect(await store.deployments.current(flow.id)).toEqual(second);
      expect((await store.deployments.history(flow.id, 10)).map((one) => one.version)).toEqual([2, 1]);
      expect(await store.flows.revision(flow.id)).toBe(1);
      expect(await store.flows.get(flow.id)).toMatchObject({ deployedVersion: 2, latestVersion: 2, changed: false });
      expect((await store.flows.save({ ...flow, nodes: [] }, undefined, 'ann')).changed).toBe(true);
    });

    it('names the flows that must run after a restart, and not the stopped ones', async () => {
      const [runs, stopped] = [aFlow(), aFlow()];
      for (const flow of [runs, stopped]) {
        await store.flows.create(flow, 'ann');
        await store.versions.publish(flow, 'ann', '');
        await store.deployments.record(aPlan(flow.id, 1), { barrier: [], topicsCreated: [] }, 'ann');
      }
      await store.deployments.setDesired(stopped.id, 'stopped');
      const running = (await store.deployments.running()).map((one) => one.flow);
      expect(running).toContain(runs.id);
      expect(running).not.toContain(stopped.id);
      expect((await store.deployments.all()).map((one) => one.flow)).toContain(stopped.id);
      expect(await store.flows.get(stopped.id)).not.toHaveProperty('deployedVersion');
      expect((await refusal(store.deployments.setDesired('never', 'stopped'))).code).toBe('unknown');
    });

    it('refuses to record a deployment of a version that does not exist', async () => {
      const flow = aFlow();
      await store.flows.create(flow, 'ann');
      expect((await refusal(store.deployments.record(aPlan(flow.id, 7), { barrier: [], topicsCreated: [] }, 'ann'))).code).toBe('unknown');
    });
  });

  describe.skipIf(skip)('keys, sessions and links', () => {
    it('shows a key once, finds it by its value, and keeps no trace of the value', async () => {
      const made = await store.keys.create('deploy script', 'analyst', 'ann');
      expect(await store.keys.use(made.key)).toMatchObject({ id: made.id, name: 'deploy script', role: 'analyst' });
      expect(await store.keys.use(`${made.key}x`)).toBeUndefined();
      expect(JSON.stringify(await store.keys.list())).not.toContain(made.key);
      expect((await store.keys.list()).find((key) => key.id === made.id)?.lastUsedAt).toBeDefined();
    });

    it('seeds a key of a given value only while there is none', async () => {
      if ((await store.keys.list()).length === 0) expect(await store.keys.seed('the first key', 'admin', 'admin')).toBe(true);
      expect(await store.keys.seed('another key', 'admin', 'admin')).toBe(false);
      expect(await store.keys.use('another key')).toBeUndefined();
    });

    it('ends the sessions of a key that is removed', async () => {
      const key = await store.keys.create('browser', 'viewer', 'ann');
      const { token } = await store.sessions.open({ name: 'browser', role: 'viewer', apiKey: key.id }, 60_000);
      expect(await store.sessions.find(token)).toMatchObject({ name: 'browser', role: 'viewer' });
      await store.keys.remove(key.id);
      expect(await store.sessions.find(token)).toBeUndefined();
      expect((await refusal(store.keys.remove(key.id))).code).toBe('unknown');
    });

    it('forgets a session that was closed or whose time is over', async () => {
      const closed = await store.sessions.open({ name: 'ann', role: 'admin' }, 60_000);
      await store.sessions.close(closed.token);
      const over = await store.sessions.open({ name: 'ann', role: 'admin' }, -1);
      expect(await store.sessions.find(closed.token)).toBeUndefined();
      expect(await store.sessions.find(over.token)).toBeUndefined();
    });

    it('lets a link open one session, and only the newest link', async () => {
      const old = await store.sessions.createLink('admin', 60_000);
      const link = await store.sessions.createLink('admin', 60_000);
      expect(await store.sessions.takeLink(old)).toBeUndefined();
      const taken = await Promise.all([store.sessions.takeLink(link), store.sessions.takeLink(link), store.sessions.takeLink(link)]);
      expect(taken.filter((role) => role === 'admin')).toHaveLength(1);
      expect(await store.sessions.takeLink(await store.sessions.createLink('admin', -1))).toBeUndefined();
    });
  });

  describe.skipIf(skip)('secrets', () => {
    it('gives values back to the workers and to nobody else', async () => {
      await store.secrets.set('crm', 'first', 'ann');
      await store.secrets.set('crm', 'välue\u0000 2', 'bob');
      expect(await store.secrets.reveal()).toEqual({ crm: 'välue\u0000 2' });
      expect(await store.secrets.list()).toEqual([{ name: 'crm', updatedAt: expect.any(String), updatedBy: 'bob' }]);
    });

    it('says which secret cannot be opened with another key', async () => {
      const other = await openStore({ ...options(), secretKey: 'quite another key than that' });
      const error = await refusal(other.secrets.reveal());
      await other.close();
      expect(error).toMatchObject({ code: 'sealed' });
      expect(error.message).toContain('"crm"');
    });

    it('removes a secret', async () => {
      await store.secrets.remove('crm');
      expect(await store.secrets.list()).toEqual([]);
      expect((await refusal(store.secrets.remove('crm'))).code).toBe('unknown');
    });
  });

  describe.skipIf(skip)('audit, crashes and the ledger', () => {
    it('lists the newest audit entry first', async () => {
      await store.audit.add({ who: 'ann', action: 'flow/save', flow: 'f', detail: 'revision 2' });
      await store.audit.add({ who: 'ann', action: 'key/create', detail: 'x' });
      expect(await store.audit.list(2)).toEqual([
        { at: expect.any(String), who: 'ann', action: 'key/create', detail: 'x' },
        { at: expect.any(String), who: 'ann', action: 'flow/save', flow: 'f', detail: 'revision 2' },
      ]);
    });

    it('counts crashes per message and forgets them one by one', async () => {
      const at = { topic: 'orders', partition: 3, offset: '9007199254740993' };
      expect(await store.crashes.mark('f', 'transform', at, 'boom')).toBe(1);
      expect(await store.crashes.mark('f', 'transform', at, 'boom again')).toBe(2);
      expect(await store.crashes.mark('f', 'transform', { ...at, offset: '1' }, 'boom')).toBe(1);
      expect((await store.crashes.list('f')).find((mark) => mark.offset === at.offset)).toMatchObject({ count: 2, message: 'boom again' });
      await store.crashes.clear('f', 'transform', at);
      expect(await store.crashes.list('f')).toHaveLength(1);
      await store.crashes.clear('f');
      expect(await store.crashes.list('f')).toEqual([]);
    });

    it('saves positions and totals together and leaves those that are not named', async () => {
      await store.ledger.save({ 'ledger/0': '10', 'ledger/1': '5' }, { 'f@1': { in: 10 }, 'g@1': { in: 5 } });
      await store.ledger.save({ 'ledger/0': '12' }, { 'f@1': { in: 12 } });
      expect(await store.ledger.load()).toEqual({
        positions: { 'ledger/0': '12', 'ledger/1': '5' },
        totals: { 'f@1': { in: 12 }, 'g@1': { in: 5 } },
      });
    });

    it('opens again with everything in place', async () => {
      await store.close();
      store = await openStore(options());
      expect((await store.ledger.load()).positions['ledger/0']).toBe('12');
      await store.ping();
    });
  });
});

describe('the store', () => {
  it('keeps no secret, key or token readable in its files, and its own key for its owner alone', async () => {
    const place = await mkdtemp(join(tmpdir(), 'millrace-store-'));
    const store = await openStore({ dataFolder: place });
    await store.secrets.set('crm', 'the-secret-value', 'ann');
    const { key } = await store.keys.create('k', 'admin', 'ann');
    const { token } = await store.sessions.open({ name: 'ann', role: 'admin' }, 60_000);
    const link = await store.sessions.createLink('admin', 60_000);
    const files = (await readdir(place)).map((name) => join(place, name));
    const bytes = Buffer.concat(await Promise.all(files.map((file) => readFile(file)))).toString('latin1');
    for (const value of ['the-secret-value', key, token, link]) expect(bytes).not.toContain(value);
    expect((await stat(join(place, 'secret.key'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(place, 'millrace.db'))).mode & 0o777).toBe(0o600);
    await store.close();
    await rm(place, { recursive: true });
  });

  it('says in one sentence that PostgreSQL does not answer or that the address is none', async () => {
    expect(await refusal(openStore({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none' }))).toMatchObject({ code: 'unavailable' });
    expect((await refusal(openStore({ databaseUrl: 'mysql://x' }))).message).toContain('DATABASE_URL');
  });

  it.skipIf(!withPostgres)('survives that PostgreSQL goes away in the middle, and says so', async () => {
    const own = await startPostgres();
    const store = await openStore({ databaseUrl: own.url });
    await store.ping();
    await own.stop();
    for (const attempt of [store.ping(), store.flows.list(), store.flows.create(aFlow(), 'ann')]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'unavailable' });
    }
    await store.close();
  });

  it('opens once on many machines that start at the same moment', async () => {
    if (!postgres) return;
    const options = { databaseUrl: postgres.url.replace(/postgres$/, 'template1') };
    const stores = await Promise.all([1, 2, 3].map(() => openStore(options)));
    await Promise.all(stores.map((store) => store.ping()));
    await Promise.all(stores.map((store) => store.close()));
  });

  it('keeps what stands there when the disk is full, and says so in one sentence', async () => {
    const file = new Sqlite(':memory:');
    file.exec('create table t (text text)');
    file.pragma('max_page_count = 3');
    const fill = (): void => {
      for (;;) file.prepare('insert into t values (?)').run('x'.repeat(1000));
    };
    const noun = translated({ fill: async () => fill() });
    const error = await refusal(noun.fill());
    expect(error.code).toBe('full');
    expect(error.message).toContain('Free some space');
    expect(file.prepare('select count(*) as rows from t').get()).toEqual({ rows: expect.any(Number) });
  });
});
