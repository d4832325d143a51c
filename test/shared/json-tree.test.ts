import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editText, type JsonNode, JsonTextError, placeInText, readJsonTree } from '#shared/json-tree.ts';

/** The value that a tree stands for, by its places alone. */
function valueAt(text: string, node: JsonNode): unknown {
  if (node.kind === 'list') return node.items.map((item) => valueAt(text, item));
  if (node.kind === 'object') return Object.fromEntries(node.fields.map(({ name, value }) => [name, valueAt(text, value)]));
  return JSON.parse(text.slice(node.start, node.end));
}

const accepts = (text: string, parse: (text: string) => unknown): boolean => {
  try {
    parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonTextError) return false;
    throw error;
  }
};

function faultOf(text: string): JsonTextError {
  try {
    readJsonTree(text);
  } catch (error) {
    if (error instanceof JsonTextError) return error;
    throw error;
  }
  throw new Error('It was taken.');
}

/** JSON text with white space as people write it, and one character of it changed. */
const laidOut = fc
  .tuple(fc.json({ maxDepth: 4 }), fc.constantFrom(0, 1, 2))
  .map(([text, indent]) => JSON.stringify(JSON.parse(text), null, indent));
const damaged = fc
  .tuple(laidOut, fc.nat(), fc.constantFrom('', '"', ',', ':', '{', ']', '0', '-', 'e', '\\', '\n', ' ', 'n', '.'), fc.nat(1))
  .map(([text, at, put, drop]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + put + text.slice(place + drop);
  });

describe('the places in JSON text', () => {
  it('give the value that JSON.parse gives', () => {
    fc.assert(
      fc.property(laidOut, (text) => {
        expect(valueAt(text, readJsonTree(text))).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it('are found in exactly the texts that JSON.parse takes', () => {
    fc.assert(
      fc.property(damaged, (text) => {
        expect(accepts(text, readJsonTree)).toBe(accepts(text, JSON.parse));
      }),
      { numRuns: 3000 },
    );
    for (const text of [
      '',
      ' ',
      '01',
      '1.',
      '.5',
      '+1',
      '1e',
      '-',
      '"\t"',
      '"\\x"',
      '"\\u12"',
      '[1,]',
      '{"a":1,}',
      '{a:1}',
      '[1 2]',
      'nul',
      '1 1',
      '\u00a01',
      '\uFEFF1',
    ])
      expect(accepts(text, readJsonTree), JSON.stringify(text)).toBe(accepts(text, JSON.parse));
  });

  it('are found however deep the nesting is', () => {
    const depth = 200_000;
    expect(readJsonTree('['.repeat(depth) + ']'.repeat(depth))).toMatchObject({ start: 0, end: 2 * depth });
  });

  it.each([
    ['{"a": 1,\n "b": }', 2, 7, 'a value was expected'],
    ['{"a": 1\n "b": 2}', 2, 2, 'a comma or } was expected'],
    ['[1,\r\n2\r\n', 3, 1, 'a comma or ] was expected'],
    ['{"a" 1}', 1, 6, 'a colon was expected after the field name'],
    ['{"a": "x\n"}', 1, 9, 'a text in quotes cannot hold a line break'],
    ['', 1, 1, 'a value was expected, but the text ends'],
    ['{"a": "x', 1, 7, 'a text in quotes does not end'],
  ])('name the place of the first fault in %j', (text, line, column, message) => {
    const fault = faultOf(text);
    expect(placeInText(text, fault.offset)).toEqual({ line, column });
    expect(fault.message).toContain(message);
  });

  it('let one part be changed and leave every other character', () => {
    expect(
      editText('{ "a" : 1.10, "b":[12345678901234567890] }', [
        { start: 19, end: 39, text: '0' },
        { start: 8, end: 12, text: '2' },
      ]),
    ).toBe('{ "a" : 2, "b":[0] }');
  });
});
