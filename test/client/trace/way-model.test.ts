import { describe, expect, it } from 'vitest';
import { flowSchema } from '#shared/flow.ts';
import type { TraceWay } from '#shared/trace.ts';
import type { TrialRecord } from '#shared/trial.ts';
import { againPath } from '../../../client/trace/trace-path.ts';
import { cardOf, depthsOf, edgesOf, madeAt, stepsOf, treeOrder } from '../../../client/trace/way-model.ts';
import { aboutText, totalText } from '../../../client/trace/way-times.ts';
import { loadCatalog } from '../../../server/catalog.ts';
import { flowOf } from '../../flows/flow.ts';

const types = new Map((await loadCatalog()).catalog.types.map((type) => [type.type, type]));
const flow = flowSchema.parse(
  flowOf(
    'shop',
    [
      { id: 'in', type: 'kafka.source' },
      { id: 'route', type: 'switch', config: { cases: [{ id: 'paid', name: 'Paid', when: 'paid' }] } },
      { id: 'split', type: 'split' },
      { id: 'crm', type: 'http' },
      { id: 'rest', type: 'log' },
    ],
    ['in>route', 'route.paid>split', 'split>crm', 'route.other>rest'],
  ),
);
const record = (id: number, node: string, port: string, from?: number): TrialRecord => ({
  ...{ id, input: 0, node, port, key: 'k', value: id, headers: {}, timestamp: 0 },
  ...(from !== undefined && { from }),
});
const way: TraceWay = {
  ...{
    origin: 'o/0/1',
    flow: 'shop',
    flowName: 'Shop',
    version: 1,
    source: 'in',
    key: 'k',
    headers: {},
    timestamp: 0,
    bytes: 100,
    done: true,
    processedAt: 3,
  },
  records: [
    record(0, 'in', 'out'),
    record(1, 'route', 'paid', 0),
    record(2, 'split', 'out', 1),
    record(3, 'split', 'out', 1),
    record(4, 'crm', 'in', 2),
    record(5, 'crm', 'in', 3),
  ],
  hops: [
    { order: 1, edge: 'in-out-route', from: { node: 'in', port: 'out' }, to: 'route', record: 0 },
    { order: 2, from: { node: 'route', port: 'paid' }, to: 'split', record: 1, ms: 0.2134 },
    { order: 3, from: { node: 'split', port: 'out' }, to: 'crm', record: 2 },
    { order: 4, from: { node: 'split', port: 'out' }, to: 'crm', record: 3 },
  ],
  filtered: [],
  failed: [],
  sinks: [
    { sink: 'crm', state: 'delivered', index: 0, version: 1, deliveredAt: 45, sentence: '' },
    { sink: 'crm', state: 'retrying', index: 1, version: 1, sentence: '' },
  ],
  ...{ balance: { in: 1, copies: 1, delivered: 1, filtered: 0, dead: 0, waiting: 1 }, recomputed: 'identical' },
  ...{ notes: [], next: [], history: [], ms: 1 },
};
const steps = stepsOf(way);

