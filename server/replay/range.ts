import type { LedgerEntry } from '#shared/ledger.ts';
import { ledgerTopic, type Plan, type TransformStage } from '#shared/plan.ts';
import type { ReplayPlan, ReplaySpec } from '#shared/replay.ts';
import { timeText } from '#shared/time-text.ts';
import type { KafkaAdmin, KafkaPort, PartitionOffsets } from '../kafka/port.ts';
import type { StoredDeployment } from '../store/deployments.ts';
import type { ReplayOptions } from './options.ts';
import { intersection, length, merged, type Stretch } from './stretches.ts';
import { agesOf } from './volume.ts';

/** Where a replay reads. */
export interface Range {
  stretches: Stretch[];
  gone: ReplayPlan['gone'];
  problems: ReplayPlan['problems'];
}

type Ends = Map<string, PartitionOffsets[]>;

/** Longest that the ledger is read for the range of a version, in ms; beyond it barriers of deployments must do. */
const ledgerMs = 10_000;

/**
 * Turns the range of a spec into offsets: what is there, what retention has taken, and what the live flow has not
 * processed yet (which a replay leaves to it). Reads without a group.
 */
export async function rangeOf(options: ReplayOptions, spec: ReplaySpec, plan: Plan, signal: AbortSignal): Promise<Range> {
  const { kafka, store } = options;
  const stage = transformOf(plan);
  const topics = [...new Set(stage.inputs.map(({ topic }) => topic))];
  const deployments = (await store.deployments.history(spec.flow, 1000)).reverse();
  const problems: Range['problems'] = [];
  const admin = kafka.admin();
  try {
    const ends: Ends = new Map();
    for (const topic of topics) {
      const found = await admin.offsets(topic, { committedOnly: true });
      if (found) ends.set(topic, found);
      else
        problems.push({
          code: 'replay/no-topic',
          severity: 'error',
          message: `The topic “${topic}” does not exist, so there is nothing to read.`,
          field: 'range',
        });
    }
    signal.throwIfAborted();
    const asked = await askedFor(kafka, admin, spec, ends, deployments, problems, signal);
    const gone = await goneOf(options, spec, asked, ends);
    const there = intersection(
      asked,
      [...ends].flatMap(([topic, list]) =>
        list.map(({ partition, low, high }) => ({ topic, partition, from: String(low), to: String(high) })),
      ),
    );
    const stretches = await processed(admin, stage.group, there, spec, problems);
    return { stretches, gone, problems };
  } finally {
    await admin.close();
  }
}

/** The stage that a replay runs. @throws Error with one sentence for a flow without sources */
export function transformOf(plan: Plan): TransformStage {
  const stage = plan.stages.find((one): one is TransformStage => one.kind === 'transform');
  if (stage === undefined || stage.inputs.length === 0) throw new Error('This version has no source, so there is nothing to replay.');
  return stage;
}

async function askedFor(
  kafka: KafkaPort,
  admin: KafkaAdmin,
  { flow, range }: ReplaySpec,
  ends: Ends,
  deployments: readonly StoredDeployment[],
  problems: Range['problems'],
  signal: AbortSignal,
): Promise<Stretch[]> {
  const between = async (since: number | undefined, until: number | undefined): Promise<Stretch[]> => {
    const result: Stretch[] = [];
    for (const [topic, list] of ends) {
      const [first, last] = await Promise.all(
        [since, until].map((time) => (time === undefined ? undefined : admin.offsetsAt(topic, time))),
      );
      for (const { partition, low, high } of list) {
        const from = first?.get(partition) ?? low;
        result.push({ topic, partition, from: String(from), to: String(last?.get(partition) ?? high) });
      }
    }
    return merged(result);
  };
  if (range.by === 'time') return between(range.since, range.until);
  if (range.by === 'offsets') {
    const unknown = range.ranges.find(({ topic, partition }) => !ends.get(topic)?.some((end) => end.partition === partition));
    if (unknown) {
      const message = `${unknown.topic}/${unknown.partition} is no partition that version reads. Choose the offsets of ${[...ends.keys()].join(', ')}.`;
      problems.push({ code: 'replay/range', severity: 'error', message, field: 'range' });
    }
    return merged(range.ranges.map(({ topic, partition, from, to }) => ({ topic, partition, from, to: String(BigInt(to) + 1n) })));
  }
  if (range.by === 'history') {
    const before = historyOf(range.sink, ends, deployments);
    if (before === undefined) {
      const message = `No deployment of this flow has the sink “${range.sink}”. Deploy it first: its history ends where its live messages begin.`;
      problems.push({ code: 'replay/no-sink', severity: 'error', message, field: 'range' });
      return [];
    }
    return range.since === undefined ? before : intersection(before, await between(range.since, undefined));
  }
  const handled = await handledBy(kafka, admin, flow, range.version, deployments, ends, signal);
  if (handled.length === 0) {
    const message = `Neither the ledger nor the deployments know of messages that version ${range.version} has handled. Choose the time instead.`;
    problems.push({ code: 'replay/range', severity: 'error', message, field: 'range' });
  }
  if (range.since === undefined && range.until === undefined) return handled;
  return intersection(handled, await between(range.since, range.until));
}

