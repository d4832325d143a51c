import type { FlowStatus } from '#shared/events.ts';
import { formatPosition, header, type Position, parsePosition } from '#shared/message.ts';
import { nodeNames } from '#shared/node-name.ts';
import { guaranteeOf } from '#shared/node-type.ts';
import type { DeliverStage, Plan } from '#shared/plan.ts';
import type { Resend } from '#shared/resend.ts';
import { createMasker } from '#shared/sample-masks.ts';
import type { SinkOutcome, TraceHop, TraceWay } from '#shared/trace.ts';
import type { KafkaAdmin, KafkaPort, KafkaRecord } from '../kafka/port.ts';
import { openParkedLog } from '../runtime/parked-log.ts';
import type { NodeType } from '../sdk.ts';
import type { StoredDeployment } from '../store/deployments.ts';
import type { Store } from '../store/store.ts';
import type { TraceIndexFile } from '../store/trace-index.ts';
import type { TrialOutcome } from '../try/trial.ts';
import { type Estate, type KnownFlow, transformIn } from './estate.ts';
import { historyOf, type Past } from './history.ts';
import { balanceOf, outcomesOf } from './outcomes.ts';
import { placeOf, recordsAt } from './records-at.ts';
import { isEqual, isSame, madeOutputs, outputName, type Rerun, type RerunDeps, rerun } from './rerun.ts';
import { whyGone } from './search.ts';
import { createShown } from './shown.ts';
import { madeBy, type Standing, standingOf } from './standing.ts';
import { textHeader } from './terms-of.ts';
import { type Times, type TimesGround, timesOf } from './times.ts';
import { TraceRefused } from './traces.ts';

/** What ways are made of. */
export interface WayDeps extends RerunDeps {
  store: Store;
  kafka: KafkaPort;
  admin: KafkaAdmin;
  types: ReadonlyMap<string, NodeType>;
  estate(): Promise<Estate>;
  index(): TraceIndexFile | undefined;
  status(flow: string): FlowStatus | undefined;
}

const patienceMs = 20_000;
/** Flows that go on with what this one wrote, as far as they are listed. */
const mostNext = 100;

/**
 * What became of one message in a flow. Nothing of it is stored: the source message is read, the version that handled it
 * runs on it again, and what stands in the sinks' topics is looked up and compared.
 * @throws TraceRefused with one sentence when there is nothing to tell
 */
