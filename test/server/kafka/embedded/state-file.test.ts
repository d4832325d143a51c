import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { applyOffsetLine, createOffsets, offsetLines } from '#server/kafka/embedded/offsets.ts';
import { openStateFile, type StateLine } from '#server/kafka/embedded/state-file.ts';
import { later, tempFolder } from './harness.ts';

function open(path: string) {
  const offsets = createOffsets();
  const warnings: string[] = [];
  const file = openStateFile(
    path,
    (line) => applyOffsetLine(offsets, line),
    () => offsetLines(offsets),
    (sentence) => warnings.push(sentence),
  );
  return { offsets, warnings, file };
}

const line = (offset: number): StateLine => ['offset', 'g', 't', 0, { offset, leaderEpoch: -1, metadata: null, time: 1 }];

test('what was appended is there after a crash, the last word on each thing only', () => {
  const path = join(tempFolder(), 'state.jsonl');
  const { file } = open(path);
  file.append([line(1), line(2)]);
  file.append([line(3)]);
  file.close();
  const again = open(path);
  later(() => again.file.close());
  expect(again.offsets.groups.get('g')?.topics.get('t')?.get(0)?.offset).toBe(3);
  expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2);
});

test('a line that was only half written is cut off, a damaged one is passed over, both with a warning', () => {
  const path = join(tempFolder(), 'state.jsonl');
  const { file } = open(path);
  file.append([line(1)]);
  file.close();
  appendFileSync(path, 'not json\n["offset","g","t",0,{"off');
  const again = open(path);
  expect(again.offsets.groups.get('g')?.topics.get('t')?.get(0)?.offset).toBe(1);
  expect(again.warnings).toEqual([expect.stringMatching(/^Line 2 of .* cannot be read/), expect.stringMatching(/^Cut 25 bytes/)]);
  again.file.append([line(2)]);
  again.file.close();
  const last = open(path);
  later(() => last.file.close());
  expect(last.warnings).toEqual([]);
  expect(last.offsets.groups.get('g')?.topics.get('t')?.get(0)?.offset).toBe(2);
});
