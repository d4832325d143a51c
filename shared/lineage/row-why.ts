import { parseJson } from '../json.ts';
import { childrenOf, type Span, type SyntaxNode } from '../jsonata/syntax/tree.ts';
import { type PreviewMessage, previewer } from '../mapping/preview.ts';
import { reachesOf, type SourcePath, samePath } from '../mapping/reach.ts';
import { allRules, type LoopRule, type Rule } from '../mapping/rule.ts';
import { targetText } from '../mapping/target.ts';
import { type OpenView, opaqueReason } from '../mapping/view.ts';
import { type Beside, besideName } from './beside.ts';
import { itemsOf, type Place, type Placed, placesAt, placeText, sameJson, valueAt } from './place.ts';
import { copiesPlainly } from './place-reads.ts';
import { namedReads, usedRules } from './row-besides.ts';
import { partsOfRow, type RowPart, type TableHit, tableHit } from './row-parts.ts';
import { type Around, type Looked, type RowWay, rowWay, valueIn } from './row-way.ts';

/** What a row read of the message, and what stood there. */
export interface ReadField {
  /** Where it stands; for many values, the place up to which they are one. */
  place: Place;
  /** As the row names it, through lists: `items.price`. */
  path: SourcePath;
  /** `value`: it went into the value. `condition`: it only decided. `loop`: its items were gone through. */
  role: 'value' | 'condition' | 'loop';
  /** How many values stand there, where they are not listed one by one. */
  many?: number;
  /** True where the message has nothing there. */
  missing?: true;
  /** Of what stands beside the value: the key, a header, the time, where it entered. */
  beside?: Beside;
  /** Of a split: it stands in the message whose parts they are, not in the part. */
  parent?: true;
}

/** What a row around decided, as words and pieces of the text. */
export type RowTurn =
  | { kind: 'loop'; row: string; list: string; item: number; place?: Place }
  | { kind: 'choice'; row: string; condition?: string; branch: number }
  | { kind: 'default'; row: string; taken: 'value' | 'fallback' };

/** The row of a mapping that made a value of one message. */
export interface RowWhy {
  /** Id of the rule, and the row as the mapper names it. */
  rule: string;
  row: string;
  /** The row as it is written. */
  text: string;
  span: Span;
  kind: Rule['kind'];
  around: RowTurn[];
  fields: ReadField[];
  parts: RowPart[];
  table?: TableHit;
  /** Variables and own functions that it names, with their text. */
  uses: { name: string; text: string }[];
  /** What the row gives when it is run again by itself, as JSON text. */
  again?: string;
  /** Why it is not exact; empty where it is. */
  doubts: string[];
}

/** Most values of one field that are named one by one. */
const mostValues = 12;
const timeOrChance = /\$(?:now|millis|random|shuffle)\b/;

/** The row that made what stands at a place of the result for this message, and everything that it read. Never throws. */
export function whyRow(view: OpenView, message: PreviewMessage, place: Place, value: unknown): RowWhy {
  const looked: Looked = { view, message, reports: previewer(view).preview(message).rows };
  const way = rowWay(looked, place);
  const { rule } = way;
  const loops = loopsIn(looked, way);
  const made = valueIn(looked, rule.id, textOf(view, rule.span), way.items);
  const doubts = [...way.doubts, ...loops.flatMap(({ doubt }) => doubt ?? [])];
  const own = view.text.slice(rule.span.start, rule.span.end);
  const reason = [...allRules(rule)].map(opaqueReason).find((one) => one !== undefined);
  if (reason !== undefined)
    doubts.push(`This row is an own expression (it ${reason}): these fields were read, how they combine is not taken apart.`);
  if (way.rest.length > 0 && !copiesPlainly(rule))
    doubts.push('This row makes more than this value at once; which of its fields made this part is not taken apart.');
  const again = made.kind === 'value' && !made.cut ? made.json : undefined;
  const cut = made.kind === 'value' && made.cut === true;
  if (value !== undefined && !cut && (again === undefined || !sameJson(valueAt(parseJson(again), way.rest), value))) {
    doubts.push(
      timeOrChance.test(view.text)
        ? 'It depends on the time or on chance, so running the row again gives something else.'
        : 'Running this row again by itself gives something else than what stands in the message: a mask may hide what it read, or other rows changed it.',
    );
  }
  const fields = fieldsOf(looked, way, loops);
  if (fields.some(({ path, beside, role }) => path.length === 0 && beside === undefined && role !== 'loop'))
    doubts.push('This row reads the whole message, so any field of it may have had a say.');
  const table = rule.kind === 'table' ? tableHit(looked, rule, way.items) : undefined;
  return {
    rule: rule.id,
    row: targetText(rule.target),
    text: own,
    span: rule.span,
    kind: rule.kind,
    around: way.around.map((one) => turnOf(view, one, loops)),
    fields,
    parts: partsOfRow(looked, rule, way.items),
    ...(table && { table }),
    uses: usesOf(view, rule),
    ...(again !== undefined && { again }),
    doubts: [...new Set(doubts)],
  };
}

