import type { Repair } from '#shared/replay.ts';
import { repairsTopic } from '#shared/replay.ts';
import { type KafkaPort, KafkaUnreachable, type RecordBatch } from '../kafka/port.ts';
import { backoffMs, wait } from '../runtime/backoff.ts';
import type { FollowedLetter, InboxFollowStore } from '../store/inbox-follow.ts';
import { letterOf, type RowLookup, repairOf } from './letter.ts';

/** Follows the dead letters and repairs of all flows into the store. */
export interface InboxFollower {
  /** When it last heard from Kafka that it has everything, ms since 1970; 0 before the first time. */
  checkedAt(): number;
  /** True while there is something that it knows of and has not read. */
  behind(): boolean;
  /**
   * Looks for new topics and for what retention took at once, and resolves when all that stood then is in the store.
   * @param until rejects with its reason once it fires; without one Kafka has five seconds. @throws KafkaUnreachable
   */
  refresh(until?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface FollowerOptions {
  kafka: KafkaPort;
  store: InboxFollowStore;
  rowOf: RowLookup;
  /** Called after each write. */
  changed(): void;
  trouble(message: string): void;
  clock?(): number;
}

const deadTopic = /^millrace\..+\.dead$/;
const lookEveryMs = 2000;
const sweepEveryMs = 60_000;
/** How long somebody who asks for a look waits for Kafka. */
const answerMs = 5000;
/** Records of one transaction of the store. */
const batchSize = 2000;
/** Records that wait at most before readers are held up. */
const mostWaiting = 6000;

interface Waiting {
  topic: string;
  partition: number;
  next: number;
  letters: FollowedLetter[];
  repairs: Repair[];
  records: number;
}

/**
 * Reads every `millrace.<flow>.dead` and the repairs without a group, from where the store ends; rows and positions go
 * into one transaction. Emptied tables, another cluster and a topic made anew are read from the beginning.
 */
export function startInboxFollower(options: FollowerOptions): InboxFollower {
  const { kafka, store, rowOf } = options;
  const clock = options.clock ?? Date.now;
  const ending = new AbortController();
  const readers = new Map<string, { stop: AbortController; done: Promise<void> }>();
  /** Next offsets that are in the store, and those that Kafka has. */
  const stored = new Map<string, number>();
  const ends = new Map<string, { low: number; high: number }>();
  const queue: Waiting[] = [];
  let waiting = 0;
  const room: (() => void)[] = [];
  const heard: (() => void)[] = [];
  let checkedAt = 0;
  let sweptAt = 0;
  let writing: Promise<void> = Promise.resolve();
  let isWriting = false;

  const placeOf = (topic: string, partition: number): string => `${topic}/${partition}`;

  async function take(batch: RecordBatch): Promise<void> {
    const one: Waiting = { topic: batch.topic, partition: batch.partition, next: 0, letters: [], repairs: [], records: 0 };
    for (const record of batch.records) {
      one.next = Number(record.offset) + 1;
      one.records++;
      if (batch.topic === repairsTopic) one.repairs.push(...(([repair]) => (repair ? [repair] : []))([repairOf(record)]));
      else one.letters.push(...(([letter]) => (letter ? [letter] : []))([await letterOf(record, rowOf)]));
    }
    queue.push(one);
    waiting += one.records;
    if (!isWriting) writing = write();
    while (waiting > mostWaiting && !ending.signal.aborted) await new Promise<void>((resolve) => room.push(resolve));
  }

  async function write(): Promise<void> {
    isWriting = true;
    try {
      for (let attempt = 0; queue.length > 0; ) {
        const some: Waiting[] = [];
        let records = 0;
        for (const one of queue) {
          if (records > 0 && records + one.records > batchSize) break;
          some.push(one);
          records += one.records;
        }
        const positions = new Map(
          some.map(({ topic, partition, next }) => [placeOf(topic, partition), { topic, partition, position: next }]),
        );
        try {
          await store.apply({
            positions: [...positions.values()],
            letters: some.flatMap(({ letters }) => letters),
            repairs: some.flatMap(({ repairs }) => repairs),
          });
        } catch (error) {
          options.trouble(`The inbox could not be stored: ${sentenceOf(error)}`);
          if (ending.signal.aborted) return;
          await wait(backoffMs(attempt++, 250, 5000), ending.signal);
          continue;
        }
        attempt = 0;
        queue.splice(0, some.length);
        waiting -= records;
        for (const [place, { position }] of positions) stored.set(place, position);
        for (const go of room.splice(0)) go();
        for (const go of heard.splice(0)) go();
        options.changed();
      }
    } finally {
      isWriting = false;
    }
  }

  async function follow(topic: string, signal: AbortSignal): Promise<void> {
    const from = new Map<number, bigint>();
    for (const [place, position] of stored) {
      const partition = place.slice(topic.length + 1);
      if (place.startsWith(`${topic}/`) && /^\d+$/.test(partition)) from.set(Number(partition), BigInt(position));
    }
    for await (const batch of kafka.read({ topic, from, to: 'follow', signal })) {
      const known = stored.get(placeOf(topic, batch.partition)) ?? 0;
      const records = batch.records.filter(({ offset }) => Number(offset) >= known);
      if (records.length > 0) await take({ ...batch, records });
    }
  }

  /** Looks which topics there are, where they begin and end; starts and stops readers. */
  async function look(): Promise<void> {
    const admin = kafka.admin();
    try {
      const topics = (await admin.topics()).filter(({ name }) => deadTopic.test(name) || name === repairsTopic);
      ending.signal.throwIfAborted();
      const names = new Set(topics.map(({ name }) => name));
      for (const [name, reader] of readers) {
        if (names.has(name)) continue;
        reader.stop.abort();
        await reader.done;
        readers.delete(name);
        await forget(name);
      }
      const sweep = clock() - sweptAt >= sweepEveryMs;
      for (const { name } of topics) {
        let another = false;
        // As they stood before the ends were asked for: meanwhile a reader may go past an end that was told a moment ago.
        const known = new Map(stored);
        for (const { partition, low, high } of (await admin.offsets(name, { committedOnly: true })) ?? []) {
          ending.signal.throwIfAborted();
          const place = placeOf(name, partition);
          ends.set(place, { low: Number(low), high: Number(high) });
          // A position past the end means another cluster, or a topic that was made anew: then it is read from its beginning.
          if ((known.get(place) ?? 0) > Number(high)) another = true;
          if (sweep && name !== repairsTopic && (await alone(store.sweep(name, partition, Number(low), clock()))) > 0) options.changed();
        }
        if (another) {
          readers.get(name)?.stop.abort();
          await readers.get(name)?.done;
          readers.delete(name);
          await writing;
          ending.signal.throwIfAborted();
          await forget(name);
        }
        if (!readers.has(name)) start(name);
      }
      if (sweep) sweptAt = clock();
      checkedAt = clock();
      for (const go of heard.splice(0)) go();
    } finally {
      await admin.close();
    }
  }

  async function forget(topic: string): Promise<void> {
    await alone(store.forgetTopic(topic));
    for (const map of [stored, ends]) for (const place of [...map.keys()]) if (place.startsWith(`${topic}/`)) map.delete(place);
    options.changed();
  }

  function start(topic: string): void {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, ending.signal]);
    const done = (async () => {
      for (let attempt = 0; !signal.aborted; attempt++) {
        try {
          await follow(topic, signal);
          if (signal.aborted) return;
        } catch (error) {
          if (signal.aborted) return;
          options.trouble(`The dead letters of ${topic} cannot be read: ${sentenceOf(error)}`);
        }
        // What was read and not yet stored would be read again.
        await writing;
        await wait(backoffMs(attempt, 250, 5000), signal);
      }
    })();
    readers.set(topic, { stop, done });
  }

