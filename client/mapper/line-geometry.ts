import type { Join, Model } from './model.ts';
import { shownRow } from './model.ts';

/** Height of a row of either tree, px: that of `--row`. */
export const rowHeight = 32;

/** Where the two lists of rows stand beside the gutter between them. All in px. */
export interface Frame {
  /** The gutter's width and height; both lists are as high. */
  width: number;
  height: number;
  /** How far each list is scrolled. */
  source: number;
  target: number;
}

/** A line between two rows that are shown, for one or more joins. */
export interface Strand {
  id: string;
  /** Index of the row at either end. */
  source: number;
  target: number;
  /** An end stands for rows that are folded into it. */
  folded: { source: boolean; target: boolean };
  joins: readonly Join[];
  /** Of a list that is gone through. */
  loop: boolean;
}

/** A line as it is drawn. `away`: an end is out of sight, so that the line goes to the edge. */
export interface DrawnLine {
  id: string;
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  away: boolean;
  path: string;
}

/** More lines than these are shown only for what is selected or under the mouse. */
export const mostLines = 60;

/** The lines of a model: joins between the same two shown rows are one. */
export function strandsOf(model: Pick<Model, 'joins' | 'source' | 'target'>): Strand[] {
  const strands = new Map<string, Strand & { joins: Join[] }>();
  for (const join of model.joins) {
    const source = shownRow(model.source, join.source);
    const target = shownRow(model.target, join.target);
    if (source === undefined || target === undefined) continue;
    const from = model.source.rows[source]?.node.key ?? '';
    const to = model.target.rows[target]?.node.key ?? '';
    const id = JSON.stringify([from, to]);
    const known = strands.get(id);
    const folded = { source: from !== join.source, target: to !== join.target };
    if (known === undefined) {
      strands.set(id, { id, source, target, folded, joins: [join], loop: join.role === 'loop' });
    } else {
      known.joins.push(join);
      known.folded = { source: known.folded.source || folded.source, target: known.folded.target || folded.target };
      known.loop ||= join.role === 'loop';
    }
  }
  return [...strands.values()];
}

/** The middle of a row, from the top of the list's window; at the window's edge where the row is out of sight. */
export function endOf(index: number, scroll: number, height: number): { y: number; away: -1 | 0 | 1 } {
  const y = index * rowHeight + rowHeight / 2 - scroll;
  if (y < 0) return { y: 0, away: -1 };
  return y > height ? { y: height, away: 1 } : { y, away: 0 };
}

/** Where a line is drawn inside the gutter; nothing where both ends are out of sight on the same side. */
export function drawLine({ id, source, target }: Pick<Strand, 'id' | 'source' | 'target'>, frame: Frame): DrawnLine | undefined {
  const from = endOf(source, frame.source, frame.height);
  const to = endOf(target, frame.target, frame.height);
  if (from.away !== 0 && from.away === to.away) return undefined;
  const [x1, x2] = [0, frame.width];
  const bend = frame.width / 2;
  const round = (value: number) => Math.round(value * 10) / 10;
  const [y1, y2] = [round(from.y), round(to.y)];
  return { id, x1, y1, x2, y2, away: from.away !== 0 || to.away !== 0, path: `M${x1} ${y1}C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}` };
}

/** The rows to be drawn of a list: those in sight and a few around. `end` is exclusive. */
export function windowOf(count: number, scroll: number, height: number, spare = 12): { start: number; end: number } {
  if (count <= 100) return { start: 0, end: count };
  const start = Math.max(0, Math.floor(scroll / rowHeight) - spare);
  return { start, end: Math.min(count, Math.ceil((scroll + height) / rowHeight) + spare) };
}

/** How far a list must be scrolled so that a row is in sight; as it is where it is already. */
export function scrollTo(index: number, scroll: number, height: number): number {
  const top = index * rowHeight;
  if (top < scroll) return top;
  return top + rowHeight > scroll + height ? top + rowHeight - height : scroll;
}
