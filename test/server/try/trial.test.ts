import { describe, expect, it } from 'vitest';
import { describeType, loadCatalog } from '#server/catalog.ts';
import { compile } from '#server/compile.ts';
import { collect } from '#server/try/result.ts';
import { createTrial, type TrialOptions, type TrialOutcome, TrialRefused } from '#server/try/trial.ts';
import { stringifyJson } from '#shared/json.ts';
import type { TrialResult } from '#shared/trial.ts';
import { edges, flowOf } from '../sample-flow.ts';
import { contextOf, input, odd } from './trial-flow.ts';

const catalog = await loadCatalog();
const types = new Map([...catalog.types, [odd.type, odd]]);
const withOdd = { catalog: { ...catalog.catalog, types: [...catalog.catalog.types, describeType(odd)] }, types };

interface Ran extends Pick<TrialResult, 'records' | 'nodes' | 'unreached'> {
  outcomes: TrialOutcome[];
  /** Values that left a node by a port. */
  values(node: string, port?: string): unknown[];
}

async function tryOut(nodes: object[], lines: string[], values: unknown[], more: Partial<TrialOptions> = {}, settings = {}): Promise<Ran> {
  const { plan, problems } = compile(flowOf({ nodes, edges: edges(...lines), settings }), withOdd, 3);
  if (plan === undefined) throw new Error(problems.map(({ message }) => message).join(' '));
  const trial = await createTrial({ plan, types, contextOf: contextOf(plan), ...more });
  const outcomes: TrialOutcome[] = [];
  for (const [at, value] of values.entries()) outcomes.push(await trial.run(input('in', value, at)));
  await trial.close();
  const result = collect(plan, withOdd.catalog.types, outcomes);
  return {
    ...result,
    outcomes,
    values: (node, port = 'out') => (result.nodes[node]?.out[port] ?? []).map((id) => result.records[id]?.value),
  };
}

const source = { id: 'in', type: 'kafka.source', label: 'Orders', config: { topic: 'orders' } };
const topic = (id: string, config = {}) => ({ id, type: 'kafka.sink', label: id, config: { topic: `${id}.out`, ...config } });
const map = (id: string, expression: string, more = {}) => ({ id, type: 'map', label: id, config: { expression }, ...more });

