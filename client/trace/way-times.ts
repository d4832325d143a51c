import type { SinkOutcome, TraceHop, TraceWay } from '#shared/trace.ts';
import { duration } from '../format.ts';

/** How long something took, and where that is known from. */
export interface Took {
  /** `38 ms`; of what was measured when the message was run again `≈ 0.2 ms`; `waited 5.2 s` before the flow took it. */
  text: string;
  /** The same as a sentence, for who asks what it means. */
  title: string;
  /** `live`: by the times that stand in the log. `again`: measured when the message was run again. */
  from: 'live' | 'again';
}

/** A length of time; what is shorter than a millisecond is not told from nothing. */
export const spanText = (ms: number): string => (ms < 1 ? '< 1 ms' : duration(ms));

/** A length of time as it was measured when the message was run again: about so much, also of parts of a millisecond. */
export function aboutText(ms: number): string {
  if (ms < 0.01) return '< 0.01 ms';
  if (ms >= 9.95) return `≈ ${duration(ms)}`;
  return `≈ ${ms < 0.095 ? ms.toFixed(2) : ms.toFixed(1)} ms`;
}

/** How long a message took over a line, of the hops that it made there. */
export function tookOver(
  way: Pick<TraceWay, 'source' | 'timestamp' | 'processedAt'>,
  from: string,
  hops: readonly TraceHop[],
  outcomes: readonly SinkOutcome[],
  nameOf: (node: string) => string,
): Took | undefined {
  const spans = outcomes.flatMap((one) => atSink(way, one) ?? []);
  const longest = Math.max(...spans);
  if (longest > 0)
    return {
      text: spanText(longest),
      title: `${spanText(longest)} from the flow's commit until the sink had taken it, its wait in the sink's topic included.`,
      from: 'live',
    };
  if (from === way.source) return waitedFor(way);
  const took = Math.max(...hops.flatMap(({ ms }) => ms ?? []));
  if (!Number.isFinite(took)) return undefined;
  const about = aboutText(took).replace('≈', 'about');
  return {
    text: aboutText(took),
    title: `“${nameOf(from)}” took ${about} for it when it was run again just now. How long it took then was not written down.`,
    from: 'again',
  };
}

/** From the time of the message until the flow committed it. */
function waitedFor({ timestamp, processedAt }: Pick<TraceWay, 'timestamp' | 'processedAt'>): Took | undefined {
  if (processedAt === undefined || processedAt < timestamp) return undefined;
  const text = spanText(processedAt - timestamp);
  return { text: `waited ${text}`, title: `${text} from the time of the message until the flow had committed it.`, from: 'live' };
}

/** How long a sink outside had an output before it, ms; undefined of a replay's or retry's, and where it is not known. */
function atSink({ processedAt }: Pick<TraceWay, 'processedAt'>, { by, deliveredAt, writtenAt }: SinkOutcome): number | undefined {
  const start = processedAt ?? writtenAt;
  return by !== undefined || deliveredAt === undefined || start === undefined ? undefined : deliveredAt - start;
}

/** All of the time from when a message came in until a sink had it; of a replay or retry from when that began. */
export function totalText(
  way: Pick<TraceWay, 'timestamp' | 'processedAt'>,
  { by, deliveredAt }: Pick<SinkOutcome, 'by' | 'deliveredAt'>,
): { short: string; long: string } | undefined {
  if (deliveredAt === undefined) return undefined;
  if (by !== undefined) {
    if (by.at === undefined || deliveredAt < by.at) return undefined;
    const text = spanText(deliveredAt - by.at);
    return { short: text, long: `${text} after the ${by.kind} began` };
  }
  const { timestamp, processedAt } = way;
  if (deliveredAt < timestamp) return undefined;
  const short = spanText(deliveredAt - timestamp);
  if (processedAt === undefined || processedAt < timestamp) return { short, long: `${short} after it came in` };
  const waited = `${spanText(processedAt - timestamp)} until the flow had committed it`;
  if (deliveredAt <= processedAt) return { short, long: `${short} after it came in: ${waited}` };
  return { short, long: `${short} after it came in: ${waited}, ${spanText(deliveredAt - processedAt)} more until the sink had taken it` };
}
