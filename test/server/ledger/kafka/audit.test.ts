import { expect, it } from 'vitest';
import type { KafkaPort } from '#server/kafka/port.ts';
import type { LedgerEntry } from '#shared/ledger.ts';
import type { LedgerGap } from '#shared/ledger-minutes.ts';
import { ledgerTopic } from '#shared/plan.ts';
import { describeBrokers } from '../../../kafka/brokers.ts';
import { until } from '../../../wait.ts';
import { createTopics, type Fault, faulty, openAudit, planOf, runFlow, type Wrong } from './world.ts';

/** Every seventh is not paid, every eleventh has a total that is no number. */
const order = (id: number) => ({ id, paid: id % 7 !== 0, total: id % 11 === 0 ? '12,50' : String(id) });

async function send(kafka: KafkaPort, topic: string, from: number, to: number): Promise<void> {
  const producer = await kafka.producer();
  const sent = [];
  for (let id = from; id < to; id++) sent.push(producer.send({ topic, key: `k${id % 50}`, value: JSON.stringify(order(id)) }));
  await Promise.all(sent);
  await producer.close();
}

async function entriesOf(kafka: KafkaPort, flow: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for await (const { records } of kafka.read({ topic: ledgerTopic })) {
    for (const { value } of records) {
      const entry = JSON.parse(Buffer.from(value as Uint8Array).toString()) as LedgerEntry;
      if (entry.flow === flow) entries.push(entry);
    }
  }
  return entries;
}

const kinds: Record<Wrong, LedgerGap['kind']> = {
  'passed-over': 'skipped',
  'not-counted': 'skipped',
  'counted-twice': 'twice',
  'output-dropped': 'missing',
  'output-doubled': 'extra',
  'letter-dropped': 'missing',
};

