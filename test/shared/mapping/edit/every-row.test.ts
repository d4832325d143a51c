import { describe, expect, it } from 'vitest';
import type { Edited } from '#shared/mapping/edit/edit.ts';
import { spliced } from '#shared/mapping/edit/edit.ts';
import { addField, fieldOf, moveRule, renameField } from '#shared/mapping/edit/field.ts';
import { clearRule, setRule } from '#shared/mapping/edit/rule.ts';
import { setTable } from '#shared/mapping/edit/table.ts';
import { renameVariable } from '#shared/mapping/edit/variable.ts';
import { allRules, type Rule } from '#shared/mapping/rule.ts';
import { type OpenView, pathToRule, viewOf } from '#shared/mapping/view.ts';
import { suite } from '../../jsonata/suite.ts';
import { commentTexts, firstLost, leafTexts, mappingFiles, open } from '../files.ts';

const textOf = (view: OpenView, { span }: Rule): string => view.text.slice(span.start, span.end);

function done(edit: Edited): Extract<Edited, { ok: true }> {
  if (!edit.ok) throw new Error(`${edit.refusal.code}: ${edit.refusal.message}`);
  return edit;
}

/** What must be the same whatever a gesture writes: the splices lead from the old text to the new. */
function consistent(view: OpenView, edit: Extract<Edited, { ok: true }>): void {
  expect(spliced(view.text, edit.splices)).toBe(edit.text);
  expect(edit.view.text).toBe(edit.text);
}

function writesNothing(view: OpenView): number {
  let writes = 0;
  for (const rule of allRules(view.root)) {
    const edits = [setRule(view, rule.id, textOf(view, rule))];
    const field = fieldOf(view, rule.id);
    if (field?.field.key !== undefined && field.fields.every((other) => other === field.field || other.key !== field.field.key)) {
      edits.push(moveRule(view, rule.id, field.fields.indexOf(field.field)));
    }
    if (rule.kind === 'table') edits.push(setTable(view, rule.id, rule.rows));
    for (const edit of edits) expect(done(edit).text, rule.id).toBe(view.text);
    writes += edits.length;
  }
  return writes;
}

