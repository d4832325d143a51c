import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeCsv } from '#shared/mapping/csv.ts';
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

  it('gives each row of CSV as an object of texts under the names of the header', () => {
    expect(valuesOf('id,name\r\n007,"Lee, Anna"\r\n\r\n8,"say ""hi"""\r\n', 'csv', true)).toEqual([
      '{"id":"007","name":"Lee, Anna"}',
      '{"id":"8","name":"say \\"hi\\""}',
    ]);
    expect(valuesOf('a;b\n9007199254740993;1.10', 'csv', true)).toEqual(['{"a":"9007199254740993","b":"1.10"}']);
    expect(valuesOf('a\n1\n2', 'csv', false)).toEqual(['[{"a":"1"},{"a":"2"}]']);
  });

  it('names the line of CSV that does not fit its header, and a header that names nothing', () => {
    expect(messagesOf('a,b\n1,2\n3\n', 'csv')).toEqual([
      'Line 3: 1 cells for 2 columns. Does a cell with the separator in it lack its quotes?',
    ]);
    expect(messagesOf('a,\n1,2', 'csv')).toEqual(['Line 1: column 2 has no name.']);
    expect(messagesOf('a,b,a\n1,2,3', 'csv')).toEqual(['Line 1: two columns are called “a”.']);
    expect(messagesOf('a,b\n', 'csv')[0]).toContain('only a header row');
    expect(messagesOf('a,b\n"1,2', 'csv')[0]).toMatch(/^Line 2: /);
  });

  it('gives back every cell that was written as CSV, in the order of the columns', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.trim() !== '' && !text.startsWith('\uFEFF'));
    const tables = fc
      .uniqueArray(word, { minLength: 1, maxLength: 5 })
      .chain((names) => fc.tuple(fc.constant(names), fc.array(fc.tuple(...names.map(() => word)), { minLength: 1, maxLength: 5 })));
    fc.assert(
      fc.property(tables, ([names, rows]) => {
        // A single name with a semicolon or tab in it would be taken for several.
        fc.pre(names.length > 1 || !/[;\t]/.test(names[0] ?? ''));
        const expected = rows.map(
          (cells) => `{${cells.map((cell, at) => `${JSON.stringify(names[at])}:${JSON.stringify(cell)}`).join(',')}}`,
        );
        expect(valuesOf(writeCsv([names, ...rows]), 'csv', true)).toEqual(expected);
      }),
    );
  });
});
