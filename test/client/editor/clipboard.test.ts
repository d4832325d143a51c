import { expect, test } from 'vitest';
import { copyNodes, paste, readClip } from '../../../client/editor/clipboard.ts';
import { line, seeded } from './fixture.ts';

test('copied nodes land under new ids with the edges among them, at the pointer', () => {
  const clip = readClip(copyNodes(line(), ['map', 'store']));
  if (clip === undefined) throw new Error('the clipboard text was not read');
  const { flow, nodes } = paste(line(), clip, { x: 100, y: 300 }, seeded());
  expect(flow.nodes).toHaveLength(5);
  const [map = '', store = ''] = nodes;
  expect(flow.edges.at(-1)).toMatchObject({ from: { node: map, port: 'out' }, to: { node: store, port: 'in' } });
  expect(flow.layout.positions[map]).toEqual({ x: 96, y: 304 });
  expect(flow.layout.positions[store]).toEqual({ x: 400, y: 304 });
});

test('text that is not ours is not pasted', () => {
  expect(readClip('hello')).toBeUndefined();
  expect(readClip('{"type":"millrace/nodes","version":9}')).toBeUndefined();
  expect(readClip('millrace/nodes {')).toBeUndefined();
});
