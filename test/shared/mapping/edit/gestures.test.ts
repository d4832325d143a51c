import { describe, expect, it } from 'vitest';
import type { Edited } from '#shared/mapping/edit/edit.ts';
import { addField, moveRule, renameField, setAt } from '#shared/mapping/edit/field.ts';
import { replacePart } from '#shared/mapping/edit/fragment.ts';
import { setIndexName, setItemName, setLoop, setLoopList, setSort, setWhere, wrapArray } from '#shared/mapping/edit/loop.ts';
import { clearRule, codeOf, setRule } from '#shared/mapping/edit/rule.ts';
import { setTable, wrapTable } from '#shared/mapping/edit/table.ts';
import { addVariable, removeVariable, renameVariable } from '#shared/mapping/edit/variable.ts';
import { addBranch, addCondition, joinText, setDefault, unwrap, wrapConversion, wrapFunction } from '#shared/mapping/edit/wrap.ts';
import { viewOf } from '#shared/mapping/view.ts';
import { open, row } from '../files.ts';

/** The text after a gesture, or the code of its refusal. */
const result = (edit: Edited): string => (edit.ok ? edit.text : edit.refusal.code);

/** What a gesture makes of the row `x` of `{ "x": <code> }`. */
function onRow(code: string, gesture: (view: ReturnType<typeof open>, id: string) => Edited): string {
  const text = result(gesture(open(`{ "x": ${code} }`), 'x#0'));
  return text.startsWith('{ "x": ') ? text.slice(7, -2) : text;
}

describe('setting a rule', () => {
  it('puts brackets where the place needs them', () => {
    expect(result(setRule(open('{ "a": b ?? c }'), 'a#1', 'd & e'))).toBe('{ "a": (d & e) ?? c }');
    expect(result(setRule(open('{ "a": b ? c : d }'), 'a#1', 'e ? f'))).toBe('{ "a": b ? (e ? f) : d }');
    expect(result(setRule(open('{ "a": p.{ "b": c } }'), 'a[]#0', 'd + e'))).toBe('{ "a": p.(d + e) }');
  });

  it('refuses what is no expression by itself, and tells where', () => {
    const edit = setRule(open('{ "a": b }'), 'a#0', 'c, "d": e');
    expect(edit).toMatchObject({ ok: false, refusal: { code: 'syntax', problem: { line: 1 } } });
    expect(result(setRule(open('{ "a": b }'), 'a#0', '%.%'))).toBe('result');
    expect(result(setRule(open('{ "a": b }'), 'z#0', 'c'))).toBe('row');
  });

  it('reaches any piece of a row, such as a condition or an argument', () => {
    const view = open('{ "a": b = 1 ? $pad(c, 3) : d }');
    const at = view.text.indexOf('3');
    expect(result(replacePart(view, { start: at, end: at + 1 }, 'n + 1'))).toBe('{ "a": b = 1 ? $pad(c, n + 1) : d }');
    const choice = row(view, 'a');
    if (choice.kind !== 'choice') throw new Error('no choice');
    const [branch] = choice.branches;
    expect(result(replacePart(view, branch?.condition ?? choice.span, 'x ?? y'))).toBe('{ "a": (x ?? y) ? $pad(c, 3) : d }');
  });
});

