import { describe, expect, it } from 'vitest';
import { compile } from '#shared/jsonata/compile.ts';
import { type DropSource, type DropTarget, drop, dropOn, type Meaning } from '#shared/mapping/drop.ts';
import type { OpenView } from '#shared/mapping/view.ts';
import { open } from './files.ts';

const items: DropSource = { path: ['items'], kind: 'objects', lists: [] };
const sku: DropSource = { path: ['items', 'sku'], kind: 'value', type: 'text', lists: [1] };
const qty: DropSource = { path: ['items', 'qty'], kind: 'value', type: 'number', lists: [1] };
const part: DropSource = { path: ['items', 'parts', 'no'], kind: 'value', lists: [1, 2] };
const id: DropSource = { path: ['order', 'id'], kind: 'value', type: 'number', lists: [] };
const customer: DropSource = { path: ['customer'], kind: 'object', lists: [], fields: ['name', 'town'] };
const value = (...path: (string | null)[]): DropTarget => ({ path, kind: 'value' });

const meanings = (view: OpenView, source: DropSource, target: DropTarget): Meaning[] | string => {
  const found = dropOn(view, source, target);
  if (found.kind === 'ask') return found.choices.map(({ meaning }) => meaning);
  return found.kind === 'edit' ? (found.edit.ok ? found.edit.text : found.edit.refusal.code) : found.kind;
};

/** The text after a drop. */
function text(view: OpenView, source: DropSource, target: DropTarget, meaning: Meaning): string {
  const edit = drop(view, source, target, meaning);
  if (!edit.ok) throw new Error(edit.refusal.message);
  return edit.text;
}

/** The code that a drop gives the row `x` of an empty mapping. */
const code = (source: DropSource, target: Omit<DropTarget, 'path'>, meaning: Meaning): string =>
  text(open('{}'), source, { path: ['x'], ...target }, meaning).slice(9, -2);

describe('the meaning of a drop', () => {
  it('is one edit where only one makes sense', () => {
    expect(meanings(open('{}'), id, value('no'))).toBe('{\n  "no": order.id\n}');
    expect(meanings(open('{}'), id, { ...value('no'), type: 'text' })).toBe('{\n  "no": $string(order.id)\n}');
    expect(meanings(open('{}'), sku, { path: ['tags'], kind: 'values' })).toBe('{\n  "tags": [items.sku]\n}');
    expect(meanings(open('{}'), customer, value('x'))).toBe('none');
  });

  it('is asked by the depth and kind of both ends', () => {
    expect(meanings(open('{}'), sku, { ...value('x'), type: 'text' })).toEqual(['first', 'last', 'join', 'count', 'sum']);
    expect(meanings(open('{}'), qty, { ...value('x'), type: 'number' })).toEqual(['sum', 'first', 'last', 'join', 'count']);
    expect(meanings(open('{}'), items, { path: ['lines'], kind: 'objects' })).toEqual(['each', 'list']);
    expect(meanings(open('{}'), customer, { path: ['c'], kind: 'object', fields: ['name', 'zip'] })).toEqual(['copy', 'fields']);
    expect(meanings(open('{ "x": a }'), id, value('x'))).toEqual(['replace', 'append', 'fallback']);
    expect(meanings(open('{}'), customer, { path: [], kind: 'object' })).toBe('customer');
    expect(dropOn(open('{ "x": a }'), items, { path: [], kind: 'objects' }).kind).toBe('ask');
    expect(meanings(open('{ "x": a }'), id, { ...value('x'), type: 'number' })).toEqual(['replace', 'fallback', 'plus']);
  });

  it('has one code for each choice', () => {
    expect(code(sku, { kind: 'value' }, 'first')).toBe('(items.sku)[0]');
    expect(code(sku, { kind: 'value' }, 'last')).toBe('(items.sku)[-1]');
    expect(code(qty, { kind: 'value' }, 'join')).toBe('$join(items.qty.$string($), ", ")');
    expect(code(qty, { kind: 'value', type: 'text' }, 'sum')).toBe('$string($sum(items.qty))');
    expect(code(sku, { kind: 'values', type: 'number' }, 'list')).toBe('[items.sku.($number($))]');
    expect(code(items, { kind: 'objects' }, 'each')).toBe('[items.{ }]');
    expect(code(sku, { kind: 'objects' }, 'eachCopy')).toBe('[items.{ "sku": sku }]');
    expect(code(customer, { kind: 'object', fields: ['name', 'zip'] }, 'fields')).toBe('{ "name": customer.name }');
    expect(code({ path: ['odd name', 'a`b'], kind: 'value', lists: [] }, { kind: 'value' }, 'copy')).toBe('$lookup(`odd name`, "a`b")');
  });

  it('joins, stands in, or adds where the row has a rule', () => {
    expect(text(open('{ "x": a }'), id, value('x'), 'append')).toBe('{ "x": a & " " & order.id }');
    expect(text(open('{ "x": a }'), id, { ...value('x'), type: 'text' }, 'fallback')).toBe('{ "x": a ?? $string(order.id) }');
    expect(text(open('{ "x": a ? 1 : 2 }'), id, { ...value('x'), type: 'number' }, 'plus')).toBe('{ "x": (a ? 1 : 2) + order.id }');
    expect(text(open('{ "l": [a[b].{ "c": d }] }'), items, { path: ['l'], kind: 'objects' }, 'replace')).toBe(
      '{ "l": [items[b].{ "c": d }] }',
    );
  });
});

