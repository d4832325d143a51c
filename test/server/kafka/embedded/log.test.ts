import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compact } from '#server/kafka/embedded/compaction.ts';
import {
  appendBatch,
  appendMarker,
  checkpointOf,
  closeLog,
  dropBelow,
  type Log,
  lastStableOffset,
  moveStart,
  openLog,
  roll,
} from '#server/kafka/embedded/log.ts';
import { offsetForTime, readLog } from '#server/kafka/embedded/log-reader.ts';
import { HEADER, readHeader, readIncoming, readRecords, writeBatch } from '#server/kafka/embedded/record-batch.ts';
import { retain } from '#server/kafka/embedded/retention.ts';
import { logConfig } from '#server/kafka/embedded/topic-config.ts';
import { later, tempFolder } from './harness.ts';

interface Sent {
  key: string | null;
  value: string | null;
  time?: number;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value < 0 ? -2 * value - 1 : 2 * value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

const field = (text: string | null) => (text === null ? varint(-1) : Buffer.concat([varint(Buffer.byteLength(text)), Buffer.from(text)]));

function batchOf(
  records: readonly Sent[],
  producer: { id: number; epoch?: number; sequence?: number; transactional?: boolean } = { id: -1 },
) {
  const body = records.map(({ key, value }, i) => {
    const rest = Buffer.concat([Buffer.from([0]), varint(0), varint(i), field(key), field(value), varint(0)]);
    return Buffer.concat([varint(rest.length), rest]);
  });
  const time = records[0]?.time ?? Date.now();
  const fields = {
    baseOffset: 0,
    lastOffset: records.length - 1,
    attributes: producer.transactional ? 0x10 : 0,
    baseTimestamp: time,
    maxTimestamp: time,
    producerId: producer.id,
    producerEpoch: producer.id < 0 ? -1 : (producer.epoch ?? 0),
    baseSequence: producer.id < 0 ? -1 : (producer.sequence ?? 0),
    count: records.length,
  };
  return readIncoming(writeBatch(fields, Buffer.concat(body)), 1_000_000);
}

function put(log: Log, records: readonly Sent[], producer?: Parameters<typeof batchOf>[1]): number {
  const { baseOffset } = appendBatch(log, batchOf(records, producer), Date.now());
  log.highWatermark = log.endOffset;
  return baseOffset;
}

function open(dir: string, config: Record<string, string> = {}, warnings: string[] = [], checkpoint?: Parameters<typeof openLog>[2]): Log {
  const log = openLog({ dir, topic: 't', partition: 0 }, logConfig(config), checkpoint, (sentence) => warnings.push(sentence));
  later(() => closeLog(log));
  return log;
}

/** All records from an offset on, as [offset, key, value is null]. */
function contents(log: Log, from = log.startOffset): [number, string | null, boolean][] {
  const seen: [number, string | null, boolean][] = [];
  for (let offset = from; offset < log.endOffset; ) {
    const bytes = readLog(log, offset, 100_000, log.highWatermark, true);
    if (bytes.length === 0) break;
    for (let at = 0; at < bytes.length; ) {
      const header = readHeader(bytes, at);
      for (const record of readRecords(bytes.subarray(at + HEADER, at + header.size), header.count)) {
        const position = header.baseOffset + record.offsetDelta;
        if (position >= from && !header.control) seen.push([position, record.key?.toString() ?? null, record.valueIsNull]);
      }
      offset = header.lastOffset + 1;
      at += header.size;
    }
  }
  return seen;
}

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => ({ key: `k${from + i}`, value: `v${from + i}` }));

function segmentFile(dir: string): string {
  const name = readdirSync(dir)
    .filter((file) => file.endsWith('.log'))
    .sort()
    .at(-1);
  if (!name) throw new Error('There is no segment.');
  return join(dir, name);
}

