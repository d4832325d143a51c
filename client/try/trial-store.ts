import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Flow } from '#shared/flow.ts';
import { stringifyJson } from '#shared/json.ts';
import { type CallMode, type TrialRequest, type TrialResult, trialLimits } from '#shared/trial.ts';
import { sameLogic } from '../editor/document.ts';
import type { Editor } from '../editor/store.ts';
import type { Workspace } from '../samples/workspace.ts';
import { countTrial, type TrialCounts } from './outcome.ts';
import { inputOf } from './way.ts';

/** A finished Try, and what it was of. */
export interface Tried {
  result: TrialResult;
  counts: TrialCounts;
  /** The document that was tried. */
  flow: Flow;
  /** Ids of the samples that took part. */
  samples: readonly string[];
  /** ms since 1970 when the answer came. */
  at: number;
}

export interface TrialState {
  state: 'idle' | 'running' | 'done' | 'failed' | 'stopped';
  error?: unknown;
  tried: Tried | undefined;
  /** True when the draft, the samples or the settings are not those of `tried` any more. */
  stale: boolean;
  /** Samples of the workspace that do not take part. */
  left: ReadonlySet<string>;
  calls: Readonly<Record<string, CallMode>>;
  /** The clock of the Try in ms since 1970; undefined: each message's own time. */
  now: number | undefined;
  seed: number;
  /** The node that the panel is about. */
  node: string | undefined;
  /** The record that came to that node and is looked at. */
  record: number | undefined;
  /** Which input is followed: its sample's id, which outlives a run. */
  follow: string | undefined;
}

/**
 * The Try of one editor: a mode of the canvas (`EditorState.trying`) that runs the draft when it begins and whenever
 * document, samples or settings change. Leaving it stops what runs; the last result is kept.
 */
export interface Trial extends StoreApi<TrialState> {
  /** Runs now. */
  run(): void;
  stop(): void;
  /** Shows a node, and a record that came to it; without one the followed message's first there. */
  look(node: string, record?: number): void;
  /** Follows an input: every node then shows this message first. */
  follow(input: number): void;
  set(change: Partial<Pick<TrialState, 'left' | 'calls' | 'now' | 'seed'>>): void;
  /** Follows editor and samples until what it gives is called. */
  attach(): () => void;
}

export interface TrialParts {
  editor: Editor;
  workspace: Workspace;
  run(flow: string, request: TrialRequest, signal: AbortSignal): Promise<TrialResult>;
  /** ms that the hands must rest before an edit runs again. */
  restMs?: number;
}

/** Ids of the samples that take part, at most as many as one Try takes. */
export function takingPart(samples: readonly { id: string }[], left: ReadonlySet<string>): string[] {
  return samples.flatMap(({ id }) => (left.has(id) ? [] : [id])).slice(0, trialLimits.messages);
}

