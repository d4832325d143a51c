import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decompress } from '#server/kafka/codecs.ts';
import { crc32c } from '#server/kafka/crc32c.ts';
import { type BatchRecord, encodeBatch, recordBytes } from '#server/kafka/record-batch.ts';
import { decodeBatches, UnreadableBatch } from '#server/kafka/record-decoder.ts';

const require = createRequire(import.meta.url);
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0/index.js') as {
  RecordBatch(options: object): Promise<{ buffer: Buffer }>;
};
const Record = require('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (record: object) => unknown;
const decodeTheirs = require('kafkajs/src/protocol/recordBatch/v0/decoder.js') as (decoder: unknown) => Promise<{
  records: { offset: string; key: Buffer | null; value: Buffer | null; timestamp: string; headers: { [name: string]: Buffer } }[];
}>;
const Decoder = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => unknown;

const plain = { producerId: 7n, producerEpoch: 3, firstSequence: 11, transactional: true, now: 1_700_000_000_000 };
const place = { topic: 't', partition: 0, from: 0n };

const data = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.uint8Array({ maxLength: 300 }));
const record = fc.record(
  {
    key: fc.option(data),
    value: fc.option(data),
    headers: fc.dictionary(fc.string({ maxLength: 12 }), data, { maxKeys: 4 }),
    timestamp: fc.oneof(fc.integer({ min: 0, max: 2 ** 44 }), fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 })),
  },
  { requiredKeys: ['key', 'value', 'timestamp'] },
);
const records = fc.array(record, { minLength: 1, maxLength: 60 });

const bytes = (value: string | Uint8Array | null) => (value === null ? null : Buffer.from(value).toString('hex'));

async function encodeTheirs(list: readonly BatchRecord[], firstTimestamp: number): Promise<Buffer> {
  const encoded = list.map((one, offsetDelta) =>
    Record({
      ...one,
      key: asBuffer(one.key),
      value: asBuffer(one.value),
      headers: buffers(one.headers),
      offsetDelta,
      timestampDelta: (one.timestamp ?? 0) - firstTimestamp,
    }),
  );
  const maxTimestamp = Math.max(...list.map((one) => one.timestamp ?? 0));
  const options = { producerId: 7, producerEpoch: 3, firstSequence: 11, transactional: true, partitionLeaderEpoch: -1 };
  return (await RecordBatch({ ...options, records: encoded, firstTimestamp, maxTimestamp, lastOffsetDelta: list.length - 1 })).buffer;
}

const asBuffer = (value: string | Uint8Array | null) => (value === null || typeof value === 'string' ? value : Buffer.from(value));
const buffers = (headers: BatchRecord['headers'] = {}) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : Buffer.from(value)]));

