import { convert } from '../shape/conversions.ts';
import { type Address, addressCode, addressOf, listOf, loopsAround } from './address.ts';
import { literalCode, pathCode } from './code.ts';
import { conversionFor, type ValueType } from './conversion.ts';
import { type Edited, refused, splicesBetween } from './edit/edit.ts';
import { setAt, setFrom } from './edit/field.ts';
import { loopCode, setItemName, setLoopList } from './edit/loop.ts';
import { nestLoop } from './edit/nest.ts';
import { addVariable } from './edit/variable.ts';
import { joinText, setDefault } from './edit/wrap.ts';
import { placeFor, placeFrom, type TargetPlace } from './place.ts';
import type { SourcePath } from './reach.ts';
import type { Rule } from './rule.ts';
import type { TargetPath } from './target.ts';
import type { OpenView } from './view.ts';

/** What stands at either end of a drop: one value, an object, a list of values or a list of objects. */
export type EndKind = 'value' | 'object' | 'values' | 'objects';

/** The field of the message that is dropped. */
export interface DropSource {
  /** Names from the root; lists are not named. */
  path: SourcePath;
  kind: EndKind;
  type?: ValueType;
  /** How many names lead to each list on the way, without the field itself: `items.sku` has `[1]`. */
  lists: readonly number[];
  /** The names of an object's fields, to map them by name. */
  fields?: readonly string[];
  /** Not a field but this variable of the mapping; then the path is empty. */
  variable?: string;
  /** How the items of the list it is in, or is, can be found; the likeliest first. */
  keys?: readonly LookupKey[];
}

/** The row of the result on which it is dropped. */
export interface DropTarget {
  path: TargetPath;
  /** Where the row is made, when the path alone does not tell: in a branch, in a variable. `rest` leads there from the rule. */
  from?: { rule: string; rest: TargetPath };
  kind: EndKind;
  type?: ValueType;
  fields?: readonly string[];
  /** The conversion that a value of this source needs, as looks and examples show it: an id of `shape/conversions.ts`. */
  conversion?: string;
}

/** What a drop can mean. */
export type Meaning = keyof typeof labels;

const labels = {
  copy: 'Copy',
  first: 'First',
  last: 'Last',
  join: 'Join as text',
  count: 'Count',
  sum: 'Sum',
  list: 'List of all values',
  one: 'List with this one item',
  each: 'For each item',
  eachCopy: 'For each item, with this field',
  fields: 'Map fields of the same name',
  replace: 'Replace',
  append: 'Join as text behind it',
  fallback: 'Use when the first is missing',
  plus: 'Add up',
  concat: 'Append to the list',
  nested: 'For each item, each of these',
  lookup: 'Look up by key',
} as const;

/** A way to find the item of a list that belongs to the message, or to the item at hand: one of its fields equals one of ours. */
export interface LookupKey {
  /** The field of the list's items. */
  theirs: string;
  /** The field that it equals: a place of the message, in a loop a field of its item. */
  ours: SourcePath;
}

/** A meaning to choose, with its label. The first of several is the default. */
export interface Choice {
  meaning: Meaning;
  label: string;
}

/** A drop that means one thing is an edit, one that may mean several asks, and one that means nothing says why. */
export type Drop =
  | { kind: 'edit'; meaning: Meaning; edit: Edited }
  | { kind: 'ask'; choices: Choice[] }
  | { kind: 'none'; message: string };

/** What dropping a field of the message on a row means, by the list depth and the kind of both ends. */
export function dropOn(view: OpenView, source: DropSource, target: DropTarget): Drop {
  const meanings = meaningsOf(view, source, target);
  const [only] = meanings;
  if (only === undefined) return { kind: 'none', message: 'An object does not fit a single value: open it and choose a field.' };
  if (meanings.length > 1) return { kind: 'ask', choices: meanings.map((meaning) => ({ meaning, label: labelOf(meaning, source) })) };
  return { kind: 'edit', meaning: only, edit: drop(view, source, target, only) };
}

function labelOf(meaning: Meaning, { keys }: DropSource): string {
  const key = keys?.[0];
  return meaning === 'lookup' && key !== undefined ? `Look up by ${key.theirs} = ${key.ours.at(-1)}` : labels[meaning];
}

