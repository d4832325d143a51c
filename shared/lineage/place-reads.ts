import { isPlainPath } from '../mapping/chip.ts';
import type { Line } from '../mapping/lines.ts';
import { placeFor } from '../mapping/place.ts';
import type { SourcePath } from '../mapping/reach.ts';
import { allRules, type ListRule, type Rule } from '../mapping/rule.ts';
import type { TargetPath, TargetStep } from '../mapping/target.ts';
import type { OpenView } from '../mapping/view.ts';

/** A place of the message that has a say in a place of the result, and the row that reads it. */
export interface PlaceRead {
  row: string;
  role: Line['role'];
  /** Names from the root, through lists without naming them; a path stands for all below it. */
  path: SourcePath;
}

/** A rule that may fill a place, or part of it, and the steps that the rule does not name. */
export interface Maker {
  rule: Rule;
  rest: TargetPath;
}

/**
 * All places of the message that a place of the result may depend on, whatever the message: of conditions every branch, of
 * a default both sides. Never too few; what is not among them may change without changing what stands at the place.
 */
export function readsOfPlace(view: OpenView, target: TargetPath): PlaceRead[] {
  const reads: PlaceRead[] = [];
  const seen = new Set<string>();
  for (const { rule, rest } of makersOf(view, target)) {
    const names = rest.filter((step): step is string => typeof step === 'string');
    for (const line of view.lines) {
      if (line.row !== rule.id) continue;
      const path = line.role === 'copy' && copiesPlainly(rule) ? [...line.path, ...names] : line.path;
      const id = `${line.row}\n${line.role}\n${JSON.stringify(path)}`;
      if (seen.has(id)) continue;
      seen.add(id);
      reads.push({ row: line.row, role: line.role, path });
    }
  }
  return reads;
}

/** Whether a row is a field and nothing else, so that what is below the field stands below the place. */
export const copiesPlainly = (rule: Rule): boolean => rule.kind === 'copy' && isPlainPath(rule.chip);

/** The rules that have a say in a place: those that fill it, whole or in part, and the loops, conditions and tables around. */
export function makersOf(view: Pick<OpenView, 'root'>, target: TargetPath): Maker[] {
  const makers: Maker[] = [];
  gather(view.root, target, makers);
  return makers;
}

function gather(rule: Rule, rest: TargetPath, makers: Maker[]): void {
  const [step, ...more] = rest;
  if (step === undefined) {
    for (const inner of allRules(rule)) makers.push({ rule: inner, rest: [] });
    return;
  }
  switch (rule.kind) {
    case 'scope':
    case 'helper':
      gather(rule.body, rest, makers);
      return;
    case 'object':
      // A computed name may be any name.
      if (rule.fields.some(({ key }) => key === undefined)) makers.push({ rule, rest: [] });
      for (const field of rule.fields) if (field.key === undefined || field.key === step) gather(field.rule, more, makers);
      return;
    case 'group':
      makers.push({ rule, rest: [] });
      for (const field of rule.fields) gather(field.rule, more, makers);
      return;
    case 'list':
      for (const item of itemsFor(rule, step)) {
        gather(item, more, makers);
        if (!isOne(item)) gather(item, rest, makers);
      }
      return;
    case 'merge':
      for (const item of rule.items) gather(item, rest, makers);
      return;
    case 'choice':
      makers.push({ rule, rest: [] });
      for (const { value } of rule.branches) gather(value, rest, makers);
      if (rule.otherwise) gather(rule.otherwise, rest, makers);
      return;
    case 'default':
      // Whether the stand-in counts hangs on all of the value.
      for (const inner of allRules(rule.value)) makers.push({ rule: inner, rest: [] });
      gather(rule.value, rest, makers);
      gather(rule.fallback, rest, makers);
      return;
    case 'table':
      makers.push({ rule, rest: [] });
      if (rule.otherwise) gather(rule.otherwise, rest, makers);
      return;
    case 'loop':
      makers.push({ rule, rest: [] });
      // Which item of the result it is hangs on how many the items before it made.
      if (typeof step === 'number' && !isOne(rule.body)) gather(rule.body, [], makers);
      if (typeof step === 'number' || step === null) {
        if (rule.body.target.length === rule.target.length) gather(rule.body, rest, makers);
        else gather(rule.body, more, makers);
      } else gather(rule.body, rest, makers);
      return;
    default:
      makers.push({ rule, rest });
  }
}

/** Whether a rule gives exactly one value, whatever the message. */
function isOne(rule: Rule): boolean {
  if (rule.kind === 'scope') return isOne(rule.body);
  return rule.kind === 'object' || rule.kind === 'constant' || rule.kind === 'template' || ('list' in rule && rule.list === true);
}

/** The items of a fixed list that may be the one at a step: an item that is nothing, or several, moves those behind it. */
function itemsFor(rule: ListRule, step: TargetStep): readonly Rule[] {
  if (typeof step !== 'number' || !rule.items.every(isOne)) return rule.items;
  return rule.items.slice(step, step + 1);
}

/** The row that makes a place of a result, as it stands in the text: of a condition or a merge the first that makes it. */
export function ruleForPlace(view: OpenView, place: TargetPath): Maker {
  let path = place;
  for (let turns = 0; turns < 64; turns++) {
    const { rule, rest } = placeFor(view, path);
    const [step, ...more] = rest;
    // A loop is gone through whatever the number of the item, and where one item stands for the list.
    if (rule.kind !== 'loop' || step === undefined || step === null) return { rule, rest };
    const done = path.slice(0, path.length - rest.length);
    path = [...done, null, ...(typeof step === 'number' ? more : rest)];
  }
  return { rule: view.root, rest: place };
}
