import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findEntry, type Look } from '#server/trace/committed-at.ts';
import type { LedgerEntry } from '#shared/ledger.ts';

const entry = (stage: string, partition: number, from: number, to: number, at: number): LedgerEntry => ({
  ...{ flow: 'shop', version: 1, stage, topic: 'orders', partition, from: String(from), to: String(to), at },
  ...{ in: to - from + 1, delivered: {}, dead: {}, filtered: {}, copies: 0, nodes: {} },
});

/** A ledger of several stages and partitions in turn; its offsets have holes, as those of transactions do. */
const ledgers = fc
  .array(
    fc.record({ stage: fc.constantFrom('transform', 'crm'), partition: fc.constantFrom(0, 1), size: fc.integer({ min: 1, max: 5 }) }),
    {
      minLength: 1,
      maxLength: 2_500,
      size: 'max',
    },
  )
  .map((batches) => {
    const next = new Map<string, number>();
    return batches.map(({ stage, partition, size }, at) => {
      const from = next.get(`${stage} ${partition}`) ?? 100;
      // A marker of a transaction stands between two batches.
      next.set(`${stage} ${partition}`, from + size + 1);
      return entry(stage, partition, from, from + size - 1, at);
    });
  });

const place = (entries: readonly LedgerEntry[]) => ({ partition: 2, low: 0n, high: BigInt(entries.length * 2) });
const lookIn =
  (entries: readonly LedgerEntry[], seen: { looks: number; widest: number }): Look =>
  async (partition, from, to) => {
    expect(partition).toBe(2);
    seen.looks++;
    seen.widest = Math.max(seen.widest, Number(to - from));
    return entries.filter((_, at) => BigInt(at * 2) >= from && BigInt(at * 2) < to);
  };

describe('when a batch was committed', () => {
  it('finds the entry of any record by few looks, and of none what lies between two batches', async () => {
    await fc.assert(
      fc.asyncProperty(ledgers, fc.nat(), async (entries, chance) => {
        const chosen = entries[chance % entries.length] as LedgerEntry;
        const { stage, topic, partition } = chosen;
        const seen = { looks: 0, widest: 0 };
        const find = (offset: string | bigint) =>
          findEntry(lookIn(entries, seen), { stage, topic, partition, offset: BigInt(offset), since: 0 }, place(entries));
        expect(await find(chosen.from)).toBe(chosen);
        expect(await find(chosen.to)).toBe(chosen);
        expect(await find(BigInt(chosen.to) + 1n)).toBeUndefined();
        expect(await find(99n)).toBeUndefined();
        expect(seen.looks).toBeLessThan(80);
        expect(seen.widest).toBeLessThanOrEqual(400);
      }),
      { numRuns: 30 },
    );
  });

  it('finds nothing of a stage that has no entry', async () => {
    const entries = Array.from({ length: 1_000 }, (_, at) => entry('transform', 0, at, at, at));
    const seen = { looks: 0, widest: 0 };
    const wanted = { stage: 'mail', topic: 'orders', partition: 0, offset: 5n, since: 0 };
    expect(await findEntry(lookIn(entries, seen), wanted, place(entries))).toBeUndefined();
    expect(seen.looks).toBe(5);
  });
});
