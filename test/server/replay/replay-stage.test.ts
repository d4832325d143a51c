import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KafkaRecord, Work } from '#server/kafka/port.ts';
import { createReplayStage } from '#server/replay/replay-stage.ts';
import { addCounted, noSums } from '#server/replay/sums.ts';
import { createPipeline, type LiveNode } from '#server/runtime/pipeline.ts';
import { MessageError } from '#server/sdk.ts';
import { imbalance, type LedgerEntry } from '#shared/ledger.ts';
import { header } from '#shared/message.ts';
import { ledgerTopic, type Plan, type PlanNode, type TransformStage } from '#shared/plan.ts';
import { type ReplaySpec, unexplained } from '#shared/replay.ts';

const node = (id: string, kind: PlanNode['kind']): PlanNode => ({ id, type: id, kind, label: id, config: {} });
const edge = (from: string, to: string) => ({ from: { node: from, port: 'out' }, to: { node: to, port: 'in' } });
const stageOf: TransformStage = {
  kind: 'transform',
  id: 'transform',
  group: 'g',
  inputs: [{ topic: 'in', node: 'in', from: 'earliest', format: 'json' }],
  nodes: [node('in', 'source'), node('work', 'transform'), node('a', 'sink'), node('b', 'sink')],
  edges: [edge('in', 'work'), edge('work', 'a'), edge('work', 'b')],
  sinkTopics: { a: 't.a', b: 't.b' },
};

/** A message says how many it becomes; below 0 it fails, at 0 it is dropped. */
const live = new Map<string, LiveNode>([
  [
    'work',
    {
      transform: {
        process(message, emit) {
          const count = message.value as number;
          if (count < 0) throw new MessageError('work/bad', 'bad');
          for (let at = 0; at < count; at++) emit({ ...message, value: at });
        },
      },
    },
  ],
]);

function replay(
  spec: Partial<ReplaySpec>,
  refused: ReadonlySet<bigint>,
  overtaken: ReadonlySet<bigint>,
  stillNewest: (records: readonly KafkaRecord[]) => boolean = () => true,
) {
  const plan: Plan = {
    flow: 'f',
    version: 2,
    hash: '',
    stages: [stageOf],
    topics: [],
    deadLetterTopic: 'f.dead',
    paths: [],
    settings: { onError: 'dead-letter', messageTimeoutMs: 1000, quarantineAfter: 3, memoryMb: 64 },
  };
  const full: ReplaySpec = {
    flow: 'f',
    name: '',
    range: { by: 'time', since: 0, until: 1 },
    filter: {},
    version: 2,
    sinks: ['a'],
    target: 'real',
    overtaken: 'skip',
    ids: 'same',
    perSecond: 0,
    pauseAtErrorShare: 1,
    ...spec,
  };
  return createReplayStage({
    input: { id: 'r1', who: 'ada', spec: full, plan },
    living: {
      stage: stageOf,
      pipeline: createPipeline({ flow: 'f', version: 2, stage: stageOf, live, onError: 'dead-letter' }),
      close: async () => undefined,
    },
    selection: {
      refuses: ({ offset }) => (refused.has(offset) ? 'another key' : undefined),
      overtaken: ({ offset }) => overtaken.has(offset),
      refresh: async () => undefined,
      stillNewest: async (asked) => stillNewest(asked),
      close: async () => undefined,
      complete: true,
    },
    open: undefined,
    standing: full.target === 'compare' ? { of: () => undefined, complete: true } : undefined,
    stretches: Array.from({ length: 5 }, (_, ten) => ({ topic: 'in', partition: 0, from: `${ten * 10}`, to: `${ten * 10 + 9}` })),
    endOf: () => 1000n,
    pace: { setRate: () => undefined, waitMs: () => 0, took: () => undefined },
    watch: { ended: () => false },
    ending: new AbortController().signal,
    tooMany: () => undefined,
    tooManyKeys: () => undefined,
    reached: () => undefined,
    example: () => undefined,
    clock: () => 0,
  });
}

const records = (counts: readonly number[]): KafkaRecord[] =>
  counts.map((count, at) => ({
    topic: 'in',
    partition: 0,
    offset: BigInt(at),
    key: Buffer.from('k'),
    value: Buffer.from(String(count)),
    headers: {},
    timestamp: 0,
  }));
const entryOf = ({ records: out }: Work) => JSON.parse(String(out.find(({ topic }) => topic === ledgerTopic)?.value)) as LedgerEntry;
const never = new AbortController().signal;
const fewNumbers = fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 1, maxLength: 40 });
const offsets = fc.uniqueArray(fc.nat(40), { maxLength: 10 }).map((list) => new Set(list.map(BigInt)));