describe('the record batch encoder', () => {
  test('writes the same bytes as kafkajs', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (list) => {
        expect(encodeBatch(list, plain).toString('hex')).toBe((await encodeTheirs(list, list[0]?.timestamp ?? 0)).toString('hex'));
      }),
      { numRuns: 200 },
    );
  });

  test('is read by kafkajs as what was written', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (list) => {
        const read = await decodeTheirs(new Decoder(encodeBatch(list, plain)));
        expect(read.records.map((one) => [bytes(one.key), bytes(one.value), Number(one.timestamp)])).toEqual(
          list.map((one) => [bytes(one.key), bytes(one.value), one.timestamp]),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('leaves the records of its caller as they are', () => {
    const one = Object.freeze({ key: 'k', value: 'v', headers: Object.freeze({ a: 'b' }) });
    expect(() => encodeBatch(Object.freeze([one]), plain)).not.toThrow();
    expect(one).toEqual({ key: 'k', value: 'v', headers: { a: 'b' } });
  });

  test('takes no more bytes than recordBytes says', () => {
    fc.assert(
      fc.property(records, (list) => {
        const most = list.reduce((sum, one) => sum + recordBytes(one), 61);
        expect(encodeBatch(list, plain).length).toBeLessThanOrEqual(most);
      }),
    );
  });
});

describe('the record batch decoder', () => {
  test('gives back keys, values, headers and timestamps', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (list) => {
        const read = await decodeBatches(encodeBatch(list, plain), place);
        expect(read.next).toBe(BigInt(list.length));
        expect(read.records.map((one) => [bytes(one.key), bytes(one.value), one.timestamp, Number(one.offset)])).toEqual(
          list.map((one, index) => [bytes(one.key), bytes(one.value), one.timestamp, index]),
        );
        for (const [index, one] of read.records.entries()) {
          const sent = list[index]?.headers ?? {};
          expect(Object.keys(one.headers).sort()).toEqual(Object.keys(sent).sort());
          for (const name of Object.keys(sent)) expect(bytes(one.headers[name] ?? null)).toBe(bytes(sent[name] ?? null));
        }
      }),
    );
  });

  test('leaves out what stands below the wanted offset', async () => {
    const list = ['a', 'b', 'c'].map((value) => ({ key: null, value }));
    const read = await decodeBatches(encodeBatch(list, plain), { ...place, from: 1n });
    expect(read.records.map(({ value }) => String(value))).toEqual(['b', 'c']);
  });

  test('leaves a batch that is cut off for the next fetch', async () => {
    const first = encodeBatch([{ key: null, value: 'whole' }], plain);
    const second = at(encodeBatch([{ key: null, value: 'cut' }], plain), 1n);
    const read = await decodeBatches(Buffer.concat([first, second.subarray(0, second.length - 1)]), place);
    expect(read.records.map(({ value }) => String(value))).toEqual(['whole']);
    expect(read.next).toBe(1n);
  });

  test('names topic, partition and offset of a batch whose checksum is wrong', async () => {
    const batch = at(encodeBatch([{ key: null, value: 'value' }], plain), 42n);
    batch[batch.length - 2] = (batch[batch.length - 2] as number) ^ 1;
    await expect(decodeBatches(batch, { topic: 'orders', partition: 3, from: 42n })).rejects.toThrow(/orders\/3\/42 .*checksum/);
  });

  test('names topic, partition and offset of a batch whose compression is unknown', async () => {
    const batch = at(encodeBatch([{ key: null, value: 'value' }], plain), 5n);
    batch.writeInt16BE(7, 21);
    batch.writeUInt32BE(crc32c(batch, 21), 17);
    await expect(decodeBatches(batch, { topic: 'orders', partition: 3, from: 5n })).rejects.toThrow(UnreadableBatch);
  });

  test('passes over a batch that compaction has emptied', async () => {
    const empty = at(encodeBatch([{ key: null, value: 'gone' }], plain).subarray(0, 61), 0n);
    const batch = Buffer.from(empty);
    batch.writeInt32BE(49, 8);
    batch.writeInt32BE(9, 23);
    batch.writeInt32BE(0, 57);
    batch.writeUInt32BE(crc32c(batch, 21), 17);
    expect(await decodeBatches(batch, place)).toEqual({ records: [], next: 10n });
  });

  test('hides two aborted transactions that were both open before the first offset asked for', async () => {
    const from = (producerId: bigint, offset: bigint, value: string) =>
      at(encodeBatch([{ key: null, value }], { ...plain, producerId }), offset);
    const log = Buffer.concat([
      from(1n, 10n, 'aborted 1'),
      from(2n, 11n, 'aborted 2'),
      from(3n, 12n, 'good'),
      marker(1n, 13n, 'abort'),
      from(1n, 14n, 'later'),
    ]);
    const aborted = [
      { producerId: 1n, firstOffset: 2n },
      { producerId: 2n, firstOffset: 4n },
    ];
    const read = await decodeBatches(log, { ...place, from: 10n, aborted });
    expect(read.records.map(({ value }) => String(value))).toEqual(['good', 'later']);
    expect(read.next).toBe(15n);
  });

  test('takes no user message for an abort marker, whatever its key', async () => {
    const sly = at(
      encodeBatch(
        [
          { key: new Uint8Array(4), value: 'hidden' },
          { key: null, value: 'hidden too' },
        ],
        { ...plain, producerId: 1n },
      ),
      0n,
    );
    const read = await decodeBatches(Buffer.concat([sly, marker(1n, 2n, 'abort')]), {
      ...place,
      aborted: [{ producerId: 1n, firstOffset: 0n }],
    });
    expect(read).toEqual({ records: [], next: 3n });
  });

  test('opens gzip', async () => {
    expect((await decompress(1, gzipSync('text'))).toString()).toBe('text');
  });
});

test('crc32c gives the known check value', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(0))).toBe(0);
});

/** The same batch at another base offset; it lies outside the checksum. */
function at(batch: Buffer, offset: bigint): Buffer {
  const moved = Buffer.from(batch);
  moved.writeBigInt64BE(offset, 0);
  return moved;
}

/** A control batch: key is version 0 and type (0 abort, 1 commit), value is version 0 and a coordinator epoch. */
function marker(producerId: bigint, offset: bigint, type: 'abort' | 'commit'): Buffer {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]);
  const batch = at(encodeBatch([{ key, value: new Uint8Array(6) }], { ...plain, producerId, firstSequence: -1 }), offset);
  batch.writeInt16BE(16 | 32, 21);
  batch.writeUInt32BE(crc32c(batch, 21), 17);
  return batch;
}
