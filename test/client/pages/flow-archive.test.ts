import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { formatFlow } from '#shared/document.ts';
import type { FlowTest } from '#shared/flow-test.ts';
import { readArchive, readZip, zipFlow } from '../../../client/pages/flow-archive.ts';
import { flows } from '../../shared/flow-arbitrary.ts';

const tests: FlowTest[] = [{ format: 1, name: 'EU order', samples: [{ value: { id: 1 } }], expect: [{ deadLetters: 0 }] }];
const file = (content: BlobPart, name: string) => new File([content], name);
const messages = (files: Record<string, string>) =>
  readZip(zipSync(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, strToU8(text)])))).problems?.map(
    ({ message }) => message,
  );

describe('an exported .zip', () => {
  test('gives back the flow and its tests, and is the same bytes each time', async () => {
    await fc.assert(
      fc.asyncProperty(flows, async (flow) => {
        const zip = zipFlow(flow, tests);
        expect(zipFlow(flow, tests)).toEqual(zip);
        const read = await readArchive(file(zip, 'shop.zip'));
        expect(read.flow && formatFlow(read.flow)).toBe(formatFlow(flow));
        expect(read.flow && read.tests).toEqual(tests);
        const json = await readArchive(file(formatFlow(flow), 'shop.json'));
        expect(json.flow && formatFlow(json.flow)).toBe(formatFlow(flow));
      }),
      { numRuns: 30 },
    );
  });

  test('that is none, or holds several flows, is refused in a sentence', async () => {
    expect(messages({ 'readme.txt': 'x' })).toEqual(['There is no flow.json in the .zip, so it holds no flow.']);
    expect(messages({ 'a/flow.json': '{}', 'b/flow.json': '{}' })?.[0]).toContain('several flows');
    expect((await readArchive(file(new Uint8Array([0x50, 0x4b, 3, 4, 9]), 'x.zip'))).problems?.[0]?.message).toContain(
      'cannot be unpacked',
    );
    expect((await readArchive(file(new Uint8Array([0xff, 0xfe, 0]), 'x.json'))).problems?.[0]?.message).toContain(
      'neither a .zip nor text',
    );
  });

  test('that would unpack to far too much is not unpacked', () => {
    const huge = zipSync({ 'flow.json': new Uint8Array(33 * 1024 * 1024) });
    expect(readZip(huge).problems?.[0]?.message).toContain('more than 2000 files or 32 MB');
  });
});
