import { editText, type JsonField, type JsonList, type JsonNode, JsonTextError, readJsonTree, type TextEdit } from './json-tree.ts';

/** What can be done to a field to see whether a flow stands it. */
export type EdgeKind =
  | 'missing'
  | 'null'
  | 'empty-text'
  | 'long-text'
  | 'empty-list'
  | 'one-item'
  | 'single'
  | 'number-as-text'
  | '64-bit'
  | 'wrong-type'
  | 'no-value';

/** A message made of another by changing one thing. */
export interface EdgeCase {
  /** `<kind>:<path>`; names the case among all of its sample, now and later. */
  id: string;
  /** In plain words: "customer.email is missing". */
  name: string;
  kind: EdgeKind;
  /** The way to the field, lists passed through; empty for the whole message. */
  path: string;
  /** The text of the value; null for a message without one. */
  value: string | null;
}

export interface EdgeBounds {
  /** Fields that are looked at, nearest to the top first. */
  fields: number;
  /** Characters of one case, and of all together. */
  each: number;
  all: number;
}

const bounds: EdgeBounds = { fields: 100, each: 1024 * 1024, all: 8 * 1024 * 1024 };
const longText = 10_000;
/** The greatest 64-bit id; a double would make …808 of it. */
const greatId = '9223372036854775807';

interface Field {
  node: JsonNode;
  path: string;
  /** The field it is the value of, and its neighbours; none for the whole message. */
  among?: { field: JsonField; before: JsonField | undefined; after: JsonField | undefined };
  inList: boolean;
}

/**
 * Edge cases of a value: for each of its fields missing, null, of another type and what else its type allows. Of a list
 * the first item is looked into. Each case changes one part of the text; all else keeps its characters and digits. `more`
 * says that a bound left some out. Pure: the same text gives the same cases. A value that is not JSON has those of text.
 */
export function edgeCasesOf(text: string | null, limits: Partial<EdgeBounds> = {}): { cases: EdgeCase[]; more: boolean } {
  const { fields, each, all } = { ...bounds, ...limits };
  const cases: EdgeCase[] = [];
  if (text === null) return { cases, more: false };
  const ids = new Set<string>();
  let size = 0;
  let more = false;
  const add = (field: Pick<Field, 'path' | 'inList'>, kind: EdgeKind, words: string, value: string | null): void => {
    const id = `${kind}:${field.path}`;
    const length = value?.length ?? 0;
    // Two fields whose paths are written alike: the first has the name.
    if (ids.has(id) || value === text) return;
    if (length > each || size + length > all) {
      more = true;
      return;
    }
    ids.add(id);
    size += length;
    const subject = field.path === '' ? 'the message' : field.path;
    cases.push({ id, name: `${subject} ${words}${field.inList ? ' in the first item' : ''}`, kind, path: field.path, value });
  };

  const message = { path: '', inList: false };
  add(message, 'no-value', 'has no value', null);
  const root = treeOf(text);
  if (root === undefined) {
    add(message, 'empty-text', 'is empty text', '');
    add(message, 'long-text', `is a very long text (${longText} characters)`, stretch(text));
    return { cases, more };
  }
  const queue: Field[] = [{ node: root, ...message }];
  let seen = 0;
  // It grows while it is gone through: breadth first.
  for (const field of queue) {
    if (field.path !== '' && ++seen > fields) return { cases, more: true };
    for (const { kind, words, edit } of changes(text, field)) add(field, kind, words, editText(text, [edit]));
    queue.push(...below(field));
  }
  return { cases, more };
}

function treeOf(text: string): JsonNode | undefined {
  try {
    return readJsonTree(text);
  } catch (error) {
    if (error instanceof JsonTextError) return undefined;
    throw error;
  }
}

/** The fields directly below; through lists of lists too. */
function below({ node, path, inList }: Field): Field[] {
  let inner: JsonNode | undefined = node;
  while (inner?.kind === 'list') inner = inner.items[0];
  if (inner?.kind !== 'object') return [];
  const { fields } = inner;
  const counts = new Map<string, number>();
  for (const { name } of fields) counts.set(name, (counts.get(name) ?? 0) + 1);
  // Of a name that stands twice only the last counts, and changing that one would bring the other to light.
  return fields.flatMap((field, at) =>
    counts.get(field.name) === 1
      ? {
          node: field.value,
          path: joined(path, field.name),
          among: { field, before: fields[at - 1], after: fields[at + 1] },
          inList: inList || node.kind === 'list',
        }
      : [],
  );
}

function joined(path: string, name: string): string {
  const step = /^[\p{L}\p{N}_$-]+$/u.test(name) ? name : `\`${name}\``;
  return path === '' ? step : `${path}.${step}`;
}

interface Change {
  kind: EdgeKind;
  words: string;
  edit: TextEdit;
}

function changes(text: string, { node, among }: Field): Change[] {
  const token = text.slice(node.start, node.end);
  const put = (kind: EdgeKind, words: string, replacement: string): Change => ({
    kind,
    words,
    edit: { start: node.start, end: node.end, text: replacement },
  });
  const found: Change[] = [];
  if (among) {
    found.push({ kind: 'missing', words: 'is missing', edit: { ...without(among), text: '' } });
    if (node.kind !== 'null') found.push(put('null', 'is null', 'null'));
  }
  switch (node.kind) {
    case 'text': {
      const words = JSON.parse(token) as string;
      found.push(
        put('empty-text', 'is empty text', '""'),
        put('long-text', `is a very long text (${longText} characters)`, JSON.stringify(stretch(words))),
        put('wrong-type', 'is a number instead of text', /^[1-9]\d{0,17}$/.test(words) ? words : '12345'),
      );
      break;
    }
    case 'number':
      found.push(put('number-as-text', 'is a number written as text', `"${token}"`));
      if (/^-?\d+$/.test(token)) found.push(put('64-bit', 'is a 64-bit number', greatId));
      found.push(put('wrong-type', 'is a word instead of a number', '"text"'));
      break;
    case 'boolean':
      found.push(put('wrong-type', 'is text instead of true or false', `"${token}"`));
      break;
    case 'list':
      found.push(...listChanges(text, node, put), put('wrong-type', 'is text instead of a list', '"text"'));
      break;
    case 'object':
      found.push(put('wrong-type', 'is text instead of an object', '"text"'));
      break;
    case 'null':
      break;
  }
  return found;
}

function listChanges(text: string, { items }: JsonList, put: (kind: EdgeKind, words: string, text: string) => Change): Change[] {
  const [first, last] = [items[0], items.at(-1)];
  if (first === undefined || last === undefined) return [];
  const found = [put('empty-list', 'is an empty list', '[]')];
  if (items.length > 1) found.push({ kind: 'one-item', words: 'has one item', edit: { start: first.end, end: last.end, text: '' } });
  found.push(put('single', 'is a single item instead of a list', text.slice(first.start, first.end)));
  return found;
}

/** The characters to drop so that a field is gone, one comma with it. */
function without({ field, before, after }: NonNullable<Field['among']>): { start: number; end: number } {
  if (before) return { start: before.value.end, end: field.value.end };
  return { start: field.start, end: after ? after.start : field.value.end };
}

/** Text of {@link longText} characters that begins as it did. */
function stretch(text: string): string {
  const part = text === '' ? 'x' : text;
  const long = part.repeat(Math.ceil(longText / part.length)).slice(0, longText);
  // Not half of a character beyond U+FFFF at the end.
  return /[\uD800-\uDBFF]$/.test(long) ? `${long.slice(0, -1)}x` : long;
}
