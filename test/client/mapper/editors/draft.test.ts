import { describe, expect, it } from 'vitest';
import { parseSyntax } from '#shared/jsonata/syntax/parse.ts';
import { allRules, type Rule } from '#shared/mapping/rule.ts';
import type { OpenView } from '#shared/mapping/view.ts';
import { viewOf } from '#shared/mapping/view.ts';
import { type Draft, draftOf, draftWith, type Tool, tools } from '../../../../client/mapper/editors/draft.ts';
import { draftCode, draftProblem, editOf } from '../../../../client/mapper/editors/draft-code.ts';
import { commentTexts, firstLost, leafTexts, mappingFiles, open, row } from '../../../shared/mapping/files.ts';

const placeOf = (rule: Rule) => ({ target: rule.target, rule: rule.id });
const words = (text: string): string[] => parseSyntax(text).tokens.map(({ start, end }) => text.slice(start, end));

function draft(view: OpenView, id: string): Draft {
  const found = draftOf(row(view, id), view.text);
  if (found === undefined) throw new Error(`No tool for ${id}`);
  return found;
}

function done(view: OpenView, id: string, change: Draft): string {
  const edit = editOf(view, placeOf(row(view, id)), change);
  if (!edit.ok) throw new Error(edit.refusal.message);
  return edit.text;
}

describe.each(mappingFiles)('the rows of $name', ({ text }) => {
  const view = open(text);

  it('are written back as they are by the tool that opens them, remarks and lines included', () => {
    for (const rule of allRules(view.root)) {
      const own = draftOf(rule, text);
      if (own === undefined) continue;
      expect(draftProblem(own), rule.id).toBeUndefined();
      const edit = editOf(view, placeOf(rule), own);
      if (!edit.ok) throw new Error(`${rule.id}: ${edit.refusal.message}`);
      expect(words(edit.text), rule.id).toEqual(words(text));
      expect(edit.text, rule.id).toBe(text);
    }
  });

  it('leave all other rows and all remarks as they are when another tool takes a row up', () => {
    const some = [...allRules(view.root)].filter((_, i) => i % 11 === 0);
    for (const rule of some) {
      // A loop whose body is no object any more is one row.
      if (rule.target.at(-1) === null) continue;
      for (const tool of Object.keys(tools) as Tool[]) {
        const code = text.slice(rule.span.start, rule.span.end);
        const made = filled(draftWith(tool, { kind: 'code', code }));
        expect(draftProblem(made), `${tool} of ${rule.id}`).toBeUndefined();
        const edit = editOf(view, placeOf(rule), made);
        if (!edit.ok) throw new Error(`${tool} of ${rule.id}: ${edit.refusal.message}`);
        const { start } = rule.span;
        const set = { start, end: rule.span.end + edit.text.length - text.length };
        const before = leafTexts(view, rule.span);
        // The first lines of a value table are no rows, and a loop with a name has a row more.
        expect(firstLost(before, leafTexts(edit.view, set)), `${tool} of ${rule.id}`).toBeUndefined();
        const other = commentTexts(view, [rule.span]);
        expect(commentTexts(edit.view), `${tool} of ${rule.id}`).toEqual(expect.arrayContaining(other));
      }
    }
  });
});

/** A draft with everything in it that a person would have to fill in. */
function filled(made: Draft): Draft {
  const field = { kind: 'field', code: 'other.field' } as const;
  switch (made.tool) {
    case 'field':
      return { ...made, source: made.source.field === '' ? { field: 'other.field' } : made.source };
    case 'constant':
      return { ...made, value: { kind: 'text', text: 'x' } };
    case 'function':
      return made.pipeline.steps.length > 0
        ? made
        : { ...made, pipeline: { ...made.pipeline, steps: [{ name: 'string', arguments: [] }] } };
    case 'condition':
      return {
        ...made,
        branches: made.branches.map((one) =>
          one.when.kind === 'test' && one.when.subject.kind === 'field' && one.when.subject.code === ''
            ? { ...one, when: { kind: 'code', code: 'other' } }
            : one,
        ),
      };
    case 'table':
      return made.lines.length > 0 ? made : { ...made, lines: [{ from: 'a', to: 'b' }] };
    case 'loop':
      return { ...made, list: made.list.kind === 'field' && made.list.code === '' ? field : made.list };
    case 'aggregate':
      return { ...made, source: made.source.field === '' ? { field: 'other.field' } : made.source };
    case 'group':
      return {
        ...made,
        list: made.list.kind === 'field' && made.list.code === '' ? field : made.list,
        entries: made.entries.map((one) => (one.key.kind === 'field' && one.key.code === '' ? { ...one, key: field } : one)),
      };
    default:
      return made;
  }
}