describe('adding a field', () => {
  it('follows the lines and the indent of the object', () => {
    expect(result(setAt(open('{\n    "a": b /* x */\n}'), ['c'], 'd'))).toBe('{\n    "a": b, /* x */\n    "c": d\n}');
    expect(result(setAt(open('{ "a": b }'), ['c d'], 'e'))).toBe('{ "a": b, "c d": e }');
    expect(result(setAt(open('{}'), ['c'], 'd'))).toBe('{\n  "c": d\n}');
    expect(result(setAt(viewOf(' '), ['a', 'b'], 'c'))).toBe('{\n  "a": {\n    "b": c\n  }\n}');
  });

  it('makes the objects that are missing around it, at any depth', () => {
    expect(result(setAt(open('{\n  "a": b\n}'), ['c', 'd', 'e'], 'f'))).toBe(
      '{\n  "a": b,\n  "c": {\n    "d": {\n      "e": f\n    }\n  }\n}',
    );
    expect(result(setAt(open('{ "l": [p.{ "a": b }] }'), ['l', null, 'c', 'd'], 'e'))).toBe('{ "l": [p.{ "a": b, "c": { "d": e } }] }');
  });

  it('keeps what another rule makes there', () => {
    expect(result(setAt(open('{ "c": customer }'), ['c', 'x'], 'y'))).toBe('{ "c": $merge([customer, { "x": y }]) }');
    expect(result(setAt(open('{ "c": $merge([a, { "b": d }]) }'), ['c', 'x'], 'y'))).toBe('{ "c": $merge([a, { "b": d, "x": y }]) }');
    expect(result(setAt(open('{ "c": a & b }'), ['c', 'x'], 'y'))).toBe('row');
    expect(result(setAt(open('{ "c": a ? { "b": 1 } : { "b": 2 } }'), ['c', 'x'], 'y'))).toBe('ambiguous');
  });

  it('is refused where the name is taken, or a list is missing', () => {
    expect(result(addField(open('{ "a": b }'), '#0', ['a', 'c'], 'd'))).toBe('name');
    expect(result(setAt(open('{ "a": b }'), ['l', null, 'x'], 'd'))).toBe('row');
  });
});

describe('removing a row', () => {
  it('takes its comma and its own remarks along, and leaves those of others', () => {
    const text = '{\n  /* one */\n  "a": b, /* of a */\n  /* two */\n  "c": d, /* of c */\n\n  /* part */\n\n  "e": f\n}';
    const view = open(text);
    expect(result(clearRule(view, 'a#0'))).toBe('{\n  /* two */\n  "c": d, /* of c */\n\n  /* part */\n\n  "e": f\n}');
    expect(result(clearRule(view, 'c#0'))).toBe('{\n  /* one */\n  "a": b, /* of a */\n\n  /* part */\n\n  "e": f\n}');
    expect(result(clearRule(view, 'e#0'))).toBe(
      '{\n  /* one */\n  "a": b, /* of a */\n  /* two */\n  "c": d /* of c */\n\n  /* part */\n\n}',
    );
  });

  it('works on one line, in lists, choices, defaults and scopes', () => {
    expect(result(clearRule(open('{ "a": 1, "b": 2, "c": 3 }'), 'b#0'))).toBe('{ "a": 1, "c": 3 }');
    expect(result(clearRule(open('{ "a": 1, "b": 2 }'), 'b#0'))).toBe('{ "a": 1 }');
    expect(result(clearRule(open('{ "a": [x, { "b": y }] }'), 'a[0]#0'))).toBe('{ "a": [{ "b": y }] }');
    expect(result(clearRule(open('{ "a": x ?? y }'), 'a#2'))).toBe('{ "a": x }');
    expect(result(clearRule(open('{ "a": x ? 1 : y ? 2 : 3 }'), 'a#1'))).toBe('{ "a": y ? 2 : 3 }');
    expect(result(clearRule(open('{ "a": x ? 1 : 3 }'), 'a#2'))).toBe('{ "a": x ? 1 }');
    expect(result(clearRule(open('( $a := 1; $b := 2; $b )'), '$a#0'))).toBe('( $b := 2; $b )');
    expect(result(clearRule(open('( $a := 1; $b := 2; $b )'), '$b#0'))).toBe('used');
  });
});

