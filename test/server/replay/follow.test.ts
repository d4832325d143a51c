import { expect, test } from 'vitest';
import { createFollow } from '#server/replay/follow.ts';
import { createPipeline, type LiveNode } from '#server/runtime/pipeline.ts';
import { createTally } from '#server/runtime/tally.ts';
import { MessageError } from '#server/sdk.ts';
import type { Message } from '#shared/message.ts';
import type { PlanNode } from '#shared/plan.ts';

const node = (id: string, kind: PlanNode['kind']): PlanNode => ({ id, type: id, kind, label: id, config: {} });
const edge = (from: string, to: string) => ({ from: { node: from, port: 'out' }, to: { node: to, port: 'in' } });

/** A list is split; each part goes to `check`, which fails for what `bad` says, and beside it to a sink of its own. */
function graph(bad: (value: unknown) => boolean) {
  const follow = createFollow();
  const live = new Map<string, LiveNode>([
    [
      'split',
      {
        transform: {
          process(message, emit) {
            for (const value of message.value as unknown[]) emit({ ...message, value });
          },
        },
      },
    ],
    [
      'check',
      {
        transform: {
          process(message, emit) {
            if (bad(message.value)) throw new MessageError('check/bad', `${message.value} is bad.`);
            emit(message);
          },
        },
      },
    ],
  ]);
  const nodes = [node('in', 'source'), node('split', 'transform'), node('check', 'transform'), node('good', 'sink'), node('all', 'sink')];
  const edges = [edge('in', 'split'), edge('split', 'check'), edge('split', 'all'), edge('check', 'good')];
  const stage = { nodes, edges, sinkTopics: { good: 't.good', all: 't.all' } };
  const pipeline = createPipeline({ flow: 'f', version: 1, stage, live, onError: 'dead-letter', trail: follow.trail });
  const message: Message = { key: null, value: [1, 2, 3, 4], headers: {}, timestamp: 0, origin: { topic: 'o', partition: 0, offset: '0' } };
  return (place: { node: string; at: number } | undefined) => {
    follow.begin(place);
    void pipeline.run('in', message, follow.sink, createTally());
    const made = follow.end();
    return { ...made, outputs: made.outputs.map(({ sink, record }) => `${sink} ${record.value}`) };
  };
}

test('of one arrival only its own way is kept: not its siblings, not what its message sent elsewhere', () => {
  const run = graph(() => false);
  expect(run({ node: 'check', at: 2 })).toEqual({ outputs: ['good 3'], failures: [], came: true });
  expect(run({ node: 'check', at: 0 }).outputs).toEqual(['good 1']);
});

test('failures beside the way are of no concern, and those on it are', () => {
  const run = graph((value) => value === 2);
  expect(run({ node: 'check', at: 2 })).toMatchObject({ outputs: ['good 3'], failures: [] });
  expect(run({ node: 'check', at: 1 })).toMatchObject({ outputs: [], failures: [{ code: 'check/bad', node: 'check' }] });
});

test('a sink that failed itself gets its own part alone', () => {
  expect(graph(() => false)({ node: 'all', at: 3 }).outputs).toEqual(['all 4']);
});

test('without a place all is kept, and a place that is not reached is told', () => {
  const run = graph(() => false);
  expect(run(undefined).outputs).toHaveLength(8);
  expect(run({ node: 'check', at: 9 })).toEqual({ outputs: [], failures: [], came: false });
});
