import { describe, expect, it } from 'vitest';
import { parseTarget, targetText } from '#shared/mapping/target.ts';
import { opaqueReason, ruleAt, viewOf } from '#shared/mapping/view.ts';
import { open, row } from './files.ts';

const kindOf = (code: string) => row(open(`{ "x": ${code} }`), 'x').kind;

describe('the kind of a row', () => {
  it.each([
    ['copy', ['a', 'a.b.c', '`a-b`.c', '$$.a', '$v.a', '%.a', '[items.sku]', '($.a)']],
    ['constant', ['"x"', '5', '-3', 'true', 'null', '[]', '["a", 1]']],
    ['template', ['a & " " & b', '(a & b)']],
    ['formula', ['a + b * 2', 'a > 1 and b = 2', '[1..3]', '-a', 'a in ["x"]']],
    ['function', ['$trim(a)', '$uppercase($trim(a))', 'a ~> $trim()', 'a ~> $f', '$now()', '$filter(a, function($x) { $x.b })']],
    ['aggregate', ['$sum(items.(price * qty))', '$count(items)', '$join(items.sku, ", ")', 'a ~> $max()']],
    ['pick', ['(items.sku)[0]', 'items[qty > 1].sku', 'items^(price)', 'a.*']],
    ['lookup', ['customers[id = $$.customerId].name', '$$.customers[$.id = $c.id]']],
    ['default', ['a ?? b', 'a ?: b', 'a != null ? a : b', '$exists(a) ? a : b', 'a ? a : b']],
    ['choice', ['a = 1 ? b : c', 'a = 1 ? b', 'a = 1 ? b : a = 2 ? c : d']],
    ['table', ['$lookup({ "1": "x" }, $string(a))', '$lookup({ "1": "x" }, a) ?? "y"']],
    ['loop', ['p.{ "a": b }', '[p.{ "a": b }]', 'p.( $x := 1; { "a": $x } )', '$map(p, function($v) { { "a": $v } })']],
    ['loop', ['p ~> $map(function($v) { $v })', '$each(o, function($v, $k) { $k })', 'a@$x.b@$y[$y.i = $x.i].{ "z": $x.z }']],
    ['each', ['items.(price * qty)', 'items.sku.$uppercase()']],
    ['merge', ['$merge([a, { "b": c }])']],
    ['scope', ['( $a := 1; $a )']],
    ['group', ['items{ sku: $sum(qty) }']],
    ['list', ['[a, { "b": c }]']],
    ['object', ['{ }', '{ "a": b }']],
    ['helper', ['function($a) { $a.b }']],
    ['code', ['$ ~> |a|{ "b": 1 }|', '$substring(?, 0, 3)', '$reduce(a, $f)', '(a; b)']],
  ])('is %s', (kind, codes) => {
    expect(codes.map((code) => [code, kindOf(code)])).toEqual(codes.map((code) => [code, kind]));
  });

  it('says why a row is not wholly drawn, also for a piece inside it', () => {
    const view = open('{ "a": $ ~> |b|{}|, "b": $string($reduce(a, $f)), "c": d }');
    expect(['a', 'b', 'c'].map((id) => opaqueReason(row(view, id)))).toEqual(['changes a copy in place (|…|)', 'uses $reduce', undefined]);
  });
});

describe('a loop', () => {
  it('tells its list, filters, order, names, and whether it always makes a list', () => {
    const text = '[order.items[qty > 0]#$i^(>price, sku).( $item := $; { "a": sku } )]';
    const view = open(`{ "lines": ${text} }`);
    const loop = row(view, 'lines');
    if (loop.kind !== 'loop') throw new Error('no loop');
    const cut = ({ start, end }: { start: number; end: number }) => view.text.slice(start, end);
    expect(loop).toMatchObject({ form: 'dot', array: true, itemName: 'item', indexName: 'i' });
    expect([cut(loop.listSpan), cut(loop.listCore)]).toEqual(['order.items[qty > 0]#$i^(>price, sku)', 'order.items']);
    expect(loop.where.map(({ condition }) => cut(condition))).toEqual(['qty > 0']);
    expect(loop.sort.map(({ by, descending }) => [cut(by), descending])).toEqual([
      ['price', true],
      ['sku', false],
    ]);
    expect(row(view, 'lines[].a').kind).toBe('copy');
  });

  it('of $map names item and position by the parameters', () => {
    const loop = row(open('{ "l": $map(a[b], function($v, $n) { { "i": $n } }) }'), 'l');
    expect(loop).toMatchObject({ form: 'map', array: false, itemName: 'v', indexName: 'n' });
  });
});

describe('a value table', () => {
  it('shows its rows, its input and what else counts', () => {
    const table = row(open('{ "s": $lookup({ "1": "draft", "2": 5 }, $string(state)) ?? "?" }'), 's');
    expect(table).toMatchObject({
      kind: 'table',
      rows: [
        { from: '1', to: 'draft' },
        { from: '2', to: 5 },
      ],
      otherwise: { kind: 'constant' },
    });
  });

  it('may stand in a variable', () => {
    const text = '( $t := { "1": "a" }; { "s": $lookup($t, x) } )';
    const table = row(open(text), 's');
    if (table.kind !== 'table') throw new Error('no table');
    expect([table.variable, text.slice(table.tableSpan.start, table.tableSpan.end)]).toEqual(['t', '{ "1": "a" }']);
  });
});

describe('a view', () => {
  it('of a text that does not parse tells where, and never throws', () => {
    expect(viewOf('{\n  "a" b }')).toMatchObject({ ok: false, problem: { code: 'S0202', line: 2 } });
    expect(viewOf('')).toMatchObject({ ok: false, problem: { code: 'S0207', line: 1, column: 1 } });
  });

  it('gives the remarks of a field to it, and the one behind a comma to the field before', () => {
    const view = open(
      '{ /* of the object */\n  /* one */\n  "a": b, /* behind a */\n\n  /* heading */\n\n  /* two */\n  "c": d /* behind c */\n}',
    );
    if (view.root.kind !== 'object') throw new Error('no object');
    const notes = view.root.fields.map((field) => field.notes.map(({ start, end }) => view.text.slice(start, end)));
    expect(notes).toEqual([
      ['/* one */', '/* behind a */'],
      ['/* two */', '/* behind c */'],
    ]);
  });

  it('knows the row of an offset', () => {
    const view = open('{ "a": b & c, "d": [e.{ "f": $sum(g) }] }');
    expect(['c', '$sum', '"d"'].map((sign) => ruleAt(view, view.text.indexOf(sign))?.id)).toEqual(['a#0', 'd[].f#0', '#0']);
  });

  it('numbers the rows of one place', () => {
    const view = open('{ "a": b ?? (c ? "x" : "y") }');
    expect(['a#0', 'a#1', 'a#2', 'a#3', 'a#4'].map((id) => row(view, id).kind)).toEqual([
      'default',
      'copy',
      'choice',
      'constant',
      'constant',
    ]);
  });
});

describe('the text of a target', () => {
  it('reads back as the same path', () => {
    for (const path of [[], ['a', null, 'b'], ['first name', 0, 'x'], ['a"]b', null, null, 'Größe']] as (string | number | null)[][]) {
      expect(parseTarget(targetText(path))).toEqual(path);
    }
    expect(parseTarget('a..b')).toBeUndefined();
  });
});