describe('a trial', () => {
  it('names for every record the one that it was made of, in the order of emission', async () => {
    const split = { id: 'split', type: 'split', label: 'Lines', config: { expression: 'lines' } };
    const { records, nodes } = await tryOut(
      [source, split, map('double', '{ "n": n * 2 }'), topic('erp')],
      ['in>split', 'split>double', 'double>erp'],
      [{ lines: [{ n: 1 }, { n: 2 }] }],
    );
    expect(records.map(({ id, from, node, port, value }) => [id, from, node, port, stringifyJson(value)])).toEqual([
      [0, undefined, 'in', 'out', '{"lines":[{"n":1},{"n":2}]}'],
      [1, 0, 'split', 'out', '{"n":1}'],
      [2, 0, 'split', 'out', '{"n":2}'],
      [3, 1, 'double', 'out', '{"n":2}'],
      [4, 3, 'erp', 'in', '{"n":2}'],
      [5, 2, 'double', 'out', '{"n":4}'],
      [6, 5, 'erp', 'in', '{"n":4}'],
    ]);
    expect(nodes.erp).toEqual({ in: [3, 5], out: { in: [4, 6] }, filtered: [], failed: [], calls: [] });
  });

  it('shows exactly the record that a Kafka topic sink would write', async () => {
    const sink = topic('erp', { key: 'id', headers: { country: 'country' }, partitioning: 'expression', partition: '2' });
    const { records } = await tryOut(
      [source, sink],
      ['in>erp'],
      ['{ "id": "A1", "country": "DE", "total": 1.10, "big": 9007199254740993 }'],
    );
    expect(records[1]).toMatchObject({ node: 'erp', topic: 'erp.out', partition: 2, key: 'A1', timestamp: 1_700_000_000_000 });
    expect(records[1]?.headers).toEqual({
      country: 'DE',
      'millrace-origin': 'orders/0/0',
      'millrace-parent': 'orders/0/0',
      'millrace-flow': 'shop@3',
      'millrace-index': '0',
    });
  });

  it('keeps the spelling of numbers that are only copied', async () => {
    const copy = map('copy', '{ "total": total, "id": id }');
    const { records } = await tryOut([source, copy, topic('erp')], ['in>copy', 'copy>erp'], ['{ "total": 1.10, "id": 9007199254740993 }']);
    const sent = records.find(({ node }) => node === 'erp');
    expect(sent?.text).toBe('{"total":1.10,"id":9007199254740993}');
    expect(stringifyJson(sent?.value)).toBe('{"total":1.1,"id":9007199254740993}');
  });

  it('accounts for every record that comes to a node', async () => {
    const cases = [{ id: 'eu', name: 'EU', when: 'country = "DE"' }];
    const { nodes, values, records } = await tryOut(
      [
        source,
        { id: 'paid', type: 'filter', label: 'Paid', config: { condition: 'paid' } },
        { id: 'by', type: 'switch', label: 'By country', config: { cases } },
        map('vat', '{ "vat": $number(total) * 0.19 }'),
        topic('erp'),
      ],
      ['in>paid', 'paid>by', 'by.eu>vat', 'vat>erp'],
      [
        { paid: true, country: 'DE', total: 100 },
        { paid: false, country: 'DE', total: 100 },
        { paid: true, country: 'FR', total: 100 },
        { paid: true, country: 'DE', total: '12,50' },
        'not JSON',
      ],
    );
    expect(nodes.in).toMatchObject({ out: { out: { length: 4 } }, failed: [{ code: 'decode/json', end: 'dead-letter' }] });
    for (const [id, node] of Object.entries(nodes)) {
      const ended = [
        ...Object.values(node.out).flatMap((ids) => ids.map((made) => (id === 'in' ? made : records[made]?.from))),
        ...node.filtered.map(({ record }) => (records[record]?.node === id ? records[record]?.from : record)),
        ...node.failed.map(({ record }) => record),
      ];
      expect([id, new Set(ended)]).toEqual([id, new Set(node.in)]);
    }
    expect(nodes.paid?.filtered).toHaveLength(1);
    expect(nodes.by?.filtered).toHaveLength(1);
    expect(nodes.vat?.failed).toEqual([
      expect.objectContaining({ code: expect.stringMatching(/^map\//), taken: false, end: 'dead-letter', position: expect.any(Number) }),
    ]);
    expect(values('erp', 'in')).toEqual([{ vat: 19 }]);
  });

  it('lets the error port take a failure, and says what the flow would do where there is none', async () => {
    const failing = '$number("x")';
    const taken = await tryOut([source, map('bad', failing), topic('bin')], ['in>bad', 'bad.error>bin'], [{ a: 1 }]);
    expect(taken.nodes.bad).toMatchObject({ failed: [{ taken: true, end: 'error-port' }], out: { out: [], error: [1] } });
    expect(taken.values('bin', 'in')).toEqual([{ a: 1 }]);
    for (const onError of ['skip', 'stop', 'dead-letter']) {
      const { nodes } = await tryOut([source, map('bad', failing, { onError }), topic('erp')], ['in>bad', 'bad>erp'], [1, 2]);
      expect(nodes.bad?.failed.map(({ end }) => end)).toEqual([onError, onError]);
    }
  });

  it('shows what no source could decode, as text or as base64', async () => {
    const { records } = await tryOut([source, topic('erp')], ['in>erp'], ['{"a":']);
    expect(records).toEqual([expect.objectContaining({ node: 'in', port: 'in', value: '{"a":' })]);
    const { plan } = compile(flowOf({ nodes: [source, topic('erp')], edges: edges('in>erp') }), catalog, 0);
    if (plan === undefined) throw new Error('The flow has problems.');
    const trial = await createTrial({ plan, types, contextOf: contextOf(plan) });
    const outcome = await trial.run(input('in', '', 0, { value: Buffer.from([255, 254]) }));
    expect(outcome.records[0]).toMatchObject({ value: '//4=', encoding: 'base64' });
    expect(outcome.failed[0]?.code).toBe('decode/utf8');
  });

  it('ends a message where its node is stuck, and goes on with the others', async () => {
    const { nodes } = await tryOut(
      [source, { id: 'odd', type: 'test.odd', label: 'Odd', config: {} }, topic('erp'), topic('bin')],
      ['in>odd', 'odd>erp', 'odd.error>bin'],
      ['"wait"', '"fault"', '"fine"', '"late"'],
      {},
      { messageTimeoutMs: 100 },
    );
    expect(nodes.odd?.failed.map(({ record, code, end, taken }) => [record, code, end, taken])).toEqual([
      [0, 'erp/busy', 'wait', false],
      [1, 'node/fault', 'crash', false],
      [5, 'node/timeout', 'wait', false],
    ]);
    expect(nodes.erp?.in).toHaveLength(1);
    expect(nodes.bin?.in).toEqual([]);
  });

  it('lets a message that needs too many steps fail at its node alone', async () => {
    const { nodes, values } = await tryOut(
      [source, map('heavy', '$sum([1..n].($ * 2))'), topic('erp')],
      ['in>heavy', 'heavy>erp'],
      [{ n: 900_000_000 }, { n: 3 }],
    );
    expect(nodes.heavy?.failed).toHaveLength(1);
    expect(values('erp', 'in')).toEqual([12]);
  });

  it('gives the same result for the same seed, and another for another', async () => {
    const nodes = [source, map('dice', '{ "r": $random(), "at": $now(), "ms": $millis(), "mixed": $shuffle([1..20]) }'), topic('erp')];
    const run = (more: Partial<TrialOptions>) => tryOut(nodes, ['in>dice', 'dice>erp'], [1, 2, 3], more);
    const first = await run({ seed: 7 });
    expect(stringifyJson((await run({ seed: 7 })).outcomes)).toBe(stringifyJson(first.outcomes));
    expect(stringifyJson((await run({ seed: 8 })).outcomes)).not.toBe(stringifyJson(first.outcomes));
    const [one, two] = first.values('dice') as { r: number; at: string; ms: number }[];
    expect(one).toMatchObject({ at: '2023-11-14T22:13:20.000Z', ms: 1_700_000_000_000 });
    expect(two?.ms).toBe(1_700_000_000_001);
    expect(one?.r).not.toBe(two?.r);
    const fixed = await run({ now: 5 });
    expect(fixed.values('dice')).toEqual([
      expect.objectContaining({ ms: 5 }),
      expect.objectContaining({ ms: 5 }),
      expect.objectContaining({ ms: 5 }),
    ]);
  });

  it('names the nodes and branches that no message reached', async () => {
    const cases = [
      { id: 'eu', name: 'EU', when: 'country = "DE"' },
      { id: 'us', name: 'US', when: 'country = "US"' },
    ];
    const { unreached } = await tryOut(
      [source, { id: 'by', type: 'switch', label: 'By', config: { cases } }, map('m', '$'), topic('erp'), topic('crm')],
      ['in>by', 'by.eu>erp', 'by.us>m', 'm>crm', 'm.error>erp'],
      [{ country: 'DE' }],
    );
    expect(unreached).toEqual([{ node: 'by', port: 'us' }, { node: 'by', port: 'other' }, { node: 'm' }, { node: 'crm' }]);
  });

  it('refuses a flow with a node that cannot be made, naming it', async () => {
    const run = tryOut(
      [source, { id: 'odd', type: 'test.odd', label: 'Odd', config: { broken: true } }, topic('erp')],
      ['in>odd', 'odd>erp'],
      [],
    );
    await expect(run).rejects.toBeInstanceOf(TrialRefused);
    await expect(run).rejects.toMatchObject({
      problems: [{ code: 'try/node', node: 'odd', message: '“Odd” cannot be made: it is broken' }],
    });
  });
});
