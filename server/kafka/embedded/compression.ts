import { gunzipSync, gzipSync } from 'node:zlib';

/** Codecs as the low three bits of a batch's attributes name them. */
export const CODEC = { none: 0, gzip: 1 } as const;

/** The plain records of a batch, or undefined when its codec (snappy, lz4, zstd) cannot be read here. */
export function decompress(attributes: number, body: Buffer): Buffer | undefined {
  const codec = attributes & 0x07;
  if (codec === CODEC.none) return body;
  return codec === CODEC.gzip ? gunzipSync(body) : undefined;
}

/** The records as the attributes say they are stored. Only for codecs that `decompress` can read. */
export function compress(attributes: number, body: Buffer): Buffer {
  return (attributes & 0x07) === CODEC.gzip ? gzipSync(body) : body;
}