test('whatever messages become, read = written + filtered + failed + skipped, and the entry balances', async () => {
  const targets = fc.constantFrom<ReplaySpec['target']>('real', 'scratch', 'compare');
  const sinks = fc.constantFrom<string[]>(['a'], ['a', 'b']);
  await fc.assert(
    fc.asyncProperty(fewNumbers, offsets, offsets, targets, sinks, async (counts, refused, overtaken, target, chosen) => {
      const all = records(counts);
      const work = await replay({ target, sinks: chosen }, refused, overtaken).handle(
        { topic: 'in', partition: 0, records: all, high: 99n },
        never,
      );
      const entry = entryOf(work);
      const sums = noSums();
      addCounted(sums, entry);
      expect(unexplained(sums.balance)).toBe(0);
      expect(imbalance(entry)).toBe(0);
      const mine = all.filter(({ offset }) => offset % 10n !== 9n);
      expect(sums.balance.read).toBe(mine.length);
      const run = mine
        .filter(({ offset }) => !refused.has(offset) && !overtaken.has(offset))
        .map(({ offset }) => counts[Number(offset)] ?? 0);
      expect(sums.balance).toMatchObject({
        written: run.filter((count) => count > 0).length,
        filtered: run.filter((count) => count === 0).length,
        failed: run.filter((count) => count < 0).length,
      });
      const made = run.reduce((sum, count) => sum + Math.max(0, count), 0);
      expect(sums.outputs).toEqual(target === 'compare' || made === 0 ? {} : Object.fromEntries(chosen.map((sink) => [sink, made])));
      const outs = work.records.filter(({ topic }) => topic !== ledgerTopic && topic !== 'f.dead');
      expect(outs).toHaveLength(target === 'compare' ? 0 : made * chosen.length);
    }),
  );
});

test('what it writes says which replay made it, under the id that was asked for', async () => {
  const batch = { topic: 'in', partition: 0, records: records([1, -1]), high: 2n };
  const same = await replay({}, new Set(), new Set()).handle(batch, never);
  expect(same.records[0]).toMatchObject({
    topic: 't.a',
    headers: { [header.replay]: 'r1', [header.index]: '0', [header.origin]: 'in/0/0' },
  });
  expect(same.records[1]).toMatchObject({ topic: 'f.dead', headers: { [header.replay]: 'r1', [header.errorArrival]: 'work:0' } });
  const fresh = await replay({ ids: 'new' }, new Set(), new Set()).handle(batch, never);
  expect(fresh.records[0]?.headers).toMatchObject({ [header.index]: '0~rr1' });
  const scratch = await replay({ target: 'scratch' }, new Set(), new Set()).handle(batch, never);
  expect(scratch.records.map(({ topic }) => topic)).toEqual(['millrace.f.replay.r1.a', ledgerTopic]);
});

test('what it writes to the real sinks holds only while no newer message is there, and goes in smaller parts when it does not', async () => {
  const batch = { topic: 'in', partition: 0, records: records([1, 0, 1, 1, 1, 1, 1, 1]), high: 99n };
  const asked: string[] = [];
  const stage = replay({}, new Set(), new Set(), (list) => {
    asked.push(list.map(({ offset }) => offset).join(' '));
    return asked.length > 2;
  });
  const sizes: number[] = [];
  for (const expected of [false, false, true, true]) {
    const work = await stage.handle(batch, never);
    sizes.push(work.consumed);
    expect(await work.holds?.()).toBe(expected);
    if (expected) stage.committed('in', 0);
  }
  // Messages that were filtered write nothing that could come too late.
  expect(asked).toEqual(['0 2 3 4 5 6 7', '0', '0', '0 2 3 4 5 6 7']);
  expect(sizes).toEqual([8, 2, 1, 8]);
  for (const target of ['scratch', 'compare'] as const)
    expect((await replay({ target }, new Set(), new Set()).handle(batch, never)).holds).toBeUndefined();
});

test('what is gone of its range is an entry of its own, which balances; a topic that was made anew is an error', () => {
  const stage = replay({}, new Set(), new Set());
  // The range leaves out every tenth offset, and ends before the fiftieth.
  const [record] = stage.gone('in', 0, 5n, 25n);
  const entry = JSON.parse(String(record?.value)) as LedgerEntry;
  const gone = { topic: 'in', partition: 0, from: '5', to: '24', offsets: 18, noticedAt: 0 };
  expect(entry).toMatchObject({ stage: 'replay-r1', from: '5', to: '24', in: 0, gone });
  expect(imbalance(entry)).toBe(0);
  const sums = noSums();
  addCounted(sums, stage.committed('in', 0) ?? { delivered: {} });
  addCounted(sums, { delivered: {}, gone: { ...gone, from: '25', to: '27', offsets: 3, noticedAt: 9 } });
  expect(sums.gone).toEqual([{ ...gone, to: '27', offsets: 21 }]);
  expect(stage.gone('in', 0, 60n, 90n)).toEqual([]);
  expect(() => stage.gone('in', 0, 60n, 0n)).toThrow(/made anew/);
});
