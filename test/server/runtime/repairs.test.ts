import { expect, test } from 'vitest';
import { attemptOf, mendsHeader, retryHeader, solvedBy, triedBy } from '#server/runtime/repairs.ts';
import { header } from '#shared/message.ts';

const item = 'millrace.shop.dead/0/7';
const record = (headers: Record<string, string | Uint8Array>) => ({
  ...{ topic: 't', partition: 0, offset: 1n, key: null, value: null, timestamp: 0 },
  headers,
});

test('what a retry has sent says which it was, by whom, and which attempt', () => {
  const headers = { [header.item]: item, [header.retry]: retryHeader('r1', 'ada@example.org'), [header.index]: '0~3' };
  expect(triedBy(headers)).toEqual({ by: 'retry', id: 'r1', who: 'ada@example.org', attempt: 3 });
  expect(attemptOf(record(headers))).toBe(3);
  const solved = JSON.parse(String(solvedBy(record(headers), { flow: 'shop', version: 2 }, 5)?.value));
  expect(solved).toEqual({ flow: 'shop', item, outcome: 'solved', attempt: 3, retry: 'r1', version: 2, who: 'ada@example.org', at: 5 });
});

test('what a replay has sent says so, too, whatever index it chose', () => {
  const headers = {
    [header.item]: item,
    [header.mends]: mendsHeader(2, 'ada@example.org'),
    [header.replay]: 'p1',
    [header.index]: '0~rp1',
  };
  expect(triedBy(headers)).toEqual({ by: 'replay', id: 'p1', who: 'ada@example.org', attempt: 2 });
  expect(attemptOf(record(headers))).toBe(2);
  const solved = JSON.parse(String(solvedBy(record(headers), { flow: 'shop', version: 2 }, 5)?.value));
  expect(solved).toMatchObject({ item, attempt: 2, retry: '', replay: 'p1', who: 'ada@example.org' });
});

test('what neither has sent, or says it in no way that can be read, stands for no item', () => {
  for (const headers of [
    {},
    { [header.index]: '0~2' },
    { [header.replay]: 'p1' },
    { [header.mends]: '2@ada' },
    { [header.item]: item, [header.retry]: '@ada', [header.index]: '0~2' },
    { [header.item]: item, [header.retry]: Uint8Array.of(0xff), [header.index]: '0~2' },
  ]) {
    expect(triedBy(headers)).toBeUndefined();
    expect(attemptOf(record(headers))).toBeUndefined();
    expect(solvedBy(record(headers), { flow: 'shop', version: 1 }, 0)).toBeUndefined();
  }
  const first = { [header.item]: item, [header.mends]: 'x@ada', [header.replay]: 'p1' };
  expect(solvedBy(record(first), { flow: 'shop', version: 1 }, 0)).toBeUndefined();
});
