import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imbalance, type LedgerEntry } from '#shared/ledger.ts';
import { addMinute, emptyMinute, isAside, type LedgerGap, minuteOf } from '#shared/ledger-minutes.ts';
import { balanceSentence, type LedgerReport, ledgerCsv, ledgerStep, sumLedger } from '#shared/ledger-report.ts';

const minute = 60_000;
const entry = (more: Partial<LedgerEntry>): LedgerEntry => ({
  flow: 'shop',
  version: 1,
  stage: 'transform',
  topic: 'orders',
  partition: 0,
  from: '0',
  to: '9',
  at: 5 * minute + 1,
  in: 0,
  delivered: {},
  dead: {},
  filtered: {},
  copies: 0,
  nodes: {},
  topics: { erp: 'millrace.shop.erp', out: 'orders.out' },
  ...more,
});
const reportOf = (entries: LedgerEntry[], gaps: LedgerGap[] = []): LedgerReport => ({
  flow: 'shop',
  flowName: 'Shop',
  since: 0,
  until: 60 * minute,
  step: minute,
  at: 0,
  names: { erp: 'ERP', paid: 'Only "paid"' },
  gaps,
  ...sumLedger(entries.map(minuteOf), 0, 60 * minute, minute),
});
const small = fc.nat({ max: 50 });

describe('the ledger of a period', () => {
  it('closes for whatever stages have counted: in + copies + resent = delivered + filtered + dead + parked + waiting', () => {
    const transform = fc
      .record({ erp: small, out: small, filtered: small, dead: small, copies: small })
      .map(({ erp, out, filtered, dead, copies }) => {
        const ends = erp + out + filtered + dead;
        return entry({
          in: Math.max(0, ends - copies),
          copies: ends - Math.max(0, ends - copies),
          delivered: { erp, out },
          filtered: { paid: { 'not paid': filtered } },
          dead: { map: { T1: dead } },
        });
      });
    const deliver = fc.record({ delivered: small, dead: small, parked: fc.integer({ min: -20, max: 20 }), resent: small }).map((counts) => {
      const { delivered, dead, parked } = counts;
      const taken = delivered + dead + parked;
      return entry({
        stage: 'deliver-erp',
        topic: 'millrace.shop.erp',
        in: taken,
        delivered: { erp: delivered },
        dead: { erp: { 'http/500': dead } },
        parked: { erp: parked },
        resent: counts.resent,
        nodes: { erp: { in: taken, out: {} } },
      });
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(transform, deliver), { maxLength: 20 }), (entries) => {
        for (const one of entries) expect(imbalance(one)).toBe(0);
        const { balance, sinks } = reportOf(entries);
        expect(balance.unexplained).toBe(0);
        for (const { sink, sent, delivered, parked, waiting, resent } of sinks) {
          if (sink === 'erp') expect(sent + resent).toBe(delivered + parked + waiting + (balanceDead(entries) ?? 0));
          else expect(waiting).toBe(0);
        }
      }),
    );
    function balanceDead(entries: LedgerEntry[]): number {
      return entries.reduce((sum, one) => sum + (one.dead.erp?.['http/500'] ?? 0), 0);
    }
  });

  it('says what an entry that does not balance leaves unexplained', () => {
    expect(reportOf([entry({ in: 5, delivered: { out: 3 } })]).balance.unexplained).toBe(2);
  });

  it('adds minutes in any order to the same sums', () => {
    const made = fc.record({
      in: small,
      sent: small,
      dead: small,
      lag: fc.option(small, { nil: undefined }),
      at: fc.nat({ max: 10 * minute }),
    });
    fc.assert(
      fc.property(fc.array(made, { minLength: 1, maxLength: 8 }), (list) => {
        const minutes = list.map(({ at, lag, ...counts }) => ({
          ...emptyMinute(at),
          in: counts.in,
          sent: { erp: counts.sent },
          dead: { map: { T1: counts.dead } },
          ...(lag !== undefined && { lag }),
        }));
        const sum = (order: typeof minutes) => {
          const all = emptyMinute(0);
          for (const one of order) addMinute(all, one);
          return all;
        };
        expect(sum([...minutes].reverse())).toEqual(sum(minutes));
      }),
    );
  });

  it('keeps what a replay and a retry have written out of the live sums', () => {
    expect(isAside({ stage: 'replay-a1' })).toBe(true);
    expect(isAside({ stage: 'retry-a1' })).toBe(true);
    expect(isAside({ stage: 'transform' })).toBe(false);
    expect(isAside({ stage: 'deliver-replay-x' })).toBe(false);
  });

  it('leads with a sentence that says all there is to say', () => {
    const usual = entry({ in: 12_480, delivered: { out: 12_200 }, filtered: { paid: { 'not paid': 214 } }, dead: { map: { T1: 66 } } });
    expect(balanceSentence(reportOf([usual]))).toBe(
      '12,480 came in: 12,200 delivered, 214 filtered, 66 dead letters; nothing is unexplained.',
    );
    const both = entry({ in: 10, copies: 10, delivered: { out: 10, erp: 10 } });
    expect(balanceSentence(reportOf([both]))).toBe(
      '10 came in, which made 20 messages: 10 delivered, 10 still waiting; nothing is unexplained.',
    );
    const later = entry({ stage: 'deliver-erp', in: 4, delivered: { erp: 4 }, nodes: { erp: { in: 4, out: {} } } });
    expect(balanceSentence(reportOf([later]))).toBe('0 came in, with 4 from before: 4 delivered; nothing is unexplained.');
    expect(balanceSentence(reportOf([]))).toBe('Nothing came in.');
    const gap = { count: 1, settled: undefined } as unknown as LedgerGap;
    expect(balanceSentence(reportOf([usual], [gap]))).toContain('1 is unexplained.');
  });

  it('makes at most 200 points, and a table that no spreadsheet takes for formulas', () => {
    for (const hours of [1, 24, 24 * 7, 24 * 35])
      expect((hours * 60 * minute) / ledgerStep(0, hours * 60 * minute)).toBeLessThanOrEqual(200);
    const csv = ledgerCsv(reportOf([entry({ in: 3, filtered: { paid: { '=cmd()': 1, 'a, b': 2 } } })]));
    expect(csv).toContain(`filtered,paid,"Only ""paid""",'"=cmd()`.replace(`'"=cmd()`, `"'=cmd()",1`));
    expect(csv).toContain('"a, b",2');
  });
});
