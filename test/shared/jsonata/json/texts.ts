import type { Random } from '../random.ts';

const keys = [
  'a',
  'b',
  'c',
  'sku',
  'items',
  'ab',
  'abc',
  '',
  'a b',
  'ä',
  '東',
  '👩',
  '\u0001',
  '"',
  '\\',
  '__proto__',
  'constructor',
  '0',
  'toJSON',
];
/** Names that {@link randomText} uses for keys. */
export const keyNames: readonly string[] = keys;

const space = (random: Random): string => (random.chance(0.85) ? '' : random.pick([' ', '\n', '\t', '\r', ' \r\n\t ', '  ']));

/** A JSON string, with escapes where none are needed, and half surrogate pairs. */
function stringText(random: Random, text: string): string {
  const escaped = (c: string) => `\\u${(random.chance(0.5) ? c.toUpperCase() : c).padStart(4, '0')}`;
  let result = '"';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (random.chance(0.05)) result += escaped(text.charCodeAt(i).toString(16));
    else if (/["\\]/.test(char) || char < ' ') result += JSON.stringify(char).slice(1, -1);
    else result += char === '/' && random.chance(0.5) ? '\\/' : char;
  }
  return `${result}"`;
}

const words = [
  '',
  'x',
  'Bowler Hat',
  'a/b',
  'Köln',
  '東京',
  '👩‍🚀 Sally',
  '\ud800',
  'x\udc00y',
  '\n\t\b\f\r',
  '\u007f\u0080\u2028',
  '"\\"',
  'é'.repeat(30),
  '12',
];

const numbers = [
  '0', '-0', '0.0', '-0.0', '1', '-1', '12.50', '0.1', '34.45', '107.99', '1e3', '1E+3', '1e-3', '0e0', '0e999', '1e999', '-1e999', '1e-999', '5e-324',
  '123456789012345', '999999999999999', '1234567890123456', '9007199254740993', '-9007199254740993', '12345678901234567890', '0.1234567890123456',
  '0.7425716891884804', '1.00000000000000000001', '0.000000000000001', '123456789.123456', '0.30000000000000004', '1.7976931348623157e308', '2e308',
  '100000000000000000000', '0.1e1', '1.10',
]; // biome-ignore format: a table

function scalarText(random: Random): string {
  return random.pick<() => string>([
    () => stringText(random, random.pick(words)),
    () => random.pick(numbers),
    () => String(random.below(100000) / random.pick([1, 10, 100, 1000])),
    () =>
      `${random.chance(0.5) ? '-' : ''}${random.below(1e6)}.${String(random.below(1e9))}${random.chance(0.3) ? `e${random.below(40) - 20}` : ''}`,
    () => random.pick(['true', 'false', 'null']),
  ])();
}

/** A random JSON text, with white space in all places, equal keys, and numbers of all lengths. */
export function randomText(random: Random, depth = 4): string {
  const s = () => space(random);
  if (depth === 0 || random.chance(0.3)) return s() + scalarText(random) + s();
  const list = (item: () => string) => Array.from({ length: random.below(5) }, item).join(',');
  return random.chance(0.6)
    ? `${s()}{${s()}${list(() => `${s()}${stringText(random, random.pick(keys))}${s()}:${randomText(random, depth - 1)}`)}}${s()}`
    : `${s()}[${s()}${list(() => randomText(random, depth - 1))}]${s()}`;
}

const odds = [...'{}[]":,\\0123456789-+.eEtfnu/abc \n\t\u0000\u0001\u001f\u007fäé東\ud800\udc00\ufeff\u00a0'];

/** The text with a few characters changed, left out, put in or doubled, or with its end cut off. */
export function mutateText(random: Random, text: string): string {
  let result = text;
  for (let i = random.below(3); i >= 0; i--) {
    const at = random.below(result.length + 1);
    const odd = random.pick(odds);
    result = random.pick<() => string>([
      () => result.slice(0, at) + odd + result.slice(at + 1),
      () => result.slice(0, at) + odd + result.slice(at),
      () => result.slice(0, at) + result.slice(at + 1),
      () => result.slice(0, at) + result.slice(at, at + 3) + result.slice(at),
      () => result.slice(0, at),
    ])();
  }
  return result;
}
