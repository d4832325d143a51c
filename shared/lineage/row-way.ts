import { parseJson } from '../json.ts';
import type { RowOutcome, RowReport } from '../mapping/preview/report.ts';
import { evaluateIn, type PreviewMessage } from '../mapping/preview.ts';
import type { ChoiceRule, DefaultRule, GroupRule, ListRule, LoopRule, MergeRule, ObjectRule, Rule } from '../mapping/rule.ts';
import type { OpenView } from '../mapping/view.ts';
import type { Place } from './place.ts';

/** A row around the one that made a value, and what it decided for this message. */
export type Around =
  /** Item `turn` (from 0) of the list as the loop goes through it. */
  | { kind: 'loop'; rule: LoopRule; turn: number }
  /** The branch that held, by its number; -1 is the last, without a condition. */
  | { kind: 'choice'; rule: ChoiceRule; branch: number }
  | { kind: 'default'; rule: DefaultRule; taken: 'value' | 'fallback' };

/** The row that made what stands at a place of one message, and the steps below it that it does not name. */
export interface RowWay {
  rule: Rule;
  rest: Place;
  around: Around[];
  /** Which item of each loop, by the loop's id. */
  items: Map<string, number>;
  /** Why it is not sure, as sentences. */
  doubts: string[];
}

/** A mapping on one message, ready to be asked. */
export interface Looked {
  view: OpenView;
  message: PreviewMessage;
  reports: readonly RowReport[];
}

/** Loops whose items are counted one by one go so far. */
const mostTurns = 60;

/** What an expression gives in the place of a row. */
export function valueIn({ view, message }: Looked, rule: string, code: string, items: ReadonlyMap<string, number>): RowOutcome {
  return evaluateIn(view, rule, code, message, items);
}

/** Follows a place of the result from the root of the mapping to the row that made it, by what this message decided. */
export function rowWay(looked: Looked, place: Place): RowWay {
  const way: RowWay = { rule: looked.view.root, rest: place, around: [], items: new Map(), doubts: [] };
  for (let depth = 0; depth < 200; depth++) {
    const next = step(looked, way);
    if (next === undefined) break;
    way.rule = next.rule;
    way.rest = next.rest;
  }
  return way;
}

interface Next {
  rule: Rule;
  rest: Place;
}

function step(looked: Looked, way: RowWay): Next | undefined {
  const { rule, rest } = way;
  switch (rule.kind) {
    case 'scope':
      return { rule: rule.body, rest };
    case 'choice':
      return branchOf(looked, way, rule);
    case 'default':
      return sideOf(looked, way, rule);
    case 'object':
      return fieldOf(looked, way, rule);
    case 'group':
      return groupOf(way, rule);
    case 'list':
      return itemOf(looked, way, rule);
    case 'merge':
      return partOf(looked, way, rule);
    case 'loop':
      return turnOf(looked, way, rule);
    default:
      return undefined;
  }
}

const textOf = ({ view }: Looked, { span }: Rule): string => view.text.slice(span.start, span.end);

function branchOf(looked: Looked, way: RowWay, rule: ChoiceRule): Next | undefined {
  for (const [branch, { condition, value }] of rule.branches.entries()) {
    const code = looked.view.text.slice(condition.start, condition.end);
    const held = valueIn(looked, rule.id, `$boolean(${code})`, way.items);
    if (held.kind === 'failed') return undefined;
    if (held.kind !== 'value' || held.json !== 'true') continue;
    way.around.push({ kind: 'choice', rule, branch });
    return { rule: value, rest: way.rest };
  }
  way.around.push({ kind: 'choice', rule, branch: -1 });
  return rule.otherwise && { rule: rule.otherwise, rest: way.rest };
}

function sideOf(looked: Looked, way: RowWay, rule: DefaultRule): Next {
  const made = valueIn(looked, rule.id, textOf(looked, rule.value), way.items);
  const taken = isAbsent(made, rule.mode) ? 'fallback' : 'value';
  way.around.push({ kind: 'default', rule, taken });
  return { rule: rule[taken], rest: way.rest };
}

function isAbsent(made: RowOutcome, mode: DefaultRule['mode']): boolean {
  if (made.kind !== 'value') return true;
  if (mode === 'missing') return false;
  if (mode === 'missingOrNull') return made.json === 'null';
  return ['null', '""', '0', 'false', '[]', '{}'].includes(made.json);
}

function fieldOf(looked: Looked, way: RowWay, rule: ObjectRule): Next | undefined {
  const [name, ...rest] = way.rest;
  if (name === undefined) return undefined;
  const plain = rule.fields.find(({ key }) => key === name);
  if (plain) return { rule: plain.rule, rest };
  for (const field of rule.fields) {
    if (field.key !== undefined) continue;
    const key = valueIn(looked, rule.id, looked.view.text.slice(field.keySpan.start, field.keySpan.end), way.items);
    if (key.kind === 'value' && parseJson(key.json) === name) return { rule: field.rule, rest };
  }
  return undefined;
}

