/**
 * JSON that keeps every digit. A number that a JavaScript double would change (a 64-bit id, a long decimal)
 * is read as an {@link ExactNumber}, which holds the source text and is written back as it came.
 * Text without such a number takes the built-in parser and pays one linear scan.
 */
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
  /** Called by JSON.stringify. Never a silent rounding: only {@link stringifyJson} gets past here. */
  toJSON(): string {
    if (!writing) throw new TypeError(`The number ${this.text} has more digits than JavaScript keeps; write it with stringifyJson.`);
    return `${mark}${writing.push(this) - 1}\uE001`;
  }
}

/** Numbers met by the {@link stringifyJson} that is running; JSON.stringify is synchronous, so there is one at most. */
let writing: ExactNumber[] | undefined;
/** Begins the place of an exact number until its digits are put there. Random, so that no message can hold it. */
const mark = `\uE000${Math.random().toString(36).slice(2)}.`;
const marked = new RegExp(`"${mark.replace('.', '\\.')}(\\d+)\uE001"`, 'g');

export function isExactNumber(value: unknown): value is ExactNumber {
  return value instanceof ExactNumber;
}

/**
 * A digit run that could be rounded: 16 or more digits (a point may stand among them), or an exponent.
 * It may match inside strings too; then the slow parser runs and gives the same result.
 */
const maybeRounded = /\d[\d.]{15,}|\d[eE][+-]?\d/;

/**
 * Parses JSON text.
 * @throws SyntaxError with the built-in parser's message when the text is not JSON.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return maybeRounded.test(text) ? new ExactReader(text).read() : value;
}

/** Writes a value as JSON; {@link ExactNumber}s leave with their own digits. `undefined` gives `undefined`. */
export function stringifyJson(value: unknown, indent?: number): string | undefined {
  const exact: ExactNumber[] = [];
  writing = exact;
  try {
    const text = JSON.stringify(value, undefined, indent);
    return exact.length === 0 ? text : text.replace(marked, (all, index: string) => exact[Number(index)]?.text ?? all);
  } finally {
    writing = undefined;
  }
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

/** A reader for text that JSON.parse has accepted already, so it only has to find the values. */
class ExactReader {
  private readonly text: string;
  private at = 0;
  constructor(text: string) {
    this.text = text;
  }

  read(): unknown {
    this.space();
    const char = this.text[this.at];
    if (char === '{') return this.object();
    if (char === '[') return this.array();
    if (char === '"') return this.string();
    if (char === 't') return this.word(4, true);
    if (char === 'f') return this.word(5, false);
    if (char === 'n') return this.word(4, null);
    return this.number();
  }

  private space(): void {
    while (' \n\r\t'.includes(this.text[this.at] ?? '!')) this.at++;
  }

  private word<T>(length: number, value: T): T {
    this.at += length;
    return value;
  }

  private object(): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    this.at++;
    this.space();
    while (this.text[this.at] !== '}') {
      const key = this.string();
      this.space();
      this.at++;
      const value = this.read();
      // As JSON.parse does: an own property even for __proto__.
      if (key === '__proto__') Object.defineProperty(result, key, { value, writable: true, enumerable: true, configurable: true });
      else result[key] = value;
      this.space();
      if (this.text[this.at] === ',') this.at++;
      this.space();
    }
    this.at++;
    return result;
  }

  private array(): unknown[] {
    const result: unknown[] = [];
    this.at++;
    this.space();
    while (this.text[this.at] !== ']') {
      result.push(this.read());
      this.space();
      if (this.text[this.at] === ',') this.at++;
      this.space();
    }
    this.at++;
    return result;
  }

  private string(): string {
    const start = this.at++;
    while (this.text[this.at] !== '"') this.at += this.text[this.at] === '\\' ? 2 : 1;
    this.at++;
    return JSON.parse(this.text.slice(start, this.at)) as string;
  }

  private number(): number | ExactNumber {
    const start = this.at;
    while (/[-+.\deE]/.test(this.text[this.at] ?? ' ')) this.at++;
    const text = this.text.slice(start, this.at);
    return survives(text) ? Number(text) : new ExactNumber(text);
  }
}