describe.each(mappingFiles)('the mapping $name', ({ text }) => {
  const view = open(text);
  const rules = [...allRules(view.root)];

  it('is the same, byte for byte, after writing every row as it is', () => {
    expect(writesNothing(view)).toBeGreaterThan(10);
  });

  it('keeps all other rows and comments when any row gets another rule', () => {
    for (const rule of rules) {
      // A loop whose body is no object is one row.
      const edit = done(setRule(view, rule.id, rule.kind === 'object' || rule.kind === 'loop' ? '{ "fresh": 1 }' : '$somewhere.else'));
      consistent(view, edit);
      const { start } = rule.span;
      const set = { start, end: start + rule.span.end - rule.span.start + edit.text.length - text.length };
      expect(firstLost(leafTexts(view, rule.span), leafTexts(edit.view, set)), rule.id).toBeUndefined();
      expect(commentTexts(edit.view), rule.id).toEqual(commentTexts(view, [rule.span]));
      const other = rules.filter(({ span }) => span.end <= rule.span.start || span.start >= rule.span.end);
      const after = new Map([...allRules(edit.view.root)].map((one) => [one.id, textOf(edit.view, one)]));
      // Rows that fill the same place count on, so a branch less gives the ones behind it another number.
      const stable = other.filter(({ target }) => target.length !== rule.target.length);
      for (const one of stable)
        if (rule.kind !== 'choice' && !rule.id.includes('$')) expect(after.get(one.id), `${rule.id} > ${one.id}`).toBe(textOf(view, one));
    }
  });

  it('keeps all other rows and comments when any row is removed', () => {
    let removed = 0;
    for (const rule of rules) {
      const edit = clearRule(view, rule.id);
      if (!edit.ok) {
        expect(['row', 'used'], `${rule.id}: ${edit.refusal.message}`).toContain(edit.refusal.code);
        continue;
      }
      removed++;
      consistent(view, edit);
      expect(firstLost(leafTexts(view, rule.span), leafTexts(edit.view)), rule.id).toBeUndefined();
      const parent = pathToRule(view, rule.id).at(-2);
      const item =
        parent?.kind === 'object' || parent?.kind === 'group'
          ? parent.fields.find((field) => field.rule === rule)
          : parent?.kind === 'scope'
            ? parent.variables.find((variable) => variable.rule === rule)
            : undefined;
      const own = [rule.span, ...(item ? [item.span, ...item.notes] : [])];
      const lost = commentTexts(view, own).filter((one) => !commentTexts(edit.view).includes(one));
      // A default or condition that goes takes the remarks between its parts along.
      if (item !== undefined || parent?.kind === 'list') expect(lost, rule.id).toEqual([]);
    }
    expect(removed).toBeGreaterThan(rules.length / 3);
  });

  it('keeps all rows and comments when a field is added below or beside any row', () => {
    for (const rule of rules) {
      const edit = addField(view, rule.id, ['added field', 'inside'], '$sum(a.b)');
      if (!edit.ok) {
        expect(['row', 'ambiguous'], rule.id).toContain(edit.refusal.code);
        continue;
      }
      consistent(view, edit);
      expect(commentTexts(edit.view), rule.id).toEqual(commentTexts(view));
      const before = leafTexts(view);
      const after = leafTexts(edit.view);
      const fresh = after.indexOf('$sum(a.b)');
      expect(fresh, rule.id).toBeGreaterThanOrEqual(0);
      expect(firstLost(before, after), rule.id).toBeUndefined();
    }
  });

  it('keeps all rows and comments when any field or variable gets another name', () => {
    for (const rule of rules) {
      const field = fieldOf(view, rule.id);
      const variable = rule.target.at(-1);
      if (field?.field.key !== undefined) {
        const edit = done(renameField(view, rule.id, 'new "name"'));
        consistent(view, edit);
        expect(leafTexts(edit.view), rule.id).toEqual(leafTexts(view));
        expect(commentTexts(edit.view), rule.id).toEqual(commentTexts(view));
      } else if (typeof variable === 'object' && variable !== null && 'variable' in variable && rule.id.endsWith('#0')) {
        const edit = done(renameVariable(view, rule.id, 'renamed'));
        consistent(view, edit);
        const back = done(renameVariable(edit.view, rule.id.replace(/\$\w+#0$/, '$renamed#0'), variable.variable));
        expect(back.text, rule.id).toBe(text);
      }
    }
  });

  it('keeps all rows and comments when any field is moved, and is as before when it is moved back', () => {
    for (const rule of rules) {
      const found = fieldOf(view, rule.id);
      if (found === undefined || found.fields.length < 2) continue;
      const from = found.fields.indexOf(found.field);
      const to = (from + 1) % found.fields.length;
      const edit = done(moveRule(view, rule.id, to));
      consistent(view, edit);
      expect(leafTexts(edit.view).sort(), rule.id).toEqual(leafTexts(view).sort());
      expect(commentTexts(edit.view).sort(), rule.id).toEqual(commentTexts(view).sort());
    }
  });
});

describe('the expressions of the language suite', () => {
  it('are the same, byte for byte, after writing every row as it is', () => {
    const texts = Object.values(suite.groups).flatMap((group) => group.map((one) => one.expr));
    const views = texts.map(viewOf).filter((view) => view.ok);
    expect(views.length).toBeGreaterThan(1000);
    let writes = 0;
    for (const view of views)
      for (const rule of allRules(view.root)) {
        const edit = setRule(view, rule.id, textOf(view, rule));
        // A text that only the language's full check refuses cannot be written, not even as it is.
        if (!edit.ok) expect(edit.refusal.code, view.text).toBe('result');
        else expect(edit.text).toBe(view.text);
        writes++;
      }
    expect(writes).toBeGreaterThan(1400);
  });
});
