/** Choosing a piece of time over a row of bars: places are px from the left edge, times ms since 1970. */

export interface Axis {
  since: number;
  until: number;
  width: number;
}

export interface Piece {
  since: number;
  until: number;
}

/** The time at a place; beside the axis, its end. */
export function timeAt(axis: Axis, x: number): number {
  const share = Math.min(1, Math.max(0, axis.width === 0 ? 0 : x / axis.width));
  return Math.round(axis.since + share * (axis.until - axis.since));
}

/** The place of a time. */
export function placeOf(axis: Axis, time: number): number {
  const span = axis.until - axis.since;
  return span === 0 ? 0 : Math.min(axis.width, Math.max(0, ((time - axis.since) / span) * axis.width));
}

/** Times are chosen in steps that people can say: of a second, a minute, five minutes, an hour, by the length of the axis. */
export function gridOf({ since, until }: Pick<Axis, 'since' | 'until'>): number {
  const wanted = (until - since) / 360;
  return [1000, 5000, 15_000, 60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000].find((grid) => grid >= wanted) ?? 86_400_000;
}

/** What a drag from one place to another chooses; at least one step of the grid. */
export function drawn(axis: Axis, from: number, to: number): Piece {
  const grid = gridOf(axis);
  const [a, b] = [timeAt(axis, Math.min(from, to)), timeAt(axis, Math.max(from, to))];
  const since = Math.floor(a / grid) * grid;
  return { since, until: Math.max(since + grid, Math.ceil(b / grid) * grid) };
}

/** What a key does to one end of the piece; undefined: nothing. The ends never cross. */
export function moved(axis: Axis, piece: Piece, end: 'since' | 'until', key: string, large: boolean): Piece | undefined {
  const grid = gridOf(axis) * (large ? 10 : 1);
  const step = { ArrowLeft: -grid, ArrowDown: -grid, ArrowRight: grid, ArrowUp: grid, PageDown: -grid * 10, PageUp: grid * 10 }[key];
  const wish = key === 'Home' ? axis.since : key === 'End' ? axis.until : step === undefined ? undefined : piece[end] + step;
  if (wish === undefined) return undefined;
  const within = Math.min(axis.until, Math.max(axis.since, wish));
  const least = gridOf(axis);
  return end === 'since'
    ? { ...piece, since: Math.min(within, piece.until - least) }
    : { ...piece, until: Math.max(within, piece.since + least) };
}

/** Messages in a piece, from counts of equal parts of the axis; of a part that lies half in it, half. */
export function countIn(axis: Pick<Axis, 'since' | 'until'>, counts: readonly number[], piece: Piece): number {
  const part = (axis.until - axis.since) / Math.max(1, counts.length);
  let sum = 0;
  for (const [index, count] of counts.entries()) {
    const from = axis.since + index * part;
    const overlap = Math.min(from + part, piece.until) - Math.max(from, piece.since);
    if (overlap > 0) sum += count * (overlap / part);
  }
  return Math.round(sum);
}
