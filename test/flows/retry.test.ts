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
      { name: 'retry.orders', partitions: 2, config: { 'max.message.bytes': '8000000' } },
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
    await until('they stand in the topic', async () => (await outs()).length >= 4);
    expect((await outs()).sort()).toEqual(['{"n":1,"line":1}', '{"n":1,"line":3}', '{"n":1,"line":2.5}', '{"n":2,"line":7.5}'].sort());
    const secondTime = async () =>
      (await recordsOf(broker.kafka, 'millrace.retry.dead')).filter(({ headers }) => headers['millrace-error-attempt'] === '2');
    await until('it has failed again', async () => (await secondTime()).length > 0);
    const again = await secondTime();
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
    const found = async () => (await recordsOf(broker.kafka, 'retry.out')).find(({ value: text }) => text?.includes('9.5'));
    await until('it stands in the topic', async () => (await found()) !== undefined);
    const mended = await found();
    expect(mended?.headers).toMatchObject({
      'millrace-corrected-by': expect.any(String),
      'millrace-index': '0~3',
      'millrace-item': third?.position,
    });
  });

  test('that two people start at once sends each message once', async () => {
    await feed(
      broker.kafka,
      Array.from({ length: 40 }, (_, n) => order(100 + n, [{ n: 100 + n, line: 'y' }])),
    );
    await until('all have failed', async () => (await letters()).filter(({ value }) => value?.includes('"y"')).length === 40);
    const mine = (await letters()).filter(({ value }) => value?.includes('"y"'));
    const edits = Object.fromEntries(
      mine.map(({ position, key, value }) => [position, { key, value: (value ?? '').replace('"y"', '1'), encoding: 'utf8' }]),
    );
    const request = { letters: mine.map(({ position }) => position), version: 2, edits };
    const [one, other] = await Promise.all([start(request), start(request)]);
    const [a, b] = await Promise.all([retryEnded(world, one.id), retryEnded(world, other.id)]);
    expect([a.passed + b.passed, a.failed + b.failed, a.skipped + b.skipped]).toEqual([40, 0, 40]);
    const sentOf = async () => (await outs()).filter((text) => /"n":1\d\d,/.test(text));
    await until('they stand in the topic', async () => (await sentOf()).length >= 40);
    const sent = await sentOf();
    expect([sent.length, new Set(sent).size]).toEqual([40, 40]);
    expect(await world.api('GET', '/api/flows/retry/retries')).toHaveLength(5);
  });

  test('to a sink that refuses again stays one item, with one attempt more, and goes through once the sink takes it', async () => {
    crm.answerWith(422);
    await feed(broker.kafka, [order(200, [{ n: 200, line: 4 }])]);
    const refused = async (attempt: number) =>
      (await recordsOf(broker.kafka, 'millrace.retry.dead')).filter(
        ({ headers }) => headers['millrace-error-stage'] === 'deliver-crm' && headers['millrace-error-attempt'] === String(attempt),
      );
    await until('the sink has refused it', async () => (await refused(1)).length === 1);
    const [first] = await refused(1);
    const once = await start({ letters: [first?.position], version: 2 });
    expect(await retryEnded(world, once.id)).toMatchObject({ passed: 1, failed: 0 });
    await until('the sink has refused it again', async () => (await refused(2)).length === 1);
    const [second] = await refused(2);
    expect(second?.headers['millrace-item']).toBe(first?.position);
    crm.answerWith(undefined);
    const twice = await start({ letters: [second?.position], version: 2 });
    expect(await retryEnded(world, twice.id)).toMatchObject({ passed: 1 });
    await until('the sink has it', () => [...crm.done].some(([key, body]) => key.includes('#0~3@') && body.includes('200')));
    await until('the inbox is told', async () =>
      (await recordsOf(broker.kafka, repairsTopic)).some(({ key, value }) => key === first?.position && value?.includes('"solved"')),
    );
  });

  test('takes messages of 5 MB, of bytes and without a key, and stops after so many failures in a row', async () => {
    const large = JSON.stringify({ n: 300, lines: [{ n: 300, line: 'z' }], note: 'x'.repeat(5_000_000) });
    const bytes = new Uint8Array([0, 255, 254, 1]);
    await feed(broker.kafka, [
      { topic: 'retry.orders', key: null, value: large },
      { topic: 'retry.orders', key: null, value: bytes },
      ...Array.from({ length: 6 }, (_, n) => order(400 + n, [{ n: 400 + n, line: 'w' }])),
    ]);
    type Letter = Awaited<ReturnType<typeof letters>>[number];
    const isFailing = ({ value }: Letter) => value?.includes('"w"') ?? false;
    const isBig = ({ value }: Letter) => (value?.length ?? 0) > 1_000_000;
    const isRaw = ({ headers }: Letter) => headers['millrace-error-code'] === 'decode/utf8';
    let all: Letter[] = [];
    await until('all have failed', async () => {
      all = await letters();
      return all.filter(isFailing).length === 6 && all.some(isBig) && all.some(isRaw);
    });
    const big = all.find(isBig)?.position ?? '';
    const raw = all.find(isRaw)?.position ?? '';
    const edits = { [big]: { key: null, value: large.replace('"z"', '5'), encoding: 'utf8' } };
    const { id } = await start({ letters: [big, raw], version: 2, edits });
    expect(await retryEnded(world, id)).toMatchObject({ state: 'done', passed: 1, failed: 1 });
    const ofBig = async () => (await outs()).filter((text) => text.includes('"n":300'));
    await until('the one stands in the topic', async () => (await ofBig()).length > 0);
    expect(await ofBig()).toEqual(['{"n":300,"line":5}']);
    let again: Buffer[] = [];
    await until('the other has failed again', async () => {
      again = [];
      for await (const { records } of broker.kafka.read({ topic: 'millrace.retry.dead' }))
        for (const { headers, value } of records) if (headers['millrace-item'] === raw) again.push(Buffer.from(value ?? []));
      return again.length > 0;
    });
    expect(again).toEqual([Buffer.from(bytes)]);
    const failing = all.filter(isFailing).map(({ position }) => position);
    const stopped = await start({ letters: failing, version: 2, stopAfter: 3 });
    expect(await retryEnded(world, stopped.id)).toMatchObject({
      state: 'stopped',
      failed: 3,
      passed: 0,
      reason: expect.stringContaining('3 failures in a row'),
    });
  });
});
