import { parseSyntax } from '../../jsonata/syntax/parse.ts';
import type { Span } from '../../jsonata/syntax/tree.ts';
import { type OpenView, ruleById } from '../view.ts';
import { type Edited, edited, type Splice } from './edit.ts';
import { codeFor, type Fragment, fragmentOf, placeOf, wholeOf } from './fragment.ts';
import { noRow } from './rule.ts';

/**
 * Gives a row another rule in which much of the old one may be found again: what stays keeps its spaces, its lines and
 * its remarks, and no remark is lost. Brackets around the row stay.
 */
export function rewordRule(view: OpenView, id: string, code: string): Edited {
  const rule = ruleById(view, id);
  return rule === undefined ? noRow(id) : rewordPart(view, rule.span, rule.node, code);
}

/** The same for the place of any node; `inner` is the node without the brackets around it. */
export function rewordPart(view: OpenView, span: Span, inner: Span, code: string): Edited {
  const read = fragmentOf(code);
  if (!read.ok) return read;
  const bracketed = inner.start > span.start;
  const place = bracketed ? inner : span;
  const kind = bracketed ? 'free' : (placeOf(view, span) ?? 'free');
  const old = view.text.slice(place.start, place.end);
  const insert = reworded(old, codeFor(read.fragment, kind));
  const made = fragmentOf(insert);
  if (!made.ok) return made;
  return edited(view.text, splicesOf(old, insert, place.start), [wholeIn(made.fragment, place.start)]);
}

const wholeIn = (fragment: Fragment, at: number): Span => wholeOf(fragment, fragment.code, at);

/** The one splice at the part in which two texts differ. */
function splicesOf(from: string, to: string, at: number): Splice[] {
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) start++;
  let end = 0;
  while (end < Math.min(from.length, to.length) - start && from[from.length - 1 - end] === to[to.length - 1 - end]) end++;
  if (from === to) return [];
  return [{ start: at + start, end: at + from.length - end, insert: to.slice(start, to.length - end) }];
}

/**
 * The words of `code` with the spaces and remarks of `former` between those that stand in both. Remarks of `former` are all
 * kept, in their order. Both must be expressions.
 * @throws ExpressionError where one is none
 */
export function reworded(former: string, code: string): string {
  if (former === code) return former;
  const before = wordsOf(former);
  const after = wordsOf(code);
  const same = common(before.words, after.words);
  const kept = exchanged(same, before.words.length);
  let text = '';
  let last = -1;
  after.words.forEach((word, i) => {
    const match = kept[i] ?? -1;
    const gap = after.gaps[i] ?? '';
    if (match >= 0) {
      const neighbours = match === last + 1 && (i === 0 || (kept[i - 1] ?? -1) >= 0);
      // Between two words that stay neighbours nothing changes; else the remarks between them are brought along.
      const exchange = (same[i] ?? -1) < 0 || (i > 0 && (same[i - 1] ?? -1) < 0);
      // Other words may need the space that the old ones did without.
      const old = exchange && before.gaps[match] === '' ? gap : (before.gaps[match] ?? '');
      text += neighbours ? old : withRemarks(before.gaps.slice(last + 1, match + 1), gap);
      last = match;
    } else text += gap;
    text += word;
  });
  const rest = before.gaps.slice(last + 1);
  const ends = last === before.words.length - 1 && (kept.at(-1) ?? -1) >= 0;
  return text + (ends ? (rest[0] ?? '') : withRemarks(rest, after.gaps.at(-1) ?? ''));
}

/** A gap that takes up the remarks of the gaps that go. */
function withRemarks(gone: readonly string[], gap: string): string {
  const remarks = gone.flatMap((one) => one.match(/\/\*[\s\S]*?\*\//g) ?? []).filter((remark) => !gap.includes(remark));
  if (remarks.length === 0) return gap;
  return `${gap === '' ? ' ' : gap}${remarks.join(' ')} `;
}

/** As many words in the place of as many others stand where those stood. */
function exchanged(kept: readonly number[], count: number): number[] {
  const all = [...kept];
  for (let i = 0, last = -1; i < all.length; i++) {
    if ((kept[i] ?? -1) < 0) {
      const next = kept.findIndex((match, at) => at > i && match >= 0);
      const [run, gone] = [(next < 0 ? all.length : next) - i, ((next < 0 ? undefined : kept[next]) ?? count) - last - 1];
      if (run === gone) for (let n = 0; n < run; n++) all[i + n] = last + 1 + n;
      i += run - 1;
      last = run === gone ? last + run : last;
    } else last = kept[i] ?? last;
  }
  return all;
}

/** The words of an expression, and what stands before each and behind the last. */
function wordsOf(text: string): { words: string[]; gaps: string[] } {
  const { tokens } = parseSyntax(text);
  const words: string[] = [];
  const gaps: string[] = [];
  let at = 0;
  for (const { kind, start, end } of tokens) {
    if (kind === 'end') continue;
    gaps.push(text.slice(at, start));
    words.push(text.slice(start, end));
    at = end;
  }
  return { words, gaps: [...gaps, text.slice(at)] };
}

/** More pairs of words than this are not compared one by one: then only what is alike at both ends stays. */
const most = 4_000_000;

/** For each word of `after` the word of `before` that it is, or -1; a longest common subsequence. */
function common(before: readonly string[], after: readonly string[]): number[] {
  const kept = new Array<number>(after.length).fill(-1);
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) {
    kept[start] = start;
    start++;
  }
  let [endBefore, endAfter] = [before.length, after.length];
  while (endBefore > start && endAfter > start && before[endBefore - 1] === after[endAfter - 1]) kept[--endAfter] = --endBefore;
  const [rows, columns] = [endBefore - start, endAfter - start];
  if (rows * columns === 0 || rows * columns > most) return kept;
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      const same = before[start + row] === after[start + column];
      lengths[row * width + column] = same ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  for (let row = 0, column = 0; row < rows && column < columns; ) {
    if (before[start + row] === after[start + column]) kept[start + column++] = start + row++;
    else if (at(row + 1, column) >= at(row, column + 1)) row++;
    else column++;
  }
  return kept;
}
