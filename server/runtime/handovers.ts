import { randomUUID } from 'node:crypto';
import type { Handover, HandoverPlace } from '#shared/handover.ts';
import type { LedgerEntry } from '#shared/ledger.ts';
import { ledgerTopic } from '#shared/plan.ts';
import type { KafkaPort } from '../kafka/port.ts';

/** Where hand-overs are kept. */
interface HandoverKeep {
  put(handover: Handover): Promise<void>;
  link(id: string, deployedAt: string): Promise<void>;
  unfinished(): Promise<Handover[]>;
  newest(): Promise<Handover[]>;
}

/** Writes the report of every change of versions, from what the ledger says that each version has really processed. */
export interface Handovers {
  /** Before the old version is drained. */
  begin(start: Pick<Handover, 'flow' | 'from' | 'to' | 'who' | 'share'>): Promise<Handover>;
  /** The old version has ended: from here on entries of the new one are its own. Before the new one is started. */
  drained(handover: Handover, places: HandoverPlace[]): Promise<void>;
  /** The new version runs; `waiting` gives what stood beyond each barrier. Not yet kept as done: the deployment is not recorded. */
  started(handover: Handover, waiting: ReadonlyMap<HandoverPlace, number>): void;
  /** It is recorded what runs now: a deployment, with its time, or a canary. */
  done(handover: Handover, deployedAt: string | undefined): Promise<void>;
  failed(handover: Handover, reason: string): Promise<void>;
  /** Every entry of the ledger, in its order, some twice after a restart. */
  note(entry: LedgerEntry): void;
  /** Keeps what entries have brought since the last time; the ledger's position may be kept only after that. */
  settle(): Promise<void>;
  /**
   * At the start of the server: says of unfinished ones what became of them, and goes on where reports are open.
   * `recorded`: what the hand-over led to, if that was still recorded.
   */
  resume(recorded: (handover: Handover) => Promise<{ deployedAt?: string } | undefined>): Promise<void>;
  /** As it stands now, with what is not kept yet. */
  current(id: string): Handover | undefined;
}

/** Entries at the end of each partition of the ledger that are looked through for the last one of a version. */
const lookBack = 2000n;

