import { expect, test } from 'vitest';
import { effectiveConfig } from '#shared/node-type.ts';
import { addNode, moveBy, remove, rename, sameLogic, setConfig, setMode, snap, toggleMode } from '../../../client/editor/document.ts';
import { line, seeded, typeOf } from './fixture.ts';

test('a new node starts with the defaults of its type, on the grid, under a readable id', () => {
  const { flow, node } = addNode(line(), typeOf('map'), { x: 101, y: 55 }, seeded());
  expect(node).toMatch(/^map-[a-z0-9]{4}$/);
  expect(flow.nodes.at(-1)).toMatchObject({ id: node, type: 'map', config: { text: 'x' } });
  expect(flow.layout.positions[node]).toEqual({ x: 96, y: 48 });
});

test('removing a node removes its edges and its place, and keeps the rest as the same objects', () => {
  const before = line();
  const after = remove(before, ['map']);
  expect(after.nodes.map((node) => node.id)).toEqual(['hook', 'store']);
  expect(after.edges).toEqual([]);
  expect(after.layout.positions).not.toHaveProperty('map');
  expect(after.nodes[0]).toBe(before.nodes[0]);
  expect(after.settings).toBe(before.settings);
});

test('an edit that changes nothing gives the very same document', () => {
  const flow = line();
  expect(remove(flow, ['nobody'])).toBe(flow);
  expect(rename(flow, 'map', '')).toBe(flow);
  expect(setConfig(flow, 'map', 'text', 'a')).toBe(flow);
  expect(setMode(flow, ['map'], undefined)).toBe(flow);
  expect(moveBy(flow, ['map'], { x: 0, y: 0 })).toBe(flow);
});

test('a mode key sets the mode on all chosen nodes, and takes it off when all have it', () => {
  const once = toggleMode(line(), ['hook', 'map'], 'disabled');
  expect(once.nodes.map((node) => node.mode)).toEqual(['disabled', 'disabled', undefined]);
  expect(toggleMode(once, ['hook', 'map'], 'disabled')).toEqual(line());
  expect(toggleMode(once, ['hook', 'store'], 'disabled').nodes.map((node) => node.mode)).toEqual(['disabled', 'disabled', 'disabled']);
});

test('moving a node is not a change of logic, renaming is', () => {
  expect(sameLogic(line(), moveBy(line(), ['map'], { x: 16, y: 0 }))).toBe(true);
  expect(sameLogic(line(), rename(line(), 'map', 'Other'))).toBe(false);
});

test('places snap to the grid of sixteen', () => {
  expect(snap({ x: 7, y: 9 })).toEqual({ x: 0, y: 16 });
});

test('where a config says nothing the default counts, and what it says stays', () => {
  expect(effectiveConfig(typeOf('map'), {})).toEqual({ text: 'x' });
  expect(effectiveConfig(typeOf('map'), { text: 'mine', more: 1 })).toEqual({ text: 'mine', more: 1 });
});
