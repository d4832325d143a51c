import { expect, test } from 'vitest';
import { rankTypes } from '../../../client/editor/search.ts';
import { types } from './fixture.ts';

const catalog = [
  ...types.values(),
  ...(['source', 'sink'] as const).flatMap((kind) => {
    const [some] = types.values();
    return some === undefined ? [] : [{ ...some, type: `topic.${kind}`, title: 'Kafka topic', kind, category: kind }];
  }),
];
const found = (query: string): string[] => rankTypes(catalog, query).map(({ type }) => type);

test('a node type is found by its title, by letters of it, and by its kind', () => {
  expect(found('kafka')).toEqual(['topic.source', 'topic.sink']);
  expect(found('kfk')).toEqual(['topic.source', 'topic.sink']);
  expect(found('sink')).toEqual(['store', 'topic.sink']);
});

test('several words find what answers each of them: of two with one title, the one of the kind', () => {
  expect(found('kafka source')).toEqual(['topic.source']);
  expect(found('sink kafka')).toEqual(['topic.sink']);
  expect(found('kafka nothing')).toEqual([]);
});