test('a log that lost the last 37 bytes goes back to the last whole batch', () => {
  const dir = tempFolder();
  const log = open(dir);
  for (let i = 0; i < 10; i++) put(log, numbers(3, i * 3));
  closeLog(log);
  const file = segmentFile(dir);
  truncateSync(file, statSync(file).size - 37);
  const warnings: string[] = [];
  const again = open(dir, {}, warnings);
  expect(again.endOffset).toBe(27);
  expect(warnings).toEqual([expect.stringMatching(/Cut \d+ bytes of an unfinished write/)]);
  expect(put(again, numbers(1, 27))).toBe(27);
  expect(contents(again).map(([, key]) => key)).toEqual(numbers(28).map(({ key }) => key));
});

test('a log with 500 bytes of garbage behind it goes back to the last whole batch', () => {
  const dir = tempFolder();
  const log = open(dir);
  put(log, numbers(5));
  closeLog(log);
  const size = statSync(segmentFile(dir)).size;
  appendFileSync(segmentFile(dir), Buffer.alloc(500, 0x5a));
  const again = open(dir);
  expect(statSync(segmentFile(dir)).size).toBe(size);
  expect(again.endOffset).toBe(5);
});

test('a flipped bit in the last batch is noticed by its checksum', () => {
  const dir = tempFolder();
  const log = open(dir);
  put(log, numbers(5));
  put(log, numbers(5, 5));
  closeLog(log);
  const file = segmentFile(dir);
  const size = statSync(file).size;
  truncateSync(file, size - 1);
  appendFileSync(file, Buffer.from([0xff]));
  expect(open(dir).endOffset).toBe(5);
});

test('a checkpoint that fits spares the scan, one that does not is ignored', () => {
  const dir = tempFolder();
  const log = open(dir, { 'segment.bytes': '300' });
  for (let i = 0; i < 10; i++) put(log, numbers(2, 2 * i), { id: 7, sequence: 2 * i });
  const checkpoint = structuredClone(checkpointOf(log));
  closeLog(log);
  const restored = open(dir, {}, [], checkpoint);
  expect(restored.endOffset).toBe(20);
  expect(restored.state.producers.get(7)?.recent.at(-1)).toMatchObject({ first: 18, last: 19, offset: 18 });
  expect(contents(restored)).toHaveLength(20);
  put(restored, numbers(2, 20), { id: 7, sequence: 20 });
  closeLog(restored);
  const scanned = open(dir, {}, [], checkpoint);
  expect(scanned.endOffset).toBe(22);
  expect(contents(scanned)).toHaveLength(22);
});

test('a batch sent twice stands once, a gap and an old epoch are refused', () => {
  const log = open(tempFolder());
  expect(put(log, numbers(3), { id: 7, sequence: 0 })).toBe(0);
  expect(put(log, numbers(3), { id: 7, sequence: 3 })).toBe(3);
  expect(put(log, numbers(3), { id: 7, sequence: 0 })).toBe(0);
  expect(log.endOffset).toBe(6);
  expect(() => put(log, numbers(1), { id: 7, sequence: 9 })).toThrow(/6 comes next/);
  expect(put(log, numbers(1), { id: 7, epoch: 1, sequence: 0 })).toBe(6);
  expect(() => put(log, numbers(1), { id: 7, epoch: 0, sequence: 6 })).toThrow(/newer epoch/);
});

test('sequences and open transactions are learnt again from the batches after a crash', () => {
  const dir = tempFolder();
  const log = open(dir);
  put(log, numbers(2), { id: 7, sequence: 0, transactional: true });
  appendMarker(log, { id: 7, epoch: 0 }, false, Date.now());
  put(log, numbers(2), { id: 7, sequence: 2, transactional: true });
  closeLog(log);
  const again = open(dir);
  expect(again.state.aborted).toEqual([{ producerId: 7, first: 0, last: 2 }]);
  expect(lastStableOffset(again)).toBe(3);
  expect(put(again, numbers(2), { id: 7, sequence: 2, transactional: true })).toBe(3);
  expect(again.endOffset).toBe(5);
});

