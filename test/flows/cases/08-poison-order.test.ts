import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FlowRecord } from '#shared/api.ts';
import { describeBrokers } from '../../kafka/brokers.ts';
import { deployFlow, type MillraceProcess, startMillrace } from '../../millrace.ts';
import { flowOf } from '../flow.ts';
import { inboxOf } from './inbox.ts';
import { post, recordsOf } from './orders.ts';

/** A transform with a bug: one kind of order ends its worker. The second version of it has none. */
const node = `
import { defineNode, z } from 'millrace/sdk';
export default defineNode({
  type: 'gift-wrap', version: 1, kind: 'transform', title: 'Gift wrap', summary: 'Wraps.', category: 'Test', icon: 'bolt',
  config: z.object({ careful: z.boolean().default(false) }),
  create({ careful }) {
    return {
      process(message, emit) {
        const { gift } = message.value;
        emit({ ...message, value: { ...message.value, paper: careful && gift === null ? 'none' : gift.paper } });
      },
    };
  },
});
`;

/** Case 8 of the failure catalogue: one order ends the worker each time that it comes. */
describeBrokers('a poison order', (broker) => {
  let folder = '';
  let server: MillraceProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-poison-'));
    await mkdir(join(folder, 'nodes'));
    await writeFile(join(folder, 'nodes', 'gift-wrap.mjs'), node);
    server = await startMillrace({
      MILLRACE_DATA: join(folder, 'data'),
      MILLRACE_NODES: join(folder, 'nodes'),
      KAFKA_BROKERS: broker.brokers.join(','),
    });
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const flow = (id: string, careful: boolean) =>
    flowOf(
      id,
      [
        { id: 'shop', type: 'webhook', config: { path: id, key: 'id', eventId: 'expression', eventIdExpression: 'id' } },
        { id: 'wrap', type: 'gift-wrap', label: 'Gift wrap', config: { careful } },
        { id: 'erp', type: 'kafka.sink', config: { topic: `${id}-out`, createPartitions: 1 } },
      ],
      undefined,
      { partitions: 1 },
    );
  const order = (n: number): string => JSON.stringify({ id: `o-${n}`, gift: n === 7 ? null : { paper: `paper ${n}` } });

  it('is set aside after some crashes while the rest flows on, and goes through once the node is mended', async () => {
    await deployFlow(server, flow('healthy', true));
    await deployFlow(server, flow('poison', false));
    const all = Array.from({ length: 20 }, (_, n) => order(n));
    await post(server, 'healthy', all);
    // One after the other: the worker is away now and then, and whoever sends repeats. It may take the answer with it of
    // an order that it has stored; by its id that is known again.
    for (const text of all) {
      await expect
        .poll(async () => (await fetch(`${server.url}/hooks/poison`, { method: 'POST', body: text })).status, { timeout: 30_000 })
        .toBe(200);
    }
    const inbox = inboxOf(server, 'poison');
    const [cause] = await inbox.open(1);
    expect(cause).toMatchObject({ code: 'quarantined', title: 'It ended the worker again and again, so it was set aside', keys: 1 });
    const id = cause?.id ?? '';
    const rest = await recordsOf(broker, 'poison-out', 19);
    expect(rest.some((record) => record.startsWith('o-7 '))).toBe(false);
    expect(new Set(rest.map((record) => record.split(' ')[0])).size).toBe(19);
    // What would end the worker again is told so, and ends nothing: it runs in a thread of its own.
    expect(await inbox.check(id)).toMatchObject({ checked: 1, draftPasses: 0, deployedPasses: 0 });

    const { flow: document, revision } = await server.api<FlowRecord>('GET', '/api/flows/poison');
    const nodes = document.nodes.map((one) => (one.id === 'wrap' ? { ...one, config: { careful: true } } : one));
    await server.api('PUT', '/api/flows/poison', { ...document, nodes }, { 'if-match': `"${revision}"` });
    expect(await inbox.check(id)).toMatchObject({ checked: 1, draftPasses: 1, deployedPasses: 0 });
    await inbox.deploy();
    expect(await inbox.retry(id, { select: {}, from: 'start' })).toMatchObject({ state: 'done', passed: 1 });
    await inbox.becomes(id, 'solved');
    const [healthy, mended] = await Promise.all([recordsOf(broker, 'healthy-out', 20), recordsOf(broker, 'poison-out', 20)]);
    expect(mended).toEqual(healthy);
  });
});
