import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Repair, type Retry, repairsTopic } from '#shared/replay.ts';
import { describeBrokers } from '../kafka/brokers.ts';
import { deployFlow } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { feed, type ReplayWorld, recordsOf, retryEnded, settled, startWorld } from './replay-world.ts';

/** An order of several lines, of which each becomes a message; a line without a number fails in the second map. */
const order = (n: number, lines: unknown[]) => ({ topic: 'retry.orders', key: `k-${n % 5}`, value: JSON.stringify({ n, lines }) });

describeBrokers('a retry', (broker) => {
  let world: ReplayWorld;
  let crm: Receiver;
  const flow = (expression: string) =>
    flowOf(
      'retry',
      [
        { id: 'in', type: 'kafka.source', config: { topic: 'retry.orders' } },
        { id: 'lines', type: 'split', config: { expression: 'lines' } },
        { id: 'number', type: 'map', config: { expression } },
        { id: 'out', type: 'kafka.sink', config: { topic: 'retry.out' } },
        { id: 'crm', type: 'http', config: { url: JSON.stringify(crm.url) } },
      ],
      ['in>lines', 'lines>number', 'number>out', 'number>crm'],
    );
  const strict = '{ "n": n, "line": $number(line) }';
  const tolerant = '{ "n": n, "line": $exists(line) and $type(line) = "string" ? $number($replace(line, ",", ".")) : $number(line) }';

  const letters = async () =>
    (await recordsOf(broker.kafka, 'millrace.retry.dead')).filter(({ headers }) => headers['millrace-error-attempt'] === '1');
  const outs = async () => (await recordsOf(broker.kafka, 'retry.out')).map(({ value }) => value ?? '');
  const start = (request: object) => world.api<Retry>('POST', '/api/flows/retry/retries', { flow: 'retry', ...request });

  beforeAll(async () => {
    crm = await startReceiver();
    world = await startWorld(broker.brokers);
    const admin = broker.kafka.admin();
    await admin.ensureTopics([
      { name: 'retry.orders', partitions: 2 },
      { name: 'retry.out', partitions: 1 },
    ]);
    await admin.close();
    await deployFlow(world.server, flow(strict));
    await feed(broker.kafka, [
      order(1, [
        { n: 1, line: 1 },
        { n: 1, line: '2,5' },
        { n: 1, line: 3 },
      ]),
      order(2, [{ n: 2, line: '7,5' }]),
      order(3, [{ n: 3, line: 'x' }]),
    ]);
    await settled(world, 'retry', 3);
  }, 180_000);
  afterAll(async () => {
    await world?.close();
    await crm?.close();
  }, 60_000);

  test('from the node that failed sends the way of that part alone, and a part that fails again stays one item', async () => {
    expect(await outs()).toHaveLength(2);
    const record = await world.api<{ revision: number }>('GET', '/api/flows/retry');
    await world.api('PUT', '/api/flows/retry', flow(tolerant), { 'if-match': `"${record.revision}"` });
    await world.api('POST', '/api/flows/retry/deploy', {});
    const dead = await letters();
    expect(dead).toHaveLength(3);
    const { id } = await start({ letters: dead.map(({ position }) => position), version: 2 });
    const retry = await retryEnded(world, id);
    expect(retry).toMatchObject({ state: 'done', done: 3, passed: 2, failed: 1, skipped: 0 });
    expect((await outs()).sort()).toEqual(['{"n":1,"line":1}', '{"n":1,"line":3}', '{"n":1,"line":2.5}', '{"n":2,"line":7.5}'].sort());
    const again = (await recordsOf(broker.kafka, 'millrace.retry.dead')).filter(({ headers }) => headers['millrace-error-attempt'] === '2');
    expect(again.map(({ headers }) => headers['millrace-item'])).toEqual([dead.find(({ value }) => value?.includes('"n":3'))?.position]);
    await until('the repairs are told', async () => {
      const repairs = (await recordsOf(broker.kafka, repairsTopic)).map(({ value }) => JSON.parse(value ?? '{}') as Repair);
      const last = new Map(repairs.map((repair) => [repair.item, repair.outcome]));
      return last.size === 2 && [...last.values()].every((outcome) => outcome === 'solved');
    });
  });

  test('of what is solved does nothing, and of what somebody has edited says who', async () => {
    const dead = await letters();
    const third = dead.find(({ value }) => value?.includes('"n":3'));
    const value = JSON.stringify({ n: 3, lines: [{ n: 3, line: '9,5' }] });
    const edits = { [third?.position ?? '']: { key: 'k-3', value, encoding: 'utf8' } };
    const { id } = await start({ letters: dead.map(({ position }) => position), version: 2, edits });
    expect(await retryEnded(world, id)).toMatchObject({ done: 3, passed: 0, skipped: 3 });
    const newest = (await recordsOf(broker.kafka, 'millrace.retry.dead')).find(({ headers }) => headers['millrace-error-attempt'] === '2');
    const position = newest?.position ?? '';
    const second = await start({ letters: [position], version: 2, edits: { [position]: edits[third?.position ?? ''] } });
    expect(await retryEnded(world, second.id)).toMatchObject({ state: 'done', passed: 1, skipped: 0 });
    const mended = (await recordsOf(broker.kafka, 'retry.out')).find(({ value: text }) => text?.includes('9.5'));
    expect(mended?.headers).toMatchObject({
      'millrace-corrected-by': expect.any(String),
      'millrace-index': '0~3',
      'millrace-item': third?.position,
    });
  });
});
