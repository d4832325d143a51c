import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ShownResend } from '#shared/resend.ts';
import type { SinkOutcome, TraceSearch, TraceWay } from '#shared/trace.ts';
import { describeBrokers } from '../../kafka/brokers.ts';
import { deployFlow } from '../../millrace.ts';
import { until } from '../../wait.ts';
import { flowOf } from '../flow.ts';
import { planReplay, type ReplayWorld, replayEnded, settled, startReplay, startWorld } from '../replay-world.ts';
import { post } from './orders.ts';

/**
 * A CRM that acts on every POST, and knows an idempotency key again under `/known`. PUT puts one row in the place of all of
 * its order. Of orders in `lose` it takes the first POST and lets the connection break before it answers; of those in
 * `hold` it takes the first and never answers.
 */
async function startCrm(lose: ReadonlySet<string>) {
  const rows: string[] = [];
  const known = new Map<string, string>();
  const lost = new Set<string>();
  const hold = new Set<string>();
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const { orderNo } = JSON.parse(text) as { orderNo: string };
      const url = request.url ?? '';
      if (url.startsWith('/known')) known.set(String(request.headers['idempotency-key']), text);
      else if (request.method === 'PUT') {
        for (let at = rows.length - 1; at >= 0; at--) if (rows[at]?.includes(`"${orderNo}"`)) rows.splice(at, 1);
        rows.push(text);
      } else rows.push(text);
      const place = `${url} ${orderNo}`;
      if (url.startsWith('/orders') && hold.delete(orderNo)) return;
      if (lose.has(orderNo) && !lost.has(place) && request.method === 'POST') {
        lost.add(place);
        request.socket.destroy();
      } else response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    rows,
    known,
    hold,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Case 3 of the failure catalogue: the same order stands twice in the CRM. */
describeBrokers('the same order twice at the CRM', (broker) => {
  let world: ReplayWorld;
  let calm: Awaited<ReturnType<typeof startCrm>>;
  let crm: Awaited<ReturnType<typeof startCrm>>;
  const order = (n: number) => JSON.stringify({ id: `o-${n}`, name: `Ann ${n}` });

  const flow = (id: string, url: string, change: object = {}) =>
    flowOf(
      id,
      [
        { id: 'shop', type: 'webhook', label: 'Shop', config: { path: id, key: 'id' } },
        { id: 'map', type: 'map', label: 'To CRM', config: { expression: '{ "orderNo": id, "name": name }' } },
        { id: 'crm', type: 'http', label: 'CRM', config: { url: `"${url}/orders"`, idempotency: 'none', ...change } },
        { id: 'mail', type: 'http', label: 'Marketing', config: { url: `"${url}/known"` } },
      ],
      ['shop>map', 'map>crm', 'map>mail'],
    );
  const mended = { url: '' };

  beforeAll(async () => {
    [calm, crm] = await Promise.all([startCrm(new Set()), startCrm(new Set(['o-2']))]);
    mended.url = `"${crm.url}/orders/" & orderNo`;
    world = await startWorld(broker.brokers);
  });
  afterAll(async () => {
    await world?.close();
    await Promise.all([calm?.close(), crm?.close()]);
  });

  async function find(text: string, id: string): Promise<TraceSearch> {
    let found = await world.api<TraceSearch>('POST', '/api/traces', { text, flow: id });
    await until('the search ends', async () => {
      found = await world.api<TraceSearch>('GET', `/api/traces/${found.id}`);
      return found.state !== 'running';
    });
    return found;
  }
  const way = (id: string, origin: string) => world.api<TraceWay>('GET', `/api/flows/${id}/way?origin=${encodeURIComponent(origin)}`);
  const at = (found: TraceWay, sink: string): SinkOutcome | undefined => found.sinks.find((one) => one.sink === sink);

  it('shows two tries and why, says where the second was suppressed, and is mended by a replay of just that order', async () => {
    await deployFlow(world.server, flow('calm', calm.url));
    await deployFlow(world.server, flow('twice', crm.url));
    // The shop itself sends order 4 twice: that is another cause, and looks otherwise.
    const orders = [0, 1, 2, 3, 4].map(order);
    await post(world.server, 'calm', orders);
    await post(world.server, 'twice', orders);
    await post(world.server, 'twice', [order(4)]);
    await settled(world, 'calm', 5);
    await settled(world, 'twice', 6);
    expect(crm.rows.filter((row) => row.includes('"o-2"'))).toHaveLength(2);

    const [hit, ...more] = (await find('o-2', 'twice')).hits;
    expect(more).toEqual([]);
    let found = await way('twice', hit?.origin ?? '');
    await until('the ledger has told how often the CRM was asked', async () => {
      found = await way('twice', hit?.origin ?? '');
      return at(found, 'crm')?.tries !== undefined && at(found, 'mail')?.tries !== undefined && found.balance.waiting === 0;
    });
    expect(at(found, 'crm')).toMatchObject({
      state: 'delivered',
      tries: { count: 2, unsure: 1, code: 'http/unreachable', twice: 'possible' },
    });
    expect(at(found, 'crm')?.sentence).toMatch(/asked 2 times.* answer is not known.* may have it twice/);
    expect(at(found, 'mail')).toMatchObject({ state: 'delivered', tries: { count: 2, unsure: 1, twice: 'suppressed' } });
    expect(at(found, 'mail')?.sentence).toContain('knows the idempotency key again');
    expect(found.balance).toEqual({ in: 1, copies: 1, delivered: 2, filtered: 0, dead: 0, waiting: 0 });
    const once = await way('twice', (await find('o-1', 'twice')).hits[0]?.origin ?? '');
    expect(once.sinks.map(({ tries }) => tries)).toEqual([undefined, undefined]);

    const sentTwice = (await find('o-4', 'twice')).hits;
    expect(sentTwice.map(({ key }) => key)).toEqual(['o-4', 'o-4']);
    for (const { origin } of sentTwice)
      expect((await way('twice', origin)).sinks.map(({ tries }) => tries)).toEqual([undefined, undefined]);

    // The CRM takes a PUT by number: from now on a second try writes the same row.
    const { revision } = await world.api<{ revision: number }>('GET', '/api/flows/twice');
    const next = flow('twice', crm.url, { url: mended.url, method: 'PUT', idempotency: 'upsert' });
    await world.api('PUT', '/api/flows/twice', next, { 'if-match': `"${revision}"` });
    await world.api('POST', '/api/flows/twice/deploy', {});
    const doubled = [hit, sentTwice[0]].flatMap((one) => {
      const [topic = '', partition = '', offset = ''] = one?.origin.split('/') ?? [];
      return [{ topic, partition: Number(partition), offset }];
    });
    const since = Math.min(...[hit, ...sentTwice].map((one) => one?.timestamp ?? 0));
    const spec = {
      name: 'Doubled orders',
      range: { by: 'time', since, until: Date.now() + 60_000 },
      filter: { positions: doubled },
      version: 2,
      sinks: ['crm'],
      target: 'real',
      // One order's later message is the same order again.
      overtaken: 'send',
    };
    const plan = await planReplay(world, 'twice', spec);
    expect(plan).toMatchObject({ messages: 2, needsReason: false, sinks: [{ sink: 'crm', guarantee: 'upsert', overwrite: 2, double: 0 }] });
    const replay = await replayEnded(world, (await startReplay(world, 'twice', spec)).id);
    expect(replay).toMatchObject({ state: 'done', outputs: { crm: 2 } });
    await until('the CRM has each order once', () => crm.rows.length === 5);
    expect([...crm.rows].sort()).toEqual([...calm.rows].sort());

    const after = await way('twice', hit?.origin ?? '');
    expect(after.sinks.find(({ by }) => by?.kind === 'replay')).toMatchObject({ sink: 'crm', version: 2, by: { id: replay.id } });
    expect(after.history.map(({ what }) => what)).toContain('Replay “Doubled orders” with version 2');
  });

  it('tells of an order that was on its way when the server was killed, and of no other', async () => {
    await deployFlow(world.server, flow('killed', crm.url));
    const orders = [20, 21, 22].map(order);
    await post(world.server, 'killed', orders);
    await settled(world, 'killed', 3);
    crm.hold.add('o-23');
    await post(world.server, 'killed', [order(23)]);
    const taken = () => crm.rows.filter((row) => row.includes('"o-23"')).length;
    await until('the CRM has taken it', () => taken() === 1);
    await world.killAndStart();
    let report: { messages: ShownResend[] } | undefined;
    await until('it is told', async () => {
      report = await world.api<{ messages: ShownResend[] }>('GET', '/api/flows/killed/resends');
      return report.messages.some(({ sink }) => sink === 'crm');
    });
    expect(report?.messages.filter(({ sink }) => sink === 'crm')).toMatchObject([
      { key: 'o-23', tries: 2, unsure: 1, code: 'worker/lost', origin: expect.stringContaining('killed.shop') },
    ]);
    expect(taken()).toBe(2);
  });
});
