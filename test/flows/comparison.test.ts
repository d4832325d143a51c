import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AuditEntry, Deployment, FlowRecord } from '#shared/api.ts';
import { type Comparison, type ComparisonGroup, headlineOf } from '#shared/comparison.ts';
import type { ComparisonScopeInput } from '#shared/comparison-schemas.ts';
import { describeBrokers } from '../kafka/brokers.ts';
import { deployFlow, type MillraceProcess, startMillrace, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';
import { each, type Receiver, startReceiver } from './receiver.ts';

const orders = 1000;
/**
 * Of 1,000 orders, by their last two digits: 10 have a total that is text (they will fail), 20 are from abroad (they will
 * go elsewhere), 10 are unpaid (they will be dropped), 50 of the others have a discount (their total changes).
 */
const kind = (n: number) =>
  n % 100 === 7 ? 'text' : n % 50 === 9 ? 'abroad' : n % 100 === 11 ? 'unpaid' : n % 20 === 3 ? 'discount' : 'plain';
const order = (n: number): string =>
  JSON.stringify({
    id: `o-${n}`,
    big: 'x',
    password: `geheim-${n}`,
    customer: { first: 'Ann', last: `Lee ${n}` },
    total: kind(n) === 'text' ? '12,50' : 100,
    discount: kind(n) === 'discount' ? 10 : 0,
    paid: kind(n) !== 'unpaid',
    country: kind(n) === 'abroad' ? 'FR' : 'DE',
  }).replace('"big":"x"', `"big":90071992547409930${n}`);

const shop = (change: { map?: string; paid?: string; abroad?: string; name?: string } = {}) =>
  flowOf(
    'shop',
    [
      { id: 'in', type: 'webhook', label: 'Orders', config: { path: 'orders', key: 'customer.last' } },
      { id: 'paid', type: 'filter', label: 'Paid only?', config: { condition: change.paid ?? 'true' } },
      {
        id: 'map',
        type: 'map',
        label: change.name ?? 'ERP order',
        config: {
          expression: change.map ?? '{ "orderNo": id, "big": big, "who": customer.last, "total": total, "at": $now(), "secret": password }',
        },
      },
      {
        id: 'where',
        type: 'switch',
        label: 'Country',
        config: { cases: [{ id: 'abroad', name: 'Abroad', when: change.abroad ?? 'false' }] },
      },
      { id: 'erp', type: 'http', label: 'ERP', config: { url: `"${erp.url}"` } },
      { id: 'export', type: 'log', label: 'Export' },
    ],
    ['in>paid', 'paid>map', 'map>where', 'where.abroad>export', 'where.other>erp'],
  );
const changed = {
  map: '{ "orderNo": id, "big": big, "who": customer.last, "total": $number(total) - discount, "at": $now(), "secret": password }',
  paid: 'paid',
  abroad: '$contains(who, "9") and $number($substring(orderNo, 2)) % 50 = 9',
};

let erp: Receiver;

describeBrokers('what would change', (broker) => {
  let folder = '';
  let server: MillraceProcess;
  const data = () => join(folder, 'data');
  const start = () =>
    startMillrace({ MILLRACE_DATA: data(), MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8', KAFKA_BROKERS: broker.brokers.join(',') });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-comparison-'));
    erp = await startReceiver();
    server = await start();
    await deployFlow(server, shop());
    await each(
      Array.from({ length: orders }, (_, n) => n),
      16,
      async (n) => {
        const posted = await fetch(`${server.url}/hooks/orders`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: order(n),
        });
        expect(posted.status).toBe(200);
      },
    );
    await until('every order is counted', async () => (await statusOf(server, 'shop')).balance.delivered === orders, 60_000);
  });
  afterAll(async () => {
    await server?.stop();
    await erp?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function save(flow: object): Promise<FlowRecord> {
    const { revision } = await server.api<FlowRecord>('GET', '/api/flows/shop');
    return server.api<FlowRecord>('PUT', '/api/flows/shop', flow, { 'if-match': `"${revision}"` });
  }

  async function compare(scope?: ComparisonScopeInput): Promise<Comparison> {
    const begun = await server.api<Comparison>('POST', '/api/flows/shop/comparison', scope ? { scope } : {});
    return ended(begun.id);
  }

  async function ended(id: string): Promise<Comparison> {
    let comparison: Comparison | undefined;
    await until('the comparison has ended', async () => {
      comparison = await server.api<Comparison>('GET', `/api/flows/shop/comparison/${id}`);
      return comparison.state !== 'running';
    });
    return comparison ?? expect.unreachable();
  }

  const groupOf = ({ groups }: Comparison, kind: ComparisonGroup['class']): ComparisonGroup =>
    groups.find((group) => group.class === kind) ?? expect.unreachable();

  /** The footprint once nothing of the flow's own work is on its way into it any more. */
  async function calm(): Promise<unknown> {
    let now = await footprint();
    await until('two looks see the same', async () => {
      const before = now;
      now = await footprint();
      return JSON.stringify(now) === JSON.stringify(before);
    });
    return now;
  }

  /** All that a reader could leave behind in Kafka: groups, their offsets, topics and their ends. */
  async function footprint(): Promise<unknown> {
    const admin = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId).sort();
      const offsets = await Promise.all(groups.map((groupId) => admin.fetchOffsets({ groupId })));
      const topics = (await admin.listTopics()).sort();
      const ends = await Promise.all(topics.map((topic) => admin.fetchTopicOffsets(topic)));
      return { groups, offsets, topics, ends };
    } finally {
      await admin.disconnect();
    }
  }

  it('says how each of 1,000 real messages would come out otherwise, by cause, and leaves nothing behind', async () => {
    await save(shop(changed));
    const [calls, before] = [erp.calls(), await calm()];
    const report = await compare();
    expect(report).toMatchObject({ state: 'done', done: orders, total: orders, missing: 0, against: 1, stale: false, unseen: [] });
    expect(report.counts).toEqual({ same: 910, 'value-changed': 50, 'newly-failing': 10, 'goes-elsewhere': 20, 'no-longer-sent': 10 });
    expect(headlineOf(report)).toBe('1,000 messages: 910 same, 50 changed, 20 going elsewhere, 10 newly failing, 10 no longer sent');

    const totals = groupOf(report, 'value-changed');
    expect(totals).toMatchObject({ sink: 'erp', places: ['total'], messages: 50 });
    expect(totals.examples).toHaveLength(3);
    expect(totals.examples[0]?.changes).toEqual([{ place: 'total', before: '100', after: '90' }]);
    expect(totals.examples[0]?.label).toMatchObject({ name: 'id', value: expect.stringMatching(/^o-\d+$/) });
    expect(totals.causes).toEqual([
      {
        node: 'map',
        what: 'row',
        field: 'expression',
        row: { id: 'total#0', place: 'total' },
        before: 'total',
        after: '$number(total) - discount',
      },
    ]);
    const failing = groupOf(report, 'newly-failing');
    expect(failing).toMatchObject({
      node: 'map',
      messages: 10,
      sinks: ['erp'],
      end: 'dead-letter',
      causes: [{ node: 'map', row: { place: 'total' } }],
    });
    expect(failing.examples[0]?.after).toMatch(/12,50/);
    expect(groupOf(report, 'goes-elsewhere')).toMatchObject({
      sink: 'erp',
      to: 'export',
      messages: 20,
      causes: [{ node: 'where', what: 'setting', field: 'cases', item: 'Abroad', before: 'false', after: changed.abroad }],
    });
    expect(groupOf(report, 'no-longer-sent')).toMatchObject({
      sink: 'erp',
      node: 'paid',
      messages: 10,
      causes: [{ node: 'paid', what: 'setting', field: 'condition', before: 'true', after: 'paid' }],
    });
    expect(JSON.stringify(report)).not.toContain('geheim');
    expect(erp.calls()).toBe(calls);
    expect(await footprint()).toEqual(before);
  });

  it('keeps who calls a group expected, for the next run of the same draft too, and ties the report to the deployment', async () => {
    const first = await compare({ by: 'newest', count: 300 });
    const { signature } = groupOf(first, 'value-changed');
    const path = `/api/flows/shop/comparison/${first.id}/groups/${signature}`;
    const decided = await server.api<Comparison>('PUT', path, { expected: true, note: 'The discount is taken off' });
    expect(groupOf(decided, 'value-changed').expected).toMatchObject({ by: 'First admin key', note: 'The discount is taken off' });
    const audit = await server.api<AuditEntry[]>('GET', '/api/audit?limit=5');
    expect(audit[0]).toMatchObject({
      action: 'comparison/expected',
      flow: 'shop',
      detail: expect.stringContaining('The discount is taken off'),
    });

    const second = await compare({ by: 'newest', count: 200 });
    expect(second.done).toBe(200);
    expect(groupOf(second, 'value-changed').expected?.note).toBe('The discount is taken off');

    await save(shop({ ...changed, paid: 'paid = true' }));
    expect(await server.api<Comparison>('GET', `/api/flows/shop/comparison`)).toMatchObject({ id: second.id, stale: true });
    await save(shop(changed));
    expect(await server.api<Comparison>('GET', `/api/flows/shop/comparison`)).toMatchObject({ id: second.id, stale: false });

    const deployment = await server.api<Deployment>('POST', '/api/flows/shop/deploy', {});
    expect(await server.api<Comparison>('GET', '/api/flows/shop/comparison?version=2')).toMatchObject({
      id: second.id,
      deployment: { version: 2, at: deployment.deployedAt },
    });
  });

  it('says in plain words where there is nothing to compare', async () => {
    expect(await compare()).toMatchObject({ state: 'done', reason: { code: 'equal' }, groups: [] });
    await save(shop({ ...changed, name: 'Another name' }));
    expect(await compare()).toMatchObject({ reason: { code: 'equal' } });
    await save(shop({ ...changed, map: '{ "orderNo": id }' }));
    const old = { by: 'time' as const, since: 1000, until: 2000 };
    expect(await compare(old)).toMatchObject({ state: 'done', done: 0, reason: { code: 'no-messages' } });
    const now = Date.now();
    expect(await compare({ by: 'time', since: now - 3_600_000, until: now + 1000, count: 50 })).toMatchObject({ done: 50 });
    await save(shop({ map: '{ "orderNo": ' }));
    expect(await compare()).toMatchObject({ state: 'failed', reason: { code: 'draft-broken' } });

    await server.api(
      'POST',
      '/api/flows',
      flowOf('fresh', [
        { id: 'in', type: 'webhook', config: { path: 'fresh' } },
        { id: 'out', type: 'log' },
      ]),
    );
    expect(await server.api<Comparison>('POST', '/api/flows/fresh/comparison')).toMatchObject({
      state: 'done',
      reason: { code: 'first-deploy' },
    });
    await server.api('POST', '/api/flows/fresh/deploy', {});
    const { flow, revision } = await server.api<FlowRecord>('GET', '/api/flows/fresh');
    const filtered = flowOf('fresh', [
      { id: 'in', type: 'webhook', config: { path: 'fresh' } },
      { id: 'f', type: 'filter', config: { condition: 'a' } },
      { id: 'out', type: 'log' },
    ]);
    await server.api('PUT', '/api/flows/fresh', { ...flow, ...filtered }, { 'if-match': `"${revision}"` });
    const { id } = await server.api<Comparison>('POST', '/api/flows/fresh/comparison');
    await until('it has ended', async () => (await server.api<Comparison>('GET', `/api/flows/fresh/comparison/${id}`)).state === 'done');
    expect(await server.api<Comparison>('GET', `/api/flows/fresh/comparison/${id}`)).toMatchObject({ reason: { code: 'no-messages' } });
  });

  it('runs over the messages behind the dead letters of a cause', async () => {
    for (let n = 1007; n < 1010; n++) {
      const body = order(n).replace('"total":100', '"total":"12,50"');
      await fetch(`${server.url}/hooks/orders`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    }
    await until('they are dead letters', async () => (await statusOf(server, 'shop')).balance.dead >= 3);
    await save(shop({ ...changed, map: changed.map.replace('$number(total)', '$number($replace($string(total), ",", "."))') }));
    let letters: { code: string; node: string }[] = [];
    await until('they can be read', async () => {
      letters = await server.api<{ code: string; node: string }[]>('GET', '/api/flows/shop/dead-letters?limit=10');
      return letters.length >= 3;
    });
    const { code = '', node = '' } = letters[0] ?? {};
    const report = await compare({ by: 'dead-letters', node, code });
    expect(report.done).toBe(letters.length);
    expect(report.counts).toEqual({ 'no-longer-failing': letters.length });
    expect(groupOf(report, 'no-longer-failing')).toMatchObject({ node: 'map', causes: [{ node: 'map', row: { place: 'total' } }] });
  });

  it('stops with what it has, and is told as ended after the server was killed in the middle', async () => {
    await save(shop({ ...changed, map: '{ "orderNo": id, "sum": $sum([1..20000]) }' }));
    const begun = await server.api<Comparison>('POST', '/api/flows/shop/comparison');
    expect(begun.state).toBe('running');
    await expect(server.api('POST', '/api/flows/shop/comparison')).rejects.toThrow('409 A comparison of this flow is under way');
    await until('some are compared', async () => (await server.api<Comparison>('GET', `/api/flows/shop/comparison/${begun.id}`)).done > 0);
    const stopped = await server.api<Comparison>('DELETE', `/api/flows/shop/comparison/${begun.id}`);
    expect(stopped).toMatchObject({ state: 'stopped', reason: { code: 'stopped' }, total: orders });
    expect(stopped.done).toBeGreaterThan(0);
    expect(stopped.done).toBeLessThan(orders);
    expect(Object.values(stopped.counts).reduce((sum, count) => sum + count, 0)).toBe(stopped.done);

    const before = await calm();
    const killed = await server.api<Comparison>('POST', '/api/flows/shop/comparison');
    server.signal('SIGKILL');
    await server.exited;
    expect(await footprint()).toEqual(before);
    server = await start();
    expect(await server.api<Comparison>('GET', '/api/flows/shop/comparison')).toMatchObject({
      id: killed.id,
      state: 'failed',
      reason: { code: 'server-ended' },
      groups: [],
    });
  });
});
