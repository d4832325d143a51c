import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KafkaProducer } from '#server/kafka/port.ts';
import type { KeyInfo } from '#shared/api.ts';
import type { Replay, ReplayPlan } from '#shared/replay.ts';
import type { TraceIndexState, TraceSearch, TraceWay } from '#shared/trace.ts';
import { describeBrokers } from '../kafka/brokers.ts';
import { adminKey, deployFlow, type MillraceProcess, spawnMillrace, startMillrace, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const start = Date.now() - 3_600_000;
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const order = (n: number): string =>
  JSON.stringify({
    orderNo: `A-${1000 + n}`,
    big: 'x',
    password: `geheim-${n}`,
    customer: { name: `Zoë Müller ${n}`, email: `zoe${n}@example.com` },
    paid: n % 5 !== 4,
    total: n === 3 ? 'twelve' : 12.5,
    lines: [
      { sku: `S-${n}`, qty: 1 },
      { sku: 'S-common', qty: 2 },
    ],
  }).replace('"big":"x"', `"big":90071992547409930${n}`);

describeBrokers('Traces', (broker) => {
  let folder = '';
  let server: MillraceProcess;
  let receiver: Receiver;
  let producer: KafkaProducer;
  let viewer = '';

  const shop = () =>
    flowOf(
      'shop',
      [
        { id: 'in', type: 'kafka.source', label: 'Orders', config: { topic: 'shop.orders' } },
        { id: 'paid', type: 'filter', label: 'Paid only', config: { condition: 'paid' } },
        { id: 'total', type: 'map', label: 'Total', config: { expression: '$merge([$, { "total": $number(total) }])' } },
        {
          id: 'lines',
          type: 'split',
          label: 'Lines',
          config: { expression: 'lines.{ "orderNo": $parent.orderNo, "big": $parent.big, "sku": sku, "secret": $parent.password }' },
        },
        { id: 'erp', type: 'kafka.sink', label: 'ERP lines', config: { topic: 'erp.lines' } },
        { id: 'crm', type: 'http', label: 'CRM', config: { url: `"${receiver.url}"` } },
      ],
      ['in>paid', 'paid>total', 'total>lines', 'lines>erp', 'total>crm'],
    );
  const stock = flowOf(
    'stock',
    [
      { id: 'lines', type: 'kafka.source', label: 'Lines', config: { topic: 'erp.lines' } },
      { id: 'stamp', type: 'map', label: 'Stamp', config: { expression: '{ "sku": sku, "big": big, "chance": $random() }' } },
      { id: 'out', type: 'kafka.sink', label: 'Stock', config: { topic: 'stock.moves', createPartitions: 1 } },
    ],
    ['lines>stamp', 'stamp>out'],
  );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-trace-'));
    receiver = await startReceiver();
    server = await startMillrace({
      MILLRACE_DATA: folder,
      KAFKA_BROKERS: broker.brokers.join(','),
      MILLRACE_ALLOW_PRIVATE: new URL(receiver.url).host,
    });
    // Not those of kafkajs: where Apache Kafka is slow, its admin gives up, and what its producer repeats may stand there twice.
    const admin = broker.kafka.admin();
    await admin.ensureTopics(['shop.orders', 'erp.lines'].map((name) => ({ name, partitions: 2 })));
    await admin.close();
    producer = await broker.kafka.producer();
    const messages = Array.from({ length: 20 }, (_, n) => ({
      topic: 'shop.orders',
      key: `k${n}`,
      value: order(n),
      partition: n % 2,
      timestamp: start + n * 1000,
      headers: n === 5 ? { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } : {},
    }));
    await Promise.all(messages.map((message) => producer.send(message)));
    await deployFlow(server, shop());
    await deployFlow(server, stock);
    viewer = (await server.api<KeyInfo & { key: string }>('POST', '/api/keys', { name: 'Vera', role: 'viewer' })).key;
    // 16 are paid, of which one has no number for its total.
    await until('every order went its way', () => receiver.done.size === 15, 110_000);
    await until('it is counted, each line of an order too', async () => {
      const [first, second] = await Promise.all(['shop', 'stock'].map(async (flow) => (await statusOf(server, flow)).balance));
      return first?.in === 20 && first.inFlight === 0 && second?.in === 30;
    });
    await until('the index has read everything', async () => {
      const { on, behind, topics } = await server.api<TraceIndexState>('GET', '/api/trace-index');
      if (!on || behind > 0 || !topics.some(({ topic, reached = 0 }) => topic === 'stock.moves' && reached > 0)) return false;
      // It says how it was when it looked last; a search looks now.
      return (await search({ text: 'A-1007' })).scanned === 0;
    });
  });
  afterAll(async () => {
    await producer?.close();
    await server?.stop();
    await receiver?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function ask<T>(path: string, body?: unknown, key?: string, method = body ? 'POST' : 'GET'): Promise<T> {
    return server.api<T>(method, path, body, key ? { authorization: `Bearer ${key}` } : {});
  }

  async function search(query: Record<string, unknown>, key?: string): Promise<TraceSearch> {
    let found = await ask<TraceSearch>('/api/traces', query, key);
    await until('the search ends', async () => {
      found = await ask<TraceSearch>(`/api/traces/${found.id}`, undefined, key);
      return found.state !== 'running';
    });
    expect(found.notes.join(' ')).not.toMatch(/undefined|NaN/);
    return found;
  }

  const way = (flow: string, origin: string, more = '') =>
    ask<TraceWay>(`/api/flows/${flow}/way?origin=${encodeURIComponent(origin)}${more}`);
  /** A way with all its times, for which the ledger is looked through only as long as somebody likes to wait. */
  async function timedWay(flow: string, origin: string): Promise<TraceWay> {
    let found = await way(flow, origin);
    await until('all times are known', async () => {
      found = await way(flow, origin);
      return (
        found.processedAt !== undefined && found.sinks.every(({ state, deliveredAt }) => state !== 'delivered' || deliveredAt !== undefined)
      );
    });
    return found;
  }

  it('finds an order by number, key, e-mail, trace id and position without reading the topics', async () => {
    for (const text of ['A-1007', 'a-1007', 'k7', 'zoe7@example.com', 'shop.orders/1@3', 'shop.orders/1/3']) {
      const { hits, indexed, scanned, state } = await search({ text, flow: 'shop' });
      expect([text, state, hits.map(({ origin }) => origin), scanned]).toEqual([text, 'done', ['shop.orders/1/3'], 0]);
      expect(hits[0]).toMatchObject({ flow: 'shop', source: 'in', key: 'k7', timestamp: start + 7000 });
      expect(indexed).toBe(!text.startsWith('shop.'));
    }
    const { hits } = await search({ text: traceId, flow: 'shop' });
    expect(hits.map(({ key, matched }) => [key, matched])).toEqual([['k5', 'traceparent']]);
    // What the first flow wrote, the second reads: the order is found in both.
    const both = await search({ text: 'A-1007' });
    expect(both.hits.map(({ flow }) => flow).sort()).toEqual(['shop', 'stock', 'stock']);
  });

  it('finds what no index knows by reading, in a time range, and says what it read', async () => {
    const all = await search({ text: 'müller' });
    expect(all.hits).toHaveLength(20);
    expect(all).toMatchObject({ indexed: false, state: 'done' });
    expect(all.scanned).toBeGreaterThanOrEqual(20);
    expect(all.hits[0]).toMatchObject({ key: 'k19', matched: 'customer.name' });
    const some = await search({ text: 'müller', since: start + 3000, until: start + 5000 });
    expect(some.hits.map(({ key }) => key)).toEqual(['k4', 'k3']);
    const few = await search({ text: 'müller', limit: 2 });
    expect(few.hits).toHaveLength(2);
    expect(few.notes.join(' ')).toContain('There may be more');
    const field = await search({ text: 'S-common', by: 'field', field: 'lines.sku', flow: 'shop' });
    expect(field.hits).toHaveLength(20);
    const digits = await search({ text: '9007199254740993017', by: 'text', flow: 'shop' });
    expect(digits.hits.map(({ key }) => key)).toEqual(['k17']);
    expect(digits.hits[0]?.preview).toContain('"big":9007199254740993017');
  });

  it('takes signs in a search as themselves, and refuses what is no search', async () => {
    for (const text of ['.*', '%', "' OR 1=1 --", '(a+)+$', '_', '\\', '*'])
      expect([text, (await search({ text, limit: 1 })).hits]).toEqual([text, []]);
    await expect(ask('/api/traces', { text: '   ' })).rejects.toThrow('400');
    await expect(ask('/api/traces', { text: 'x', by: 'field' })).rejects.toThrow('name the field');
    await expect(ask('/api/traces', { text: 'x', since: 5, until: 4 })).rejects.toThrow('after the beginning');
    await expect(ask('/api/traces', { text: 'x'.repeat(501) })).rejects.toThrow('400');
  });

  it('shows a viewer what was found, masked, and lets nobody find what a mask hides from them', async () => {
    const found = await search({ text: 'A-1002', flow: 'shop' }, viewer);
    expect(found.hits[0]?.preview).toContain('"password":"•••"');
    expect((await search({ text: 'geheim-2' }, viewer)).hits).toEqual([]);
    const analyst = await search({ text: 'geheim-2', by: 'text', flow: 'shop' });
    expect(analyst.hits.map(({ key, matched }) => [key, matched])).toEqual([['k2', 'password']]);
    expect(analyst.hits[0]?.preview).not.toContain('geheim');
    // A search belongs to who started it.
    await expect(ask(`/api/traces/${found.id}`)).rejects.toThrow('404');
    await expect(ask('/api/flows/shop/trace-fields', { fields: ['total'] }, viewer, 'PUT')).rejects.toThrow('403');
    const shown = await ask<TraceWay>('/api/flows/shop/way?origin=shop.orders/0/1', undefined, viewer);
    expect(JSON.stringify(shown)).not.toContain('geheim');
    expect(JSON.stringify(shown.records)).toContain('•••');
  });

  it('shows the way through split and sinks, run again as it was, and on into the next flow and back', async () => {
    const found = await timedWay('shop', 'shop.orders/0/1');
    expect(found).toMatchObject({ flowName: 'shop', version: 1, source: 'in', key: 'k2', recomputed: 'identical', notes: [] });
    expect(found.hops.map(({ from, to }) => `${from.node}>${to}`)).toEqual(
      expect.arrayContaining(['in>paid', 'paid>total', 'total>lines', 'lines>erp', 'total>crm']),
    );
    expect(found.hops.every(({ edge }) => edge !== undefined)).toBe(true);
    expect(found.balance).toEqual({ in: 1, copies: 2, delivered: 3, filtered: 0, dead: 0, waiting: 0 });
    expect(found.sinks.map(({ sink, state, index, recomputed }) => [sink, state, index, recomputed])).toEqual(
      expect.arrayContaining([
        ['erp', 'delivered', 0, 'identical'],
        ['erp', 'delivered', 1, 'identical'],
        ['crm', 'delivered', 0, 'identical'],
      ]),
    );
    // The ledger knows when: into the topic with the flow's own commit, at the CRM after it. Inner times are of running it again.
    const { processedAt = 0 } = found;
    expect(processedAt).toBeGreaterThan(start + 3_000_000);
    const atSink = (sink: string) => found.sinks.flatMap((one) => (one.sink === sink ? [one.deliveredAt ?? 0] : []));
    expect(atSink('erp')).toEqual([processedAt, processedAt]);
    expect(atSink('crm')[0]).toBeGreaterThanOrEqual(processedAt);
    expect(atSink('crm')[0]).toBeLessThanOrEqual(Date.now());
    for (const { from, ms } of found.hops) expect([from.node, ms === undefined]).toEqual([from.node, from.node === 'in']);
    expect(found.next.map(({ flow }) => flow)).toEqual(['stock', 'stock']);
    const on = await way('stock', found.next[0]?.origin ?? '');
    expect(on.previous).toEqual({ flow: 'shop', flowName: 'shop', origin: 'shop.orders/0/1' });
    // It throws dice, so nothing can make the same again, and that is said.
    expect(on.recomputed).toBe('differs');
    expect(on.notes.join(' ')).toMatch(/“Stamp” uses the clock or chance: not deterministic/);
    expect(on.sinks[0]).toMatchObject({ state: 'delivered', recomputed: 'differs' });
  });

  it('shows where a message was filtered, and where it became a dead letter', async () => {
    const filtered = await timedWay('shop', 'shop.orders/0/2');
    expect(filtered.filtered).toMatchObject([{ node: 'paid' }]);
    expect(filtered).toMatchObject({ recomputed: 'identical', sinks: [], balance: { delivered: 0, filtered: 1, waiting: 0 } });
    // Nothing stands anywhere of it: only the ledger tells when.
    expect(filtered).toMatchObject({ done: true, processedAt: expect.any(Number) });
    const dead = await way('shop', 'shop.orders/1/1');
    expect(dead.failed).toMatchObject([{ node: 'total' }]);
    expect(dead.sinks).toMatchObject([{ sink: 'total', state: 'dead', dead: { node: 'total', attempt: 1 } }]);
    expect(dead.balance).toEqual({ in: 1, copies: 0, delivered: 0, filtered: 0, dead: 1, waiting: 0 });
    const position = dead.sinks[0]?.dead?.position ?? '';
    const { hits } = await search({ text: position.replace(/\/(\d+)$/, '@$1') });
    expect(hits.map(({ origin }) => origin)).toEqual(['shop.orders/1/1']);
  });

  it('says of an output at a sink outside that it waits, is tried again, was refused', async () => {
    receiver.answerWith(503);
    const send = async (n: number) => {
      const { offset } = await producer.send({ topic: 'shop.orders', key: `k${n}`, value: order(n), partition: 0 });
      return `shop.orders/0/${offset}`;
    };
    const first = await send(30);
    await until('the sink is tried again', async () => {
      const { sinks } = await way('shop', first);
      return sinks.some(({ sink, state }) => sink === 'crm' && state === 'retrying');
    });
    const waiting = await way('shop', first);
    expect(waiting.balance).toEqual({ in: 1, copies: 2, delivered: 2, filtered: 0, dead: 0, waiting: 1 });
    receiver.answerWith(400);
    await until('it was refused', async () => (await way('shop', first)).sinks.some(({ state }) => state === 'dead'));
    const dead = (await way('shop', first)).sinks.find(({ sink }) => sink === 'crm');
    expect(dead).toMatchObject({ state: 'dead', recomputed: 'identical', dead: { node: 'crm', attempt: 1 } });
    receiver.answerWith(undefined);
    // Found at once, whether or not the index has read it.
    const last = await send(31);
    expect((await search({ text: 'A-1031', flow: 'shop' })).hits.map(({ origin }) => origin)).toEqual([last]);
  });

  it('shows a replay of the message on its way, with its times at each sink beside those of the first delivery', async () => {
    const origin = 'shop.orders/0/0';
    const before = await timedWay('shop', origin);
    const spec = {
      range: { by: 'offsets', ranges: [{ topic: 'shop.orders', partition: 0, from: '0', to: '0' }] },
      ...{ name: 'once more', version: 1, sinks: ['erp', 'crm'], target: 'real', reason: 'a test' },
    };
    const { confirm } = await ask<ReplayPlan>('/api/flows/shop/replays/plan', spec);
    const { id } = await ask<Replay>('/api/flows/shop/replays', { spec, ...(confirm !== undefined && { confirm }) });
    let after = before;
    await until(
      'every output of the replay was taken',
      async () => {
        after = await way('shop', origin);
        const again = after.sinks.filter(({ by }) => by !== undefined);
        const isTaken = after.sinks.every(({ state, deliveredAt }) => state === 'delivered' && deliveredAt !== undefined);
        return again.length === 3 && isTaken && after.processedAt !== undefined;
      },
      120_000,
      250,
    );
    const { startedAt } = await ask<Replay>(`/api/replays/${id}`);
    for (const one of after.sinks) {
      if (one.by === undefined) continue;
      expect(one.by).toEqual({ kind: 'replay', id, at: startedAt });
      expect(one.deliveredAt).toBeGreaterThanOrEqual(startedAt);
    }
    // The first delivery keeps its own times, and the balance is that of the live flow alone.
    expect(after.sinks.filter(({ by }) => by === undefined)).toEqual(before.sinks);
    expect([after.balance, after.processedAt]).toEqual([before.balance, before.processedAt]);
    expect(after.history.map(({ what, link }) => [what, link])).toContainEqual(['Replay “once more” with version 1', `/replays/${id}`]);
  });

  it('tells it on the command line', async () => {
    const said = async (...args: string[]) => {
      const { output, exited } = spawnMillrace(['trace', ...args, '--server', server.url], { MILLRACE_KEY: adminKey });
      return { code: await exited, output: output() };
    };
    const found = await said('A-1002', '--flow', 'shop');
    expect(found).toMatchObject({ code: 0, output: expect.stringContaining('run again: identical') });
    expect(found.output).toMatch(/delivered erp\.lines\/\d\/\d+: Written to the topic of “ERP lines”/);
    expect(found.output).toContain('1 found in');
    expect(await said('no such order')).toMatchObject({ code: 1, output: expect.stringContaining('No message fits.') });
    const { output } = await said('A-1002', '--flow', 'shop', '--json');
    expect(JSON.parse(output)).toMatchObject({ search: { state: 'done' }, ways: [{ version: 1 }] });
  });

  it('says what cannot be told: no such message yet, a topic that the flow does not read', async () => {
    await expect(way('shop', 'shop.orders/0/99999')).rejects.toThrow(/409 .* has no offset 99999 yet/);
    await expect(way('shop', 'stock.moves/0/0')).rejects.toThrow('does not read “stock.moves”; it reads “shop.orders”');
    await expect(way('shop', 'nonsense')).rejects.toThrow('400');
    await expect(way('none', 'shop.orders/0/0')).rejects.toThrow('404');
  });

  it('indexes the fields that people choose, reading the topic again', async () => {
    await ask('/api/flows/shop/trace-fields', { fields: ['lines.sku'] }, undefined, 'PUT');
    await until('the index knows the field', async () => {
      const { hits, scanned, indexed } = await search({ text: 'S-8', by: 'field', field: 'lines.sku', flow: 'shop' });
      return indexed && scanned === 0 && hits[0]?.key === 'k8';
    });
    await expect(ask('/api/flows/shop/trace-fields', { fields: ['a..b'] }, undefined, 'PUT')).rejects.toThrow('a path is names');
    expect(await ask('/api/flows/shop/trace-fields', { fields: null }, undefined, 'PUT')).toEqual({ fields: null });
  });

  it('says what is gone when retention has taken a message, and shows what still stands of it', async () => {
    const kafka = new Kafka({ brokers: broker.brokers, clientId: 'test', logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    // It knows the leaders of a topic only after it has asked for something of it.
    await admin.fetchTopicOffsets('shop.orders');
    await admin.deleteTopicRecords({ topic: 'shop.orders', partitions: [{ partition: 0, offset: '3' }] });
    await admin.disconnect();
    const left = await way('shop', 'shop.orders/0/1');
    expect(left).toMatchObject({ recomputed: 'not-possible', records: [], hops: [], version: 1 });
    expect(left.notes.join(' ')).toMatch(/is gone.*begins at offset 3 now; 2 messages from this one on are gone/);
    expect(left.sinks.map(({ sink, state }) => [sink, state]).sort()).toEqual([
      ['crm', 'delivered'],
      ['erp', 'delivered'],
      ['erp', 'delivered'],
    ]);
    expect((await search({ text: 'A-1002', flow: 'shop' })).hits).toEqual([]);
    // Of a message that was filtered nothing is left to be shown.
    await expect(way('shop', 'shop.orders/0/2')).rejects.toThrow(/409 .*The message is gone/);
    expect((await search({ text: 'shop.orders/0@0' })).notes.join(' ')).toContain('The message is gone');
  });
});
