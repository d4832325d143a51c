import { describe, expect, it } from 'vitest';
import { evaluate } from '#shared/alert/evaluate.ts';
import type { ComparisonFact } from '#shared/alert/facts.ts';
import { factsOf, noon, ruleOf } from './facts-sample.ts';

const morning: ComparisonFact = { schedule: 's1', name: 'Every morning', node: 'erp', side: 'sink' };
const found = (counts: object, more: Partial<ComparisonFact> = {}) =>
  factsOf({ comparisons: [{ ...morning, result: { report: 'r1', counts }, ...more }] });

describe('gaps of a scheduled comparison', () => {
  const rule = ruleOf({ kind: 'comparison-gaps', atLeast: 3, extra: false });

  it('are one incident that leads to the report, from the least number on', () => {
    expect(evaluate(rule, found({ missing: 2, extra: 50, doubled: 5 }), noon)).toEqual([]);
    expect(evaluate(rule, found({ missing: 1200, extra: 50 }), noon)).toEqual([
      {
        subject: 's1',
        level: 'met',
        node: 'erp',
        sentence: '“Every morning” found 1,200 gaps at “ERP”: 1,200 missing. Look at the report, and mend them from there.',
        link: '/flows/shop/reconcile?side=sink&report=r1',
      },
    ]);
  });

  it('are what is doubled or extra, too, where the rule says so', () => {
    const all = ruleOf({ kind: 'comparison-gaps', atLeast: 3, extra: true });
    expect(evaluate(all, found({ missing: 1, doubled: 1, extra: 1 }), noon)[0]?.sentence).toContain(
      '3 gaps at “ERP”: 1 missing, 1 doubled, 1 extra.',
    );
  });

  it('are over when the next run is clean, and stay while it cannot be made, which is told by itself', () => {
    expect(evaluate(rule, found({}), noon)).toEqual([]);
    const failed = evaluate(rule, found({ missing: 9 }, { failed: { reason: 'The shop answered 401' } }), noon);
    expect(failed.map(({ subject }) => subject)).toEqual(['s1', 's1 failed']);
    expect(failed[1]).toMatchObject({
      sentence: '“Every morning” could not compare “ERP”, so gaps there stay unseen: The shop answered 401.',
      link: '/flows/shop/reconcile?side=sink',
    });
  });
});
