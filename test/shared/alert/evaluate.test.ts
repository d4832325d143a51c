import { describe, expect, it } from 'vitest';
import { evaluate } from '#shared/alert/evaluate.ts';
import { workingMs } from '#shared/alert/from-status.ts';
import { lossIn } from '#shared/alert/retention.ts';
import { factsOf, minute, minuteMs, noon, ruleOf, statusOf } from './facts-sample.ts';

const dead = (count: number) => ({ map: { 'map/failed': count } });

describe('dead letters', () => {
  const rule = ruleOf({ kind: 'dead-letter-rate', minutes: 10, count: 20, share: 0.05 });

  it('are an incident of their node when there are many of them', () => {
    const [finding] = evaluate(rule, factsOf({ minutes: [minute(9, { in: 1000, dead: dead(12) }), minute(1, { dead: dead(11) })] }), noon);
    expect(finding).toMatchObject({ subject: 'map', node: 'map', level: 'met', link: '/dead-letters/shop?node=map' });
    expect(finding?.sentence).toBe(
      '23 messages failed at “Price” in the last 10 min, 2.3\u2009% of what came in, with map/failed. Look at their cause in the inbox.',
    );
  });

  it('are one when they are a large share of few, and not when there are hardly any messages at all', () => {
    expect(evaluate(rule, factsOf({ minutes: [minute(1, { in: 20, dead: dead(5) })] }), noon)).toMatchObject([{ level: 'met' }]);
    expect(evaluate(rule, factsOf({ minutes: [minute(1, { in: 7, dead: dead(7) })] }), noon)).toEqual([]);
  });

  it('of long ago do not count, and half the limit is near it', () => {
    expect(evaluate(rule, factsOf({ minutes: [minute(30, { in: 1000, dead: dead(50) })] }), noon)).toEqual([]);
    expect(evaluate(rule, factsOf({ minutes: [minute(1, { in: 1000, dead: dead(11) })] }), noon)).toMatchObject([{ level: 'near' }]);
    expect(evaluate(rule, factsOf({ minutes: [minute(1, { in: 1000, dead: dead(9) })] }), noon)).toEqual([]);
  });
});

describe('what is filtered', () => {
  const rule = ruleOf({ kind: 'filtered-share', minutes: 30, points: 0.2, atLeast: 50, usualHours: 24 });
  const filtered = (count: number) => ({ map: { 'country is not DE': count } });

  it('is an incident when the share of a reason jumps against its usual', () => {
    const facts = factsOf({ minutes: [minute(1, { in: 100, filtered: filtered(60) })], usual: { in: 1000, filtered: filtered(100) } });
    const [finding] = evaluate(rule, facts, noon);
    expect(finding?.level).toBe('met');
    expect(finding?.sentence).toContain(
      '“Price” filters 60\u2009% for “country is not DE” (60 messages in the last 30 min); usual is 10\u2009%',
    );
  });

  it('is none when it always filters as much, when there is no past, and when there is hardly anything', () => {
    const minutes = [minute(1, { in: 100, filtered: filtered(60) })];
    expect(evaluate(rule, factsOf({ minutes, usual: { in: 1000, filtered: filtered(600) } }), noon)).toEqual([]);
    expect(evaluate(rule, factsOf({ minutes }), noon)).toEqual([]);
    const few = [minute(1, { in: 10, filtered: filtered(10) })];
    expect(evaluate(rule, factsOf({ minutes: few, usual: { in: 1000, filtered: {} } }), noon)).toEqual([]);
  });
});

describe('the ledger', () => {
  it('opens one incident for each stage with differences, not for each difference', () => {
    const gap = { flow: 'shop', version: 1, topic: 't', partition: 0, from: '1', to: '9', at: noon, noticedAt: noon };
    const gaps = [1, 2, 3].map((count) => ({
      ...gap,
      id: `${count}`,
      stage: 'transform',
      kind: 'skipped' as const,
      count,
      sentence: 'Some are missing.',
    }));
    const findings = evaluate(ruleOf({ kind: 'ledger-gap' }), factsOf({ gaps }), noon);
    expect(findings).toMatchObject([
      { subject: 'transform', level: 'met', sentence: 'Some are missing. 2 more of the kind, 6 messages in all.' },
    ]);
  });
});

describe('a sink', () => {
  const rule = ruleOf({ kind: 'sink-paused', minutes: 5 });
  const stage = { stage: 'deliver-erp', kind: 'deliver' as const, node: 'erp', lag: 40, reason: 'The other side answered 503.' };

  it('that is paused is an incident at once, one that tries again after a while', () => {
    const paused = { ...stage, state: 'paused' as const, since: noon };
    const [finding] = evaluate(rule, factsOf({ status: statusOf({ stages: [paused] }) }), noon);
    expect(finding).toMatchObject({ level: 'met', node: 'erp', link: '/flows/shop?node=erp' });
    expect(finding?.sentence).toBe(
      '“ERP” is paused: The other side answered 503. 40 messages wait; nothing is lost. Resume it when its system is ready.',
    );
    const tries = (since: number) => factsOf({ status: statusOf({ stages: [{ ...stage, state: 'retrying', since }] }) });
    expect(evaluate(rule, tries(noon - 4 * minuteMs), noon)).toMatchObject([{ level: 'near' }]);
    expect(evaluate(rule, tries(noon - 6 * minuteMs), noon)).toMatchObject([{ level: 'met' }]);
  });

  it('that runs is none', () => {
    expect(evaluate(rule, factsOf({ status: statusOf({ stages: [{ ...stage, state: 'running' }] }) }), noon)).toEqual([]);
  });
});

