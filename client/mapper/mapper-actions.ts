import { moveRule } from '#shared/mapping/edit/field.ts';
import { sourceKey } from '#shared/mapping/rows/source.ts';
import type { TargetNode } from '#shared/mapping/rows/target.ts';
import { type OpenView, pathToRule } from '#shared/mapping/view.ts';
import { isTyping, matches } from '../editor/keys.ts';
import { onceDrawn } from '../ui/focus.tsx';
import {
  along,
  canEdit,
  clear,
  commit,
  editable,
  fold,
  mapField,
  nameOfRow,
  nextNeed,
  openRow,
  pickedField,
  select,
  selectField,
} from './gestures.ts';
import type { Mapper, RowTool } from './mapper-store.ts';
import { modelOf } from './model.ts';
import { stepSample } from './sample-switcher.tsx';

/**
 * Everything that can be done in the mapper, once: keys, the menu of a row and the shortcut list read this table.
 */
export interface MapperAction {
  id: string;
  label: string;
  /** Chords; the first one is shown. */
  keys: readonly string[];
  /** Where the key counts: in either tree, or anywhere in the mapper but in a text field. */
  where: 'source' | 'target' | 'trees' | 'mapper';
  /** Stands in the menu of a target row. */
  menu?: 'edit' | 'more' | 'go';
  /** Changes the mapping. */
  edits: boolean;
  when(mapper: Mapper): boolean;
  perform(mapper: Mapper): void;
}

/** The target row that is selected. */
export function rowHere(mapper: Mapper): TargetNode | undefined {
  const { row } = mapper.getState();
  return row === undefined ? undefined : modelOf(mapper).target.nodes.get(row);
}

const onRow = (mapper: Mapper): boolean => {
  const kind = rowHere(mapper)?.kind;
  return kind !== undefined && kind !== 'add' && kind !== 'variables';
};
const always = () => true;

function withRow(act: (mapper: Mapper, row: TargetNode) => void): (mapper: Mapper) => void {
  return (mapper) => {
    const row = rowHere(mapper);
    if (row !== undefined) act(mapper, row);
  };
}

const tool = (id: RowTool, label: string, key: string): MapperAction => ({
  id,
  label,
  keys: [key],
  where: 'target',
  menu: 'edit',
  edits: true,
  when: onRow,
  perform: withRow((mapper, row) => openRow(mapper, row, id)),
});

