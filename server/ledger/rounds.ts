import type { LedgerEntry } from '#shared/ledger.ts';
import { header, parsePosition } from '#shared/message.ts';
import { ledgerTopic } from '#shared/plan.ts';
import type { BatchHead, Surveyor, SurveyStep } from '../kafka/survey.ts';
import {
  type Chain,
  chainName,
  type Difference,
  judgeOutputs,
  judgeStretch,
  type Loose,
  type Stretch,
  settleLoose,
  takeEntry,
  takeOutput,
} from './audit.ts';
import { addBatch, emptySpans, forgetBelow, messagesIn, type Spans, skipTo } from './spans.ts';

/** All that the audit knows, as it is kept between two starts of the server. */
export interface AuditState {
  /** Next offset of the ledger, by partition. */
  ledger: Record<string, number>;
  chains: Chain[];
  /** Next offset of each topic that outputs stand in, by topic and partition. */
  outputs: Record<string, Record<string, number>>;
  /** Outputs of writers that have no entry yet: of a new chain, or nobody's. */
  strangers: Stranger[];
}

/** Outputs, who wrote them, and the input of which the first was made. */
interface Stranger {
  producer: string;
  topic: string;
  partition: number;
  loose: Loose;
}

/** What a round has brought. */
export interface RoundResult {
  found: Difference[];
  entries: number;
  /** More is to be read at once. */
  more: boolean;
  changed: boolean;
  /** It knows since now where it begins, which must not be forgotten. */
  begun: boolean;
}

/** The audit of one cluster, round by round. */
export interface Rounds {
  run(): Promise<RoundResult>;
  state(): AuditState;
  forget(flow: string): void;
}

/** Entries taken in one round, so that a long absence is caught up with in bounded memory. */
const roundEntries = 2_000;
/** Outputs without an entry that are kept before the outputs have to wait for the ledger. */
const looseMost = 50_000;
/** A topic that is met for the first time is read from its beginning when it is no longer than this. */
const shortTopic = 200_000;
const waitMs = 500;
/** After a topic is taken up in its middle: outputs that were under way then may stand on either side. Clocks may differ, too. */
const graceMs = 5_000;

interface Output {
  position: Map<number, number>;
  /** End by partition as it stood when the entries of a round had been read. */
  targets: { round: number; ends: Map<number, number> }[];
  spans: Map<number, Spans>;
  /** Entries before this time are not judged by this topic: its beginning was not looked at. */
  since: number;
  /** Rounds up to this one are not judged: messages of the topic are gone. */
  unsure: number;
  missing: boolean;
}

/**
 * Compares the ledger with what stands in Kafka. A round reads entries, counts their inputs, then looks at the topics of
 * their outputs up to the end that they had after the entries were read: Kafka shows the end of one transaction at
 * different moments in different partitions, but its messages stand before that end in all of them.
 */
