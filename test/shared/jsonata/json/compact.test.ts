import { describe, expect, it } from 'vitest';
import { isCompact } from '#shared/jsonata/json/compact.ts';
import { load, scan } from '#shared/jsonata/json/scan.ts';

function compact(text: string): boolean {
  load(text);
  return isCompact(scan.bytes, 0) && scan.at === text.length + scan.shift;
}

const wide = (count: number) => `{${Array.from({ length: count }, (_, i) => `"key${i}":[{"a":${i}}]`)}}`;

describe('a value that can be copied as it stands', () => {
  it.each([
    '{}',
    '[]',
    '[[],{}]',
    '[1.50,-0,"\\u0041 b",true,null]',
    '{"a":{"a":{"b":"東 ä"},"b":[{"a":1},{"a":2}]},"b":{},"c":[[1]]}',
    '{"ab":1,"ba":2,"axb":3,"ayb":4,"":5}',
    wide(60),
  ])('is %s', (text) => {
    expect(compact(text)).toBe(true);
  });

  it.each([
    '[ 1]',
    '[1 ]',
    '[1, 2]',
    '{ "a":1}',
    '{"a" :1}',
    '{"a": 1}',
    '{"a":1 }',
    '{"a":1, "b":2}',
    '{"a":1,"a":2}',
    '{"a":{"b":1,"c":[{"b":1}],"b":2}}',
    '{"a":1,"\\u0061":2}',
    '{"b":1,"1":2}',
    '{"ä":1}',
    '[1}',
    '{"a"}',
    wide(70),
    `${'['.repeat(600)}${']'.repeat(600)}`,
  ])('is not %s', (text) => {
    expect(compact(text)).toBe(false);
  });
});
