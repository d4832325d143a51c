import { expect, test } from 'vitest';
import { differenceOf } from '#server/replay/differ.ts';
import { hashOf, ordinalOf, type Standing } from '#server/replay/standing.ts';
import { header } from '#shared/message.ts';

const output = (sink: string, index: number, value: string) => ({
  sink,
  record: { topic: `t.${sink}`, key: 'k', value, headers: { [header.index]: String(index) } },
});

/** What stands, as `sink#index` → value. */
function standing(values: Record<string, string>): Standing {
  const sinks = new Map<string, Map<number, { hash: string; partition: number; offset: bigint }>>();
  for (const [name, value] of Object.entries(values)) {
    const [sink = '', index = '0'] = name.split('#');
    const outputs = sinks.get(sink) ?? new Map<number, { hash: string; partition: number; offset: bigint }>();
    sinks.set(sink, outputs.set(Number(index), { hash: hashOf('k', value), partition: 0, offset: 0n }));
  }
  return { of: (sink) => sinks.get(sink), complete: true };
}
const both = new Set(['a', 'b']);

test('equal data is the same however it is written', () => {
  const made = { outputs: [output('a', 0, '{"x":1.50,"y":2}')], failures: [] };
  expect(differenceOf(made, both, 'o', standing({ 'a#0': '{"y":2,"x":1.5}' })).class).toBe('same');
});

test('the gravest difference counts, and only what differs would be written', () => {
  const made = { outputs: [output('a', 0, '1'), output('a', 1, '2'), output('b', 0, '3'), output('c', 0, '4')], failures: [] };
  const result = differenceOf(made, both, 'o', standing({ 'a#0': '1', 'a#1': '0' }));
  expect(result).toMatchObject({ class: 'changed', again: { a: 2 }, fresh: { b: 1 }, surplus: [] });
  expect(result.changed.map(({ sink, record }) => `${sink} ${record.value}`)).toEqual(['a 2', 'b 3']);
  const failing = { ...made, failures: [{ code: 'map/failed', message: 'no', node: 'map' }] };
  expect(differenceOf(failing, both, 'o', standing({})).class).toBe('failing');
});

test('what stands and is made no more is a change that a replay cannot take back', () => {
  expect(differenceOf({ outputs: [], failures: [] }, both, 'o', standing({ 'a#0': '1' }))).toMatchObject({
    class: 'changed',
    changed: [],
    surplus: ['a'],
  });
});

test('an output that was made again keeps its ordinal', () => {
  expect([ordinalOf('2'), ordinalOf('2~3'), ordinalOf('2~rab12'), ordinalOf(undefined)]).toEqual([2, 2, 2, 0]);
});