export async function wayOf(deps: WayDeps, id: string, originText: string, asked?: number): Promise<TraceWay> {
  const started = performance.now();
  const signal = AbortSignal.timeout(patienceMs);
  const { kafka, admin, store } = deps;
  const estate = await deps.estate();
  const flow = estate.flows.get(id);
  const origin = parsePosition(originText);
  if (flow === undefined) throw new TraceRefused('This flow was never deployed, so it has handled no message yet. Deploy it first.');
  if (origin === undefined) throw new TraceRefused('The origin is written as topic/partition/offset, for example orders/3/4711.');
  const input = flow.inputs.get(origin.topic);
  if (input === undefined) {
    const topics = [...flow.inputs.keys()].map((topic) => `“${topic}”`).join(', ');
    throw new TraceRefused(`“${flow.name}” does not read “${origin.topic}”; it reads ${topics || 'nothing'}.`);
  }
  const group = transformIn(flow.deployments[0]?.plan as Plan)?.group ?? '';
  const [records, done, masks] = await Promise.all([
    recordsAt(deps, [origin], signal),
    admin.committed(group, origin.topic),
    store.samples.masks(id),
  ]);
  const record = records.get(formatPosition(origin));
  const standing = await standingOf({ kafka, admin, index: deps.index() }, flow, origin, record?.timestamp, signal);
  const notes = [...standing.notes];
  if (record === undefined) {
    const gone = await whyGone(admin, origin);
    if (standing.outputs.length + standing.letters.length === 0) throw new TraceRefused(gone);
    notes.push(gone, 'What was made of it still stands below, but its way cannot be run again.');
  }
  const isDone = (done.get(origin.partition) ?? -1n) > BigInt(origin.offset);
  const version = asked ?? versionOf(flow, origin, record, standing, isDone);
  const info = (await store.versions.list(id)).find((one) => one.version === version);
  const [run, { committed, past, times }] = await Promise.all([
    record && info ? rerun(deps, id, version, record) : undefined,
    pastOf(deps, { flow, origin, timestamp: record?.timestamp, isDone, standing }, originText, signal),
  ]);
  if (record && !info) notes.push(`There is no version ${version} of this flow, so its way cannot be run again.`);
  if (run?.why !== undefined) notes.push(run.why);
  const plan = run?.plan ?? flow.deployments.find((one) => one.version === version)?.plan ?? flow.deployments[0]?.plan;
  const nodes = transformIn(plan as Plan)?.nodes ?? [];
  const nameOf = nodeNames(nodes, deps.types);

  const delivers = (flow.deployments[0]?.plan.stages ?? []).filter((stage): stage is DeliverStage => stage.kind === 'deliver');
  const [parked, resends] = await Promise.all([parkedOf(deps, delivers, standing, signal), resendsOf(deps, flow, standing)]);
  const outcomes = outcomesOf(
    {
      flow,
      nameOf,
      standing,
      committed,
      stages: deps.status(id)?.stages ?? [],
      parked,
      resends,
      past,
      taken: times.taken,
      guaranteeOf(sink) {
        const node = nodes.find((one) => one.id === sink);
        const type = node && deps.types.get(node.type);
        return node && type?.kind === 'sink' && 'guarantee' in type ? guaranteeOf(type.guarantee, node.config) : undefined;
      },
      skips: (sink) => (nodes.find((node) => node.id === sink)?.onError ?? plan?.settings.onError) === 'skip',
      isGone: (sink) => flow.sinks.get(sink)?.group !== undefined && !delivers.some((stage) => stage.node.id === sink),
    },
    originText,
  );
  const compared = run?.outcome
    ? await compare(run, run.outcome, standing, outcomes, { version, isAsked: asked !== undefined, isDone, nameOf, notes })
    : { sinks: outcomes, recomputed: 'not-possible' as const };
  if (!isDone && record) notes.push('No version has worked on it yet: what is shown is what the version would make of it.');

  const shown = createShown(record ?? gone(origin), createMasker(masks.masks));
  const outcome = run?.outcome;
  const previous = record && previousOf(record, estate);
  const deployment = flow.deployments.find((one) => one.version === version);
  return {
    origin: originText,
    flow: id,
    flowName: flow.name,
    version,
    ...(info && { versionBy: info.createdBy, versionAt: Date.parse(info.createdAt) }),
    ...(!info && deployment && { versionBy: deployment.deployedBy, versionAt: Date.parse(deployment.deployedAt) }),
    source: input.node,
    key: record ? shown.source.key : null,
    headers: record ? shown.source.headers : {},
    timestamp: record?.timestamp ?? 0,
    bytes: record?.value?.byteLength ?? 0,
    done: isDone,
    ...(times.processedAt !== undefined && { processedAt: times.processedAt }),
    records: outcome?.records.map((one) => shown.record(one)) ?? [],
    hops: outcome ? hopsOf(outcome, run?.document?.edges ?? []) : [],
    filtered: outcome?.filtered.map((one) => ({ ...one, reason: shown.hide(one.reason) })) ?? [],
    failed: outcome?.failed.map(({ node, record: of, code, message }) => ({ node, record: of, code, message: shown.hide(message) })) ?? [],
    sinks: compared.sinks.map((sink) => ({
      ...sink,
      sentence: shown.hide(sink.sentence),
      ...(sink.dead && { dead: { ...sink.dead, message: shown.hide(sink.dead.message) } }),
    })),
    balance: balanceOf(compared.sinks, filteredOf(outcome), isDone),
    recomputed: compared.recomputed,
    notes,
    next: nextOf(standing, estate),
    ...(previous && { previous }),
    history: past.history,
    ms: Math.round(performance.now() - started),
  };
}

/** The version that handled a message: what stands says it; else the deployment whose share of the log it lies in. */
function versionOf(
  flow: KnownFlow,
  { topic, partition, offset }: Position,
  record: KafkaRecord | undefined,
  standing: Standing,
  isDone: boolean,
): number {
  const live = standing.outputs.find(({ by }) => by === undefined) ?? standing.letters.find(({ stage }) => stage === 'transform');
  if (live !== undefined && live.version > 0) return live.version;
  const newest = flow.deployments[0] as StoredDeployment;
  if (!isDone) return newest.version;
  for (const deployment of flow.deployments) {
    const stage = transformIn(deployment.plan);
    if (!stage?.inputs.some((input) => input.topic === topic)) continue;
    const begin = deployment.barrier.find((one) => one.group === stage.group && one.topic === topic && one.partition === partition);
    if (begin ? BigInt(begin.offset) <= BigInt(offset) : Date.parse(deployment.deployedAt) <= (record?.timestamp ?? 0))
      return deployment.version;
  }
  return flow.deployments.at(-1)?.version ?? newest.version;
}

