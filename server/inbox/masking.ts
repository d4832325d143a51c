import { isUtf8 } from 'node:buffer';
import type { Headers } from '#shared/message.ts';
import type { SampleBytes } from '#shared/sample.ts';
import { createMasker, type Mask } from '#shared/sample-masks.ts';

/** A message with what its flow's masks hide hidden. */
export interface MaskedMessage {
  value: SampleBytes | null;
  key: string | null;
  headers: Record<string, string>;
  /** Fields that were hidden. */
  masked: number;
}

/** A message as it may be shown. */
export function maskedMessage(
  message: { key: Uint8Array | null; value: Uint8Array | null; headers: Headers },
  masks: readonly Mask[],
): MaskedMessage {
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, content]): [string, SampleBytes] => [
      name,
      typeof content === 'string' ? { text: content, encoding: 'utf8' } : textOf(content),
    ]),
  );
  const bytes = (content: Uint8Array | null): SampleBytes | null => (content === null ? null : textOf(content));
  const result = createMasker(masks)({ key: bytes(message.key), headers, timestamp: 0, value: bytes(message.value) });
  return {
    value: result.message.value,
    key: result.message.key?.text ?? null,
    masked: result.masked,
    headers: Object.fromEntries(Object.entries(result.message.headers).map(([name, content]) => [name, content.text])),
  };
}

/** Bytes as text: UTF-8 where they are, else base64. */
export function textOf(bytes: Uint8Array): SampleBytes {
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
  return { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding), encoding };
}
