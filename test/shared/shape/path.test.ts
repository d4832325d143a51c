import { describe, expect, test } from 'vitest';
import { leafName, listsOf, type Path, pathText, readPath, startsWith } from '#shared/shape/path.ts';

describe('paths', () => {
  const written: [Path, string][] = [
    [[], ''],
    [['a', 'b'], 'a.b'],
    [['items', null, 'sku'], 'items[].sku'],
    [[null, null, 'x'], '[][].x'],
    [['e-mail', 'a b', '[]'], '`e-mail`.`a b`.`[]`'],
    [['a`b\\', ''], '`a\\`b\\\\`.``'],
  ];

  test.each(written)('%j is written as %s and read back', (path, text) => {
    expect(pathText(path)).toBe(text);
    expect(readPath(text)).toEqual(path);
  });

  test('a text that is no path is refused with the place where it ends to be one', () => {
    expect(() => readPath('a[0]')).toThrow('"a[0]" is no path: it cannot be read from character 2 on.');
  });

  test('the lists on a path are named from the outermost inwards', () => {
    expect(listsOf(['a', null, 'b', 'c', null, 'd'])).toEqual([['a'], ['a', null, 'b', 'c']]);
    expect(leafName(['tags', null])).toBe('tags');
    expect(startsWith(['a', null, 'b'], ['a', null])).toBe(true);
    expect(startsWith(['a'], ['a', null])).toBe(false);
  });
});