function meaningsOf(view: OpenView, source: DropSource, target: DropTarget): Meaning[] {
  const { rule, rest } = placeOf(view, target);
  const address = addressIn(view, source, target);
  const depth = listsLeft(source, address).length;
  if (rest.includes(null)) return depth > 0 || source.kind === 'value' ? ['copy'] : [];
  const empty = rule.kind === 'constant' || (rule.kind === 'object' && rule.fields.length === 0);
  const found: Meaning[] = depth > 0 && source.keys?.[0] !== undefined ? ['lookup'] : [];
  if (rest.length === 0 && !empty) return onMapped(source, target, rule, found);
  switch (target.kind) {
    case 'value':
      if (source.kind === 'value') return depth === 0 ? ['copy'] : [...found, ...ofMany(source, target)];
      if (source.kind === 'values') return ofMany(source, target);
      return source.kind === 'objects' || depth > 0 ? ['count'] : [];
    case 'object':
      if (source.kind === 'value' || source.kind === 'values') return [];
      if (source.kind === 'objects' || depth > 0) return source.keys?.[0] === undefined ? ['first'] : ['lookup', 'first'];
      return sharedFields(source, target).length > 0 ? ['copy', 'fields'] : ['copy'];
    case 'values':
      return ['list'];
    case 'objects':
      if (source.kind === 'objects') return ['each', 'list'];
      if (source.kind === 'object') return depth === 0 ? ['one'] : ['each'];
      return depth === 0 ? ['one'] : ['eachCopy'];
  }
}

/** A value out of many: for a number the sum comes first. */
function ofMany(source: DropSource, target: DropTarget): Meaning[] {
  const few: Meaning[] = ['first', 'last', 'join', 'count'];
  if (source.type === 'number' && target.type !== 'text') return ['sum', ...few];
  return source.type === 'boolean' ? few.filter((one) => one !== 'join') : [...few, 'sum'];
}

function onMapped(source: DropSource, target: DropTarget, rule: Rule, found: readonly Meaning[]): Meaning[] {
  if (target.kind === 'value') {
    const many: Meaning[] = target.type === 'number' ? ['fallback', 'plus'] : ['append', 'fallback'];
    return ['replace', ...found, ...many];
  }
  if (target.kind === 'object') return ['replace', ...found];
  const lists: Meaning[] =
    source.kind === 'objects' || source.kind === 'values' || rule.kind === 'loop' ? ['replace', 'concat'] : ['concat', 'replace'];
  if (rule.kind !== 'loop' || source.kind !== 'objects' || rule.form !== 'dot') return lists;
  return [...lists, 'nested', ...(source.keys?.[0] === undefined ? [] : (['lookup'] as const))];
}

const sharedFields = (source: DropSource, target: DropTarget): string[] =>
  (target.fields ?? []).filter((name) => source.fields?.includes(name));

/** The lists between an address and the field itself, as counts of the address's names. */
function listsLeft({ lists }: DropSource, { base }: Address): number[] {
  return lists.map((count) => count - base).filter((count) => count > 0);
}

function placeOf(view: OpenView, { path, from }: DropTarget): TargetPlace {
  return (from && placeFrom(view, from.rule, from.rest)) ?? placeFor(view, path);
}

function addressIn(view: OpenView, { path, variable }: DropSource, target: DropTarget): Address {
  if (variable !== undefined) return { start: `$${variable}`, names: [], base: 0 };
  return addressOf(view, path, target.path, placeOf(view, target).rule);
}

/** Gives the target's row a rule, or makes the row. */
function put(view: OpenView, { path, from }: DropTarget, code: string): Edited {
  return from === undefined ? setAt(view, path, code) : setFrom(view, from.rule, from.rest, code);
}

