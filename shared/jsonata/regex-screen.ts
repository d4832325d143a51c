/**
 * A static look at a regular expression: how much time the built-in, backtracking engine may take on it. It reads
 * the pattern into sets of characters and repeats, and errs on the side of "slow".
 */
export type Danger =
  /** Time grows at most with this power of the length of the text. */
  | { kind: 'polynomial'; degree: number }
  /** Time may double with every character. */
  | { kind: 'exponential' }
  /** Groups in groups so deep that compiling the pattern could end the process. */
  | { kind: 'unfit' };

/** 128 bits for ASCII and one for all else. */
type CharSet = Uint8Array;

type Part =
  | { type: 'set'; set: CharSet }
  | { type: 'empty' }
  | { type: 'opaque' }
  | { type: 'sequence'; parts: Part[] }
  | { type: 'choice'; parts: Part[] }
  | { type: 'repeat'; part: Part; min: number; max: number };

/** How the time of a pattern grows. A pattern that the screen cannot read counts as exponential. */
export function screen(source: string): Danger {
  const reader: Reader = { source, at: 0, depth: 0 };
  const whole = readChoice(reader);
  if (reader.depth > deepest) return { kind: 'unfit' };
  if (reader.at < source.length || hazardous(whole)) return { kind: 'exponential' };
  const chain = longestChain(whole);
  // Without an anchor the search begins anew at every character.
  const anchored = source.startsWith('^') && whole.type !== 'choice';
  return { kind: 'polynomial', degree: chain === 0 ? 1 : chain + (anchored ? 0 : 1) };
}

interface Reader {
  source: string;
  at: number;
  /** Groups open; stays past the limit once it was passed. */
  depth: number;
}

const deepest = 100;

