import { parseJson, stringifyJson } from '#shared/json.ts';
import { JsonText } from '#shared/json-text.ts';
import type { ValueFormat } from '#shared/plan.ts';
import type { TrialRecord } from '#shared/trial.ts';
import type { OutRecord } from '../kafka/port.ts';

/** What a record says of its value. */
export type ShownValue = Pick<TrialRecord, 'value' | 'encoding' | 'text'>;

/** A value inside the flow. */
export function showValue(value: unknown): ShownValue {
  if (value === undefined || value === null) return { value: null };
  if (value instanceof Uint8Array) return { value: Buffer.from(value).toString('base64'), encoding: 'base64' };
  return value instanceof JsonText ? showJson(value.write(), value.parse()) : { value };
}

/** A value as a sink would have written it. */
export function showWritten(value: OutRecord['value'], format: ValueFormat): ShownValue {
  if (value === null) return { value: null };
  if (format === 'bytes') return showValue(typeof value === 'string' ? Buffer.from(value) : value);
  const text = typeof value === 'string' ? value : Buffer.from(value).toString('utf8');
  return format === 'text' ? { value: text } : showJson(text, parseJson(text));
}

/** Bytes that no source could decode: as text where they are text. */
export function showRaw(value: Uint8Array | null): ShownValue {
  if (value === null) return { value: null };
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? { value: text } : { value: bytes.toString('base64'), encoding: 'base64' };
}

/** The text stands beside the value where the value alone would be written in other digits or escapes. */
function showJson(text: string, value: unknown): ShownValue {
  return stringifyJson(value) === text ? { value } : { value, text };
}
