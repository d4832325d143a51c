import { ExactNumber } from '#shared/exact-number.ts';

/** The most characters of a value that a sentence shows. */
const most = 40;

/** A text cut to what a sentence shows, in quotes. */
export function quoted(text: string): string {
  return JSON.stringify(shortened(text, most));
}

/** A text cut to what a sentence shows, on one line. */
export function cut(text: string, length = most): string {
  return shortened(text, length).replace(/\s+/g, ' ');
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** A value that stands for itself, such as a limit or a name: without its kind where that is clear. */
export function bare(value: unknown): string {
  if (typeof value === 'string') return cut(value);
  if (typeof value === 'number') return String(value);
  return value instanceof ExactNumber ? cut(value.text) : describe(value);
}

/** A value in a few words: its kind and, where short, the value itself. Looks at a few members only. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return value === '' ? 'an empty text' : `the text ${quoted(value)}`;
  if (typeof value === 'number') return `the number ${value}`;
  if (value instanceof ExactNumber) return `the number ${cut(value.text)}`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return describeArray(value);
  if (typeof value === 'object') return describeObject(value);
  return 'a value that is not JSON';
}

function describeArray(items: unknown[]): string {
  if (items.length === 0) return 'an empty array';
  const shown: string[] = [];
  for (const item of items) {
    if (typeof item === 'object' || typeof item === 'function') break;
    shown.push(typeof item === 'string' ? quoted(item) : String(item));
    if (shown.length > 8) break;
  }
  const text = `[${shown.join(', ')}]`;
  if (shown.length === items.length && text.length <= most) return `the array ${text}`;
  return items.length === 1 ? `an array of one ${kindOf(items[0])}` : `an array of ${items.length} items`;
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number' || value instanceof ExactNumber) return 'number';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'object' && value !== null ? 'object' : 'item';
}

function describeObject(value: object): string {
  let shown = '';
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    const next = shown === '' ? cut(key) : `${shown}, ${key}`;
    if (next.length > most) return `an object with ${shown}, …`;
    shown = next;
  }
  return shown === '' ? 'an empty object' : `an object with ${shown}`;
}
