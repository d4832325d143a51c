import type { Span } from '../../jsonata/syntax/tree.ts';
import { around } from '../notes.ts';
import type { OpenView } from '../view.ts';
import type { Splice } from './edit.ts';

/** The white space at the beginning of the line on which an offset stands. */
export function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? '';
}

/** Whether nothing but white space stands before an offset on its line. */
export function beginsLine(text: string, offset: number): boolean {
  return /(?:^|\n)[ \t]*$/.test(text.slice(0, offset));
}

/** An enumeration between brackets: fields, list items, statements. */
export interface Enumeration {
  items: readonly Span[];
  open: number;
  close: number;
  separator: ',' | ';';
}

/** What puts one more item at the end; `write` makes its text for the indent it will have, or for one line (no indent). */
export function appended(view: OpenView, { items, open, close, separator }: Enumeration, write: (indent?: string) => string): Splice[] {
  const { text } = view;
  const last = items.at(-1);
  const inside = text.slice(open + 1, close);
  if (last === undefined) {
    const indent = indentAt(text, open);
    const made = `\n${indent}  ${write(`${indent}  `)}`;
    if (inside.trim() === '') return [{ start: open + 1, end: close, insert: `${made}\n${indent}` }];
    return [{ start: open + 1, end: open + 1, insert: made }];
  }
  const { trailing } = around(view.syntax, last);
  const lines = beginsLine(text, last.start) || (items.length === 1 && beginsLine(text, firstOf(view, last)));
  const indent = indentAt(text, last.start);
  const made = lines ? `\n${indent}${write(indent)}` : ` ${write()}`;
  const end = trailing.at(-1)?.end ?? last.end;
  if (end === last.end) return [{ start: end, end, insert: separator + made }];
  return [
    { start: last.end, end: last.end, insert: separator },
    { start: end, end, insert: made },
  ];
}

/** Where an item begins, with the remarks above it. */
function firstOf(view: OpenView, item: Span): number {
  return around(view.syntax, item).before[0]?.start ?? item.start;
}

/** What takes an item away, with its separator and its remarks. The lines of the others stay as they are. */
export function removed(view: OpenView, items: readonly Span[], index: number): Splice[] {
  const { text, syntax } = view;
  const item = items[index];
  if (item === undefined) return [];
  const { behind, separator, trailing } = around(syntax, item);
  const start = firstOf(view, item);
  const end = Math.max(item.end, behind.at(-1)?.end ?? 0, separator?.end ?? 0, trailing.at(-1)?.end ?? 0);
  const rest = /^[ \t]*(\r?\n)?/.exec(text.slice(end));
  const lineEnds = rest?.[1] !== undefined || end + (rest?.[0].length ?? 0) === text.length;
  const splices: Splice[] = [];
  const previous = index === items.length - 1 ? items[index - 1] : undefined;
  // The last item has no separator of its own: the one before it goes.
  const before = previous && separator === undefined ? around(syntax, previous).separator : undefined;
  if (before !== undefined) splices.push({ ...before, insert: '' });
  if (beginsLine(text, start) && lineEnds) {
    const from = text.lastIndexOf('\n', start - 1) + 1;
    splices.push({ start: from, end: end + (rest?.[0].length ?? 0), insert: '' });
  } else if (before !== undefined || lineEnds) {
    const blank = /[ \t]*$/.exec(text.slice(before?.end ?? 0, start))?.[0].length ?? 0;
    splices.push({ start: start - blank, end, insert: '' });
  } else {
    splices.push({ start, end: end + (rest?.[0].length ?? 0), insert: '' });
  }
  return splices;
}

/** What brings an item to another place among the others; remarks go with it, and the separators stay where they are. */
export function moved(view: OpenView, items: readonly Span[], from: number, to: number): Splice[] {
  const { text, syntax } = view;
  const slots = items.map((item) => {
    const { behind, separator, trailing } = around(syntax, item);
    const main = { start: firstOf(view, item), end: Math.max(item.end, behind.at(-1)?.end ?? 0) };
    const at = separator?.end ?? main.end;
    return { main, trail: { start: at, end: trailing.at(-1)?.end ?? at } };
  });
  const order = items.map((_, i) => i);
  order.splice(to, 0, ...order.splice(from, 1));
  const cut = ({ start, end }: Span) => text.slice(start, end);
  return order.flatMap((source, i): Splice[] => {
    const [slot, given] = [slots[i], slots[source]];
    if (slot === undefined || given === undefined || i === source) return [];
    // Without a separator the remark behind an item directly follows it.
    return [
      { ...slot.main, insert: cut(given.main) },
      { ...slot.trail, insert: cut(given.trail) },
    ].filter(({ start, end, insert }) => cut({ start, end }) !== insert);
  });
}
