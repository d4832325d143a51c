import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyInfo } from '#shared/api.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { ledgerTopic } from '#shared/plan.ts';
import type { FindReport, SavedSample } from '#shared/sample.ts';
import type { TakeResult } from '#shared/sample-schemas.ts';
import type { NodeTrial, TrialRequest, TrialResult } from '#shared/trial.ts';
import { describeBrokers } from '../kafka/brokers.ts';
import { adminKey, type MillraceProcess, startMillrace, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';

/** Orders from a topic to a topic and to a web application, with a filter, a switch, a list and a map that can fail. */
const nodes = [
  { id: 'in', type: 'kafka.source', config: { topic: 'shop.orders', createPartitions: 2 } },
  { id: 'paid', type: 'filter', config: { condition: 'paid' } },
  { id: 'by', type: 'switch', config: { cases: [{ id: 'eu', name: 'EU', when: 'country = "DE"' }] } },
  { id: 'lines', type: 'split', config: { expression: 'lines.{ "order": $parent.id, "price": price }' } },
  { id: 'row', type: 'map', config: { expression: '{ "order": order, "price": $number(price), "at": $now(), "r": $random() }' } },
  { id: 'erp', type: 'kafka.sink', config: { topic: 'erp.lines', createPartitions: 2 } },
  { id: 'crm', type: 'http', config: { url: '"http://127.0.0.1:9/orders/" & id', method: 'PUT', idempotency: 'upsert' } },
];
const edges = ['in>paid', 'paid>by', 'by.eu>lines', 'by.other>crm', 'lines>row', 'row>erp'];
const shop = flowOf('shop', nodes, edges);

/** Old messages would fall to the topics' retention. */
const start = Date.now() - 60_000;
const order = (n: number): string =>
  n === 9
    ? '{"id": 9, "paid": tr'
    : `{"id":900719925474099${n},"paid":${n % 3 !== 2},"country":"${n % 2 === 0 ? 'DE' : 'FR'}","lines":[{"price":1.5},{"price":"${n === 6 ? '12,50' : '2'}"}]}`;

describeBrokers('Try', (broker) => {
  let folder = '';
  let server: MillraceProcess;
  let admin: Admin;
  let samples: string[] = [];
  let outside: Server;
  const asked: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-try-'));
    outside = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.setHeader('content-type', 'application/json');
      response.end('{"name":"Zoë","password":"geheim","limit":9007199254740993}');
    });
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
    await mkdir(join(folder, 'nodes'));
    await writeFile(
      join(folder, 'nodes', 'endless.ts'),
      `import { defineNode, z } from 'millrace/sdk';
export default defineNode({ type: 'acme.endless', version: 1, kind: 'transform', title: 'Endless', summary: 'Never ends', category: 'Test', icon: 'code',
  config: z.object({}), create: () => ({ process(message, emit) { while (message.value.id !== 1); emit(message); } }) });`,
    );
    const { port } = outside.address() as AddressInfo;
    server = await startMillrace({
      MILLRACE_DATA: join(folder, 'data'),
      KAFKA_BROKERS: broker.brokers.join(','),
      MILLRACE_NODES: join(folder, 'nodes'),
      MILLRACE_ALLOW_PRIVATE: `127.0.0.1:${port}`,
    });
    const kafka = new Kafka({ brokers: broker.brokers, clientId: 'test', logLevel: logLevel.NOTHING });
    admin = kafka.admin();
    await admin.connect();
    // Not by kafkajs: where Apache Kafka is slow, its admin gives up, and what its producer repeats may stand there twice.
    const own = broker.kafka.admin();
    await own.ensureTopics(['shop.orders', 'erp.lines'].map((name) => ({ name, partitions: 2 })));
    await own.close();
    const producer = await broker.kafka.producer();
    const messages = Array.from({ length: 10 }, (_, n) => ({ topic: 'shop.orders', key: `k${n}`, value: order(n), timestamp: start + n }));
    await Promise.all(messages.map((message) => producer.send(message)));
    await producer.close();
    // The server makes the topic of the ledger when it finds Kafka: a Try has no part in that.
    await until('the server has its own topics', async () => (await admin.listTopics()).includes(ledgerTopic));
    await server.api('POST', '/api/flows', shop);
    const found = await server.api<{ topics: { messages: { position: string; timestamp: number }[] }[] }>(
      'POST',
      '/api/flows/shop/samples/find',
      {},
    );
    const positions = (found.topics[0]?.messages ?? []).sort((a, b) => a.timestamp - b.timestamp).map(({ position }) => position);
    const taken = await server.api<TakeResult>('POST', '/api/flows/shop/samples', { from: 'topic', positions });
    samples = taken.samples.map(({ id }: SavedSample) => id);
    expect(samples).toHaveLength(10);
  });
  afterAll(async () => {
    await admin?.disconnect();
    await server?.stop();
    outside?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Tries with every digit of the answer. */
  async function attempt(
    flow: string,
    request: TrialRequest,
    key = adminKey,
    signal?: AbortSignal,
  ): Promise<{ result: TrialResult; text: string; status: number }> {
    const response = await fetch(`${server.url}/api/flows/${flow}/try`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: stringifyJson(request) ?? '',
      ...(signal && { signal }),
    });
    const text = await response.text();
    return { result: parseJson(text) as TrialResult, text, status: response.status };
  }

  /** Everything in Kafka that a Try might have touched. */
  async function kafkaState(): Promise<unknown> {
    const { groups } = await admin.listGroups();
    const topics = (await admin.listTopics()).sort();
    const ends = await Promise.all(topics.map(async (topic) => [topic, await admin.fetchTopicOffsets(topic)]));
    const offsets = await Promise.all(groups.map(async ({ groupId }) => [groupId, await admin.fetchOffsets({ groupId })]));
    return { groups: groups.map(({ groupId }) => groupId).sort(), ends, offsets };
  }

  const counts = ({ in: came, out, filtered, failed }: NodeTrial) => ({
    in: came.length,
    out: Object.fromEntries(Object.entries(out).map(([port, ids]) => [port, ids.length])),
    filtered: filtered.length,
    failed: failed.length,
  });

  describe('a Try of ten real messages, one of them broken', () => {
    it('writes nothing, commits nothing and joins no group', async () => {
      const before = await kafkaState();
      const { result, status } = await attempt('shop', { samples });
      expect(status).toBe(200);
      expect(result.problems).toEqual([]);
      expect(result.nodes.erp?.out.in?.length).toBeGreaterThan(0);
      expect(result.nodes.crm?.out.in?.length).toBeGreaterThan(0);
      expect(await kafkaState()).toEqual(before);
      const [ends] = await Promise.all([admin.fetchTopicOffsets('erp.lines')]);
      expect(ends.map(({ offset }) => offset)).toEqual(['0', '0']);
    });

    it('adds up at every node', async () => {
      const { result } = await attempt('shop', { samples });
      expect(Object.fromEntries(Object.entries(result.nodes).map(([id, node]) => [id, counts(node)]))).toEqual({
        in: { in: 10, out: { out: 9 }, filtered: 0, failed: 1 },
        paid: { in: 9, out: { out: 6, error: 0 }, filtered: 3, failed: 0 },
        by: { in: 6, out: { eu: 3, other: 3, error: 0 }, filtered: 0, failed: 0 },
        lines: { in: 3, out: { out: 6, error: 0 }, filtered: 0, failed: 0 },
        row: { in: 6, out: { out: 5, error: 0 }, filtered: 0, failed: 1 },
        erp: { in: 5, out: { in: 5 }, filtered: 0, failed: 0 },
        crm: { in: 3, out: { in: 3 }, filtered: 0, failed: 0 },
      });
      for (const [id, node] of Object.entries(result.nodes)) {
        const accounted = [
          ...Object.values(node.out).flatMap((ids) => ids.map((made) => (id === 'in' ? made : result.records[made]?.from))),
          ...node.filtered.map(({ record }) => record),
          ...node.failed.map(({ record }) => record),
        ];
        expect([id, new Set(accounted)]).toEqual([id, new Set(node.in)]);
      }
      const [broken] = result.nodes.in?.failed ?? [];
      expect(broken).toMatchObject({ code: 'decode/json', end: 'dead-letter' });
      expect(result.records[broken?.record ?? -1]?.value).toBe('{"id": 9, "paid": tr');
      expect(result.nodes.row?.failed).toEqual([expect.objectContaining({ code: 'map/d3030', position: expect.any(Number) })]);
      expect(result.inputs.map(({ sample }) => sample)).toEqual(samples);
      expect(result.unreached).toEqual([]);
    });

    it('shows what every sink would send, with every digit', async () => {
      const { result, text } = await attempt('shop', { samples });
      const [first] = result.nodes.crm?.out.in ?? [];
      expect(result.records[first ?? -1]?.sends?.what).toBe('PUT http://127.0.0.1:9/orders/9007199254740991');
      expect(text).toContain('"order":9007199254740990');
      const line = result.records.find(({ node }) => node === 'erp');
      expect(line).toMatchObject({
        topic: 'erp.lines',
        headers: { 'millrace-origin': expect.stringMatching(/^shop\.orders\/\d\/\d$/), 'millrace-index': '0' },
      });
    });

    it('is the same each time for the same seed, whatever was taken over', async () => {
      const bare = ({ ms: _ms, reused: _reused, ...rest }: TrialResult) => stringifyJson(rest);
      const first = await attempt('shop', { samples, seed: 5 });
      const again = await attempt('shop', { samples, seed: 5 });
      expect(bare(again.result)).toBe(bare(first.result));
      expect(again.result.reused).toEqual(expect.arrayContaining(['paid', 'by', 'lines', 'row']));
      expect(bare((await attempt('shop', { samples, seed: 6 })).result)).not.toBe(bare(first.result));
    });

    it('runs a draft that is sent along, from the first changed node', async () => {
      await attempt('shop', { samples });
      const changed = nodes.map((node) => (node.id === 'lines' ? { ...node, config: { expression: 'lines[0]' } } : node));
      const { result } = await attempt('shop', { samples, flow: flowOf('shop', changed, edges) as never });
      expect(result.nodes.lines?.out.out).toHaveLength(3);
      expect(result.reused.sort()).toEqual(['by', 'paid']);
      const broken = nodes.map((node) => (node.id === 'row' ? { ...node, config: { expression: '{ "a": ' } } : node));
      const refused = await attempt('shop', { samples, flow: flowOf('shop', broken, edges) as never });
      expect(refused.result).toMatchObject({ records: [], problems: [expect.objectContaining({ node: 'row', field: 'expression' })] });
    });
  });

  describe('a Try with bad input', () => {
    it('says what is wrong with a request in one sentence', async () => {
      const refusals = [
        [{ samples: ['nowhere'] }, 404, 'This flow has no sample "nowhere".'],
        [{}, 400, 'samples: name samples, or send messages to try.'],
        [{ messages: Array(101).fill({ value: 1 }) }, 400, expect.stringContaining('100')],
        [{ samples, node: 'erp' }, 409, '“erp” is not a source of this flow; name one of its source nodes.'],
      ] as const;
      for (const [request, status, detail] of refusals) {
        const answer = await attempt('shop', request as TrialRequest);
        expect([answer.status, (answer.result as unknown as { detail: string }).detail]).toEqual([status, detail]);
      }
      expect((await attempt('nowhere', { samples })).status).toBe(404);
    });

    it('takes a value of 5 MB, shows its beginning, and lets the sink refuse it', async () => {
      const value = { paid: true, country: 'FR', id: 1, text: 'x'.repeat(5_000_000) };
      const { result } = await attempt('shop', { messages: [{ value }] });
      expect(result.records[0]).toMatchObject({ truncated: expect.any(Number), value: expect.stringMatching(/^\{"paid":true/) });
      expect(result.nodes.crm?.failed).toEqual([expect.objectContaining({ code: 'output/too-large' })]);
    });

    it('takes bytes, text and exact numbers as messages', async () => {
      const messages = [
        { value: '/w==', encoding: 'base64' as const },
        { value: '{"paid":true,"id":1.10', encoding: 'text' as const },
        { value: parseJson('{"paid":true,"country":"FR","id":12345678901234567890}') },
      ];
      const { result, text } = await attempt('shop', { messages });
      expect(result.nodes.in?.failed.map(({ code }) => code)).toEqual(['decode/utf8', 'decode/json']);
      expect(result.records[0]).toMatchObject({ value: '/w==', encoding: 'base64' });
      expect(text).toContain('orders/12345678901234567890');
    });

    it('ends an endless loop, keeps what was there before, and leaves the server alone', async () => {
      const flow = flowOf('endless', [
        { id: 'in', type: 'kafka.source', config: { topic: 'shop.orders' } },
        { id: 'loop', type: 'acme.endless', label: 'Loop' },
        { id: 'erp', type: 'kafka.sink', config: { topic: 'erp.lines' } },
      ]);
      await server.api('POST', '/api/flows', flow);
      const running = attempt('endless', { messages: [{ value: { id: 1 } }, { value: { id: 2 } }] });
      // Others can be tried meanwhile.
      expect((await attempt('shop', { samples })).status).toBe(200);
      // More than a few at once are asked to come again. Which of them comes first nobody knows: those that are to stay do so.
      const leaving = new AbortController();
      const stay = async (): Promise<unknown> => {
        for (;;) {
          const { status } = await attempt('endless', { messages: [{ value: { id: 2 } }] }, adminKey, leaving.signal);
          if (status !== 503) return status;
        }
      };
      const others = [1, 2].map(stay);
      let busy = await attempt('endless', { messages: [{ value: { id: 1 } }] });
      await until('there are enough', async () => {
        if (busy.status !== 503) busy = await attempt('endless', { messages: [{ value: { id: 1 } }] });
        return busy.status === 503;
      });
      expect([busy.status, busy.result]).toEqual([503, expect.objectContaining({ type: 'urn:millrace:try:busy' })]);
      leaving.abort();
      for (const other of others) await expect(other).rejects.toThrow();
      const { result } = await running;
      expect(result.problems).toEqual([
        expect.objectContaining({ code: 'try/stopped', node: 'loop', message: expect.stringContaining('“Loop” with input 2') }),
      ]);
      expect(result.nodes.erp?.out.in).toHaveLength(1);
      expect((await attempt('shop', { samples })).status).toBe(200);
    });
  });

  describe('a Try of a flow that asks the outside', () => {
    const asking = (more: object = {}) =>
      flowOf('asking', [
        { id: 'in', type: 'kafka.source', config: { topic: 'shop.orders' } },
        {
          id: 'who',
          type: 'http-lookup',
          config: { url: `"http://127.0.0.1:${(outside.address() as AddressInfo).port}/customers/" & id`, ...more },
        },
        { id: 'erp', type: 'kafka.sink', config: { topic: 'asked', createPartitions: 1 } },
      ]);
    const messages = [{ value: { id: 1 } }, { value: { id: 2 } }];
    const looked = ({ records }: TrialResult) =>
      stringifyJson(records.filter(({ node }) => node === 'erp').map(({ value }) => (value as { lookup: unknown }).lookup));

    it('calls nothing until somebody who may says so; then the answers are known, masked', async () => {
      await server.api('POST', '/api/flows', asking({ openInTry: true }));
      const analyst = (await server.api<KeyInfo & { key: string }>('POST', '/api/keys', { name: 'ann', role: 'analyst' })).key;
      const ends = ({ nodes: { who } }: TrialResult) => who?.failed.map(({ code, end }) => [code, end]);
      expect(ends((await attempt('asking', { messages })).result)).toEqual(Array(2).fill(['call/not-recorded', 'unanswered']));
      const real = { messages, calls: { who: { mode: 'real' as const } } };
      expect(ends((await attempt('asking', real, analyst)).result)).toEqual(Array(2).fill(['call/not-allowed', 'unanswered']));
      expect(asked).toEqual([]);

      const answer = '{"name":"Zoë","password":"geheim","limit":9007199254740993}';
      expect(looked((await attempt('asking', real)).result)).toBe(`[${answer},${answer}]`);
      expect(asked).toEqual(['/customers/1', '/customers/2']);
      const recorded = await attempt('asking', { messages }, analyst);
      expect(looked(recorded.result)).toBe(`[${answer},${answer}]`.replaceAll('geheim', '•••'));
      expect(recorded.result.nodes.who?.calls.map(({ answered }) => answered)).toEqual(['recorded', 'recorded']);
      const fixed = { messages, calls: { who: { mode: 'fixed' as const, value: { status: 200, body: 7 } } } };
      expect(looked((await attempt('asking', fixed, analyst)).result)).toBe('[7,7]');
      expect(asked).toHaveLength(2);
      const listed = await server.api<{ what: string }[]>('GET', '/api/flows/asking/recordings');
      expect(listed.map(({ what }) => what.slice(-12)).sort()).toEqual(['/customers/1', '/customers/2']);
      await server.api('DELETE', '/api/flows/asking/recordings?node=who');
      expect(ends((await attempt('asking', { messages }, analyst)).result)).toEqual(Array(2).fill(['call/not-recorded', 'unanswered']));

      // What an admin has deployed, an analyst may call where its settings say so.
      await server.api('POST', '/api/flows/asking/deploy', {});
      await until('it runs', async () => (await statusOf(server, 'asking')).state === 'running');
      await server.api('POST', '/api/flows/asking/stop');
      asked.length = 0;
      expect(ends((await attempt('asking', real, analyst)).result)).toEqual([]);
      expect(asked).toEqual(['/customers/1', '/customers/2']);
      const elsewhere = await attempt('asking', { ...real, flow: asking({ openInTry: true, field: 'lookup.deep' }) as never }, analyst);
      expect(ends(elsewhere.result)).toEqual(Array(2).fill(['call/not-allowed', 'unanswered']));
    });
  });

  it('shows what the deployed flow then writes', async () => {
    const { result } = await attempt('shop', { samples });
    /** Without what the clock and chance decide. */
    const lineOf = (value: unknown) => stringifyJson({ ...(value as object), at: 0, r: 0 }) ?? '';
    const shown = result.records.filter(({ node }) => node === 'erp').map(({ value }) => lineOf(value));
    await server.api('POST', '/api/flows/shop/deploy', {});
    const written = async (): Promise<string[]> => {
      const { topics } = await server.api<{ topics: FindReport[] }>('POST', '/api/flows/shop/samples/find', {
        topic: 'erp.lines',
        count: 100,
      });
      return (topics[0]?.messages ?? []).map(({ preview }) => lineOf(parseJson(preview?.text ?? '')));
    };
    await until('all lines are written', async () => (await written()).length >= shown.length, 60_000);
    expect((await written()).sort()).toEqual(shown.sort());
  });
});
