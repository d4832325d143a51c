import { expect, test } from 'vitest';
import type { ThreadEnd } from '#server/replay/host.ts';
import { type Kept, keepGoing, surely } from '#server/replay/keep.ts';

const failure = (message: string, final = false): ThreadEnd => ({ how: 'failed', message, final });

/** Keeps threads that end one after the other as told; the last end is repeated. */
function kept(ends: readonly (ThreadEnd | Error)[], more: Partial<Kept> = {}) {
  const told: string[] = [];
  let threads = 0;
  const options: Kept = {
    what: 'replay 1',
    ending: new AbortController().signal,
    closing: new AbortController().signal,
    far: () => threads,
    waitMs: () => 1,
    log: (_level, message) => told.push(message),
    async thread() {
      const end = ends[Math.min(threads++, ends.length - 1)] as ThreadEnd | Error;
      if (end instanceof Error) throw end;
      return end;
    },
    ...more,
  };
  return { end: keepGoing(options), told, threads: () => threads };
}

test('a thread that fails is started again, and the work is done all the same', async () => {
  const { end, told, threads } = kept([failure('out of memory'), new Error('no answer'), { how: 'done' }]);
  expect(await end).toEqual({ how: 'done' });
  expect(threads()).toBe(3);
  expect(told).toEqual(['The thread of replay 1 ended: out of memory', 'The thread of replay 1 ended: no answer']);
});

test('what fails again and again at one place ends in vain, and says where', async () => {
  const { end, threads } = kept([failure('a bad message')], { far: () => 7 });
  expect(await end).toEqual({ how: 'vain', message: 'It ended 5 times at the same place: a bad message' });
  expect(threads()).toBe(6);
});

test('what another try would meet again is not tried again', async () => {
  expect(await kept([failure('no such node', true)]).end).toEqual({ how: 'failed', message: 'no such node' });
  const gone = new Error('Version 3 cannot run any more on this server.');
  expect(await kept([gone]).end).toEqual({ how: 'failed', message: gone.message });
});

test('whoever wants it to end is heard, also while it waits to start again; so is the end of the server', async () => {
  for (const how of ['wanted', 'closed'] as const) {
    const over = new AbortController();
    const { end } = kept([failure('no answer')], {
      [how === 'wanted' ? 'ending' : 'closing']: over.signal,
      again: () => over.abort(),
      waitMs: () => 60_000,
    });
    expect(await end).toEqual({ how });
  }
});

test('the end is written as soon as the store takes it, unless the server ends before', async () => {
  let tries = 0;
  const told: string[] = [];
  const closing = new AbortController();
  const log = (_level: string, message: string) => told.push(message);
  const write = async () => {
    if (++tries < 2) throw new Error('the store is gone');
  };
  await surely(write, { what: 'retry 2', closing: closing.signal, log });
  expect([tries, told]).toEqual([2, ['The end of retry 2 is not written yet: the store is gone']]);
  closing.abort();
  await surely(write, { what: 'retry 2', closing: closing.signal, log });
  expect(tries).toBe(2);
});