describe('a drop inside a list', () => {
  const filled = (): OpenView => {
    let view = open('{}');
    const steps: [DropSource, DropTarget][] = [
      [sku, value('lines', null, 'sku')],
      [qty, { ...value('lines', null, 'qty'), type: 'text' }],
      [id, value('lines', null, 'order')],
      [part, value('lines', null, 'parts', null, 'no')],
      [sku, value('lines', null, 'parts', null, 'of')],
    ];
    for (const [source, target] of steps) {
      const edit = drop(view, source, target, 'copy');
      if (!edit.ok) throw new Error(edit.refusal.message);
      view = edit.view;
    }
    return view;
  };

  it('makes the missing loops, names the outer item, and reaches the root by $$', () => {
    expect(filled().text).toBe(
      `{
  "lines": [items.($item := $; {
    "sku": sku,
    "qty": $string(qty),
    "order": $$.order.id,
    "parts": [parts.{
      "no": no,
      "of": $item.sku
    }]
  })]
}`,
    );
  });

  it('gives lists for two items, one and none', () => {
    const mapping = compile(filled().text);
    const item = (name: string) => ({ sku: name, qty: 1, parts: [{ no: 'p' }] });
    const line = (name: string) => ({ sku: name, qty: '1', order: 7, parts: [{ no: 'p', of: name }] });
    const order = { id: 7 };
    expect(mapping.evaluate({ order, items: [item('a'), item('b')] })).toEqual({ lines: [line('a'), line('b')] });
    expect(mapping.evaluate({ order, items: [item('a')] })).toEqual({ lines: [line('a')] });
    expect(mapping.evaluate({ order, items: [] })).toEqual({ lines: [] });
    expect(mapping.evaluate({ order })).toEqual({ lines: [] });
  });

  it('of a field that comes once makes a list of one', () => {
    expect(text(open('{}'), id, value('lines', null, 'no'), 'copy')).toContain('"lines": [{');
    expect(compile(text(open('{}'), id, value('lines', null, 'no'), 'copy')).evaluate({ order: { id: 1 } })).toEqual({
      lines: [{ no: 1 }],
    });
  });

  it('uses the parameter of a $map, and the item of the dotted loop around it', () => {
    const view = open('{ "l": [orders.{ "m": $map(items, function($v) { { "a": 1 } }) }] }');
    const source = (...path: string[]): DropSource => ({ path, kind: 'value', lists: [1, 2] });
    expect(text(view, source('orders', 'items', 'sku'), value('l', null, 'm', null, 'b'), 'copy')).toContain('"b": $v.sku');
    expect(text(view, { ...source('orders', 'no'), lists: [1] }, value('l', null, 'm', null, 'b'), 'copy')).toContain('"b": no');
  });
});

