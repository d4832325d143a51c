import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PasteFormat, splitPasted } from '#shared/sample-paste.ts';

const valuesOf = (text: string, format: PasteFormat, split: boolean): string[] => {
  const result = splitPasted(text, format, split);
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join(' '));
  return result.values;
};
const messagesOf = (text: string, format: PasteFormat, split = true): string[] => {
  const result = splitPasted(text, format, split);
  return 'problems' in result ? result.problems.map(({ message }) => message) : [];
};

describe('pasted text', () => {
  it('gives the elements of a list as they were written, every digit kept', () => {
    expect(valuesOf('\uFEFF[ {"id": 12345678901234567890},\n 1.10, [2] ]', 'json', true)).toEqual([
      '{"id": 12345678901234567890}',
      '1.10',
      '[2]',
    ]);
  });

  it('is one value when it is no list or is not to be taken apart', () => {
    expect(valuesOf('{"a": 1}\n', 'json', true)).toEqual(['{"a": 1}\n']);
    expect(valuesOf('[1, 2]', 'json', false)).toEqual(['[1, 2]']);
    expect(valuesOf('a\nb\n', 'text', false)).toEqual(['a\nb\n']);
    expect(valuesOf('1\n2\n', 'json-lines', false)).toEqual(['1\n2\n']);
  });

  it('gives each line, blank ones left out, whatever ends them', () => {
    expect(valuesOf('{"a":1}\r\n\n [2]\r3', 'json-lines', true)).toEqual(['{"a":1}', ' [2]', '3']);
    expect(valuesOf('a, b\n\n c', 'text', true)).toEqual(['a, b', ' c']);
  });

  it('names line and column of what is not JSON', () => {
    expect(messagesOf('{"a": 1,\n "b": tru}', 'json')).toEqual(['Line 2, column 7: a value was expected.']);
    expect(messagesOf('{"a":1}\n{"b":}\r\n\n{"c" 1}', 'json-lines')).toEqual([
      'Line 2, column 6: a value was expected.',
      'Line 4, column 6: a colon was expected after the field name.',
    ]);
    expect(splitPasted('[1,,2]', 'json', true)).toMatchObject({ problems: [{ code: 'sample/not-json', field: 'text', position: 3 }] });
  });

  it('names only the first faulty lines of a file in another format', () => {
    const messages = messagesOf(JSON.stringify({ a: Array.from({ length: 50 }, (_, n) => n) }, null, 1), 'json-lines');
    expect(messages).toHaveLength(21);
    expect(messages[20]).toMatch(/^\d+ more lines are not JSON\..*choose JSON\.$/);
  });

  it('is refused when there is nothing to take, or half a character', () => {
    expect(messagesOf(' \n', 'text')[0]).toContain('nothing to take');
    expect(messagesOf('[]', 'json')[0]).toContain('The list is empty');
    expect(messagesOf('"\ud800"', 'json')[0]).toContain('half a character');
  });

  it('gives back every value that was written as a list or as lines', () => {
    const values = fc.array(fc.json({ maxDepth: 3, stringUnit: 'grapheme' }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(values, (parts) => {
        expect(valuesOf(`[${parts.join(', ')}]`, 'json', true)).toEqual(parts);
        expect(valuesOf(parts.join('\n'), 'json-lines', true)).toEqual(parts);
      }),
    );
  });
});
