/** Lengths of a period up to now. */
export const spans = {
  '1h': { label: 'Last hour', ms: 3_600_000 },
  '24h': { label: '24 h', ms: 24 * 3_600_000 },
  '7d': { label: '7 days', ms: 7 * 24 * 3_600_000 },
  own: { label: 'Own', ms: 0 },
} as const;
export type Span = keyof typeof spans;
export const spanNames = Object.keys(spans) as Span[];

/** The period that is looked at, as it stands in the address. Times in ms since 1970. */
export interface LedgerChoice {
  span: Span;
  /** Of an own period. */
  since: number | undefined;
  until: number | undefined;
}

const timeOf = (text: string | null): number | undefined => (text !== null && /^\d{1,14}$/.test(text) ? Number(text) : undefined);

/** Reads an address; what is not understood counts as not chosen. */
export function readLedger(query: URLSearchParams): LedgerChoice {
  const [since, until] = [timeOf(query.get('since')), timeOf(query.get('until'))];
  const own = since !== undefined && until !== undefined;
  return { span: own ? 'own' : (spanNames.find((one) => one === query.get('span') && one !== 'own') ?? '1h'), since, until };
}

/** The address of a choice. */
export function writeLedger({ span, since, until }: LedgerChoice): URLSearchParams {
  const query = new URLSearchParams();
  if (span === 'own') {
    if (since !== undefined) query.set('since', String(since));
    if (until !== undefined) query.set('until', String(until));
  } else if (span !== '1h') query.set('span', span);
  return query;
}

/** Beginning and end of a choice; undefined where an own period is not whole or ends before it begins. */
export function periodOf({ span, since, until }: LedgerChoice, now: number): { since: number; until: number } | undefined {
  if (span !== 'own') return { since: now - spans[span].ms, until: now };
  return since !== undefined && until !== undefined && since < until ? { since, until } : undefined;
}
