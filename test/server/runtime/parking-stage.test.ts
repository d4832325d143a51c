import { describe, expect, it } from 'vitest';
import type { KafkaRecord, OutRecord, Work } from '#server/kafka/port.ts';
import type { ParkedLog } from '#server/runtime/parked-log.ts';
import { fold, type ParkedKeys, restore } from '#server/runtime/parked-state.ts';
import { createParkingHandler } from '#server/runtime/parking-stage.ts';
import { releaseRecord } from '#server/runtime/release.ts';
import { MessageError, RetriableError, type SinkMessage, type WriteOutcome } from '#server/sdk.ts';
import { imbalance, type LedgerEntry } from '#shared/ledger.ts';
import { header } from '#shared/message.ts';
import { type DeliverStage, ledgerTopic, type Plan } from '#shared/plan.ts';

const topic = 'millrace.f.crm';
const stage: DeliverStage = {
  kind: 'deliver',
  id: 'deliver-crm',
  group: 'millrace.f.deliver-crm',
  input: { topic, node: 'crm', from: 'earliest', format: 'json' },
  node: { id: 'crm', type: 'http', kind: 'sink', label: 'CRM', config: {}, retry: { minutes: 0, giveUp: 'park' } },
  parked: `${topic}.parked`,
};
const plan = { flow: 'f', version: 2, deadLetterTopic: 'millrace.f.dead', settings: { onError: 'dead-letter' } } as unknown as Plan;

/** One partition of a sink's topic, and everything else in memory; nothing is there that was not committed. */
function world(write: (message: SinkMessage) => WriteOutcome | Promise<WriteOutcome>) {
  const input: KafkaRecord[] = [];
  const parked: KafkaRecord[] = [];
  const letters: OutRecord[] = [];
  const entries: LedgerEntry[] = [];
  let next = 0;

  const log: ParkedLog = {
    topic: stage.parked as string,
    async load() {
      const keys: ParkedKeys = new Map();
      for (const record of parked) fold(keys, record);
      return keys;
    },
    async all() {
      return new Map([[0, await this.load(0)]]);
    },
    async *messages(_partition, name, waiting) {
      const kept = new Map(parked.flatMap((record) => restore(record, name, topic) ?? []).map((one) => [String(one.offset), one]));
      for (const offset of waiting) yield kept.get(offset) as KafkaRecord;
    },
  };
  const { handle, onFence } = createParkingHandler({
    plan,
    stage,
    log,
    sink: { batchSize: 4, write: async ({ messages }) => Promise.all(messages.map(write)) },
    suspect: false,
    quarantined: () => undefined,
    begin: () => undefined,
    end: () => undefined,
    trouble: () => undefined,
    paused: async () => undefined,
    clock: Date.now,
  });
  const stored = (record: OutRecord, offset: number): KafkaRecord => ({
    topic: record.topic,
    partition: 0,
    offset: BigInt(offset),
    key: record.key === null ? null : Buffer.from(record.key),
    value: record.value === null ? null : Buffer.from(record.value),
    headers: record.headers ?? {},
    timestamp: record.timestamp ?? 1,
  });
  const add = (record: OutRecord) => input.push(stored(record, input.length));

  return {
    letters,
    entries,
    keys: () => log.load(0),
    fence: () => onFence(topic, 0, new AbortController().signal),
    send(key: string | null, value: unknown, headers: Record<string, string> = {}) {
      const origin = `orders/0/${input.length}`;
      add({ topic, key, value: JSON.stringify(value), headers: { [header.flow]: 'f@2', [header.origin]: origin, ...headers } });
    },
    async release(key: string, first: 'retry' | 'discard', attempts?: number) {
      const head = (await log.load(0)).get(Buffer.from(key).toString('base64'))?.waiting[0] ?? 'none';
      const order = { first, head, who: 'Mira', ...(attempts !== undefined && { attempts }) };
      add(releaseRecord({ topic, partition: 0, key: Buffer.from(key) }, order));
    },
    left: () => input.length - next,
    async step(): Promise<Work> {
      return handle(
        { topic, partition: 0, records: input.slice(next, next + 7), high: BigInt(input.length) },
        new AbortController().signal,
      );
    },
    commit({ consumed, records }: Work) {
      next += consumed;
      for (const record of records) {
        if (record.topic === stage.parked) parked.push(stored(record, parked.length));
        else if (record.topic === topic) add(record);
        else if (record.topic === ledgerTopic) entries.push(JSON.parse(String(record.value)) as LedgerEntry);
        else letters.push(record);
      }
    },
    async drain() {
      await this.fence();
      while (next < input.length) this.commit(await this.step());
    },
  };
}