/** Up to the barrier at which the live flow began to feed a sink, without a break up to now. */
function historyOf(sink: string, ends: Ends, deployments: readonly StoredDeployment[]): Stretch[] | undefined {
  const has = ({ plan }: StoredDeployment) =>
    plan.stages.some((stage) => stage.kind === 'transform' && stage.nodes.some(({ id }) => id === sink));
  let first = deployments.length;
  while (first > 0 && has(deployments[first - 1] as StoredDeployment)) first--;
  const joined = deployments[first];
  if (joined === undefined) return undefined;
  const group = joined.plan.stages.find((stage) => stage.kind === 'transform')?.group;
  const barrier = new Map(
    joined.barrier.filter((one) => one.group === group).map((one) => [`${one.topic}/${one.partition}`, BigInt(one.offset)]),
  );
  return merged(
    [...ends].flatMap(([topic, list]) =>
      list.map(({ partition, low }) => {
        const at = barrier.get(`${topic}/${partition}`) ?? low;
        return { topic, partition, from: String(low), to: String(at > low ? at : low) };
      }),
    ),
  );
}

/** What a version handled: by the ledger's entries, else from its barriers to those of the next deployment. */
async function handledBy(
  kafka: KafkaPort,
  admin: KafkaAdmin,
  flow: string,
  version: number,
  deployments: readonly StoredDeployment[],
  ends: Ends,
  signal: AbortSignal,
): Promise<Stretch[]> {
  const mine = deployments.flatMap((one, at) => (one.version === version ? [{ one, next: deployments[at + 1] }] : []));
  const first = mine[0];
  if (first === undefined) return [];
  const last = mine.at(-1)?.next;
  const since = Date.parse(first.one.deployedAt);
  const until = last === undefined ? undefined : Date.parse(last.deployedAt);
  const byLedger = await ledgerStretches(
    kafka,
    admin,
    flow,
    version,
    since - minute,
    until === undefined ? undefined : until + minute,
    ends,
    signal,
  );
  if (byLedger !== undefined && byLedger.length > 0) return byLedger;
  const result: Stretch[] = [];
  for (const { one, next } of mine) {
    const group = one.plan.stages.find((stage) => stage.kind === 'transform')?.group;
    const at = (deployment: StoredDeployment | undefined, topic: string, partition: number): bigint | undefined => {
      const found = deployment?.barrier.find((entry) => entry.group === group && entry.topic === topic && entry.partition === partition);
      return found === undefined || BigInt(found.offset) < 0n ? undefined : BigInt(found.offset);
    };
    for (const [topic, list] of ends) {
      for (const { partition, low, high } of list)
        result.push({ topic, partition, from: String(at(one, topic, partition) ?? low), to: String(at(next, topic, partition) ?? high) });
    }
  }
  return merged(result);
}

const minute = 60_000;

async function ledgerStretches(
  kafka: KafkaPort,
  admin: KafkaAdmin,
  flow: string,
  version: number,
  since: number,
  until: number | undefined,
  ends: Ends,
  signal: AbortSignal,
): Promise<Stretch[] | undefined> {
  const late = AbortSignal.timeout(ledgerMs);
  const over = AbortSignal.any([signal, late]);
  const bounds = await admin.offsets(ledgerTopic, { committedOnly: true });
  if (bounds === undefined) return undefined;
  const from = await admin.offsetsAt(ledgerTopic, since);
  const to =
    until === undefined ? new Map(bounds.map(({ partition, high }) => [partition, high])) : await admin.offsetsAt(ledgerTopic, until);
  const found: Stretch[] = [];
  const others = new Set<string>();
  for await (const { records } of kafka.read({ topic: ledgerTopic, from, to, signal: over })) {
    for (const record of records) {
      if (record.value === null || Buffer.from(record.key ?? []).toString() !== flow) continue;
      const entry = JSON.parse(Buffer.from(record.value).toString()) as LedgerEntry;
      if (entry.stage !== 'transform' || !ends.has(entry.topic)) continue;
      if (entry.version === version || entry.versions?.[version] !== undefined)
        found.push({ topic: entry.topic, partition: entry.partition, from: entry.from, to: String(BigInt(entry.to) + 1n) });
      else others.add(`${entry.topic}/${entry.partition}/${entry.from}`);
    }
  }
  signal.throwIfAborted();
  return late.aborted ? undefined : joined(merged(found), others);
}

