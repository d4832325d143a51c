import { expect, test } from 'vitest';
import { refusalsOf } from '#server/replay/open-replays.ts';
import type { ReplayPlan } from '#shared/replay.ts';

const plan = (change: Partial<ReplayPlan>, reason?: string): ReplayPlan => ({
  spec: {
    flow: 'f',
    name: '',
    range: { by: 'time', since: 0, until: 1 },
    filter: {},
    version: 1,
    sinks: ['a'],
    target: 'real',
    overtaken: 'skip',
    ids: 'same',
    perSecond: 0,
    pauseAtErrorShare: 0.2,
    ...(reason !== undefined && { reason }),
  },
  messages: 20_000,
  exact: true,
  bytes: 0,
  seconds: 0,
  gone: [],
  sinks: [],
  overtaken: { keys: 0, messages: 0, examples: [] },
  downstream: [],
  problems: [],
  needsReason: false,
  ...change,
});
const codes = (...args: Parameters<typeof refusalsOf>) => refusalsOf(...args).map(({ code }) => code);

test('the number must be typed where the plan asks for it, and be the right one', () => {
  expect(codes(plan({}), undefined)).toEqual([]);
  expect(codes(plan({ confirm: 20_000 }), undefined)).toEqual(['replay/confirm']);
  expect(codes(plan({ confirm: 20_000 }), 19_999)).toEqual(['replay/confirm']);
  expect(codes(plan({ confirm: 20_000 }), 20_000)).toEqual([]);
});

test('what is unsafe needs a reason, and blank is none', () => {
  expect(codes(plan({ needsReason: true }), undefined)).toEqual(['replay/reason']);
  expect(codes(plan({ needsReason: true }, '  '), undefined)).toEqual(['replay/reason']);
  expect(codes(plan({ needsReason: true }, 'the ERP asked for it'), undefined)).toEqual([]);
});

test('errors of the plan forbid the start, warnings do not', () => {
  const problems = (['error', 'warning'] as const).map((severity) => ({ code: severity, severity, message: severity }));
  expect(codes(plan({ problems }), undefined)).toEqual(['error']);
});