  /** A change of the store by a look, which closing waits for: whoever follows next must not meet it half way. */
  let changing: Promise<unknown> = Promise.resolve();
  function alone<T>(change: Promise<T>): Promise<T> {
    changing = change.catch(() => undefined);
    return change;
  }
  const over = new Promise<void>((resolve) => ending.signal.addEventListener('abort', () => resolve(), { once: true }));
  let looking: Promise<void> | undefined;
  const lookOnce = (): Promise<void> => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    // One that nobody waits for any more, because the inbox closes, may fail.
    looking.catch(() => undefined);
    return looking;
  };

  /** Waits for a look, but not as long as Kafka's admin would. */
  const soon = (look: Promise<void>): Promise<void> => Promise.race([look, over, rejectedBy(AbortSignal.timeout(answerMs), unreachable)]);

  async function run(): Promise<void> {
    let loaded = false;
    for (let attempt = 0; !ending.signal.aborted; ) {
      try {
        if (!loaded) {
          for (const { topic, partition, position } of await store.positions()) stored.set(placeOf(topic, partition), Number(position));
          loaded = true;
          begin();
        }
        // Where Kafka is away its admin is patient; who closes is not.
        await Promise.race([lookOnce(), over]);
        attempt = 0;
      } catch (error) {
        if (ending.signal.aborted) return;
        if (attempt++ === 2) options.trouble(`The inbox cannot look at Kafka: ${sentenceOf(error)}`);
      }
      await wait(lookEveryMs, ending.signal);
    }
  }
  let begin: () => void = () => undefined;
  const started = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const running = run().catch((error: unknown) => options.trouble(`The inbox does not follow: ${sentenceOf(error)}`));

  /** The offset behind the last record that stands in each partition now; control records of transactions do not count. */
  async function lastRecords(): Promise<Map<string, number>> {
    const last = new Map<string, number>();
    for (const topic of readers.keys()) {
      const from = new Map<number, bigint>();
      let isOpen = false;
      for (const [place, { low, high }] of ends) {
        if (!place.startsWith(`${topic}/`)) continue;
        const position = Math.max(low, stored.get(place) ?? 0);
        from.set(Number(place.slice(topic.length + 1)), BigInt(position));
        if (position < high) isOpen = true;
      }
      if (!isOpen) continue;
      for await (const { partition, records } of kafka.read({ topic, from, signal: ending.signal }))
        last.set(placeOf(topic, partition), Number(records.at(-1)?.offset ?? -1n) + 1);
    }
    return last;
  }

  return {
    checkedAt: () => checkedAt,
    behind: () => waiting > 0,
    async refresh(until) {
      sweptAt = 0;
      const given = until && rejectedBy(until);
      given?.catch(() => undefined);
      const inTime = (work: Promise<void>): Promise<void> => (given ? Promise.race([work, given]) : work);
      await inTime(started);
      // A look that is under way may have passed what is wanted; the next one has not.
      for (const look of [() => looking ?? Promise.resolve(), lookOnce])
        await (given ? inTime(Promise.race([look(), over])) : soon(look()));
      ending.signal.throwIfAborted();
      const wanted = await lastRecords();
      while ([...wanted].some(([place, next]) => (stored.get(place) ?? 0) < next) && !ending.signal.aborted)
        await inTime(new Promise<void>((resolve) => heard.push(resolve)));
    },
    async close() {
      ending.abort();
      begin();
      for (const go of [...room.splice(0), ...heard.splice(0)]) go();
      await running;
      await Promise.all([...readers.values()].map(({ done }) => done));
      await writing;
      await changing;
    },
  };
}

const unreachable = (): Error => new KafkaUnreachable('Kafka does not answer now. Try again in a moment.');

function rejectedBy(signal: AbortSignal, why = (): Error => signal.reason as Error): Promise<never> {
  return new Promise((_resolve, reject) => {
    const tell = (): void => reject(why());
    signal.addEventListener('abort', tell, { once: true });
    if (signal.aborted) tell();
  });
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
