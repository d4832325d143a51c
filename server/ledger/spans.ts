import type { BatchHead } from '../kafka/survey.ts';

/**
 * What is known of a stretch of one partition: every offset in it holds a message, but for the spans. Offsets are
 * numbers here, as they are below 2^53 for the next thousand years of any partition.
 */
export interface Spans {
  /** First offset that was looked at, and the one after the last. */
  start: number;
  next: number;
  /** In order. At least `least` and at most `most` of their offsets hold messages. */
  spans: Span[];
}

interface Span {
  from: number;
  to: number;
  least: number;
  most: number;
}

/** How many spans are kept of a partition; older ones are looked at again when they are needed. */
const keptSpans = 20_000;

export function emptySpans(start: number): Spans {
  return { start, next: start, spans: [] };
}

/** Adds the batch that stands next; what is left out before it may have held messages, which are gone. */
export function addBatch(into: Spans, batch: Pick<BatchHead, 'first' | 'last' | 'count' | 'kind'>): void {
  const from = Math.max(Number(batch.first), into.next);
  const to = Number(batch.last);
  if (to < into.next) return;
  if (from > into.next) addSpan(into, { from: into.next, to: from - 1, least: 0, most: from - into.next });
  const width = to - Number(batch.first) + 1;
  if (batch.kind !== 'data') addSpan(into, { from, to, least: 0, most: 0 });
  else if (batch.count < width) {
    const outside = width - (to - from + 1);
    addSpan(into, { from, to, least: Math.max(0, batch.count - outside), most: Math.min(batch.count, to - from + 1) });
  }
  into.next = to + 1;
}

/** Says that nothing is known up to an offset, because the log no longer has it, or never had. */
export function skipTo(into: Spans, offset: number): void {
  if (offset <= into.next) return;
  addSpan(into, { from: into.next, to: offset - 1, least: 0, most: offset - into.next });
  into.next = offset;
}

function addSpan(into: Spans, span: Span): void {
  const last = into.spans.at(-1);
  const empty = span.most === 0;
  if (last && empty && last.most === 0 && last.to + 1 === span.from) last.to = span.to;
  else into.spans.push(span);
  if (into.spans.length > keptSpans) {
    const cut = into.spans[into.spans.length - keptSpans / 2] as Span;
    forgetBelow(into, cut.from);
  }
}

/** Forgets what lies below an offset. */
export function forgetBelow(into: Spans, offset: number): void {
  if (offset <= into.start) return;
  into.start = Math.min(offset, into.next);
  into.spans = into.spans.filter(({ to }) => to >= into.start);
}

/** Messages between two offsets, inclusive: at least and at most; undefined where not all of it was looked at. */
export function messagesIn(spans: Spans, from: number, to: number): { least: number; most: number } | undefined {
  if (from > to) return { least: 0, most: 0 };
  if (from < spans.start || to >= spans.next) return undefined;
  let least = to - from + 1;
  let most = least;
  // The range looked for is nearly always among the last.
  for (let at = spans.spans.length - 1; at >= 0; at--) {
    const span = spans.spans[at] as Span;
    if (span.to < from) break;
    if (span.from > to) continue;
    const width = span.to - span.from + 1;
    const inside = Math.min(span.to, to) - Math.max(span.from, from) + 1;
    const outside = width - inside;
    least -= inside - Math.max(0, span.least - outside);
    most -= inside - Math.min(span.most, inside);
  }
  return { least, most };
}
