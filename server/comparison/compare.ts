import { setImmediate as nextTurn } from 'node:timers/promises';
import { createExplain } from '#shared/comparison/causes.ts';
import { exampleOf } from '#shared/comparison/example.ts';
import { createGrouping } from '#shared/comparison/groups.ts';
import { differencesOf, type Routes } from '#shared/comparison/outcome.ts';
import type { Comparison, ComparisonGroup, ComparisonReason, ComparisonScope } from '#shared/comparison.ts';
import type { Flow } from '#shared/flow.ts';
import { parsePosition } from '#shared/message.ts';
import type { Plan } from '#shared/plan.ts';
import { createMasker, type Mask } from '#shared/sample-masks.ts';
import type { KafkaPort } from '../kafka/port.ts';
import { readMessage } from '../runtime/sample-message.ts';
import { createCallAnswers, type Recording } from '../try/calls.ts';
import { planReading, readPlanned } from './reading.ts';
import { openSide, type SideOptions } from './side.ts';

/** One version: what runs and what was drawn. */
export interface ComparedVersion {
  plan: Plan;
  flow: Flow;
}

/** Plain data, so that it can cross to a thread. */
export interface CompareInput {
  before: ComparedVersion;
  after: ComparedVersion;
  scope: ComparisonScope;
  masks: readonly Mask[];
  recordings: readonly Recording[];
  seed: number;
}

/** How far it is. */
export type CompareProgress = Pick<Comparison, 'done' | 'total' | 'counts'>;

/** What came of it. Without a reason it ran to its end. */
export type CompareReport = CompareProgress &
  Pick<Comparison, 'topics' | 'missing' | 'groups'> & { ended: 'done' | 'stopped' | 'failed'; reason?: ComparisonReason };

export interface CompareDeps extends Pick<SideOptions, 'types' | 'context' | 'guard'> {
  kafka: KafkaPort;
  /** Called a few times a second. */
  progress(progress: CompareProgress): void;
  /** Fires to stop; what was compared until then is the report. */
  signal: AbortSignal;
}

const progressMs = 200;
const turnMs = 20;

/**
 * Runs two versions of a flow over the same messages and reports what differs. Reads without a group; writes nothing,
 * commits nothing, calls nothing. Only groups and examples are kept, so memory does not grow with the messages.
 */
export async function compareVersions(input: CompareInput, deps: CompareDeps): Promise<CompareReport> {
  const { before, after } = input;
  const calls = createCallAnswers({ modes: {}, recordings: input.recordings, mayCall: new Set() });
  const options: SideOptions = { ...deps, calls, seed: input.seed };
  const sides: Awaited<ReturnType<typeof openSide>>[] = [];
  const empty = { done: 0, total: 0, counts: {}, topics: [], missing: 0, groups: [] };
  try {
    for (const [version, code] of [
      [before, 'deployed-broken'],
      [after, 'draft-broken'],
    ] as const) {
      try {
        sides.push(await openSide(version.plan, options));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        const whose = code === 'deployed-broken' ? `Version ${version.plan.version}, which is deployed,` : 'The draft';
        return { ...empty, ended: 'failed', reason: { code, sentence: `${whose} cannot be run here: ${why}` } };
      }
    }
    const [old, now] = sides as [(typeof sides)[number], (typeof sides)[number]];
    const topics = [...new Set([...old.topics.filter((topic) => now.topics.includes(topic)), ...old.topics, ...now.topics])];
    const planned = () => planReading(deps.kafka, topics, input.scope, after.plan.deadLetterTopic, deps.signal);
    const plan = await (deps.guard ? deps.guard.outside(planned) : planned());
    if (plan.reason) return { ...empty, topics: plan.topics, ended: 'done', reason: plan.reason };

    const grouping = createGrouping();
    const masker = createMasker(input.masks);
    const routes = routesOf(before.flow, after.flow);
    let [done, shownAt, turnedAt] = [0, 0, performance.now()];
    const progress = (): CompareProgress => ({ done, total: plan.total, counts: grouping.counts() });
    deps.progress(progress());
    const records = readPlanned(deps.kafka, plan, deps.signal);
    // The connection to Kafka is not the nodes': the guard lets it through.
    const next = () => (deps.guard ? deps.guard.outside(() => records.next()) : records.next());
    for (let { value: record, done: over } = await next(); !over; { value: record, done: over } = await next()) {
      if (!record) break;
      const was = await old.run(record);
      const is = await now.run(record);
      grouping.add({
        differences: differencesOf(was, is, routes),
        example: (difference) => {
          const { position, message } = readMessage(record);
          return exampleOf(
            { position: parsePosition(position) ?? { topic: record.topic, partition: 0, offset: '0' }, message },
            difference,
            masker,
          );
        },
      });
      done++;
      const at = performance.now();
      if (at - shownAt > progressMs) {
        shownAt = at;
        deps.progress(progress());
      }
      if (at - turnedAt > turnMs) {
        // Somebody who says stop must be heard.
        await nextTurn();
        turnedAt = performance.now();
      }
      if (deps.signal.aborted) break;
    }
    await records.return(undefined);
    const stopped = deps.signal.aborted;
    const explain = createExplain(before.flow, after.flow);
    const groups = grouping.groups().map((group): ComparisonGroup => {
      const first = grouping.firstOf(group.signature);
      return { ...group, causes: first ? explain(group, first) : [] };
    });
    return {
      ...progress(),
      topics: plan.topics,
      missing: stopped ? 0 : plan.total - done,
      groups,
      ended: stopped ? 'stopped' : 'done',
      ...(stopped && { reason: stoppedAfter(done, plan.total) }),
    };
  } catch (error) {
    if (deps.signal.aborted) return { ...empty, ended: 'stopped', reason: stoppedAfter(0, 0) };
    throw error;
  } finally {
    for (const side of sides) await side.close();
  }
}

function stoppedAfter(done: number, total: number): ComparisonReason {
  const sentence = done === 0 ? 'Stopped before a message was compared.' : `Stopped after ${done} of ${total} messages.`;
  return { code: 'stopped', sentence };
}

/** Which nodes lead to which sinks, in both versions. */
function routesOf(before: Flow, after: Flow): Routes {
  const known = new Map<string, ReadonlySet<string>>();
  const reach = (version: 'before' | 'after', start: string): ReadonlySet<string> => {
    const id = `${version}\n${start}`;
    const found = known.get(id);
    if (found) return found;
    const { edges } = version === 'before' ? before : after;
    const seen = new Set<string>();
    const open = [start];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      for (const { from, to } of edges) {
        if (from.node !== node || seen.has(to.node)) continue;
        seen.add(to.node);
        open.push(to.node);
      }
    }
    known.set(id, seen);
    return seen;
  };
  const has = (flow: Flow, id: string): boolean => flow.nodes.some((node) => node.id === id);
  return { leads: (version, node, sink) => reach(version, node).has(sink), inBoth: (sink) => has(before, sink) && has(after, sink) };
}