export function createHandovers(kafka: KafkaPort, keep: HandoverKeep, trouble: (message: string) => void): Handovers {
  /** The newest of each flow: only its partitions can still get a first message. */
  const open = new Map<string, Handover>();
  /** Last offset processed, by place; of this life of the server. */
  const lasts = new Map<string, string>();
  const dirty = new Set<Handover>();
  const counting = new Set<Promise<void>>();

  const changed = (handover: Handover) => {
    // One that is under way is kept at each of its steps.
    if (handover.state !== 'draining' && handover.state !== 'starting') dirty.add(handover);
  };

  /** Both sides are known: counts what lies between them, which needs a look only where offsets are not neighbours. */
  function close(handover: Handover, place: HandoverPlace): void {
    if (place.first === undefined || place.between !== undefined) return;
    const from = place.last === undefined ? BigInt(place.barrier) : BigInt(place.last) + 1n;
    const to = BigInt(place.first);
    if (to <= from) {
      place.between = 0;
      changed(handover);
      return;
    }
    const work = countBetween(place, from, to)
      .then((count) => {
        place.between = count;
        changed(handover);
      })
      .catch((error: unknown) =>
        trouble(`What lies between two versions in ${place.topic}/${place.partition} could not be read: ${messageOf(error)}`),
      )
      .finally(() => counting.delete(work));
    counting.add(work);
  }

  /** Committed messages in a range; markers of transactions and what compaction took are none. */
  async function countBetween({ topic, partition }: HandoverPlace, from: bigint, to: bigint): Promise<number> {
    let count = 0;
    for await (const batch of kafka.read({ topic, from: new Map([[partition, from]]), to: new Map([[partition, to]]) })) {
      if (batch.partition === partition) count += batch.records.length;
    }
    return count;
  }

  /** After a restart nobody remembers what the old version did last: the ledger's end says it. */
  async function findLasts(handover: Handover): Promise<void> {
    const missing = handover.places.filter((place) => place.last === undefined);
    if (missing.length === 0) return;
    const admin = kafka.admin();
    try {
      const ends = (await admin.offsets(ledgerTopic, { committedOnly: true })) ?? [];
      const from = new Map(ends.map(({ partition, low, high }) => [partition, high - lookBack > low ? high - lookBack : low]));
      for await (const batch of kafka.read({ topic: ledgerTopic, from })) {
        for (const record of batch.records) {
          if (record.value === null || Buffer.from(record.key ?? []).toString('utf8') !== handover.flow) continue;
          const entry = JSON.parse(Buffer.from(record.value).toString('utf8')) as LedgerEntry;
          const place = placeOf(handover, entry);
          if (place !== undefined && missing.includes(place) && BigInt(entry.to) < BigInt(place.barrier)) place.last = entry.to;
        }
      }
    } finally {
      await admin.close();
    }
  }

  function handled(handover: Handover, { stage, topic, partition, from, to }: LedgerEntry): void {
    handover.handled ??= [];
    const known = handover.handled.find((one) => one.stage === stage && one.topic === topic && one.partition === partition);
    if (known === undefined) handover.handled.push({ stage, topic, partition, from, to });
    else if (BigInt(to) > BigInt(known.to)) known.to = to;
    changed(handover);
  }

  return {
    async begin(start) {
      const handover: Handover = { id: randomUUID(), ...start, state: 'draining', at: Date.now(), places: [] };
      await keep.put(handover);
      return handover;
    },

    async drained(handover, places) {
      handover.state = 'starting';
      handover.drainMs = Date.now() - handover.at;
      handover.places = places;
      for (const place of places) {
        const last = lasts.get(nameOf(handover.flow, place));
        if (last !== undefined && BigInt(last) < BigInt(place.barrier)) place.last = last;
      }
      open.set(handover.flow, handover);
      await keep.put(handover);
    },

    started(handover, waiting) {
      handover.startMs = Date.now() - handover.at - (handover.drainMs ?? 0);
      for (const [place, count] of waiting) place.waiting = count;
    },

    async done(handover, deployedAt) {
      handover.state = 'done';
      await keep.put(handover);
      if (deployedAt !== undefined) await keep.link(handover.id, deployedAt);
      const finding = findLasts(handover)
        .then(() => changed(handover))
        .catch((error: unknown) => trouble(`What the old version of ${handover.flow} did last could not be read: ${messageOf(error)}`))
        .finally(() => counting.delete(finding));
      counting.add(finding);
    },

    async failed(handover, reason) {
      handover.state = 'failed';
      handover.reason = reason;
      await keep.put(handover);
    },

    note(entry) {
      lasts.set(nameOf(entry.flow, entry), entry.to);
      const handover = open.get(entry.flow);
      const place = handover && placeOf(handover, entry);
      if (handover === undefined || place === undefined) return;
      const barrier = BigInt(place.barrier);
      if (BigInt(entry.from) < barrier) {
        // The ledger is read a moment after it is written: still the old version's.
        if (
          place.first === undefined &&
          (place.last === undefined || BigInt(entry.to) > BigInt(place.last)) &&
          BigInt(entry.to) < barrier
        ) {
          place.last = entry.to;
          changed(handover);
        }
        return;
      }
      if (handover.state === 'interrupted' || handover.state === 'failed') {
        if (handover.to === handover.from) return;
        if (entry.version === handover.to || entry.canary?.version === handover.to) handled(handover, entry);
        return;
      }
      const expected = handover.share === undefined ? handover.to : handover.from;
      if (place.first !== undefined || entry.version !== expected) return;
      place.first = entry.from;
      changed(handover);
      close(handover, place);
    },

    async settle() {
      const all = [...dirty];
      dirty.clear();
      for (const handover of all) {
        try {
          await keep.put(handover);
        } catch (error) {
          dirty.add(handover);
          throw error;
        }
      }
    },

    async resume(recorded) {
      for (const handover of await keep.newest()) open.set(handover.flow, handover);
      for (const handover of await keep.unfinished()) {
        const arrived = await recorded(handover);
        // Before its barrier nothing of the new version can have run.
        if (handover.state === 'starting') open.set(handover.flow, handover);
        handover.state = arrived === undefined ? 'interrupted' : 'done';
        await keep.put(handover);
        if (arrived?.deployedAt !== undefined) await keep.link(handover.id, arrived.deployedAt);
      }
      for (const handover of open.values()) for (const place of handover.places) close(handover, place);
    },

    current: (id) => [...open.values()].find((handover) => handover.id === id),
  };
}

function placeOf(handover: Handover, entry: LedgerEntry): HandoverPlace | undefined {
  return handover.places.find(
    ({ stage, topic, partition }) => stage === entry.stage && topic === entry.topic && partition === entry.partition,
  );
}

function nameOf(flow: string, { stage, topic, partition }: { stage: string; topic: string; partition: number }): string {
  return `${flow} ${stage} ${topic}/${partition}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
