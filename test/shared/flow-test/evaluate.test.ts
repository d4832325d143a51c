import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactNumber } from '#shared/exact-number.ts';
import { captureFlowTest } from '#shared/flow-test/capture.ts';
import { comparedNothing, evaluateFlowTest } from '#shared/flow-test/evaluate.ts';
import { pathText } from '#shared/flow-test/path.ts';
import { type Expectation, type FlowTest, formatFlowTest, parseFlowTest } from '#shared/flow-test.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { flowOf, trialOf } from './trial.ts';

const testOf = (...expected: Expectation[]): FlowTest => ({ format: 1, name: 'a', samples: [{ value: {} }], expect: expected });
const order = { id: 7, total: 119, lines: [{ sku: 'a' }, { sku: 'b' }], meta: { at: '10:00' } };
const trial = trialOf({
  in: { out: { out: [{ value: order }] } },
  router: { out: { EU: [{ value: order }], US: [] } },
  erp: { out: { in: [{ value: order, key: '7', headers: { kind: 'order', 'millrace-flow': 'shop@1' } }] } },
  crm: { out: { in: [] } },
});
const failing = trialOf({ map: { out: { out: [] }, failed: [{ code: 'map/nothing' }, { code: 'map/nothing', taken: true }] } });
const filtering = trialOf({ only: { out: { out: [] }, filtered: ['condition'] } });

describe('a case', () => {
  it.each<[string, Expectation]>([
    ['messages', { node: 'erp', messages: 1 }],
    ['equals', { node: 'erp', equals: [{ ...order, total: new ExactNumber('119.0') }] }],
    ['equals but for what is ignored', { node: 'erp', equals: [{ ...order, meta: { at: '11:00' } }], ignore: ['meta.at'] }],
    ['equals at a port', { node: 'router', port: 'EU', equals: [order] }],
    ['contains', { node: 'erp', contains: [{ lines: [{ sku: 'b' }] }] }],
    ['fields', { node: 'erp', fields: { 'lines[1].sku': 'b', total: 119 } }],
    ['keys', { node: 'erp', keys: ['7'] }],
    ['headers', { node: 'erp', headers: [{ kind: 'order' }] }],
    ['schema', { node: 'erp', schema: { type: 'object', required: ['total'], properties: { total: { type: 'number', minimum: 1 } } } }],
    ['branch', { node: 'router', branch: 'EU' }],
  ])('passes on what it expects: %s', (_, expectation) => {
    expect(evaluateFlowTest(testOf(expectation), trial)).toMatchObject({ state: 'passed' });
  });

  it.each<[string, Expectation, string[]]>([
    ['messages', { node: 'erp', messages: 2 }, ['']],
    ['equals', { node: 'erp', equals: [{ ...order, total: 100, new: 1 }] }, ['total', 'new']],
    ['a message too few', { node: 'erp', equals: [order, order] }, ['']],
    ['a message too many', { node: 'erp', equals: [] }, ['']],
    ['contains', { node: 'erp', contains: [{ lines: [{ sku: 'c' }] }] }, ['lines[0].sku']],
    ['contains in no message', { node: 'crm', contains: [{ a: 1 }] }, ['']],
    ['fields', { node: 'erp', fields: { total: 1, gone: 2 } }, ['total', 'gone']],
    ['keys', { node: 'erp', keys: ['8'] }, ['key']],
    ['headers', { node: 'erp', headers: [{ kind: 'x', more: 'y' }] }, ['headers.kind', 'headers.more']],
    ['schema', { node: 'erp', schema: { properties: { total: { type: 'string' } } } }, ['total']],
    ['fields of no message', { node: 'crm', fields: { a: 1 } }, []],
    ['schema of no message', { node: 'crm', schema: true }, []],
    ['branch', { node: 'router', branch: 'US' }, []],
    ['a node that is gone', { node: 'gone', messages: 0 }, []],
    ['a port that is gone', { node: 'router', branch: 'AU' }, []],
    ['no port said', { node: 'router', messages: 1 }, []],
    ['dead letters', { deadLetters: 1 }, ['']],
    ['filtered', { filtered: 1, node: 'erp' }, ['']],
  ])('fails where something is otherwise, and names the field: %s', (_, expectation, paths) => {
    const result = evaluateFlowTest(testOf({ node: 'erp', messages: 1 }, expectation), trial);
    expect(result.state).toBe('failed');
    expect(result.checks.at(-1)?.passed === false || result.checks.some((check) => !check.passed)).toBe(true);
    expect(result.checks.flatMap((check) => check.differences.map(({ path }) => path))).toEqual(paths);
    expect(result.sentence).toMatch(/\.$/);
  });

  it('counts as dead letters what no error port took, by node and code', () => {
    expect(evaluateFlowTest(testOf({ deadLetters: 1, node: 'map', code: 'map/nothing' }), failing).state).toBe('passed');
    expect(evaluateFlowTest(testOf({ deadLetters: 1, code: 'other' }), failing).state).toBe('failed');
    expect(evaluateFlowTest(testOf({ deadLetters: 0 }), failing).sentence).toContain('It failed with map/nothing.');
  });

  it('sees a filtered message by its reason', () => {
    expect(evaluateFlowTest(testOf({ filtered: 1, reason: 'condition' }), filtering).state).toBe('passed');
    expect(evaluateFlowTest(testOf({ filtered: 1, reason: 'duplicate' }), filtering).state).toBe('failed');
  });

  it.each<[string, FlowTest]>([
    ['it expects nothing', testOf()],
    ['it expects no message anywhere', testOf({ node: 'crm', messages: 0 }, { node: 'crm', equals: [] }, { deadLetters: 0 })],
    ['it has no message that enters', { ...testOf({ deadLetters: 0 }), samples: [] }],
  ])('fails because it compared nothing: %s', (_, test) => {
    const result = evaluateFlowTest(test, trial);
    expect(result.state).toBe('failed');
    expect(result.sentence).toContain(comparedNothing);
  });

  it('fails when every field of what it compares is ignored', () => {
    const result = evaluateFlowTest(testOf({ node: 'erp', messages: 1, equals: [order], ignore: ['**'] }), trial);
    expect(result.state).toBe('failed');
    expect(result.sentence).toContain('every field of the expected messages is ignored');
  });

  it('fails on a flow that cannot run, with the problem', () => {
    const broken = trialOf({}, { problems: [{ code: 'x', severity: 'error', message: 'The map has no expression.' }] });
    expect(evaluateFlowTest(testOf({ deadLetters: 0 }), broken).sentence).toContain('The map has no expression.');
  });

  it('may take messages in any order, and shows what differs least', () => {
    const two = trialOf({ erp: { out: { in: [{ value: { a: 1, b: 1 } }, { value: { a: 2, b: 2 } }] } } });
    const both = { node: 'erp', order: 'any' as const };
    expect(
      evaluateFlowTest(
        testOf({
          ...both,
          equals: [
            { a: 2, b: 2 },
            { a: 1, b: 1 },
          ],
        }),
        two,
      ).state,
    ).toBe('passed');
    const result = evaluateFlowTest(
      testOf({
        ...both,
        equals: [
          { a: 2, b: 3 },
          { a: 1, b: 1 },
        ],
      }),
      two,
    );
    expect(result.checks[0]?.differences).toEqual([{ message: 1, kind: 'changed', path: 'b', expected: 3, actual: 2 }]);
  });

  it('shows one message more as one difference, not as a change of all behind it', () => {
    const three = trialOf({ erp: { out: { in: [{ value: 1 }, { value: 2 }, { value: 3 }] } } });
    const result = evaluateFlowTest(testOf({ node: 'erp', equals: [2, 3] }), three);
    expect(result.checks[0]?.differences).toEqual([{ message: 0, kind: 'extra', path: '', actual: 1 }]);
  });
});

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => parseJson(stringifyJson(value) ?? 'null'));
const record = fc.record({
  value: json,
  key: fc.option(fc.string()),
  headers: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.string()),
});
const anyTrial = fc
  .record({ a: fc.array(record, { maxLength: 4 }), b: fc.array(record, { maxLength: 2 }), dead: fc.nat(2), filtered: fc.nat(2) })
  .map(({ a, b, dead, filtered }) =>
    trialOf({
      map: {
        out: { out: a },
        failed: Array.from({ length: dead }, () => ({ code: 'map/nothing' })),
        filtered: Array.from({ length: filtered }, () => 'condition'),
      },
      router: { out: { left: a, right: b } },
      a: { out: { in: a } },
      b: { out: { in: b } },
    }),
  )
  .filter(({ records, nodes }) => records.length > 0 || (nodes.map?.failed.length ?? 0) + (nodes.map?.filtered.length ?? 0) > 0);

