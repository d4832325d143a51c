import { asError, errorType, isConnectionError, isPassing, KafkaError } from './errors.ts';
import type { Broker } from './kafkajs.ts';
import { leaderOf, type Net } from './net.ts';
import type { KafkaRecord } from './port.ts';
import { decodeBatches, UnreadableBatch } from './record-decoder.ts';
import { type FetchAnswer, sendFetch } from './requests.ts';

/** What one fetch brought of a partition. */
export interface Fetched {
  /** May be empty: then only control records, aborted records or gaps stood there. */
  records: KafkaRecord[];
  /** Offset after everything that was looked at. */
  next: bigint;
  /** End of the partition as its reader may see it. */
  high: bigint;
}

export interface Fetcher {
  /** Waits for what stands at or after `position`. One call at a time for a partition. Rejects with the signal's reason, UnreadableBatch, or Kafka's error (OFFSET_OUT_OF_RANGE ...). */
  take(topic: string, partition: number, position: bigint, signal: AbortSignal): Promise<Fetched>;
  /** Forgets a partition and what was fetched ahead of it. */
  release(topic: string, partition: number): void;
  /** How long a wanted fetch has had neither an answer nor an error, in ms; 0 when nothing is wanted. */
  silentMs(): number;
  close(): void;
}

export interface FetcherOptions {
  committedOnly: boolean;
  /** Most bytes of one partition in one fetch; a larger single batch still comes whole. */
  partitionBytes: number;
  /** Called with an error that is being retried, and with undefined when data flows again. */
  onTrouble(error: Error | undefined): void;
}

/** Long poll of a broker that has nothing new, in ms. */
export const maxWaitMs = 1_000;
/** The same while a partition is left out or about to come: its reader is busy, or partitions are just being added. */
const shortWaitMs = 20;
const busyMs = 1_000;
const totalBytes = 16 * 1024 * 1024;

interface Slot {
  topic: string;
  partition: number;
  /** Next offset to fetch. */
  offset: bigint;
  /** Where the reader is expected to go on. */
  expected: bigint;
  buffer: Fetched | undefined;
  error: Error | undefined;
  waiter: { resolve(fetched: Fetched): void; reject(error: unknown): void } | undefined;
  bufferedAt: number;
  version: number;
  busy: boolean;
  notBefore: number;
  wait: number;
}

/**
 * Fetches ahead for any number of partitions: one request at a time for each broker, one answer kept for each
 * partition while its reader works. A slow reader holds up no other partition.
 */