/** A Try that is off. */
export function createTrial({ editor, workspace, run, restMs = 400 }: TrialParts): Trial {
  const store = createStore<TrialState>(() => ({
    state: 'idle',
    tried: undefined,
    stale: false,
    left: new Set(),
    calls: {},
    now: undefined,
    seed: 1,
    node: undefined,
    record: undefined,
    follow: undefined,
  }));
  const { getState, setState } = store;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;
  /** What the last run, finished or not, was of: everything but the document, as text. */
  let asked: { flow: Flow; rest: string } | undefined;

  const requestOf = (): TrialRequest => {
    const { left, calls, now, seed } = getState();
    return {
      flow: editor.flow(),
      samples: takingPart(workspace.getState().samples, left),
      seed,
      ...(Object.keys(calls).length > 0 && { calls: { ...calls } }),
      ...(now !== undefined && { now }),
    };
  };
  const restOf = ({ flow: _flow, ...rest }: TrialRequest): string => stringifyJson(rest) ?? '';

  const start = (): void => {
    clearTimeout(timer);
    running?.abort();
    const request = requestOf();
    const { flow = editor.flow(), samples = [] } = request;
    asked = { flow, rest: restOf(request) };
    if (samples.length === 0) {
      running = undefined;
      setState({ state: 'idle', tried: undefined, stale: false, error: undefined });
      return;
    }
    const mine = new AbortController();
    running = mine;
    setState({ state: 'running', error: undefined, stale: getState().tried !== undefined });
    run(flow.id, request, mine.signal).then(
      (result) => {
        if (mine.signal.aborted) return;
        running = undefined;
        setState({
          state: 'done',
          stale: false,
          tried: { result, counts: countTrial(flow, result), flow, samples, at: Date.now() },
        });
        settle();
      },
      (error: unknown) => {
        if (mine.signal.aborted) return;
        running = undefined;
        setState({ state: 'failed', error });
      },
    );
  };

  /** After a run: the same message at the same node, as far as they are still there. */
  const settle = (): void => {
    const { tried, node } = getState();
    if (!tried) return;
    const { nodes } = tried.result;
    const [chosen] = editor.selection().nodes;
    const failed = Object.keys(nodes).find((id) => (nodes[id]?.failed.length ?? 0) > 0);
    const wanted = [chosen, node, failed, tried.result.inputs[0]?.node].find((id) => id !== undefined && nodes[id] !== undefined);
    if (wanted === undefined) setState({ record: undefined });
    else if (chosen === undefined) editor.select({ nodes: [wanted] });
    // What failed is what a person wants to see first.
    const record = chosen === undefined && node === undefined && wanted !== undefined ? nodes[wanted]?.failed[0]?.record : undefined;
    if (wanted !== undefined) look(wanted, record);
  };

  const followed = (result: TrialResult): number | undefined => {
    const { follow } = getState();
    const index = result.inputs.findIndex(({ sample, name }) => (sample ?? name) === follow);
    return index < 0 ? undefined : index;
  };

  const look = (node: string, record?: number): void => {
    const result = getState().tried?.result;
    const came = result?.nodes[node]?.in ?? [];
    const mine = result && followed(result);
    const chosen = record ?? came.find((id) => result && mine !== undefined && inputOf(result, id) === mine) ?? came[0];
    const input = result && chosen !== undefined ? result.inputs[inputOf(result, chosen) ?? -1] : undefined;
    setState((state) => ({
      node,
      record: chosen,
      follow: record === undefined && state.follow !== undefined ? state.follow : (input?.sample ?? input?.name ?? state.follow),
    }));
  };

  const wake = (): void => {
    if (editor.getState().trying === undefined) return;
    const request = requestOf();
    const same = asked !== undefined && asked.rest === restOf(request) && sameLogic(asked.flow, editor.flow());
    if (same) return;
    setState(({ tried }) => ({ stale: tried !== undefined }));
    clearTimeout(timer);
    timer = setTimeout(start, restMs);
  };
  const enter = (): void => {
    editor.set({ drawer: { kind: 'try' }, inspector: false });
    if (workspace.getState().state === 'ready') start();
    // Else the list wakes the Try when it comes.
    else void workspace.load();
  };
  const halt = (): void => {
    clearTimeout(timer);
    running?.abort();
    running = undefined;
  };
  const leave = (): void => {
    halt();
    asked = undefined;
    setState(({ state }) => ({ state: state === 'running' ? 'stopped' : state }));
    if (editor.getState().drawer?.kind === 'try') editor.set({ drawer: undefined });
  };
  const attach = (): (() => void) => {
    const unsubscribe = [
      workspace.subscribe(wake),
      editor.subscribe((state, before) => {
        if (state.trying !== before.trying) {
          if (state.trying === undefined) leave();
          else if (before.trying === undefined) enter();
          else start();
        }
        if (state.history === before.history) return;
        wake();
        const [node] = state.history.present.selection.nodes;
        if (state.trying && node !== undefined && node !== before.history.present.selection.nodes[0]) look(node);
      }),
    ];
    return () => {
      halt();
      for (const end of unsubscribe) end();
    };
  };

  return {
    ...store,
    run: start,
    stop() {
      halt();
      setState(({ tried }) => ({ state: 'stopped', stale: tried !== undefined }));
    },
    look,
    follow(input) {
      const { tried, node } = getState();
      const chosen = tried?.result.inputs[input];
      if (!tried || !chosen) return;
      setState({ follow: chosen.sample ?? chosen.name });
      const there = node !== undefined && tried.result.nodes[node]?.in.some((id) => inputOf(tried.result, id) === input);
      look(there ? (node ?? chosen.node) : chosen.node);
    },
    set(change) {
      setState(change);
      wake();
    },
    attach,
  };
}

/** The Try of the editor on screen. */
export const TrialContext = createContext<Trial | undefined>(undefined);

/** The Try around this component; its methods are stable. */
export function useTrial(): Trial {
  const trial = useContext(TrialContext);
  if (trial === undefined) throw new Error('This part belongs inside the flow editor.');
  return trial;
}

/** A part of the Try's state; renders again only when that part changes. Never select a new object. */
export function useTrialState<T>(select: (state: TrialState) => T): T {
  return useStore(useTrial(), select);
}