describe('renaming and moving a field', () => {
  it('touches the name, or swaps the rows with their remarks', () => {
    expect(result(renameField(open('{ "a": b }'), 'a#0', 'x "y"'))).toBe('{ "x \\"y\\"": b }');
    expect(result(renameField(open('{ "a": b, "c": d }'), 'a#0', 'c'))).toBe('name');
    expect(result(moveRule(open('{\n  "a": 1, /* of a */\n  /* b */\n  "b": 2\n}'), 'a#0', 1))).toBe(
      '{\n  /* b */\n  "b": 2,\n  "a": 1 /* of a */\n}',
    );
  });
});

describe('a loop', () => {
  it('gets list, condition, order and names by touching these alone', () => {
    expect(onRow('null', (view, id) => setLoop(view, id, 'order.items'))).toBe('[order.items.{ }]');
    expect(onRow('[a[b]^(c).{ "d": e }]', (view, id) => setLoopList(view, id, 'x.y'))).toBe('[x.y[b]^(c).{ "d": e }]');
    expect(onRow('[a.{ "d": e }]', (view, id) => setWhere(view, id, 'q > 0'))).toBe('[a[q > 0].{ "d": e }]');
    expect(onRow('[a[b].{ "d": e }]', (view, id) => setWhere(view, id, undefined))).toBe('[a.{ "d": e }]');
    expect(onRow('[a[b].{ "d": e }]', (view, id) => setSort(view, id, [{ by: 'p', descending: true }]))).toBe('[a[b]^(>p).{ "d": e }]');
    expect(onRow('[a^(p).{ "d": e }]', (view, id) => setSort(view, id, []))).toBe('[a.{ "d": e }]');
    expect(onRow('[a.{ "d": e }]', (view, id) => setItemName(view, id, 'it'))).toBe('[a.($it := $; { "d": e })]');
    expect(onRow('[a.{ "d": e }]', (view, id) => setIndexName(view, id, 'i'))).toBe('[a#$i.{ "d": e }]');
    expect(onRow('$map(a ? b : c, function($v) { { "d": $v } })', (view, id) => setWhere(view, id, 'q'))).toBe(
      '$map((a ? b : c)[q], function($v) { { "d": $v } })',
    );
    expect(onRow('[a.($it := $; { "d": $it.e })]', (view, id) => setItemName(view, id, 'one'))).toBe('[a.($one := $; { "d": $one.e })]');
    expect(onRow('[a#$i.{ "d": $i }]', (view, id) => setIndexName(view, id, 'n'))).toBe('[a#$n.{ "d": $n }]');
    expect(onRow('$map(a, function($v) { $v.b & $string($v) })', (view, id) => setItemName(view, id, 'x'))).toBe(
      '$map(a, function($x) { $x.b & $string($x) })',
    );
    expect(onRow('a.{ "d": e }', wrapArray)).toBe('[a.{ "d": e }]');
    expect(onRow('[a.{ "d": e }]', wrapArray)).toBe('row');
  });
});

