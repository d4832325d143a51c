import { parseJson, stringifyJson } from './json.ts';
import { compileParser, type Parser } from './jsonata/json/parser.ts';
import { load, odd, scan, skip, space } from './jsonata/json/scan.ts';

/**
 * A message's value that is still, or already, JSON text. Only nodes that say so get one (`TextWork` in the SDK); all
 * others get the parsed value.
 */
export class JsonText {
  /** Valid JSON. */
  readonly text: string;
  /** The text without white space between its tokens and with no key twice in an object, once it is known. */
  private compact: string | undefined;
  private value: unknown;

  private constructor(text: string, compact: string | undefined) {
    this.text = text;
    this.compact = compact;
    this.value = undefined;
  }

  /**
   * A value for text from outside: a JsonText for an object or a list, which is checked but not parsed, and the value
   * itself for everything else.
   * @throws SyntaxError as `parseJson` does, for exactly the same texts
   */
  static read(text: string): unknown {
    return isContainer(text) ? new JsonText(text, undefined) : parseJson(text);
  }

  /** For text that a writer of JSON has made. */
  static made(text: string): JsonText {
    return new JsonText(text, text);
  }

  /** The value as `parseJson` gives it; the same one at every call. It must not be changed. */
  parse(): unknown {
    this.value ??= parseJson(this.text);
    return this.value;
  }

  /** The text for a record: without white space, the last of equal keys only; numbers and texts as they were written. */
  write(): string {
    this.compact ??= compactOf(this.text);
    return this.compact;
  }
}

/** True for the text of an object or list; false for what is neither, is no JSON, or is too odd to be worth a fast path. */
function isContainer(text: string): boolean {
  if (!load(text)) return false;
  try {
    const b = scan.bytes;
    const start = space(b, 0);
    if (b[start] !== 123 && b[start] !== 91) return false;
    return space(b, skip(b, start)) === text.length + scan.shift;
  } catch (cause) {
    if (cause === odd) return false;
    throw cause;
  } finally {
    scan.text = '';
  }
}

let copier: Parser | undefined;

function compactOf(text: string): string {
  // Where the process may not make code of text, the value is written anew.
  copier ??= compileParser({ take: 'copied' }) ?? ((json) => stringifyJson(parseJson(json)));
  return copier(text) as string;
}
