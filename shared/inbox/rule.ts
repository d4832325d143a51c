import { type Chip, chipsIn, isPlainPath, type PathChip } from '../mapping/chip.ts';
import type { SourcePath } from '../mapping/reach.ts';
import { allRules, chipsOf, type Rule } from '../mapping/rule.ts';
import { targetText } from '../mapping/target.ts';
import { type OpenView, ruleAt, viewOf } from '../mapping/view.ts';

/** The row of a mapping at which messages fail. */
export interface FailedRow {
  view: OpenView;
  rule: Rule;
  /** The place that it fills; `$name` for a variable. */
  place: string;
  /** Fields of the message that it reads, by names; lists are passed through. */
  reads: SourcePath[];
}

/** The row of an error, by its offset in the expression; undefined where the text has no rows, or none there. */
export function rowAt(expression: string, position: number): FailedRow | undefined {
  const view = viewOf(expression);
  if (!view.ok) return undefined;
  const rule = ruleAt(view, Math.max(0, position - 1)) ?? ruleAt(view, position);
  // The whole text is no row that says more than the node does.
  if (rule === undefined || rule.target.length === 0) return undefined;
  return { view, rule, place: targetText(rule.target), reads: readsOf(view, rule) };
}

/** The row of an expression that fills a place: the same row in another version. */
export function rowOfPlace(expression: string, place: string): FailedRow | undefined {
  const view = viewOf(expression);
  if (!view.ok) return undefined;
  for (const rule of allRules(view.root)) {
    if (rule.target.length > 0 && targetText(rule.target) === place) return { view, rule, place, reads: readsOf(view, rule) };
  }
  return undefined;
}

/** The fields of the message that a row reads, also through variables; without loops around it and each once. */
function readsOf(view: OpenView, rule: Rule): SourcePath[] {
  const rows = new Set([...allRules(rule)].map(({ id }) => id));
  const open = [...rows];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const { row, of } of view.uses) {
      if (row !== id || rows.has(of)) continue;
      rows.add(of);
      open.push(of);
    }
  }
  const paths = view.lines.filter(({ row, role }) => rows.has(row) && role !== 'loop').map(({ path }) => path);
  const distinct = new Map(paths.map((path) => [JSON.stringify(path), path]));
  return [...distinct.values()].filter((path) => path.length > 0);
}

/** The chips of a row that are a field of the message as it is, and which: for edits of that field alone. */
export function fieldChips({ rule }: Pick<FailedRow, 'rule'>): PathChip[] {
  const found: PathChip[] = [];
  const open: Chip[] = [...allRules(rule)].flatMap(chipsOf);
  for (let chip = open.shift(); chip !== undefined; chip = open.shift()) {
    if (chip.kind === 'path' && chip.steps.length > 0 && isPlainPath(chip)) found.push(chip);
    open.push(...chipsIn(chip));
  }
  return [...new Map(found.map((chip) => [chip.start, chip])).values()];
}

/** Whether a chip is this field, as it may be written inside a loop: by the end of its path. */
export function isField(chip: PathChip, path: SourcePath): boolean {
  const names = chip.steps.map(({ name }) => name);
  return names.length > 0 && names.length <= path.length && names.every((name, at) => name === path[path.length - names.length + at]);
}
