import { ExpressionError } from '../error.ts';
import { charge, checkText } from '../run.ts';
import { regularDistance } from './number-picture.ts';
import { roman, romanValue, words, wordsValue } from './number-words.ts';
import { checkPicture } from './picture.ts';

/** How an integer is written, after XPath fn:format-integer (https://www.w3.org/TR/xpath-functions-31/#func-format-integer). */
export interface IntegerFormat {
  style: 'decimal' | 'letters' | 'roman' | 'words' | 'sequence';
  letterCase: 'upper' | 'lower' | 'title';
  ordinal: boolean;
  /** Code of the zero of the digits used. */
  zero: number;
  /** Least number of digits; not a number for styles without digits. */
  mandatory: number;
  optional: number;
  /** Distance between equal separators, or 0. */
  every: number;
  separators: { position: number; character: string }[];
  /** The picture, for the error about what is not supported. */
  token: string;
  /** Exact number of digits to read where another number follows at once. */
  width?: number;
}

/** Zeros of the digit families in Unicode's basic plane. */
const zeros = [
  0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090,
  0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
  0xff10,
];

const styles: Record<string, Pick<IntegerFormat, 'style' | 'letterCase'>> = {
  A: { style: 'letters', letterCase: 'upper' },
  a: { style: 'letters', letterCase: 'lower' },
  I: { style: 'roman', letterCase: 'upper' },
  i: { style: 'roman', letterCase: 'lower' },
  W: { style: 'words', letterCase: 'upper' },
  Ww: { style: 'words', letterCase: 'title' },
  w: { style: 'words', letterCase: 'lower' },
};

/** Reads an integer picture. @throws ExpressionError D3131 when digits of two families are mixed */
export function readIntegerPicture(picture: string): IntegerFormat {
  const semicolon = picture.lastIndexOf(';');
  const primary = semicolon === -1 ? picture : picture.slice(0, semicolon);
  const format: IntegerFormat = {
    style: 'decimal',
    letterCase: 'lower',
    ordinal: semicolon !== -1 && picture.charAt(semicolon + 1) === 'o',
    zero: 0x30,
    mandatory: Number.NaN,
    optional: Number.NaN,
    every: 0,
    separators: [],
    token: primary,
  };
  const known = Object.hasOwn(styles, primary) ? styles[primary] : undefined;
  return known ? { ...format, ...known } : readDigits(format, primary);
}

function readDigits(format: IntegerFormat, primary: string): IntegerFormat {
  let zero: number | undefined;
  let mandatory = 0;
  let optional = 0;
  const separators: IntegerFormat['separators'] = [];
  // From the right, as separators are counted from there.
  for (const character of Array.from(primary).reverse()) {
    const code = character.codePointAt(0) ?? 0;
    const family = zeros.find((start) => code >= start && code <= start + 9);
    if (family !== undefined) {
      if (zero !== undefined && zero !== family) throw new ExpressionError('D3131', { value: primary });
      zero = family;
      mandatory++;
    } else if (character === '#') optional++;
    else separators.push({ position: mandatory + optional, character });
  }
  if (zero === undefined) return { ...format, style: 'sequence' };
  const same = separators.every((separator) => separator.character === separators[0]?.character);
  const every = same ? regularDistance(separators.map((separator) => separator.position)) : 0;
  return { ...format, zero, mandatory, optional, every, separators };
}

/** An integer by a picture. @throws ExpressionError D3130 for a numbering that is not supported */
export function formatInteger(value: number, picture: string): string {
  checkPicture(picture);
  return writeInteger(Math.floor(value), readIntegerPicture(picture));
}

/** An integer in a format. */
export function writeInteger(value: number, format: IntegerFormat): string {
  if (Math.abs(value) === Number.POSITIVE_INFINITY) throw new ExpressionError('D1001', { value });
  const text = writePositive(Math.abs(value), format);
  charge(text.length);
  return value < 0 ? `-${text}` : text;
}

