import { describe, expect, it } from 'vitest';
import type { SampleOrigin, SavedSample } from '#shared/sample.ts';
import { originInWords, placeInWords, sourcesInWords, topicNames, valueInWords } from '../../../client/samples/describe.ts';
import { line, types } from '../editor/fixture.ts';

const sampleFrom = (origin: SampleOrigin): SavedSample => ({
  id: 'x',
  name: 'x',
  origin,
  key: null,
  headers: {},
  timestamp: 0,
  preview: '',
  size: 0,
  masked: 0,
  createdAt: '2026-01-01T00:00:00Z',
  createdBy: 'a',
});

describe('where samples came from', () => {
  it('is said by the names that people know: nodes for the topics of the flow, topics for all others', () => {
    const names = topicNames(line(), types);
    expect(placeInWords('millrace.orders.hook/3/4711', names)).toBe('Hook, partition 3, offset 4711');
    expect(placeInWords('shop.orders/0/1', names)).toBe('shop.orders, partition 0, offset 1');
    expect(placeInWords('not a position')).toBe('not a position');
  });

  it('names what each way of taking knows', () => {
    const nameOf = (id: string) => (id === 's1' ? 'Order' : undefined);
    const dead: SampleOrigin = { kind: 'dead-letter', position: 'd/0/1', of: 'orders/2/9', code: 'map/failed' };
    expect(originInWords(dead)).toBe('Dead letter (map/failed) of orders, partition 2, offset 9');
    expect(originInWords({ kind: 'uploaded', file: 'a.csv' })).toBe('From the file a.csv');
    expect(originInWords({ kind: 'derived', of: 's1', edgeCase: 'missing:a' }, nameOf)).toBe('Edge case of Order');
    expect(originInWords({ kind: 'derived', of: 's2', edgeCase: 'missing:a' }, nameOf)).toBe('Edge case of a sample that is gone');
  });

  it('is summed up by source', () => {
    const samples = [
      sampleFrom({ kind: 'topic', position: 'orders/0/1' }),
      sampleFrom({ kind: 'topic', position: 'orders/1/1' }),
      sampleFrom({ kind: 'pasted' }),
      sampleFrom({ kind: 'derived', of: 'x', edgeCase: 'missing:a' }),
    ];
    expect(sourcesInWords(samples)).toBe('2 from orders, 1 pasted, 1 edge case');
  });
});

describe('a value in one line', () => {
  it('tells delete markers, bytes and empty texts from text', () => {
    expect(valueInWords(null)).toBe('delete marker (no value)');
    expect(valueInWords({ text: 'AAE=', encoding: 'base64' }, 2)).toBe('bytes (2), not text');
    expect(valueInWords({ text: ' {\n "a": 1 }', encoding: 'utf8' })).toBe('{ "a": 1 }');
    expect(valueInWords({ text: '', encoding: 'utf8' })).toBe('(empty text)');
  });
});