/** The table, in the order of menus; the first match of a key wins. */
export const mapperActions: readonly MapperAction[] = [
  {
    id: 'edit',
    label: 'Edit the rule',
    keys: ['Enter'],
    where: 'target',
    menu: 'edit',
    edits: true,
    when: (mapper) => rowHere(mapper) !== undefined,
    perform: withRow((mapper, row) => openRow(mapper, row)),
  },
  {
    id: 'map-from',
    label: 'Map from a field…',
    keys: ['M'],
    where: 'target',
    menu: 'edit',
    edits: true,
    when: (mapper) => rowHere(mapper) !== undefined && rowHere(mapper)?.kind !== 'variables',
    perform: withRow((mapper, row) => {
      mapper.set({ open: { kind: 'map-from', target: row.path, ...(row.rule ? { rule: row.rule.id } : {}) } });
    }),
  },
  tool('constant', 'Fixed value', 'C'),
  tool('function', 'Function', 'F'),
  tool('loop', 'For each item of a list', 'L'),
  tool('condition', 'Only when', 'W'),
  tool('default', 'Value if missing', 'D'),
  tool('table', 'Value table', 'T'),
  tool('template', 'Text with fields', 'X'),
  { ...tool('code', 'Edit as code', 'Mod+E'), menu: 'more' },
  { ...tool('rename', 'Rename the field', 'F2'), menu: 'more', when: (mapper) => onRow(mapper) && rowHere(mapper)?.rule !== undefined },
  move('move-up', 'Move up', 'Alt+ArrowUp', -1),
  move('move-down', 'Move down', 'Alt+ArrowDown', 1),
  {
    id: 'add-field',
    label: 'Add a field in it',
    keys: ['A'],
    where: 'target',
    menu: 'more',
    edits: true,
    when: (mapper) => addIn(mapper) !== undefined,
    perform: (mapper) => {
      const key = addIn(mapper);
      const row = rowHere(mapper);
      if (row !== undefined) fold(mapper, 'target', row.key, true);
      mapper.set({ naming: key });
    },
  },
  {
    id: 'clear',
    label: 'Clear the row',
    keys: ['Delete', 'Backspace'],
    where: 'target',
    menu: 'more',
    edits: true,
    when: (mapper) => onRow(mapper) && rowHere(mapper)?.rule !== undefined,
    perform: withRow(clear),
  },
  {
    id: 'to-source',
    label: 'To the field it is made of',
    keys: ['Alt+ArrowLeft'],
    where: 'target',
    menu: 'go',
    edits: false,
    when: (mapper) => onRow(mapper),
    perform: withRow((mapper, row) => {
      const keys = along(mapper, 'target', row.key);
      const { field } = mapper.getState();
      const next = keys[(keys.indexOf(field === undefined ? '' : sourceKey(field)) + 1) % Math.max(1, keys.length)];
      const node = next === undefined ? undefined : modelOf(mapper).source.nodes.get(next);
      if (node === undefined) return mapper.editor.say(`${nameOfRow(row)} reads no field.`);
      selectField(mapper, node.path);
      focusSide('source');
    }),
  },
  {
    id: 'to-target',
    label: 'To the row it goes into',
    keys: ['Alt+ArrowRight'],
    where: 'source',
    edits: false,
    when: (mapper) => mapper.getState().field !== undefined,
    perform: (mapper) => {
      const { field, row } = mapper.getState();
      if (field === undefined) return;
      const keys = along(mapper, 'source', sourceKey(field));
      const next = keys[(keys.indexOf(row ?? '') + 1) % Math.max(1, keys.length)];
      if (next === undefined) return mapper.editor.say('No row reads this field.');
      select(mapper, next);
      focusSide('target');
    },
  },
  {
    id: 'pick',
    label: 'Pick, then choose its row',
    keys: ['Enter', 'Space'],
    where: 'source',
    edits: true,
    when: (mapper) => mapper.getState().field !== undefined,
    perform: (mapper) => {
      const { field } = mapper.getState();
      if (field === undefined) return;
      mapper.set({ picked: field });
      mapper.editor.say(`${field.join('.')} is picked: choose its row and press Space. Esc lets it go.`);
      focusSide('target');
    },
  },
  {
    id: 'put',
    label: 'Map the picked field here',
    keys: ['Space'],
    where: 'target',
    edits: true,
    when: (mapper) => mapper.getState().picked !== undefined && rowHere(mapper) !== undefined,
    perform: withRow((mapper, row) => {
      const field = pickedField(mapper);
      if (field !== undefined) mapField(mapper, field, row);
    }),
  },
  {
    id: 'auto-map',
    label: 'Auto-map',
    keys: ['Shift+A'],
    where: 'trees',
    edits: true,
    when: always,
    perform: (mapper) => mapper.set({ open: { kind: 'auto-map' } }),
  },
  {
    id: 'focus',
    label: 'Show only this row',
    keys: ['Shift+F'],
    where: 'target',
    menu: 'go',
    edits: false,
    when: (mapper) => onRow(mapper) || mapper.getState().only !== undefined,
    perform: (mapper) => {
      const { only, row } = mapper.getState();
      const next = only === row ? undefined : row;
      mapper.set({ only: next });
      mapper.editor.say(next === undefined ? 'All rows are shown.' : `Only ${next} is shown.`);
    },
  },
  {
    id: 'next',
    label: 'Next problem or unmapped required field',
    keys: ['N'],
    where: 'trees',
    edits: false,
    when: always,
    perform: (mapper) => {
      nextNeed(mapper, 1);
      focusSide('target');
    },
  },
  {
    id: 'previous',
    label: 'Previous problem or unmapped required field',
    keys: ['Shift+N'],
    where: 'trees',
    edits: false,
    when: always,
    perform: (mapper) => {
      nextNeed(mapper, -1);
      focusSide('target');
    },
  },
  {
    id: 'sample-previous',
    label: 'Previous sample',
    keys: ['['],
    where: 'mapper',
    edits: false,
    when: always,
    perform: (mapper) => stepSample(mapper, -1),
  },
  {
    id: 'sample-next',
    label: 'Next sample',
    keys: [']'],
    where: 'mapper',
    edits: false,
    when: always,
    perform: (mapper) => stepSample(mapper, 1),
  },
];

