import { expect, test } from 'vitest';
import { behindIn, mendedBy, type OpenLetter } from '#server/replay/mended.ts';
import type { Made } from '#server/replay/message-run.ts';
import { header } from '#shared/message.ts';
import type { PlanNode } from '#shared/plan.ts';

const node = (id: string, kind: PlanNode['kind'] = 'transform'): PlanNode => ({ id, type: id, kind, label: id, config: {} });
const edge = (from: string, to: string) => ({ from: { node: from, port: 'out' }, to: { node: to, port: 'in' } });
const behind = behindIn({
  nodes: [node('in', 'source'), node('split'), node('map'), node('crm', 'sink'), node('erp', 'sink'), node('log', 'sink')],
  edges: [edge('in', 'split'), edge('split', 'map'), edge('map', 'crm'), edge('map', 'erp'), edge('split', 'log')],
});
const outside = (sink: string) => sink !== 'log';
const letter = (item: string, at: Partial<OpenLetter>): OpenLetter => ({ item, attempt: 1, node: 'map', arrival: 0, ...at });
const output = (sink: string, index = 0): Made['outputs'][number] => ({
  sink,
  record: { topic: sink, key: null, value: '1', headers: { [header.index]: String(index) } },
});
const failure = (at: string, arrival = 0) => ({ code: 'no', message: 'No.', node: at, arrival });

function replayed(letters: OpenLetter[], made: Made, chosen = ['crm', 'erp', 'log'], written = made.outputs) {
  const { carries, again, through } = mendedBy(letters, made, written, { chosen: new Set(chosen), behind, outside });
  return {
    carries: [...carries].map(([{ sink }, { item }]) => `${sink} ${item}`),
    again: [...again].map(([{ node: at, arrival }, { item }]) => `${at} ${arrival} ${item}`),
    through: through.map(({ letter: { item }, outcome }) => `${item} ${outcome}`),
  };
}

test('what failed at a node is on its way once all that comes of it there is written', () => {
  const made: Made = { outputs: [output('crm'), output('erp'), output('log')], failures: [] };
  expect(replayed([letter('a', {})], made)).toEqual({ carries: ['crm a', 'erp a'], again: [], through: ['a sent'] });
});

test('an item stays open when a sink behind its node was not chosen, and sinks elsewhere do not matter', () => {
  const made: Made = { outputs: [output('crm'), output('erp'), output('log')], failures: [] };
  expect(replayed([letter('a', {})], made, ['crm', 'log']).through).toEqual([]);
  expect(replayed([letter('a', {})], made, ['crm', 'erp']).through).toEqual(['a sent']);
});

test('a part that fails again keeps its item, and the others of its message are through', () => {
  const made: Made = { outputs: [output('crm'), output('erp')], failures: [failure('map', 2)] };
  expect(replayed([letter('a', { arrival: 0 }), letter('b', { arrival: 2 })], made)).toEqual({
    carries: ['crm a', 'erp a'],
    again: ['map 2 b'],
    through: ['a sent'],
  });
});

test('one that comes further and fails there stays one item', () => {
  const made: Made = { outputs: [], failures: [failure('erp')] };
  expect(replayed([letter('a', { node: 'split' })], made)).toEqual({ carries: [], again: ['erp 0 a'], through: [] });
  expect(replayed([letter('a', { node: 'gone since' })], made).again).toEqual(['erp 0 a']);
});

test('a failure at a place of its own is nothing that the items know of', () => {
  const made: Made = { outputs: [output('crm'), output('erp')], failures: [failure('log')] };
  expect(replayed([letter('a', {})], made)).toEqual({ carries: ['crm a', 'erp a'], again: [], through: ['a sent'] });
});

test('several items of one message each get an output of their own, and those without one are solved with it', () => {
  const letters = [letter('a', { arrival: 0 }), letter('b', { arrival: 1 }), letter('c', { arrival: 2 })];
  const made: Made = { outputs: [output('crm', 0), output('crm', 1)], failures: [] };
  expect(replayed(letters, made)).toEqual({ carries: ['crm a', 'crm b'], again: [], through: ['a sent', 'b sent', 'c solved'] });
});

test('what a sink has refused is on its way with the output of the same ordinal, and only at that sink', () => {
  const refused = letter('a', { node: 'crm', ordinal: 1 });
  const made: Made = { outputs: [output('crm', 0), output('crm', 1), output('erp', 1)], failures: [] };
  expect(replayed([refused], made)).toEqual({ carries: ['crm a'], again: [], through: ['a sent'] });
  expect(replayed([refused], made, ['erp'])).toEqual({ carries: [], again: [], through: [] });
  expect(replayed([refused], made, ['crm'], []).through).toEqual([]);
});

test('what a sink has refused is solved when the version ends it on purpose, and fails again with what fails before it', () => {
  const refused = letter('a', { node: 'crm', ordinal: 0 });
  expect(replayed([refused], { outputs: [], failures: [] }).through).toEqual(['a solved']);
  expect(replayed([refused], { outputs: [], failures: [failure('map')] })).toEqual({ carries: [], again: ['map 0 a'], through: [] });
});

test('a message that is dropped on purpose now, or stays inside Kafka, is solved at once', () => {
  expect(replayed([letter('a', { node: 'split' })], { outputs: [], failures: [] }).through).toEqual(['a solved']);
  expect(replayed([letter('a', { node: 'split' })], { outputs: [output('log')], failures: [] })).toEqual({
    carries: ['log a'],
    again: [],
    through: ['a solved'],
  });
});
