import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reachable, successors, topologicalOrder } from '#shared/check/paths.ts';
import { edges, flowOf } from '../../server/sample-flow.ts';

const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
const drawing = (pairs: (readonly [number, number])[]) =>
  flowOf({ nodes: ids.map((id) => ({ id, type: 'map' })), edges: edges(...pairs.map(([from, to]) => `${ids[from]}>${ids[to]}`)) });
const pair = fc.tuple(fc.nat(5), fc.nat(5));

describe('topological order', () => {
  test('every edge between ordered nodes leads forward, and no node is lost', () => {
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 12 }), (pairs) => {
        const { order, rest } = topologicalOrder(drawing(pairs));
        expect([...order, ...rest].sort()).toEqual(ids);
        for (const [from, to] of pairs) {
          const [at, then] = [order.indexOf(ids[from] ?? ''), order.indexOf(ids[to] ?? '')];
          if (then >= 0) expect(at >= 0 && at < then).toBe(true);
        }
      }),
    );
  });

  test('a drawing whose edges all lead forward has no rest', () => {
    const forward = pair.filter(([from, to]) => from < to);
    fc.assert(
      fc.property(fc.array(forward, { maxLength: 12 }), (pairs) => {
        expect(topologicalOrder(drawing(pairs)).rest).toEqual([]);
      }),
    );
  });

  test('does not depend on the order in the document', () => {
    const forward = fc.array(
      pair.filter(([from, to]) => from < to),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(forward, (pairs) => {
        const flow = drawing(pairs);
        const turned = { ...flow, nodes: [...flow.nodes].reverse(), edges: [...flow.edges].reverse() };
        expect(topologicalOrder(turned).order).toEqual(topologicalOrder(flow).order);
      }),
    );
  });
});

test('what is reachable ends at nodes that let nothing on', () => {
  const next = successors(
    drawing([
      [0, 1],
      [1, 2],
      [3, 4],
      [2, 0],
    ]),
  );
  expect([...reachable(next, ['a'])].sort()).toEqual(['a', 'b', 'c']);
  expect([...reachable(next, ['a'], (id) => id !== 'b')].sort()).toEqual(['a', 'b']);
  expect([...reachable(next, ['gone'])]).toEqual([]);
});