/** Closes the gaps that markers of transactions leave between the entries of a version, where no other version's entry begins. */
function joined(stretches: readonly Stretch[], others: ReadonlySet<string>): Stretch[] {
  const most = 10n;
  const free = ({ topic, partition, to }: Stretch, until: bigint): boolean => {
    for (let offset = BigInt(to); offset < until; offset++) if (others.has(`${topic}/${partition}/${offset}`)) return false;
    return true;
  };
  const result: Stretch[] = [];
  for (const next of stretches) {
    const last = result.at(-1);
    const from = BigInt(next.from);
    if (last && last.topic === next.topic && last.partition === next.partition && from - BigInt(last.to) <= most && free(last, from))
      result[result.length - 1] = { ...last, to: next.to };
    else result.push(next);
  }
  return result;
}

/** What of the range retention has taken. */
async function goneOf(options: ReplayOptions, { flow, range }: ReplaySpec, asked: readonly Stretch[], ends: Ends): Promise<Range['gone']> {
  const gone: Range['gone'] = [];
  for (const [topic, list] of ends) {
    const mine = asked.filter((one) => one.topic === topic);
    const missing = mine.reduce((sum, { partition, from, to }) => {
      const low = list.find((end) => end.partition === partition)?.low ?? 0n;
      const last = BigInt(to) < low ? BigInt(to) : low;
      return last > BigInt(from) ? sum + Number(last - BigInt(from)) : sum;
    }, 0);
    // By time the range begins at the first message that is left: where that is the very first of its partition, more may have been.
    const cut = list.filter(
      ({ partition, low, high }) =>
        low > 0n && (low === high || mine.some((one) => one.partition === partition && BigInt(one.from) <= low)),
    );
    if (missing === 0 && cut.length === 0) continue;
    const { oldest } = await agesOf(options.kafka, topic, missing > 0 ? list : cut);
    const kept = oldest === undefined ? `“${topic}” is empty now` : `“${topic}” keeps messages back to ${timeText(oldest)}`;
    if (missing > 0) {
      const sentence = `${kept}. ${missing} offsets of the range are gone: retention deleted them, and they cannot be replayed from here.`;
      gone.push({ topic, messages: missing, ...(oldest !== undefined && { before: oldest }), sentence });
      continue;
    }
    if (range.by !== 'time' && range.by !== 'history') continue;
    const since = range.since ?? 0;
    if (oldest !== undefined && since >= oldest) continue;
    // Which of them are gone the ledger does not know: no more than came in the time of the range, and than the topic has lost.
    const minutes = (await options.minutes?.(flow, since, range.by === 'time' ? range.until : Date.now()).catch(() => undefined)) ?? [];
    const came = minutes.reduce((sum, one) => sum + one.in, 0);
    const lost = Number(cut.reduce((sum, { low }) => sum + low, 0n));
    const messages = came > 0 ? Math.min(came, lost) : lost;
    const sentence = `${kept}. Up to ${messages} messages of the range came before and are gone: retention deleted them.`;
    gone.push({ topic, messages, atMost: true, ...(oldest !== undefined && { before: oldest }), sentence });
  }
  return gone;
}

/** Leaves what the live flow has not processed yet to the live flow, where it would be doubled. */
async function processed(
  admin: KafkaAdmin,
  group: string,
  asked: readonly Stretch[],
  spec: ReplaySpec,
  problems: Range['problems'],
): Promise<Stretch[]> {
  if (spec.target !== 'real') return merged(asked);
  const done: Stretch[] = [];
  for (const topic of new Set(asked.map((one) => one.topic))) {
    for (const [partition, offset] of await admin.committed(group, topic))
      done.push({ topic, partition, from: '0', to: String(offset < 0n ? 0n : offset) });
  }
  const result = intersection(asked, done);
  const left = length(asked) - length(result);
  if (left > 0 && length(asked) > 0) {
    const message = `${left} of the range have not been processed by the live flow yet. It will process them itself, so the replay ends before them.`;
    problems.push({ code: 'replay/not-yet', severity: 'warning', message, field: 'range' });
  }
  return result;
}
