import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layOutJson, linesToText } from '../../client/json-text.ts';

describe('JSON laid out for reading', () => {
  it('keeps every digit as it came', () => {
    const lines = layOutJson('{"id":9007199254740993,"n":1.10,"b":1e9}');
    expect(lines && linesToText(lines)).toBe('{ "id": 9007199254740993, "n": 1.10, "b": 1e9 }');
  });

  it('puts long objects on lines of their own and small ones on one', () => {
    const lines = layOutJson('{"customer":{"first":"Anna","last":"Lee"},"items":[{"sku":"A-1","qty":2},{"sku":"C-7","qty":1}],"note":""}');
    expect(lines && linesToText(lines)).toBe(
      [
        '{',
        '  "customer": { "first": "Anna", "last": "Lee" },',
        '  "items": [',
        '    { "sku": "A-1", "qty": 2 },',
        '    { "sku": "C-7", "qty": 1 }',
        '  ],',
        '  "note": ""',
        '}',
      ].join('\n'),
    );
  });

  it('leaves what is not JSON alone', () => {
    expect(layOutJson('{"total": "12')).toBeUndefined();
    expect(layOutJson('order 7')).toBeUndefined();
  });

  it('means the same as the text it was given', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const lines = layOutJson(text);
        expect(lines && JSON.parse(linesToText(lines))).toEqual(JSON.parse(text));
      }),
    );
  });
});