/** What happened since: how far its sinks are, what people did, and when. */
async function pastOf(
  deps: WayDeps,
  ground: Omit<TimesGround, 'committed' | 'past'>,
  origin: string,
  signal: AbortSignal,
): Promise<{ committed: TimesGround['committed']; past: Past; times: Times }> {
  const { flow, standing, timestamp = 0 } = ground;
  const [committed, past] = await Promise.all([
    committedOf(deps.admin, flow, standing),
    historyOf(deps.store, flow.id, origin, standing, timestamp),
  ]);
  return { committed, past, times: await timesOf(deps, { ...ground, committed, past }, signal) };
}

/** How far the deliver stages are whose topics hold outputs of the message. */
async function committedOf(admin: KafkaAdmin, flow: KnownFlow, { outputs }: Standing): Promise<Map<string, Map<number, bigint>>> {
  const committed = new Map<string, Map<number, bigint>>();
  const sinks = new Set(outputs.map(({ sink }) => sink));
  await Promise.all(
    [...sinks].map(async (sink) => {
      const { group, topic } = flow.sinks.get(sink) ?? {};
      if (group !== undefined && topic !== undefined) committed.set(`${group} ${topic}`, await admin.committed(group, topic));
    }),
  );
  return committed;
}

/** Which outputs wait behind an earlier message of their key. */
async function parkedOf(
  { kafka, admin }: WayDeps,
  delivers: readonly DeliverStage[],
  { outputs, letters }: Standing,
  signal: AbortSignal,
): Promise<Set<string>> {
  const parked = new Set<string>();
  const dead = new Set(letters.map(({ parent }) => parent));
  for (const stage of delivers) {
    if (stage.parked === undefined) continue;
    const mine = outputs.filter(
      ({ sink, position, record }) => sink === stage.node.id && record.topic === stage.input.topic && !dead.has(position),
    );
    for (const partition of new Set(mine.map(({ record }) => record.partition))) {
      const keys = await openParkedLog(kafka, admin, stage.parked, stage.input.topic).load(partition, signal);
      const waiting = new Set([...keys.values()].flatMap((key) => key.waiting));
      for (const { position, record } of mine)
        if (record.partition === partition && waiting.has(String(record.offset))) parked.add(position);
    }
  }
  return parked;
}

/** Outputs that a sink was asked for more than once. */
async function resendsOf({ store }: WayDeps, flow: KnownFlow, { outputs }: Standing): Promise<Map<string, Resend>> {
  const found = new Map<string, Resend>();
  const outside = outputs.filter(({ sink }) => flow.sinks.get(sink)?.group !== undefined).slice(0, mostNext);
  await Promise.all(
    outside.map(async ({ position, record: { topic, partition, offset } }) => {
      const resend = await store.resends.at(topic, partition, String(offset));
      if (resend) found.set(position, resend);
    }),
  );
  return found;
}

interface Comparing {
  version: number;
  isAsked: boolean;
  isDone: boolean;
  nameOf(node: string): string;
  notes: string[];
}

/** Holds what the run made against what stands there. */
async function compare(
  run: Rerun,
  outcome: TrialOutcome,
  standing: Standing,
  outcomes: readonly SinkOutcome[],
  { version, isAsked, isDone, nameOf, notes }: Comparing,
): Promise<{ sinks: SinkOutcome[]; recomputed: TraceWay['recomputed'] }> {
  const unanswered = outcome.failed.find(({ end }) => end === 'unanswered');
  if (unanswered) notes.push(`It cannot be run to its end: ${unanswered.message}`);
  const stuck = outcome.failed.find(({ end }) => end === 'wait' || end === 'crash');
  if (stuck) notes.push(`It did not run to its end: ${stuck.message}`);
  const sinkIds = new Set(
    (run.plan &&
      transformIn(run.plan)
        ?.nodes.filter(({ kind }) => kind === 'sink')
        .map(({ id }) => id)) ??
      [],
  );
  const made = madeOutputs(outcome, sinkIds);
  // A deliver stage refuses later what was written to its topic: there the run shows no record.
  const refused = new Set(outcome.failed.filter(({ node }) => sinkIds.has(node)).map(({ node }) => node));
  const byPosition = new Map(standing.outputs.map((output) => [output.position, output]));
  const seen = new Set<string>();
  const different: string[] = [];
  const sinks = outcomes.map((one): SinkOutcome => {
    const output = one.position === undefined ? undefined : byPosition.get(one.position);
    if (!output || one.by !== undefined) return output ? { ...one, recomputed: 'not-compared' } : one;
    const name = outputName(output.sink, output.index);
    seen.add(name);
    const expected = made.get(name);
    if (output.version !== version && !isAsked) return { ...one, recomputed: 'not-compared' };
    if (!expected) {
      if (refused.has(output.sink) || unanswered || stuck) return { ...one, recomputed: 'not-compared' };
      different.push(name);
      return { ...one, recomputed: 'differs' };
    }
    const same = isSame(expected, output.record);
    if (!same) different.push(name);
    return { ...one, recomputed: same ? 'identical' : 'differs' };
  });
  for (const [name, record] of made) {
    if (seen.has(name)) continue;
    const sink = record.node;
    const index = Number(record.headers[header.index] ?? 0);
    if (!isDone) {
      sinks.push({
        sink,
        state: 'waiting',
        index,
        version,
        sentence: `It will be written for “${nameOf(sink)}” once the flow has worked on the message.`,
      });
      continue;
    }
    if (!isAsked) different.push(name);
    sinks.push({
      sink,
      state: 'unknown',
      index,
      version,
      recomputed: isAsked ? 'not-compared' : 'differs',
      sentence: `Version ${version} makes an output for “${nameOf(sink)}” of it, and none stands in its topic: its retention has passed, or it was never written.`,
    });
  }
  if (different.length > 0) notes.push(await whyDifferent(run, outcome, made, different, sinkIds, { version, isAsked, nameOf }));
  const isPart = unanswered !== undefined || stuck !== undefined;
  return { sinks, recomputed: isPart ? 'not-possible' : different.length > 0 ? 'differs' : 'identical' };
}

