import { isExactNumber } from '#shared/json.ts';
import { type Beside, besideName, besideValue, besideWords } from '#shared/lineage/beside.ts';
import { type Place, placeText, type Spelling, spellingOf, valueAt } from '#shared/lineage/place.ts';
import { readsOfPlace, ruleForPlace } from '#shared/lineage/place-reads.ts';
import type { Rule } from '#shared/mapping/rule.ts';
import type { OpenView } from '#shared/mapping/view.ts';
import type { TrialRecord } from '#shared/trial.ts';

/** A field of a message as a row. */
export interface FieldRow {
  place: Place;
  /** `lines[1].sku` */
  name: string;
  /** What stands there, with its digits; of a list or object how much it holds. */
  text: string;
  kind: 'value' | 'list' | 'object' | 'item';
  depth: number;
}

/** Most rows of one side. */
export const mostRows = 400;

/** A message as rows: a row for every field, for lists and for what they hold. `items`: of a list of objects each stands in one line. */
export function fieldRows(record: TrialRecord, items: 'whole' | 'fields'): FieldRow[] {
  const spelling = spellingOf(record);
  const rows: FieldRow[] = [];
  if (record.encoding !== undefined || record.truncated !== undefined) return rows;
  walk(record.value, [], 0, { spelling, rows, items });
  return rows;
}

interface Walk {
  spelling: Spelling;
  rows: FieldRow[];
  items: 'whole' | 'fields';
}

function walk(value: unknown, place: Place, depth: number, here: Walk): void {
  if (here.rows.length >= mostRows) return;
  const add = (kind: FieldRow['kind'], text: string) => here.rows.push({ place, name: placeText(place), text, kind, depth });
  if (Array.isArray(value)) {
    if (place.length > 0 || value.length === 0) add('list', value.length === 1 ? '1 item' : `${value.length} items`);
    const plain = value.every((item) => typeof item !== 'object' || item === null || isExactNumber(item));
    for (const [i, item] of value.entries()) {
      const at = [...place, i];
      if (here.items === 'whole' || plain)
        here.rows.push({ place: at, name: placeText(at), text: here.spelling.at(at) ?? '', kind: 'item', depth: depth + 1 });
      else walk(item, at, depth, here);
    }
    return;
  }
  if (typeof value === 'object' && value !== null && !isExactNumber(value)) {
    const entries = Object.entries(value);
    if (entries.length === 0) add('object', '{}');
    for (const [name, inner] of entries) walk(inner, [...place, name], depth, here);
    return;
  }
  add('value', here.spelling.at(place) ?? 'null');
}

/** A row of what left a node, beside what stood at the place before. */
export interface AfterRow extends FieldRow {
  change: 'same' | 'changed' | 'added';
  before?: string;
  /** The row of the mapping that made it, and whether the one above has it too. */
  rule?: Rule;
  again?: boolean;
}

/** What left a node, row by row: whether it stood so before, and which row of the mapping made it. */
export function afterRows(before: TrialRecord | undefined, after: TrialRecord, view: OpenView | undefined): AfterRow[] {
  const old = before && before.encoding === undefined && before.truncated === undefined ? spellingOf(before) : undefined;
  let last: Rule | undefined;
  return fieldRows(after, 'fields').map((row): AfterRow => {
    const was = old === undefined || (before && valueAt(before.value, row.place) === undefined) ? undefined : old.at(row.place);
    const whole = spellingOf(after).at(row.place);
    const change = was === undefined ? 'added' : was === whole ? 'same' : 'changed';
    const rule = view && ruleForPlace(view, row.place).rule;
    const shown = rule && rule.kind !== 'object' ? rule : undefined;
    const again = shown !== undefined && shown === last;
    last = shown;
    return { ...row, change, ...(was !== undefined && { before: was }), ...(shown && { rule: shown }), ...(again && { again }) };
  });
}

/** The rows before that a place may depend on, by their index: lists are met as a whole, items only where `exact` names them. */
export function linesTo(view: OpenView, rows: readonly FieldRow[], place: Place, exact?: readonly Place[]): number[] {
  const found = new Set<number>();
  if (exact !== undefined) {
    for (const at of exact) {
      const index = rowFor(rows, at);
      if (index >= 0) found.add(index);
    }
    return [...found];
  }
  for (const { path, role } of readsOfPlace(view, place)) {
    if (role === 'loop' && place.length > 1) continue;
    const index = rowFor(rows, path);
    if (index >= 0) found.add(index);
  }
  return [...found];
}

/** The row of a place, or the nearest around it that is there, or the first below it. */
function rowFor(rows: readonly FieldRow[], place: Place): number {
  for (let length = place.length; length > 0; length--) {
    const start = place.slice(0, length);
    const exact = rows.findIndex((row) => row.place.length === length && start.every((step, i) => row.place[i] === step));
    if (exact >= 0) return exact;
  }
  return place.length === 0 ? -1 : rows.findIndex((row) => place.every((step, i) => row.place[i] === step));
}

/** Something beside the value, as a row. */
export interface BesideRow {
  /** `$key`, `$headers.shop` */
  name: string;
  /** `the key`, `the header shop` */
  words: string;
  /** JSON text; undefined where it is not there any more. */
  text?: string;
  before?: string;
  change: 'same' | 'changed' | 'added';
}

/** Most headers that are shown one by one. */
const mostHeaders = 40;

/** The key, the headers and, of a sink, the topic and the partition that it chose. A key that is not there is no row. */
export function besideRows(before: TrialRecord | undefined, after: TrialRecord): BesideRow[] {
  const all = [...new Set([...Object.keys(before?.headers ?? {}), ...Object.keys(after.headers)])].sort();
  const isOwn = (name: string): boolean => name.startsWith('millrace-');
  const names = [...all.filter((name) => !isOwn(name)), ...all.filter(isOwn)].slice(0, mostHeaders);
  const besides: Beside[] = [
    { of: 'key' },
    ...(after.topic === undefined ? [] : [{ of: 'topic' as const }]),
    ...(after.partition === undefined ? [] : [{ of: 'partition' as const }]),
    ...names.map((header) => ({ of: 'headers' as const, header })),
  ];
  return besides.flatMap((beside): BesideRow[] => {
    const text = besideValue(after, beside, '');
    const was = before && besideValue(before, beside, '');
    if (text === undefined && was === undefined) return [];
    const change = before === undefined || was === text ? 'same' : was === undefined ? 'added' : 'changed';
    const row = { name: besideName(beside), words: besideWords(beside), change } as const;
    return [{ ...row, ...(text !== undefined && { text }), ...(was !== undefined && { before: was }) }];
  });
}
