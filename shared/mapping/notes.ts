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

/** What stands around a pair, a list item or a statement. Called for every field at every keystroke. */
export function around(syntax: Syntax, item: Span): Surroundings {
  const { text } = syntax;
  const plain = plainly(text, item);
  if (plain !== undefined) return plain;
  const next = tokenAfter(syntax, item.end);
  const behind = next === undefined ? [] : remarksBetween(syntax, item.end, next);
  const found = { before: remarksAbove(syntax, item), trailing: [] as Span[] };
  if (next === undefined || (next.id !== ',' && next.id !== ';')) {
    return { ...found, behind: [], trailing: behind.filter(({ start }) => onOneLine(text, item.end, start)) };
  }
  const after = tokenAfter(syntax, next.end);
  const following = after === undefined ? [] : remarksBetween(syntax, next.end, after);
  const breaks = following.length > 0 && after !== undefined && !onOneLine(text, next.end, after.start);
  const trailing = breaks ? following.filter(({ start }) => onOneLine(text, next.end, start)) : [];
  return { ...found, behind, separator: { start: next.start, end: next.end }, trailing };
}

/** The common case, by a few characters: no remark stands anywhere near. Nothing where one may. */
function plainly(text: string, item: Span): Surroundings | undefined {
  let before = item.start - 1;
  while (isSpace(text.charCodeAt(before))) before--;
  const next = afterSpace(text, item.end);
  if (text.charCodeAt(before) === slash || text.charCodeAt(next) === slash) return undefined;
  const sign = text[next];
  if (sign !== ',' && sign !== ';') return { before: [], behind: [], trailing: [] };
  if (text.charCodeAt(afterSpace(text, next + 1)) === slash) return undefined;
  return { before: [], behind: [], separator: { start: next, end: next + 1 }, trailing: [] };
}

function afterSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

/** The remarks above an item that no blank line parts from it, and those before it on its line. */
function remarksAbove(syntax: Syntax, item: Span): Span[] {
  const { text } = syntax;
  const previous = tokenBefore(syntax, item.start);
  const all = remarksBetween(syntax, previous?.end ?? 0, item);
  const kept: Span[] = [];
  let next = item.start;
  for (const remark of all.reverse()) {
    const trails = previous !== undefined && onOneLine(text, previous.end, remark.start) && !onOneLine(text, previous.end, item.start);
    if (trails || breaksIn(text, remark.end, next) > 1) break;
    kept.unshift(remark);
    next = remark.start;
  }
  return kept;
}

/** The remarks between an offset and the token or item after it, which nothing but white space and remarks parts. */
function remarksBetween(syntax: Syntax, from: number, next: Span): Span[] {
  for (let at = from; at < next.start; at++) {
    if (syntax.text.charCodeAt(at) === slash) return commentsBefore(syntax, next).filter(({ start }) => start >= from);
  }
  return [];
}

const slash = 47;
const lineFeed = 10;

const onOneLine = (text: string, from: number, to: number): boolean => breaksIn(text, from, to) === 0;

function breaksIn(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === lineFeed) count++;
  return count;
}
