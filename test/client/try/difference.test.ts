import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '#shared/canonical.ts';
import { parseJson } from '#shared/json.ts';
import { differenceRows } from '../../../client/try/difference.ts';

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => parseJson(JSON.stringify(value)));
const rowsOf = (before: string, after: string) => differenceRows(parseJson(before), parseJson(after));

describe('the places of two values', () => {
  it('are all the same where the values are', () => {
    fc.assert(fc.property(json, (value) => differenceRows(value, value).every(({ kind }) => kind === 'same')));
  });

  it('differ where the values do', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const changed = differenceRows(a, b).some(({ kind }) => kind !== 'same');
        expect(changed).toBe(canonicalJson(a) !== canonicalJson(b));
      }),
    );
  });

  it('tell the same from the other side, with new and gone swapped', () => {
    const swapped = { same: 'same', changed: 'changed', added: 'removed', removed: 'added' };
    fc.assert(
      fc.property(json, json, (a, b) => {
        const there = differenceRows(a, b).map(({ path, kind, before, after }) => JSON.stringify([path, swapped[kind], after, before]));
        const back = differenceRows(b, a).map(({ path, kind, before, after }) => JSON.stringify([path, kind, before, after]));
        expect(there.toSorted()).toEqual(back.toSorted());
      }),
    );
  });

  it('have a path of their own each', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const paths = differenceRows(a, b).map(({ path }) => path);
        expect(new Set(paths).size).toBe(paths.length);
      }),
    );
  });

  it('keep every digit', () => {
    expect(rowsOf('{"id": 9007199254740993}', '{"id": 9007199254740992}')).toEqual([
      { path: 'id', kind: 'changed', before: '9007199254740993', after: '9007199254740992' },
    ]);
  });

  it('are new or gone as a whole where a value is no object any more', () => {
    expect(rowsOf('{"a": {"b": 1}}', '{"a": 2, "x y": [1]}')).toEqual([
      { path: 'a', kind: 'changed', before: '{"b":1}', after: '2' },
      { path: '`x y`[0]', kind: 'added', after: '1' },
    ]);
    expect(differenceRows(undefined, { a: [], b: { c: null } })).toEqual([
      { path: 'a', kind: 'added', after: '[]' },
      { path: 'b.c', kind: 'added', after: 'null' },
    ]);
  });
});
