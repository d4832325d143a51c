import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSinkMatch, createSourceMatch } from '#shared/reconcile/match.ts';
import { verdict } from '#shared/reconcile.ts';

describe('a list against the log', () => {
  it('says what never came in, came twice, and came without being in the list', () => {
    const match = createSourceMatch();
    for (const [at, id] of ['a', 'b', 'c', 'd'].entries()) match.list(id, at);
    expect(match.list('a', 9)).toBe(false);
    match.seen('a', 't/0/1', true);
    match.seen('b', 't/0/2', false);
    match.seen('c', 't/0/3', true);
    match.seen('c', 't/0/4', true);
    match.seen('x', 't/0/5', true);
    match.seen('y', 't/0/6', false);
    match.seen(undefined, 't/0/7', true);
    expect(match.result()).toEqual({
      missing: [3],
      doubled: [{ ordinal: 2, count: 2, position: 't/0/4' }],
      matched: 2,
      extra: [{ id: 'x', position: 't/0/5' }],
      moreExtra: 0,
      unnamed: 1,
    });
  });

  it('always balances: each of the list is matched, missing or doubled', () => {
    const id = fc.integer({ min: 0, max: 30 }).map(String);
    fc.assert(
      fc.property(fc.array(id), fc.array(id), (listed, log) => {
        const match = createSourceMatch();
        let ordinal = 0;
        for (const one of listed) if (match.list(one, ordinal)) ordinal++;
        for (const one of log) match.seen(one, '', true);
        const { missing, doubled, matched, extra } = match.result();
        expect(missing.length + doubled.length + matched).toBe(new Set(listed).size);
        expect(new Set(extra.map((one) => one.id))).toEqual(new Set(log.filter((one) => !listed.includes(one))));
      }),
    );
  });

  it('of more ids than are kept in memory is refused', () => {
    const match = createSourceMatch();
    for (let at = 0; at < 200_000; at++) match.list(`order-${at}`, at);
    expect(() => match.list('one more', 0)).toThrow('The list has more than 200,000 ids. Compare a shorter period.');
  });
});

describe('the log against a sink', () => {
  const message = (at: number, more: { inside?: boolean; waiting?: boolean } = {}) => ({
    origin: `in/0/${at}`,
    position: `out/0/${at}`,
    inside: true,
    waiting: false,
    ...more,
  });

  it('tells what is missing from what is on its way, was refused, or is of another time', () => {
    const match = createSinkMatch();
    match.sent('here', message(1));
    match.sent('gone', message(2));
    match.sent('late', message(3, { waiting: true }));
    match.sent('bad', message(4));
    match.sent('old', message(5, { inside: false }));
    for (const key of ['here', 'by hand']) match.held(key);
    expect(match.result((position) => position === 'out/0/4')).toEqual({
      missing: [
        { key: 'gone', origin: 'in/0/2', state: 'missing' },
        { key: 'late', origin: 'in/0/3', state: 'waiting' },
        { key: 'bad', origin: 'in/0/4', state: 'dead' },
      ],
      doubled: [],
      extra: ['by hand'],
      moreExtra: 0,
      matched: 1,
      held: 2,
    });
  });

  it('tells what stands there more often than it was sent', () => {
    const match = createSinkMatch();
    for (const [at, key] of ['once', 'twice', 'twice', 'old'].entries()) match.sent(key, message(at, { inside: key !== 'old' }));
    for (const key of ['once', 'once', 'once', 'twice', 'twice', 'old', 'old']) match.held(key);
    const { doubled, matched } = match.result(() => false);
    expect(doubled).toEqual([{ key: 'once', origin: 'in/0/0', count: 3 }]);
    expect(matched).toBe(1);
  });

  it('says it in one sentence', () => {
    const report = { matched: 40, counts: { missing: 20, doubled: 1 }, spec: { kind: 'source' } } as unknown as Parameters<
      typeof verdict
    >[0];
    expect(verdict(report, 'Shop')).toBe('Of 61 in the list, 20 never arrived, 1 came in more than once.');
    expect(verdict({ ...report, counts: {} }, 'Shop')).toBe('All 40 of the list came in at “Shop”.');
    expect(verdict({ ...report, matched: 0, counts: {} }, 'Shop')).toBe('The list has nothing of that time.');
    const sink = { matched: 0, counts: {}, spec: { kind: 'sink' } } as unknown as typeof report;
    expect(verdict(sink, 'Warehouse')).toBe('Nothing was sent to “Warehouse” in that time.');
  });
});
