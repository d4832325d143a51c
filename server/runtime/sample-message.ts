import { isUtf8 } from 'node:buffer';
import { formatPosition, header, letterHeaders } from '#shared/message.ts';
import type { SampleBytes } from '#shared/sample.ts';
import type { KafkaRecord } from '../kafka/port.ts';
import type { ReadMessage } from './runtime.ts';

/** What a dead letter says about itself; none of it was on the message that failed. */
const deadHeaders: ReadonlySet<string> = new Set([header.origin, header.parent, header.flow, ...letterHeaders]);

/** Every byte of a record as text. Of a dead letter it is the message that failed: what was added to it stands under `dead`. */
export function readMessage(record: KafkaRecord): ReadMessage {
  const text = (name: string): string => textOf(record.headers[name]);
  const isDead = record.headers[header.errorCode] !== undefined;
  const headers = Object.entries(record.headers).filter(([name]) => !isDead || !deadHeaders.has(name));
  return {
    position: formatPosition({ topic: record.topic, partition: record.partition, offset: String(record.offset) }),
    message: {
      key: bytesOf(record.key),
      headers: Object.fromEntries(headers.map(([name, value]) => [name, headerOf(value)])),
      timestamp: record.timestamp,
      value: bytesOf(record.value),
    },
    ...(isDead && {
      dead: { code: text(header.errorCode), message: text(header.errorMessage), node: text(header.errorNode), of: text(header.parent) },
    }),
  };
}

function headerOf(value: string | Uint8Array): SampleBytes {
  return typeof value === 'string' ? { text: value, encoding: 'utf8' } : encode(value);
}

function bytesOf(bytes: Uint8Array | null): SampleBytes | null {
  return bytes === null ? null : encode(bytes);
}

function encode(bytes: Uint8Array): SampleBytes {
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
  return { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding), encoding };
}

function textOf(value: string | Uint8Array | undefined): string {
  return value === undefined ? '' : headerOf(value).text;
}
