import { describe, expect, it } from 'vitest';
import type { FlowRecord } from '#shared/api.ts';
import type { SavedSample } from '#shared/sample.ts';
import type { TrialRequest, TrialResult } from '#shared/trial.ts';
import { place, setConfig } from '../../../client/editor/document.ts';
import { createEditor } from '../../../client/editor/store.ts';
import { createWorkspace } from '../../../client/samples/workspace.ts';
import { createTrial, type TrialState, takingPart } from '../../../client/try/trial-store.ts';
import { until } from '../../wait.ts';
import { types } from '../editor/fixture.ts';
import { mixed, shop } from './fixture.ts';

const record: FlowRecord = { flow: shop, revision: 1, updatedAt: '2026-01-01T00:00:00Z', updatedBy: 'a', changed: false };
const sample = (id: string): SavedSample => ({
  id,
  name: id,
  origin: { kind: 'pasted' },
  key: null,
  headers: {},
  timestamp: null,
  preview: '{}',
  size: 2,
  masked: 0,
  createdAt: '2026-01-01T00:00:00Z',
  createdBy: 'a',
});

/** A Try whose runs are answered by hand. */
async function trying(samples: string[] = ['s0', 's1', 's2']) {
  const editor = createEditor(record, { types: [...types.values()], failures: [] });
  const refuse = () => Promise.reject(new Error('not asked for here'));
  const list = samples.map(sample);
  const workspace = createWorkspace('orders', {
    savedSamples: async () => [...list],
    takeSamples: refuse,
    renameSample: refuse,
    deleteSample: refuse,
  });
  await workspace.load();
  const runs: { request: TrialRequest; signal: AbortSignal; answer: (result: TrialResult) => void; fail: (error: Error) => void }[] = [];
  const trial = createTrial({
    editor,
    workspace,
    restMs: 1,
    run: (_flow, request, signal) => new Promise((answer, fail) => runs.push({ request, signal, answer, fail })),
  });
  const detach = trial.attach();
  const enter = () => editor.set({ trying: { turn: 1 } });
  const when = (what: string, holds: (state: TrialState) => boolean) => until(what, () => holds(trial.getState()));
  const started = (count: number) => until(`run ${count} has started`, () => runs.length === count);
  const answered = async (result: TrialResult) => {
    runs.at(-1)?.answer(result);
    await when('the answer is there', ({ state }) => state === 'done');
  };
  return { editor, workspace, list, trial, runs, detach, enter, when, started, answered };
}

const named = (): TrialResult => {
  const result = mixed();
  return { ...result, inputs: result.inputs.map((input, index) => ({ ...input, sample: `s${index}` })) };
};

describe('a Try', () => {
  it('runs the document on screen over all samples when it begins, and shows first what failed', async () => {
    const { editor, trial, runs, enter, answered } = await trying();
    enter();
    expect(runs[0]?.request).toMatchObject({ flow: shop, samples: ['s0', 's1', 's2'], seed: 1 });
    expect(editor.getState().drawer).toEqual({ kind: 'try' });
    await answered(named());
    const { node, record: shown, tried } = trial.getState();
    expect(node === undefined ? [] : tried?.result.nodes[node]?.failed.map((each) => each.record)).toContain(shown);
    expect(editor.selection().nodes).toEqual([node]);
  });

  it('runs again after an edit of the logic, ending the run before, and is stale until the answer comes', async () => {
    const { editor, trial, runs, enter, started, answered } = await trying();
    enter();
    await answered(named());
    editor.edit('change', (flow) => setConfig(flow, 'map', 'text', 'other'));
    expect(trial.getState().stale).toBe(true);
    await started(2);
    editor.edit('change', (flow) => setConfig(flow, 'map', 'text', 'another'));
    await started(3);
    expect(runs[1]?.signal.aborted).toBe(true);
    runs[1]?.answer({ ...named(), hash: 'late' });
    await answered({ ...named(), hash: 'new' });
    expect(trial.getState()).toMatchObject({ stale: false, tried: { result: { hash: 'new' } } });
    expect(runs[2]?.request.flow?.nodes[1]?.config).toEqual({ text: 'another' });
  });

  it('does not run when only the drawing changed', async () => {
    const { editor, trial, runs, enter, answered } = await trying();
    enter();
    await answered(named());
    editor.edit('move', (flow) => place(flow, { map: { x: 9, y: 9 } }));
    expect(trial.getState().stale).toBe(false);
    editor.edit('change', (flow) => setConfig(flow, 'map', 'text', 'now'));
    await until('the edit ran', () => runs.length === 2);
    expect(runs[1]?.request.flow?.layout.positions.map).toEqual({ x: 9, y: 9 });
  });

  it('runs again when samples come or are left out, and when clock, seed or answers of calls change', async () => {
    const { workspace, list, trial, runs, enter, started, answered } = await trying();
    enter();
    await answered(named());
    list.push(sample('s3'));
    await workspace.load();
    await started(2);
    trial.set({ left: new Set(['s1']) });
    await started(3);
    trial.set({ seed: 7, now: 5, calls: { map: { mode: 'fixed', value: 1 } } });
    await started(4);
    expect(runs.map(({ request }) => request.samples?.length)).toEqual([3, 4, 3, 3]);
    expect(runs[3]?.request).toMatchObject({ seed: 7, now: 5, calls: { map: { mode: 'fixed', value: 1 } } });
  });

  it('follows one sample from node to node and through a new run', async () => {
    const { editor, trial, enter, started, answered } = await trying();
    enter();
    await answered(named());
    trial.follow(1);
    expect(trial.getState()).toMatchObject({ follow: 's1' });
    editor.select({ nodes: ['in'] });
    expect(trial.getState()).toMatchObject({ node: 'in', record: 1 });
    editor.edit('change', (flow) => setConfig(flow, 'map', 'text', 'x'));
    await started(2);
    await answered(named());
    expect(trial.getState()).toMatchObject({ node: 'in', record: 1, follow: 's1' });
  });

  it('ends when it is stopped or left, and an answer that comes later changes nothing', async () => {
    const { editor, trial, runs, enter } = await trying();
    enter();
    trial.stop();
    expect(runs[0]?.signal.aborted).toBe(true);
    expect(trial.getState().state).toBe('stopped');
    trial.run();
    editor.set({ trying: undefined });
    expect(runs[1]?.signal.aborted).toBe(true);
    expect(editor.getState().drawer).toBeUndefined();
    runs[1]?.answer(named());
    await Promise.resolve();
    expect(trial.getState().tried).toBeUndefined();
  });

  it('says what failed and runs nothing without samples', async () => {
    const { trial, runs, enter, when } = await trying();
    enter();
    runs[0]?.fail(new Error('the server sleeps'));
    await when('it has failed', ({ state }) => state === 'failed');
    expect(trial.getState().error).toEqual(new Error('the server sleeps'));
    const empty = await trying([]);
    empty.enter();
    expect(empty.runs).toEqual([]);
    expect(empty.trial.getState()).toMatchObject({ state: 'idle', stale: false });
  });

  it('takes at most a hundred samples', () => {
    const many = Array.from({ length: 150 }, (_, index) => ({ id: `s${index}` }));
    expect(takingPart(many, new Set(['s0']))).toEqual(many.slice(1, 101).map(({ id }) => id));
  });
});