function groupOf(way: RowWay, rule: GroupRule): Next | undefined {
  const [name, ...rest] = way.rest;
  const [field, ...more] = rule.fields;
  if (name === undefined || field === undefined || more.length > 0) return undefined;
  way.doubts.push('It is made of all items of one group together, so all fields of the list stand here, not those of the group alone.');
  return { rule: field.rule, rest };
}

/** How many entries of a list an item of it makes: a list written out is one, another list as many as it has. */
function entries(made: RowOutcome, code: string): number {
  if (made.kind !== 'value') return 0;
  return code.startsWith('[') ? 1 : (made.items ?? 1);
}

function itemOf(looked: Looked, way: RowWay, rule: ListRule): Next | undefined {
  const [index, ...rest] = way.rest;
  if (typeof index !== 'number') return undefined;
  let at = 0;
  for (const item of rule.items) {
    const code = textOf(looked, item);
    const made = valueIn(looked, rule.id, code, way.items);
    const count = entries(made, code);
    if (index < at + count) {
      const spread = made.kind === 'value' && made.items !== undefined && !code.startsWith('[');
      return { rule: item, rest: spread ? [index - at, ...rest] : rest };
    }
    at += count;
  }
  return undefined;
}

function partOf(looked: Looked, way: RowWay, rule: MergeRule): Next | undefined {
  const [name] = way.rest;
  if (name === undefined) return undefined;
  for (const item of rule.items.toReversed()) {
    const made = valueIn(looked, rule.id, textOf(looked, item), way.items);
    if (made.kind !== 'value' || made.cut) continue;
    const value = parseJson(made.json);
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, name)) return { rule: item, rest: way.rest };
  }
  return undefined;
}

function turnOf(looked: Looked, way: RowWay, rule: LoopRule): Next | undefined {
  const [index] = way.rest;
  const same = rule.body.target.length === rule.target.length;
  const wanted = typeof index === 'number' ? index : 0;
  const rest = typeof index === 'number' ? way.rest.slice(1) : way.rest;
  if (way.rest.length === 0) return undefined;
  const count = turnsOf(looked, rule, way.items);
  const one = makesOne(rule.body) && !same;
  if (one || count === undefined || count > mostTurns) {
    if (!one) way.doubts.push(`The list has ${count ?? 'too many'} items; which of them made this one was not followed.`);
    return enter(way, rule, wanted, rest);
  }
  for (let turn = 0, at = 0; turn < count; turn++) {
    const here = entriesOf(looked, rule.body, new Map([...way.items, [rule.id, turn]]), rule.form !== 'map');
    if (wanted < at + here.count) return enter(way, rule, turn, here.listed ? [wanted - at, ...rest] : rest);
    at += here.count;
  }
  way.doubts.push('Which item of the list made it could not be told.');
  return enter(way, rule, wanted, rest);
}

/** Whether each item makes exactly one entry. */
function makesOne(rule: Rule): boolean {
  return rule.kind === 'object' || (rule.kind === 'scope' && makesOne(rule.body));
}

function enter(way: RowWay, rule: LoopRule, turn: number, rest: Place): Next {
  way.around.push({ kind: 'loop', rule, turn });
  way.items.set(rule.id, turn);
  return { rule: rule.body, rest };
}

/** How many entries of the list the body of a loop makes of one item, and whether it made them as a list. */
function entriesOf(looked: Looked, body: Rule, items: ReadonlyMap<string, number>, spread: boolean): { count: number; listed: boolean } {
  if (makesOne(body)) return { count: 1, listed: false };
  if (body.kind === 'scope') return entriesOf(looked, body.body, items, spread);
  // A loop in the body whose items follow one another in the same list.
  if (body.kind === 'loop' && makesOne(body.body)) {
    const turns = turnsOf(looked, body, items);
    if (turns !== undefined) return { count: turns, listed: true };
  }
  const made = valueIn(looked, body.id, textOf(looked, body), items);
  if (made.kind !== 'value') return { count: 0, listed: false };
  const listed = spread && made.items !== undefined;
  return { count: listed ? (made.items ?? 1) : 1, listed };
}

function turnsOf({ reports }: Looked, rule: LoopRule, items: ReadonlyMap<string, number>): number | undefined {
  const report = reports.find(({ rule: id }) => id === rule.id);
  const at = report?.loops.map((loop) => items.get(loop) ?? 0);
  // A loop that nothing came to has no turns.
  return report?.turns?.find((turn) => turn.at.every((item, i) => item === at?.[i]))?.count ?? (report ? 0 : undefined);
}
