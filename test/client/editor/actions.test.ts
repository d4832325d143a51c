import { expect, test } from 'vitest';
import { actions } from '../../../client/editor/action-table.ts';
import { perform } from '../../../client/editor/actions.ts';
import { matches } from '../../../client/editor/keys.ts';
import { createEditor } from '../../../client/editor/store.ts';
import { line, types } from './fixture.ts';

const editorOf = (readOnly?: string) =>
  createEditor(
    { flow: line(), revision: 1, updatedAt: '2026-01-03T10:00:00Z', updatedBy: 'Ada', changed: false },
    { types: [...types.values()], failures: [] },
    readOnly,
  );
const press = (key: string, more: object = {}) => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...more,
});

test('no two actions answer the same chord', () => {
  const chords = actions.flatMap((action) => action.keys);
  expect(new Set(chords).size).toBe(chords.length);
});

test('every action has an id of its own', () => {
  expect(new Set(actions.map((action) => action.id)).size).toBe(actions.length);
});

test('a chord is matched with its modifiers and nothing more', () => {
  expect(matches('Mod+Shift+Z', press('Z', { ctrlKey: true, shiftKey: true }))).toBe(true);
  expect(matches('Mod+Z', press('Z', { ctrlKey: true, shiftKey: true }))).toBe(false);
  expect(matches('A', press('a'))).toBe(true);
  expect(matches('A', press('a', { ctrlKey: true }))).toBe(false);
  expect(matches('Shift+1', press('!', { code: 'Digit1', shiftKey: true }))).toBe(true);
  expect(matches('?', press('?', { shiftKey: true }))).toBe(true);
});

test('arrows walk the nodes, Del removes the one in focus, undo brings it and its selection back', () => {
  const editor = editorOf();
  perform(editor, 'go-right');
  perform(editor, 'go-right');
  expect(editor.selection().nodes).toEqual(['map']);
  perform(editor, 'delete');
  expect(editor.flow().nodes).toHaveLength(2);
  perform(editor, 'undo');
  expect(editor.flow()).toEqual(line());
  expect(editor.selection().nodes).toEqual(['map']);
});

test('nudging with the keyboard several times is one entry', () => {
  const editor = editorOf();
  editor.select({ nodes: ['map'] });
  for (let i = 0; i < 3; i++) perform(editor, 'move-down');
  expect(editor.flow().layout.positions.map).toEqual({ x: 304, y: 48 });
  expect(editor.getState().history.past).toHaveLength(1);
});

test('E walks the lines of a node', () => {
  const editor = editorOf();
  editor.select({ nodes: ['map'] });
  perform(editor, 'edge-next');
  expect(editor.selection().edge).toBe('e1');
});

test('what changes the document is refused to readers with the reason', () => {
  const editor = editorOf('Your role is viewer.');
  editor.select({ nodes: ['map'] });
  for (const each of actions) if (each.edits) expect(perform(editor, each.id)).toBe(false);
  expect(editor.getState().said.text).toBe('Your role is viewer.');
});
