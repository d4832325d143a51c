import { StringStream } from '@codemirror/language';
import { expect, test } from 'vitest';
import { jsonataTokens } from '../../../../client/editor/inspector/jsonata-language.ts';

/** The words of one line with the style that each gets. */
function styled(text: string): [string, string][] {
  const state = jsonataTokens.startState();
  const stream = new StringStream(text, 2, 2);
  const words: [string, string][] = [];
  while (!stream.eol()) {
    stream.start = stream.pos;
    const style = jsonataTokens.token(stream, state);
    if (style !== null) words.push([stream.current(), style]);
  }
  return words;
}

const styleOf = (text: string, word: string) => styled(text).find(([each]) => each === word)?.[1];

test('a slash begins a pattern after an operator and divides after a value', () => {
  expect(styleOf('$match(name, /a+b/i)', '/a+b/i')).toBe('regexp');
  expect(styleOf('total / 2', '/')).toBe('operator');
});

test('text before a colon is a field name in an object and an ordinary text in a condition', () => {
  expect(styleOf('{ "id": id }', '"id"')).toBe('propertyName');
  expect(styleOf('a ? "gold" : "std"', '"gold"')).toBe('string');
});

test('functions, variables, words and comments are told apart', () => {
  const text = '$sum(items.price) and $$.a /* why */ & true';
  expect(styleOf(text, '$sum')).toBe('keyword');
  expect(styleOf(text, '$$')).toBe('variableName.special');
  expect(styleOf(text, 'and')).toBe('operatorKeyword');
  expect(styleOf(text, '/* why */') ?? styleOf(text, '/*')).toBe('comment');
  expect(styleOf(text, 'true')).toBe('atom');
});
