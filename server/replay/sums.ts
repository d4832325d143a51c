import type { LedgerEntry } from '#shared/ledger.ts';
import { ledgerTopic } from '#shared/plan.ts';
import type { Replay, ReplayBalance, ReplayGone, ReplaySample } from '#shared/replay.ts';
import type { KafkaPort } from '../kafka/port.ts';
import { addGone, goneOf } from './gone.ts';
import { leftIn } from './holding.ts';

/** What a replay has done, summed up over its ledger entries; a retry's likewise. */
export interface Sums {
  balance: ReplayBalance;
  outputs: Record<string, number>;
  failures: Record<string, Record<string, number>>;
  compared: Pick<ReplaySample, 'same' | 'changed' | 'failing' | 'fresh'>;
  /** What retention had taken, in order, neighbours made one. */
  gone: ReplayGone[];
  /** Messages that were left to a retry or another replay; they are among the skipped. */
  left: number;
}

export function noSums(): Sums {
  return {
    balance: { read: 0, written: 0, filtered: 0, failed: 0, skipped: 0 },
    outputs: {},
    failures: {},
    compared: { same: 0, changed: 0, failing: 0, fresh: 0 },
    gone: [],
    left: 0,
  };
}

/** What a ledger entry says, or a batch that is about to be one. */
export type Counted = Pick<LedgerEntry, 'delivered' | 'balance' | 'failures' | 'compared'> & Partial<Pick<LedgerEntry, 'filtered'>>;

/** Adds an entry. Changes `sums` in place: it is called for every batch. */
export function addCounted(sums: Sums, entry: Counted & Pick<LedgerEntry, 'gone'>): void {
  addAll(sums.balance, entry.balance ?? {});
  addAll(sums.outputs, entry.delivered);
  addAll(sums.compared, entry.compared ?? {});
  for (const [node, codes] of Object.entries(entry.failures ?? {})) addAll((sums.failures[node] ??= {}), codes);
  if (entry.filtered) sums.left += leftIn(entry.filtered);
  if (entry.gone) addGone(sums.gone, entry.gone);
}

/** How a replay looks with these sums. */
export function withSums(replay: Replay, { balance, outputs, failures, compared, gone: parts }: Sums): Replay {
  const examples = replay.compared?.examples ?? [];
  const gone = goneOf(parts, replay.total - balance.read);
  return {
    ...replay,
    balance,
    outputs,
    failures,
    ...(replay.spec.target === 'compare' && { compared: { ...compared, examples } }),
    ...(gone && { gone }),
  };
}

/**
 * The sums of a stage as the ledger has them: committed entries alone, so that they are right after any crash.
 * @param since ms since 1970: nothing of it was committed before
 */
export async function committedSums(kafka: KafkaPort, flow: string, stage: string, since: number, signal?: AbortSignal): Promise<Sums> {
  const sums = noSums();
  const admin = kafka.admin();
  try {
    if ((await admin.offsets(ledgerTopic)) === undefined) return sums;
    const mark = `"${stage}"`;
    // A minute more: clocks of brokers and of this server differ.
    const from = await admin.offsetsAt(ledgerTopic, since - 60_000);
    for await (const { records } of kafka.read({ topic: ledgerTopic, from, ...(signal && { signal }) })) {
      for (const { key, value } of records) {
        if (value === null || Buffer.from(key ?? []).toString() !== flow) continue;
        const text = Buffer.from(value).toString();
        if (!text.includes(mark)) continue;
        const entry = JSON.parse(text) as LedgerEntry;
        if (entry.stage === stage) addCounted(sums, entry);
      }
    }
    return sums;
  } finally {
    await admin.close();
  }
}

function addAll(into: Record<string, number> | ReplayBalance, counts: Record<string, number> | Partial<ReplayBalance>): void {
  const target = into as Record<string, number>;
  for (const [name, count] of Object.entries(counts)) target[name] = (target[name] ?? 0) + (count ?? 0);
}
