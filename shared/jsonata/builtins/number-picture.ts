import { ExpressionError } from '../error.ts';
import { checkText } from '../run.ts';
import { coerced } from '../text.ts';
import { round } from './numbers.ts';
import { checkPicture } from './picture.ts';

/**
 * Writes a number by a picture such as `#,##0.00`, after XPath and XQuery Functions 3.1 §4.7
 * (https://www.w3.org/TR/xpath-functions-31/#formatting-numbers).
 */

interface Symbols {
  decimal: string;
  grouping: string;
  exponent: string;
  minus: string;
  percent: string;
  perMille: string;
  zero: string;
  digit: string;
  separator: string;
}

interface Parts {
  picture: string;
  prefix: string;
  suffix: string;
  active: string;
  mantissa: string;
  exponent: string | undefined;
  integer: string;
  fraction: string;
}

interface Format {
  picture: string;
  prefix: string;
  suffix: string;
  minInteger: number;
  scaling: number;
  minFraction: number;
  maxFraction: number;
  minExponent: number;
  /** Distance between separators where it is always the same, else 0. */
  every: number;
  groups: number[];
  fractionGroups: number[];
}

/** @throws ExpressionError D3080 to D3093 for a picture that breaks the rules */
export function formatNumber(value: number, picture: string, options: Record<string, string> = {}): string {
  if (!Number.isFinite(value)) throw new ExpressionError('D1001', { value });
  checkPicture(picture);
  const symbols = symbolsOf(options);
  const pictures = picture.split(symbols.separator);
  if (pictures.length > 2) throw new ExpressionError('D3080', { value: picture });
  const formats = pictures.map((each) => {
    const parts = splitPicture(each, symbols);
    validate(parts, symbols);
    return analyse(parts, symbols);
  });
  const first = formats[0] as Format;
  const format = value >= 0 ? first : (formats[1] ?? { ...first, prefix: symbols.minus + first.prefix });
  return write(value, format, symbols);
}

function symbolsOf(options: Record<string, string>): Symbols {
  const own = (name: string, fallback: string): string => (Object.hasOwn(options, name) ? coerced(options[name]) : fallback);
  return {
    decimal: own('decimal-separator', '.'),
    grouping: own('grouping-separator', ','),
    exponent: own('exponent-separator', 'e'),
    minus: own('minus-sign', '-'),
    percent: own('percent', '%'),
    perMille: own('per-mille', '\u2030'),
    zero: own('zero-digit', '0'),
    digit: own('digit', '#'),
    separator: own('pattern-separator', ';'),
  };
}

/** True for the ten digits that begin with the zero digit. */
function isDigit(char: string, symbols: Symbols): boolean {
  const offset = char.charCodeAt(0) - symbols.zero.charCodeAt(0);
  return offset >= 0 && offset < 10;
}

const isPlace = (char: string, symbols: Symbols): boolean => isDigit(char, symbols) || char === symbols.digit;

function isActive(char: string, symbols: Symbols): boolean {
  return isPlace(char, symbols) || [symbols.decimal, symbols.exponent, symbols.grouping, symbols.separator].includes(char);
}

function countOf(text: string, test: (char: string) => boolean): number {
  let count = 0;
  for (const char of text.split('')) if (test(char)) count++;
  return count;
}

function splitPicture(picture: string, symbols: Symbols): Parts {
  const chars = picture.split('');
  const edge = (char: string) => isActive(char, symbols) && char !== symbols.exponent;
  const start = Math.max(0, chars.findIndex(edge));
  const last = chars.findLastIndex(edge);
  const prefix = picture.slice(0, start);
  const suffix = last === -1 ? '' : picture.slice(last + 1);
  const active = picture.slice(prefix.length, picture.length - suffix.length);
  const at = active.indexOf(symbols.exponent);
  const mantissa = at === -1 ? active : active.slice(0, at);
  const point = mantissa.indexOf(symbols.decimal);
  return {
    picture,
    prefix,
    suffix,
    active,
    mantissa,
    exponent: at === -1 ? undefined : active.slice(at + 1),
    integer: point === -1 ? mantissa : mantissa.slice(0, point),
    fraction: point === -1 ? '' : mantissa.slice(point + 1),
  };
}

/** The rules of §4.7.4; where several are broken, the last one is reported. */
function validate(parts: Parts, symbols: Symbols): void {
  const { picture, integer, fraction, exponent } = parts;
  const twice = (text: string) => picture.indexOf(text) !== picture.lastIndexOf(text);
  const point = picture.indexOf(symbols.decimal);
  const digit = (char: string) => isDigit(char, symbols);
  const percented = picture.includes(symbols.percent) || picture.includes(symbols.perMille);
  const optionalInInteger = integer.indexOf(symbols.digit);
  const optionalInFraction = fraction.lastIndexOf(symbols.digit);
  const byPoint = picture.charAt(point - 1) === symbols.grouping || picture.charAt(point + 1) === symbols.grouping;
  const broken: [boolean, string][] = [
    [twice(symbols.decimal), 'D3081'],
    [twice(symbols.percent), 'D3082'],
    [twice(symbols.perMille), 'D3083'],
    [picture.includes(symbols.percent) && picture.includes(symbols.perMille), 'D3084'],
    [countOf(parts.mantissa, (char) => isPlace(char, symbols)) === 0, 'D3085'],
    [countOf(parts.active, (char) => !isActive(char, symbols)) > 0, 'D3086'],
    [point !== -1 && byPoint, 'D3087'],
    [point === -1 && integer.charAt(integer.length - 1) === symbols.grouping, 'D3088'],
    [picture.includes(symbols.grouping + symbols.grouping), 'D3089'],
    [optionalInInteger !== -1 && countOf(integer.slice(0, optionalInInteger), digit) > 0, 'D3090'],
    [optionalInFraction !== -1 && countOf(fraction.slice(optionalInFraction), digit) > 0, 'D3091'],
    [exponent !== undefined && exponent.length > 0 && percented, 'D3092'],
    [exponent !== undefined && (exponent.length === 0 || countOf(exponent, (char) => !digit(char)) > 0), 'D3093'],
  ];
  const last = broken.findLast(([is]) => is);
  if (last) throw new ExpressionError(last[1], { value: picture });
}

