import { expect, test } from 'vitest';
import { remove } from '../../../client/editor/document.ts';
import { group, renameGroup, ungroup } from '../../../client/editor/groups.ts';
import { line, seeded } from './fixture.ts';

test('a group frames its nodes, a node changes groups, and a group of one is gone', () => {
  const first = group(line(), ['hook', 'map'], 'Left', seeded());
  expect(first.layout.groups).toMatchObject([{ title: 'Left', nodes: ['hook', 'map'] }]);
  const second = group(first, ['map', 'store'], 'Right', seeded(3));
  expect(second.layout.groups.map((each) => each.title)).toEqual(['Right']);
  expect(group(line(), ['map'])).toEqual(line());
});

test('ungrouping leaves the nodes where they are', () => {
  const grouped = group(line(), ['hook', 'map'], 'Left', seeded());
  expect(ungroup(grouped, ['map'])).toEqual(line());
  expect(ungroup(grouped, ['store'])).toBe(grouped);
});

test('a removed node leaves its group, and the group gets another title', () => {
  const grouped = group(line(), ['hook', 'map', 'store'], 'All', seeded());
  expect(remove(grouped, ['map']).layout.groups[0]?.nodes).toEqual(['hook', 'store']);
  const id = grouped.layout.groups[0]?.id ?? '';
  expect(renameGroup(grouped, id, 'Systems').layout.groups[0]?.title).toBe('Systems');
  expect(renameGroup(grouped, id, '  ')).toBe(grouped);
});
