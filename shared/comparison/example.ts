import { type ComparisonExample, comparisonLimits, type ShownChange } from '../comparison.ts';
import { isExactNumber, parseJson, stringifyJson } from '../json.ts';
import type { Position } from '../message.ts';
import type { SampleBytes, SampleMessage } from '../sample.ts';
import type { Masker } from '../sample-masks.ts';
import { type FieldChange, pathText, valueAt } from './fields.ts';
import type { Difference, Output } from './outcome.ts';

/** The message that two versions were run on. */
export interface SourceMessage {
  position: Position;
  message: SampleMessage & { timestamp: number };
}

/** Values beyond this are not read for an example: it names the fields alone. */
const largest = 512 * 1024;

/**
 * A message as an example of a difference, masked: what a mask hides in the message that came in is hidden wherever it
 * stands in what was made of it, in whatever field.
 */
export function exampleOf({ position, message }: SourceMessage, difference: Difference, masker: Masker): ComparisonExample {
  const masked = maskedOf(message, masker);
  const hide = hider(message, masked);
  const [was, is] = [difference.before, difference.after].map((output) => output && shownOutput(output, message.timestamp, masker));
  const changes = difference.changes.slice(0, comparisonLimits.changes).map((change) => shown(difference, change, was, is, hide));
  const { failed } = difference;
  const label = labelOf(masked.value);
  return {
    position,
    timestamp: message.timestamp,
    key: masked.key === null ? null : cut(masked.key.text),
    ...(label && { label }),
    changes,
    more: difference.changes.length - changes.length,
    ...(failed?.before && { before: cut(hide(failed.before.message)) }),
    ...(failed?.after && { after: cut(hide(failed.after.message)) }),
  };
}

interface Shown {
  /** The masked value and the one before, as JSON where it is one. */
  json: unknown;
  raw: unknown;
  text: string | undefined;
  key: string | null;
  keyRaw: string | null;
  partition: number | undefined;
  headers: Record<string, string>;
  rawHeaders: Readonly<Record<string, string>>;
}

function shownOutput(output: Output, timestamp: number, masker: Masker): Shown {
  const text = output.bytes ? String(output.value) : output.value === null ? null : (stringifyJson(output.value) ?? null);
  const small = text !== null && text.length <= largest;
  const bytes = (content: string): SampleBytes => ({ text: content, encoding: 'utf8' });
  const masked = maskedOf(
    {
      key: output.key === null ? null : bytes(output.key),
      headers: Object.fromEntries(Object.entries(output.headers).map(([name, content]) => [name, bytes(content)])),
      timestamp,
      value: small ? { text, encoding: output.bytes ? 'base64' : 'utf8' } : null,
    },
    masker,
  );
  return {
    json: masked.value && !output.bytes ? jsonIn(masked.value) : undefined,
    raw: output.value,
    text: text === null ? undefined : small ? masked.value?.text : `(${Math.ceil(text.length / 1024)} KB)`,
    key: masked.key?.text ?? null,
    keyRaw: output.key,
    partition: output.partition,
    headers: Object.fromEntries(Object.entries(masked.headers).map(([name, content]) => [name, content.text])),
    rawHeaders: output.headers,
  };
}