/** Does a drop with one of its meanings, and makes what it needs first: the loops around the row, the name of an outer item. */
export function drop(view: OpenView, source: DropSource, target: DropTarget, meaning: Meaning): Edited {
  const address = addressIn(view, source, target);
  if (address.unnamed !== undefined) {
    return following(view, setItemName(view, address.unnamed.id, freshName(view)), (next) => drop(next, source, target, meaning));
  }
  const { rest } = placeOf(view, target);
  const at = rest.indexOf(null);
  if (at >= 0) return intoMissingLoop(view, source, target, address, target.path.length - rest.length + at);
  const shape = { source, target, address, left: listsLeft(source, address) };
  const row = placeOf(view, target).rule;
  if (meaning === 'nested' || meaning === 'lookup') {
    // Both speak of the item by its name.
    const loop =
      meaning === 'nested' || row.kind === 'loop' ? row : loopsAround(view, target.path, row).findLast(({ form }) => form === 'dot');
    if (loop?.kind === 'loop' && loop.form === 'dot' && loop.itemName === undefined)
      return following(view, setItemName(view, loop.id, freshName(view)), (next) => drop(next, source, target, meaning));
    return meaning === 'nested' ? nestedIn(view, source, row) : lookUp(view, source, target, row);
  }
  switch (meaning) {
    case 'append':
      return joinText(view, row.id, single(shape));
    case 'fallback':
      return setDefault(view, row.id, 'missing', converted(shape, single(shape)));
    case 'plus':
      return put(view, target, `${bracketed(view, row.span)} + ${converted(shape, single(shape))}`);
    case 'concat':
      return put(view, target, `$append(${view.text.slice(row.span.start, row.span.end)}, ${listCode(shape)})`);
    case 'replace':
      if (row.kind === 'loop' && source.kind === 'objects') return setLoopList(view, row.id, addressCode(address));
      return put(view, target, codeMeaning(shape, plainMeaning(shape)));
    default:
      return put(view, target, codeMeaning(shape, meaning));
  }
}

/** A row in a list that nothing fills yet: the list goes through the source's list, then the drop is done again. */
function intoMissingLoop(view: OpenView, source: DropSource, target: DropTarget, address: Address, list: number): Edited {
  const left = listsLeft(source, address);
  const missing = target.path.slice(list).filter((step) => step === null).length;
  // The last loop takes all lists that are left; those before it take one each.
  const count = source.kind === 'values' || source.kind === 'objects' ? [...left, address.names.length] : left;
  const through = missing > 1 ? count[0] : count.at(-1);
  const place = upTo(target, list);
  const { rule, rest } = placeOf(view, place);
  if (rest.length === 0 && rule.kind !== 'constant') return refused('ambiguous', 'The list has a rule already: change it first.');
  if (through === undefined) {
    const fields = target.path.slice(list + 1);
    if (fields.some((step) => typeof step !== 'string'))
      return refused('row', 'This field comes once, and the row many times: choose a list first.');
    const made = put(view, place, '[{ }]');
    const inside = {
      ...place,
      path: [...place.path, 0, ...fields],
      ...(place.from ? { from: { ...place.from, rest: [...place.from.rest, 0, ...fields] } } : {}),
    };
    return following(view, made, (next) => put(next, inside, addressCode(address)));
  }
  const made = put(view, place, loopCode(addressCode(address, through)));
  return following(view, made, (next) => drop(next, source, target, 'copy'));
}

/** The first so many steps of a target. */
function upTo({ path, from, ...target }: DropTarget, count: number): DropTarget {
  const gone = path.length - count;
  return {
    ...target,
    path: path.slice(0, count),
    ...(from ? { from: { ...from, rest: from.rest.slice(0, from.rest.length - gone) } } : {}),
  };
}

/** For each item of a loop, each item of another list: one of the outer item's own, or any list of the message. */
function nestedIn(view: OpenView, { path }: DropSource, row: Rule): Edited {
  if (row.kind !== 'loop') return refused('row', 'This row goes through no list.');
  const own = listOf(view, row);
  const inside = own !== undefined && own.length > 0 && own.length < path.length && own.every((name, i) => path[i] === name);
  return nestLoop(view, row.id, inside ? pathCode(path.slice(own.length)) : pathCode(path, '$$'));
}

/** The field of the one item whose key equals ours; on a loop, the item itself becomes a variable of the loop. */
function lookUp(view: OpenView, source: DropSource, target: DropTarget, row: Rule): Edited {
  const [key] = source.keys ?? [];
  if (key === undefined) return refused('row', 'No field is known by which the item could be found.');
  const list = source.kind === 'objects' ? source.path : source.path.slice(0, source.lists.at(-1));
  const within: TargetPath = row.kind === 'loop' ? [...row.target, null] : target.path;
  const inner = row.kind === 'loop' ? row.body : row;
  const ours = named(view, addressOf(view, key.ours, within, inner), within, inner);
  const items = `${addressCode(addressOf(view, list, within, inner))}[${pathCode([key.theirs])} = ${ours}]`;
  if (row.kind === 'loop' && row.body.kind === 'scope') {
    const name = freshName(view, singular(list.at(-1) ?? 'found'));
    return addVariable(view, name, `(${items})[0]`, row.body.id);
  }
  const field = source.path.slice(list.length);
  return put(view, target, converted({ source, target }, `(${field.length === 0 ? items : `${items}.${pathCode(field)}`})[0]`));
}