describeBrokers('the audit of the ledger', (broker) => {
  it('finds every message that is dropped or doubled in loop, handler and pipeline, by kind and place, within seconds', async () => {
    const { kafka } = broker;
    const id = 'wrong';
    const plan = await planOf(id);
    const orders = `${id}.orders`;
    await createTopics(kafka, plan, [orders]);
    await send(kafka, orders, 0, 900);

    // What stands where decides which message can suffer what.
    const paid: string[] = [];
    const broken: string[] = [];
    for await (const { records } of kafka.read({ topic: orders })) {
      for (const { value, partition, offset } of records) {
        const { id: number } = JSON.parse(Buffer.from(value as Uint8Array).toString()) as { id: number };
        const place = `${orders}/${partition}/${offset}`;
        if (number % 7 !== 0 && number % 11 === 0) broken.push(place);
        else if (number % 7 !== 0) paid.push(place);
      }
    }
    // The faults keep a distance, so that each has an entry of its own; the last of a partition has no neighbour to miss.
    const places = paid.filter((place) => Number(place.split('/')[2]) % 10 === 3);
    const letters = broken.filter((place) => Number(place.split('/')[2]) % 10 === 8);
    const stored = `millrace.${id}.erp`;
    const take = (wrong: Wrong, stage: string, count: number, from: string[], topic?: string): Fault[] =>
      from.splice(0, count).map((origin) => ({ wrong, stage, origin, ...(topic !== undefined && { topic }) }));
    const faults: Fault[] = [
      ...take('passed-over', 'transform', 4, places),
      ...take('not-counted', 'transform', 4, places),
      ...take('counted-twice', 'transform', 4, places),
      ...take('output-dropped', 'transform', 4, places, `${id}.out`),
      ...take('output-dropped', 'transform', 4, places, stored),
      ...take('output-doubled', 'transform', 4, places, `${id}.out`),
      ...take('output-doubled', 'transform', 4, places, stored),
      ...take('passed-over', 'deliver-erp', 4, places),
      ...take('not-counted', 'deliver-erp', 4, places),
      ...take('counted-twice', 'deliver-erp', 4, places),
      ...take('letter-dropped', 'transform', 2, letters, `millrace.${id}.dead`),
    ];
    const audit = await openAudit(kafka);
    // The audit is there before the flow, as in a server.
    await until('the audit has begun', async () => 'ledger' in (await audit.store.ledgerAudit.load()));
    const flow = await runFlow(faulty(kafka, faults), plan);
    try {
      await until('every fault has happened', () => faults.every(({ at }) => at !== undefined));
      await until('the audit has compared all', async () => (await audit.store.ledgerGaps.list()).length >= faults.length).catch(
        () => undefined,
      );
      await until('nothing is pending', () => audit.caughtUp());
    } finally {
      await flow.stop();
    }
    const gaps = await audit.store.ledgerGaps.list({ flow: id });
    const slowest: number[] = [];
    const unmatched = new Set(gaps);
    const missed = faults.filter((fault) => {
      const gap = [...unmatched].find((one) => matches(one, fault));
      if (gap === undefined) return true;
      unmatched.delete(gap);
      slowest.push(gap.noticedAt - (fault.at ?? 0));
      return false;
    });
    console.log(
      `${broker.kind}: ${faults.length - missed.length} of ${faults.length} found, noticed after ${Math.min(...slowest)} to ${Math.max(...slowest)} ms`,
    );
    expect({ missed, unmatched: [...unmatched].map(({ sentence }) => sentence), troubles: audit.troubles }).toEqual({
      missed: [],
      unmatched: [],
      troubles: [],
    });
    expect(Math.max(...slowest)).toBeLessThan(60_000);
    expect(audit.auditor().open(id)).toEqual({ gaps: faults.length, messages: faults.length });
    await audit.close();

    function matches(gap: LedgerGap, fault: Fault): boolean {
      if (gap.kind !== kinds[fault.wrong] || gap.stage !== fault.stage || gap.count !== 1) return false;
      if (fault.topic !== undefined && gap.outputTopic !== fault.topic) return false;
      const [topic, partition, offset] = fault.origin.split('/');
      // What goes wrong in a deliver stage is told by its own input; which message that is was not looked at here.
      if (fault.stage === 'deliver-erp') return gap.topic === stored;
      const near = fault.wrong === 'not-counted' ? 1 : 0;
      return (
        gap.topic === topic &&
        gap.partition === Number(partition) &&
        Number(gap.from) <= Number(offset) + near &&
        Number(gap.to) >= Number(offset)
      );
    }
  });

  it('says nothing of restarts, resets, topics that are made anew, transactions taken back and flows behind flows', async () => {
    const { kafka } = broker;
    const [first, second] = [await planOf('calm'), await planOf('calm2', 1, 'calm.out')];
    await createTopics(kafka, first, ['calm.orders']);
    await createTopics(kafka, second, []);
    const audit = await openAudit(kafka);
    await until('the audit has begun', async () => 'ledger' in (await audit.store.ledgerAudit.load()));
    let running = [await runFlow(kafka, first), await runFlow(kafka, second)];
    const stop = async () => {
      await Promise.all(running.map((flow) => flow.stop()));
      running = [];
    };
    const consumed = (most: number) => async () =>
      (await entriesOf(kafka, 'calm2')).filter(({ stage }) => stage === 'transform').reduce((sum, entry) => sum + entry.in, 0) >= most;
    const through = (ids: number[]) => ids.filter((id) => id % 7 !== 0 && id % 11 !== 0).length;
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
    const admin = kafka.admin();
    try {
      await send(kafka, 'calm.orders', 0, 300);
      await until('all went through', consumed(through(range(0, 300))));
      await stop();
      await audit.restart();
      running = [await runFlow(kafka, first), await runFlow(kafka, second)];
      await send(kafka, 'calm.orders', 300, 400);
      await until('all went through', consumed(through(range(0, 400))));
      await stop();

      // Somebody sets the group back, and forward.
      const ends = (await admin.offsets('calm.orders')) ?? [];
      await admin.setOffsets('millrace.calm.transform', 'calm.orders', new Map(ends.map(({ partition, high }) => [partition, high - 10n])));
      running = [await runFlow(kafka, first), await runFlow(kafka, second)];
      await until('the audit follows', () => audit.caughtUp());
      await stop();
      await send(kafka, 'calm.orders', 400, 460);
      const beyond = (await admin.offsets('calm.orders')) ?? [];
      await admin.setOffsets(
        'millrace.calm.transform',
        'calm.orders',
        new Map(beyond.map(({ partition, high }) => [partition, high - 3n])),
      );
      running = [await runFlow(kafka, first), await runFlow(kafka, second)];
      await until('the audit follows', () => audit.caughtUp());
      await stop();

      await admin.deleteTopics(['calm.orders']);
      await until('the topic is gone', async () => (await admin.offsets('calm.orders')) === undefined);
      await createTopics(kafka, first, ['calm.orders']);
      await send(kafka, 'calm.orders', 500, 600);
      running = [await runFlow(kafka, first), await runFlow(kafka, second)];
      const before = (await entriesOf(kafka, 'calm')).length;
      await send(kafka, 'calm.orders', 600, 650);
      await until('new entries came', async () => (await entriesOf(kafka, 'calm')).length > before);
      await until('the audit follows', () => audit.caughtUp());
    } finally {
      await stop();
      await admin.close();
    }
    expect((await audit.store.ledgerGaps.list()).map(({ sentence }) => sentence)).toEqual([]);
    expect(audit.troubles).toEqual([]);
    await audit.close();
  });
});
