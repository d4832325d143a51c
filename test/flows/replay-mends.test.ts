import { afterAll, beforeAll, expect, test } from 'vitest';
import type { InboxItem, InboxLetter } from '#shared/inbox.ts';
import { type Repair, repairsTopic } from '#shared/replay.ts';
import { describeBrokers } from '../kafka/brokers.ts';
import { deployFlow } from '../millrace.ts';
import { until } from '../wait.ts';
import { inboxOf } from './cases/inbox.ts';
import { flowOf } from './flow.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { feed, type ReplayWorld, recordsOf, replayEnded, settled, startReplay, startWorld } from './replay-world.ts';

/** An order of several lines, of which each becomes a message; a line without a number fails in the map. */
const order = (n: number, lines: unknown[]) => ({
  topic: 'mends.orders',
  key: `k-${n}`,
  value: JSON.stringify({ n, lines: lines.map((line) => ({ n, line })) }),
});

describeBrokers('a replay of failed messages', (broker) => {
  let world: ReplayWorld;
  let crm: Receiver;
  const since = Date.now() - 60_000;

  beforeAll(async () => {
    crm = await startReceiver();
    world = await startWorld(broker.brokers);
    const admin = broker.kafka.admin();
    await admin.ensureTopics([
      { name: 'mends.orders', partitions: 1 },
      { name: 'mends.out', partitions: 1 },
    ]);
    await admin.close();
    const flow = flowOf(
      'mends',
      [
        { id: 'in', type: 'kafka.source', config: { topic: 'mends.orders' } },
        { id: 'lines', type: 'split', config: { expression: 'lines' } },
        { id: 'number', type: 'map', config: { expression: '{ "n": n, "line": $number(line) }' } },
        { id: 'out', type: 'kafka.sink', config: { topic: 'mends.out' } },
        { id: 'crm', type: 'http', label: 'CRM', config: { url: JSON.stringify(crm.url) } },
      ],
      ['in>lines', 'lines>number', 'number>out', 'number>crm'],
    );
    await deployFlow(world.server, flow);
    await feed(broker.kafka, [order(1, [1, '2,5', '3,5']), order(2, ['7,5']), order(3, ['x'])]);
    await settled(world, 'mends', 3);
    crm.answerWith(422);
    await feed(broker.kafka, [order(4, [4])]);
    await settled(world, 'mends', 4);
  }, 180_000);
  afterAll(async () => {
    await world?.close();
    await crm?.close();
  }, 60_000);

  const itemsOf = async (state: string): Promise<InboxItem[]> => {
    const inbox = inboxOf(world.server, 'mends');
    await inbox.refresh();
    const causes = new Map(
      (await Promise.all((['open', 'solved'] as const).map((tab) => inbox.list(tab)))).flatMap(({ causes: some }) =>
        some.map((one) => [one.id, one]),
      ),
    );
    return (await Promise.all([...causes.keys()].map((id) => inbox.items(id, `state=${state}`)))).flatMap(({ items }) => items);
  };
  const replay = async () => {
    const spec = {
      range: { by: 'time', since, until: Date.now() + 60_000 },
      filter: { onlyFailed: true },
      version: 2,
      sinks: ['out', 'crm'],
    };
    const { id } = await startReplay(world, 'mends', { ...spec, target: 'real', reason: 'mended' });
    return replayEnded(world, id);
  };
  const lettersOf = async (attempt: number) =>
    (await recordsOf(broker.kafka, 'millrace.mends.dead')).filter(({ headers }) => headers['millrace-error-attempt'] === String(attempt));

  test('settles what it delivers, also when the worker dies between delivery and repair, and keeps what fails again one item', async () => {
    const inbox = inboxOf(world.server, 'mends');
    await expect.poll(async () => (await itemsOf('unsettled')).length).toBe(5);
    const before = await itemsOf('unsettled');
    expect(before.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1]);
    await inbox.edit('number', '{ "n": n, "line": $number($replace($string(line), ",", ".")) }');
    await inbox.deploy();
    // From now on the CRM takes a request and gives no answer, so that what was delivered is not known yet.
    crm.answerWith('never');
    const calls = crm.calls();
    const done = await replay();
    expect(done).toMatchObject({ state: 'done', balance: { read: 4, failed: 1, written: 3 } });
    await until('the CRM was asked', () => crm.calls() > calls);
    await until('they are on their way', async () => (await itemsOf('sent')).length === 4);

    const dying = world.killAndStart();
    crm.answerWith(undefined);
    await dying;
    await until('they are solved', async () => (await itemsOf('solved')).length === 4);
    const solved = await itemsOf('solved');
    expect(solved.map(({ by }) => by?.replay?.id)).toEqual([done.id, done.id, done.id, done.id]);
    expect(new Set(solved.map(({ by }) => by?.who))).toEqual(new Set([done.startedBy]));
    expect([...crm.done.values()].map((body) => JSON.parse(body)).filter(({ line }) => [2.5, 3.5, 7.5, 4].includes(line))).toHaveLength(4);

    const [open, ...more] = await itemsOf('unsettled');
    expect(more).toEqual([]);
    const [third] = await lettersOf(2);
    expect(open).toMatchObject({ attempt: 2, position: third?.position });
    expect(before.map(({ item }) => item)).toContain(open?.item);
    const letter = await world.api<InboxLetter>('GET', `/api/inbox/letter?item=${encodeURIComponent(open?.item ?? '')}`);
    expect(letter.item.by).toEqual({ who: done.startedBy, at: open?.lastAt, replay: { id: done.id, name: done.spec.name } });
  });

  test('that is run again takes only what is open, and says nothing anew of the rest', async () => {
    const repairs = (await recordsOf(broker.kafka, repairsTopic)).map(({ value }) => JSON.parse(value ?? '{}') as Repair);
    expect(await replay()).toMatchObject({ state: 'done', balance: { written: 0, failed: 1 } });
    await until('it failed a third time', async () => (await lettersOf(3)).length === 1);
    expect(await itemsOf('unsettled')).toMatchObject([{ attempt: 3 }]);
    expect(await recordsOf(broker.kafka, repairsTopic)).toHaveLength(repairs.length);
    await settled(world, 'mends', 4);
    expect((await recordsOf(broker.kafka, 'mends.out')).filter(({ headers }) => headers['millrace-item'])).toHaveLength(4);
  });
});