function analyse(parts: Parts, symbols: Symbols): Format {
  const place = (char: string) => isPlace(char, symbols);
  const digit = (char: string) => isDigit(char, symbols);
  const separatorsIn = (text: string, count: (at: number) => number): number[] =>
    text.split('').flatMap((char, at) => (char === symbols.grouping ? [count(at)] : []));
  const groups = separatorsIn(parts.integer, (at) => countOf(parts.integer.slice(at), place));
  const format: Format = {
    picture: parts.picture,
    prefix: parts.prefix,
    suffix: parts.suffix,
    minInteger: countOf(parts.integer, digit),
    scaling: countOf(parts.integer, digit),
    minFraction: countOf(parts.fraction, digit),
    maxFraction: countOf(parts.fraction, place),
    minExponent: countOf(parts.exponent ?? '', digit),
    every: regularDistance(groups),
    groups,
    fractionGroups: separatorsIn(parts.fraction, (at) => countOf(parts.fraction.slice(0, at), place)),
  };
  if (format.minInteger === 0 && format.maxFraction === 0) {
    if (parts.exponent !== undefined) format.minFraction = format.maxFraction = 1;
    else format.minInteger = 1;
  }
  if (parts.exponent !== undefined && format.minInteger === 0 && parts.integer.includes(symbols.digit)) format.minInteger = 1;
  if (format.minInteger === 0 && format.minFraction === 0) format.minFraction = 1;
  return format;
}

/** The distance between separators where there is one at each of its multiples, else 0. */
export function regularDistance(positions: number[]): number {
  if (positions.length === 0) return 0;
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  const distance = positions.reduce(divisor);
  for (let i = 1; i <= positions.length; i++) if (!positions.includes(i * distance)) return 0;
  return distance;
}

function write(value: number, format: Format, symbols: Symbols): string {
  const { picture } = format;
  let mantissa = picture.includes(symbols.percent) ? value * 100 : picture.includes(symbols.perMille) ? value * 1000 : value;
  let exponent: number | undefined;
  if (format.minExponent > 0) {
    exponent = 0;
    const low = 10 ** (format.scaling - 1);
    const high = 10 ** format.scaling;
    if (mantissa !== 0) {
      for (; Math.abs(mantissa) < low; exponent--) mantissa *= 10;
      for (; Math.abs(mantissa) > high; exponent++) mantissa /= 10;
    }
  }
  checkText(format.maxFraction + format.minInteger);
  const [whole = '', fraction = ''] = digitsOf(round(mantissa, Math.min(format.maxFraction, 100)), format.maxFraction).split('.');
  let integer = whole.replace(/^0+/, '').padStart(format.minInteger, '0');
  let decimals = fraction.replace(/0+$/, '').padEnd(format.minFraction, '0');
  integer = groupInteger(translate(integer, symbols), format, symbols.grouping);
  decimals = groupFraction(translate(decimals, symbols), format.fractionGroups, symbols.grouping);
  let text = decimals !== '' && picture.includes(symbols.decimal) ? integer + symbols.decimal + decimals : integer;
  if (exponent !== undefined) {
    const digits = translate(String(Math.abs(exponent)).padStart(format.minExponent, '0'), symbols);
    text += symbols.exponent + (exponent < 0 ? symbols.minus : '') + digits;
  }
  checkText(format.prefix.length + text.length + format.suffix.length);
  return format.prefix + text + format.suffix;
}

/** The digits of a number without its sign; a double has no more than a hundred decimals to give. */
function digitsOf(value: number, decimals: number): string {
  const size = Math.abs(value);
  const places = Math.min(decimals, 100);
  // The built-in writes numbers from here on with an exponent.
  if (size >= 1e21) return BigInt(size).toString() + (places > 0 ? `.${'0'.repeat(places)}` : '');
  return size.toFixed(places);
}

function translate(digits: string, symbols: Symbols): string {
  if (symbols.zero === '0') return digits;
  const zero = symbols.zero.charCodeAt(0);
  return digits.replace(/[0-9]/g, (digit) => String.fromCharCode(zero + Number(digit)));
}

function groupInteger(digits: string, format: Format, separator: string): string {
  const { length } = digits;
  const positions =
    format.every > 0 ? Array.from({ length: Math.floor((length - 1) / format.every) }, (_, i) => (i + 1) * format.every) : format.groups;
  let text = digits;
  for (const from of [...positions].sort((a, b) => a - b)) {
    if (from >= length) continue;
    const at = length - from;
    text = text.slice(0, at) + separator + text.slice(at);
  }
  return text;
}

function groupFraction(digits: string, positions: number[], separator: string): string {
  let text = digits;
  for (const from of [...positions].sort((a, b) => b - a)) {
    if (from < digits.length) text = text.slice(0, from) + separator + text.slice(from);
  }
  return text;
}
