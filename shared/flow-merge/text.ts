/** A run of pieces of the base text and what takes its place. */
interface Hunk {
  start: number;
  end: number;
  insert: string[];
}

/** Most cells of the table that finds what two texts share; larger texts are not merged as text. */
const mostCells = 4_000_000;

/** Words, quoted texts, remarks, blanks and single signs: a text is cut nowhere else. */
const pieces = /\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|[$\w]+|\s+|./gsu;

/**
 * Three-way merge of texts, piece by piece. Undefined where both changed the same place, or places that touch, and for
 * texts that are too long. The merge of equal changes is that change; the order of the two sides does not matter.
 */
export function mergeTexts(base: string, mine: string, theirs: string): string | undefined {
  const from = cutUp(base);
  const [left, right] = [hunksBetween(from, cutUp(mine)), hunksBetween(from, cutUp(theirs))];
  if (left === undefined || right === undefined) return undefined;
  const all = [...left, ...right].sort((a, b) => a.start - b.start || a.end - b.end);
  const kept: Hunk[] = [];
  for (const hunk of all) {
    const last = kept.at(-1);
    if (last !== undefined && last.start === hunk.start && last.end === hunk.end && last.insert.join('') === hunk.insert.join('')) continue;
    if (last !== undefined && (hunk.start < last.end || (hunk.start === last.end && touches(last, hunk)))) return undefined;
    kept.push(hunk);
  }
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, insert } of kept) {
    parts.push(...from.slice(at, start), ...insert);
    at = end;
  }
  return [...parts, ...from.slice(at)].join('');
}

/** Where something is put in at the edge of another change, nobody can say which comes first. */
const touches = (a: Hunk, b: Hunk): boolean => a.start === a.end || b.start === b.end;

const cutUp = (text: string): string[] => text.match(pieces) ?? [];

function hunksBetween(from: readonly string[], to: readonly string[]): Hunk[] | undefined {
  let head = 0;
  while (head < from.length && head < to.length && from[head] === to[head]) head++;
  let tail = 0;
  while (tail < Math.min(from.length, to.length) - head && from[from.length - 1 - tail] === to[to.length - 1 - tail]) tail++;
  const [rows, columns] = [from.length - head - tail, to.length - head - tail];
  if ((rows + 1) * (columns + 1) > mostCells) return undefined;
  // Length of the longest common run of pieces from each place on.
  const width = columns + 1;
  const longest = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      const same = from[head + i] === to[head + j];
      longest[i * width + j] = same
        ? (longest[(i + 1) * width + j + 1] ?? 0) + 1
        : Math.max(longest[(i + 1) * width + j] ?? 0, longest[i * width + j + 1] ?? 0);
    }
  }
  const hunks: Hunk[] = [];
  let open: Hunk | undefined;
  const change = (i: number): Hunk => {
    open ??= { start: head + i, end: head + i, insert: [] };
    return open;
  };
  const close = () => {
    if (open !== undefined) hunks.push(open);
    open = undefined;
  };
  let [i, j] = [0, 0];
  while (i < rows || j < columns) {
    if (i < rows && j < columns && from[head + i] === to[head + j]) {
      close();
      i++;
      j++;
    } else if (j >= columns || (i < rows && (longest[(i + 1) * width + j] ?? 0) >= (longest[i * width + j + 1] ?? 0))) {
      change(i).end = head + ++i;
    } else change(i).insert.push(to[head + j++] ?? '');
  }
  close();
  return hunks;
}
