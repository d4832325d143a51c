import type { Environment } from '#shared/gate.ts';
import type { Plan } from '#shared/plan.ts';
import type { ReplayPlan, ReplaySample, ReplaySpec } from '#shared/replay.ts';
import { mostPositions } from '#shared/replay-schemas.ts';
import { blastOf, effectOf } from './effect.ts';
import { startReplayThread } from './host.ts';
import { planOf, type ReplayOptions } from './options.ts';
import { rangeOf, transformOf } from './range.ts';
import { length, type Stretch } from './stretches.ts';
import type { Survey, SurveyInput } from './survey.ts';

/** Up to so many offsets and so much time a plan is exact, in ms; beyond that it is estimated. */
const exactOffsets = 250_000;
const surveyMs = 40_000;
/** Above so many messages, and always in production, the number must be typed. */
const confirmAbove = 10_000;

/** A plan, and what a replay by it would read. */
export interface Planned {
  plan: ReplayPlan;
  stretches: Stretch[];
  /** Messages of the range, whether the filter lets them through or not; offsets where they were not counted. */
  total: number;
  counted: boolean;
}

/** Plans a replay. What is wrong with the spec is a problem of the plan, not a rejection. */
export async function makePlan(options: ReplayOptions, spec: ReplaySpec, signal: AbortSignal): Promise<Planned> {
  const problems: ReplayPlan['problems'] = [];
  let plan: Plan;
  try {
    plan = await planOf(options, spec.flow, spec.version);
    transformOf(plan);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      stretches: [],
      total: 0,
      counted: true,
      plan: emptyPlan(spec, [{ code: 'replay/version', severity: 'error', message, field: 'version' }]),
    };
  }
  problems.push(...(await sinkProblems(options, spec, plan)));
  const range = await rangeOf(options, spec, plan, signal);
  problems.push(...range.problems);
  const offsets = length(range.stretches);
  if (offsets === 0 && !problems.some(({ severity }) => severity === 'error')) {
    const message = `There is no message in this range${range.gone.length > 0 ? ' any more' : ''}. Choose another range.`;
    problems.push({ code: 'replay/nothing', severity: 'error', message, field: 'range' });
  }
  const { survey, problem } = await surveyed(options, spec, plan, { stretches: range.stretches, most: exactOffsets, ms: surveyMs }, signal);
  if (problem !== undefined) problems.push(problem);
  const total = survey.complete ? survey.records : offsets;
  const told = await planFrom(options, spec, plan, survey, { gone: range.gone, problems });
  return { stretches: range.stretches, total, counted: survey.complete, plan: told };
}

/** Runs the version dry over a sample of the range. Rejects with one sentence when it cannot run. */
export async function sampleOf(options: ReplayOptions, spec: ReplaySpec, messages: number, signal: AbortSignal): Promise<ReplaySample> {
  const plan = await planOf(options, spec.flow, spec.version);
  const range = await rangeOf(options, spec, plan, signal);
  const { survey, problem } = await surveyed(options, spec, plan, { stretches: range.stretches, most: messages, ms: surveyMs }, signal);
  if (problem !== undefined) throw new Error(problem.message);
  return survey.sample;
}

