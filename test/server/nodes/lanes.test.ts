import fc from 'fast-check';
import { expect, it } from 'vitest';
import { limiter, writeInLanes } from '#server/nodes/lanes.ts';
import { MessageError, RetriableError, type WriteOutcome } from '#server/sdk.ts';
import { sinkMessage } from './node-bench.ts';

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

it('messages of a key are written in order, none after one that must wait, and never more at a time than allowed', async () => {
  const answer = fc.record({
    key: fc.constantFrom('a', 'b', 'c', null),
    result: fc.constantFrom('ok', 'ok', 'ok', 'bad', 'wait', 'halt'),
    turns: fc.nat(3),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { maxLength: 25 }), fc.integer({ min: 1, max: 5 }), async (answers, concurrency) => {
      const messages = answers.map(({ key }, index) => sinkMessage(index, index, { key }));
      const done: number[] = [];
      let running = 0;
      let halted = false;
      const outcomes = await writeInLanes(messages, {
        concurrency,
        stopsAll: (error) => error.code === 'halt',
        async write(message): Promise<WriteOutcome> {
          expect(halted).toBe(false);
          expect(++running).toBeLessThanOrEqual(concurrency);
          const index = Number(message.value);
          const { result = 'ok', turns: needed = 0 } = answers[index] ?? {};
          await turns(needed);
          running--;
          done.push(index);
          if (result === 'ok') return undefined;
          if (result === 'bad') return new MessageError('bad', 'bad');
          if (result === 'halt') queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => (halted = true))));
          return new RetriableError(result, result);
        },
      });
      for (const key of ['a', 'b', 'c']) {
        const mine = answers.flatMap((one, index) => (one.key === key ? [index] : []));
        const written = done.filter((index) => mine.includes(index));
        expect(written).toEqual(mine.slice(0, written.length));
        const held = mine.findIndex((index) => outcomes[index] instanceof RetriableError);
        if (held !== -1) expect(mine.slice(held).every((index) => outcomes[index] instanceof RetriableError)).toBe(true);
      }
      for (const [index, outcome] of outcomes.entries()) if (!(outcome instanceof RetriableError)) expect(done).toContain(index);
    }),
    { numRuns: 200 },
  );
});

it('a limiter hands places on in order, also after a failure', async () => {
  const inTurn = limiter(2);
  const order: number[] = [];
  let running = 0;
  const results = await Promise.allSettled(
    [0, 1, 2, 3, 4].map((index) =>
      inTurn(async () => {
        expect(++running).toBeLessThanOrEqual(2);
        order.push(index);
        await turns(5 - index);
        running--;
        if (index % 2 === 1) throw new Error('odd');
      }),
    ),
  );
  expect(order).toEqual([0, 1, 2, 3, 4]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
});