describe('a row that is built', () => {
  it('changes no more of the text than its own change', () => {
    const view = open('{\n  "tier": spend > 1000 /* gold */\n    ? "gold"\n    : "std",\n  "n": $round($sum(items.(price * qty)), 2)\n}');
    const tier = draft(view, 'tier');
    if (tier.tool !== 'condition') throw new Error(tier.tool);
    const [branch] = tier.branches;
    if (branch?.when.kind !== 'test') throw new Error('no test');
    const more = { ...tier, branches: [{ ...branch, when: { ...branch.when, operator: 'atLeast' as const } }] };
    expect(done(view, 'tier', more)).toBe(view.text.replace('> 1000', '>= 1000'));
    const second = { when: { kind: 'code' as const, code: 'vip' }, value: { kind: 'text' as const, text: 'vip' } };
    expect(done(view, 'tier', { ...tier, branches: [...tier.branches, second] })).toContain('spend > 1000 /* gold */');
    const n = draft(view, 'n');
    if (n.tool !== 'function') throw new Error(n.tool);
    const { input, steps } = n.pipeline;
    expect(done(view, 'n', { ...n, pipeline: { input, steps: [...steps, { name: 'string', arguments: [] }] } })).toContain(
      '$string($round($sum(items.(price * qty)), 2))',
    );
  });

  it('stands where nothing stood, also a table and a loop in an empty mapping', () => {
    const table: Draft = {
      tool: 'table',
      found: false,
      input: { kind: 'field', code: 'st' },
      asText: true,
      cells: 'number',
      lines: [{ from: 'a', to: '1' }],
      otherwise: { kind: 'null' },
      mode: 'missing',
    };
    const made = editOf(viewOf(''), { target: ['code'], rule: undefined }, table);
    expect(made.ok && made.text).toBe('{\n  "code": $lookup({\n    "a": 1\n  }, $string(st)) ?? null\n}');
    const loop: Draft = {
      tool: 'loop',
      list: { kind: 'field', code: 'items' },
      where: { kind: 'code', code: 'qty > 0' },
      sort: [{ by: { kind: 'field', code: 'sku' }, descending: true }],
      itemName: 'item',
      indexName: '',
      array: true,
    };
    const lines = editOf(open('{ "a": b }'), { target: ['lines'], rule: undefined }, loop);
    expect(lines.ok && lines.text).toBe('{ "a": b, "lines": [items[qty > 0]^(>sku).($item := $; { })] }');
  });

  it('is a pick with a condition and an end, as it is read', () => {
    const view = open('{ "a": (items[type = "A"].sku)[0] }');
    expect(draft(view, 'a')).toMatchObject({
      tool: 'field',
      source: { field: 'items.sku', take: 'first', where: { after: 1, condition: { operator: 'is' } } },
    });
    const changed = draft(view, 'a');
    if (changed.tool !== 'field') throw new Error(changed.tool);
    expect(done(view, 'a', { ...changed, source: { ...changed.source, take: 'last' } })).toBe('{ "a": (items[type = "A"].sku)[-1] }');
  });

  it('is refused where it is half done', () => {
    expect(draftProblem(draftWith('field', undefined))).toBe('Choose a field.');
    expect(draftProblem(draftWith('function', { kind: 'field', code: 'a' }))).toBe('Add a function.');
    expect(draftProblem({ tool: 'constant', value: { kind: 'number', text: '12,5' } })).toBe(
      'Write the number with a point, such as 12.5.',
    );
    expect(draftProblem({ tool: 'formula', code: 'price *' })).toBeDefined();
    const table = draftWith('table', { kind: 'field', code: 'a' });
    if (table.tool !== 'table') throw new Error(table.tool);
    expect(
      draftProblem({
        ...table,
        lines: [
          { from: 'a', to: '' },
          { from: 'a', to: 'x' },
        ],
      }),
    ).toBe('"a" stands in the table already.');
  });

  it('keeps what is built when another tool takes it up', () => {
    expect(draftCode(draftWith('default', { kind: 'field', code: 'a.b' }, ['number']))).toBe('a.b ?? ');
    expect(draftCode(draftWith('template', { kind: 'field', code: 'a' }))).toBe('a & ""');
    expect(draftWith('template', { kind: 'code', code: 'a & "-" & b' })).toMatchObject({
      parts: [{ code: 'a' }, { text: '-' }, { code: 'b' }],
    });
  });
});
