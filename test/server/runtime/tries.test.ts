import { expect, it } from 'vitest';
import { createTally } from '#server/runtime/tally.ts';
import { countTries } from '#server/runtime/tries.ts';
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
