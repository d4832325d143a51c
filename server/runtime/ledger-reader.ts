import type { LedgerEntry } from '#shared/ledger.ts';
import { addMinute, emptyMinute, isAside, type LedgerMinute, minuteOf } from '#shared/ledger-minutes.ts';
import { ledgerTopic } from '#shared/plan.ts';
import type { Resend } from '#shared/resend.ts';
import type { KafkaPort } from '../kafka/port.ts';
import { backoffMs, wait } from './backoff.ts';
import { addEntry, emptyTotals, type FlowTotals } from './totals.ts';

/** Where the sums are kept between two starts of the server. */
export interface TotalsStore {
  load(): Promise<{ positions: Record<string, string>; totals: Record<string, unknown> }>;
  /** `minutes` and `resends` are added to what is stored. */
  save(
    positions: Record<string, string>,
    totals: Record<string, unknown>,
    minutes: readonly (LedgerMinute & { flow: string })[],
    resends: readonly Resend[],
  ): Promise<void>;
}

/** The ledger topic summed up per flow: read committed, so every count is one that happened. */
export interface LedgerReader {
  totals(flow: string): FlowTotals;
  /** Notes how far behind a flow is: messages and ms. Only the most of each minute is kept, and nothing of a flow that is not behind. */
  measured(flow: string, lag: number, behindMs: number): void;
  /** Starts from nothing for this flow, after its deletion. */
  forget(flow: string): void;
  close(): Promise<void>;
}

/** The ledger of all flows: kept for 30 days, spread over four partitions by flow. */
export const ledgerSpec = {
  name: ledgerTopic,
  partitions: 4,
  config: { 'retention.ms': String(30 * 24 * 3_600_000), 'cleanup.policy': 'delete' },
};

const saveEveryMs = 1000;

/**
 * Reads the ledger without a group, from where the stored sums end. Sums and positions are saved in one store
 * transaction, so a crash between two saves reads the same entries again onto the same sums.
 */
export async function startLedgerReader(
  kafka: KafkaPort,
  store: TotalsStore,
  events: {
    changed(flow: string): void;
    trouble(message: string): void;
    /** Every entry of the live flow, in order; after a restart some come again. */
    entry?(entry: LedgerEntry): void;
    /** Before the position moves on in the store: what entries have brought elsewhere is kept first. */
    settle?(): Promise<void>;
  },
): Promise<LedgerReader> {
  const stored = await store.load();
  const flows = new Map<string, FlowTotals>(
    Object.entries(stored.totals).map(([flow, totals]) => [flow, { ...emptyTotals(), ...(totals as Partial<FlowTotals>) }]),
  );
  const positions = new Map<number, bigint>(
    Object.entries(stored.positions).map(([partition, offset]) => [Number(partition), BigInt(offset)]),
  );
  const unsaved = new Set<string>();
  /** What the minutes have got since the last save, by flow and minute. */
  let minutes = new Map<string, LedgerMinute & { flow: string }>();
  let resends: Resend[] = [];
  const ending = new AbortController();
  let moved = false;

  const totalsOf = (flow: string): FlowTotals => {
    let totals = flows.get(flow);
    if (totals === undefined) flows.set(flow, (totals = emptyTotals()));
    return totals;
  };

  const minuteFor = (flow: string, at: number): LedgerMinute => {
    const empty = { ...emptyMinute(at), flow };
    const name = `${flow} ${empty.at}`;
    const known = minutes.get(name);
    if (known === undefined) minutes.set(name, empty);
    return known ?? empty;
  };

  async function save(): Promise<void> {
    if (!moved) return;
    moved = false;
    const changed = [...unsaved];
    unsaved.clear();
    // Taken before anything is awaited: sums and positions of the same moment.
    const snapshot = structuredClone(Object.fromEntries(changed.map((flow) => [flow, totalsOf(flow)])));
    const added = minutes;
    minutes = new Map();
    const sentAgain = resends;
    resends = [];
    const at = Object.fromEntries([...positions].map(([partition, offset]) => [String(partition), String(offset)]));
    try {
      await events.settle?.();
      await store.save(at, snapshot, [...added.values()], sentAgain);
    } catch (error) {
      for (const flow of changed) unsaved.add(flow);
      resends = [...sentAgain, ...resends];
      for (const minute of added.values()) addMinute(minuteFor(minute.flow, minute.at), minute);
      moved = true;
      events.trouble(`The ledger's sums could not be stored: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async function follow(): Promise<void> {
    for (let attempt = 0; !ending.signal.aborted; attempt++) {
      try {
        await startWithinLog();
        for await (const batch of kafka.read({ topic: ledgerTopic, from: new Map(positions), to: 'follow', signal: ending.signal })) {
          attempt = 0;
          for (const record of batch.records) {
            const known = positions.get(batch.partition) ?? 0n;
            if (record.offset < known) continue;
            positions.set(batch.partition, record.offset + 1n);
            moved = true;
            if (record.value === null) continue;
            const entry = JSON.parse(Buffer.from(record.value).toString('utf8')) as LedgerEntry;
            if (isAside(entry)) continue;
            addEntry(totalsOf(entry.flow), entry);
            events.entry?.(entry);
            addMinute(minuteFor(entry.flow, entry.at), minuteOf(entry));
            resends.push(...resendsOf(entry));
            unsaved.add(entry.flow);
            events.changed(entry.flow);
          }
        }
      } catch (error) {
        if (ending.signal.aborted) return;
        events.trouble(`The ledger cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      }
      await wait(backoffMs(attempt, 250, 5000), ending.signal);
    }
  }

  /** A position past the end means another cluster or a deleted topic: then the log begins anew, and so do we. */
  async function startWithinLog(): Promise<void> {
    const admin = kafka.admin();
    try {
      await admin.ensureTopics([ledgerSpec]);
      for (const { partition, low, high } of (await admin.offsets(ledgerTopic)) ?? []) {
        if ((positions.get(partition) ?? low) > high) positions.set(partition, low);
      }
    } finally {
      await admin.close();
    }
  }

  const following = follow();
  let saving = Promise.resolve();
  const timer = setInterval(() => {
    saving = saving.then(save);
  }, saveEveryMs);

  return {
    totals: totalsOf,
    measured(flow, lag, behindMs) {
      if (lag === 0 && behindMs === 0) return;
      addMinute(minuteFor(flow, Date.now()), { ...emptyMinute(0), lag, behindMs });
      moved = true;
    },
    forget(flow) {
      flows.set(flow, emptyTotals());
      for (const [name, minute] of minutes) if (minute.flow === flow) minutes.delete(name);
      unsaved.add(flow);
      moved = true;
    },
    async close() {
      clearInterval(timer);
      ending.abort();
      await following;
      await saving;
      await save();
    },
  };
}

/** The messages of an entry that a sink was asked for more than once. */
function resendsOf({ again = [], flow, version, stage, topic, partition, at, nodes }: LedgerEntry): Resend[] {
  const [sink = ''] = Object.keys(nodes);
  return again.map((one) => ({ flow, version, stage, sink, topic, partition, at, ...one }));
}
