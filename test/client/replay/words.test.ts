import { describe, expect, it } from 'vitest';
import type { ReplayPlan } from '#shared/replay.ts';
import { atRate } from '../../../client/replay/use-plan.ts';
import { closes, inTheWay, rangeInWords, sizeInWords, startWords, typedNumber } from '../../../client/replay/words.ts';

const plan = (change: Partial<ReplayPlan> = {}): ReplayPlan => ({
  spec: {
    flow: 'shop',
    name: 'Replay',
    range: { by: 'time', since: 0, until: 1 },
    filter: {},
    version: 1,
    sinks: ['erp'],
    target: 'real',
    overtaken: 'skip',
    ids: 'same',
    perSecond: 0,
    pauseAtErrorShare: 0.2,
  },
  messages: 12_480,
  exact: true,
  bytes: 8_400_000,
  seconds: 180,
  gone: [],
  sinks: [],
  overtaken: { keys: 0, messages: 0, examples: [] },
  downstream: [],
  problems: [],
  needsReason: false,
  ...change,
});
const ready = { missing: undefined, planning: false, mayStart: true, admin: true, reason: '', typed: '' };

describe('what stands in the way of a start', () => {
  it('is nothing when all is said and safe', () => {
    expect(inTheWay(plan(), ready)).toBeUndefined();
  });

  it('is said one after the other: what is missing, the plan, the role, an error, no message', () => {
    expect(inTheWay(undefined, { ...ready, missing: 'Choose a time.' })).toBe('Choose a time.');
    expect(inTheWay(undefined, { ...ready, planning: true })).toContain('Counting');
    expect(inTheWay(plan(), { ...ready, mayStart: false })).toContain('Ask an analyst');
    expect(inTheWay(plan(), { ...ready, admin: false })).toContain('Only an admin');
    expect(inTheWay(plan({ spec: { ...plan().spec, target: 'compare' } }), { ...ready, admin: false })).toBeUndefined();
    expect(inTheWay(plan({ problems: [{ code: 'x', severity: 'error', message: 'It does not compile.' }] }), ready)).toBe(
      'It does not compile.',
    );
    expect(inTheWay(plan({ problems: [{ code: 'x', severity: 'warning', message: 'Careful.' }] }), ready)).toBeUndefined();
    expect(inTheWay(plan({ messages: 0 }), ready)).toContain('No message fits');
  });

  it('is a reason where it is unsafe, and the very number where many are meant', () => {
    const unsafe = plan({ needsReason: true, confirm: 12_480 });
    expect(inTheWay(unsafe, ready)).toContain('Say why');
    expect(inTheWay(unsafe, { ...ready, reason: '   ' })).toContain('Say why');
    expect(inTheWay(unsafe, { ...ready, reason: 'Agreed with ERP' })).toBe('Type 12,480 to confirm.');
    expect(inTheWay(unsafe, { ...ready, reason: 'Agreed with ERP', typed: '12,481' })).toBe('Type 12,480 to confirm.');
    for (const typed of ['12480', '12,480', "12'480", '12 480', '12.480'])
      expect(inTheWay(unsafe, { ...ready, reason: 'Agreed with ERP', typed }), typed).toBeUndefined();
  });
});

it('reads numbers as people type them, and nothing else', () => {
  expect(typedNumber(' 5 000 ')).toBe(5000);
  expect(typedNumber('')).toBeUndefined();
  expect(typedNumber('all')).toBeUndefined();
  expect(typedNumber('-5')).toBeUndefined();
});

it('closes a balance only when every message that was read is accounted for', () => {
  expect(closes({ read: 10, written: 4, filtered: 3, failed: 2, skipped: 1 })).toBe(true);
  expect(closes({ read: 10, written: 4, filtered: 3, failed: 2, skipped: 0 })).toBe(false);
});

it('says what is meant, how much it is, and what the button does', () => {
  const { spec } = plan();
  expect(rangeInWords({ range: { by: 'version', version: 3 }, filter: { onlyDifferent: true, keys: ['7'] } }, String)).toBe(
    'what version 3 handled, key 7, only what differs',
  );
  expect(rangeInWords(spec, (at) => `t${at}`)).toBe('from t0 to t1');
  expect(sizeInWords(plan({ exact: false }))).toBe('about 12,480 messages, 8.40 MB, about 3 min');
  expect(startWords('real', 1)).toBe('Replay 1 message');
  expect(startWords('compare', 12_480)).toBe('Compare 12,480 messages');
});

it('takes longer at a rate, and never shorter than without one', () => {
  const { spec } = plan();
  expect(atRate(plan(), { ...spec, perSecond: 10 })).toMatchObject({ seconds: 1248, spec: { perSecond: 10 } });
  expect(atRate(plan(), { ...spec, perSecond: 1_000_000 }).seconds).toBe(180);
  expect(atRate(plan(), { ...spec, name: 'Yesterday' })).toMatchObject({ seconds: 180, spec: { name: 'Yesterday' } });
});
