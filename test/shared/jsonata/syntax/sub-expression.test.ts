import { describe, expect, it } from 'vitest';
import { compile, ExpressionError } from '#shared/jsonata/compile.ts';
import { subExpression } from '#shared/jsonata/syntax/sub-expression.ts';

/** The code of the error that a text ends in, and the part of the text that it is about. */
function about(text: string, input?: unknown): [string, string] {
  try {
    compile(text).evaluate(input);
  } catch (error) {
    if (error instanceof ExpressionError && error.position !== undefined) return [error.code, subExpression(text, error.position)];
    throw error;
  }
  throw new Error(`${text} did not fail.`);
}

describe('the part of an expression that an error is about', () => {
  const items = [{ q: 1, s: 'a' }];
  it.each<[string, unknown, string, string]>([
    ['{"a": 1, "b": x + "y"}', { x: 1 }, 'T2002', 'x + "y"'],
    ['{"a": 1, "b": "y" * x /* c */, "c": 2}', { x: 1 }, 'T2001', '"y" * x'],
    ['(1 + 2 - "z") & 3', {}, 'T2002', '1 + 2 - "z"'],
    ['{"n": $number( s ), "m": 1}', { s: '1,5' }, 'D3030', '$number( s )'],
    ['[1, $sum(items.s), 2]', { items }, 'T0412', '$sum(items.s)'],
    ['items.(q > s)', { items }, 'T2009', 'q > s'],
    ['items.{"t": $uppercase(q)}', { items }, 'T0410', '$uppercase(q)'],
    ['{"a": {"b": -s}, "c": 1}', { s: 'x' }, 'D1002', '-s'],
    ['1 + (x ? $nope(2) : 3)', { x: true }, 'T1006', '$nope(2)'],
    ['x ~> y', { x: 1, y: 2 }, 'T2006', 'x ~> y'],
    ['[1, 2 .. "c"]', {}, 'T2004', '2 .. "c"'],
    ['{"k": items^(p).q}', { items: [{ p: 1 }, { p: 'a' }] }, 'T2007', 'items^(p)'],
    ['{"a": 1, s: 2}', { s: 5 }, 'T1003', '{"a": 1, s: 2}'],
    ['{"a": 1} ~> |$|5|', {}, 'T2011', '5'],
    ['1 + $v{"x": 1}[0]', {}, 'S0209', '$v{"x": 1}[0]'],
    ['{"p": 1, "q": % }', {}, 'S0217', '{"p": 1, "q": % }'],
  ])('%s', (text, input, code, part) => {
    expect(about(text, input)).toEqual([code, part]);
  });

  it('is the line where the text cannot be parsed', () => {
    expect(about('{\n  "a": 1,\n  "b": [2 3],\n  "c": 4\n}')).toEqual(['S0202', '"b": [2 3],']);
    expect(about('(1 +')).toEqual(['S0203', '(1 +']);
    expect(subExpression('', 0)).toBe('');
    expect(subExpression('\n(', 99)).toBe('(');
  });

  it('is the whole text where the position stands before every token', () => {
    expect(subExpression(' /* c */ a + b ', 0)).toBe('/* c */ a + b');
  });
});