function writePositive(value: number, format: IntegerFormat): string {
  const upper = format.letterCase === 'upper';
  switch (format.style) {
    case 'letters':
      return letters(value, upper ? 'A' : 'a');
    case 'roman': {
      const text = roman(value);
      return upper ? text.toUpperCase() : text;
    }
    case 'words': {
      const text = words(value, format.ordinal);
      return upper ? text.toUpperCase() : format.letterCase === 'lower' ? text.toLowerCase() : text;
    }
    case 'sequence':
      throw new ExpressionError('D3130', { value: format.token });
    default:
      return decimal(value, format);
  }
}

function decimal(value: number, format: IntegerFormat): string {
  checkText(format.mandatory);
  let text = String(value).padStart(format.mandatory || 0, '0');
  charge(text.length);
  if (format.zero !== 0x30) text = text.replace(/[0-9]/g, (digit) => String.fromCodePoint(Number(digit) + format.zero));
  text = group(text, format);
  if (!format.ordinal) return text;
  const suffix = { 1: 'st', 2: 'nd', 3: 'rd' }[text.at(-1) ?? ''];
  return text + (suffix === undefined || (text.length > 1 && text.at(-2) === '1') ? 'th' : suffix);
}

function group(digits: string, format: IntegerFormat): string {
  const { every, separators } = format;
  const { length } = digits;
  if (every > 0) {
    const parts: string[] = [];
    for (let end = length; end > 0; end -= every) parts.unshift(digits.slice(Math.max(0, end - every), end));
    return parts.join(separators[0]?.character);
  }
  let text = digits;
  for (const { position, character } of separators) {
    // Nearest to the end first: what is put in there does not move the places further left.
    if (position < length) text = text.slice(0, length - position) + character + text.slice(length - position);
  }
  return text;
}

/** Spreadsheet columns: a, b, … z, aa, ab, … */
function letters(value: number, first: string): string {
  const start = first.charCodeAt(0);
  let text = '';
  for (let rest = value; rest > 0; rest = Math.floor((rest - 1) / 26)) text = String.fromCharCode(((rest - 1) % 26) + start) + text;
  return text;
}

function lettersValue(text: string, first: string): number {
  let value = 0;
  for (let i = 0; i < text.length; i++) value += (text.charCodeAt(text.length - i - 1) - first.charCodeAt(0) + 1) * 26 ** i;
  return value;
}

/** Reads an integer that was written by a picture. */
export function parseInteger(text: string, picture: string): number {
  checkPicture(picture);
  return readInteger(text, readIntegerPicture(picture));
}

/** Reads an integer in a format; not a number where the text is not in it. */
export function readInteger(text: string, format: IntegerFormat): number {
  charge(text.length);
  const upper = format.letterCase === 'upper';
  switch (format.style) {
    case 'letters':
      return lettersValue(text, upper ? 'A' : 'a');
    case 'roman':
      return romanValue(upper ? text : text.toUpperCase());
    case 'words':
      return wordsValue(text.toLowerCase());
    case 'sequence':
      throw new ExpressionError('D3130', { value: format.token });
    default: {
      let digits = format.ordinal ? text.slice(0, -2) : text;
      for (const { character } of format.separators) digits = digits.split(character).join('');
      if (format.zero !== 0x30) {
        digits = digits.replace(/[^\d]/g, (char) => String.fromCharCode(Math.max(0, char.charCodeAt(0) - format.zero + 0x30)));
      }
      return Number.parseInt(digits, 10);
    }
  }
}

/** The text that an integer in this format may be, as a regular expression. */
export function integerPattern(format: IntegerFormat, wordList: string): string {
  const upper = format.letterCase === 'upper';
  switch (format.style) {
    case 'letters':
      return upper ? '[A-Z]+' : '[a-z]+';
    case 'roman':
      return upper ? '[MDCLXVI]+' : '[mdclxvi]+';
    case 'words':
      return `(?:${wordList}|and|[\\-, ])+`;
    case 'sequence':
      throw new ExpressionError('D3130', { value: format.token });
    default:
      return `[0-9]${format.width ? `{${format.width}}` : '+'}${format.ordinal ? '(?:th|st|nd|rd)' : ''}`;
  }
}