const textOf = (view: OpenView, { start, end }: Span): string => view.text.slice(start, end);

/** A loop around a row: which field's item it is at. */
interface LoopAt {
  rule: LoopRule;
  turn: number;
  /** The names of the list, from the root. */
  path?: SourcePath;
  item?: Placed;
  doubt?: string;
}

function loopsIn(looked: Looked, { around, items }: RowWay): LoopAt[] {
  const loops: LoopAt[] = [];
  for (const one of around) {
    if (one.kind !== 'loop') continue;
    const { rule, turn } = one;
    const lines = looked.view.lines.filter(({ row, role }) => row === rule.id && role === 'loop');
    const name = rule.form === 'dot' ? '' : (rule.itemName ?? '');
    const at = rule.form !== 'dot' && name === '' ? undefined : valueIn(looked, rule.body.id, `$${name}`, items);
    const [line, other] = lines;
    if (line === undefined || other !== undefined || at?.kind !== 'value' || at.cut) {
      loops.push({ rule, turn, ...(line && !other && { path: line.path }) });
      continue;
    }
    const outer = loops.findLast(({ path, item }) => item && path && startsWith(line.path, path));
    const candidates = placesAt(
      looked.message.value,
      outer?.path ? line.path.slice(outer.path.length) : line.path,
      outer?.item?.place ?? [],
    ).flatMap(itemsOf);
    const value = parseJson(at.json);
    const matches = candidates.filter((candidate) => sameJson(candidate.value, value));
    const inOrder = candidates[turn];
    const item = rule.where.length === 0 && rule.sort.length === 0 && inOrder && sameJson(inOrder.value, value) ? inOrder : matches[0];
    const doubt =
      item === undefined
        ? `The items of ${line.path.join('.')} were changed before the loop, so which of them it was is not known.`
        : matches.length > 1 && item !== inOrder
          ? `${matches.length} items of ${line.path.join('.')} are equal; the first of them is shown.`
          : undefined;
    loops.push({ rule, turn, path: line.path, ...(item && { item }), ...(doubt !== undefined && { doubt }) });
  }
  return loops;
}

const startsWith = (path: SourcePath, start: SourcePath): boolean => start.every((name, i) => path[i] === name);

function turnOf(view: OpenView, one: Around, loops: readonly LoopAt[]): RowTurn {
  const row = targetText(one.rule.target);
  if (one.kind === 'loop') {
    const place = loops.find(({ rule }) => rule === one.rule)?.item?.place;
    return { kind: 'loop', row, list: textOf(view, one.rule.listSpan), item: one.turn, ...(place && { place }) };
  }
  if (one.kind === 'default') return { kind: 'default', row, taken: one.taken };
  const condition = one.rule.branches[one.branch]?.condition;
  return { kind: 'choice', row, branch: one.branch, ...(condition && { condition: textOf(view, condition) }) };
}

/** The rows that had a say in a value: the row itself with what is below it, and the conditions and tables on the way. */
function rowsWithSay({ rule, around }: RowWay): { rule: Rule; decides: boolean }[] {
  const own = [...allRules(rule)].map((one) => ({ rule: one, decides: false }));
  const beside = around.flatMap((one) => {
    if (one.kind === 'choice') return [{ rule: one.rule, decides: true }];
    // What is missing decides that the stand-in counts.
    if (one.kind === 'default' && one.taken === 'fallback')
      return [...allRules(one.rule.value)].map((inner) => ({ rule: inner, decides: true }));
    return [];
  });
  return [...own, ...beside];
}

