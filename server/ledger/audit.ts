import { imbalance, type LedgerEntry, total } from '#shared/ledger.ts';
import { isAside, type LedgerGap } from '#shared/ledger-minutes.ts';

/** A difference before anybody has put it into words. */
export type Difference = Omit<LedgerGap, 'id' | 'sentence' | 'noticedAt'>;

/** The entries of one stage for one partition of its input, which must follow each other without gap or overlap. */
export interface Chain {
  flow: string;
  stage: string;
  topic: string;
  partition: number;
  version: number;
  /** First offset that is ours to judge, and the one after the last entry. */
  base: number;
  next: number;
  /** Writers of this chain's transactions, newest last: by them outputs are told from what others write. */
  producers: string[];
  /** Entries whose outputs are not all counted yet, in order. */
  pending: Pending[];
  /** Outputs whose entry has not been read yet. */
  loose: Loose[];
}

/** One entry that waits for its outputs to be counted. */
export interface Pending {
  from: number;
  to: number;
  at: number;
  version: number;
  /** Messages that must stand in each topic, and that were found. */
  want: Record<string, number>;
  got: Record<string, number>;
  /** The sinks that write to a topic; none for dead letters. */
  sinks: Record<string, string[]>;
  /** In which round it was read: the ends of the topics are taken after that. */
  round: number;
}

/** Outputs of one batch: messages, where they stand, and the offset in the chain's input of which the first was made. */
export interface Loose {
  topic: string;
  of: number;
  count: number;
  round: number;
  /** False: entries of this topic were let go unjudged of late, so that outputs without an entry are no wonder. */
  fair?: boolean;
}

/** A stretch of a chain's input whose messages must be counted: between two entries, or what an entry covers. */
export interface Stretch {
  chain: Chain;
  kind: 'between' | 'range';
  from: number;
  to: number;
  /** What the entry says of it. */
  in: number;
  at: number;
  version: number;
}

/** Producers remembered of a chain: Kafka forgets one that was silent for a week, and gives a new one. */
const keptProducers = 4;

export const deadTopicOf = (flow: string): string => `millrace.${flow}.dead`;
export const chainName = ({ flow, stage, topic, partition }: Pick<Chain, 'flow' | 'stage' | 'topic' | 'partition'>): string =>
  `${flow} ${stage} ${topic} ${partition}`;

/**
 * Takes the next entry of a chain, whose transaction `producer` has written. Gives the stretches of the input that must
 * be counted now, and what is wrong with the entry itself.
 */
export function takeEntry(
  chains: Map<string, Chain>,
  entry: LedgerEntry,
  producer: string,
  round: number,
): { chain?: Chain; stretches: Stretch[]; found: Difference[] } {
  const { flow, stage, topic, partition, version, at } = entry;
  const found: Difference[] = [];
  const where = { flow, version, stage, topic, partition, from: entry.from, to: entry.to, at };
  const off = imbalance(entry);
  if (off !== 0) found.push({ ...where, kind: 'entry', count: Math.abs(off) });
  if (isAside(entry)) return { stretches: [], found };

  const [from, to] = [Number(entry.from), Number(entry.to)];
  const name = chainName(entry);
  let chain = chains.get(name);
  if (chain === undefined) {
    const start = entry.anew === undefined ? from : Number(entry.anew);
    chain = { flow, stage, topic, partition, version, base: start, next: start, producers: [], pending: [], loose: [] };
    chains.set(name, chain);
  } else if (entry.anew !== undefined) {
    chain.base = Number(entry.anew);
    chain.next = chain.base;
  }
  if (!chain.producers.includes(producer)) chain.producers = [...chain.producers, producer].slice(-keptProducers);
  chain.version = version;

  const stretches: Stretch[] = [];
  const stretch = { chain, at, version };
  if (from > chain.next) stretches.push({ ...stretch, kind: 'between', from: chain.next, to: from - 1, in: 0 });
  if (from < chain.next) {
    const last = Math.min(to, chain.next - 1);
    found.push({ ...where, kind: 'twice', to: String(last), count: last - from + 1 });
  }
  stretches.push({ ...stretch, kind: 'range', from, to, in: entry.in + (entry.orders ?? 0) });
  chain.next = Math.max(chain.next, to + 1);

  const pending: Pending = { from, to, at, version, ...expected(entry), got: {}, round };
  chain.pending.push(pending);
  chain.loose = chain.loose.filter((loose) => {
    if (loose.of < from || loose.of > to) return true;
    pending.got[loose.topic] = (pending.got[loose.topic] ?? 0) + loose.count;
    return false;
  });
  return { chain, stretches, found };
}

