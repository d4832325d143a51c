import { describe, expect, it } from 'vitest';
import generator, { isBroken, makeOrder, makeOrderEvent } from '#server/nodes/order-generator.ts';
import { type SourceEvent, stringifyJson } from '#server/sdk.ts';
import { type Recalled, sourceContext } from './node-bench.ts';

const now = Date.parse('2026-11-22T10:00:00Z');

describe('order generator', () => {
  it('gives the same orders for the same seed and others for another', () => {
    const text = (seed: number) => stringifyJson(Array.from({ length: 50 }, (_, n) => makeOrderEvent(seed, n, 20, now)));
    expect(text(1)).toBe(text(1));
    expect(text(1)).not.toBe(text(2));
  });

  it('breaks exactly one order of each run of so many, each in a way that a check can find', () => {
    const broken = Array.from({ length: 2000 }, (_, n) => n).filter((n) => isBroken(7, n, 20));
    expect(broken).toHaveLength(100);
    expect(new Set(broken.map((n) => Math.floor(n / 20))).size).toBe(100);
    const flaws = new Set(
      broken
        .map((n) => makeOrderEvent(7, n, 20, now).value)
        .map((value) => (value instanceof Uint8Array ? 'cut off' : typeof (value as { total: unknown }).total)),
    );
    expect(flaws).toEqual(new Set(['cut off', 'string', 'number']));
    for (const n of broken) expect(stringifyJson(makeOrderEvent(7, n, 20, now).value)).not.toBe(stringifyJson(makeOrder(7, n, now)));
    expect(Array.from({ length: 100 }, (_, n) => isBroken(1, n, 0))).not.toContain(true);
  });

  it('makes orders whose totals add up, with a number of more digits than JavaScript keeps', () => {
    for (let n = 0; n < 200; n++) {
      const order = makeOrder(1, n, now);
      expect(order.total).toBeCloseTo(
        order.items.reduce((sum, { qty, price }) => sum + qty * price, 0),
        6,
      );
      expect(String(Number(order.number.text))).not.toBe(order.number.text);
      expect(order.customer.email).toMatch(/^[a-z.0-9]+@example\.com$/);
    }
    expect(new Set(Array.from({ length: 1000 }, (_, n) => makeOrder(1, n, now).id)).size).toBe(1000);
  });

  it('goes on counting where its topic ends, and stops at its limit', async () => {
    const topic: Recalled[] = [];
    const emit = async ({ key, headers }: SourceEvent) => {
      topic.push({ key: key ?? null, headers: headers as Record<string, string>, timestamp: Date.now() });
      return { topic: 't', partition: 0, offset: String(topic.length - 1) };
    };
    for (const limit of [3, 5]) {
      const source = await generator.create(generator.config.parse({ perMinute: 60_000, limit }), sourceContext({ topic }));
      await source.run?.(emit, new AbortController().signal);
    }
    expect(topic.map(({ headers }) => headers['millrace-event-id'])).toEqual(['order-0', 'order-1', 'order-2', 'order-3', 'order-4']);
    expect(topic[0]?.key).toBe(makeOrder(1, 0, now).customer.id);
  });
});
