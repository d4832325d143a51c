/** A number that a double would change. It holds the digits as they came, and is written back with them. */
export class ExactNumber {
  /** The digits as they stood in the source; a valid JSON number. */
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  /** The digits, so that text output (`&`, `$string`, logs) shows what came in. */
  toString(): string {
    return this.text;
  }
  /** Called by JSON.stringify. Never a silent rounding: only `stringifyJson` gets past here. */
  toJSON(): string {
    if (!writer.met) throw new TypeError(`The number ${this.text} has more digits than JavaScript keeps; write it with stringifyJson.`);
    return `${mark}${writer.met.push(this) - 1}\uE001`;
  }
}

/** Numbers met by the `stringifyJson` that is running; JSON.stringify is synchronous, so there is one at most. */
export const writer: { met: ExactNumber[] | undefined } = { met: undefined };
/** Begins the place of an exact number until its digits are put there. Random, so that no message can hold it. */
const mark = `\uE000${Math.random().toString(36).slice(2)}.`;
/** Finds the place of an exact number in written text, and its index among those met. */
export const marked = new RegExp(`"${mark.replace('.', '\\.')}(\\d+)\uE001"`, 'g');

export function isExactNumber(value: unknown): value is ExactNumber {
  return value instanceof ExactNumber;
}

/** True when a double holds exactly the decimal number that the text names. */
export function survives(text: string): boolean {
  const value = Number(text);
  if (!Number.isFinite(value)) return false;
  return canonical(text) === canonical(String(value));
}

/** Sign, digits without outer zeros, and the power of ten of the last digit: equal for equal decimals. */
function canonical(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const trimmed = digits.replace(/0+$/, '');
  if (trimmed === '') return '0';
  return `${sign}${trimmed}e${Number(exponent) - fraction.length + (digits.length - trimmed.length)}`;
}
