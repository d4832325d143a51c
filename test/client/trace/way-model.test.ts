import { describe, expect, it } from 'vitest';
import { flowSchema } from '#shared/flow.ts';
import type { TraceWay } from '#shared/trace.ts';
import type { TrialRecord } from '#shared/trial.ts';
import { cardOf, depthsOf, edgesOf, madeAt, stepsOf, treeOrder } from '../../../client/trace/way-model.ts';
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
    { order: 2, from: { node: 'route', port: 'paid' }, to: 'split', record: 1 },
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
    const lines = edgesOf(flow, way);
    expect([...lines.keys()]).toEqual(['in-out-route', 'route-paid-split', 'split-out-crm']);
    expect(lines.get('in-out-route')).toEqual({ orders: [1], state: 'way', text: '3 ms' });
    expect(lines.get('split-out-crm')).toEqual({ orders: [3, 4], state: 'open', text: '42 ms' });
  });

  it('is its source alone where it could not be run again', () => {
    expect(stepsOf({ ...way, records: [], hops: [] })).toEqual([{ index: 0, node: 'in', record: undefined }]);
  });
});
