import { useEffect } from 'react';
import { useStore } from 'zustand';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Flow } from '#shared/flow.ts';
import type { FlowTestInfo } from '#shared/flow-test/listing.ts';
import type { FlowTestResult } from '#shared/flow-test/result.ts';
import { api } from '../api.ts';
import { type Removal, startRemoval } from '../ui/removal.ts';

/** A result with the document and the revision of the case that it is about. */
export interface Ran {
  result: FlowTestResult;
  /** ISO. */
  at: string;
  flow: Flow;
  revision: number;
}

export interface BenchState {
  state: 'loading' | 'ready' | 'failed';
  error?: unknown;
  /** By name, without those that wait to be deleted. */
  tests: readonly FlowTestInfo[];
  /** The last result of each case, by its id. */
  results: ReadonlyMap<string, Ran>;
  /** Set while tests run: those under way, and how far it is. */
  running: { now: ReadonlySet<string>; done: number; all: number } | undefined;
  /** Why the last run did not come to its end. */
  runError?: unknown;
  /** Whether edits of the draft run the tests. */
  auto: boolean;
  /** The case that is looked at. */
  chosen: string | undefined;
}

/** The tests of one flow, as every part of the studio sees them. */
export interface TestBench extends StoreApi<BenchState> {
  readonly flow: string;
  /** Reads the list again. `stored` is the draft as it is stored, which the server's results are about. */
  load(stored?: Flow): Promise<void>;
  /** Reads the list where it was not read for this stored draft yet. */
  follow(stored: Flow | undefined): void;
  /** Runs all, or those with these ids, on a document. What runs already is stopped. Never rejects. */
  run(document: Flow, names?: readonly string[]): Promise<void>;
  stop(): void;
  /** Takes a test off the list at once and deletes it when `finish` is called, unless `undo` is called before. */
  remove(test: FlowTestInfo, onError: (error: unknown) => void): Removal;
  choose(test: string): void;
}

/** What the bench asks of the server; {@link api} is one. */
export type TestApi = Pick<typeof api, 'flowTests' | 'runFlowTests' | 'deleteFlowTest'>;

/** Cases of one request: few, so that results come one after the other. */
const atOnce = 4;

/** A bench that has not been read yet: call `load`. */
export function createTestBench(flow: string, server: TestApi = api): TestBench {
  const store = createStore<BenchState>(() => ({
    state: 'loading',
    tests: [],
    results: new Map(),
    running: undefined,
    auto: true,
    chosen: undefined,
  }));
  const leaving = new Set<string>();
  let all: readonly FlowTestInfo[] = [];
  let asked = 0;
  let followed: Flow | undefined | null = null;
  let abort: AbortController | undefined;
  const show = (): void => store.setState({ state: 'ready', error: undefined, tests: all.filter(({ id }) => !leaving.has(id)) });

  const bench: TestBench = {
    ...store,
    flow,
    follow(stored) {
      // Strip and panel ask both.
      if (followed !== null && followed === stored) return;
      followed = stored;
      void bench.load(stored);
    },
    async load(stored) {
      const mine = ++asked;
      try {
        const list = await server.flowTests(flow);
        if (mine !== asked) return;
        all = list.tests;
        if (stored) {
          const results = new Map(store.getState().results);
          for (const { id, revision, result } of list.tests) {
            const known = results.get(id);
            if (!result || (known && known.at >= result.at)) continue;
            results.set(id, { result, at: result.at, flow: stored, revision });
          }
          store.setState({ results });
        }
        show();
      } catch (error) {
        if (mine === asked) store.setState({ state: 'failed', error });
      }
    },
    async run(document, names) {
      abort?.abort();
      const mine = new AbortController();
      abort = mine;
      const chosen = store.getState().tests.filter(({ id }) => names === undefined || names.includes(id));
      let done = 0;
      store.setState({ runError: undefined });
      try {
        for (let at = 0; at < chosen.length; at += atOnce) {
          const part = chosen.slice(at, at + atOnce);
          store.setState({ running: { now: new Set(part.map(({ id }) => id)), done, all: chosen.length } });
          const run = await server.runFlowTests(flow, { names: part.map(({ id }) => id), flow: document }, { signal: mine.signal });
          const results = new Map(store.getState().results);
          for (const result of run.results) {
            const revision = part.find(({ id }) => id === result.id)?.revision ?? 0;
            results.set(result.id, { result, at: run.at, flow: document, revision });
          }
          done += part.length;
          store.setState({ results });
        }
      } catch (error) {
        if (!mine.signal.aborted) store.setState({ runError: error });
      } finally {
        if (abort === mine) {
          abort = undefined;
          store.setState({ running: undefined });
        }
      }
    },
    stop() {
      abort?.abort();
    },
    choose: (test) => store.setState({ chosen: test }),
    remove: (test, onError) =>
      startRemoval({
        id: test.id,
        leaving,
        show,
        destroy: () => server.deleteFlowTest(flow, test.id),
        forget: () => {
          all = all.filter(({ id }) => id !== test.id);
        },
        onError,
      }),
  };
  return bench;
}

const benches = new Map<string, TestBench>();

/** The bench of a flow; the same one for all who ask. */
export function benchOf(flow: string): TestBench {
  const known = benches.get(flow);
  if (known) return known;
  const made = createTestBench(flow);
  benches.set(flow, made);
  return made;
}

/** The tests of a flow, read when this comes on screen and when the stored draft is another. */
export function useBench(flow: string, stored?: Flow): BenchState & { bench: TestBench } {
  const bench = benchOf(flow);
  const state = useStore(bench);
  useEffect(() => bench.follow(stored), [bench, stored]);
  return { ...state, bench };
}
