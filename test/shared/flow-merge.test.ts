import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatFlow } from '#shared/document.ts';
import { type Flow, flowSchema } from '#shared/flow.ts';
import { diffExpressions } from '#shared/flow-diff/expression.ts';
import { type MappingRow, rowsOf } from '#shared/flow-diff/rows.ts';
import { diffFlows } from '#shared/flow-diff.ts';
import { mergeMappings } from '#shared/flow-merge/mapping.ts';
import { mergeTexts } from '#shared/flow-merge/text.ts';
import { mergeFlows } from '#shared/flow-merge.ts';
import { setRule } from '#shared/mapping/edit/rule.ts';
import { catalog, flowOf, flows, mappingText } from './flow-arbitrary.ts';
import { mappingFiles, open } from './mapping/files.ts';

const merge = (base: Flow, mine: Flow, theirs: Flow, choices = {}) => mergeFlows(base, mine, theirs, { catalog, choices });

/** A flow as a text in which the order of nodes and edges says nothing. */
function sorted(flow: Flow): string {
  const byId = <T extends { id: string }>(items: readonly T[]) => [...items].sort((a, b) => (a.id < b.id ? -1 : 1));
  const { notes, groups } = flow.layout;
  return formatFlow({
    ...flow,
    nodes: byId(flow.nodes),
    edges: byId(flow.edges),
    layout: { ...flow.layout, notes: byId(notes), groups: byId(groups) },
  });
}

const shop = flowOf({
  format: 1,
  id: 'shop',
  name: 'Web shop',
  'x-team': 'sales',
  nodes: [
    { id: 'in', type: 'hook', label: 'Orders', config: { path: 'orders' } },
    {
      id: 'map',
      type: 'map',
      label: 'To customer',
      config: { expression: '{\n  "id": id,\n  "name": first,\n  "total": total\n}', limit: 1000 },
    },
    { id: 'route', type: 'switch', label: 'Route', config: { cases: [{ id: 'us', name: 'US', when: 'a' }] } },
    { id: 'crm', type: 'store', label: 'CRM', config: { table: 'customers' } },
  ],
  edges: [
    { id: 'e1', from: { node: 'in', port: 'out' }, to: { node: 'map', port: 'in' } },
    { id: 'e2', from: { node: 'map', port: 'out' }, to: { node: 'crm', port: 'in' } },
  ],
  layout: { positions: { in: { x: 0, y: 0 } }, notes: [{ id: 'n1', text: 'Mind', x: 0, y: 0, width: 90, height: 90 }] },
});

function edited(edit: (flow: Flow) => void): Flow {
  const copy = structuredClone(shop);
  edit(copy);
  return copy;
}
function nodeOf(flow: Flow, id: string) {
  const node = flow.nodes.find((each) => each.id === id);
  if (node === undefined) throw new Error(`no node ${id}`);
  return node;
}
const setRow = (flow: Flow, from: string, to: string) => {
  const { config } = nodeOf(flow, 'map');
  config.expression = String(config.expression).replace(from, to);
};

