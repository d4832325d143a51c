import { ExactNumber, isExactNumber, marked, survives, writer } from './exact-number.ts';
import { load, odd, scan, skip, space } from './jsonata/json/scan.ts';
import { readWhole } from './jsonata/json/whole.ts';

export { ExactNumber, isExactNumber, survives };

/**
 * A digit run that could be rounded: 16 or more digits (a point may stand among them), or an exponent.
 * It may match inside strings too; then the slower reader runs and gives the same result.
 */
const maybeRounded = /\d[\d.]{15,}|\d[eE][+-]?\d/;

/**
 * Parses JSON text and keeps every digit: a number that a JavaScript double would change (a 64-bit id, a long decimal)
 * is read as an {@link ExactNumber}, which is written back as it came. Text without such a number takes the built-in
 * parser and pays one linear scan.
 * @throws SyntaxError with the built-in parser's message when the text is not JSON.
 */
export function parseJson(text: string): unknown {
  if (!maybeRounded.test(text)) return JSON.parse(text);
  // A scan that is under way may ask for the value of a part.
  if (scan.text === '' && load(text)) {
    try {
      const b = scan.bytes;
      const start = space(b, 0);
      // Before anything is built, so that the builder never gives up halfway.
      const end = skip(b, start);
      if (space(b, end) === text.length + scan.shift) {
        scan.shift = 0;
        return readWhole(b, start, 0);
      }
    } catch (cause) {
      if (cause !== odd) throw cause;
    } finally {
      scan.text = '';
    }
  }
  // Not JSON, nested very deep, or very long.
  JSON.parse(text);
  return new ExactReader(text).read();
}

/** Writes a value as JSON; {@link ExactNumber}s leave with their own digits. `undefined` gives `undefined`. */
export function stringifyJson(value: unknown, indent?: number): string | undefined {
  const exact: ExactNumber[] = [];
  writer.met = exact;
  try {
    const text = JSON.stringify(value, undefined, indent);
    return exact.length === 0 ? text : text.replace(marked, (all, index: string) => exact[Number(index)]?.text ?? all);
  } finally {
    writer.met = undefined;
  }
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
