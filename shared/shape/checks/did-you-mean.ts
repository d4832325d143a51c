import { leafName, type Path } from '../path.ts';
import { type Shape, walk } from '../shape.ts';

/** The known path that a wrong one most likely meant, or undefined: a small slip in one name, or the same name under another parent. */
export function didYouMean(shape: Shape, wrong: Path): Path | undefined {
  const names = wrong.filter((step): step is string => step !== null);
  let best: { path: Path; cost: number } | undefined;
  for (const { path } of walk(shape)) {
    if (path.length === 0 || path.at(-1) === null) continue;
    const cost = costOf(
      names,
      path.filter((step): step is string => step !== null),
    );
    if (cost !== undefined && (best === undefined || cost < best.cost)) best = { path, cost };
  }
  return best?.path;
}

/** How far a known path is from a wrong one; undefined where nobody would have meant it. */
function costOf(wrong: readonly string[], known: readonly string[]): number | undefined {
  const [last, knownLast] = [leafName(wrong), leafName(known)];
  const most = Math.max(1, Math.floor(Math.max(last.length, knownLast.length) / 4));
  if (Math.abs(last.length - knownLast.length) > most) return undefined;
  const slip =
    editDistance(last.toLowerCase(), knownLast.toLowerCase()) +
    (last.toLowerCase() === knownLast.toLowerCase() && last !== knownLast ? 0.1 : 0);
  if (slip > most) return undefined;
  const [parents, knownParents] = [wrong.slice(0, -1), known.slice(0, -1)];
  const common = parents.filter((name) => knownParents.some((other) => editDistance(name.toLowerCase(), other.toLowerCase()) <= 1)).length;
  const apart = parents.length + knownParents.length - 2 * common;
  // A slip in the name and other parents besides: a guess too far.
  return slip >= 1 && apart > 1 ? undefined : slip + apart * 0.5;
}

/** How many characters must be added, taken away, replaced, or swapped with their neighbour to make one text of the other. */
export function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 20) return Math.abs(a.length - b.length);
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
