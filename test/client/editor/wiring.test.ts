import { expect, test } from 'vitest';
import { remove } from '../../../client/editor/document.ts';
import {
  addNodeAfter,
  connect,
  danglingEdges,
  dropOnEdge,
  insertOnEdge,
  openPort,
  refusal,
  removeAndHeal,
} from '../../../client/editor/wiring.ts';
import { line, seeded, typeOf, types } from './fixture.ts';

const ends = (flow: ReturnType<typeof line>) => flow.edges.map((edge) => `${edge.from.node}.${edge.from.port}>${edge.to.node}`).sort();

test('a line that makes no sense is refused with a sentence', () => {
  const flow = line();
  const why = (from: string, port: string, to: string) => refusal(flow, types, { node: from, port }, { node: to, port: 'in' });
  expect(why('map', 'out', 'map')).toMatch(/cannot feed itself/);
  expect(why('store', 'out', 'map')).toMatch(/is a sink/);
  expect(why('map', 'out', 'hook')).toMatch(/is a source/);
  expect(why('map', 'out', 'store')).toMatch(/already leads/);
  expect(why('map', 'lost', 'store')).toMatch(/no output/);
  expect(why('map', 'error', 'store')).toBeUndefined();
});

test('a line that would close a loop is refused', () => {
  const two = addNodeAfter(line(), types, 'map', typeOf('map'), { random: seeded() });
  expect(refusal(two.flow, types, { node: two.node, port: 'out' }, { node: 'map', port: 'in' })).toMatch(/loop/);
});

test('a refused connection leaves the document alone', () => {
  const flow = line();
  expect(connect(flow, types, { node: 'map', port: 'out' }, { node: 'hook', port: 'in' }).flow).toBe(flow);
});

test('a node added after another is joined to it and covers no card', () => {
  const { flow, node } = addNodeAfter(line(), types, 'map', typeOf('store'), { random: seeded() });
  expect(ends(flow)).toContain(`map.out>${node}`);
  expect(flow.layout.positions[node]).toEqual({ x: 608, y: 128 });
});

test('a new neighbour hangs on the first output that leads nowhere yet', () => {
  const flow = line();
  flow.nodes.push({ id: 'lanes', type: 'switch', version: 1, label: '', config: { cases: [{ id: 'a', name: 'A' }] } });
  expect(openPort(flow, types, 'lanes')).toBe('a');
  const { flow: next } = addNodeAfter(flow, types, 'lanes', typeOf('store'), { random: seeded() });
  expect(openPort(next, types, 'lanes')).toBe('other');
});

test('inserting on an edge and healing it again gives the same lines', () => {
  const { flow, node } = insertOnEdge(line(), types, 'e2', typeOf('map'), seeded());
  expect(node).toBeDefined();
  expect(ends(flow)).toEqual(['hook.out>map', `map.out>${node}`, `${node}.out>store`].sort());
  expect(flow.layout.positions.store).toEqual({ x: 912, y: 0 });
  expect(ends(removeAndHeal(flow, types, [node ?? ''], seeded(2)))).toEqual(ends(line()));
});

test('healing does not lead failed messages into the main line', () => {
  const flow = connect(line(), types, { node: 'map', port: 'error' }, { node: 'store', port: 'in' }, seeded()).flow;
  expect(ends(removeAndHeal(flow, types, ['map']))).toEqual(['hook.out>store']);
});

test('a card dropped on an edge stands in it; a source cannot', () => {
  const extra = addNodeAfter(remove(line(), [], ['e2']), types, 'hook', typeOf('map'), { random: seeded() });
  const dropped = dropOnEdge(remove(extra.flow, [], [extra.flow.edges.at(-1)?.id ?? '']), types, 'e1', extra.node);
  expect(ends(dropped)).toEqual([`hook.out>${extra.node}`, `${extra.node}.out>map`].sort());
  expect(dropOnEdge(line(), types, 'e2', 'hook')).toEqual(line());
});

test('an edge whose port is gone is found', () => {
  const flow = line();
  flow.nodes.push({ id: 'lanes', type: 'switch', version: 1, label: '', config: { cases: [] } });
  flow.edges.push({ id: 'e3', from: { node: 'lanes', port: 'a' }, to: { node: 'map', port: 'in' } });
  expect(danglingEdges(flow, types)).toEqual(['e3']);
});
