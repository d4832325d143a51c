import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../../client/samples/detect.ts';

describe('how pasted text is read', () => {
  it('is found out from the text', () => {
    expect(detectFormat('{"a": 1}')).toBe('json');
    expect(detectFormat('[1,\n2]')).toBe('json');
    expect(detectFormat('{"a":1}\n{"a":2}\n')).toBe('json-lines');
    expect(detectFormat('id;name\n1;Ann\n2;Bob')).toBe('csv');
    expect(detectFormat('one line of words')).toBe('text');
    expect(detectFormat('a, b\nc')).toBe('text');
  });

  it('stays JSON while JSON is being typed, so that its fault can be named', () => {
    expect(detectFormat('{"a": 1,\n "b": tru}')).toBe('json');
  });

  it('follows the ending of a file', () => {
    expect(detectFormat('{"a":1}', 'a.ndjson')).toBe('json-lines');
    expect(detectFormat('a\n1', 'a.csv')).toBe('csv');
  });

  it('is JSON for every JSON', () => {
    fc.assert(fc.property(fc.json(), (text) => detectFormat(text) === 'json'));
  });
});
