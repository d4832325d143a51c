import { gunzipSync, gzipSync } from 'node:zlib';
import { type BatchHeader, HEADER, type RawRecord, readRecords } from './record-batch.ts';

/** Codecs as the low three bits of a batch's attributes name them. */
export const CODEC = { none: 0, gzip: 1 } as const;

/** Largest batch that is unpacked; a larger one is most likely made to fill the memory. */
const MAX_UNPACKED = 256 * 1_048_576;

function decompress(attributes: number, body: Buffer): Buffer | undefined {
  const codec = attributes & 0x07;
  if (codec === CODEC.none) return body;
  return codec === CODEC.gzip ? gunzipSync(body, { maxOutputLength: MAX_UNPACKED }) : undefined;
}

/** The records of a whole batch, or undefined when they cannot be read here: another codec (snappy, lz4, zstd), or a producer's mistake. */
export function recordsOf(header: BatchHeader, batch: Buffer): RawRecord[] | undefined {
  try {
    const body = decompress(header.attributes, batch.subarray(HEADER));
    return body && [...readRecords(body, header.count)];
  } catch {
    return undefined; // The broker stores what producers send without looking inside; it must live with what it finds there.
  }
}

/** The records as the attributes say they are stored. Only for codecs that `recordsOf` can read. */
export function compress(attributes: number, body: Buffer): Buffer {
  return (attributes & 0x07) === CODEC.gzip ? gzipSync(body) : body;
}