function readChoice(reader: Reader): Part {
  const parts = [readSequence(reader)];
  while (reader.source[reader.at] === '|') {
    reader.at++;
    parts.push(readSequence(reader));
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { type: 'choice', parts };
}

function readSequence(reader: Reader): Part {
  const parts: Part[] = [];
  while (reader.at < reader.source.length && !'|)'.includes(reader.source[reader.at] ?? '')) parts.push(readRepeat(reader));
  return { type: 'sequence', parts };
}

function readRepeat(reader: Reader): Part {
  const part = readAtom(reader);
  const rest = reader.source.slice(reader.at);
  const quantifier = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(rest);
  if (!quantifier) return part;
  reader.at += quantifier[0].length;
  const [mark, low = '0', comma, high] = quantifier;
  if (mark.startsWith('*')) return { type: 'repeat', part, min: 0, max: Number.POSITIVE_INFINITY };
  if (mark.startsWith('+')) return { type: 'repeat', part, min: 1, max: Number.POSITIVE_INFINITY };
  if (mark.startsWith('?')) return { type: 'repeat', part, min: 0, max: 1 };
  const max = comma === '' ? Number(low) : high === '' ? Number.POSITIVE_INFINITY : Number(high);
  return { type: 'repeat', part, min: Number(low), max };
}

function readAtom(reader: Reader): Part {
  const char = reader.source[reader.at++] ?? '';
  if (char === '^' || char === '$') return { type: 'empty' };
  if (char === '.') return { type: 'set', set: invert(setOf('\n\r')) };
  if (char === '[') return { type: 'set', set: readClass(reader) };
  if (char === '\\') return readEscape(reader);
  if (char !== '(') return { type: 'set', set: setOf(char) };
  const look = /^\?(?:[:]|<?[=!]|<[^>=!]*>)/.exec(reader.source.slice(reader.at));
  if (look) reader.at += look[0].length;
  if (++reader.depth > deepest) {
    reader.at = reader.source.length;
    return { type: 'opaque' };
  }
  const inner = readChoice(reader);
  if (reader.depth <= deepest) reader.depth--;
  if (reader.source[reader.at] !== ')') reader.at = reader.source.length + 1;
  else reader.at++;
  return look && /[=!]$/.test(look[0]) ? { type: 'sequence', parts: [{ type: 'opaque' }, inner] } : inner;
}

function readEscape(reader: Reader): Part {
  const char = reader.source[reader.at++] ?? '';
  if (char === 'b' || char === 'B') return { type: 'empty' };
  if (/[1-9k]/.test(char)) return { type: 'opaque' };
  return { type: 'set', set: escaped(char, reader) };
}

function escaped(char: string, reader: Reader): CharSet {
  switch (char) {
    case 'd':
      return digits;
    case 'D':
      return invert(digits);
    case 'w':
      return words;
    case 'W':
      return invert(words);
    case 's':
      return spaces;
    case 'S':
      return invert(spaces);
    case 'n':
    case 'r':
    case 't':
    case 'f':
    case 'v':
      return setOf({ n: '\n', r: '\r', t: '\t', f: '\f', v: '\v' }[char]);
    case 'u':
    case 'x': {
      const code = (char === 'u' ? /^[0-9a-fA-F]{4}/ : /^[0-9a-fA-F]{2}/).exec(reader.source.slice(reader.at));
      if (!code) return setOf(char);
      reader.at += code[0].length;
      return setOf(String.fromCharCode(Number.parseInt(code[0], 16)));
    }
    case 'p':
    case 'P':
      return invert(new Uint8Array(129));
    default:
      return setOf(char);
  }
}

function readClass(reader: Reader): CharSet {
  const { source } = reader;
  const negated = source[reader.at] === '^';
  if (negated) reader.at++;
  const set = new Uint8Array(129);
  while (reader.at < source.length && source[reader.at] !== ']') {
    const from = readMember(reader);
    const ranged = source[reader.at] === '-' && reader.at + 1 < source.length && source[reader.at + 1] !== ']';
    if (!ranged || from.code < 0) {
      merge(set, from.set);
      continue;
    }
    reader.at++;
    const to = readMember(reader);
    for (let code = from.code; code <= Math.min(to.code, 127); code++) set[code] = 1;
    if (to.code > 127) set[128] = 1;
  }
  reader.at++;
  return negated ? invert(set) : set;
}

/** A member of a class: its set, and its code where it is one character. */
function readMember(reader: Reader): { set: CharSet; code: number } {
  const char = reader.source[reader.at++] ?? '';
  if (char !== '\\') return { set: setOf(char), code: char.charCodeAt(0) };
  const name = reader.source[reader.at++] ?? '';
  if (/[dDwWsSpP]/.test(name)) return { set: escaped(name, reader), code: -1 };
  const set = escaped(name, reader);
  const code = set.indexOf(1);
  return { set, code };
}

function setOf(chars: string): CharSet {
  const set = new Uint8Array(129);
  for (let i = 0; i < chars.length; i++) {
    const code = chars.charCodeAt(i);
    set[Math.min(code, 128)] = 1;
    // Upper and lower case count as the same, since the pattern may ignore case.
    const other = chars[i]?.toLowerCase() === chars[i] ? chars[i]?.toUpperCase() : chars[i]?.toLowerCase();
    set[Math.min(other?.charCodeAt(0) ?? 128, 128)] = 1;
  }
  return set;
}

const range = (from: string, to: string): string => {
  let chars = '';
  for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) chars += String.fromCharCode(code);
  return chars;
};
const digits = setOf(range('0', '9'));
const words = setOf(`${range('a', 'z')}${range('0', '9')}_`);
const spaces = setOf(' \t\n\r\f\v\u00a0');

/** All but these. What lies beyond ASCII may be on either side. */
function invert(set: CharSet): CharSet {
  const inverse = set.map((bit) => 1 - bit);
  inverse[128] = 1;
  return inverse;
}

function merge(into: CharSet, from: CharSet): void {
  for (let i = 0; i < from.length; i++) into[i] = (into[i] ?? 0) | (from[i] ?? 0);
}