async function planFrom(
  options: ReplayOptions,
  spec: ReplaySpec,
  plan: Plan,
  survey: Survey,
  { gone, problems }: Pick<ReplayPlan, 'gone' | 'problems'>,
): Promise<ReplayPlan> {
  const exact = survey.complete && survey.notes.length === 0 && survey.unknown === 0;
  const full = (count: number) => fullOf(survey, count);
  const most = Math.min(survey.offsets, spec.filter.positions?.length ?? survey.offsets);
  const messages = survey.covered === 0 ? most : Math.min(most, full(survey.messages));
  const estimate = estimateOf(survey, most);
  const stage = transformOf(plan);
  const nodes = new Map(stage.nodes.map((node) => [node.id, node]));
  const sinks = spec.sinks.flatMap((id) => {
    const node = nodes.get(id);
    if (node === undefined) return [];
    const found = survey.sinks[id] ?? { fresh: 0, again: 0 };
    // Nothing is known: the worst is taken for granted.
    const counts = survey.covered === 0 ? { fresh: 0, again: most } : { fresh: full(found.fresh), again: full(found.again) };
    return [blastOf({ id, name: node.label || id }, effectOf(node, options.infos.get(node.type), spec.ids), counts, spec, exact)];
  });
  for (const note of survey.notes) problems.push({ code: 'replay/estimate', severity: 'warning', message: note });
  if (survey.unknown > 0) {
    const message = `${survey.unknown} messages ask systems outside on their way, which a plan does not do; what becomes of them is taken from before.`;
    problems.push({ code: 'replay/unknown', severity: 'warning', message });
  }
  if (survey.held > 0) {
    const message = `${survey.held} messages of this range are being retried or replayed now. They are left to that and counted as skipped; plan again when it has ended to run them, too.`;
    problems.push({ code: 'replay/held', severity: 'warning', message });
  }
  const overtaken = { ...survey.overtaken, messages: full(survey.overtaken.messages), keys: full(survey.overtaken.keys) };
  if (overtaken.messages > 0 && spec.overtaken === 'send' && spec.target === 'real') {
    const message = `Newer messages of ${overtaken.keys} keys have passed since. ${overtaken.messages} older ones will be sent after them, so an older state may overwrite a newer one.`;
    problems.push({ code: 'replay/overtaken', severity: 'warning', message, field: 'overtaken' });
  }
  const unsafe = sinks.some((sink) => sink.unsafe) || (overtaken.messages > 0 && spec.overtaken === 'send' && spec.target === 'real');
  const perSecond = spec.perSecond > 0 ? spec.perSecond : Math.max(500, Math.round((survey.records / Math.max(1, survey.ms)) * 1000));
  const confirm = messages > confirmAbove || options.environment === production;
  return {
    spec,
    messages,
    exact,
    ...(estimate && { estimate }),
    bytes: full(survey.bytes),
    seconds: Math.ceil(messages / perSecond),
    gone,
    sinks,
    overtaken,
    downstream: await downstreamOf(options, spec, plan),
    problems,
    ...(confirm && spec.target === 'real' && { confirm: messages }),
    needsReason: unsafe,
  };
}

/** What of a plan is estimated, from how much, and what is exact all the same; undefined when all was looked at. */
function estimateOf({ complete, covered, offsets }: Survey, most: number): ReplayPlan['estimate'] {
  if (complete) return undefined;
  const from =
    covered === 0 ? 'nothing could be looked at in time' : `${covered} of ${offsets} offsets were looked at, spread over the whole range`;
  const messages = covered === 0 ? `messages are the most that there can be, ${most}` : `messages (${most} at the most)`;
  const sentence = `Estimated, because ${from}: ${messages}, size, time, overtaken keys and what it means to each sink. Exact: where the range begins and ends. The replay itself counts every message.`;
  return { lookedAt: covered, offsets, most, sentence };
}

/** What a count of what was looked at means for the whole range. */
function fullOf({ complete, covered, offsets }: Survey, count: number): number {
  return complete || covered === 0 ? count : Math.round((count * offsets) / covered);
}

const production: Environment = 'production';

/** Sinks that nobody would deliver to, and what else of the spec cannot be. */
async function sinkProblems({ store, paused }: ReplayOptions, spec: ReplaySpec, plan: Plan): Promise<ReplayPlan['problems']> {
  const problems: ReplayPlan['problems'] = [];
  const stage = transformOf(plan);
  const nodes = new Map(stage.nodes.map((node) => [node.id, node]));
  const error = (code: string, message: string, field: string) => problems.push({ code, severity: 'error', message, field });
  const warn = (code: string, message: string, field: string) => problems.push({ code, severity: 'warning', message, field });
  if (spec.sinks.length === 0) error('replay/no-sink', 'Choose at least one sink.', 'sinks');
  if ((spec.filter.positions?.length ?? 0) > mostPositions)
    error('replay/positions', `At most ${mostPositions} positions at once.`, 'filter');
  const current = await store.deployments.current(spec.flow);
  const running = current && transformOf(current.plan);
  for (const id of spec.sinks) {
    const node = nodes.get(id);
    if (node === undefined || node.kind !== 'sink') {
      error('replay/no-sink', `Version ${spec.version} has no sink “${id}”. Choose a version that has it, or another sink.`, 'sinks');
      continue;
    }
    if (spec.target !== 'real' || stage.sinkTopics[id] === undefined) continue;
    const name = `“${node.label || id}”`;
    if (running?.sinkTopics[id] === undefined) {
      const which =
        current === undefined ? 'The flow is not deployed' : `Version ${current.version}, which is deployed, has no sink ${name}`;
      error(
        'replay/not-deployed',
        `${which}, so nothing would deliver the outputs. Deploy a version that has it, or write to scratch topics.`,
        'sinks',
      );
    } else if (current?.desired !== 'running') {
      warn(
        'replay/stopped',
        `The flow is stopped: outputs for ${name} wait in its topic and are delivered when the flow is started.`,
        'sinks',
      );
    } else {
      const reason = paused?.(spec.flow).get(`deliver-${id}`);
      if (reason !== undefined)
        warn(
          'replay/paused',
          `The delivery to ${name} is paused (${reason || 'no reason'}): outputs wait in its topic until it is resumed.`,
          'sinks',
        );
    }
  }
  return problems;
}

