import { describe, expect, it } from 'vitest';
import { parsePath, placeMatcher, valueAt } from '#shared/flow-test/path.ts';

describe('a path of ignored fields', () => {
  it.each<[string, (string | number)[], boolean]>([
    ['meta.at', ['meta', 'at'], true],
    ['meta.at', ['meta', 'at', 'day'], true],
    ['meta.at', ['meta'], false],
    ['meta.at', ['x', 'meta', 'at'], false],
    ['meta', ['meta', 'at'], true],
    ['lines.id', ['lines', 3, 'id'], true],
    ['lines[].id', ['lines', 3, 'id'], true],
    ['lines[*].id', ['lines', 3, 'id'], true],
    ['lines[0].id', ['lines', 0, 'id'], true],
    ['lines[0].id', ['lines', 1, 'id'], false],
    ['lines[]', ['lines', 1], true],
    ['lines[]', ['lines'], false],
    ['*.id', ['a', 'id'], true],
    ['*.id', ['a', 'b', 'id'], false],
    ['**.id', ['a', 'b', 'id'], true],
    ['**.id', ['id'], true],
    ['a.**.id', ['a', 'b', 1, 'id'], true],
    ['**', [], true],
    ['a["b.c"]', ['a', 'b.c'], true],
    ['first name', ['first name'], true],
    ['0', [0], false],
    ['', ['a'], false],
  ])('%s on %j: %s', (path, place, matches) => expect(placeMatcher([path])(place)).toBe(matches));

  it.each(['', '.', 'a.', '.a', 'a..b', 'a[', 'a[x]', 'a["b]', '[]a'])('is none: %j', (text) => expect(parsePath(text)).toBeUndefined());
});

describe('the value at a path', () => {
  it.each<[string, unknown]>([
    ['a.b', { found: true, value: 1 }],
    ['lines[1].sku', { found: true, value: 'y' }],
    ['lines.sku', { found: true, value: 'x' }],
    ['a.c', { found: false }],
    ['lines[2]', { found: false }],
    ['**.b', { found: false }],
  ])('%s', (path, result) => expect(valueAt({ a: { b: 1 }, lines: [{ sku: 'x' }, { sku: 'y' }] }, path)).toEqual(result));
});