describe('the way of a message', () => {
  it('has its steps in order, each with what the node made', () => {
    expect(steps.map(({ node, record: id }) => `${node} ${id}`)).toEqual(['in 0', 'route 0', 'split 1', 'crm 2', 'crm 3']);
    expect(steps.map((step) => madeAt(way, step).map(({ id }) => id))).toEqual([[0], [1], [2, 3], [4], [5]]);
  });

  it('steps in where one message became several', () => {
    expect(depthsOf(way, steps)).toEqual([0, 0, 0, 1, 1]);
    expect(treeOrder(way, steps).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
  });

  it('says on each card what became of it', () => {
    const said = (id: string) => cardOf(flow, types, way, steps, id);
    expect(said('route')).toEqual({ icon: 'none', text: 'went to', strong: 'Paid' });
    expect(said('split')).toEqual({ icon: 'none', text: '1 in, 2 out' });
    expect(said('crm')).toEqual({ icon: 'retrying', text: 'Retrying, 1 of 2' });
    expect(said('rest')).toBeUndefined();
  });

  it('lights the lines it took, and says which is not at its end', () => {
    const lines = edgesOf(flow, types, way);
    expect([...lines.keys()]).toEqual(['in-out-route', 'route-paid-split', 'split-out-crm']);
    expect(lines.get('in-out-route')).toMatchObject({ orders: [1], state: 'way', text: 'waited 3 ms' });
    expect(lines.get('split-out-crm')).toMatchObject({ orders: [3, 4], state: 'open', text: 'retrying' });
  });

  it('tells the times of the log from those of running it again', () => {
    const route = edgesOf(flow, types, way).get('route-paid-split');
    expect(route).toMatchObject({ text: '≈ 0.2 ms', measured: true });
    expect(route?.title).toContain('took about 0.2 ms for it when it was run again');
    const [first] = way.sinks;
    const crm = edgesOf(flow, types, { ...way, sinks: first ? [first] : [] }).get('split-out-crm');
    expect(crm).toEqual({ orders: [3, 4], state: 'way', text: '42 ms', title: expect.stringContaining("from the flow's commit") });
    expect(cardOf(flow, types, { ...way, sinks: first ? [first] : [] }, steps, 'crm')?.text).toBe('Delivered, 45 ms in all');
    const { processedAt: _gone, ...unknown } = way;
    expect(edgesOf(flow, types, unknown).get('in-out-route')).toEqual({ orders: [1], state: 'way' });
  });

  it('shows replays and retries where they went, oldest first, each once', () => {
    const by = { kind: 'replay' as const, id: 'r-1', at: Date.UTC(2026, 0, 14, 12, 30) };
    const again = { sink: 'crm', state: 'delivered' as const, index: 0, version: 1, deliveredAt: by.at + 250, by, sentence: '' };
    const retry = { ...again, by: { kind: 'retry' as const, id: 'r-2', at: by.at - 1000, item: 'd/0/1' } };
    const sinks = [...way.sinks, again, { ...again, index: 1 }, retry];
    expect(edgesOf(flow, types, { ...way, sinks }).get('split-out-crm')?.again).toEqual([
      expect.stringMatching(/^\d\d:29$/),
      expect.stringMatching(/^\d\d:30$/),
    ]);
    expect(totalText(way, again)).toEqual({ short: '0.3 s', long: '0.3 s after the replay began' });
    expect(againPath('shop', by)).toBe('/replays/r-1');
    expect(againPath('shop', retry.by)).toBe('/dead-letters/shop?item=d%2F0%2F1');
  });

  it('adds up the time to a sink, waiting apart', () => {
    expect(totalText({ timestamp: 1000, processedAt: 6200 }, { deliveredAt: 6600 })).toEqual({
      short: '5.6 s',
      long: '5.6 s after it came in: 5.2 s until the flow had committed it, 0.4 s more until the sink had taken it',
    });
    expect(totalText({ timestamp: 1000, processedAt: 6200 }, { deliveredAt: 6200 })?.long).toBe(
      '5.2 s after it came in: 5.2 s until the flow had committed it',
    );
    // A message whose time lies after all that happened to it says nothing about how long that took.
    expect(totalText({ timestamp: 9000, processedAt: 6200 }, { deliveredAt: 6600 })).toBeUndefined();
    expect(totalText({ timestamp: 1000 }, {})).toBeUndefined();
    expect([0.004, 0.05, 0.34, 9.9, 12, 1200].map(aboutText)).toEqual([
      ...['< 0.01 ms', '≈ 0.05 ms', '≈ 0.3 ms', '≈ 9.9 ms', '≈ 12 ms', '≈ 1.2 s'],
    ]);
  });

  it('is its source alone where it could not be run again', () => {
    expect(stepsOf({ ...way, records: [], hops: [] })).toEqual([{ index: 0, node: 'in', record: undefined }]);
  });
});
