import { isUtf8 } from 'node:buffer';
import { isExactNumber, parseJson } from '#shared/json.ts';
import { header } from '#shared/message.ts';
import { maskSteps } from '#shared/sample-masks.ts';
import type { KafkaRecord } from '../kafka/port.ts';
import { termText, traceIdOf } from './term.ts';
import { at } from './terms-of.ts';

/** What a message must hold. `value`: its key or any field is this; `text`: it stands anywhere in key or value. */
export type MatchSpec =
  | { by: 'value' | 'key' | 'text'; text: string }
  | { by: 'trace-id'; text: string }
  | { by: 'field'; field: string; text: string };

/** A message as text; undefined where it is bytes. */
export interface ReadableMessage {
  key: string | null | undefined;
  traceparent: string | undefined;
  value: string | null | undefined;
}

/** Says what of a message fits: `key`, the path of a field, a piece of text; undefined when nothing does. */
export type Match = (message: ReadableMessage) => string | undefined;

const largest = 1024 * 1024;

/** Makes a match. Letter case and outer white space make no difference; no character of the text means anything but itself. */
export function createMatch(spec: MatchSpec): Match {
  const wanted = termText(spec.text) ?? spec.text.trim().toLowerCase();
  const isIt = (value: string): boolean => termText(value) === wanted;
  const needles = needlesOf(spec.text);
  const mayHold = (value: string): boolean => {
    const lower = value.toLowerCase();
    return needles.some((needle) => lower.includes(needle));
  };
  if (spec.by === 'trace-id') {
    const id = traceIdOf(spec.text);
    return ({ traceparent }) => (traceparent !== undefined && traceIdOf(traceparent) === id ? header.trace : undefined);
  }
  if (spec.by === 'key') return ({ key }) => (key && isIt(key) ? 'key' : undefined);
  if (spec.by === 'field') {
    const steps = maskSteps(spec.field) ?? [];
    return ({ value }) => {
      if (!value || !mayHold(value)) return undefined;
      for (const one of at(jsonIn(value), steps)) if (isIt(one)) return spec.field;
      return undefined;
    };
  }
  return ({ key, value }) => {
    if (key && isIt(key)) return 'key';
    const inText = spec.by === 'text';
    if (value && mayHold(value)) {
      const lower = spec.text.trim().toLowerCase();
      const field = fieldWith(jsonIn(value), (one) => isIt(one) || (inText && one.toLowerCase().includes(lower)));
      if (field) return field;
      if (inText) return around(value, needles);
    }
    return inText && key?.toLowerCase().includes(spec.text.trim().toLowerCase()) ? 'key' : undefined;
  };
}

/** A record as text. */
export function readable({ key, headers, value }: Pick<KafkaRecord, 'key' | 'headers' | 'value'>): ReadableMessage {
  const trace = headers[header.trace];
  return { key: textIn(key), traceparent: typeof trace === 'string' ? trace : undefined, value: textIn(value) };
}

function textIn(bytes: Uint8Array | null): string | null | undefined {
  if (bytes === null) return null;
  return isUtf8(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8') : undefined;
}

/** The text as it may stand in JSON, in small letters: as it is, with its quotes escaped, with what is not ASCII escaped. */
function needlesOf(text: string): string[] {
  const plain = text.trim().toLowerCase();
  const quoted = JSON.stringify(plain).slice(1, -1);
  const ascii = JSON.stringify(text.trim())
    .slice(1, -1)
    .replaceAll(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .toLowerCase();
  return [...new Set([plain, quoted, ascii])];
}

function jsonIn(text: string): unknown {
  if (text.length > largest) return undefined;
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The path of the first field whose text or number fits, in the order of the message. */
function fieldWith(json: unknown, fits: (value: string) => boolean): string | undefined {
  const open: { value: unknown; path: string }[] = [{ value: json, path: '' }];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const { value, path } = part;
    if (typeof value === 'string' || typeof value === 'number') {
      if (fits(String(value))) return path || 'value';
    } else if (isExactNumber(value)) {
      if (fits(value.text)) return path || 'value';
    } else if (Array.isArray(value)) {
      for (let item = value.length - 1; item >= 0; item--) open.push({ value: value[item] as unknown, path });
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value).reverse())
        open.push({ value: inner, path: path === '' ? name : `${path}.${name}` });
    }
  }
  return undefined;
}

function around(value: string, needles: readonly string[]): string {
  const lower = value.toLowerCase();
  const found = needles.map((needle) => ({ at: lower.indexOf(needle), length: needle.length })).find(({ at }) => at >= 0);
  if (!found) return 'value';
  const start = Math.max(0, found.at - 20);
  return value
    .slice(start, found.at + found.length + 20)
    .replaceAll(/\s+/g, ' ')
    .slice(0, 120);
}
