import { commentsBefore, tokenAfter, tokenBefore } from '../jsonata/syntax/locate.ts';
import type { Syntax } from '../jsonata/syntax/parse.ts';
import type { Span } from '../jsonata/syntax/tree.ts';

/** The remarks of one item of an enumeration, and the sign that separates it from the next. */
export interface Surroundings {
  /** Remarks before it: on its own line, or on lines of their own directly above. */
  before: Span[];
  /** Remarks between the item and its separator. */
  behind: Span[];
  /** The separator after the item; the last item may have none. */
  separator?: Span;
  /** Remarks behind the separator (or behind the last item) on the same line. */
  trailing: Span[];
}

/** What stands around a pair, a list item or a statement. */
export function around(syntax: Syntax, item: Span): Surroundings {
  const { text } = syntax;
  const next = tokenAfter(syntax, item.end);
  const behind = next ? commentsBefore(syntax, next).filter(({ start }) => start >= item.end) : [];
  const separated = next !== undefined && (next.id === ',' || next.id === ';');
  const own = separated ? behind : behind.filter(({ start }) => onOneLine(text, item.end, start));
  const found = { before: remarksAbove(syntax, item), trailing: [] as Span[] };
  if (!separated) return { ...found, behind: [], trailing: own };
  const after = tokenAfter(syntax, next.end);
  const following = after ? commentsBefore(syntax, after) : [];
  const breaks = after !== undefined && !onOneLine(text, next.end, after.start);
  const trailing = breaks ? following.filter(({ start }) => onOneLine(text, next.end, start)) : [];
  return { ...found, behind: own, separator: { start: next.start, end: next.end }, trailing };
}

/** The remarks above an item that no blank line parts from it, and those before it on its line. */
function remarksAbove(syntax: Syntax, item: Span): Span[] {
  const { text } = syntax;
  const previous = tokenBefore(syntax, item.start);
  const all = commentsBefore(syntax, item);
  const kept: Span[] = [];
  let next = item.start;
  for (const remark of [...all].reverse()) {
    const trails = previous !== undefined && onOneLine(text, previous.end, remark.start) && !onOneLine(text, previous.end, item.start);
    if (trails || breaksIn(text, remark.end, next) > 1) break;
    kept.unshift(remark);
    next = remark.start;
  }
  return kept;
}

const onOneLine = (text: string, from: number, to: number): boolean => breaksIn(text, from, to) === 0;

function breaksIn(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
