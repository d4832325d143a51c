/** A part of JSON text by its place: `text.slice(start, end)` is the part as it was written. */
export type JsonNode = JsonLeaf | JsonList | JsonObject;

export interface JsonLeaf {
  kind: 'text' | 'number' | 'boolean' | 'null';
  start: number;
  end: number;
}

export interface JsonList {
  kind: 'list';
  start: number;
  end: number;
  items: JsonNode[];
}

export interface JsonObject {
  kind: 'object';
  start: number;
  end: number;
  /** In the order of the text; a name may stand twice, and then the last one counts. */
  fields: JsonField[];
}

export interface JsonField {
  name: string;
  /** Where the name's opening quote stands. */
  start: number;
  value: JsonNode;
}

/** Text that is not JSON: what was expected, and where. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError';
  /** Characters before the first fault. */
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const words: Record<string, JsonLeaf['kind']> = { true: 'boolean', false: 'boolean', null: 'null' };

/**
 * The places of everything in JSON text, so that a change of one part leaves every other character as it came. Takes
 * exactly what `JSON.parse` takes; no nesting is too deep for it.
 * @throws JsonTextError
 */
export function readJsonTree(text: string): JsonNode {
  const open: (JsonList | JsonObject)[] = [];
  let root: JsonNode | undefined;
  let name: { name: string; start: number } | undefined;
  let at = space(text, 0);

  const attach = (node: JsonNode): void => {
    const parent = open.at(-1);
    if (parent === undefined) root = node;
    else if (parent.kind === 'list') parent.items.push(node);
    else if (name) parent.fields.push({ ...name, value: node });
  };

  const readName = (): void => {
    if (text[at] !== '"') throw new JsonTextError('a field name in double quotes was expected', at);
    const end = stringEnd(text, at);
    const quoted = text.slice(at, end);
    name = { name: quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1), start: at };
    at = space(text, end);
    if (text[at] !== ':') throw new JsonTextError('a colon was expected after the field name', at);
    at = space(text, at + 1);
  };

  for (;;) {
    const char = text[at];
    if (char === '{' || char === '[') {
      const node: JsonList | JsonObject =
        char === '{' ? { kind: 'object', start: at, end: at, fields: [] } : { kind: 'list', start: at, end: at, items: [] };
      attach(node);
      open.push(node);
      at = space(text, at + 1);
      if (text[at] !== closing(node)) {
        if (node.kind === 'object') readName();
        continue;
      }
    } else {
      const leaf = readLeaf(text, at);
      attach(leaf);
      at = space(text, leaf.end);
    }
    // A value has ended, or an empty list or object is about to: close what ends here.
    let parent = open.at(-1);
    while (parent !== undefined && text[at] === closing(parent)) {
      parent.end = at + 1;
      at = space(text, at + 1);
      open.pop();
      parent = open.at(-1);
    }
    if (parent === undefined) {
      if (at < text.length) throw new JsonTextError('nothing more was expected after the end of the JSON', at);
      if (root) return root;
    } else {
      if (text[at] !== ',') throw new JsonTextError(`a comma or ${closing(parent)} was expected`, at);
      at = space(text, at + 1);
      if (parent.kind === 'object') readName();
    }
  }
}

/** Line and column of a character, both from 1. */
export function placeInText(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lines = before.split(/\r\n|\n|\r/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** A change of a part of a text. */
export interface TextEdit {
  start: number;
  end: number;
  text: string;
}

/** Makes the changes, which must not overlap; their order does not matter. */
export function editText(text: string, edits: readonly TextEdit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    parts.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  parts.push(text.slice(at));
  return parts.join('');
}

const closing = (node: JsonList | JsonObject): string => (node.kind === 'list' ? ']' : '}');

function space(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) break;
  }
  return at;
}

function readLeaf(text: string, start: number): JsonLeaf {
  if (start >= text.length) throw new JsonTextError('a value was expected, but the text ends', start);
  if (text[start] === '"') return { kind: 'text', start, end: stringEnd(text, start) };
  number.lastIndex = start;
  if (number.test(text)) return { kind: 'number', start, end: number.lastIndex };
  for (const [word, kind] of Object.entries(words)) {
    if (text.startsWith(word, start)) return { kind, start, end: start + word.length };
  }
  throw new JsonTextError('a value was expected', start);
}

/** Where a text in quotes ends, by hand: an expression over a text of megabytes would run out of stack. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) return at + 1;
    if (code < 32) throw new JsonTextError('a text in quotes cannot hold a line break or control character; write it as \\n or \\u…', at);
    if (code === 92) {
      escaped.lastIndex = at;
      if (!escaped.test(text)) throw new JsonTextError('this backslash begins no escape that JSON knows', at);
      at = escaped.lastIndex - 1;
    }
  }
  throw new JsonTextError('a text in quotes does not end', start);
}
