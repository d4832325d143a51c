import { expect, test } from 'vitest';
import { countChanges } from '../../../client/editor/changes.ts';
import { moveBy, remove, rename } from '../../../client/editor/document.ts';
import { addNodeAfter } from '../../../client/editor/wiring.ts';
import { line, seeded, typeOf, types } from './fixture.ts';

test('each node and line that differs from the deployed version counts one, moving counts nothing', () => {
  expect(countChanges(line(), line())).toBe(0);
  expect(countChanges(line(), moveBy(line(), ['map'], { x: 16, y: 0 }))).toBe(0);
  expect(countChanges(line(), rename(line(), 'map', 'Other'))).toBe(1);
  expect(countChanges(line(), addNodeAfter(line(), types, 'map', typeOf('store'), { random: seeded() }).flow)).toBe(2);
  expect(countChanges(line(), remove(line(), ['store']))).toBe(2);
});