/** JSON of a text; undefined where it is none. */
function jsonIn({ text, encoding }: SampleBytes): unknown {
  if (encoding === 'base64') return undefined;
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const maskedOf = (message: SampleMessage, masker: Masker): SampleMessage => masker(message).message;

function shown(difference: Difference, change: FieldChange, was: Shown | undefined, is: Shown | undefined, hide: Hide): ShownChange {
  if (difference.class === 'key-changed') {
    const text = (side: Shown | undefined): Side => {
      if (change.place === 'partition') return { text: side?.partition === undefined ? 'by key' : String(side.partition), masked: false };
      return { text: side?.key ?? 'no key', masked: side?.key !== side?.keyRaw };
    };
    return made(change.place, text(was), text(is), hide);
  }
  if (difference.class === 'headers-changed') {
    const text = (side: Shown | undefined): Side | undefined => {
      const header = side?.headers[change.place];
      return header === undefined ? undefined : { text: header, masked: header !== side?.rawHeaders[change.place] };
    };
    return made(change.place, text(was), text(is), hide);
  }
  const place = pathText(change.after ?? change.before ?? []);
  return made(place, change.before && sideOf(was, change.before), change.after && sideOf(is, change.after), hide);
}

interface Side {
  text: string;
  masked: boolean;
}

function sideOf(side: Shown | undefined, path: readonly (string | number)[]): Side | undefined {
  if (!side) return undefined;
  if (side.json === undefined) return path.length > 0 ? undefined : { text: side.text ?? 'delete marker', masked: false };
  const [value, raw] = [valueAt(side.json, path), valueAt(side.raw, path)].map((one) => stringifyJson(one));
  return value === undefined ? undefined : { text: value, masked: value !== raw };
}

function made(place: string, before: Side | undefined, after: Side | undefined, hide: Hide): ShownChange {
  const [was, is] = [before && hide(before.text), after && hide(after.text)];
  const masked = before?.masked || after?.masked || was !== before?.text || is !== after?.text;
  return {
    place,
    ...(was !== undefined && { before: cut(was) }),
    ...(is !== undefined && { after: cut(is) }),
    ...(masked && { masked: true }),
  };
}

/** Takes out of a text what must not be seen. */
export type Hide = (text: string) => string;

/** Makes what takes out of a text every value that masking has hidden in the message that came in. */
export function hider(message: SampleMessage, masked: SampleMessage): Hide {
  const hidden = new Set<string>();
  for (const [name, content] of Object.entries(message.headers)) {
    if (masked.headers[name]?.text !== content.text) hidden.add(content.text);
  }
  if (message.key && masked.key?.text !== message.key.text) hidden.add(message.key.text);
  if (message.value && masked.value && message.value.text !== masked.value.text) {
    const [raw, covered] = [jsonIn(message.value), jsonIn(masked.value)];
    if (raw === undefined) return () => '•••';
    gather(raw, covered, hidden);
  }
  const long = [...hidden].filter((text) => text.length >= 4).sort((a, b) => b.length - a.length);
  return (text) => {
    if (hidden.has(text) || hidden.has(text.replace(/^"(.*)"$/s, '$1'))) return '•••';
    return long.reduce((result, one) => result.replaceAll(one, '•••'), text);
  };
}

function gather(raw: unknown, masked: unknown, hidden: Set<string>): void {
  const open: [unknown, unknown][] = [[raw, masked]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [left, right] = pair;
    if (typeof left === 'object' && left !== null && typeof right === 'object' && right !== null && !isExactNumber(left)) {
      for (const name of Object.keys(left)) open.push([valueAt(left, [name]), valueAt(right, [name])]);
    } else if (left !== right && left !== null && typeof left !== 'boolean' && String(left) !== String(right)) hidden.add(String(left));
  }
}

const numbered = /^(id|key|nr|no|number|code|uuid)$|(id|nr|no|number|code|uuid)$/i;

/** The first field at the top that looks like the number by which people know the thing: `id` before `orderId` before others. */
export function labelOf(value: SampleBytes | null): { name: string; value: string } | undefined {
  if (value === null || value.text.length > largest) return undefined;
  const json = jsonIn(value);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const fields = Object.entries(json).flatMap(([name, content]): [string, string][] => {
    const text =
      typeof content === 'string' ? content : typeof content === 'number' ? String(content) : isExactNumber(content) ? content.text : '';
    return text === '' || text.length > 80 || !numbered.test(name) ? [] : [[name, text]];
  });
  const [name, text] = fields.find(([name]) => name.toLowerCase() === 'id') ?? fields[0] ?? [];
  return name === undefined || text === undefined ? undefined : { name, value: text };
}

const cut = (text: string): string =>
  text.length > comparisonLimits.valueLength ? `${text.slice(0, comparisonLimits.valueLength)}…` : text;
