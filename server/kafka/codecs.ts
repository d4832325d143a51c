import { createRequire } from 'node:module';
import { gunzipSync } from 'node:zlib';

const require = createRequire(import.meta.url);

/** Compression of record batches by the low three bits of their attributes. */
export const compressionNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

interface Zstd {
  init(): Promise<void>;
  decompress(data: Uint8Array): Uint8Array;
}

const kafkaSnappy = require('kafkajs-snappy') as () => { decompress(data: Buffer): Promise<Uint8Array | Buffer> };
const lz4 = require('lz4js') as { decompress(data: Uint8Array): Uint8Array };
let zstd: Promise<Zstd> | undefined;

/** zstd is WebAssembly and takes a moment to start, so it starts with the first batch that needs it. */
function startZstd(): Promise<Zstd> {
  zstd ??= (async () => {
    const library = require('@bokuweb/zstd-wasm') as Zstd;
    await library.init();
    return library;
  })();
  return zstd;
}

/** Decompresses the records of a batch. Rejects for bad bytes and for a codec that Kafka does not know. */
export async function decompress(codec: number, data: Buffer): Promise<Buffer> {
  switch (compressionNames[codec]) {
    case 'none':
      return data;
    case 'gzip':
      return gunzipSync(data);
    case 'snappy':
      return asBuffer(await kafkaSnappy().decompress(data));
    case 'lz4':
      return asBuffer(lz4.decompress(data));
    case 'zstd':
      return asBuffer((await startZstd()).decompress(data));
    default:
      throw new Error(`compression ${codec} is not known`);
  }
}

const asBuffer = (data: Uint8Array): Buffer => (Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength));