export function createFetcher(net: Net, options: FetcherOptions): Fetcher {
  const slots = new Map<string, Slot>();
  const asking = new Map<Broker, { since: number }>();
  let closed = false;
  let turn = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let troubled = false;
  let addedAt = 0;
  let kicking: ReturnType<typeof setImmediate> | undefined;

  const wants = (slot: Slot) => !slot.buffer && !slot.error && !slot.busy;

  function trouble(error: Error | undefined): void {
    if (error === undefined && !troubled) return;
    troubled = error !== undefined;
    options.onTrouble(error);
  }

  function hold(slot: Slot, error: Error): void {
    slot.busy = false;
    slot.notBefore = Date.now() + slot.wait;
    slot.wait = Math.min(slot.wait * 2, 2_000);
    net.suspect(error, { topic: slot.topic });
    trouble(error);
  }

  function fail(slot: Slot, error: Error): void {
    slot.busy = false;
    if (closed) return;
    if (isPassing(error) || isConnectionError(error)) {
      hold(slot, error);
    } else if (slot.waiter) {
      slot.waiter.reject(error);
      slot.waiter = undefined;
    } else {
      slot.error = error;
    }
  }

  /** Starts requests for all that is wanted and not asked for yet, gathered over one turn of the event loop. */
  function kick(): void {
    kicking ??= setImmediate(start);
  }

  function start(): void {
    kicking = undefined;
    if (closed) return;
    const now = Date.now();
    let soonest = Number.POSITIVE_INFINITY;
    const ready: Slot[] = [];
    for (const slot of slots.values()) {
      if (!wants(slot)) continue;
      if (slot.notBefore > now) soonest = Math.min(soonest, slot.notBefore);
      else ready.push(slot);
    }
    if (soonest < Number.POSITIVE_INFINITY && timer === undefined) {
      timer = setTimeout(() => {
        timer = undefined;
        kick();
      }, soonest - now);
    }
    if (ready.length > 0) void ask(ready);
  }

  async function ask(ready: Slot[]): Promise<void> {
    const perBroker = new Map<Broker, Slot[]>();
    for (const slot of ready) slot.busy = true;
    await Promise.all(
      ready.map(async (slot) => {
        try {
          const broker = await leaderOf(net, slot.topic, slot.partition);
          const list = perBroker.get(broker);
          if (list) list.push(slot);
          else perBroker.set(broker, [slot]);
        } catch (error) {
          fail(slot, asError(error));
        }
      }),
    );
    for (const [broker, list] of perBroker) {
      if (asking.has(broker)) for (const slot of list) slot.busy = false;
      else void fetch(broker, list);
    }
    if (ready.some((slot) => slot.notBefore > Date.now())) kick();
  }

  async function fetch(broker: Broker, wanted: Slot[]): Promise<void> {
    const state = { since: Date.now() };
    asking.set(broker, state);
    const first = turn++ % wanted.length;
    const list = [...wanted.slice(first), ...wanted.slice(0, first)];
    const versions = list.map((slot) => slot.version);
    const now = Date.now();
    const others = now - addedAt < busyMs || [...slots.values()].some((slot) => slot.buffer && now - slot.bufferedAt < busyMs);
    try {
      const answers = await sendFetch(broker, {
        maxWaitMs: others ? shortWaitMs : maxWaitMs,
        maxBytes: totalBytes,
        partitionBytes: options.partitionBytes,
        committedOnly: options.committedOnly,
        entries: list,
      });
      await Promise.all(
        list.map(async (slot, index) => {
          const answer = answers.find(({ topic, partition }) => topic === slot.topic && partition === slot.partition);
          if (slot.version !== versions[index]) {
            slot.busy = false;
          } else if (!answer) {
            fail(slot, new KafkaError(-1, `Reading ${slot.topic}/${slot.partition}`));
          } else {
            await accept(slot, answer);
          }
        }),
      );
    } catch (thrown) {
      const error = asError(thrown);
      net.suspect(error, { broker });
      for (const slot of list) fail(slot, error);
    } finally {
      asking.delete(broker);
      kick();
    }
  }

  async function accept(slot: Slot, answer: FetchAnswer): Promise<void> {
    if (answer.errorCode !== 0) {
      fail(slot, new KafkaError(answer.errorCode, `Reading ${slot.topic}/${slot.partition} at ${slot.offset}`));
      return;
    }
    trouble(undefined);
    slot.wait = 50;
    if (answer.bytes.length === 0) {
      slot.busy = false;
      return;
    }
    const { version, topic, partition, offset } = slot;
    try {
      const aborted = options.committedOnly ? { aborted: answer.aborted } : {};
      const decoded = await decodeBatches(answer.bytes, { topic, partition, from: offset, ...aborted });
      slot.busy = false;
      if (slot.version !== version) return;
      if (decoded.next === offset) throw new UnreadableBatch(topic, partition, offset, 'it came incomplete');
      slot.offset = decoded.next;
      put(slot, { ...decoded, high: options.committedOnly ? answer.stable : answer.high });
    } catch (error) {
      slot.busy = false;
      if (slot.version === version) fail(slot, asError(error));
    }
  }

  function put(slot: Slot, fetched: Fetched): void {
    if (slot.waiter) {
      slot.waiter.resolve(fetched);
      slot.waiter = undefined;
      slot.expected = fetched.next;
    } else {
      slot.buffer = fetched;
      slot.bufferedAt = Date.now();
    }
  }

  return {
    take(topic, partition, position, signal) {
      const name = `${topic}/${partition}`;
      let slot = slots.get(name);
      if (!slot) {
        const start = { offset: position, expected: position, version: 0, busy: false, notBefore: 0, wait: 50, bufferedAt: 0 };
        slot = { topic, partition, ...start, buffer: undefined, error: undefined, waiter: undefined };
        slots.set(name, slot);
        addedAt = Date.now();
      }
      const mine = slot;
      if (mine.expected !== position) {
        mine.version++;
        mine.buffer = undefined;
        mine.error = undefined;
        mine.offset = position;
        mine.expected = position;
        mine.busy = false;
      }
      if (mine.error) {
        const { error } = mine;
        mine.error = undefined;
        return Promise.reject(error);
      }
      if (mine.buffer) {
        const fetched = mine.buffer;
        mine.buffer = undefined;
        mine.expected = fetched.next;
        kick();
        return Promise.resolve(fetched);
      }
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const give = () => {
          mine.waiter = undefined;
          reject(signal.reason);
        };
        signal.addEventListener('abort', give, { once: true });
        const end = () => signal.removeEventListener('abort', give);
        mine.waiter = {
          resolve(fetched) {
            end();
            resolve(fetched);
          },
          reject(error) {
            end();
            reject(error);
          },
        };
        kick();
      });
    },
    release(topic, partition) {
      const slot = slots.get(`${topic}/${partition}`);
      if (slot) slot.version++;
      slots.delete(`${topic}/${partition}`);
    },
    silentMs() {
      const now = Date.now();
      let silent = 0;
      for (const { since } of asking.values()) silent = Math.max(silent, now - since);
      return silent;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      clearImmediate(kicking);
      for (const slot of slots.values()) slot.waiter?.reject(new KafkaError(13, `Reading ${slot.topic}/${slot.partition} was closed`));
      slots.clear();
    },
  };
}

/** True for a position that the partition does not have (any more, or yet). */
export const isOutOfRange = (error: unknown): boolean => errorType(error) === 'OFFSET_OUT_OF_RANGE';