describe('a second list', () => {
  const orders = {
    orders: [
      { no: 1, items: [{ sku: 'a' }, { sku: 'b' }] },
      { no: 2, items: [{ sku: 'a' }] },
    ],
    products: [
      { sku: 'a', name: 'Cup' },
      { sku: 'b', name: 'Pot' },
    ],
  };
  const inner: DropSource = { path: ['orders', 'items'], kind: 'objects', lists: [1] };
  const products: DropSource = {
    path: ['products'],
    kind: 'objects',
    lists: [],
    keys: [{ theirs: 'sku', ours: ['orders', 'items', 'sku'] }],
  };
  const lines: DropTarget = { path: ['lines'], kind: 'objects' };

  it('is offered as a list inside the list, and by its key where one is known', () => {
    const view = open('{ "lines": [orders.{ "no": no }] }');
    expect(meanings(view, inner, lines)).toEqual(['replace', 'concat', 'nested']);
    expect(meanings(view, products, lines)).toEqual(['replace', 'concat', 'nested', 'lookup']);
  });

  it('makes an item of each inner item, and what was read of the outer one still is', () => {
    const view = open('{ "lines": [orders.{ "no": no, "first": items[0].sku, "all": $count(items) }] }');
    const nested = text(view, inner, lines, 'nested');
    expect(nested).toBe(
      '{ "lines": [orders.($item := $; items.{ "no": $item.no, "first": $item.items[0].sku, "all": $count($item.items) })] }',
    );
    const sku: DropSource = { path: ['orders', 'items', 'sku'], kind: 'value', lists: [1, 2] };
    const whole = text(open(nested), sku, value('lines', null, 'sku'), 'copy');
    expect(compile(whole).evaluate(orders)).toEqual({
      lines: [
        { no: 1, first: 'a', all: 2, sku: 'a' },
        { no: 1, first: 'a', all: 2, sku: 'b' },
        { no: 2, first: 'a', all: 1, sku: 'a' },
      ],
    });
  });

  it('is not put inside where the rows below cannot be told to read by a name', () => {
    const edit = drop(open('{ "lines": [orders.($item := $; { "up": %.x })] }'), inner, lines, 'nested');
    expect(edit.ok ? edit.text : edit.refusal.code).toBe('ambiguous');
  });

  it('gives one field of the item whose key is ours', () => {
    const view = open('{ "lines": [orders.items.{ "sku": sku }] }');
    const name: DropSource = { ...products, path: ['products', 'name'], kind: 'value', lists: [1] };
    expect(meanings(view, name, value('lines', null, 'name'))[0]).toBe('lookup');
    const made = text(view, name, value('lines', null, 'name'), 'lookup');
    expect(made).toContain('"name": ($$.products[sku = $item.sku].name)[0]');
    expect(compile(made).evaluate(orders)).toEqual({
      lines: [
        { sku: 'a', name: 'Cup' },
        { sku: 'b', name: 'Pot' },
        { sku: 'a', name: 'Cup' },
      ],
    });
  });

  it('becomes a variable of the loop that holds the item whose key is ours', () => {
    const made = text(open('{ "lines": [orders.items.{ "sku": sku }] }'), products, lines, 'lookup');
    expect(made).toBe('{ "lines": [orders.items.($item := $; $product := ($$.products[sku = $item.sku])[0]; { "sku": sku })] }');
  });
});

describe('a drop on a row that its place alone does not name', () => {
  it('changes the branch, the stand-in or the variable, and a missing field of a branch is made in it', () => {
    const view = open('( $v := a; { "x": b ? { "y": 1 } : { "y": 2 }, "z": c ?? 3 } )');
    const at = (rule: string, ...rest: string[]): DropTarget => ({ path: ['x', ...rest], kind: 'value', from: { rule, rest } });
    expect(text(view, id, at('x#2'), 'replace')).toContain('b ? { "y": 1 } : order.id,');
    expect(text(view, id, at('x#2', 'w'), 'copy')).toContain('{ "y": 2, "w": order.id }');
    expect(text(view, id, at('z#2'), 'replace')).toContain('c ?? order.id');
    expect(text(view, id, { path: [{ variable: 'v' }], kind: 'value', from: { rule: '$v#0', rest: [] } }, 'replace')).toContain(
      '$v := order.id;',
    );
  });

  it('can bring a variable', () => {
    const source: DropSource = { path: [], kind: 'value', lists: [], variable: 'vat' };
    expect(text(open('( $vat := 1; { "a": [items.{ }] } )'), source, value('a', null, 'b'), 'copy')).toContain('"b": $vat');
  });
});
