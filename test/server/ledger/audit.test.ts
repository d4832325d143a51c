import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type Chain,
  chainName,
  type Difference,
  judgeOutputs,
  judgeStretch,
  settleLoose,
  takeEntry,
  takeOutput,
} from '#server/ledger/audit.ts';
import { gapOf } from '#server/ledger/gap-text.ts';
import type { LedgerEntry } from '#shared/ledger.ts';
import { ledgerGapKinds } from '#shared/ledger-minutes.ts';

const topics = { erp: 'millrace.shop.erp', out: 'orders.out' };
const dead = 'millrace.shop.dead';

/** What one transaction has written: its entry, and runs of messages in topics. */
interface Written {
  entry: LedgerEntry;
  outputs: { topic: string; of: number; count: number }[];
}

const written = fc
  .array(fc.record({ erp: fc.nat({ max: 4 }), out: fc.nat({ max: 4 }), dead: fc.nat({ max: 2 }), filtered: fc.nat({ max: 3 }) }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((batches) => {
    let next = 0;
    return batches.map((counts): Written => {
      const ends = counts.erp + counts.out + counts.dead + counts.filtered;
      const width = Math.max(1, ends);
      const [from, to] = [next, next + width - 1];
      next += width;
      const entry: LedgerEntry = {
        flow: 'shop',
        version: 3,
        stage: 'transform',
        topic: 'orders',
        partition: 0,
        from: String(from),
        to: String(to),
        at: from,
        in: width,
        copies: ends - width,
        delivered: { erp: counts.erp, out: counts.out },
        dead: { map: { T1: counts.dead } },
        filtered: { paid: { 'not paid': counts.filtered } },
        nodes: {},
        topics,
        ...(from === 0 && { anew: '0' }),
      };
      const runs = [
        { topic: topics.erp, count: counts.erp },
        { topic: topics.out, count: counts.out },
        { topic: dead, count: counts.dead },
      ];
      // Each in up to two batches: for two partitions, or because one would have been too large.
      const outputs = runs.flatMap(({ topic, count }) => [
        ...(count > 1 ? [{ topic, of: from, count: count - 1 }] : []),
        ...(count > 0 ? [{ topic, of: to, count: 1 }] : []),
      ]);
      return { entry, outputs };
    });
  });

/** Entries in order, outputs whenever they become visible, all of it stored and read again in between. */
function audit(all: readonly Written[], late: readonly boolean[]): Difference[] {
  let chains = new Map<string, Chain>();
  const found: Difference[] = [];
  const entries = all.map(({ entry }) => entry);
  // Outputs may be seen before their entry, but of the first there is nobody to give them to.
  const waiting: Written['outputs'] = [];
  entries.forEach((entry, at) => {
    const taken = takeEntry(chains, entry, 'p1', at);
    found.push(...taken.found);
    for (const stretch of taken.stretches)
      found.push(...judgeStretch(stretch, { least: stretch.to - stretch.from + 1, most: stretch.to - stretch.from + 1 }));
    const chain = chains.get(chainName(entry)) as Chain;
    for (const output of waiting.splice(0)) takeOutput(chain, { ...output, round: at });
    for (const output of all[at]?.outputs ?? [])
      if (late[at] === true) waiting.push(output);
      else takeOutput(chain, { ...output, round: at });
    for (const output of late[at] === true ? [] : (all[at + 1]?.outputs.slice(0, 1) ?? [])) {
      takeOutput(chain, { ...output, round: at });
      all[at + 1]?.outputs.shift();
    }
    chains = new Map([...chains].map(([name, one]) => [name, JSON.parse(JSON.stringify(one)) as Chain]));
  });
  for (const chain of chains.values()) {
    for (const output of waiting) takeOutput(chain, { ...output, round: entries.length });
    found.push(...judgeOutputs(chain, () => 'yes'), ...settleLoose(chain, entries.length + 1));
    expect(chain).toMatchObject({ pending: [], loose: [] });
  }
  return found;
}

const copy = (all: readonly Written[]): Written[] => structuredClone(all) as Written[];

it('has nothing to say of what is right, in whatever order it becomes visible', () => {
  fc.assert(
    fc.property(
      written,
      fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
      (all, late) => void expect(audit(copy(all), late)).toEqual([]),
    ),
  );
});

it('finds one output that is missing or double, and says of which entry', () => {
  fc.assert(
    fc.property(written, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), fc.nat(), fc.boolean(), (all, late, pick, drop) => {
      const world = copy(all);
      const places = world.flatMap(({ outputs }, at) => outputs.map((_, index) => [at, index] as const));
      if (places.length === 0) return;
      const [at, index] = places[pick % places.length] as readonly [number, number];
      const output = world[at]?.outputs[index] as Written['outputs'][number];
      if (drop) output.count--;
      else output.count++;
      if (output.count === 0) world[at]?.outputs.splice(index, 1);
      const { from, to } = (all[at] as Written).entry;
      const found = audit(world, late);
      expect(found).toMatchObject([{ kind: drop ? 'missing' : 'extra', outputTopic: output.topic, count: 1 }]);
      // A batch that came when the entry had all it wanted is told by its own offset.
      expect(Number(found[0]?.from)).toBeGreaterThanOrEqual(Number(from));
      expect(Number(found[0]?.to)).toBeLessThanOrEqual(Number(to));
    }),
  );
});

it('finds an entry that was never written, and one that was written twice', () => {
  fc.assert(
    fc.property(written, fc.nat(), (all, pick) => {
      if (all.length < 3) return;
      const at = 1 + (pick % (all.length - 2));
      const { from, to } = (all[at] as Written).entry;
      const width = Number(to) - Number(from) + 1;
      const without = copy(all)
        .map((one, index) => (index === at ? undefined : one))
        .filter((one) => one !== undefined);
      expect(audit(without, [])).toMatchObject([{ kind: 'skipped', from, to, count: width }]);
      const again = { ...copy(all)[at], outputs: [] } as unknown as Written;
      again.entry = { ...again.entry, delivered: {}, dead: {}, copies: 0, filtered: { paid: { 'not paid': again.entry.in } } };
      expect(audit([...copy(all).slice(0, at + 1), again, ...copy(all).slice(at + 1)], [])).toMatchObject([
        { kind: 'twice', from, to, count: width },
      ]);
    }),
  );
});

it('keeps replays and retries out, and takes a reset for none', () => {
  const chains = new Map<string, Chain>();
  const entry = (more: Partial<LedgerEntry>): LedgerEntry => ({
    flow: 'f',
    version: 1,
    stage: 'transform',
    topic: 't',
    partition: 0,
    from: '0',
    to: '9',
    at: 0,
    in: 10,
    copies: 0,
    delivered: { out: 10 },
    dead: {},
    filtered: {},
    nodes: {},
    topics,
    ...more,
  });
  expect(takeEntry(chains, entry({ stage: 'replay-a' }), 'p', 1)).toEqual({ stretches: [], found: [] });
  expect(chains.size).toBe(0);
  takeEntry(chains, entry({}), 'p', 1);
  expect(takeEntry(chains, entry({}), 'p', 2).found).toMatchObject([{ kind: 'twice', count: 10 }]);
  expect(takeEntry(chains, entry({ anew: '0' }), 'p', 3).found).toEqual([]);
  expect(takeEntry(chains, entry({ in: 9, from: '10', to: '18' }), 'p', 4).found).toMatchObject([{ kind: 'entry', count: 1 }]);
});

it('says in words what, where and what next, by names and never by ids', () => {
  const base = {
    flow: 'f',
    version: 3,
    stage: 'deliver-erp',
    topic: 't',
    partition: 2,
    from: '5',
    to: '9',
    count: 2,
    at: 0,
    sink: 'erp',
    outputTopic: 'x',
  };
  for (const kind of ledgerGapKinds) {
    const { sentence, id } = gapOf({ ...base, kind }, (node) => (node === 'erp' ? 'ERP of Köln' : node), 1);
    expect(sentence).toContain('t, partition 2, offsets 5 to 9');
    expect(sentence).toContain('“ERP of Köln”');
    expect(sentence).toContain('2 messages');
    expect(sentence).toMatch(/then settle this\.$/);
    expect(id).toBe(gapOf({ ...base, kind, at: 99, count: 2 }, (node) => node, 7).id);
  }
});
