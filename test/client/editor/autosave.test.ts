import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FlowRecord } from '#shared/api.ts';
import type { Flow } from '#shared/flow.ts';
import { ApiError } from '../../../client/api.ts';
import { saveAfterMs, startAutosave } from '../../../client/editor/autosave.ts';
import { rename } from '../../../client/editor/document.ts';
import { createEditor } from '../../../client/editor/store.ts';
import { line, types } from './fixture.ts';

const recordOf = (flow: Flow, revision: number): FlowRecord => ({
  flow,
  revision,
  updatedAt: '2026-01-03T10:00:00Z',
  updatedBy: 'Ada',
  changed: false,
});

/** A server with one flow that keeps the If-Match rule. */
function server(first: Flow) {
  let stored = recordOf(first, 1);
  const saves: string[] = [];
  return {
    saves,
    /** Somebody else saves. */
    intrude(flow: Flow) {
      stored = recordOf(flow, stored.revision + 1);
    },
    flow: async () => stored,
    createFlow: async (flow: Flow) => recordOf(flow, 1),
    saveFlow: async (flow: Flow, revision: number) => {
      if (revision !== stored.revision) throw new ApiError('PUT', 412, 'Somebody else was faster.');
      saves.push(flow.nodes[1]?.label ?? '');
      stored = recordOf(flow, revision + 1);
      return stored;
    },
  };
}

function setUp() {
  const flow = line();
  const remote = server(flow);
  const editor = createEditor(recordOf(flow, 1), { types: [...types.values()], failures: [] });
  const autosave = startAutosave(editor, remote);
  const label = (text: string) => editor.edit('rename', (doc) => rename(doc, 'map', text), { merge: 'label' });
  return { remote, editor, autosave, label };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('many edits in a row are saved once, when the hands rest', async () => {
  const { remote, editor, label } = setUp();
  label('a');
  label('ab');
  label('abc');
  expect(editor.getState().save.kind).toBe('waiting');
  await vi.advanceTimersByTimeAsync(saveAfterMs + 1);
  expect(remote.saves).toEqual(['abc']);
  expect(editor.getState().save.kind).toBe('saved');
  expect(editor.getState().record.revision).toBe(2);
});

test('an edit that is undone before the save is not saved', async () => {
  const { remote, editor, label } = setUp();
  label('a');
  editor.undo();
  await vi.advanceTimersByTimeAsync(saveAfterMs * 2);
  expect(remote.saves).toEqual([]);
});

test('a draft that is as it was saved is not called saved while an edit before its undo is on its way', async () => {
  const { remote, editor, label } = setUp();
  let arrive = () => undefined as void;
  const held = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const { saveFlow } = remote;
  remote.saveFlow = async (flow, revision) => {
    await held;
    return saveFlow(flow, revision);
  };
  label('a');
  await vi.advanceTimersByTimeAsync(saveAfterMs + 1);
  editor.undo();
  expect(editor.getState().save.kind).toBe('saving');
  arrive();
  await vi.advanceTimersByTimeAsync(saveAfterMs * 2);
  expect(remote.saves).toEqual(['a', line().nodes[1]?.label]);
  expect(editor.getState().save.kind).toBe('saved');
});

test('a draft that somebody else saved meanwhile is never overwritten', async () => {
  const { remote, editor, autosave, label } = setUp();
  remote.intrude(rename(line(), 'map', 'theirs'));
  label('mine');
  await vi.advanceTimersByTimeAsync(saveAfterMs + 1);
  expect(editor.getState().save.kind).toBe('conflict');
  label('mine again');
  await vi.advanceTimersByTimeAsync(saveAfterMs * 3);
  expect(remote.saves).toEqual([]);
  await autosave.loadTheirs();
  expect(editor.flow().nodes[1]?.label).toBe('theirs');
  editor.undo();
  expect(editor.flow().nodes[1]?.label).toBe('mine again');
});

test('changes of two people in different places are merged without a question, as one step that undo takes back', async () => {
  const { remote, editor, label } = setUp();
  remote.intrude(rename(line(), 'store', 'their store'));
  label('mine');
  await vi.advanceTimersByTimeAsync(saveAfterMs * 2 + 1);
  expect(editor.flow().nodes.map((node) => node.label)).toEqual(['', 'mine', 'their store']);
  expect(editor.getState().said.text).toBe('Merged with Ada’s change: their store: renamed from “Store” to “their store”.');
  expect(remote.saves).toEqual(['mine']);
  expect(editor.getState().save.kind).toBe('saved');
  expect(editor.getState().record.revision).toBe(3);
  expect(editor.getState().history.past.at(-1)?.label).toBe('merge with changes by Ada');
  editor.undo();
  expect(editor.flow().nodes.map((node) => node.label)).toEqual(['', 'mine', '']);
});

test('what two people changed alike is no conflict', async () => {
  const { remote, editor, label } = setUp();
  remote.intrude(rename(line(), 'map', 'same'));
  label('same');
  await vi.advanceTimersByTimeAsync(saveAfterMs + 1);
  expect(editor.getState().save.kind).toBe('saved');
  expect(remote.saves).toEqual([]);
});

test('a conflict is settled as chosen, what was typed meanwhile included, and then saved', async () => {
  const { remote, editor, autosave, label } = setUp();
  remote.intrude(rename(rename(line(), 'map', 'theirs'), 'store', 'their store'));
  label('mine');
  await vi.advanceTimersByTimeAsync(saveAfterMs + 1);
  expect(editor.getState().save.kind).toBe('conflict');
  editor.edit('rename', (flow) => rename(flow, 'hook', 'my hook'));
  autosave.settle({ 'nodes/map/label': 'mine' });
  await vi.advanceTimersByTimeAsync(saveAfterMs * 2);
  expect(editor.flow().nodes.map((node) => node.label)).toEqual(['my hook', 'mine', 'their store']);
  expect(remote.saves).toEqual(['mine']);
  expect(editor.getState().save.kind).toBe('saved');
});

test('somebody who saves again while a conflict is settled is merged too', async () => {
  const { remote, editor, autosave, label } = setUp();
  remote.intrude(rename(line(), 'map', 'theirs'));
  label('mine');
  await vi.advanceTimersByTimeAsync(saveAfterMs + 1);
  remote.intrude(rename(rename(line(), 'map', 'theirs'), 'store', 'later'));
  autosave.settle({ 'nodes/map/label': 'mine' });
  await vi.advanceTimersByTimeAsync(saveAfterMs * 4);
  expect(editor.flow().nodes.map((node) => node.label)).toEqual(['', 'mine', 'later']);
  expect(remote.saves).toEqual(['mine']);
});

test('what somebody else saved shows by itself when there is nothing of ours to lose', async () => {
  const { remote, editor, autosave } = setUp();
  remote.intrude(rename(line(), 'map', 'theirs'));
  await autosave.noticeRevision(2);
  expect(editor.flow().nodes[1]?.label).toBe('theirs');
  expect(editor.getState().save.kind).toBe('saved');
});

test('a reader changes nothing and is told why', () => {
  const flow = line();
  const editor = createEditor(recordOf(flow, 1), { types: [], failures: [] }, 'Your role is viewer.');
  expect(editor.edit('rename', (doc) => rename(doc, 'map', 'x'))).toBe(false);
  expect(editor.flow()).toBe(flow);
  expect(editor.getState().said).toMatchObject({ text: 'Your role is viewer.', tone: 'refused' });
});