function fieldsOf(looked: Looked, way: RowWay, loops: readonly LoopAt[]): ReadField[] {
  const fields: ReadField[] = [];
  const names = way.rest.map((step) => step);
  const absolute = rootPaths(looked.view, way.rule);
  for (const { rule, decides } of rowsWithSay(way)) {
    for (const { row, path, role } of looked.view.lines) {
      if (row !== rule.id) continue;
      const as = decides || role === 'condition' ? 'condition' : role === 'loop' ? 'loop' : 'value';
      const rest = rule === way.rule && copiesPlainly(rule) ? names : [];
      const fromRoot = absolute.some((one) => samePath(one, path));
      for (const field of placed(looked, fromRoot ? [] : loops, path, rest, as)) addField(fields, field);
    }
  }
  for (const { name, path, decides } of namedReads(looked.view, way)) {
    const role = decides ? 'condition' : 'value';
    const { parent } = looked.message.bindings;
    if (name === 'parent') {
      const whole = { view: looked.view, message: { value: parent, bindings: {} }, reports: [] };
      for (const field of placed(whole, [], path, [], role)) addField(fields, { ...field, parent: true });
    } else if (name === 'headers' && path[0] !== undefined)
      addField(fields, { place: [], path: [], role, beside: { of: name, header: path[0] } });
    else addField(fields, { place: [], path: [], role, beside: { of: name } });
  }
  return fields;
}

function addField(fields: ReadField[], field: ReadField): void {
  const known = fields.find((one) => fieldName(one) === fieldName(field));
  if (known === undefined) fields.push(field);
  else if (known.role !== 'value' && field.role === 'value') known.role = 'value';
}

/** Names what was read, within one row. */
export function fieldName({ beside, parent, place }: Pick<ReadField, 'beside' | 'parent' | 'place'>): string {
  return `${parent ? '$parent ' : ''}${beside ? besideName(beside) : placeText(place)}`;
}

/** What stands at a path that a row reads: in the item of the innermost loop over it, else from the root. */
function placed({ message }: Looked, loops: readonly LoopAt[], path: SourcePath, rest: Place, role: ReadField['role']): ReadField[] {
  const loop = loops.findLast(({ item, path: list }) => item && list && startsWith(path, list));
  const start = loop?.item?.place ?? [];
  const names = loop?.path ? path.slice(loop.path.length) : path;
  const found = placesAt(message.value, names, start);
  if (found.length === 0) return [{ place: [...start, ...names], path, role, missing: true }];
  if (role === 'loop') {
    const [first] = placesAt(message.value, names.slice(0, -1), start);
    const list = found.length === 1 ? (found[0]?.place ?? []) : [...(first?.place ?? start), ...names.slice(-1)];
    return [{ place: list, path, role }];
  }
  const [only] = found;
  if (only && found.length === 1) {
    const place = [...only.place, ...rest];
    const nothing = rest.length > 0 && valueAt(message.value, place) === undefined;
    // An item of a list of one may stand for the list.
    const [step, ...more] = rest;
    if (nothing && typeof step === 'number') return [{ place: [...only.place, ...more], path, role }];
    return [{ place, path, role, ...(nothing && { missing: true as const }) }];
  }
  const [step, ...more] = rest;
  const chosen = typeof step === 'number' ? found[step] : undefined;
  if (chosen) return [{ place: [...chosen.place, ...more], path, role }];
  if (found.length > mostValues) return [{ place: common(found), path, role, many: found.length }];
  return found.map(({ place }) => ({ place, path, role }));
}

/** The deepest place that all stand below. */
function common(found: readonly Placed[]): Place {
  const [first] = found;
  const length = (first?.place ?? []).findIndex((step, i) => found.some(({ place }) => place[i] !== step));
  return (first?.place ?? []).slice(0, Math.max(0, length));
}

/** The paths that a row reads from the root of the message, whatever item it is at. */
function rootPaths(view: OpenView, rule: Rule): SourcePath[] {
  const wanted = new Set<Extract<SyntaxNode, { kind: 'path' | 'filter' }>>();
  const walk = (node: SyntaxNode): void => {
    if (node.kind === 'path' && startsAtRoot(node)) wanted.add(node);
    for (const child of childrenOf(node)) walk(child);
  };
  walk(rule.node);
  if (wanted.size === 0) return [];
  return [...reachesOf(view.syntax.root, wanted).values()].flatMap(({ paths, from }) => [...paths, ...from]);
}

function startsAtRoot(node: SyntaxNode): boolean {
  if (node.kind === 'path') return node.steps[0] !== undefined && startsAtRoot(node.steps[0]);
  if (node.kind === 'filter' || node.kind === 'sort' || node.kind === 'keep') return startsAtRoot(node.target);
  return node.kind === 'variable' && node.name === '$';
}

function usesOf(view: OpenView, rule: Rule): RowWhy['uses'] {
  const named = new Map(view.uses.map(({ of, name }) => [of, name]));
  return usedRules(view, rule).map((variable) => ({ name: named.get(variable.id) ?? '', text: textOf(view, variable.span) }));
}