function overlap(a: CharSet, b: CharSet): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] && b[i]) return true;
  return false;
}

/** Every character that the part may read. */
function alphabet(part: Part): CharSet {
  const set = new Uint8Array(129);
  if (part.type === 'set') merge(set, part.set);
  else if (part.type === 'opaque') set.fill(1);
  else if (part.type === 'repeat') merge(set, alphabet(part.part));
  else if (part.type !== 'empty') for (const inner of part.parts) merge(set, alphabet(inner));
  return set;
}

/** The characters that the part may begin with. */
function firstOf(part: Part): CharSet {
  if (part.type === 'repeat') return firstOf(part.part);
  if (part.type === 'choice') {
    const set = new Uint8Array(129);
    for (const inner of part.parts) merge(set, firstOf(inner));
    return set;
  }
  if (part.type !== 'sequence') return alphabet(part);
  const set = new Uint8Array(129);
  for (const inner of part.parts) {
    merge(set, firstOf(inner));
    if (shortest(inner) > 0) break;
  }
  return set;
}

/** The fewest characters that the part reads. */
function shortest(part: Part): number {
  if (part.type === 'set') return 1;
  if (part.type === 'repeat') return part.min * shortest(part.part);
  if (part.type === 'choice') return Math.min(...part.parts.map(shortest));
  return part.type === 'sequence' ? part.parts.reduce((sum, inner) => sum + shortest(inner), 0) : 0;
}

/** True where a repeat holds something that can match the same text in more than one way. */
function hazardous(part: Part): boolean {
  if (part.type === 'set' || part.type === 'empty' || part.type === 'opaque') return false;
  if (part.type !== 'repeat') return part.parts.some(hazardous);
  if (hazardous(part.part)) return true;
  return part.max > 8 && ambiguous(part.part);
}

function ambiguous(body: Part): boolean {
  if (body.type === 'set') return false;
  if (body.type === 'repeat') return true;
  if (body.type === 'opaque') return true;
  if (body.type === 'empty') return false;
  if (body.type === 'choice') {
    const used = new Uint8Array(129);
    for (const branch of body.parts) {
      const first = firstOf(branch);
      if (overlap(used, first) || shortest(branch) === 0 || ambiguousBranch(branch)) return true;
      merge(used, first);
    }
    return false;
  }
  const [only] = body.parts;
  if (body.parts.length === 1 && only !== undefined && only.type !== 'set') return ambiguous(only);
  return ambiguousBranch(body);
}

/** A branch is safe when fixed, or when it begins with a character that occurs nowhere else in it. */
function ambiguousBranch(branch: Part): boolean {
  if (branch.type !== 'sequence') return branch.type !== 'set';
  if (branch.parts.every((part) => part.type === 'set' || part.type === 'empty')) return false;
  const [first, ...rest] = branch.parts;
  if (first?.type !== 'set') return true;
  const others = alphabet({ type: 'sequence', parts: rest });
  return overlap(first.set, others) || longestChain({ type: 'sequence', parts: rest }) > 1;
}

/** The largest number of endless repeats that compete for the same characters. */
function longestChain(part: Part): number {
  let longest = 0;
  let open: CharSet[] = [];
  const visit = (inner: Part): void => {
    if (inner.type === 'sequence') for (const each of inner.parts) visit(each);
    else if (inner.type === 'choice') for (const each of inner.parts) visit(each);
    else if (inner.type === 'opaque') open.push(alphabet(inner));
    else if (inner.type === 'repeat' && inner.max > 8) {
      const set = alphabet(inner);
      open = open.filter((other) => overlap(other, set));
      open.push(set);
    } else if (inner.type === 'repeat') visit(inner.part);
    // A character that a repeat cannot read ends its claim.
    else if (inner.type === 'set') open = open.filter((other) => overlap(other, inner.set));
    longest = Math.max(longest, open.length);
  };
  visit(part);
  return longest;
}
