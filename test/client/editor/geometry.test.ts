import { expect, test } from 'vitest';
import { place, positionOf } from '../../../client/editor/document.ts';
import { cardHeight, cardSize, claimedHeight, column, edgeAt, freePlace, nearest } from '../../../client/editor/geometry.ts';
import { topological } from '../../../client/editor/order.ts';
import { laidOut, tidy } from '../../../client/editor/tidy.ts';
import { addNodeAfter } from '../../../client/editor/wiring.ts';
import { line, seeded, typeOf, types } from './fixture.ts';

test('an arrow key leads to the nearest node in its direction, and nowhere when there is none', () => {
  const flow = place(line(), { store: { x: 608, y: 160 } });
  expect(nearest(flow, types, undefined, 'right')).toBe('hook');
  expect(nearest(flow, types, 'hook', 'right')).toBe('map');
  expect(nearest(flow, types, 'map', 'right')).toBe('store');
  expect(nearest(flow, types, 'store', 'left')).toBe('map');
  expect(nearest(flow, types, 'hook', 'left')).toBeUndefined();
});

test('a card with cases grows by one row per case', () => {
  const lanes = { id: 'lanes', type: 'switch', version: 1, label: '', config: { cases: [{ id: 'a' }, { id: 'b' }] } };
  expect(cardHeight(lanes, types)).toBe(72 + 3 * 26 + 8);
});

test('a free place never covers a card', () => {
  expect(freePlace(line(), types, { x: 304, y: 16 })).toEqual({ x: 304, y: 144 });
});

test('an edge is found under the point between its ports', () => {
  expect(edgeAt(line(), types, { x: 264, y: 40 })).toBe('e1');
  expect(edgeAt(line(), types, { x: 264, y: 200 })).toBeUndefined();
});

test('the outline lists nodes in the order in which a message meets them', () => {
  const flow = line();
  expect(topological({ ...flow, nodes: [...flow.nodes].reverse() }).map((node) => node.id)).toEqual(['hook', 'map', 'store']);
});

test('tidy leads every line from left to right and covers no card', () => {
  const random = seeded(7);
  let flow = line();
  for (let i = 0; i < 40; i++) {
    const after = flow.nodes.filter((node) => node.type !== 'store');
    const from = after[Math.floor(random() * after.length)]?.id ?? 'hook';
    flow = addNodeAfter(flow, types, from, typeOf(random() < 0.6 ? 'map' : 'store'), {
      at: { x: random() * 900, y: random() * 900 },
      random,
    }).flow;
  }
  const tidied = tidy(flow, types);
  for (const edge of tidied.edges) expect(positionOf(tidied, edge.from.node).x).toBeLessThan(positionOf(tidied, edge.to.node).x);
  for (const a of tidied.nodes) {
    for (const b of tidied.nodes) {
      if (a.id >= b.id) continue;
      const [p, q] = [positionOf(tidied, a.id), positionOf(tidied, b.id)];
      const apart = Math.abs(p.x - q.x) >= cardSize.width || p.y + claimedHeight(a, types) <= q.y || q.y + claimedHeight(b, types) <= p.y;
      expect(apart, `${a.id} and ${b.id}`).toBe(true);
    }
  }
});

test('cards without a place get one below the others, and no card that has one moves', () => {
  const flow = line();
  expect(laidOut(flow, types)).toBe(flow);
  const nowhere = { ...flow, layout: { ...flow.layout, positions: {} } };
  const drawn = laidOut(nowhere, types);
  expect(drawn.nodes.map(({ id }) => positionOf(drawn, id))).toEqual(
    [0, 1, 2].map((at) => ({ ...positionOf(drawn, 'hook'), x: at * column })),
  );
  const { map: _map, ...positions } = flow.layout.positions;
  const partly = laidOut({ ...flow, layout: { ...flow.layout, positions } }, types);
  for (const id of ['hook', 'store']) expect(positionOf(partly, id)).toEqual(positionOf(flow, id));
  const below = Math.max(
    ...flow.nodes.filter(({ id }) => id !== 'map').map((node) => positionOf(flow, node.id).y + claimedHeight(node, types)),
  );
  expect(positionOf(partly, 'map').y).toBeGreaterThan(below);
});

test('tidy twice is tidy once', () => {
  const once = tidy(line(), types);
  expect(tidy(once, types)).toBe(once);
});