describe('the laws of a merge', () => {
  test('who changed nothing gets the other; who changed the same gets that; no conflict', () => {
    fc.assert(
      fc.property(flows, flows, (base, other) => {
        for (const [mine, theirs] of [
          [base, other],
          [other, base],
          [other, other],
        ] as const) {
          const { flow, conflicts } = merge(base, structuredClone(mine), structuredClone(theirs));
          expect(formatFlow(flow)).toBe(formatFlow(other));
          expect(conflicts).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('the merge of any three flows passes the schema, keeps unknown keys and loses no node that both have', () => {
    fc.assert(
      fc.property(flows, flows, flows, (base, mine, theirs) => {
        const { flow } = merge(base, mine, theirs);
        expect(formatFlow(flowSchema.parse(JSON.parse(formatFlow(flow))))).toBe(formatFlow(flow));
        for (const { id } of mine.nodes)
          if (theirs.nodes.some((node) => node.id === id)) expect(flow.nodes.map((node) => node.id)).toContain(id);
        for (const key of ['x-team', 'x-cost']) if (key in mine && key in theirs) expect(flow).toHaveProperty([key]);
      }),
      { numRuns: 300 },
    );
  });

  test('without a conflict in drawing or logic both sides get the same flow, whoever merges', () => {
    let clean = 0;
    fc.assert(
      fc.property(flows, flows, flows, (base, some, other) => {
        // Near edits, so that many are without a conflict; drawing of one side only, because theirs wins there.
        const mine = { ...base, nodes: some.nodes, edges: some.edges };
        const theirs = { ...base, settings: other.settings, name: other.name, layout: other.layout };
        const [one, two] = [merge(base, mine, theirs), merge(base, theirs, mine)];
        if (one.conflicts.length > 0) return;
        clean++;
        expect(two.conflicts).toEqual([]);
        expect(sorted(two.flow)).toBe(sorted(one.flow));
      }),
      { numRuns: 200 },
    );
    expect(clean).toBeGreaterThan(50);
  });

  test('edits of different nodes by two people both survive', () => {
    fc.assert(
      fc.property(flows, flows, (base, other) => {
        const half = (side: 0 | 1): Flow => ({
          ...base,
          nodes: base.nodes.map((node, at) => {
            const next = other.nodes.find(({ id }) => id === node.id);
            return at % 2 === side && next !== undefined ? next : node;
          }),
        });
        const [mine, theirs] = [half(0), half(1)];
        const merged = merge(base, mine, theirs);
        expect(merged.conflicts).toEqual([]);
        for (const [at, node] of merged.flow.nodes.entries()) expect(node).toEqual((at % 2 === 0 ? mine : theirs).nodes[at]);
        expect(formatFlow(merge(base, theirs, mine).flow)).toBe(formatFlow(merged.flow));
      }),
      { numRuns: 200 },
    );
  });

  test('after every choice no conflict is left unanswered, and choosing one side everywhere gives its logic', () => {
    fc.assert(
      fc.property(flows, flows, flows, (base, mine, theirs) => {
        const { conflicts, flow } = merge(base, mine, theirs);
        const again = merge(base, mine, theirs, Object.fromEntries(conflicts.map(({ id }) => [id, 'theirs'])));
        expect(formatFlow(again.flow)).toBe(formatFlow(flow));
        for (const conflict of conflicts) {
          expect(new Set([conflict.base, conflict.mine, conflict.theirs]).size).toBeGreaterThan(1);
          expect(conflict.place).not.toBe('');
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('two people at one flow', () => {
  test('a line between nodes of one name is told by their ids', () => {
    const node = (id: string) => ({ id, type: 'map', label: 'Route' });
    const line = (from: string, to: string) => ({ id: 'ed', from: { node: from, port: 'out' }, to: { node: to, port: 'in' } });
    const flow = (nodes: string[], edge: object) =>
      flowSchema.parse({ format: 1, id: 'orders', name: 'Orders', nodes: nodes.map(node), edges: [edge] });
    const { conflicts } = merge(flow(['a', 'c'], line('a', 'c')), flow(['a'], line('a', 'a')), flow(['c'], line('c', 'c')));
    const [asked] = conflicts.filter(({ place }) => place === 'Connections');
    expect(asked).toMatchObject({ base: 'Route (a) to Route (c)', mine: 'Route (a) to Route (a)', theirs: 'Route (c) to Route (c)' });
  });

  test('different rows of one mapping both survive, remarks too', () => {
    const mine = edited((flow) => setRow(flow, '"name": first', '"name": first & " " & last /* agreed with Ann */'));
    const theirs = edited((flow) => setRow(flow, '"total": total', '"total": $round(total, 2)'));
    const { flow, conflicts } = merge(shop, mine, theirs);
    expect(conflicts).toEqual([]);
    expect(nodeOf(flow, 'map').config.expression).toBe(
      '{\n  "id": id,\n  "name": first & " " & last /* agreed with Ann */,\n  "total": $round(total, 2)\n}',
    );
  });

  test('the same row is a conflict of that row; each choice gives that rule and keeps the rest', () => {
    const mine = edited((flow) => {
      setRow(flow, '"name": first', '"name": last');
      setRow(flow, '"id": id', '"id": $string(id)');
    });
    const theirs = edited((flow) => setRow(flow, '"name": first', '"name": $trim(first)'));
    const { conflicts } = merge(shop, mine, theirs);
    expect(conflicts).toMatchObject([
      { place: 'To customer', label: 'New value', row: 'name', base: 'first', mine: 'last', theirs: '$trim(first)', code: true },
    ]);
    const [conflict] = conflicts;
    for (const [side, rule] of [
      ['mine', 'last'],
      ['theirs', '$trim(first)'],
      ['base', 'first'],
    ]) {
      const { flow } = merge(shop, mine, theirs, { [conflict?.id ?? '']: side });
      expect(nodeOf(flow, 'map').config.expression).toBe(`{\n  "id": $string(id),\n  "name": ${rule},\n  "total": total\n}`);
    }
  });

  test('a node that one removed and the other changed asks; keeping it keeps its lines', () => {
    const mine = edited((flow) => void (nodeOf(flow, 'crm').config.table = 'people'));
    const theirs = edited((flow) => {
      flow.nodes = flow.nodes.filter(({ id }) => id !== 'crm');
      flow.edges = flow.edges.filter(({ to }) => to.node !== 'crm');
    });
    const { conflicts } = merge(shop, mine, theirs);
    expect(conflicts).toMatchObject([
      { place: 'CRM', label: 'The whole node', base: 'as it was', mine: 'Table: was “customers”, now “people”' },
    ]);
    expect(conflicts[0]).not.toHaveProperty('theirs');
    const kept = merge(shop, mine, theirs, { 'nodes/crm': 'mine' }).flow;
    expect(kept.edges.map(({ id }) => id)).toEqual(['e1', 'e2']);
    const gone = merge(shop, mine, theirs, { 'nodes/crm': 'theirs' }).flow;
    expect(gone.nodes.map(({ id }) => id)).toEqual(['in', 'map', 'route']);
    expect(gone.edges.map(({ id }) => id)).toEqual(['e1']);
  });

  test('a node that one removed and the other led a line to asks', () => {
    const mine = edited(
      (flow) => void flow.edges.push({ id: 'e9', from: { node: 'map', port: 'out' }, to: { node: 'route', port: 'in' } }),
    );
    const theirs = edited((flow) => void (flow.nodes = flow.nodes.filter(({ id }) => id !== 'route')));
    expect(merge(shop, mine, theirs).conflicts).toMatchObject([{ place: 'Route' }]);
    expect(merge(shop, mine, theirs).flow.edges.map(({ id }) => id)).toEqual(['e1', 'e2']);
  });

  test('one line that both led elsewhere asks instead of doubling the messages', () => {
    const led = (id: string, to: string) =>
      edited((flow) => void (flow.edges[1] = { id, from: { node: 'map', port: 'out' }, to: { node: to, port: 'in' } }));
    const { conflicts } = merge(shop, led('e7', 'route'), led('e8', 'in'));
    expect(conflicts).toMatchObject([
      { place: 'Connections', base: 'To customer to CRM', mine: 'To customer to Route', theirs: 'To customer to Orders' },
    ]);
    const chosen = merge(shop, led('e7', 'route'), led('e8', 'in'), { 'edges/e2': 'mine' }).flow;
    expect(chosen.edges.map(({ id }) => id)).toEqual(['e1', 'e7']);
  });

  test('the same connection made twice stays once', () => {
    const made = (id: string) =>
      edited((flow) => void flow.edges.push({ id, from: { node: 'map', port: 'out' }, to: { node: 'route', port: 'in' } }));
    expect(merge(shop, made('e8'), made('e7')).flow.edges.map(({ id }) => id)).toEqual(['e1', 'e2', 'e7']);
  });

  test('branches that both added stay both; the order of the sides does not matter', () => {
    const add = (id: string) => edited((flow) => void (nodeOf(flow, 'route').config.cases as unknown[]).push({ id, name: id, when: 'b' }));
    const ids = (flow: Flow) => (nodeOf(flow, 'route').config.cases as { id: string }[]).map(({ id }) => id);
    expect(ids(merge(shop, add('eu'), add('asia')).flow)).toEqual(['us', 'asia', 'eu']);
    expect(ids(merge(shop, add('asia'), add('eu')).flow)).toEqual(['us', 'asia', 'eu']);
  });

  test('drawing is never a conflict, theirs stands; the words of a note are one', () => {
    const move = (x: number) => edited((flow) => void (flow.layout.positions.in = { x, y: 0 }));
    expect(merge(shop, move(16), move(32))).toMatchObject({ conflicts: [], flow: { layout: { positions: { in: { x: 32 } } } } });
    const say = (text: string) => edited((flow) => void (flow.layout.notes = flow.layout.notes.map((note) => ({ ...note, text }))));
    expect(merge(shop, say('Mine'), say('Theirs')).conflicts).toMatchObject([
      { place: 'Note on the canvas', mine: 'Mine', theirs: 'Theirs' },
    ]);
  });

  test('settings and values of a node read with their units', () => {
    const set = (hours: number, limit: number) =>
      edited((flow) => {
        flow.settings.retentionHours = hours;
        nodeOf(flow, 'map').config.limit = limit;
      });
    expect(merge(shop, set(24, 2000), set(720, 60_000)).conflicts).toMatchObject([
      { place: 'To customer', label: 'Time limit', base: '1 s', mine: '2 s', theirs: '1 min' },
      { place: 'Settings', label: 'Retention', base: '7 days', mine: '1 day', theirs: '30 days' },
    ]);
  });
});

describe('mappings', () => {
  const rows = (base: string, mine: string, theirs: string) => mergeMappings(base, mine, theirs, () => undefined);

  test.each<[string, string, string, string, string]>([
    ['two new rows', '{ "a": a }', '{ "a": a, "b": b }', '{ "a": a, "c": c }', '{ "a": a, "b": b, "c": c }'],
    ['a new and a removed row', '{ "a": a, "b": b }', '{ "a": a, "b": b, "c": c }', '{ "b": b }', '{ "b": b, "c": c }'],
    [
      'rows of one list',
      '{ "l": [i.{ "s": s, "q": q }] }',
      '{ "l": [i.{ "s": $trim(s), "q": q }] }',
      '{ "l": [i.{ "s": s, "q": q * 2 }] }',
      '{ "l": [i.{ "s": $trim(s), "q": q * 2 }] }',
    ],
    [
      'a list and a row of it',
      '{ "l": [i.{ "s": s }] }',
      '{ "l": [items.{ "s": s }] }',
      '{ "l": [i.{ "s": s, "q": q }] }',
      '{ "l": [items.{ "s": s, "q": q }] }',
    ],
    ['a rule and the white space', '{ "a": a, "b": b }', '{ "a": x, "b": b }', '{\n  "a": a,\n  "b": b\n}', '{\n  "a": x,\n  "b": b\n}'],
  ])('%s', (_what, base, mine, theirs, expected) => {
    expect(rows(base, mine, theirs)).toEqual({ text: expected, conflicts: [] });
  });

  test.each<[string, string, string, string]>([
    ['a text that cannot be read', '{ "a": a }', '{ "a": ', '{ "a": b }'],
    ['a change around the rows', '{ "a": a, "b": b }', '{ "a": a, "b": b } ~> $sift($exists)', '{ "a": a, "b": c }'],
  ])('%s is left to people', (_what, base, mine, theirs) => {
    expect(rows(base, mine, theirs)).toBeUndefined();
  });

  test('a merge without conflict has the rows of both, is the same from both sides, and is text that parses', () => {
    let clean = 0;
    fc.assert(
      fc.property(mappingText, mappingText, mappingText, (base, mine, theirs) => {
        const [one, two] = [rows(base, mine, theirs), rows(base, theirs, mine)];
        const fine = (merged: typeof one) => merged !== undefined && merged.conflicts.length === 0;
        expect(fine(two)).toBe(fine(one));
        if (one === undefined || !fine(one)) return;
        clean++;
        expect(two?.text).toBe(one.text);
        for (const remark of one.text.match(/\/\*.*?\*\//g) ?? []) expect(base + mine + theirs).toContain(remark);
      }),
      { numRuns: 200 },
    );
    // Most random edits meet somewhere; a run in which none is clean would prove nothing.
    expect(clean).toBeGreaterThan(0);
  });

  test('texts merge where the changes do not touch', () => {
    expect(mergeTexts('a b c d e', 'a X c d e', 'a b c d Y')).toBe('a X c d Y');
    expect(mergeTexts('a b c', 'a X c', 'a Y c')).toBeUndefined();
    expect(mergeTexts('a b c', 'a X c', 'a X c')).toBe('a X c');
  });

  test('what a merge takes over from the other is what differs between base and theirs', () => {
    const mine = edited((flow) => setRow(flow, '"name": first', '"name": last'));
    const theirs = edited((flow) => setRow(flow, '"total": total', '"total": 1'));
    const { flow } = merge(shop, mine, theirs);
    expect(diffFlows(mine, flow, catalog).map(({ row, sentence }) => [row, sentence])).toEqual([
      ['total', 'was total, now the fixed value 1'],
    ]);
  });
});

describe('the realistic mapping files', () => {
  test.each(mappingFiles)('$name: edits of any two rows both survive with every remark, and are told row by row', ({ text }) => {
    const base = open(text);
    const rows = rowsOf(base).filter((row) => row.writable && !row.loop && row.path.length > 0);
    // Neighbours and far ones, from a few places on: all pairs of all files would take minutes.
    const step = Math.max(1, Math.floor(rows.length / 5));
    for (let at = 0; at < rows.length; at += step) {
      const mine = rows[at];
      for (const theirs of [rows[at + 1], rows[(at + Math.floor(rows.length / 2)) % rows.length]]) {
        if (mine === undefined || theirs === undefined || theirs === mine || isAround(mine, theirs) || isAround(theirs, mine)) continue;
        const [left, right] = [setRule(base, mine.rule.id, 'mine'), setRule(base, theirs.rule.id, 'theirs')];
        const expected = left.ok ? setRule(left.view, theirs.rule.id, 'theirs') : left;
        if (!left.ok || !right.ok || !expected.ok) continue;
        const merged = mergeMappings(text, left.text, right.text, () => undefined);
        expect(merged).toEqual({ text: expected.text, conflicts: [] });
        expect(mergeMappings(text, right.text, left.text, () => undefined)).toEqual(merged);
        const told = diffExpressions(right.text, expected.text).filter(({ weight }) => weight === 'logic');
        expect(told.map(({ row }) => row)).toEqual([mine.target]);
      }
    }
    expect(diffExpressions(text, text)).toEqual([]);
  });
});

/** True when the one row's text holds the other's. */
const isAround = (a: MappingRow, b: MappingRow): boolean => a.rule.span.start <= b.rule.span.start && b.rule.span.end <= a.rule.span.end;
