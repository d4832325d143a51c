import { describe, expect, test } from 'vitest';
import { compileNodeExpression, holds, textOf } from '#server/nodes/expression.ts';
import { ExactNumber, MessageError } from '#server/sdk.ts';
import { context, message } from './run.ts';

describe('an expression of a node', () => {
  test('sees the value as input, and key, headers, time and origin by name', () => {
    const run = compileNodeExpression('[a, $key, $headers.x, $timestamp, $origin]', context);
    expect(run(message({ a: 1 }, { headers: { x: 'y' } }))).toEqual([1, 'k', 'y', 1_700_000_000_000, 'orders/3/4711']);
  });

  test("sees the context's bindings and further names of the call", () => {
    const run = compileNodeExpression('$sandbox & $index', { bindings: { sandbox: 'http://x/' } });
    expect(run(message({}), { index: 2 })).toBe('http://x/2');
  });

  test('keeps the digits of a number that it only copies', () => {
    const exact = new ExactNumber('12345678901234567890');
    expect(compileNodeExpression('id', context)(message({ id: exact }))).toEqual(exact);
  });

  test('that fails is an error of the message, with code, sentence and position', () => {
    const run = compileNodeExpression('a + "x"', context, 'map');
    const failed = (): unknown => {
      try {
        return run(message({ a: 1 }));
      } catch (error) {
        return error;
      }
    };
    const error = failed();
    expect(error).toBeInstanceOf(MessageError);
    expect(error).toMatchObject({ code: 'map/t2002', details: { position: expect.any(Number) } });
  });

  test('that does not parse is refused when the node is created', () => {
    expect(() => compileNodeExpression('a +', context)).toThrow(/does not parse at character \d+/);
  });

  test('gives nothing for what is not there, and does not change the message', () => {
    const input = Object.freeze(message(Object.freeze({ a: 1 })));
    expect(compileNodeExpression('b.c', context)(input)).toBeUndefined();
  });
});

test.each([
  [true, true],
  [1, true],
  ['x', true],
  [[0, 1], true],
  [{ a: 1 }, true],
  [new ExactNumber('12345678901234567890'), true],
  [undefined, false],
  [null, false],
  [0, false],
  ['', false],
  [[], false],
  [[0, ''], false],
  [{}, false],
])('the condition %o holds: %s', (value, expected) => {
  expect(holds(value)).toBe(expected);
});

test.each([
  ['a', 'a'],
  [1.5, '1.5'],
  [true, 'true'],
  [new ExactNumber('12345678901234567890'), '12345678901234567890'],
  [{ a: [1] }, '{"a":[1]}'],
  [null, null],
  [undefined, null],
])('%o as text is %o', (value, expected) => {
  expect(textOf(value)).toBe(expected);
});
