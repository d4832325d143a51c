import { describe, expect, it } from 'vitest';
import type { SinkOutcome, TraceSearch, TraceWay } from '#shared/trace.ts';
import {
  balanceText,
  headlineOf,
  isBalanced,
  nounOf,
  positionText,
  searchText,
  subjectOf,
  timesText,
  worstOf,
} from '../../../client/trace/words.ts';

const way = (change: Partial<TraceWay> = {}): TraceWay => ({
  origin: 'shop-orders/3/47988',
  flow: 'shop',
  flowName: 'Web shop orders',
  version: 14,
  source: 'in',
  key: '450789469',
  headers: {},
  timestamp: 1000,
  bytes: 1200,
  done: true,
  processedAt: 6200,
  records: [],
  hops: [],
  filtered: [],
  failed: [],
  sinks: [],
  balance: { in: 1, copies: 0, delivered: 1, filtered: 0, dead: 0, waiting: 0 },
  recomputed: 'identical',
  notes: [],
  next: [],
  history: [],
  ms: 1,
  ...change,
});
const sink = (id: string, state: SinkOutcome['state'], more: Partial<SinkOutcome> = {}): SinkOutcome => ({
  sink: id,
  state,
  index: 0,
  version: 14,
  sentence: '',
  ...more,
});
const nameOf = (id: string) => `“${id}”`;

describe('a trace in words', () => {
  it('calls a message of a topic of orders an order', () => {
    expect(['shop-orders', 'returns', 'deliveries', 'addresses', 'boxes', 'people', 'events-7', 'bus'].map(nounOf)).toEqual([
      ...['Order', 'Return', 'Delivery', 'Address', 'Box', 'Message', 'Event', 'Message'],
    ]);
    expect(subjectOf(way({ key: null }))).toBe('Order at shop-orders/3@47988');
    expect(positionText('a/b/3/12')).toBe('a/b/3@12');
  });

  it('says how many destinations were reached', () => {
    const three = [sink('crm', 'delivered'), sink('erp', 'retrying'), sink('mail', 'delivered'), sink('rows', 'delivered')];
    expect(headlineOf(way({ sinks: three }), nameOf)).toBe('Order 450789469 reached 3 of 4 destinations');
    expect(headlineOf(way({ sinks: [sink('crm', 'delivered')] }), nameOf)).toBe('Order 450789469 reached “crm”');
    expect(headlineOf(way({ sinks: [sink('a', 'delivered'), sink('b', 'delivered')] }), nameOf)).toBe(
      'Order 450789469 reached all 2 destinations',
    );
    expect(headlineOf(way({ sinks: [sink('a', 'delivered'), sink('a', 'dead')] }), nameOf)).toBe(
      'Order 450789469 reached 0 of 1 destination',
    );
  });

  it('says where the message failed, ended, or that it waits', () => {
    expect(headlineOf(way({ failed: [{ node: 'map', record: 1, code: 'x', message: '' }] }), nameOf)).toBe(
      'Order 450789469 failed at “map”',
    );
    expect(headlineOf(way({ filtered: [{ node: 'only', record: 1, reason: 'not paid' }] }), nameOf)).toBe(
      'Order 450789469 ended at “only”: not paid',
    );
    const split = way({ sinks: [sink('crm', 'delivered'), sink('map', 'dead')] });
    expect(headlineOf(split, nameOf, (id) => id === 'crm')).toBe('Order 450789469 reached “crm”, and failed at “map”');
    expect(headlineOf(way({ sinks: [sink('map', 'dead')] }), nameOf, () => false)).toBe('Order 450789469 failed at “map”');
    const { processedAt: _gone, ...timeless } = way();
    expect(headlineOf({ ...timeless, done: false }, nameOf)).toBe('Order 450789469 waits to be processed');
    expect(headlineOf(timeless, nameOf)).toBe('Order 450789469 left nothing behind');
  });

  it('shows a balance that closes, and one that does not', () => {
    const open = way({ balance: { in: 1, copies: 3, delivered: 3, filtered: 0, dead: 0, waiting: 1 }, sinks: [sink('erp', 'retrying')] });
    expect(balanceText(open)).toBe('in 1 + 3 copies = delivered 3 + retrying 1');
    expect(isBalanced(open)).toBe(true);
    expect(isBalanced(way({ balance: { in: 1, copies: 0, delivered: 2, filtered: 0, dead: 0, waiting: 0 } }))).toBe(false);
  });

  it('tells waiting from working', () => {
    expect(timesText(way({ sinks: [sink('crm', 'delivered', { deliveredAt: 6500 })] }))).toBe('waited 5.2 s, worked 0.3 s');
    const replayed = sink('crm', 'delivered', { deliveredAt: 900_000, by: { kind: 'replay', id: 'r' } });
    expect(timesText(way({ sinks: [sink('crm', 'delivered', { deliveredAt: 6500 }), replayed] }))).toBe('waited 5.2 s, worked 0.3 s');
    expect(timesText(way({ sinks: [sink('crm', 'delivered', { deliveredAt: 6500 }), sink('erp', 'parked')] }))).toBe(
      'waited 5.2 s, worked 0.3 s so far',
    );
  });

  it('says of a search how far it is, how far back it looked, and that the index answered', () => {
    const search: TraceSearch = {
      ...{
        id: 's',
        query: { text: 'x', by: 'auto' },
        state: 'running',
        hits: [],
        scanned: 120_000,
        scannedBytes: 1,
        total: 3_400_000,
        ms: 14_000,
      },
      ...{ indexed: false, notes: [] },
    };
    const hit = { origin: 'a/0/1', flow: 'f', source: 'in', key: null, timestamp: 0, matched: 'key', preview: '' };
    expect(searchText({ ...search, hits: [hit, hit] }, String)).toBe('Scanned 120k of 3.40M, 14 s, 2 found');
    expect(searchText({ ...search, state: 'done', reached: 5 }, (at) => `t${at}`)).toBe(
      'Nothing found; scanned 120,000 messages in 14 s, back to t5',
    );
    expect(searchText({ ...search, state: 'done', hits: [hit], indexed: true, scanned: 0, ms: 40 }, String)).toBe(
      '1 message found in 40 ms, by the index',
    );
    // The index is behind: what it did not know was read, and who stops that is told how far it came.
    const behind = { ...search, indexed: true, scanned: 2_000, total: 90_000, ms: 1_200 };
    expect(searchText({ ...behind, state: 'done', hits: [hit] }, String)).toBe(
      '1 message found in 1.2 s, by the index and by reading 2,000 messages that it has not read yet',
    );
    expect(searchText({ ...behind, state: 'stopped', hits: [hit] }, String)).toBe('Stopped: scanned 2,000 messages in 1.2 s, 1 found');
    expect(searchText({ ...search, state: 'stopped' }, String)).toBe('Stopped: scanned 120,000 messages in 14 s, nothing found');
  });

  it('takes the gravest of several states', () => {
    expect(worstOf([sink('a', 'delivered'), sink('a', 'parked'), sink('a', 'waiting')])).toBe('parked');
    expect(worstOf([])).toBe('delivered');
  });
});
