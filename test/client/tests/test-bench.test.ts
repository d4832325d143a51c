import { describe, expect, it } from 'vitest';
import { type Flow, flowSchema } from '#shared/flow.ts';
import type { FlowTestInfo, FlowTestList } from '#shared/flow-test/listing.ts';
import type { FlowTestResult, FlowTestRun } from '#shared/flow-test/result.ts';
import { createTestBench, type TestApi } from '../../../client/tests/test-bench.ts';

const flow: Flow = flowSchema.parse({ format: 1, id: 'shop', name: 'Shop' });
const info = (id: string, more: Partial<FlowTestInfo> = {}): FlowTestInfo => ({
  id,
  name: id,
  revision: 1,
  samples: 1,
  updatedAt: '2026-01-03T10:00:00Z',
  updatedBy: 'Mira',
  ...more,
});
const resultOf = (id: string, state: 'passed' | 'failed' = 'passed'): FlowTestResult => ({
  id,
  name: id,
  state,
  sentence: '',
  checks: [],
  reached: [],
  unreached: [],
  ms: 1,
});

/** A server that keeps what it was asked; runs answer when they are let go. */
function serverOf(tests: FlowTestInfo[]) {
  const runs: { names: readonly string[]; answer: (run: FlowTestRun) => void; signal: AbortSignal }[] = [];
  const deleted: string[] = [];
  const api: TestApi = {
    flowTests: async (): Promise<FlowTestList> => ({ hash: 'h', tests, waivers: [] }),
    runFlowTests: (_id, { names = [] }, { signal } = {}) =>
      new Promise((resolve, reject) => {
        const given = signal ?? new AbortController().signal;
        given.addEventListener('abort', () => reject(new Error('aborted')));
        runs.push({ names, answer: resolve, signal: given });
      }),
    deleteFlowTest: async (_id, test) => {
      deleted.push(test);
    },
  };
  const run = (at: number): FlowTestRun => {
    const { names, answer } = runs[at] ?? expect.unreachable();
    const done: FlowTestRun = {
      hash: 'h',
      at: '2026-01-03T11:00:00Z',
      by: 'Mira',
      results: names.map((name) => resultOf(name)),
      coverage: { nodes: { all: 0, reached: 0 }, branches: { all: 0, reached: 0 }, unreached: [], waived: [] },
      ms: 1,
    };
    answer(done);
    return done;
  };
  return { api, runs, deleted, run };
}
/** Everything that was promised has been told. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
const names = (count: number) => Array.from({ length: count }, (_, at) => info(`t${at}`));

describe('the tests of a flow in the studio', () => {
  it('run some at a time, each with its result as soon as it is there, and say how far they are', async () => {
    const server = serverOf(names(6));
    const bench = createTestBench('shop', server.api);
    await bench.load(flow);
    const over = bench.run(flow);
    expect(bench.getState().running).toMatchObject({ done: 0, all: 6 });
    server.run(0);
    await settle();
    expect(bench.getState().running).toMatchObject({ done: 4, all: 6 });
    expect([...bench.getState().results.keys()]).toEqual(['t0', 't1', 't2', 't3']);
    server.run(1);
    await over;
    expect(bench.getState()).toMatchObject({ running: undefined, runError: undefined });
    expect(bench.getState().results.size).toBe(6);
  });

  it('run those that are named, on the document that is on screen', async () => {
    const server = serverOf(names(3));
    const bench = createTestBench('shop', server.api);
    await bench.load(flow);
    const over = bench.run(flow, ['t1']);
    expect(server.runs.map((one) => one.names)).toEqual([['t1']]);
    server.run(0);
    await over;
    expect(bench.getState().results.get('t1')?.flow).toBe(flow);
  });

  it('stop what runs when they are run again, or when somebody says so, without an error', async () => {
    const server = serverOf(names(1));
    const bench = createTestBench('shop', server.api);
    await bench.load(flow);
    const first = bench.run(flow);
    const second = bench.run(flow);
    await first;
    expect(server.runs[0]?.signal.aborted).toBe(true);
    expect(bench.getState().running).toMatchObject({ all: 1 });
    bench.stop();
    await second;
    expect(bench.getState()).toMatchObject({ running: undefined, runError: undefined });
  });

  it('take over what the server knows of the stored draft, but nothing older than what is there', async () => {
    const known = { ...resultOf('t0', 'failed'), at: '2026-01-03T10:30:00Z', by: 'Jo' };
    const server = serverOf([info('t0', { result: known })]);
    const bench = createTestBench('shop', server.api);
    await bench.load(flow);
    expect(bench.getState().results.get('t0')?.result.state).toBe('failed');
    const over = bench.run(flow);
    server.run(0);
    await over;
    await bench.load(flow);
    expect(bench.getState().results.get('t0')?.result.state).toBe('passed');
  });

  it('leave the list at once when they are deleted, and come back when that is undone', async () => {
    const server = serverOf(names(2));
    const bench = createTestBench('shop', server.api);
    await bench.load(flow);
    const [first, second] = bench.getState().tests;
    const one = bench.remove(first ?? expect.unreachable(), () => undefined);
    expect(bench.getState().tests.map(({ id }) => id)).toEqual(['t1']);
    one.undo();
    one.finish();
    expect(bench.getState().tests).toHaveLength(2);
    bench.remove(second ?? expect.unreachable(), () => undefined).finish();
    await settle();
    expect(server.deleted).toEqual(['t1']);
  });

  it('say why a run did not come to its end', async () => {
    const server = serverOf(names(1));
    const bench = createTestBench('shop', { ...server.api, runFlowTests: () => Promise.reject(new Error('busy')) });
    await bench.load(flow);
    await bench.run(flow);
    expect(bench.getState().runError).toMatchObject({ message: 'busy' });
  });
});
