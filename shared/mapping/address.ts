import { pathCode } from './code.ts';
import { placeFor } from './place.ts';
import type { SourcePath } from './reach.ts';
import type { LoopRule, Rule } from './rule.ts';
import type { TargetPath } from './target.ts';
import { type OpenView, pathToRule } from './view.ts';

/** How a place of the message is named from a place of the result. */
export interface Address {
  /** What the path begins with: nothing for the item at hand, `$$`, `$item`. */
  start: string;
  /** The names from there. */
  names: SourcePath;
  /** The first so many names of the whole path are behind `start`. */
  base: number;
  /** The loop whose item needs a name first. */
  unnamed?: LoopRule;
}

/** The loops around a place of the result, from the outside, that are made already; `rule` is the one that makes it, or would. */
export function loopsAround(view: OpenView, target: TargetPath, rule = placeFor(view, target).rule): LoopRule[] {
  return pathToRule(view, rule.id).filter((one) => one.kind === 'loop' && one.target.length < target.length) as LoopRule[];
}

/** The list (or object) that a loop goes through, as a place of the message; nothing where it is none. */
export function listOf(view: OpenView, loop: LoopRule): SourcePath | undefined {
  return view.lines.find((line) => line.row === loop.id && line.role === 'loop')?.path;
}

/**
 * Names a place of the message for a rule at a place of the result: by the item of the innermost loop over a list that
 * holds it, by `$$` where there are loops but none over such a list. Never by the parent `%`, which a sort forbids.
 */
export function addressOf(view: OpenView, path: SourcePath, target: TargetPath, rule?: Rule): Address {
  const loops = loopsAround(view, target, rule);
  const dotted = loops.findLast((loop) => loop.form === 'dot');
  for (const loop of [...loops].reverse()) {
    const list = listOf(view, loop);
    if (list === undefined || list.length === 0 || !list.every((name, i) => path[i] === name)) continue;
    const place = { names: path.slice(list.length), base: list.length };
    if (loop === dotted) return { start: '', ...place };
    if (loop.itemName !== undefined) return { start: `$${loop.itemName}`, ...place };
    return { start: '$item', ...place, unnamed: loop };
  }
  return { start: dotted === undefined ? '' : '$$', names: path, base: 0 };
}

/** The code of an address, or of its first names. */
export function addressCode({ start, names }: Address, count = names.length): string {
  return pathCode(names.slice(0, count), start);
}
