import { expect, it } from 'vitest';
import { seenValues } from '../../../../client/mapper/editors/seen.ts';
import type { RowResult } from '../../../../client/mapper/mapper-store.ts';

it('the values seen are each there once, of lists one by one, with all their digits, without null and objects', async () => {
  const results: RowResult[] = [
    { kind: 'value', json: '"a"' },
    { kind: 'value', json: '["b", "a", null]' },
    { kind: 'value', json: '9007199254740993' },
    { kind: 'value', json: 'true' },
    { kind: 'value', json: '{"x": 1}' },
    { kind: 'nothing' },
    { kind: 'failed', code: 'x', message: 'y' },
  ];
  const found = await seenValues(results.length, (sample) => Promise.resolve(results[sample] ?? { kind: 'nothing' }));
  expect(found).toEqual(['a', 'b', '9007199254740993', 'true']);
});
