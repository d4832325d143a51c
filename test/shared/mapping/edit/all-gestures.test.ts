import { describe, expect, it } from 'vitest';
import type { Edited } from '#shared/mapping/edit/edit.ts';
import { addField, moveRule, renameField } from '#shared/mapping/edit/field.ts';
import { setIndexName, setItemName, setLoop, setSort, setWhere, wrapArray } from '#shared/mapping/edit/loop.ts';
import { clearRule, setRule } from '#shared/mapping/edit/rule.ts';
import { setTable, wrapTable } from '#shared/mapping/edit/table.ts';
import { addVariable, removeVariable, renameVariable } from '#shared/mapping/edit/variable.ts';
import { addBranch, addCondition, joinText, setDefault, unwrap, wrapConversion, wrapFunction } from '#shared/mapping/edit/wrap.ts';
import { allRules } from '#shared/mapping/rule.ts';
import { type OpenView, viewOf } from '#shared/mapping/view.ts';
import { suite } from '../../jsonata/suite.ts';
import { mappingFiles } from '../files.ts';

/** Every gesture, with code that is awkward in most places: it has no otherwise, or binds loosely. */
const gestures: Record<string, (view: OpenView, id: string) => Edited> = {
  set: (view, id) => setRule(view, id, 'a ? b'),
  clear: clearRule,
  add: (view, id) => addField(view, id, ['q', 'r'], 'a ?? b'),
  rename: (view, id) => renameField(view, id, 'other'),
  move: (view, id) => moveRule(view, id, 0),
  loop: (view, id) => setLoop(view, id, 'a & b'),
  where: (view, id) => setWhere(view, id, 'q = 1'),
  everywhere: (view, id) => setWhere(view, id, undefined),
  sort: (view, id) => setSort(view, id, [{ by: 'a ? b', descending: true }]),
  unsorted: (view, id) => setSort(view, id, []),
  item: (view, id) => setItemName(view, id, 'freshItem'),
  index: (view, id) => setIndexName(view, id, 'freshIndex'),
  array: wrapArray,
  missing: (view, id) => setDefault(view, id, 'missing', 'a ? b'),
  empty: (view, id) => setDefault(view, id, 'empty', '1'),
  missingOrNull: (view, id) => setDefault(view, id, 'missingOrNull', '1'),
  condition: (view, id) => addCondition(view, id, 'a ?? b'),
  branch: (view, id) => addBranch(view, id, 'a ? b', 'b ? c'),
  call: (view, id) => wrapFunction(view, id, 'pad', ['a ? b']),
  join: (view, id) => joinText(view, id, 'a ? b'),
  convert: (view, id) => wrapConversion(view, id, 'boolean', 'number'),
  unwrap,
  table: (view, id) => wrapTable(view, id, [{ from: 'a', to: 1 }], '2'),
  lines: (view, id) => setTable(view, id, [{ from: 'fresh', to: 1 }]),
  variable: (view, id) => addVariable(view, 'freshName', '1', id),
  renameVariable: (view, id) => renameVariable(view, id, 'freshName'),
  removeVariable,
};

/** A share of the suite and of the realistic mappings, so that this takes seconds. */
const texts = [
  '( $unused := 1; { "t": $lookup({ "1": 2 }, a) ?? b, "l": [p.{ "x": y }] } )',
  ...Object.values(suite.groups)
    .flat()
    .filter((_, i) => i % 12 === 0)
    .map(({ expr }) => expr),
  ...mappingFiles.filter((_, i) => i % 13 === 0).map(({ text }) => text),
];

/** Views of texts that the language takes whole. */
const views = texts.map((text) => viewOf(text)).filter((view) => view.ok && setRule(view, view.root.id, textOf(view)).ok) as OpenView[];

function textOf({ text, root }: OpenView): string {
  return text.slice(root.span.start, root.span.end);
}

describe.each(Object.entries(gestures))('the gesture %s', (_, gesture) => {
  it('never throws and never makes a text that does not parse, on any row', () => {
    let done = 0;
    for (const view of views) {
      for (const rule of allRules(view.root)) {
        const edit = gesture(view, rule.id);
        if (edit.ok) done++;
        else expect(['row', 'name', 'used', 'ambiguous'], `${rule.id} of ${view.text}`).toContain(edit.refusal.code);
      }
    }
    expect(done).toBeGreaterThan(0);
  });
});
