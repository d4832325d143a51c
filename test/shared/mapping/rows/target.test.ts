import { describe, expect, it } from 'vitest';
import { type TargetNode, targetTree } from '#shared/mapping/rows/target.ts';
import { allNodes, rowsOf } from '#shared/mapping/rows/tree.ts';
import { allRules } from '#shared/mapping/rule.ts';
import { type Shape, unknownShape } from '#shared/shape/shape.ts';
import { mappingFiles, open } from '../files.ts';

const text: Shape = { kinds: ['text'] };
const object = (fields: Record<string, Shape>, required: readonly string[] = []): Shape => ({
  kinds: ['object'],
  fields: Object.entries(fields).map(([name, shape]) => ({ name, shape, required: required.includes(name) })),
});
const list = (item: Shape): Shape => ({ kinds: ['list'], item });

/** Rows as lines of text: indent, name, and what stands there. */
function lines(nodes: readonly TargetNode[]): string[] {
  return rowsOf(nodes, { folds: new Map(), without: ({ kind, inherited }) => kind === 'add' && inherited }).map(
    ({ node, level }) => `${'  '.repeat(level - 1)}${node.label}${node.rule ? `: ${node.rule.kind}` : node.inherited ? ' (comes)' : ''}`,
  );
}

describe('the rows of the target', () => {
  const shape = object({ no: text, customer: object({ name: text }), lines: list(object({ sku: text }, ['sku'])) }, ['no']);

  it('are those of the shape while the mapping is blank, and one for the result where nobody knows it', () => {
    expect(lines(targetTree(undefined, shape).roots)).toEqual(['no', 'customer', '  name', 'lines', '  sku', 'New field']);
    expect(lines(targetTree(undefined, unknownShape).roots)).toEqual(['Result', 'New field']);
  });

  it('join the shape with the rules, in the order of the shape, and then what only the mapping makes', () => {
    const view = open('{ "more": 1, "lines": [items.{ "extra": 2 }], "no": id }');
    expect(lines(targetTree(view, shape).roots)).toEqual([
      'no: copy',
      'customer',
      '  name',
      'lines: loop',
      '  sku',
      '  extra: constant',
      'more: constant',
      'New field',
    ]);
  });

  it('say what is required, and what comes with a rule above', () => {
    const nodes = [...allNodes(targetTree(open('{ "customer": cust }'), shape).roots)];
    expect(nodes.filter(({ required }) => required).map(({ key }) => key)).toEqual(['no', 'lines[].sku']);
    expect(nodes.find(({ key }) => key === 'customer.name')?.inherited).toBe(true);
    expect(nodes.find(({ key }) => key === 'no')?.inherited).toBe(false);
  });

  it('show branches, stand-ins, and objects made one as rows below, and variables in a place of their own', () => {
    const view = open('( $vat := 0.19; { "a": x ? { "b": 1 } : { "b": 2 }, "c": $merge([y, { "d": 3 }]), "e": f ?? {"g": 4} } )');
    expect(lines(targetTree(view, unknownShape).roots)).toEqual([
      'a: choice',
      '  When: object',
      '    b: constant',
      '    New field',
      '  Otherwise: object',
      '    b: constant',
      '    New field',
      'c: merge',
      '  Everything of: copy',
      '  d: constant',
      '  New field',
      'e: default',
      '  Value: copy',
      '  If missing: object',
      '    g: constant',
      '    New field',
      'New field',
      'Variables and own functions',
      '  $vat: constant',
      '  New variable',
    ]);
  });

  it('lead to the place of what is missing from the rule it would be in', () => {
    const nodes = [
      ...allNodes(targetTree(open('{ "a": x ? { "b": 1 } : { "b": 2 } }'), object({ a: object({ b: text, c: text }) })).roots),
    ];
    const missing = nodes.filter(({ label, rule }) => label === 'c' && rule === undefined);
    expect(missing.map(({ from }) => from)).toEqual([
      { rule: 'a#1', rest: ['c'] },
      { rule: 'a#2', rest: ['c'] },
    ]);
  });

  it('take a loop in a loop for one list', () => {
    const view = open('{ "lines": [orders.($item := $; items.{ "sku": sku })] }');
    expect(lines(targetTree(view, shape).roots)).toContain('  sku: copy');
  });
});

describe.each(mappingFiles.map(({ name, text: code }) => [name, code]))('the rows of %s', (_name, code) => {
  const view = open(code);
  const tree = targetTree(view, unknownShape);
  const nodes = [...allNodes([tree.root, ...tree.roots])];

  it('have a key each', () => {
    const keys = [...allNodes(tree.roots)].map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('give every rule a row: its own, or the one it stands in', () => {
    const keys = new Set(nodes.map(({ key }) => key));
    for (const rule of allRules(view.root)) expect(keys.has(tree.homes.get(rule.id) ?? 'none')).toBe(true);
  });

  it('count the rows of each level for a screen reader', () => {
    const rows = rowsOf(tree.roots, { folds: new Map() });
    const level: { position: number; size: number }[] = [];
    for (const row of rows) {
      const before = level[row.level - 1];
      if (row.position > 1) expect(before).toEqual({ position: row.position - 1, size: row.size });
      level[row.level - 1] = { position: row.position, size: row.size };
      level.length = row.level;
    }
  });
});