/** An address that still holds inside a filter, where the item at hand is another one. */
function named(view: OpenView, address: Address, target: TargetPath, rule: Rule): string {
  if (address.start !== '') return addressCode(address);
  const loop = loopsAround(view, target, rule).findLast(({ form }) => form === 'dot');
  return addressCode({ ...address, start: loop?.itemName === undefined ? '$$' : `$${loop.itemName}` });
}

const singular = (name: string): string => {
  const plain = name.replaceAll(/\W/g, '');
  const one = /ies$/i.test(plain) ? plain.replace(/ies$/i, 'y') : plain.replace(/s$/i, '');
  return /^[A-Za-z_]\w*$/.test(one) ? one : 'found';
};

interface Shape {
  source: DropSource;
  target: DropTarget;
  address: Address;
  left: readonly number[];
}

/** What a drop means on an empty row of the same kind, where nobody is asked. */
function plainMeaning({ source, target, left }: Shape): Meaning {
  const many = left.length > 0 || source.kind === 'values' || source.kind === 'objects';
  if (target.kind === 'values') return 'list';
  if (target.kind === 'objects')
    return source.kind === 'objects' || (source.kind === 'object' && many) ? 'each' : many ? 'eachCopy' : 'one';
  return many ? 'first' : 'copy';
}

function codeMeaning(shape: Shape, meaning: Meaning): string {
  const { source, target, address, left } = shape;
  const code = addressCode(address);
  switch (meaning) {
    case 'first':
      return converted(shape, `(${code})[0]`);
    case 'last':
      return converted(shape, `(${code})[-1]`);
    case 'join':
      return `$join(${source.type === 'text' || source.type === undefined ? code : `${code}.$string($)`}, ", ")`;
    case 'count':
      return target.type === 'text' ? `$string($count(${code}))` : `$count(${code})`;
    case 'sum': {
      const sum = `$sum(${source.type === 'text' ? `${code}.$number($)` : code})`;
      return target.type === 'text' ? `$string(${sum})` : sum;
    }
    case 'list':
      return listCode(shape);
    case 'one':
      return source.kind === 'object' ? `[${code}]` : `[{ ${literalCode(source.path.at(-1) ?? 'value')}: ${code} }]`;
    case 'each':
      return loopCode(code);
    case 'eachCopy': {
      const count = left.at(-1) ?? address.names.length;
      const field = address.names.slice(count);
      return loopCode(addressCode(address, count), `{ ${literalCode(source.path.at(-1) ?? 'value')}: ${pathCode(field)} }`);
    }
    case 'fields':
      return `{ ${sharedFields(source, target)
        .map((name) => `${literalCode(name)}: ${pathCode([...address.names, name], address.start)}`)
        .join(', ')} }`;
    default:
      return converted(shape, code);
  }
}

/** One value of the source: the first, where there may be many. */
function single({ source, address, left }: Shape): string {
  const code = addressCode(address);
  return left.length > 0 || source.kind === 'values' || source.kind === 'objects' ? `(${code})[0]` : code;
}

function listCode({ source, target, address }: Shape): string {
  const conversion = source.kind === 'value' || source.kind === 'values' ? conversionFor(source.type, target.type) : undefined;
  const code = addressCode(address);
  return conversion === undefined ? `[${code}]` : `[${code}.(${conversion.code('$')})]`;
}

function converted({ source, target }: Pick<Shape, 'source' | 'target'>, code: string): string {
  if (target.conversion !== undefined && !plainConversions.has(target.conversion)) return convert(target.conversion, code);
  return conversionFor(source.type, target.type)?.code(code) ?? code;
}

/** Those that follow from the types alone. */
const plainConversions: ReadonlySet<string> = new Set(['toNumber', 'toText', 'numberToBoolean', 'booleanToNumber']);

const bracketed = (view: OpenView, { start, end }: { start: number; end: number }): string => {
  const code = view.text.slice(start, end);
  return /^[\w.$]+$/.test(code) ? code : `(${code})`;
};

/** A name, or the same with 2, 3, … where the mapping has it. */
function freshName({ text }: OpenView, base = 'item'): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}${n}`;
    if (!new RegExp(`\\$${name}\\b`).test(text)) return name;
  }
}

/** One gesture of two edits. */
function following(view: OpenView, first: Edited, second: (view: OpenView) => Edited): Edited {
  if (!first.ok) return first;
  const last = second(first.view);
  return last.ok ? { ...last, splices: splicesBetween(view.text, last.text) } : last;
}
