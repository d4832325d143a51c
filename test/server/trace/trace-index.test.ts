import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IndexPosition, openTraceIndexFile, type TraceIndexFile } from '#server/store/trace-index.ts';

let folder = '';
let count = 0;
const newPath = () => join(folder, `index-${count++}.db`);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-index-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The file as a kill would leave it: what is on the disk at this moment. */
function asKilled(path: string): string {
  const copy = newPath();
  for (const end of ['', '-wal']) if (existsSync(`${path}${end}`)) copyFileSync(`${path}${end}`, `${copy}${end}`);
  return copy;
}

const text = ({ topic, partition, offset }: IndexPosition) => `${topic}/${partition}/${offset}`;
const found = (file: TraceIndexFile, topics: string[], hash: number) => file.find(topics, hash, 1_000).map(text).sort();

type Step =
  | { do: 'put'; topic: string; hashes: number[]; partition: number }
  | { do: 'trim'; topic: string; keep: number }
  | { do: 'forget'; topic: string }
  | { do: 'kill' };

const topic = fc.constantFrom('a', 'b');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      topic,
      partition: fc.integer({ min: 0, max: 2 }),
      hashes: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 12 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('trim' as const), topic, keep: fc.integer({ min: 0, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), topic }) },
  { weight: 2, arbitrary: fc.constant({ do: 'kill' as const }) },
);

describe('the file of the index', () => {
  it('knows what a plain list knows, whatever was put, trimmed, forgotten and killed in between', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let path = newPath();
        let file = openTraceIndexFile(path, { chunk: 7 });
        let known: (IndexPosition & { hash: number })[] = [];
        const next = new Map<string, number>();
        const low = new Map<string, number>();
        for (const one of steps) {
          if (one.do === 'kill') {
            path = asKilled(path);
            file.close();
            file = openTraceIndexFile(path, { chunk: 7 });
          } else if (one.do === 'forget') {
            file.forget(one.topic);
            low.delete(one.topic);
            known = known.filter((entry) => entry.topic !== one.topic);
            for (const place of [...next.keys()]) if (place.startsWith(one.topic)) next.delete(place);
          } else if (one.do === 'trim') {
            // The beginning of a log only ever moves on.
            low.set(one.topic, Math.max(one.keep, low.get(one.topic) ?? 0));
            file.trim(one.topic, new Map([0, 1, 2].map((partition) => [partition, one.keep])));
          } else {
            const place = `${one.topic} ${one.partition}`;
            const from = next.get(place) ?? 0;
            const terms = one.hashes.map((hash, at) => ({ hash, partition: one.partition, offset: from + at }));
            const end = from + terms.length;
            file.put(one.topic, 'rule', { terms, partitions: new Map([[one.partition, { first: 0, next: end, reached: end }]]) });
            known.push(...terms.map((term) => ({ ...term, topic: one.topic })));
            next.set(place, end);
          }
        }
        for (const [place, end] of next) {
          const [name = '', partition = ''] = place.split(' ');
          expect(file.topic(name)?.partitions.get(Number(partition))?.next).toBe(end);
        }
        for (let hash = 0; hash < 10; hash++) {
          const all = known.filter((entry) => entry.hash === hash);
          const got = new Set(found(file, ['a', 'b'], hash));
          // What was trimmed may still be there, when it shares a run with what was not.
          for (const entry of all) if (entry.offset >= (low.get(entry.topic) ?? 0)) expect(got).toContain(text(entry));
          const may = new Set(all.map(text));
          for (const entry of got) expect(may).toContain(entry);
        }
        file.close();
      }),
      { numRuns: 60 },
    );
  });

  it('has exactly the terms before its position after the process was killed while it wrote', async () => {
    const path = newPath();
    for (let round = 0; round < 3; round++) {
      const said = await new Promise<number>((resolve, reject) => {
        const writer = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('./index-writer.ts', import.meta.url)), path]);
        let last = 0;
        let lines = 0;
        writer.stderr.on('data', (chunk: Buffer) => reject(new Error(chunk.toString())));
        writer.stdout.on('data', (chunk: Buffer) => {
          const numbers = chunk.toString().trim().split('\n').map(Number);
          last = numbers.at(-1) ?? last;
          lines += numbers.length;
          if (lines > 5 + round * 7) writer.kill('SIGKILL');
        });
        writer.on('exit', () => resolve(last));
      });
      const file = openTraceIndexFile(path, { chunk: 1_300 });
      const next = file.topic('t')?.partitions.get(0)?.next ?? 0;
      expect(next).toBeGreaterThanOrEqual(said);
      for (let offset = 0; offset < next; offset += 37) expect(found(file, ['t'], offset * 7919)).toEqual([`t/0/${offset}`]);
      expect(found(file, ['t'], (next - 1) * 7919)).toEqual([`t/0/${next - 1}`]);
      expect(found(file, ['t'], next * 7919)).toEqual([]);
      file.close();
    }
  });

  it('gives the newest first and no more than asked for', () => {
    const file = openTraceIndexFile(newPath(), { chunk: 10 });
    for (let at = 0; at < 100; at++)
      file.put('t', 'r', {
        terms: [{ hash: 5, partition: 0, offset: at }],
        partitions: new Map([[0, { first: 0, next: at + 1, reached: at }]]),
      });
    expect(file.find(['t', 'none'], 5, 3).map(({ offset }) => offset)).toEqual([99, 98, 97]);
    file.close();
  });

  it('drops the oldest runs when it is too large, and then says where it begins', () => {
    const file = openTraceIndexFile(newPath(), { chunk: 2_000 });
    for (let at = 0; at < 20_000; at += 1_000) {
      const terms = Array.from({ length: 1_000 }, (_, index) => ({ hash: (at + index) * 104_729, partition: 1, offset: at + index }));
      file.put('t', 'r', { terms, partitions: new Map([[1, { first: 0, next: at + 1_000, reached: at }]]) });
    }
    const size = file.size();
    file.bound(size / 2);
    expect(file.size()).toBeLessThanOrEqual(size / 2);
    const { first = 0, next = 0 } = file.topic('t')?.partitions.get(1) ?? {};
    expect([first > 4_000, next]).toEqual([true, 20_000]);
    expect(found(file, ['t'], (first - 1) * 104_729)).toEqual([]);
    expect(found(file, ['t'], first * 104_729)).toEqual([`t/1/${first}`]);
    file.close();
  });

  it('is made anew when it is damaged or of another format', () => {
    const path = newPath();
    writeFileSync(path, 'this is no index, and long enough to be looked at as one'.repeat(50));
    const file = openTraceIndexFile(path);
    expect(file.names()).toEqual([]);
    file.put('t', 'r', { terms: [], partitions: new Map() });
    file.close();
    const again = openTraceIndexFile(path, { reading: true });
    expect(again.names()).toEqual(['t']);
    again.close();
  });
});
