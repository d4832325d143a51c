import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTally } from '#server/runtime/tally.ts';
import { countTries } from '#server/runtime/tries.ts';
import { openUnderway } from '#server/runtime/underway-file.ts';
import { MessageError, RetriableError, type SinkMessage, type WriteOutcome } from '#server/sdk.ts';

const message = (offset: number): SinkMessage => {
  const position = { topic: 'millrace.f.erp', partition: 2, offset: String(offset) };
  return { key: 'k', value: {}, headers: {}, timestamp: 1, origin: position, position, id: `${offset}` };
};
const batch = (...offsets: number[]) => ({ group: 'g', topic: 'millrace.f.erp', partition: 2, messages: offsets.map(message) });
const at = (...offsets: number[]) => offsets.map((offset) => ({ partition: 2, offset: BigInt(offset) }));
const { signal } = new AbortController();
const late = new RetriableError('http/timeout', 'No answer.', { unsure: true });
const busy = new RetriableError('http/429', 'Too many.');

function sinkThat(...answers: (WriteOutcome[] | Error | undefined)[]) {
  return countTries({
    async write() {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
}

it('names the messages that were asked for more than once, how often, and how often the outcome is not known', async () => {
  const sink = sinkThat([undefined, late, busy], [busy, busy], undefined);
  await sink.write(batch(4, 5, 6), signal);
  await sink.write(batch(5, 6), signal);
  await sink.write(batch(5, 6), signal);
  const tally = createTally();
  sink.close(at(4, 5, 6), tally);
  expect(tally.again).toEqual([
    { offset: '5', tries: 3, unsure: 1, code: 'http/429' },
    { offset: '6', tries: 3, unsure: 0, code: 'http/429' },
  ]);
});

it('counts a try of the whole batch that was thrown, and passes on what is thrown', async () => {
  const sink = sinkThat(late, new Error('a bug'), undefined);
  await expect(sink.write(batch(1, 2), signal)).rejects.toBe(late);
  await expect(sink.write(batch(1, 2), signal)).rejects.toThrow('a bug');
  await sink.write(batch(1, 2), signal);
  const tally = createTally();
  sink.close(at(1), tally);
  expect(tally.again).toEqual([{ offset: '1', tries: 2, unsure: 1, code: 'http/timeout' }]);
  const rest = createTally();
  sink.close(at(2), rest);
  expect(rest.again).toHaveLength(1);
});

it('counts no try of a message that only waited behind another one', async () => {
  const sink = sinkThat([late, new RetriableError('http/timeout', 'No answer.', { untried: true })], undefined);
  await sink.write(batch(1, 2), signal);
  await sink.write(batch(1, 2), signal);
  const tally = createTally();
  sink.close(at(1, 2), tally);
  expect(tally.again).toEqual([{ offset: '1', tries: 2, unsure: 1, code: 'http/timeout' }]);
});

it('says nothing of messages that went through at once or were refused for good', async () => {
  const sink = sinkThat([new MessageError('http/400', 'Bad.'), undefined]);
  await sink.write(batch(1, 2), signal);
  const tally = createTally();
  sink.close(at(1, 2), tally);
  expect(tally).not.toHaveProperty('again');
});

describe('what a worker has handed over when it dies', () => {
  let folder = '';
  const troubles: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-tries-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A worker of its own on the same folder; it dies when it is let go of. */
  const worker = (answers: (WriteOutcome[] | Error | undefined)[], once = false) =>
    countTries(
      {
        async write() {
          const answer = answers.shift();
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
      { file: openUnderway(folder, 'deliver-crm', (message) => troubles.push(message)), once },
    );
  const againOf = (sink: ReturnType<typeof worker>, ...offsets: number[]) => {
    const tally = createTally();
    sink.close(at(...offsets), tally);
    return tally.again;
  };

  it('is known to the next one as tried, with an outcome that nobody knows', async () => {
    await expect(worker([new Error('it dies')]).write(batch(7, 8, 9), signal)).rejects.toThrow('it dies');
    const next = worker([undefined, undefined]);
    await next.write(batch(7, 8, 9, 10), signal);
    expect(againOf(next, 7, 8, 9, 10)).toEqual([7, 8, 9].map((n) => ({ offset: String(n), tries: 2, unsure: 1, code: 'worker/lost' })));
    await next.write(batch(11), signal);
    expect(againOf(next, 11)).toBeUndefined();
  });

  it('counts with the tries before, and with what went through and was not committed', async () => {
    await worker([[undefined, late, busy]]).write(batch(4, 5, 6), signal);
    const next = worker([[undefined, undefined, busy], undefined]);
    await next.write(batch(4, 5, 6), signal);
    await next.write(batch(6), signal);
    expect(againOf(next, 4, 5, 6)).toEqual([
      { offset: '4', tries: 2, unsure: 1, code: 'worker/lost' },
      { offset: '5', tries: 2, unsure: 1, code: 'http/timeout' },
      { offset: '6', tries: 3, unsure: 0, code: 'http/429' },
    ]);
  });

  it('is nothing where the sink was not asked, or where all of it was committed before', async () => {
    await worker([[late, new RetriableError('http/timeout', 'No answer.', { untried: true })]]).write(batch(1, 2), signal);
    const next = worker([undefined, undefined]);
    await next.write(batch(2, 3), signal);
    expect(againOf(next, 2, 3)).toBeUndefined();
    const third = worker([undefined]);
    await third.write(batch(4, 5), signal);
    expect(againOf(third, 4, 5)).toBeUndefined();
  });

  it('is told, too, where the same worker gets messages again because their transaction failed', async () => {
    const sink = worker([undefined, undefined]);
    await sink.write(batch(1, 2), signal);
    expect(againOf(sink, 1, 2)).toBeUndefined();
    await sink.write(batch(1, 2), signal);
    expect(againOf(sink, 1, 2)).toHaveLength(2);
  });

  it('is surely there once where the sink keeps the position in the same transaction', async () => {
    await worker([undefined], true).write(batch(1), signal);
    const next = worker([undefined], true);
    await next.write(batch(1), signal);
    expect(againOf(next, 1)).toEqual([{ offset: '1', tries: 2, unsure: 0, code: 'worker/lost' }]);
  });

  it('does not hold up deliveries where it cannot be noted, and what was cut while it was written is as nothing', async () => {
    await worker([undefined]).write(batch(1, 2, 3), signal);
    writeFileSync(join(folder, 'deliver-crm.2'), '[["1","3",1,1,"work');
    const next = worker([undefined]);
    await next.write(batch(1, 2, 3), signal);
    expect(againOf(next, 1, 2, 3)).toBeUndefined();
    const broken = openUnderway(join(folder, 'deliver-crm.2', 'below a file'), 'deliver-crm', (message) => troubles.push(message));
    broken.write(0, []);
    broken.write(0, []);
    expect(troubles).toEqual([expect.stringContaining('so a crash would forget it')]);
  });
});
