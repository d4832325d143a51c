import { minuteOf } from '#shared/moment.ts';

/** Lengths of the axis of time. */
export const periods = {
  '1h': { label: '1 h', hours: 1 },
  '6h': { label: '6 h', hours: 6 },
  '24h': { label: '24 h', hours: 24 },
  '7d': { label: '7 days', hours: 168 },
  '30d': { label: '30 days', hours: 720 },
} as const;
export type Period = keyof typeof periods;
export const periodNames = Object.keys(periods) as Period[];

/** What is looked at, as it stands in the address. */
export interface TimeChoice {
  /** Beginning of a minute, ms since 1970; undefined: the newest. */
  at: number | undefined;
  period: Period;
  /** Position of the message whose way is lit. */
  message: string | undefined;
  node: string | undefined;
}

/** Reads an address; what is not understood counts as not chosen. */
export function readTime(query: URLSearchParams): TimeChoice {
  const at = query.get('at') ?? '';
  return {
    at: /^\d{1,14}$/.test(at) ? minuteOf(Number(at)) : undefined,
    period: periodNames.find((one) => one === query.get('span')) ?? '6h',
    message: query.get('m') ?? undefined,
    node: query.get('node') ?? undefined,
  };
}

/** The address of a choice. */
export function writeTime({ at, period, message, node }: TimeChoice): URLSearchParams {
  const query = new URLSearchParams();
  if (at !== undefined) query.set('at', String(at));
  if (period !== '6h') query.set('span', period);
  if (message !== undefined) query.set('m', message);
  if (node !== undefined) query.set('node', node);
  return query;
}

/** The piece of time on the axis: up to now, or about the moment where that lies further back. */
export function axisOf(period: Period, at: number | undefined, now: number): { since: number; until: number } {
  const length = periods[period].hours * 3_600_000;
  const end = minuteOf(now) + 60_000;
  if (at === undefined || at >= end - length) return { since: end - length, until: end };
  const since = minuteOf(at - length / 2);
  return { since, until: since + length };
}
