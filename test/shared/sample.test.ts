import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { previewOf, type SampleBytes, sampleSize } from '#shared/sample.ts';

const bytesOf = ({ text, encoding }: SampleBytes): Buffer => Buffer.from(text, encoding);
const utf8 = fc.string({ unit: 'grapheme' }).map((text): SampleBytes => ({ text, encoding: 'utf8' }));
const base64 = fc.uint8Array().map((bytes): SampleBytes => ({ text: Buffer.from(bytes).toString('base64'), encoding: 'base64' }));
const content = fc.option(fc.oneof(utf8, base64));

describe('a sample', () => {
  it('has the size of its key, headers and value in bytes', () => {
    fc.assert(
      fc.property(content, fc.option(utf8), content, (key, header, value) => {
        const headers: Record<string, SampleBytes> = header ? { ä: header } : {};
        const sum = [key, header, value].reduce((size, part) => size + (part ? bytesOf(part).length : 0), header ? 2 : 0);
        expect(sampleSize({ key, headers, timestamp: null, value })).toBe(sum);
      }),
    );
  });

  it('shows the beginning of its value, never half a character or half a byte', () => {
    fc.assert(
      fc.property(fc.oneof(utf8, base64), fc.integer({ min: 4, max: 30 }), (value, most) => {
        const preview = previewOf(value, most) ?? expect.unreachable();
        expect(preview.text.length).toBeLessThanOrEqual(most);
        expect(bytesOf(value).subarray(0, bytesOf(preview).length)).toEqual(bytesOf(preview));
        if (value.text.length <= most) expect(preview).toEqual(value);
      }),
    );
  });
});