describe('a flow that is behind', () => {
  const rule = ruleOf({ kind: 'behind', minutes: 15 });
  const behind = (behindMs: number, lag = 7) =>
    factsOf({ status: statusOf({ stages: [{ stage: 'transform', kind: 'transform', state: 'running', lag, behindMs }] }) });

  it('is an incident by the age of the oldest message that waits', () => {
    expect(evaluate(rule, behind(16 * minuteMs), noon)).toMatchObject([
      { level: 'met', sentence: 'The flow is 16 min behind: 7 messages wait.' },
    ]);
    expect(evaluate(rule, behind(8 * minuteMs), noon)).toMatchObject([{ level: 'near' }]);
    expect(evaluate(rule, behind(5 * minuteMs), noon)).toEqual([]);
  });

  it('is none when nothing waits', () => {
    expect(evaluate(rule, behind(60 * minuteMs, 0), noon)).toEqual([]);
  });
});

describe('silence', () => {
  const hours = { days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00', zone: 'Europe/Berlin' };

  it('is an incident after the time that was given, by the last message or since it runs', () => {
    const rule = ruleOf({ kind: 'silent', minutes: 60 });
    expect(evaluate(rule, factsOf({ lastIn: noon - 30 * minuteMs }), noon)).toEqual([]);
    expect(evaluate(rule, factsOf({ lastIn: noon - 61 * minuteMs }), noon)).toMatchObject([
      { level: 'met', link: '/flows/shop/reconcile' },
    ]);
    expect(evaluate(rule, factsOf({ runningSince: noon - 10 * minuteMs }), noon)).toEqual([]);
    expect(evaluate(rule, factsOf({ lastIn: 1, status: statusOf({ state: 'stopped' }) }), noon)).toEqual([]);
  });

  it('counts only within the working hours', () => {
    const rule = ruleOf({ kind: 'silent', minutes: 180, hours });
    const friday = noon - 3 * 24 * 60 * minuteMs;
    // Friday 17:30 to Monday 09:00 in Berlin is one hour and a half of work.
    const early = Date.parse('2026-03-02T08:00:00Z');
    expect(evaluate(rule, factsOf({ lastIn: friday + 4.5 * 60 * minuteMs, runningSince: 0 }), early)).toEqual([]);
    expect(evaluate(rule, factsOf({ lastIn: friday + 4.5 * 60 * minuteMs, runningSince: 0 }), noon)).toHaveLength(1);
    expect(workingMs(hours, friday + 4.5 * 60 * minuteMs, early)).toBe(90 * minuteMs);
  });
});

describe('retention', () => {
  const hour = 60 * minuteMs;
  const fact = { stage: 'transform', node: 'erp', topic: 't', partition: 0, lost: 0, waiting: 5, retentionMs: 24 * hour };

  it('says when the first message is lost at this speed', () => {
    expect(lossIn({ ...fact, ageMs: 20 * hour, aging: 1 })).toBe(4 * hour);
    expect(lossIn({ ...fact, ageMs: 20 * hour, aging: 0.5 })).toBe(8 * hour);
    expect(lossIn({ ...fact, ageMs: 20 * hour, aging: -2 })).toBeUndefined();
    expect(lossIn({ ...fact, ageMs: 25 * hour, aging: -2 })).toBe(0);
    const facts = factsOf({ retention: [{ ...fact, ageMs: 21 * hour + 50 * minuteMs, aging: 1 }] });
    const [finding] = evaluate(ruleOf({ kind: 'retention', hours: 6 }), facts, noon);
    expect(finding).toMatchObject({ level: 'met', stage: 'transform' });
    expect(finding?.sentence).toContain('“ERP” is 21 h 50 min behind. At this speed the first messages are lost in 2 h 10 min.');
  });

  it('says how many are gone', () => {
    const facts = factsOf({ retention: [{ ...fact, lost: 120, aging: 1, ageMs: hour }] });
    expect(evaluate(ruleOf({ kind: 'retention', hours: 6 }), facts, noon)[0]?.sentence).toContain(
      '120 messages of “ERP” were deleted by retention before the flow had taken them.',
    );
  });

  it('is no concern of a topic that keeps its messages for less than the limit, as long as the flow keeps up', () => {
    const facts = factsOf({ retention: [{ ...fact, retentionMs: 2 * hour, ageMs: 2 * minuteMs, aging: 1 }] });
    expect(evaluate(ruleOf({ kind: 'retention', hours: 24 }), facts, noon).filter(({ level }) => level === 'met')).toEqual([]);
  });
});

describe('a flow', () => {
  const rule = ruleOf({ kind: 'flow-failed', restarts: 3 });

  it('that failed or is started again and again is an incident', () => {
    const failed = factsOf({ status: statusOf({ state: 'failed', lastError: 'Out of memory.' }) });
    expect(evaluate(rule, failed, noon)[0]?.sentence).toContain('The flow has failed and does not run. Out of memory.');
    expect(evaluate(rule, factsOf({ restarts: 3 }), noon)).toMatchObject([{ level: 'met' }]);
    expect(evaluate(rule, factsOf({ restarts: 1 }), noon)).toMatchObject([{ level: 'near' }]);
    expect(evaluate(rule, factsOf(), noon)).toEqual([]);
  });

  it('is left alone by rules that are off or about another flow', () => {
    const facts = factsOf({ restarts: 9 });
    expect(evaluate({ ...rule, enabled: false }, facts, noon)).toEqual([]);
    expect(evaluate({ ...rule, flow: 'other' }, facts, noon)).toEqual([]);
  });
});
