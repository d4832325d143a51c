import { describe, expect, it } from 'vitest';
import { isCopied, type Projection, projectionOf } from '#shared/jsonata/json/projection.ts';

const paths = (text: string) => text.split(' ').map((path) => (path === '' || path === '$' ? [] : path.split('.')));

/** The tree on one line: `a*` is whole, `a!` copied. */
function show(projection: Projection): string {
  if (projection.take !== 'fields') return projection.take === 'whole' ? '*' : '!';
  return `{${Array.from(projection.fields, ([name, below]) => name + show(below)).join(' ')}}`;
}

describe('a projection', () => {
  it.each([
    ['a.b a.c', undefined, '{a{b* c*}}'],
    ['a.b a', undefined, '{a*}'],
    ['a a.b.c', 'd', '{a* d!}'],
    ['a.b', 'a', '{a*}'],
    ['a', 'a', '{a*}'],
    ['a', 'a.b', '{a*}'],
    ['x', 'a a.b', '{x* a*}'],
    ['a.x', 'a.y b.c', '{a{x* y!} b{c!}}'],
    ['$', 'a', '*'],
  ])('of reading %s and copying %s is %s', (reads, copied, tree) => {
    expect(show(projectionOf(paths(reads), copied === undefined ? [] : paths(copied)))).toBe(tree);
  });

  it('of nothing takes no field', () => {
    expect(show(projectionOf([]))).toBe('{}');
  });

  it('says which fields arrive as text', () => {
    const projection = projectionOf(paths('a.x b'), paths('a.y b.c'));
    expect(paths('a a.x a.y b.c nothing a.y.z').filter((path) => isCopied(projection, path))).toEqual([['a', 'y']]);
  });
});
