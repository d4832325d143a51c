import { checkText } from '../run.ts';

const small =
  'Zero One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve Thirteen Fourteen Fifteen Sixteen Seventeen Eighteen Nineteen'.split(
    ' ',
  );
const smallOrdinals = (
  'Zeroth First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth Eleventh Twelfth Thirteenth Fourteenth Fifteenth Sixteenth ' +
  'Seventeenth Eighteenth Nineteenth'
).split(' ');
const tens = 'Twenty Thirty Forty Fifty Sixty Seventy Eighty Ninety'.split(' ');
const thousands = 'Thousand Million Billion Trillion'.split(' ');

/** A whole number in English words, such as "One Hundred and First". */
export function words(value: number, ordinal: boolean): string {
  return phrase(value, false, ordinal);
}

function phrase(value: number, continued: boolean, ordinal: boolean): string {
  if (value <= 19) return (continued ? ' and ' : '') + ((ordinal ? smallOrdinals : small)[value] ?? '');
  if (value < 100) {
    const ten = tens[Math.floor(value / 10) - 2] ?? '';
    const rest = value % 10;
    const lead = continued ? ' and ' : '';
    if (rest > 0) return `${lead + ten}-${phrase(rest, false, ordinal)}`;
    return lead + (ordinal ? `${ten.slice(0, -1)}ieth` : ten);
  }
  const power = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), thousands.length);
  const unit = power === 0 ? 100 : 1000 ** power;
  const count = Math.floor(value / unit);
  const rest = value - count * unit;
  const name = power === 0 ? 'Hundred' : (thousands[power - 1] ?? '');
  const head = `${continued ? ', ' : ''}${phrase(count, false, false)} ${name}`;
  if (rest > 0) return head + phrase(rest, true, ordinal);
  return ordinal ? `${head}th` : head;
}

const values = new Map<string, number>();
for (const [i, word] of small.entries()) values.set(word.toLowerCase(), i);
for (const [i, word] of smallOrdinals.entries()) values.set(word.toLowerCase(), i);
tens.forEach((word, i) => {
  const lower = word.toLowerCase();
  values.set(lower, (i + 2) * 10);
  values.set(`${lower.slice(0, -1)}ieth`, (i + 2) * 10);
});
values.set('hundred', 100);
values.set('hundredth', 100);
thousands.forEach((word, i) => {
  const lower = word.toLowerCase();
  values.set(lower, 1000 ** (i + 1));
  values.set(`${lower}th`, 1000 ** (i + 1));
});

/** Every word of a number, as alternatives of a regular expression. */
export const wordAlternatives = [...values.keys()].join('|');

/** The number that English words say; not a number where a word is not one of a number. */
export function wordsValue(text: string): number {
  const parts: number[] = [0];
  for (const word of text.split(/,\s|\sand\s|[\s\\-]/)) {
    const value = values.get(word) ?? Number.NaN;
    const last = parts.pop() ?? 0;
    if (value < 100) {
      if (last >= 1000) parts.push(last, value);
      else parts.push(last + value);
    } else parts.push(last * value);
  }
  return parts.reduce((sum, part) => sum + part, 0);
}

const numerals: [number, string][] = [
  [900, 'cm'],
  [500, 'd'],
  [400, 'cd'],
  [100, 'c'],
  [90, 'xc'],
  [50, 'l'],
  [40, 'xl'],
  [10, 'x'],
  [9, 'ix'],
  [5, 'v'],
  [4, 'iv'],
  [1, 'i'],
];

/** A whole number in lower-case Roman numerals; thousands are written with as many m. */
export function roman(value: number): string {
  if (!(value > 0)) return '';
  checkText(value / 1000);
  let text = 'm'.repeat(Math.floor(value / 1000));
  let rest = value % 1000;
  for (const [worth, numeral] of numerals) {
    for (; rest >= worth; rest -= worth) text += numeral;
  }
  return text;
}

const worths: Record<string, number> = { M: 1000, D: 500, C: 100, L: 50, X: 10, V: 5, I: 1 };

/** The value of upper-case Roman numerals: a smaller one before a larger counts against it. */
export function romanValue(text: string): number {
  let value = 0;
  let largest = 1;
  for (const numeral of text.split('').reverse()) {
    const worth = Object.hasOwn(worths, numeral) ? (worths[numeral] as number) : Number.NaN;
    if (worth < largest) value -= worth;
    else {
      largest = worth;
      value += worth;
    }
  }
  return value;
}
