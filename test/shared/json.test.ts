import { describe, expect, it } from 'vitest';
import { ExactNumber, parseJson, stringifyJson } from '#shared/json.ts';

describe('JSON that keeps every digit', () => {
  it.each([
    '{"id":9007199254740993,"rate":1.00000000000000000001,"list":[-12345678901234567890,5,1.5]}',
    '12345678901234567890',
    '{"text":"\\"9007199254740993\\"","a":[],"b":{}}',
  ])('reads and writes %s as it came', (text) => {
    expect(stringifyJson(parseJson(text))).toBe(text);
  });

  it('reads a number that a double holds as a plain number', () => {
    expect(parseJson('[1e3, 0.1, 1234567890123456]')).toEqual([1000, 0.1, 1234567890123456]);
  });

  it('never writes an exact number rounded by way of JSON.stringify', () => {
    expect(() => JSON.stringify({ id: new ExactNumber('9007199254740993') })).toThrow('write it with stringifyJson');
    expect(stringifyJson(undefined)).toBeUndefined();
  });
});
