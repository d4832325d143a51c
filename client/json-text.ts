/**
 * JSON text laid out for reading without ever turning it into values, so that every digit stands as it came:
 * `9007199254740993` and `1.10` stay so.
 */

/** A piece of JSON text. `dim` is punctuation. */
export interface JsonToken {
  kind: 'key' | 'string' | 'number' | 'word' | 'dim';
  text: string;
  /** Of values, where asked for: their place as a JSON pointer. */
  place?: string;
}

/** A laid-out line: its depth (each level is two spaces) and its pieces. */
export interface JsonLine {
  depth: number;
  tokens: JsonToken[];
}

/** Objects and lists of plain values stay on one line up to this many characters. */
const oneLine = 48;

const pattern = /\s+|("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|([{}[\],:])/y;

interface Value {
  open: string;
  close: string;
  items: { key?: JsonToken; value: Value | JsonToken }[];
}

/** Lays out JSON text; undefined when it is not JSON (then show it as it is). With `places` every value knows its own. */
export function layOutJson(text: string, { places = false } = {}): JsonLine[] | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const tokens = scan(text);
  const { value } = read(tokens, 0);
  if (places) place(value, '');
  const lines: JsonLine[] = [];
  write(lines, value, 0, [], []);
  return lines;
}

/** The laid-out text, for copying. */
export function linesToText(lines: readonly JsonLine[]): string {
  return lines.map((line) => '  '.repeat(line.depth) + line.tokens.map((token) => token.text).join('')).join('\n');
}

function scan(text: string): JsonToken[] {
  const tokens: JsonToken[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null && match[0] !== ''; match = pattern.exec(text)) {
    const [all, string, number, word, mark] = match;
    if (string !== undefined) tokens.push({ kind: 'string', text: all });
    else if (number !== undefined) tokens.push({ kind: 'number', text: all });
    else if (word !== undefined) tokens.push({ kind: 'word', text: all });
    else if (mark !== undefined) tokens.push({ kind: 'dim', text: all });
  }
  return tokens;
}

function read(tokens: JsonToken[], at: number): { value: Value | JsonToken; next: number } {
  const first = tokens[at] ?? { kind: 'word', text: 'null' };
  if (first.text !== '{' && first.text !== '[') return { value: first, next: at + 1 };
  const value: Value = { open: first.text, close: first.text === '{' ? '}' : ']', items: [] };
  let index = at + 1;
  while (index < tokens.length && tokens[index]?.text !== value.close) {
    if (tokens[index]?.kind === 'dim' && tokens[index]?.text === ',') {
      index += 1;
      continue;
    }
    const key = tokens[index];
    const named = value.open === '{' && key !== undefined && tokens[index + 1]?.text === ':';
    const item = read(tokens, named ? index + 2 : index);
    value.items.push(named ? { key: { kind: 'key', text: key.text }, value: item.value } : { value: item.value });
    index = item.next;
  }
  return { value, next: index + 1 };
}

/** The JSON pointer of a path. */
export function pointerOf(path: readonly (string | number)[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function place(value: Value | JsonToken, pointer: string): void {
  if (isToken(value)) {
    value.place = pointer;
    return;
  }
  for (const [index, { key, value: inner }] of value.items.entries())
    place(inner, pointer + pointerOf([key === undefined ? index : (JSON.parse(key.text) as string)]));
}

const isToken = (value: Value | JsonToken): value is JsonToken => 'kind' in value;
const dim = (text: string): JsonToken => ({ kind: 'dim', text });

function write(lines: JsonLine[], value: Value | JsonToken, depth: number, before: JsonToken[], after: JsonToken[]): void {
  const flat = isToken(value) ? [value] : flatten(value);
  if (flat !== undefined) {
    lines.push({ depth, tokens: [...before, ...flat, ...after] });
    return;
  }
  if (isToken(value)) return;
  lines.push({ depth, tokens: [...before, dim(value.open)] });
  value.items.forEach((item, index) => {
    const lead = item.key === undefined ? [] : [item.key, dim(': ')];
    write(lines, item.value, depth + 1, lead, index < value.items.length - 1 ? [dim(',')] : []);
  });
  lines.push({ depth, tokens: [dim(value.close), ...after] });
}

function flatten(value: Value): JsonToken[] | undefined {
  if (value.items.length === 0) return [dim(value.open + value.close)];
  const tokens: JsonToken[] = [dim(`${value.open} `)];
  for (const [index, item] of value.items.entries()) {
    if (!isToken(item.value)) return undefined;
    if (index > 0) tokens.push(dim(', '));
    if (item.key !== undefined) tokens.push(item.key, dim(': '));
    tokens.push(item.value);
  }
  tokens.push(dim(` ${value.close}`));
  const length = tokens.reduce((sum, token) => sum + token.text.length, 0);
  return length <= oneLine ? tokens : undefined;
}
