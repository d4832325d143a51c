import { describe, expect, it } from 'vitest';
import type { FindReport } from '#shared/sample.ts';
import { progressInWords } from '../../../client/samples/find-form.tsx';
import { joined } from '../../../client/samples/use-search.ts';

const report = (positions: string[], more: Partial<FindReport> = {}): FindReport => ({
  topic: 'orders',
  messages: positions.map((position) => ({
    position,
    timestamp: 0,
    key: null,
    headers: {},
    preview: null,
    truncated: false,
    size: 1,
    masked: 0,
  })),
  scanned: { messages: 10, bytes: 100, ms: 200, partitions: [] },
  ended: 'found',
  ...more,
});

describe('a search that goes on', () => {
  it('puts messages and sums together, a message that comes again once, and takes the newer way on', () => {
    const first = report(['orders/0/9', 'orders/0/8'], { next: { 0: '8' } });
    const [whole] = joined([first], [report(['orders/0/8', 'orders/0/7'], { ended: 'all' })]);
    expect(whole?.messages.map(({ position }) => position)).toEqual(['orders/0/9', 'orders/0/8', 'orders/0/7']);
    expect(whole).toMatchObject({ scanned: { messages: 20, bytes: 200, ms: 400 }, ended: 'all' });
    expect(whole).not.toHaveProperty('next');
  });

  it('leaves the topics alone that it did not go on in', () => {
    const other = report(['stock/0/1'], { topic: 'stock', next: { 0: '1' } });
    expect(joined([other], [report([])])).toEqual([other]);
  });
});

describe('how a search stands', () => {
  const idle = { progress: undefined, reports: [], error: undefined };

  it('is said while it runs, with messages, time and what was found', () => {
    const progress = { topic: 'orders', messages: 12_400, bytes: 1, ms: 3000, found: 2 };
    expect(progressInWords({ ...idle, state: 'running', progress })).toBe('Scanned 12,400 messages, 3.0 s, 2 found');
    expect(progressInWords({ ...idle, state: 'running' })).toBe('Looking…');
    expect(progressInWords({ ...idle, state: 'stopped', progress })).toBe('Stopped after 12,400 messages, 3.0 s');
  });

  it('is said when it has ended, with the bound that ended it', () => {
    expect(progressInWords({ ...idle, state: 'done', reports: [report(['orders/0/1'])] })).toBe('1 found, scanned 10 messages in 0.2 s');
    expect(progressInWords({ ...idle, state: 'done', reports: [report([], { ended: 'time' })] })).toBe(
      'Nothing found, scanned 10 messages in 0.2 s; its time was over',
    );
  });
});