describe('wrapping a rule', () => {
  it('embeds the old text as it was', () => {
    expect(onRow('a', (view, id) => setDefault(view, id, 'missing', '"d"'))).toBe('a ?? "d"');
    expect(onRow('a & b', (view, id) => setDefault(view, id, 'empty', '0'))).toBe('(a & b) ?: 0');
    expect(onRow('a', (view, id) => setDefault(view, id, 'missingOrNull', '0'))).toBe('a != null ? a : 0');
    expect(onRow('$f(a)', (view, id) => setDefault(view, id, 'missingOrNull', '0'))).toBe('($value := $f(a); $value != null ? $value : 0)');
    expect(onRow('a ?? 1', (view, id) => setDefault(view, id, 'empty', '2'))).toBe('a ?: 2');
    expect(onRow('a /* why */ & b', (view, id) => addCondition(view, id, 'p = 1', '"x"'))).toBe('p = 1 ? a /* why */ & b : "x"');
    expect(onRow('p ? a : b', (view, id) => addBranch(view, id, 'q', 'c'))).toBe('p ? a : q ? c : b');
    expect(onRow('p ? a', (view, id) => addBranch(view, id, 'q', 'c'))).toBe('p ? a : q ? c');
    expect(onRow('a', (view, id) => wrapFunction(view, id, 'substring', ['0', '3']))).toBe('$substring(a, 0, 3)');
    expect(onRow('a & b', (view, id) => wrapConversion(view, id, 'text', 'boolean'))).toBe('(a & b) = "true"');
    expect(onRow('a', (view, id) => wrapConversion(view, id, 'text', 'text'))).toBe('row');
    expect(onRow('a + 1', (view, id) => joinText(view, id, 'b'))).toBe('(a + 1) & " " & b');
    expect(onRow('a & b', (view, id) => joinText(view, id, 'c', ''))).toBe('a & b & c');
    expect(onRow('a', (view, id) => wrapTable(view, id, [{ from: '1', to: 'x' }], '"?"'))).toBe(
      '$lookup({\n  "1": "x"\n}, $string(a)) ?? "?"',
    );
  });

  it('comes off again', () => {
    const codes = ['a ?? 1', 'p ? a : b', '$lookup({ "1": 2 }, a)', '$trim(a)', '[a]', '$sum(a)'];
    expect(codes.map((code) => onRow(code, unwrap))).toEqual(codes.map(() => 'a'));
    expect(onRow('$upper($trim(a))', unwrap)).toBe('$trim(a)');
    expect(onRow('a', unwrap)).toBe('row');
  });
});

describe('a value table', () => {
  const table = (code: string, lines: { from: string; to: unknown }[]) => onRow(code, (view, id) => setTable(view, id, lines));

  it('keeps the lines that stay as they are written', () => {
    const code = '$lookup({ \'a\' : 1, /* b! */ "b": 2 }, x)';
    expect(
      table(code, [
        { from: 'a', to: 1 },
        { from: 'b', to: 3 },
      ]),
    ).toBe('$lookup({ \'a\' : 1, /* b! */ "b": 3 }, x)');
    expect(table(code, [{ from: 'b', to: 2 }])).toBe('$lookup({ /* b! */ "b": 2 }, x)');
    expect(
      table(code, [
        { from: 'a', to: 1 },
        { from: 'b', to: 2 },
        { from: 'c', to: null },
      ]),
    ).toBe('$lookup({ \'a\' : 1, /* b! */ "b": 2, "c": null }, x)');
    expect(
      table(code, [
        { from: 'a', to: 1 },
        { from: 'a', to: 2 },
      ]),
    ).toBe('name');
  });
});

describe('variables', () => {
  it('wrap the mapping once, the old text as it was', () => {
    const first = addVariable(open('/* head */\n{\n  "a": b\n}\n'), 'vat', '0.19');
    expect(result(first)).toBe('/* head */\n(\n  $vat := 0.19;\n{\n  "a": b\n}\n)\n');
    if (first.ok) expect(result(addVariable(first.view, 'net', '$vat * 2'))).toContain('$vat := 0.19;\n$net := $vat * 2;\n{');
    expect(result(addVariable(open('a'), 'no good', '1'))).toBe('name');
  });

  it('are renamed wherever they are used, but not where a function takes the name again', () => {
    const text = '( $a := 1; $f := function($a) { $a + 1 }; { "x": $a & "$a", "y": $f($a) } )';
    expect(result(renameVariable(open(text), '$a#0', 'b'))).toBe(
      '( $b := 1; $f := function($a) { $a + 1 }; { "x": $b & "$a", "y": $f($b) } )',
    );
    expect(result(renameVariable(open(text), '$a#0', 'f'))).toBe('name');
    expect(result(removeVariable(open(text), '$a#0'))).toBe('used');
  });
});

describe('the code of a row', () => {
  it('has no more indent than it needs', () => {
    expect(codeOf(open('{\n    "a": {\n      "b": c\n    }\n}'), 'a#0')).toBe('{\n  "b": c\n}');
  });
});