test('reading begins inside a batch at the batch, never passes the limit, and gives one batch however large', () => {
  const log = open(tempFolder(), { 'segment.bytes': '100000' });
  put(log, [
    { key: 'big', value: 'x'.repeat(50_000) },
    { key: 'b', value: 'y' },
  ]);
  put(log, numbers(1));
  put(log, numbers(1));
  expect(readHeader(readLog(log, 1, 10, log.endOffset, true), 0)).toMatchObject({ baseOffset: 0, lastOffset: 1 });
  expect(readLog(log, 1, 10, log.endOffset, false)).toHaveLength(0);
  expect(contents(log, 2).map(([offset]) => offset)).toEqual([2, 3]);
  const limited = readLog(log, 2, 100_000, 3, true);
  expect(limited.length).toBe(readHeader(limited, 0).size);
  expect(readLog(log, log.endOffset, 1_000, log.endOffset, true)).toHaveLength(0);
});

test('retention by time drops old segments, the open one too when the topic is quiet', () => {
  const log = open(tempFolder(), { 'segment.bytes': '400', 'retention.ms': '1000' });
  const now = Date.now();
  for (let i = 0; i < 10; i++) put(log, [{ key: null, value: 'x'.repeat(100), time: now - 5_000 }]);
  put(log, [{ key: null, value: 'new', time: now }]);
  retain(log, now);
  expect(log.startOffset).toBeGreaterThanOrEqual(8);
  expect(contents(log).at(-1)?.[0]).toBe(10);
  retain(log, now + 10_000);
  expect(log.startOffset).toBe(11);
  expect(contents(log)).toEqual([]);
  expect(put(log, numbers(1))).toBe(11);
});

test('retention by size keeps about the size asked for, and never records of an open transaction', () => {
  const log = open(tempFolder(), { 'segment.bytes': '400', 'retention.bytes': '1000', 'retention.ms': '-1' });
  for (let i = 0; i < 20; i++) put(log, [{ key: null, value: 'x'.repeat(100) }]);
  retain(log, Date.now());
  const size = log.segments.reduce((sum, segment) => sum + segment.size, 0);
  expect(size).toBeGreaterThanOrEqual(1_000);
  expect(size).toBeLessThan(1_500);
  const start = log.startOffset;
  put(log, numbers(1), { id: 7, sequence: 0, transactional: true });
  for (let i = 0; i < 20; i++) put(log, [{ key: null, value: 'x'.repeat(100) }]);
  retain(log, Date.now());
  expect(log.startOffset).toBeGreaterThan(start);
  expect(log.startOffset).toBeLessThanOrEqual(20);
});

test('the start of a log moves for good', () => {
  const dir = tempFolder();
  const log = open(dir);
  put(log, numbers(10));
  moveStart(log, 4);
  closeLog(log);
  const again = open(dir);
  expect(again.startOffset).toBe(4);
  expect(contents(again).map(([offset]) => offset)).toEqual([4, 5, 6, 7, 8, 9]);
  expect(dropBelow(again, 4)).toBe(0);
});

const compacted = { 'cleanup.policy': 'compact', 'segment.bytes': '600', 'delete.retention.ms': '0', 'min.cleanable.dirty.ratio': '0' };

test('compaction keeps the newest record of each key at its offset, and drops old tombstones', async () => {
  const dir = tempFolder();
  const log = open(dir, compacted);
  const old = Date.now() - 60_000;
  for (let round = 0; round < 10; round++) {
    put(
      log,
      ['a', 'b', 'c'].map((key) => ({ key, value: `${key}${round}`, time: old })),
    );
  }
  put(log, [{ key: 'b', value: null, time: old }]);
  roll(log);
  put(log, [{ key: 'd', value: 'open segment', time: old }]);
  expect(await compact(log, Date.now())).toBeGreaterThan(0);
  expect(contents(log)).toEqual([
    [27, 'a', false],
    [29, 'c', false],
    [31, 'd', false],
  ]);
  closeLog(log);
  const again = open(dir, compacted);
  expect(contents(again)).toHaveLength(3);
  expect(again.endOffset).toBe(32);
  expect(readHeader(readLog(again, 3, 1_000, again.endOffset, true), 0).lastOffset).toBeGreaterThanOrEqual(27);
});