/** Every leaf of a value, with its place. */
function leaves(value: unknown, place: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return [place];
  const inside = Array.isArray(value)
    ? value.flatMap((item: unknown, index) => leaves(item, [...place, index]))
    : Object.entries(value).flatMap(([key, item]) => leaves(item, [...place, key]));
  return inside.length > 0 ? inside : [place];
}

function put(value: unknown, place: readonly (string | number)[], to: unknown): unknown {
  const [step, ...rest] = place;
  if (step === undefined) return to;
  if (Array.isArray(value)) return value.map((item: unknown, index) => (index === step ? put(item, rest, to) : item));
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).map(([key, item]) => [key, key === step ? put(item, rest, to) : item]),
  );
}

describe('a case made of a result', () => {
  it('passes on that result, also after it was written and read', () => {
    fc.assert(
      fc.property(anyTrial, (one) => {
        const test = captureFlowTest(flowOf('map', 'router', 'a', 'b'), {
          name: 'made',
          samples: [{ value: 1 }],
          trial: one,
          again: one,
        });
        expect(evaluateFlowTest(test, one)).toMatchObject({ state: 'passed' });
        expect(evaluateFlowTest(parseFlowTest(formatFlowTest(test)).test as FlowTest, one)).toMatchObject({ state: 'passed' });
      }),
      { numRuns: 200 },
    );
  });

  it('fails with exactly the path of the one field that changed', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 3 }), fc.nat(), (list, pick) => {
        const one = trialOf({ a: { out: { in: list } } });
        const test = captureFlowTest(flowOf('a'), { name: 'made', samples: [{ value: 1 }], trial: one, again: one });
        const message = pick % list.length;
        const places = leaves(list[message]?.value);
        const place = places[pick % places.length] ?? [];
        const changed = list.map((item, index) =>
          index === message ? { ...item, value: put(item.value, place, 'another value ⌁') } : item,
        );
        const result = evaluateFlowTest(test, trialOf({ a: { out: { in: changed } } }));
        expect(result.state).toBe('failed');
        expect(result.checks.flatMap(({ differences }) => differences.map((one) => [one.message, one.path]))).toEqual([
          [message, pathText(place)],
        ]);
      }),
      { numRuns: 300 },
    );
  });
});
