import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGrouping, groupOf } from '#shared/comparison/groups.ts';
import { differencesOf, type Failure, type Outcome, type Output, type Routes } from '#shared/comparison/outcome.ts';
import { classOf, type DifferenceClass, headlineOf } from '#shared/comparison.ts';

const routes: Routes = { leads: () => true, inBoth: () => true };
const out = (sink: string, text: string, more: Partial<Output> = {}): Output => ({
  sink,
  topic: `t.${sink}`,
  index: 0,
  key: 'k',
  headers: {},
  value: text.startsWith('{') ? (JSON.parse(text) as unknown) : text,
  ...more,
});
const failure = (node: string, code: string): Failure => ({ node, code, message: 'no', end: 'dead-letter' });
const made = (outputs: Output[], failures: Failure[] = [], filtered: Outcome['filtered'] = []): Outcome => ({
  outputs,
  failures,
  filtered,
});
const classes = (before: Outcome, after: Outcome, with_: Routes = routes) => differencesOf(before, after, with_).map((one) => one.class);

const outcome = fc
  .record({
    outputs: fc.array(
      fc.record({
        sink: fc.constantFrom('a', 'b', 'c'),
        key: fc.constantFrom('k', 'l', null),
        headers: fc.dictionary(fc.constantFrom('h', 'millrace-flow'), fc.constantFrom('1', '2')),
        value: fc.constantFrom<unknown>({ a: 1 }, { a: 2, b: [1] }, 'x', null),
      }),
      { maxLength: 4 },
    ),
    failures: fc.array(
      fc.record({
        node: fc.constantFrom('m', 'n'),
        code: fc.constantFrom('x/1', 'x/2'),
        message: fc.string(),
        end: fc.constant('dead-letter' as const),
      }),
      { maxLength: 2 },
    ),
    filtered: fc.array(fc.record({ node: fc.constantFrom('f', 'g'), reason: fc.constantFrom('r', 's') }), { maxLength: 2 }),
  })
  .map(({ outputs, ...rest }): Outcome => {
    const next: Record<string, number> = {};
    return {
      ...rest,
      outputs: outputs.map((one) => {
        const index = next[one.sink] ?? 0;
        next[one.sink] = index + 1;
        return { ...one, topic: 't', index };
      }),
    };
  });

describe('what two versions made of one message', () => {
  it('does not differ from itself, whatever version its headers name', () => {
    fc.assert(fc.property(outcome, (one) => differencesOf(one, one, routes).length === 0));
    const flow = (text: string) => out('erp', '{}', { headers: { 'millrace-flow': text, 'millrace-origin': 'a/0/1' } });
    expect(classes(made([flow('shop@1')]), made([flow('shop@2')]))).toEqual([]);
  });

  it('has each output in at most one of lost, gained and paired', () => {
    fc.assert(
      fc.property(outcome, outcome, (before, after) => {
        const found = differencesOf(before, after, routes);
        for (const side of ['before', 'after'] as const) {
          const named = found
            .filter((one) => ['no-longer-sent', 'new-output', 'goes-elsewhere'].includes(one.class))
            .flatMap((one) => one[side] ?? []);
          expect(new Set(named).size).toBe(named.length);
        }
        const lost = found.filter((one) => one.class === 'no-longer-sent').length;
        const gained = found.filter((one) => one.class === 'new-output').length;
        if (found.every(({ failed }) => failed === undefined)) expect(gained - lost).toBe(after.outputs.length - before.outputs.length);
      }),
    );
  });

  it('turns round with the versions', () => {
    const turned: Partial<Record<DifferenceClass, DifferenceClass>> = {
      'newly-failing': 'no-longer-failing',
      'no-longer-failing': 'newly-failing',
      'no-longer-sent': 'new-output',
      'new-output': 'no-longer-sent',
    };
    fc.assert(
      fc.property(outcome, outcome, (before, after) => {
        const there = classes(before, after).map((one) => turned[one] ?? one);
        expect(classes(after, before).sort()).toEqual(there.sort());
      }),
    );
  });

  it('is named by class: value, key, partition, headers, topic', () => {
    const one = made([out('erp', '{"total":119,"id":1}')]);
    expect(classes(one, made([out('erp', '{"id":1,"total":109}')]))).toEqual(['value-changed']);
    expect(classes(one, made([out('erp', '{"id":1,"total":119}')]))).toEqual([]);
    expect(classes(one, made([out('erp', '{"total":119,"id":1}', { key: 'l' })]))).toEqual(['key-changed']);
    expect(classes(one, made([out('erp', '{"total":119,"id":1}', { partition: 3 })]))).toEqual(['key-changed']);
    expect(classes(one, made([out('erp', '{"total":119,"id":1}', { headers: { country: 'de' } })]))).toEqual(['headers-changed']);
    expect(classes(one, made([out('erp', '{"total":119,"id":1}', { topic: 'other' })]))).toEqual(['goes-elsewhere']);
    expect(classes(one, made([out('erp', '{"total":119,"id":1}'), out('erp', '{}', { index: 1 })]))).toEqual(['new-output']);
    expect(classes(made([out('erp', 'text')]), made([out('erp', 'texts')]))).toEqual(['value-changed']);
    expect(classes(made([out('erp', '1')]), made([{ ...out('erp', ''), value: null }]))).toEqual(['value-changed']);
  });

  it('goes elsewhere where one sink lost it and another got it', () => {
    expect(classes(made([out('eu', '{"a":1}')]), made([out('us', '{"a":2}')]))).toEqual(['goes-elsewhere']);
    const oneIsNew: Routes = { leads: () => true, inBoth: (sink) => sink !== 'archive' };
    expect(classes(made([out('eu', '{"a":1}')]), made([out('archive', '{"b":2}')]), oneIsNew)).toEqual(['no-longer-sent', 'new-output']);
    expect(classes(made([out('eu', '{"a":1, "b":2}')]), made([out('archive', '{"b":2,"a":1}')]), oneIsNew)).toEqual(['goes-elsewhere']);
  });

  it('has lost outputs behind a node that fails now as part of the failure', () => {
    const two = made([out('erp', '{}'), out('crm', '{}')]);
    const found = differencesOf(two, made([out('crm', '{}')], [failure('map', 'map/t2001')]), {
      ...routes,
      leads: (_, __, sink) => sink === 'erp',
    });
    expect(found).toMatchObject([{ class: 'newly-failing', sinks: ['erp'] }]);
    expect(classes(made([], [failure('map', 'a/b')]), made([out('erp', '{}')]))).toEqual(['no-longer-failing']);
    expect(classes(made([], [failure('map', 'a/b')]), made([], [failure('map', 'a/c')]))).toEqual(['fails-differently']);
  });

  it('says where what is no longer sent was dropped', () => {
    const [lost] = differencesOf(made([out('erp', '{}')]), made([], [], [{ node: 'paid', reason: 'not paid' }]), routes);
    expect(lost).toMatchObject({ class: 'no-longer-sent', dropped: { node: 'paid', reason: 'not paid' } });
  });
});

