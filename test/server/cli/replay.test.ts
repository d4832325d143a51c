import { expect, test } from 'vitest';
import { exitCodeOf } from '#server/cli/replay.ts';
import { timeOf, wholeNumber } from '#server/cli/replay-request.ts';
import { planText, reportText } from '#server/cli/replay-text.ts';
import type { Replay, ReplayPlan, ReplaySpec } from '#shared/replay.ts';

const spec: ReplaySpec = {
  flow: 'shop',
  name: '',
  range: { by: 'time', since: 0, until: 3_600_000 },
  filter: {},
  version: 3,
  sinks: ['erp'],
  target: 'real',
  overtaken: 'skip',
  ids: 'same',
  perSecond: 0,
  pauseAtErrorShare: 0.2,
};
const replay: Replay = {
  id: 'a1',
  spec,
  state: 'done',
  startedBy: 'Mira',
  startedAt: 0,
  endedAt: 9000,
  total: 10,
  balance: { read: 10, written: 7, filtered: 1, failed: 1, skipped: 1 },
  outputs: { erp: 8 },
  failures: { map: { 'map/bad': 1 } },
};

test('a time is ISO 8601 or how long ago', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  expect(timeOf('since', '90m', now)).toBe(now - 5_400_000);
  expect(timeOf('since', '2h', now)).toBe(now - 7_200_000);
  expect(timeOf('since', '3d', now)).toBe(now - 3 * 86_400_000);
  expect(timeOf('since', '2026-03-01T09:00+02:00', now)).toBe(Date.parse('2026-03-01T07:00Z'));
  for (const text of ['', 'yesterday', '5', '-2h', '2026-13-40']) expect(() => timeOf('since', text, now)).toThrow(/neither/);
  expect(wholeNumber('confirm', '12,480')).toBe(12_480);
  expect(() => wholeNumber('confirm', 'all')).toThrow(/whole number/);
});

test('only a replay that is through, balances and has missed nothing ends with 0', () => {
  expect(exitCodeOf(replay)).toBe(0);
  expect(exitCodeOf({ ...replay, state: 'paused' })).toBe(1);
  expect(exitCodeOf({ ...replay, balance: { ...replay.balance, read: 11 } })).toBe(1);
  expect(exitCodeOf({ ...replay, gone: { messages: 1, parts: [], sentence: '' } })).toBe(1);
});

test('the report shows both equations, and what is gone', () => {
  const name = (node: string) => ({ erp: 'ERP', map: 'Prices' })[node] ?? node;
  const sentence = 'Retention deleted 5 messages.';
  expect(reportText({ ...replay, total: 15, gone: { messages: 5, parts: [], sentence } }, name).split('\n')).toEqual([
    'replay a1 of shop, version 3, by Mira on 1970-01-01 00:00 UTC: done after 9 s',
    'read 10 = written 7 + filtered 1 + failed 1 + skipped 1',
    'range 15 = read 10 + gone 5',
    '  ERP: 8 outputs',
    '  failed at Prices: 1 (map/bad)',
    sentence,
    'The balance closes.',
  ]);
  expect(reportText({ ...replay, state: 'stopped', total: 30 })).toContain('range 30 = read 10 + gone 0 + not read 20');
});

test('the plan marks what is unsafe and says from how much it was estimated', () => {
  const plan: ReplayPlan = {
    spec,
    messages: 1_000_000,
    exact: false,
    estimate: { lookedAt: 250_000, offsets: 1_200_000, most: 1_200_000, sentence: 'Estimated.' },
    bytes: 5_000_000,
    seconds: 300,
    gone: [],
    sinks: [
      { sink: 'erp', guarantee: 'none', fresh: 0, overwrite: 0, double: 5, ignored: 0, unsafe: true, sentence: '“ERP” gets 5 twice.' },
    ],
    overtaken: { keys: 2, messages: 3, examples: ['k'] },
    downstream: [],
    problems: [],
    needsReason: true,
  };
  const lines = planText(plan, 'Shop', () => 'ERP').split('\n');
  expect(lines[0]).toContain('Shop, version 3, 1970-01-01 00:00 UTC to 1970-01-01 01:00 UTC, to the real sinks: ERP');
  expect(lines[1]).toBe('about 1000000 messages, 5000 kB, about 5 min');
  expect(lines.slice(2)).toEqual([
    'estimate Estimated.',
    'UNSAFE   “ERP” gets 5 twice.',
    'keys     Newer messages of 2 keys have passed (k): 3 older ones are skipped.',
  ]);
});
