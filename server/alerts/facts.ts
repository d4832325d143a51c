import type { ComparisonFact, FieldFact, FieldWanted, FlowFacts, LookBack, RetentionFact } from '#shared/alert/facts.ts';
import type { FlowStatus } from '#shared/events.ts';
import type { LedgerGap, LedgerMinute } from '#shared/ledger-minutes.ts';
import type { Plan } from '#shared/plan.ts';

/** Where facts come from. */
export interface FactSources {
  minutes(flow: string, since: number, until: number): Promise<LedgerMinute[]>;
  /** Differences that nobody has settled, of all flows. */
  gaps(): Promise<LedgerGap[]>;
  /** What people call a flow and its nodes. */
  names(flow: string): Promise<{ name: string; nodes: ReadonlyMap<string, string> }>;
  /** Plans of flows that should run; a rejection counts as none. */
  plans(): Promise<Plan[]>;
  /** Never rejects. */
  retention(plan: Plan, now: number): Promise<RetentionFact[]>;
  /** Scheduled comparisons of all flows. */
  comparisons(): Promise<(ComparisonFact & { flow: string })[]>;
  /** Never rejects. */
  field(plan: Plan, wanted: FieldWanted, now: number): Promise<FieldFact | undefined>;
}

/** Gathers what rules need to know; what is dear is asked for less often. */
export interface FactReader {
  read(statuses: readonly FlowStatus[], look: LookBack, now: number): Promise<FlowFacts[]>;
}

const minuteMs = 60_000;
const usualEveryMs = 5 * minuteMs;
const namesEveryMs = minuteMs;
const restartWindowMs = 10 * minuteMs;

/** @param kafkaEveryMs how often Kafka is asked about retention and fields; a field that is new to it at once */
export function createFactReader(sources: FactSources, kafkaEveryMs: number): FactReader {
  const usual = new Map<string, { at: number; hours: number; value: FlowFacts['usual'] }>();
  const names = new Map<string, { at: number; value: { name: string; nodes: ReadonlyMap<string, string> } }>();
  const seen = new Map<string, { since: number; restarts: [at: number, count: number][] }>();
  let retention = new Map<string, RetentionFact[]>();
  let measuredAt = Number.NEGATIVE_INFINITY;
  let measuring = false;
  let fields = new Map<string, FieldFact>();
  let asked = '';

  async function measure(wanted: readonly FieldWanted[], now: number): Promise<void> {
    const next = new Map<string, RetentionFact[]>();
    const found = new Map<string, FieldFact>();
    for (const plan of await sources.plans().catch(() => [])) {
      next.set(plan.flow, await sources.retention(plan, now));
      for (const field of wanted.filter(({ flow }) => flow === plan.flow)) {
        const fact = await sources.field(plan, field, now);
        if (fact) found.set(field.rule, fact);
      }
    }
    retention = next;
    fields = found;
  }

  async function usualOf(flow: string, look: LookBack, now: number): Promise<FlowFacts['usual']> {
    const known = usual.get(flow);
    if (known && now - known.at < usualEveryMs && known.hours === look.usualHours) return known.value;
    const value: FlowFacts['usual'] = { in: 0, filtered: {} };
    const until = now - look.minutes * minuteMs;
    const past = look.usualHours === 0 ? [] : await sources.minutes(flow, until - look.usualHours * 60 * minuteMs, until);
    for (const minute of past) {
      value.in += minute.in;
      for (const [node, reasons] of Object.entries(minute.filtered)) {
        const sums = (value.filtered[node] ??= {});
        for (const [reason, count] of Object.entries(reasons)) sums[reason] = (sums[reason] ?? 0) + count;
      }
    }
    usual.set(flow, { at: now, hours: look.usualHours, value });
    return value;
  }

  async function namesOf(flow: string, now: number): Promise<{ name: string; nodes: ReadonlyMap<string, string> }> {
    const known = names.get(flow);
    if (known && now - known.at < namesEveryMs) return known.value;
    const value = await sources.names(flow);
    names.set(flow, { at: now, value });
    return value;
  }

  /** Restarts within the window; a new deployment counts from nothing. */
  function restartsOf(status: FlowStatus, now: number): { restarts: number; since: number } {
    const known = seen.get(status.flow) ?? { since: now, restarts: [] };
    const points = known.restarts.at(-1)?.[1] !== undefined && (known.restarts.at(-1)?.[1] ?? 0) > status.restarts ? [] : known.restarts;
    if (points.at(-1)?.[1] !== status.restarts) points.push([now, status.restarts]);
    // The newest point before the window says where counting began.
    while (points.length > 1 && (points[1]?.[0] ?? now) < now - restartWindowMs) points.shift();
    seen.set(status.flow, { since: known.since, restarts: points });
    const [at, first] = points[0] ?? [now, status.restarts];
    const begin = at < now - restartWindowMs || points.length > 1 ? first : status.restarts;
    return { restarts: status.restarts - begin, since: known.since };
  }

  return {
    async read(statuses, look, now) {
      const gaps = await sources.gaps();
      // In the background: a Kafka that does not answer must not hold up what the other rules have to say.
      const wanted = JSON.stringify(look.fields);
      if ((now - measuredAt >= kafkaEveryMs || wanted !== asked) && !measuring) {
        measuredAt = now;
        asked = wanted;
        measuring = true;
        void measure(look.fields, now).finally(() => {
          measuring = false;
        });
      }
      const comparisons = await sources.comparisons();
      const facts: FlowFacts[] = [];
      for (const status of statuses) {
        const { flow } = status;
        const { name, nodes } = await namesOf(flow, now);
        const { restarts, since } = restartsOf(status, now);
        const lastIn = Math.max(0, ...Object.values(status.nodes).map(({ lastAt }) => lastAt ?? 0));
        facts.push({
          flow,
          name,
          status,
          names: nodes,
          minutes: await sources.minutes(flow, now - (look.minutes + 1) * minuteMs, now + minuteMs),
          usual: await usualOf(flow, look, now),
          gaps: gaps.filter((gap) => gap.flow === flow),
          retention: retention.get(flow) ?? [],
          comparisons: comparisons.filter((comparison) => comparison.flow === flow),
          fields: look.fields.flatMap((field) => (field.flow === flow ? (fields.get(field.rule) ?? []) : [])),
          restarts,
          runningSince: since,
          ...(lastIn > 0 && { lastIn }),
        });
      }
      return facts;
    },
  };
}
