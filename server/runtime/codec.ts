import { isUtf8 } from 'node:buffer';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { JsonText } from '#shared/json-text.ts';
import type { Headers, Message } from '#shared/message.ts';
import type { ValueFormat } from '#shared/plan.ts';
import type { KafkaRecord } from '../kafka/port.ts';
import { MessageError } from '../sdk.ts';

/** Header on messages in a sink's own topic whose value is raw bytes; all others there are JSON. */
const formatHeader = 'millrace-format';

/**
 * Decodes a record's value.
 * @param unparsed whether a {@link JsonText} is wanted for JSON objects and lists
 * @throws MessageError `decode/json` or `decode/utf8`, with the place of the first fault where the parser names it.
 */
export function decodeValue(value: Uint8Array | null, format: ValueFormat, unparsed = false): unknown {
  if (value === null || format === 'bytes') return value;
  if (!isUtf8(value))
    throw new MessageError('decode/utf8', 'The message is not UTF-8 text. Set the source to raw bytes, or mend the sender.');
  const text = asBuffer(value).toString('utf8');
  if (format === 'text') return text;
  try {
    return unparsed ? JsonText.read(text) : parseJson(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MessageError('decode/json', `The message is not JSON: ${reason}. Mend the sender, or set the source to text.`);
  }
}

/** The key as text where it is UTF-8, else its bytes. */
export function decodeKey(key: Uint8Array | null): string | Uint8Array | null {
  if (key === null) return null;
  return isUtf8(key) ? asBuffer(key).toString('utf8') : key;
}

/** Format of a record in a sink's own topic. */
export function storedFormat(headers: Headers): ValueFormat {
  return headers[formatHeader] === 'bytes' ? 'bytes' : 'json';
}

/**
 * Encodes a value for a sink's own topic: bytes stay bytes (and say so in a header), everything else becomes JSON.
 * @throws MessageError `encode/value` for what JSON cannot hold.
 */
export function encodeStored(message: Message): { value: Uint8Array | string | null; headers: Headers } {
  if (message.value === null) return { value: null, headers: message.headers };
  if (message.value instanceof Uint8Array) return { value: message.value, headers: { ...message.headers, [formatHeader]: 'bytes' } };
  return { value: encodeJson(message.value), headers: message.headers };
}

/** JSON text of a value, a {@link JsonText} included. @throws MessageError `encode/value` */
export function encodeJson(value: unknown): string {
  if (value instanceof JsonText) return value.write();
  let text: string | undefined;
  try {
    text = stringifyJson(value);
  } catch (error) {
    throw new MessageError(
      'encode/value',
      `The result cannot be written as JSON: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  if (text === undefined) throw new MessageError('encode/value', 'The result is nothing (undefined), so there is no message to send.');
  return text;
}

/** Bytes that a record takes in a batch, with room for its frame. */
export function recordSize(record: { key: Uint8Array | string | null; value: Uint8Array | string | null; headers?: Headers }): number {
  let size = 70 + byteLength(record.key) + byteLength(record.value);
  for (const [name, value] of Object.entries(record.headers ?? {})) size += 10 + Buffer.byteLength(name) + byteLength(value);
  return size;
}

/**
 * The message a record of a source's topic enters the flow as; its own position is its origin.
 * @param unparsed whether its value may be a {@link JsonText}
 */
export function enter(record: KafkaRecord, format: ValueFormat, unparsed = false): Message {
  return {
    key: decodeKey(record.key),
    value: decodeValue(record.value, format, unparsed),
    headers: record.headers,
    timestamp: record.timestamp,
    origin: { topic: record.topic, partition: record.partition, offset: String(record.offset) },
  };
}

function byteLength(part: Uint8Array | string | null): number {
  if (part === null) return 0;
  return typeof part === 'string' ? Buffer.byteLength(part) : part.byteLength;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
