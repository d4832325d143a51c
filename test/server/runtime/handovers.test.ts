import { describe, expect, it } from 'vitest';
import { createKafka } from '#server/kafka/client.ts';
import { createHandovers } from '#server/runtime/handovers.ts';
import { type Handover, type HandoverPlace, handoverVerdict } from '#shared/handover.ts';
import type { LedgerEntry } from '#shared/ledger.ts';

/** Hand-overs over a store in memory; Kafka is away, and is needed for nothing here. */
function open(kept = new Map<string, Handover>()) {
  const links = new Map<string, string>();
  const handovers = createHandovers(
    createKafka({ brokers: ['127.0.0.1:1'], clientId: 'test' }),
    {
      put: async (handover) => void kept.set(handover.id, structuredClone(handover)),
      link: async (id, at) => void links.set(id, at),
      unfinished: async () =>
        [...kept.values()].filter(({ state }) => state === 'draining' || state === 'starting').map((one) => structuredClone(one)),
      newest: async () => [...kept.values()].filter(({ state }) => state === 'done').map((one) => structuredClone(one)),
    },
    () => undefined,
  );
  return { handovers, kept, links };
}

const entry = (version: number, from: number, to: number): LedgerEntry => ({
  flow: 'f',
  version,
  stage: 'transform',
  topic: 'orders',
  partition: 0,
  from: String(from),
  to: String(to),
  at: 1,
  in: to - from + 1,
  delivered: {},
  dead: {},
  filtered: { in: { test: to - from + 1 } },
  copies: 0,
  nodes: {},
});

const place = (barrier: number): HandoverPlace => ({
  stage: 'transform',
  group: 'millrace.f.transform',
  topic: 'orders',
  partition: 0,
  barrier: String(barrier),
  waiting: 0,
});

describe('the report of a hand-over', () => {
  it('has the last offset of the old version and the first of the new one, from the ledger, also when that is read late', async () => {
    const { handovers, kept, links } = open();
    handovers.note(entry(1, 0, 5));
    const handover = await handovers.begin({ flow: 'f', from: 1, to: 2, who: 'Mira' });
    await handovers.drained(handover, [place(10)]);
    // Written before the barrier, read after it.
    handovers.note(entry(1, 6, 9));
    handovers.started(handover, new Map());
    await handovers.done(handover, '2026-01-01T00:00:00.000Z');
    expect(handoverVerdict(handover)).toMatchObject({ level: 'info' });
    handovers.note(entry(2, 10, 12));
    handovers.note(entry(2, 13, 20));
    await handovers.settle();
    expect(kept.get(handover.id)?.places).toMatchObject([{ last: '9', first: '10', between: 0 }]);
    expect(handoverVerdict(handover)).toEqual({
      level: 'ok',
      sentence: 'Nothing is between the last message of version 1 and the first of version 2, in every partition.',
    });
    expect(links.get(handover.id)).toBe('2026-01-01T00:00:00.000Z');
  });

  it('says after a kill what the new version had processed, if anything, and that the old one runs again', async () => {
    const { handovers, kept } = open();
    const handover = await handovers.begin({ flow: 'f', from: 1, to: 2, who: 'Mira' });
    await handovers.drained(handover, [place(10)]);
    const next = open(kept).handovers;
    await next.resume(async () => undefined);
    expect(handoverVerdict(kept.get(handover.id) as Handover).sentence).toBe(
      'The server ended during the deploy. Version 1 runs again; version 2 has processed nothing.',
    );
    next.note(entry(2, 10, 14));
    next.note(entry(1, 15, 30));
    await next.settle();
    expect(handoverVerdict(kept.get(handover.id) as Handover).sentence).toBe(
      'The server ended during the deploy, when version 2 had already processed orders/0 from 10 to 14. Version 1 runs again, from there on.',
    );
  });

  it('is done after a kill when the deployment was recorded, and goes on filling up', async () => {
    const { handovers, kept } = open();
    const handover = await handovers.begin({ flow: 'f', from: 1, to: 2, who: 'Mira' });
    await handovers.drained(handover, [place(10)]);
    const again = open(kept);
    await again.handovers.resume(async () => ({ deployedAt: '2026-01-01T00:00:00.000Z' }));
    again.handovers.note(entry(2, 10, 11));
    await again.handovers.settle();
    expect(kept.get(handover.id)).toMatchObject({ state: 'done', places: [{ first: '10', between: 0 }] });
    expect(again.links.size).toBe(1);
  });

  it('keeps why a version did not start', async () => {
    const { handovers, kept } = open();
    const handover = await handovers.begin({ flow: 'f', from: 1, to: 2, who: 'Mira' });
    await handovers.failed(handover, 'A secret is missing.');
    expect(handoverVerdict(kept.get(handover.id) as Handover)).toEqual({
      level: 'warning',
      sentence: 'Version 2 did not start. A secret is missing.',
    });
  });

  it('is an alarm when messages lie between the two', () => {
    const handover: Handover = {
      id: '1',
      flow: 'f',
      from: 1,
      to: 2,
      state: 'done',
      who: 'Mira',
      at: 1,
      places: [{ ...place(10), last: '9', first: '12', between: 2 }],
    };
    expect(handoverVerdict(handover)).toEqual({
      level: 'error',
      sentence: '2 messages lie between version 1 and version 2, and nobody has processed them.',
    });
  });
});