/** The row that adds a field to the object that is selected, or that the selected field is in. */
function addIn(mapper: Mapper): string | undefined {
  const { nodes, parents } = modelOf(mapper).target;
  for (let key = mapper.getState().row; key !== undefined; key = parents.get(key)) {
    const add = nodes.get(key)?.children.find(({ kind }) => kind === 'add');
    if (add !== undefined) return add.key;
  }
  return [...nodes.values()].find(({ kind, path }) => kind === 'add' && path.length === 0)?.key;
}

function move(id: string, label: string, key: string, by: 1 | -1): MapperAction {
  const place = (mapper: Mapper): { view: OpenView; index: number; count: number; id: string } | undefined => {
    const { view } = mapper.getState();
    const row = rowHere(mapper);
    if (!view.ok || row?.rule === undefined) return undefined;
    const parent = pathToRule(view, row.rule.id).at(-2);
    if (parent?.kind !== 'object' && parent?.kind !== 'group' && parent?.kind !== 'list' && parent?.kind !== 'merge') return undefined;
    const rules = 'fields' in parent ? parent.fields.map(({ rule }) => rule) : parent.items;
    return { view, index: rules.indexOf(row.rule), count: rules.length, id: row.rule.id };
  };
  return {
    id,
    label,
    keys: [key],
    where: 'target',
    menu: 'more',
    edits: true,
    when: (mapper) => {
      const at = place(mapper);
      return at !== undefined && at.index + by >= 0 && at.index + by < at.count;
    },
    perform: withRow((mapper, row) => {
      const at = place(mapper);
      if (at === undefined || editable(mapper) === undefined) return;
      commit(
        mapper,
        moveRule(at.view, at.id, at.index + by),
        `move ${nameOfRow(row)}`,
        `${nameOfRow(row)} is moved ${by === 1 ? 'down' : 'up'}.`,
      );
    }),
  };
}

/** Puts the keyboard on the selected row of a tree, before the next key. */
export function focusSide(side: 'source' | 'target'): void {
  onceDrawn(() => {
    // What was opened meanwhile has it, and gives it back itself.
    if (document.activeElement?.closest('[role="dialog"], [role="menu"]')) return;
    const row = document.querySelector<HTMLElement>(`[data-side="${side}"] [role][tabindex="0"]`);
    row?.focus({ preventScroll: true });
  });
}

/** Does an action if it can be done now; says why not to who only reads, and while the code cannot be read. */
export function performIn(mapper: Mapper, action: MapperAction): boolean {
  if (action.edits && !canEdit(mapper)) {
    const { readOnly } = mapper.editor.getState();
    if (readOnly !== undefined) mapper.editor.say(readOnly, 'refused');
    else editable(mapper);
    return false;
  }
  if (!action.when(mapper)) return false;
  action.perform(mapper);
  return true;
}

/** The action that a key means in a part of the mapper. */
export function actionFor(event: KeyboardEvent, where: 'source' | 'target' | 'mapper'): MapperAction | undefined {
  if (isTyping(event.target)) return undefined;
  return mapperActions.find(
    (action) =>
      (action.where === where || action.where === 'mapper' || (action.where === 'trees' && where !== 'mapper')) &&
      action.keys.some((chord) => matches(chord, event)),
  );
}
