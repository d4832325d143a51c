import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sourceTree } from '#shared/mapping/rows/source.ts';
import { targetTree } from '#shared/mapping/rows/target.ts';
import { unknownShape } from '#shared/shape/shape.ts';
import { drawLine, endOf, rowHeight, scrollTo, strandsOf, windowOf } from '../../../client/mapper/line-geometry.ts';
import { createMapper, type MapperState } from '../../../client/mapper/mapper-store.ts';
import { modelOf } from '../../../client/mapper/model.ts';
import { editorWith } from './fixture.ts';

const scroll = fc.integer({ min: 0, max: 20_000 });
const height = fc.integer({ min: 40, max: 1200 });
const index = fc.integer({ min: 0, max: 600 });

describe('the end of a line', () => {
  it('is at the middle of its row, or at the edge behind which the row is', () => {
    fc.assert(
      fc.property(index, scroll, height, (row, top, room) => {
        const { y, away } = endOf(row, top, room);
        const middle = row * rowHeight + rowHeight / 2 - top;
        expect(y).toBe(Math.max(0, Math.min(room, middle)));
        expect(away).toBe(middle < 0 ? -1 : middle > room ? 1 : 0);
      }),
    );
  });
});

describe('a line', () => {
  it('never leaves the gutter, and is not drawn along an edge', () => {
    fc.assert(
      fc.property(index, index, scroll, scroll, height, fc.integer({ min: 20, max: 300 }), (source, target, a, b, room, width) => {
        const line = drawLine({ id: 'x', source, target }, { width, height: room, source: a, target: b });
        const [from, to] = [endOf(source, a, room), endOf(target, b, room)];
        expect(line === undefined).toBe(from.away !== 0 && from.away === to.away);
        if (line === undefined) return;
        const numbers = [...line.path.matchAll(/-?[\d.]+/g)].map(([text]) => Number(text));
        // A curve stays within the box of its four points.
        for (let at = 0; at < numbers.length; at += 2) {
          expect(numbers[at]).toBeGreaterThanOrEqual(0);
          expect(numbers[at]).toBeLessThanOrEqual(width);
          expect(numbers[at + 1]).toBeGreaterThanOrEqual(0);
          expect(numbers[at + 1]).toBeLessThanOrEqual(room);
        }
        expect(Math.abs(line.y1 - from.y) + Math.abs(line.y2 - to.y)).toBeLessThan(0.2);
      }),
    );
  });
});

describe('the rows that are drawn of a long list', () => {
  it('are all that are in sight', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2000 }), scroll, height, (count, top, room) => {
        const { start, end } = windowOf(count, top, room);
        for (let row = Math.floor(top / rowHeight); row * rowHeight < top + room && row < count; row++) {
          expect(row).toBeGreaterThanOrEqual(start);
          expect(row).toBeLessThan(end);
        }
        if (count > 100) expect(end - start).toBeLessThanOrEqual(room / rowHeight + 26);
      }),
    );
  });

  it('move no further than a row needs to be in sight', () => {
    fc.assert(
      fc.property(index, scroll, height, (row, top, room) => {
        const next = scrollTo(row, top, room);
        expect(row * rowHeight).toBeGreaterThanOrEqual(Math.min(next, row * rowHeight));
        if (row * rowHeight >= top && (row + 1) * rowHeight <= top + room) expect(next).toBe(top);
      }),
    );
  });
});

describe('the lines of a mapper', () => {
  const mapper = createMapper(editorWith('{ "who": { "name": first & " " & last }, "lines": [items.{ "sku": sku, "qty": qty }] }'), 'map');
  const strands = (change: Partial<MapperState> = {}) => {
    mapper.set({ sourceFolds: new Map(), targetFolds: new Map(), ...change });
    const model = modelOf(mapper);
    return strandsOf(model).map(({ source, target, joins, loop }) => {
      const ends = [model.source.rows[source]?.node.label, model.target.rows[target]?.node.label];
      return `${ends.join(' → ')}${joins.length > 1 ? ` × ${joins.length}` : ''}${loop ? ', loop' : ''}`;
    });
  };

  it('lead from every field that is read to the row that reads it', () => {
    expect(strands()).toEqual(['first → name', 'last → name', 'items → lines, loop', 'sku → sku', 'qty → qty']);
  });

  it('lead to the row that a folded one is in, once for all', () => {
    expect(strands({ targetFolds: new Map([['lines', false]]) })).toEqual([
      'first → name',
      'last → name',
      'items → lines, loop',
      'sku → lines',
      'qty → lines',
    ]);
    expect(strands({ sourceFolds: new Map([['["items"]', false]]), targetFolds: new Map([['lines', false]]) })).toEqual([
      'first → name',
      'last → name',
      'items → lines × 3, loop',
    ]);
  });

  it('are the same object while nothing of them changes', () => {
    expect(modelOf(mapper)).toBe(modelOf(mapper));
    expect(sourceTree(undefined, unknownShape).roots).toEqual([]);
    expect(targetTree(undefined, unknownShape).roots).toHaveLength(2);
  });
});
