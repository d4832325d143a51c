import type { Action } from './action-table.ts';
import { anyNode, chosen } from './gestures.ts';

const always = () => true;

/** The actions that change only what is seen of the canvas. */
export const viewActions: readonly Action[] = [
  {
    id: 'fit',
    label: 'Fit all',
    icon: 'fit',
    keys: ['Shift+1'],
    scope: 'canvas',
    group: 'View',
    edits: false,
    when: always,
    perform: (editor) => editor.getState().view?.fit(),
  },
  {
    id: 'fit-selection',
    label: 'Fit the selection',
    keys: ['Shift+2'],
    scope: 'canvas',
    group: 'View',
    edits: false,
    when: anyNode,
    perform: (editor) => editor.getState().view?.fit(chosen(editor)),
  },
  {
    id: 'zoom-in',
    label: 'Zoom in',
    icon: 'plus',
    keys: ['Plus'],
    scope: 'canvas',
    group: 'View',
    edits: false,
    when: always,
    perform: (editor) => editor.getState().view?.zoomBy(1.25),
  },
  {
    id: 'zoom-out',
    label: 'Zoom out',
    icon: 'minus',
    keys: ['Minus'],
    scope: 'canvas',
    group: 'View',
    edits: false,
    when: always,
    perform: (editor) => editor.getState().view?.zoomBy(0.8),
  },
  {
    id: 'zoom-full',
    label: 'Full size',
    keys: ['Shift+0'],
    scope: 'canvas',
    group: 'View',
    edits: false,
    when: always,
    perform: (editor) => editor.getState().view?.zoomTo(1),
  },
];