export function createRounds(surveyor: Surveyor, state: AuditState | undefined, clock: () => number): Rounds {
  const ledger = new Map<number, number>(Object.entries(state?.ledger ?? {}).map(([partition, next]) => [Number(partition), next]));
  const chains = new Map<string, Chain>((state?.chains ?? []).map((chain) => [chainName(chain), chain]));
  const byProducer = new Map<string, Chain>();
  const outputs = new Map<string, Output>();
  let strangers: Stranger[] = (state?.strangers ?? []).map((one) => ({ ...one, loose: { ...one.loose, round: 0 } }));
  let mark: { round: number; high: Map<number, number> } | undefined;
  let round = 0;
  /** There was no ledger when the audit looked before: then all of it is to be compared. */
  let absent = state !== undefined && ledger.size === 0;
  let begun = false;

  for (const chain of chains.values()) {
    for (const producer of chain.producers) byProducer.set(producer, chain);
    for (const pending of chain.pending) pending.round = 0;
    for (const loose of chain.loose) loose.round = 0;
  }
  for (const [topic, partitions] of Object.entries(state?.outputs ?? {})) {
    const position = new Map(Object.entries(partitions).map(([partition, next]) => [Number(partition), next]));
    outputs.set(topic, { position, targets: [], spans: new Map(), since: 0, unsure: -1, missing: false });
  }

  async function readLedger(): Promise<{ entries: { entry: LedgerEntry; producer: string }[]; high: Map<number, number>; more: boolean }> {
    const entries: { entry: LedgerEntry; producer: string }[] = [];
    const high = new Map<number, number>();
    if (ledger.size === 0) {
      const ends = await surveyor.ends(ledgerTopic);
      for (const [partition, { low, stable }] of ends ?? []) ledger.set(partition, Number(absent ? low : stable));
      absent = ledger.size === 0;
      if (absent) return { entries, high, more: false };
      begun = true;
    }
    let places = [...ledger].map(([partition, offset]) => ({ topic: ledgerTopic, partition, offset: BigInt(offset) }));
    let wait = waitMs;
    while (places.length > 0 && entries.length < roundEntries) {
      const steps = await surveyor.look(places, { waitMs: wait, partitionBytes: 512 * 1024 });
      wait = 0;
      places = [];
      for (const step of steps) {
        if (step.gone !== undefined) {
          await relocateLedger(step);
          continue;
        }
        if (!high.has(step.partition)) high.set(step.partition, Number(step.high));
        for (const batch of step.batches) {
          if (batch.kind !== 'data') continue;
          for (const record of await batch.records()) {
            if (record.offset < step.offset || record.value === null) continue;
            entries.push({
              entry: JSON.parse(Buffer.from(record.value).toString('utf8')) as LedgerEntry,
              producer: String(batch.producerId),
            });
          }
        }
        ledger.set(step.partition, Number(step.next));
        if (step.next > step.offset && step.next < step.stable)
          places.push({ topic: ledgerTopic, partition: step.partition, offset: step.next });
      }
    }
    return { entries, high, more: places.length > 0 };
  }

  /** The position is not in the ledger any more: retention took it, or this is another cluster. */
  async function relocateLedger({ partition, offset }: SurveyStep): Promise<void> {
    const ends = (await surveyor.ends(ledgerTopic))?.get(partition);
    if (ends === undefined) ledger.delete(partition);
    else ledger.set(partition, offset < ends.low ? Number(ends.low) : Number(ends.stable));
    for (const chain of chains.values()) for (const output of Object.keys(chain.pending[0]?.want ?? {})) unsure(output);
  }

  function unsure(topic: string): void {
    const output = outputs.get(topic);
    if (output) output.unsure = round;
  }

  async function outputOf(topic: string): Promise<Output> {
    const known = outputs.get(topic);
    if (known && !known.missing) return known;
    const ends = await surveyor.ends(topic);
    const fresh: Output = { position: new Map(), targets: [], spans: new Map(), since: 0, unsure: -1, missing: ends === undefined };
    for (const [partition, { low, stable }] of ends ?? []) {
      const short = stable - low <= BigInt(shortTopic);
      fresh.position.set(partition, Number(short ? low : stable));
      if (!short) fresh.since = clock() + graceMs;
    }
    outputs.set(topic, fresh);
    return fresh;
  }

  async function countInputs(stretches: readonly Stretch[]): Promise<Difference[]> {
    const found: Difference[] = [];
    const byChain = new Map<Chain, Stretch[]>();
    for (const stretch of stretches) byChain.set(stretch.chain, [...(byChain.get(stretch.chain) ?? []), stretch]);
    for (const [chain, list] of byChain) {
      // Ingest topics are written without transactions and never compacted: offsets without messages do not occur in them.
      const dense = chain.stage === 'transform' && chain.topic.startsWith(`millrace.${chain.flow}.`);
      const open = dense ? list.filter(({ kind, from, to, in: count }) => kind === 'between' || count !== to - from + 1) : list;
      if (open.length === 0) continue;
      const known = outputs.get(chain.topic)?.spans.get(chain.partition);
      const left = open.filter((stretch) => {
        const messages = known && messagesIn(known, stretch.from, stretch.to);
        if (messages) found.push(...judgeStretch(stretch, messages));
        return messages === undefined;
      });
      if (known) forgetBelow(known, chain.next);
      if (left.length === 0) continue;
      let spans: Spans | undefined;
      for (const stretch of left.sort((a, b) => a.from - b.from)) {
        if (spans === undefined || stretch.from < spans.start || stretch.from > spans.next + 10_000) spans = emptySpans(stretch.from);
        await lookThrough(chain, spans, stretch.to);
        const messages = messagesIn(spans, stretch.from, stretch.to);
        if (messages) found.push(...judgeStretch(stretch, messages));
        forgetBelow(spans, Math.min(stretch.from, spans.next));
      }
    }
    return found;
  }

  /** Extends what is known of a chain's input up to an offset. */
  async function lookThrough({ topic, partition }: Chain, spans: Spans, to: number): Promise<void> {
    while (spans.next <= to) {
      const [step] = await surveyor.look([{ topic, partition, offset: BigInt(spans.next) }]);
      if (step === undefined || step.gone === 'missing') return skipTo(spans, to + 1);
      if (step.gone === 'range') {
        const low = Number((await surveyor.ends(topic))?.get(partition)?.low ?? 0n);
        return skipTo(spans, low > spans.next ? Math.min(low, to + 1) : to + 1);
      }
      for (const batch of step.batches) addBatch(spans, batch);
      // A stage has read up to here, so it is decided; what does not come any more was taken back by a broker that lost it.
      if (step.next === step.offset) return skipTo(spans, to + 1);
      skipTo(spans, Number(step.next));
    }
  }

  async function takeBatch(topic: string, batch: BatchHead): Promise<void> {
    if (batch.kind !== 'data' || !batch.transactional) return;
    const producer = String(batch.producerId);
    const chain = byProducer.get(producer);
    const headers = await batch.headers();
    const parent = headers[header.parent];
    const of = typeof parent === 'string' ? parsePosition(parent) : undefined;
    if (of === undefined) return;
    const fair = (outputs.get(topic)?.since ?? 0) <= clock();
    const loose: Loose = { topic, of: Number(of.offset), count: batch.count, round, ...(!fair && { fair }) };
    if (chain === undefined) {
      if (strangers.length < looseMost) strangers.push({ producer, topic: of.topic, partition: of.partition, loose });
      return;
    }
    if (chain.topic === of.topic && chain.partition === of.partition) takeOutput(chain, loose);
  }

  async function countOutputs(): Promise<void> {
    const topics = new Set<string>();
    for (const chain of chains.values()) for (const { want } of chain.pending) for (const topic of Object.keys(want)) topics.add(topic);
    let places: { topic: string; partition: number; offset: bigint }[] = [];
    for (const topic of topics) {
      const output = await outputOf(topic);
      for (const [partition, offset] of output.position) places.push({ topic, partition, offset: BigInt(offset) });
    }
    const ends = new Map<string, Map<number, number>>();
    for (let first = true; places.length > 0; first = false) {
      const steps = await surveyor.look(places);
      places = [];
      for (const step of steps) {
        const { topic, partition } = step;
        const output = outputs.get(topic);
        if (!output) continue;
        if (step.gone !== undefined) {
          await relocateOutput(output, step);
          continue;
        }
        if (first) {
          const list = ends.get(topic) ?? new Map<number, number>();
          ends.set(topic, list.set(partition, Number(step.high)));
        }
        let spans = output.spans.get(partition);
        if (spans === undefined || spans.next !== Number(step.offset)) spans = emptySpans(Number(step.offset));
        output.spans.set(partition, spans);
        for (const batch of step.batches) {
          addBatch(spans, batch);
          await takeBatch(topic, batch);
        }
        skipTo(spans, Number(step.next));
        output.position.set(partition, Number(step.next));
        const target = ends.get(topic)?.get(partition) ?? 0;
        if (step.next > step.offset && Number(step.next) < target) places.push({ topic, partition, offset: step.next });
      }
      if (looseCount() > looseMost) break;
    }
    for (const [topic, list] of ends) outputs.get(topic)?.targets.push({ round, ends: list });
  }

  async function relocateOutput(output: Output, { topic, partition, gone }: SurveyStep): Promise<void> {
    output.unsure = round;
    const ends = gone === 'missing' ? undefined : (await surveyor.ends(topic))?.get(partition);
    if (ends === undefined) {
      outputs.delete(topic);
      outputs.set(topic, { position: new Map(), targets: [], spans: new Map(), since: 0, unsure: round, missing: true });
    } else {
      output.position.set(partition, Number(ends.stable));
      output.spans.delete(partition);
      output.since = clock() + graceMs;
    }
  }

  function looseCount(): number {
    let count = strangers.length;
    for (const { loose } of chains.values()) count += loose.length;
    return count;
  }

  function judge(): Difference[] {
    const found: Difference[] = [];
    const counted = (topic: string, of: number): 'yes' | 'no' | 'unknown' => {
      const output = outputs.get(topic);
      if (output === undefined || output.missing || of <= output.unsure) return 'unknown';
      const target = output.targets.find((one) => one.round >= of);
      if (target === undefined) return 'no';
      for (const [partition, end] of target.ends) if ((output.position.get(partition) ?? 0) < end) return 'no';
      return 'yes';
    };
    for (const chain of chains.values()) {
      if (chain.pending.length === 0) continue;
      found.push(...judgeOutputs(chain, counted).filter(({ outputTopic, at }) => at >= (outputs.get(outputTopic ?? '')?.since ?? 0)));
    }
    let oldest = round + 1;
    for (const { pending } of chains.values()) for (const one of pending) oldest = Math.min(oldest, one.round);
    for (const output of outputs.values()) output.targets = output.targets.filter((one) => one.round >= oldest).slice(-1000);
    return found;
  }

  /** What was counted before the ledger was read to the end that it had after that, and found no entry there. */
  function settleMark(high: Map<number, number>): Difference[] {
    const found: Difference[] = [];
    if (mark !== undefined && [...mark.high].every(([partition, end]) => (ledger.get(partition) ?? 0) >= end)) {
      const { round: before } = mark;
      for (const chain of chains.values()) if (chain.loose.length > 0) found.push(...settleLoose(chain, before));
      strangers = strangers.filter(({ loose }) => loose.round >= before);
      mark = undefined;
    }
    mark ??= high.size === 0 ? undefined : { round, high };
    return found;
  }

  return {
    async run() {
      round++;
      begun = false;
      const { entries, high, more } = await readLedger();
      const found: Difference[] = [];
      const stretches: Stretch[] = [];
      for (const { entry, producer } of entries) {
        const taken = takeEntry(chains, entry, producer, round);
        found.push(...taken.found);
        stretches.push(...taken.stretches);
        const { chain } = taken;
        if (chain === undefined || byProducer.get(producer) === chain) continue;
        byProducer.set(producer, chain);
        const mine = strangers.filter((stranger) => stranger.producer === producer);
        if (mine.length === 0) continue;
        strangers = strangers.filter((stranger) => stranger.producer !== producer);
        for (const { topic, partition, loose } of mine)
          if (topic === chain.topic && partition === chain.partition) takeOutput(chain, loose);
      }
      found.push(...settleMark(high));
      await countOutputs();
      found.push(...(await countInputs(stretches)));
      found.push(...judge());
      return {
        found,
        entries: entries.length,
        more,
        changed: entries.length > 0 || found.length > 0,
        begun: begun || (absent && round === 1),
      };
    },
    state: () => ({
      strangers,
      ledger: Object.fromEntries(ledger),
      chains: [...chains.values()],
      outputs: Object.fromEntries(
        [...outputs].filter(([, { missing }]) => !missing).map(([topic, { position }]) => [topic, Object.fromEntries(position)]),
      ),
    }),
    forget(flow) {
      for (const [name, chain] of chains) {
        if (chain.flow !== flow) continue;
        chains.delete(name);
        for (const producer of chain.producers) byProducer.delete(producer);
      }
      for (const topic of outputs.keys()) if (topic.startsWith(`millrace.${flow}.`)) outputs.delete(topic);
    },
  };
}