/** What must stand where, if the entry is right. */
function expected(entry: LedgerEntry): Pick<Pending, 'want' | 'sinks'> {
  const want: Record<string, number> = {};
  const sinks: Record<string, string[]> = {};
  if (entry.stage === 'transform') {
    for (const [sink, topic] of Object.entries(entry.topics ?? {})) {
      want[topic] = (want[topic] ?? 0) + (entry.delivered[sink] ?? 0);
      sinks[topic] = [...(sinks[topic] ?? []), sink];
    }
  }
  // A release delivers and refuses messages that were set aside long before: their letters name those, not this range.
  const released = entry.orders !== undefined || Object.values(entry.parked ?? {}).some((count) => count < 0);
  if (!released) want[deadTopicOf(entry.flow)] = total(entry.dead);
  return { want, sinks };
}

/** Judges a stretch of the input by what was counted there. */
export function judgeStretch(stretch: Stretch, messages: { least: number; most: number }): Difference[] {
  const { chain, from, to, at, version } = stretch;
  const { flow, stage, topic, partition } = chain;
  const where = { flow, version, stage, topic, partition, from: String(from), to: String(to), at };
  if (stretch.in < messages.least) return [{ ...where, kind: 'skipped', count: messages.least - stretch.in }];
  if (stretch.kind === 'range' && stretch.in > messages.most) return [{ ...where, kind: 'twice', count: stretch.in - messages.most }];
  return [];
}

/** Counts outputs of a chain: to the entry that they belong to, or they wait for it. */
export function takeOutput(chain: Chain, output: Loose): void {
  const { topic, of, count } = output;
  // After a reset two entries may cover one offset, and the second may still be unread: who has enough takes no more.
  const pending = chain.pending.find(({ from, to, want, got }) => of >= from && of <= to && (got[topic] ?? 0) < (want[topic] ?? 0));
  if (pending) pending.got[topic] = (pending.got[topic] ?? 0) + count;
  else chain.loose.push(output);
}

/** Outputs whose entry must have been read by now, and was not. */
export function settleLoose(chain: Chain, beforeRound: number): Difference[] {
  const late = chain.loose.filter(({ round, of, fair }) => round < beforeRound && of >= chain.base && fair !== false);
  chain.loose = chain.loose.filter(({ round }) => round >= beforeRound);
  // Released messages fail under their own, older offsets.
  return chain.stage === 'transform' ? late.map(({ topic, of, count }) => extra(chain, topic, of, count)) : [];
}

function extra({ flow, stage, topic, partition, version }: Chain, outputTopic: string, of: number, count: number): Difference {
  return { flow, version, stage, topic, partition, from: String(of), to: String(of), kind: 'extra', outputTopic, count, at: Date.now() };
}

/**
 * Judges the entries of a chain of which `counted` says that every topic was counted to its end; a topic that it calls
 * `unknown` (deleted, or not whole any more) is not judged. The entries judged are forgotten.
 */
export function judgeOutputs(chain: Chain, counted: (topic: string, round: number) => 'yes' | 'no' | 'unknown'): Difference[] {
  const { flow, stage, topic, partition } = chain;
  const found: Difference[] = [];
  chain.pending = chain.pending.filter((pending) => {
    const topics = [...new Set([...Object.keys(pending.want), ...Object.keys(pending.got)])];
    const states = topics.map((output) => counted(output, pending.round));
    if (states.includes('no')) return true;
    topics.forEach((output, at) => {
      const want = pending.want[output];
      const got = pending.got[output] ?? 0;
      if (states[at] === 'unknown' || want === undefined || want === got) return;
      const sinks = pending.sinks[output] ?? [];
      found.push({
        flow,
        version: pending.version,
        stage,
        topic,
        partition,
        from: String(pending.from),
        to: String(pending.to),
        kind: got < want ? 'missing' : 'extra',
        ...(sinks[0] !== undefined && { sink: sinks.join(', ') }),
        outputTopic: output,
        count: Math.abs(want - got),
        at: pending.at,
      });
    });
    return false;
  });
  return found;
}