/** Running flows that read what a chosen sink writes. */
async function downstreamOf({ store, types }: ReplayOptions, spec: ReplaySpec, plan: Plan): Promise<ReplayPlan['downstream']> {
  if (spec.target !== 'real') return [];
  const others = (await store.deployments.running()).filter(({ flow }) => flow !== spec.flow);
  return transformOf(plan).nodes.flatMap((node) => {
    const type = types.get(node.type);
    if (!spec.sinks.includes(node.id) || type?.kind !== 'sink' || !('topic' in type)) return [];
    const { topic } = type.topic.use(node.config as never);
    const flows = others.filter((other) =>
      other.plan.stages.some((stage) => stage.kind === 'transform' && stage.inputs.some((input) => input.topic === topic)),
    );
    return flows.length === 0 ? [] : [{ sink: node.id, topic, flows: flows.map(({ flow }) => flow) }];
  });
}

async function surveyed(
  options: ReplayOptions,
  spec: ReplaySpec,
  plan: Plan,
  bounds: Pick<SurveyInput, 'stretches' | 'most' | 'ms'>,
  signal: AbortSignal,
): Promise<{ survey: Survey; problem?: ReplayPlan['problems'][number] }> {
  const nothing: Survey = {
    offsets: 0,
    covered: 0,
    records: 0,
    complete: true,
    messages: 0,
    bytes: 0,
    sinks: {},
    overtaken: { keys: 0, messages: 0, examples: [] },
    held: 0,
    sample: { messages: 0, same: 0, changed: 0, failing: 0, fresh: 0, examples: [] },
    unknown: 0,
    ms: 0,
    notes: [],
  };
  if (bounds.stretches.length === 0) return { survey: nothing };
  let survey = nothing;
  const thread = startReplayThread(
    {
      kind: 'survey',
      spec,
      plan,
      ...bounds,
      masks: (await options.store.samples.masks(spec.flow)).masks,
      active: spec.target === 'real' ? await activeOf(options, spec.flow) : { items: [], ids: [] },
      kafka: options.settings,
      nodeFolders: options.nodeFolders,
      secrets: {},
      filesFolder: options.filesFolder,
      bindings: options.bindings,
      allowPrivate: [],
    },
    (message) => {
      if (message.type === 'surveyed') survey = message.survey;
      else if (message.type === 'log') options.log(message.level, message.message, { flow: spec.flow });
    },
  );
  const kill = () => thread.kill();
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  try {
    const end = await thread.ended;
    signal.throwIfAborted();
    if (end.how === 'failed')
      return { survey: nothing, problem: { code: 'replay/version', severity: 'error', message: end.message, field: 'version' } };
    return { survey };
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

/** Retries and replays of a flow that may send dead letters now: those are left to them. */
async function activeOf({ store }: ReplayOptions, flow: string): Promise<SurveyInput['active']> {
  const states = ['starting', 'running', 'paused'] as const;
  const retries = (await store.retries.inState(states)).filter(({ request }) => request.flow === flow);
  const replays = (await store.replays.inState(states)).filter(({ spec }) => spec.flow === flow && spec.target === 'real');
  return { items: await store.claims.held(flow), ids: [...retries, ...replays].map(({ id }) => id) };
}

function emptyPlan(spec: ReplaySpec, problems: ReplayPlan['problems']): ReplayPlan {
  return {
    spec,
    messages: 0,
    exact: true,
    bytes: 0,
    seconds: 0,
    gone: [],
    sinks: [],
    overtaken: { keys: 0, messages: 0, examples: [] },
    downstream: [],
    problems,
    needsReason: false,
  };
}
