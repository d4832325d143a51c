import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FlowRecord } from '#shared/api.ts';
import type { FieldGoes } from '#shared/lineage/where.ts';
import { describeBrokers } from '../../kafka/brokers.ts';
import { deployFlow, type MillraceProcess, startMillrace } from '../../millrace.ts';
import { flowOf } from '../flow.ts';
import { inboxOf } from './inbox.ts';
import { post, recordsOf } from './orders.ts';

const schema = (customer: object) => ({
  type: 'object',
  required: ['id', 'customer'],
  properties: { customer: { type: 'object', ...customer } },
});

/** Case 6 of the failure catalogue: the shop renames a field that the flow needs. */
describeBrokers('a field that the source renames', (broker) => {
  let folder = '';
  let server: MillraceProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-renamed-'));
    server = await startMillrace({ MILLRACE_DATA: folder, KAFKA_BROKERS: broker.brokers.join(',') });
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const flow = (id: string) =>
    flowOf(id, [
      { id: 'shop', type: 'webhook', config: { path: id, key: 'id' } },
      { id: 'whole', type: 'validate', label: 'Order is whole', config: { schema: schema({ required: ['email'] }) } },
      { id: 'contact', type: 'map', config: { expression: '{ "id": id, "email": $lowercase(customer.email) }' } },
      { id: 'crm', type: 'kafka.sink', config: { topic: `${id}-out`, createPartitions: 1 } },
    ]);
  const order = (n: number, name: 'email' | 'mail'): string => JSON.stringify({ id: `o-${n}`, customer: { [name]: `P${n}@example.com` } });

  it('is found with its name, mended in the draft, and its messages retried, in the end as if it had never been', async () => {
    await deployFlow(server, flow('before'));
    await deployFlow(server, flow('renamed'));
    const all = Array.from({ length: 40 }, (_, n) => n);
    await post(
      server,
      'before',
      all.map((n) => order(n, 'email')),
    );
    await post(
      server,
      'renamed',
      all.map((n) => order(n, n < 15 ? 'email' : 'mail')),
    );
    const inbox = inboxOf(server, 'renamed');
    const [cause, ...others] = await inbox.open(25);
    expect(others).toEqual([]);
    expect(cause).toMatchObject({ title: '`customer.email` is required but missing', nodeName: 'Order is whole', messages: 25, keys: 25 });
    const id = cause?.id ?? '';

    // Which rows and sinks the missing field reaches: what else must be mended with it.
    const reach = await server.api<FieldGoes>('GET', '/api/lineage?flow=renamed&field=customer.email');
    expect(reach.uses.map(({ node }) => node)).toContain('contact');
    expect(reach.ends.map(({ node, places }) => [node, places.map(({ place }) => place)])).toEqual([['crm', ['email']]]);
    const { flow: document, revision } = await server.api<FlowRecord>('GET', '/api/flows/renamed');
    const nodes = document.nodes.map((node) => {
      if (node.id === 'whole') return { ...node, config: { schema: schema({ anyOf: [{ required: ['email'] }, { required: ['mail'] }] }) } };
      if (node.id === 'contact')
        return { ...node, config: { ...node.config, expression: '{ "id": id, "email": $lowercase(customer.email ?? customer.mail) }' } };
      return node;
    });
    await server.api('PUT', '/api/flows/renamed', { ...document, nodes }, { 'if-match': `"${revision}"` });
    expect(await inbox.check(id)).toMatchObject({ checked: 25, draftPasses: 25, deployedPasses: 0 });
    await inbox.deploy();
    expect(await inbox.retry(id, { select: {} })).toMatchObject({ state: 'done', passed: 25, failed: 0 });
    await inbox.becomes(id, 'solved');
    const [before, mended] = await Promise.all([recordsOf(broker, 'before-out', 40), recordsOf(broker, 'renamed-out', 40)]);
    expect(mended).toEqual(before);

    // The old flow gets the new name too: the same cause comes back where it was solved.
    await post(server, 'before', [order(100, 'mail')]);
    const other = inboxOf(server, 'before');
    const [again] = await other.open(1);
    expect(again).toMatchObject({ state: 'new', messages: 1 });
  });
});