/** Why a run makes something else than what stands there, as far as a second run with another clock can tell. */
async function whyDifferent(
  run: Rerun,
  outcome: TrialOutcome,
  made: ReturnType<typeof madeOutputs>,
  different: readonly string[],
  sinkIds: ReadonlySet<string>,
  { version, isAsked, nameOf }: Pick<Comparing, 'version' | 'isAsked' | 'nameOf'>,
): Promise<string> {
  const names = [...new Set(different.map((name) => `“${nameOf(name.split(' ')[0] ?? name)}”`))].join(', ');
  if (isAsked) return `Version ${version} makes something else for ${names} than what stands there.`;
  const second = await run.again();
  const again = second && madeOutputs(second, sinkIds);
  const isByChance = again && different.some((name) => made.has(name) && !isEqual(made.get(name) as never, again.get(name)));
  const loose = second && outcome.records.find((one, at) => !isEqual(one, second.records[at]));
  if (isByChance) {
    const where = loose ? `“${nameOf(loose.node)}”` : 'a node';
    return `What stands at ${names} differs from what version ${version} makes now, because ${where} uses the clock or chance: not deterministic.`;
  }
  return `What stands at ${names} differs from what version ${version} makes now, and neither clock nor chance explains it: a node type, a recorded answer or a table may have changed since.`;
}

/** Which messages went over which edges, in order. */
function hopsOf(
  { records, arrived }: TrialOutcome,
  edges: readonly { id: string; from: { node: string; port: string }; to: { node: string } }[],
): TraceHop[] {
  const byId = new Map(records.map((record) => [record.id, record]));
  const hops: TraceHop[] = [];
  const took = new Map(arrived.map(({ node, record, ms }) => [`${node} ${record}`, ms]));
  for (const { node, record } of arrived) {
    const from = byId.get(record);
    // Its source is where it entered: it came over no edge.
    if (from === undefined || from.node === node) continue;
    const edge = edges.find((one) => one.from.node === from.node && one.from.port === from.port && one.to.node === node);
    const ms = from.from === undefined ? undefined : took.get(`${from.node} ${from.from}`);
    hops.push({
      order: hops.length + 1,
      ...(edge && { edge: edge.id }),
      from: { node: from.node, port: from.port },
      to: node,
      record,
      ...(ms !== undefined && { ms }),
    });
  }
  return hops;
}

/** How many messages ended on purpose before a sink. */
function filteredOf(outcome: TrialOutcome | undefined): number {
  if (outcome === undefined) return 0;
  return outcome.filtered.length + outcome.failed.filter(({ end }) => end === 'skip').length;
}

function nextOf({ outputs }: Standing, { readers, flows }: Estate): TraceWay['next'] {
  const next = outputs.flatMap(({ sink, record, position }) =>
    (readers.get(record.topic) ?? []).map(({ flow }) => ({ sink, flow, flowName: flows.get(flow)?.name ?? flow, origin: position })),
  );
  return next.slice(0, mostNext);
}

function previousOf(record: KafkaRecord, { flows }: Estate): TraceWay['previous'] {
  const origin = textHeader(record, header.origin);
  const made = madeBy(record);
  const flow = made && flows.get(made.flow);
  if (origin === undefined || made === undefined || origin === placeOf(record)) return undefined;
  return { flow: made.flow, flowName: flow?.name ?? made.flow, origin };
}

/** Stands in for a message that is gone: no value, so nothing to hide. */
function gone({ topic, partition, offset }: Position): KafkaRecord {
  return { topic, partition, offset: BigInt(offset), key: null, value: null, headers: {}, timestamp: 0 };
}