test('compaction drops aborted records, keeps committed ones readable after a crash, and keeps sequences', async () => {
  const dir = tempFolder();
  const log = open(dir, compacted);
  const time = Date.now() - 60_000;
  put(log, [{ key: 'a', value: 'good', time }], { id: 7, sequence: 0, transactional: true });
  appendMarker(log, { id: 7, epoch: 0 }, true, time);
  put(log, [{ key: 'a', value: 'bad', time }], { id: 7, sequence: 1, transactional: true });
  appendMarker(log, { id: 7, epoch: 0 }, false, time);
  put(log, [{ key: 'x', value: '1', time }], { id: 8, sequence: 0 });
  put(log, [{ key: 'x', value: '2', time }], { id: 9, sequence: 0 });
  roll(log);
  put(log, [{ key: 'open', value: 'segment', time }]);
  await compact(log, Date.now());
  expect(contents(log).map(([offset, key]) => [offset, key])).toEqual([
    [0, 'a'],
    [4, 'x'],
    [5, 'x'],
    [6, 'open'],
  ]);
  closeLog(log);
  const again = open(dir, compacted);
  expect(lastStableOffset(again)).toBe(7);
  expect(again.state.aborted).toEqual([]);
  expect(put(again, [{ key: 'x', value: '1', time }], { id: 8, sequence: 0 })).toBe(4);
});

test('a log never ends in a gap, so that a reader at its end finds records there', async () => {
  const log = open(tempFolder(), compacted);
  for (let i = 0; i < 10; i++) put(log, [{ key: 'k', value: null, time: 1_000 }]);
  roll(log);
  await compact(log, Date.now());
  expect(contents(log).at(-1)?.[0]).toBe(9);
  put(log, numbers(1));
  await compact(log, Date.now());
  expect(contents(log)).toEqual([[10, 'k0', false]]);
});

test('records are found by offset and time in segments that compaction joined', async () => {
  const log = open(tempFolder(), { ...compacted, 'segment.bytes': '200000' });
  for (let i = 0; i < 60; i++) put(log, [{ key: i < 50 ? `k${i % 40}` : `late${i}`, value: 'v'.repeat(9_000), time: 1_000 + i }]);
  roll(log);
  put(log, [{ key: 'open', value: 'segment', time: 1_060 }]);
  const before = log.segments.length;
  log.config = logConfig({ ...compacted, 'segment.bytes': '2000000' });
  await compact(log, Date.now());
  expect(log.segments.length).toBeLessThan(before);
  const offsets = contents(log).map(([offset]) => offset);
  expect(offsets).toEqual(Array.from({ length: 51 }, (_, i) => i + 10));
  for (const offset of offsets) {
    expect(readHeader(readLog(log, offset, 100, log.endOffset, true), 0).baseOffset).toBe(offset);
    expect(offsetForTime(log, 1_000 + offset, log.endOffset)?.offset).toBe(offset);
  }
});

test('what an interrupted compaction left behind does no harm', async () => {
  const dir = tempFolder();
  const log = open(dir, compacted);
  for (let i = 0; i < 30; i++) put(log, [{ key: `k${i % 20}`, value: 'v'.repeat(50), time: 1_000 }]);
  roll(log);
  put(log, [{ key: 'open', value: 'segment' }]);
  const files = () =>
    readdirSync(dir)
      .filter((name) => name.endsWith('.log'))
      .sort();
  const before = files().map((name): [string, Buffer] => [name, readFileSync(join(dir, name))]);
  await compact(log, Date.now());
  const kept = contents(log);
  expect(kept).toHaveLength(21);
  expect(files().length).toBeLessThan(before.length);
  closeLog(log);
  // Killed after the merged file took its place, before the ones it replaces were deleted; and while writing another.
  for (const [name, bytes] of before) if (!files().includes(name)) writeFileSync(join(dir, name), bytes);
  writeFileSync(join(dir, '00000000000000000000.log.clean'), 'half a file');
  const again = open(dir, compacted);
  expect(contents(again)).toEqual(kept);
  expect(again.endOffset).toBe(31);
  expect(readdirSync(dir).filter((name) => name.endsWith('.clean'))).toEqual([]);
});
