import type { Flow } from './flow.ts';
import type { FlowEvent } from './flow-event.ts';
import type { LedgerMinute } from './ledger-minutes.ts';
import type { FoundMessage } from './sample.ts';

/** The past of a flow: an axis of time with marks, and what stood at one moment of it. Times are ms since 1970. */

/** One step of an axis of time. */
export interface TimelinePoint {
  /** Where it begins; it is as long as the axis's `step`. */
  at: number;
  in: number;
  delivered: number;
  filtered: number;
  dead: number;
  /** Most that any stage was behind in it; absent where nobody measured. */
  behindMs?: number;
}

/** From when to when a version was deployed; one that was deployed twice has two. */
export interface VersionSpan {
  version: number;
  from: number;
  /** Absent while it is. */
  until?: number;
  who: string;
}

export interface Timeline {
  flow: string;
  since: number;
  until: number;
  /** Length of a point in ms, a whole number of minutes. */
  step: number;
  /** Oldest first; steps in which nothing happened are left out. */
  points: TimelinePoint[];
  events: FlowEvent[];
  spans: VersionSpan[];
  /** Beginning of the oldest minute that is kept; absent when none is. */
  countedSince?: number;
}

/** How a run stood. `unknown`: before anything is known of it. */
export type PastState = 'running' | 'stopped' | 'failed' | 'unknown';

/** A flow as it was. */
export interface Moment {
  flow: string;
  /** Beginning of the minute that was asked for. */
  at: number;
  state: PastState;
  /** The version that was live, or stopped last; who deployed it and when, and when the next one came. */
  version?: number;
  deployedBy?: string;
  deployedAt?: number;
  replacedAt?: number;
  /** Its document. */
  document?: Flow;
  /** The version that is live now. */
  current?: number;
  /** What was counted in this minute. Absent: nothing came, or nobody counted, see `counted`. */
  minute?: LedgerMinute;
  /** False where no minutes are kept of that time: before the product kept them, or retention took them. */
  counted: boolean;
  countedSince?: number;
  /** What had happened in the hour before, and in the minute itself; newest first. */
  events: FlowEvent[];
}

/** Messages of about a moment, masked. */
export interface MomentMessages {
  flow: string;
  at: number;
  sources: {
    node: string;
    topic: string;
    /** In the order of time; the nearest to the moment. */
    messages: FoundMessage[];
    /** Of the oldest message that is still in the topic, when the moment lies before it. */
    goneBefore?: number;
  }[];
  /** Dead letters of about that moment. */
  dead: FoundMessage[];
  /** What could not be looked at, for people. */
  notes: string[];
}

const minuteMs = 60_000;
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440, 10_080].map((minutes) => minutes * minuteMs);
const mostPoints = 720;

/** The beginning of the minute that a time lies in. */
export function minuteOf(at: number): number {
  return Math.floor(at / minuteMs) * minuteMs;
}

/** The shortest step that gives at most 720 points. */
export function timelineStep(since: number, until: number): number {
  return steps.find((step) => (until - since) / step <= mostPoints) ?? Math.ceil((until - since) / mostPoints / minuteMs) * minuteMs;
}

/** Sums minutes up to the steps of an axis, piece by piece. Nothing is lost: the points' sums are those of the minutes on the axis. */
export function timelineSums(
  since: number,
  until: number,
  step: number,
): { add(minutes: readonly LedgerMinute[]): void; points(): TimelinePoint[] } {
  const sums = new Map<number, TimelinePoint>();
  return {
    add(minutes) {
      for (const minute of minutes) {
        if (minute.at < since || minute.at >= until) continue;
        const at = since + Math.floor((minute.at - since) / step) * step;
        const sum = sums.get(at) ?? { at, in: 0, delivered: 0, filtered: 0, dead: 0 };
        sum.in += minute.in;
        sum.delivered += total(minute.delivered);
        sum.filtered += nested(minute.filtered);
        sum.dead += nested(minute.dead);
        if (minute.behindMs !== undefined) sum.behindMs = Math.max(sum.behindMs ?? 0, minute.behindMs);
        sums.set(at, sum);
      }
    },
    points: () => [...sums.values()].sort((a, b) => a.at - b.at),
  };
}

/** {@link timelineSums} of minutes that are all there. */
export function timelinePoints(minutes: readonly LedgerMinute[], since: number, until: number, step: number): TimelinePoint[] {
  const sums = timelineSums(since, until, step);
  sums.add(minutes);
  return sums.points();
}

function total(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function nested(counts: Record<string, Record<string, number>>): number {
  return Object.values(counts).reduce((sum, inner) => sum + total(inner), 0);
}

/** When which version was deployed, from the deployments among events of all time, oldest first. */
export function versionSpans(events: readonly FlowEvent[]): VersionSpan[] {
  const deploys = events.filter(({ kind, version }) => kind === 'deploy' && version !== undefined).sort((a, b) => a.at - b.at);
  return deploys.map(({ at, version = 0, who = '' }, index) => {
    const until = deploys[index + 1]?.at;
    return { version, from: at, ...(until !== undefined && { until }), who };
  });
}

/** The span that a time lies in. */
export function spanAt(spans: readonly VersionSpan[], at: number): VersionSpan | undefined {
  return spans.findLast((span) => span.from <= at);
}

/** How the run stood at the end of the minute of `at`, from events of all time. */
export function stateAt(events: readonly FlowEvent[], at: number): PastState {
  const end = minuteOf(at) + minuteMs;
  const last = events
    .filter((event) => event.at < end && (event.kind === 'deploy' || event.kind === 'stop'))
    .sort((a, b) => a.at - b.at)
    .at(-1);
  if (last === undefined) return 'unknown';
  if (last.kind === 'deploy') return 'running';
  return last.who === undefined ? 'failed' : 'stopped';
}

/** Which moments an axis may show: the nearest minute within it. */
export function withinTimeline(at: number, { since, until }: Pick<Timeline, 'since' | 'until'>): number {
  return minuteOf(Math.min(Math.max(at, since), Math.max(since, until - 1)));
}

/** The next mark before or after a moment, by minute; the end of the axis where there is none. */
export function nextMark({ events, since, until }: Pick<Timeline, 'events' | 'since' | 'until'>, at: number, direction: 1 | -1): number {
  const minutes = [...new Set(events.map((event) => minuteOf(event.at)))]
    .filter((one) => one >= since && one < until)
    .sort((a, b) => a - b);
  const found = direction === 1 ? minutes.find((one) => one > at) : minutes.findLast((one) => one < at);
  return found ?? withinTimeline(direction === 1 ? until : since, { since, until });
}