const sums = (entries: LedgerEntry[]) => {
  const live = entries.filter(({ stage: name }) => name === stage.id);
  const count = (of: (entry: LedgerEntry) => number | undefined) => live.reduce((all, entry) => all + (of(entry) ?? 0), 0);
  return {
    in: count((entry) => entry.in),
    delivered: count((entry) => entry.delivered.crm),
    dead: count((entry) => Object.values(entry.dead.crm ?? {}).reduce((all, one) => all + one, 0)),
    parked: count((entry) => entry.parked?.crm),
  };
};

describe('a deliver stage that parks keys', () => {
  it('sets later messages of a failed key aside, lets others pass, and gives them in order after the release', async () => {
    const got: string[] = [];
    let refuses = true;
    const place = world(({ value, key }) => {
      if (refuses && value === 'create') return new MessageError('http/422', 'No such shop.');
      got.push(`${key} ${value}`);
      return undefined;
    });
    for (const [key, value] of [
      ['a', 'create'],
      ['b', 'create b'],
      ['a', 'change'],
      ['a', 'cancel'],
      ['b', 'change b'],
    ] as const)
      place.send(key, value);
    await place.drain();
    expect(got).toEqual(['b create b', 'b change b']);
    expect(sums(place.entries)).toEqual({ in: 5, delivered: 2, dead: 1, parked: 2 });
    const [parked] = [...(await place.keys()).values()];
    expect(parked).toMatchObject({ code: 'http/422', message: 'No such shop.', waiting: ['0', '2', '3'], failed: '0' });
    expect(place.letters).toHaveLength(1);

    refuses = false;
    await place.release('a', 'retry');
    place.send('a', 'thanks');
    await place.drain();
    expect(got.slice(2)).toEqual(['a create', 'a change', 'a cancel', 'a thanks']);
    expect(await place.keys()).toEqual(new Map());
    expect(sums(place.entries)).toEqual({ in: 6, delivered: 5, dead: 1, parked: 0 });
    // The message that had failed is counted as a retry, apart from the live sums.
    expect(place.entries.filter(({ stage: name }) => name.startsWith('retry-'))).toMatchObject([{ in: 1, delivered: { crm: 1 } }]);
  });

  it('drops the failed message alone when that is asked, and does nothing for an order that came too late', async () => {
    const got: unknown[] = [];
    const place = world(({ value }) => {
      if (value === 'bad') return new MessageError('http/422', 'no');
      got.push(value);
      return undefined;
    });
    place.send('a', 'bad');
    place.send('a', 1);
    await place.drain();
    await place.release('a', 'discard');
    await place.release('a', 'discard');
    place.send('a', 2);
    await place.drain();
    expect(got).toEqual([1, 2]);
    expect(place.letters).toHaveLength(1);
  });

  it('stays parked at the message that fails in the release, with a dead letter of its own attempt', async () => {
    const got: unknown[] = [];
    const place = world(({ value }) => {
      if (value === 'bad' || value === 'worse') return new MessageError('http/422', String(value));
      got.push(value);
      return undefined;
    });
    for (const value of ['bad', 1, 'worse', 2]) place.send('a', value);
    await place.drain();
    await place.release('a', 'retry');
    await place.drain();
    expect(place.letters.map(({ headers }) => headers?.[header.errorAttempt])).toEqual(['1', '2']);
    await place.release('a', 'discard');
    await place.drain();
    expect(got).toEqual([1]);
    expect([...(await place.keys()).values()]).toMatchObject([{ message: 'worse', waiting: ['2', '3'] }]);
    expect(sums(place.entries)).toEqual({ in: 4, delivered: 1, dead: 2, parked: 1 });
  });

  it('carries out an order once that comes twice, also when the message failed again', async () => {
    let tries = 0;
    const place = world(() => {
      tries++;
      return new MessageError('http/422', 'no');
    });
    place.send('a', 'bad');
    await place.drain();
    await place.release('a', 'retry', 1);
    await place.release('a', 'retry', 1);
    await place.drain();
    expect(tries).toBe(2);
    expect([...(await place.keys()).values()]).toMatchObject([{ attempts: 2 }]);
    await place.release('a', 'retry', 2);
    await place.drain();
    expect(tries).toBe(3);
  });

  it('takes a retry of the failed message in its place, and goes on with the others when it passes', async () => {
    const got: unknown[] = [];
    const place = world(({ value }) => {
      if (value === 'bad') return new MessageError('http/422', 'no');
      got.push(value);
      return undefined;
    });
    place.send('a', 'bad');
    place.send('a', 'later');
    await place.drain();
    place.send('a', 'mended', { [header.origin]: 'orders/0/0', [header.item]: 'millrace.f.dead/0/0', [header.index]: '0~2' });
    place.send('a', 'last');
    await place.drain();
    expect(got).toEqual(['mended', 'later', 'last']);
    expect(await place.keys()).toEqual(new Map());
  });

  it('keeps the order of every key, loses nothing and balances under random failures, crashes and releases', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      let state = seed * 7919;
      const random = () => {
        state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
        return state / 0x7fffffff;
      };
      const seen = new Map<string, number[]>();
      let calm = false;
      const place = world(({ key, value }) => {
        const chance = random();
        if (!calm && chance < 0.12) return new MessageError('http/422', 'refused');
        if (!calm && chance < 0.25) return new RetriableError('http/503', 'not now');
        const list = seen.get(String(key)) ?? [];
        seen.set(String(key), list);
        list.push(value as number);
        return undefined;
      });
      let sent = 0;
      await place.fence();
      const work = async (chaos: boolean) => {
        while (place.left() > 0) {
          const done = await place.step();
          // A crash after the write and before the commit: the next owner reads the state and the position anew.
          if (chaos && random() < 0.2) await place.fence();
          else place.commit(done);
        }
      };
      for (let round = 0; round < 12; round++) {
        for (let count = 0; count < 8; count++) place.send(`k${Math.floor(random() * 4)}`, sent++);
        for (const parked of (await place.keys()).values()) {
          if (random() < 0.5) await place.release(Buffer.from(parked.key).toString(), random() < 0.3 ? 'discard' : 'retry');
        }
        await work(true);
      }
      calm = true;
      await place.fence();
      for (const parked of (await place.keys()).values()) await place.release(Buffer.from(parked.key).toString(), 'retry');
      await work(false);
      expect(await place.keys()).toEqual(new Map());
      for (const [key, values] of seen) {
        // A crash repeats from where the transaction began; what is seen for the first time is always newer than all before.
        const firsts = values.filter((value, at) => values.indexOf(value) === at);
        expect(
          firsts.every((value, at) => at === 0 || value > (firsts[at - 1] as number)),
          `seed ${seed}, key ${key}: ${values}`,
        ).toBe(true);
      }
      const total = sums(place.entries);
      expect(total.in).toBe(sent);
      expect(total.parked).toBe(0);
      expect(total.in).toBe(total.delivered + total.dead);
      expect(place.entries.every((entry) => imbalance(entry) === 0)).toBe(true);
    }
  });
});