const example = () => ({ position: { topic: 't', partition: 0, offset: '1' }, timestamp: 0, key: null, changes: [], more: 0 });

describe('groups', () => {
  it('count every message once in all, and once in each group that it belongs to', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(outcome, outcome), { maxLength: 30 }), (pairs) => {
        const grouping = createGrouping();
        const all = pairs.map(([before, after]) => differencesOf(before, after, routes));
        for (const differences of all) grouping.add({ differences, example });
        const counts = Object.values(grouping.counts()).reduce((sum, count) => sum + count, 0);
        expect(counts).toBe(pairs.length);
        for (const group of grouping.groups()) {
          const members = all.filter((differences) => differences.some((one) => groupOf(one).signature === group.signature));
          expect(group.messages).toBe(members.length);
          expect(group.examples.length).toBe(Math.min(3, members.length));
        }
        const grave = all.filter((differences) => classOf(differences) === 'newly-failing').length;
        expect(grouping.counts()['newly-failing'] ?? 0).toBe(grave);
      }),
    );
  });

  it('are at most 200 and one for the rest of each class, however many kinds of difference there are', () => {
    const grouping = createGrouping();
    for (let n = 0; n < 500; n++) {
      grouping.add({ differences: differencesOf(made([out('erp', '{"x":1}')]), made([out('erp', `{"x":1,"k${n}":1}`)]), routes), example });
    }
    const groups = grouping.groups();
    expect(groups.length).toBe(201);
    expect(groups.find((group) => group.rest)).toMatchObject({ class: 'value-changed', messages: 300 });
  });

  it('have one signature for one set of places, whatever the values are', () => {
    const of = (before: string, after: string) =>
      groupOf(differencesOf(made([out('erp', before)]), made([out('erp', after)]), routes)[0] ?? expect.unreachable());
    expect(of('{"a":1,"b":1}', '{"a":2,"b":2}').signature).toBe(of('{"b":5,"a":6}', '{"a":7,"b":8}').signature);
    expect(of('{"a":1}', '{"a":2}').signature).not.toBe(of('{"a":1}', '{}').signature);
    expect(of('{"a":1}', '{"a":2,"b":{"c":1}}')).toMatchObject({ places: ['a', 'b'], added: ['b'], removed: [] });
  });
});

it('says the report in one sentence', () => {
  expect(headlineOf({ done: 1000, counts: { same: 962, 'value-changed': 31, 'newly-failing': 5, 'no-longer-sent': 2 } })).toBe(
    '1,000 messages: 962 same, 31 changed, 5 newly failing, 2 no longer sent',
  );
  expect(headlineOf({ done: 1000, counts: { same: 1000 } })).toBe('No difference on 1,000 messages');
  expect(headlineOf({ done: 1, counts: { 'value-changed': 1 } })).toBe('1 message: 0 same, 1 changed');
});
