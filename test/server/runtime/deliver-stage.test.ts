import { describe, expect, it } from 'vitest';
import type { KafkaRecord } from '#server/kafka/port.ts';
import { createDeliverHandler, type DeliverOptions } from '#server/runtime/deliver-stage.ts';
import { MessageError, RetriableError, type SinkInstance } from '#server/sdk.ts';
import type { LedgerEntry } from '#shared/ledger.ts';
import { header } from '#shared/message.ts';
import { type DeliverStage, ledgerTopic, type Plan } from '#shared/plan.ts';

const stage: DeliverStage = {
  kind: 'deliver',
  id: 'deliver-crm',
  group: 'millrace.f.deliver-crm',
  input: { topic: 'millrace.f.crm', node: 'crm', from: 'earliest', format: 'json' },
  node: { id: 'crm', type: 'http', kind: 'sink', label: 'CRM', config: {}, retry: { minutes: 1, giveUp: 'dead-letter' } },
};
const plan = { flow: 'f', version: 2, deadLetterTopic: 'millrace.f.dead', settings: { onError: 'dead-letter' } } as unknown as Plan;

const record = (offset: number, value: string): KafkaRecord => ({
  topic: stage.input.topic,
  partition: 0,
  offset: BigInt(offset),
  key: Buffer.from('k'),
  value: Buffer.from(value),
  headers: { [header.origin]: `orders/3/${offset}`, [header.index]: '1' },
  timestamp: 1,
});

function handler(sink: SinkInstance, more: Partial<DeliverOptions> = {}) {
  const troubles: (string | undefined)[] = [];
  const handle = createDeliverHandler({
    plan,
    stage,
    sink,
    suspect: false,
    quarantined: () => undefined,
    begin: () => undefined,
    end: () => undefined,
    trouble: (reason) => troubles.push(reason),
    paused: async () => undefined,
    clock: Date.now,
    ...more,
  });
  const deliver = (records: KafkaRecord[], signal = new AbortController().signal) =>
    handle({ topic: stage.input.topic, partition: 0, records, high: 99n }, signal);
  return { deliver, troubles };
}

const ledgerOf = (records: { topic: string; value: unknown }[]) =>
  JSON.parse(String(records.find(({ topic }) => topic === ledgerTopic)?.value)) as LedgerEntry;

describe('the deliver stage', () => {
  it('gives the sink a stable name for each output, made of its origin and ordinal', async () => {
    const ids: string[] = [];
    const { deliver } = handler({
      async write({ messages }) {
        ids.push(...messages.map(({ id }) => id));
      },
    });
    await deliver([record(5, '{}')]);
    expect(ids).toEqual(['orders-3-5#1']);
  });

  it('tries only the messages again that the world was not ready for, and says so meanwhile', async () => {
    const seen: string[][] = [];
    const { deliver, troubles } = handler({
      async write({ messages }) {
        seen.push(messages.map(({ position }) => position.offset));
        return messages.map(({ position }) =>
          seen.length === 1 && position.offset === '2' ? new RetriableError('http/503', 'CRM answered 503.') : undefined,
        );
      },
    });
    const work = await deliver([record(1, '{}'), record(2, '{}'), record(3, '{}')]);
    expect(seen).toEqual([['1', '2', '3'], ['2']]);
    expect(work.consumed).toBe(3);
    expect(troubles).toEqual(['CRM answered 503.', undefined]);
    expect(ledgerOf(work.records)).toMatchObject({ in: 3, delivered: { crm: 3 }, from: '1', to: '3' });
  });

  it('makes dead letters of refused and of undecodable messages, with their bytes', async () => {
    const { deliver } = handler({
      async write({ messages }) {
        return messages.map(() => new MessageError('http/422', 'CRM says no.'));
      },
    });
    const work = await deliver([record(1, '{"a":1}'), record(2, '{broken')]);
    const dead = work.records.filter(({ topic }) => topic === plan.deadLetterTopic);
    expect(dead.map(({ value }) => String(value))).toEqual(['{"a":1}', '{broken']);
    expect(dead.map(({ headers }) => headers?.[header.errorCode])).toEqual(['http/422', 'decode/json']);
    expect(dead[0]?.headers?.[header.origin]).toBe('orders/3/1');
    expect(ledgerOf(work.records)).toMatchObject({ in: 2, dead: { crm: { 'http/422': 1, 'decode/json': 1 } } });
  });

  it('commits the settled prefix when it is stopped, and nothing when there is none', async () => {
    const stop = new AbortController();
    const { deliver } = handler({
      async write({ messages }) {
        stop.abort();
        return messages.map(({ position }) => (position.offset === '1' ? undefined : new RetriableError('http/503', 'down')));
      },
    });
    expect((await deliver([record(1, '{}'), record(2, '{}')], stop.signal)).consumed).toBe(1);
    await expect(deliver([record(2, '{}')], AbortSignal.abort())).rejects.toThrow('was stopped');
  });

  it('gives up after the budget: dead letters when the sink says so, a pause that a person ends otherwise', async () => {
    let now = 0;
    const down: SinkInstance = {
      async write() {
        now += 120_000;
        throw new RetriableError('http/503', 'CRM answered 503.');
      },
    };
    const { deliver } = handler(down, { clock: () => now });
    const work = await deliver([record(1, '{}')]);
    expect(ledgerOf(work.records)).toMatchObject({ dead: { crm: { 'http/503': 1 } } });

    let tries = 0;
    const reasons: string[] = [];
    const waits = handler(
      {
        async write() {
          now += 120_000;
          if (tries++ === 0) throw new RetriableError('http/503', 'CRM answered 503.');
        },
      },
      {
        clock: () => now,
        stage: { ...stage, node: { ...stage.node, retry: { minutes: 1, giveUp: 'pause' } } },
        paused: async (reason) => void reasons.push(reason),
      },
    );
    expect(ledgerOf((await waits.deliver([record(1, '{}')])).records).delivered).toEqual({ crm: 1 });
    expect(reasons).toEqual(['CRM answered 503.']);
  });

  it('lets an error that is neither the message nor the world end the stage, naming the message', async () => {
    const { deliver } = handler({
      async write() {
        throw new TypeError('undefined is not a function');
      },
    });
    await expect(deliver([record(4, '{}')])).rejects.toMatchObject({
      name: 'CrashAt',
      at: { stage: 'deliver-crm', partition: 0, offset: '4' },
    });
  });
});
