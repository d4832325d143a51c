import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { compile, type Expression, ExpressionError } from '#shared/jsonata/compile.ts';
import { type RowCount, type RowOutcome, rowsAt } from '#shared/mapping/preview/report.ts';
import { evaluateIn, type KnownSlices, previewer } from '#shared/mapping/preview.ts';
import { allRules } from '#shared/mapping/rule.ts';
import type { OpenView } from '#shared/mapping/view.ts';
import { viewOf } from '#shared/mapping/view.ts';
import { portableCases } from '../jsonata/portable.ts';
import { mappingFiles, open } from './files.ts';

const message = (value: unknown, bindings: Record<string, unknown> = {}) => ({ value, bindings });

/** What the engine makes of a mapping: its value as text, or the code of its error. */
function engine(
  expression: string | Expression,
  value: unknown,
  bindings: Record<string, unknown> = {},
): { json?: string; error?: string } {
  try {
    const compiled = typeof expression === 'string' ? compile(expression, { speculation: 'off' }) : expression;
    const json = stringifyJson(compiled.evaluate(value, bindings));
    return json === undefined ? {} : { json };
  } catch (error) {
    if (error instanceof ExpressionError) return { error: error.code };
    throw error;
  }
}

/** The results of rows, short: the JSON text, nothing as `-`, a failure as `!` and its code. */
function shown(text: string, value: unknown, items: Record<string, number> = {}): Record<string, string> {
  const { rows } = previewer(open(text)).preview(message(value));
  const found = rowsAt(rows, new Map(Object.entries(items)));
  return Object.fromEntries([...found].map(([id, results]) => [id, results.map(short).join(' ')]));
}

const short = (result: RowOutcome): string => (result.kind === 'value' ? result.json : result.kind === 'nothing' ? '-' : `!${result.code}`);

/** Messages that have something, not always of one kind, wherever a mapping reads. */
function messagesFor(view: OpenView): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    fc.constantFrom<unknown>('', 'A', '12,50', '7', '2026-01-03', '2026-01-03T10:00:00Z', 0, 1, 2.5, true, null, undefined),
    fc.constant(parseJson('9007199254740993')),
  );
  const paths = view.lines.map(({ path }) => path).filter((path) => path.length > 0);
  return fc
    .tuple(fc.array(leaf, { minLength: 8, maxLength: 8 }), fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 8 }))
    .map(([values, sizes]) => {
      let n = 0;
      const build = (at: readonly string[][]): unknown => {
        const names = [...new Set(at.flatMap(([name]) => name ?? []))];
        if (names.length === 0) return values[n++ % values.length];
        const object = () =>
          Object.fromEntries(names.map((name) => [name, build(at.filter(([first]) => first === name).map(([, ...rest]) => rest))]));
        const size = sizes[n++ % sizes.length] ?? 0;
        // A size of three stands for a lone object.
        return size === 3 ? object() : Array.from({ length: size }, object);
      };
      const root = build(paths.map((path) => [...path]));
      return Array.isArray(root) ? (root[0] ?? {}) : root;
    });
}

describe('the preview', () => {
  it('makes of every expression of the language suite what the engine makes of it', () => {
    let looked = 0;
    const wrong: string[] = [];
    for (const [i, { expr, input, bindings }] of portableCases.entries()) {
      // Each by itself, and every other one as a row or in a loop.
      for (const text of [expr, i % 2 === 0 ? `{ "a": ${expr}, "b": 1 }` : `[1, 2].{ "y": (${expr}) }`]) {
        const view = viewOf(text);
        if (!view.ok) continue;
        const wanted = engine(text, structuredClone(input), bindings);
        const looking = previewer(view);
        const { outcome, result, rows } = looking.preview(message(structuredClone(input), bindings ?? {}));
        const quick = looking.look(message(structuredClone(input), bindings ?? {}));
        const failed = rows.some(({ results }) => results.some((one) => one.result.kind === 'failed'));
        looked++;
        const right =
          wanted.error === undefined ? outcome !== 'failed' && result === wanted.json && !failed : outcome === 'failed' && failed;
        if (!right || quick.outcome !== outcome || quick.result !== result)
          wrong.push(`${text}: ${result ?? outcome} for ${wanted.json ?? wanted.error ?? 'nothing'}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(looked).toBeGreaterThan(2000);
  }, 120_000);

  it('makes of realistic mappings what the engine makes of them, whatever the message', () => {
    for (const { name, text } of mappingFiles) {
      const view = open(text);
      const looking = previewer(view);
      const expression = compile(text, { speculation: 'off' });
      const changing = /\$(?:now|millis)\(/.test(text);
      fc.assert(
        fc.property(messagesFor(view), (value) => {
          const wanted = engine(expression, value);
          const { outcome, result, rows } = looking.preview(message(value));
          const failed = rows.filter(({ results }) => results.some((one) => one.result.kind === 'failed'));
          if (wanted.error !== undefined) {
            expect([outcome, failed.length > 0], name).toEqual(['failed', true]);
            return;
          }
          expect([outcome === 'failed', failed.map(({ rule }) => rule)], name).toEqual([false, []]);
          if (!changing) expect(result, name).toBe(wanted.json);
          expect(looking.count(message(value), new Map()), name).toBe(outcome);
        }),
        { numRuns: 6 },
      );
    }
  }, 120_000);

  it('says of every row by slices what it says in the whole, and compiles of a text anew only what changed', () => {
    let sliced = 0;
    for (const { name, text } of mappingFiles) {
      const view = open(text);
      // The clock and chance give each something else.
      if (/\$(?:now|millis|random|shuffle)\b/.test(text)) continue;
      const known: KnownSlices = new Map();
      const bySlices = previewer(view, known);
      const whole = previewer(view);
      if (known.size > 0) sliced++;
      fc.assert(
        fc.property(messagesFor(view), (value) => {
          for (const look of ['look', 'preview'] as const) {
            const [mine, all] = [bySlices[look](message(value)), whole[look](message(value))];
            expect(mine.outcome, name).toBe(all.outcome);
            if (mine.outcome !== 'failed') expect(mine.result, name).toBe(all.result);
            // Where the budget ends the whole, slices go on: only rows that the whole has come to can be compared.
            const rows = new Map(mine.rows.map((row) => [row.rule, row]));
            for (const row of all.rows) if (row.results.length > 0) expect(rows.get(row.rule), `${name} ${row.rule}`).toEqual(row);
          }
          const [some, all] = [new Map<string, RowCount>(), new Map<string, RowCount>()];
          const outcome = bySlices.count(message(value), some);
          expect(outcome, name).toBe(whole.count(message(value), all));
          if (outcome !== 'failed') expect(some, name).toEqual(all);
        }),
        { numRuns: 3 },
      );
      const before = new Map(known);
      const field = [...allRules(view.root)].find(
        ({ kind, target }) => kind === 'copy' && target.length === 1 && typeof target[0] === 'string',
      );
      if (known.size < 2 || field === undefined) continue;
      const typed = open(`${text.slice(0, field.span.end)}.x${text.slice(field.span.end)}`);
      previewer(typed, known);
      expect([known.size, [...known].filter(([slice, made]) => before.get(slice) === made).length], name).toEqual([
        before.size,
        before.size - 1,
      ]);
    }
    expect(sliced).toBeGreaterThan(mappingFiles.length / 3);
  }, 120_000);

  it('shows each failing row its own sentence and keeps all others alive', () => {
    const text = '{ "a": id, "b": $number(bad), "c": { "d": $uppercase(id), "e": name }, "l": [items.{ "n": $number(q) }] }';
    const { outcome, result, rows } = previewer(open(text)).preview(
      message({ id: 7, bad: '12,50', name: 'Anna', items: [{ q: '1' }, { q: 'x' }] }),
    );
    expect(outcome).toBe('failed');
    expect(result).toBe('{"a":7,"c":{"e":"Anna"},"l":[{"n":1},{}]}');
    const failures = rows.flatMap(({ rule, results }) =>
      results.flatMap(({ at, result: one }) => (one.kind === 'failed' ? [[rule, ...at, one.message]] : [])),
    );
    expect(failures).toEqual([
      ['b#0', expect.stringContaining('"12,50" cannot be read as a number')],
      ['c.d#0', expect.stringContaining('$uppercase')],
      ['l[].n#0', 1, expect.stringContaining('"x" cannot be read as a number')],
    ]);
    expect(shown(text, { id: 7, bad: '12,50', name: 'Anna', items: [] })).toMatchObject({ 'a#0': '7', 'c.e#0': '"Anna"', 'l#0': '[]' });
  });

  it('blames no row for what another one failed to give', () => {
    const text = '( $vat := $number(rate); { "net": price, "gross": price * (1 + $vat), "who": $vat & name } )';
    expect(shown(text, { rate: 'x', price: 10, name: 'A' })).toMatchObject({
      '$vat#0': '!D3030',
      'net#0': '10',
      'gross#0': '-',
      'who#0': '"A"',
    });
  });

  it('marks a row whose failure cannot be caught where it stands, as beside a parent', () => {
    const text = '{ "l": [items.{ "id": %.id, "bad": $number(%.id & "x"), "ok": n }], "after": id }';
    expect(shown(text, { id: 1, items: [{ n: 1 }, { n: 2 }] })).toMatchObject({
      'l[].bad#0': '!D3030 !D3030',
      'l[].ok#0': '1 2',
      'l[].id#0': '1 1',
      'after#0': '1',
    });
  });

  it('has one result for each item, of nested loops for the items that are chosen', () => {
    const text = '[orders.{ "id": id, "big": big = true ? id, "lines": [lines.{ "sku": sku }] }]';
    const value = {
      orders: [
        { id: 1, lines: [{ sku: 'a' }, { sku: 'b' }] },
        { id: 2, big: true, lines: [] },
        { id: 3, lines: [{ sku: 'c' }] },
      ],
    };
    expect(shown(text, value)).toMatchObject({
      '[].id#0': '1 2 3',
      // Of a branch that is not taken there is nothing, and the items stay in their places.
      '[].big#1': '- 2 -',
      '[].lines#0': '[{"sku":"a"},{"sku":"b"}] [] [{"sku":"c"}]',
      '[].lines[].sku#0': '"a" "b"',
    });
    expect(shown(text, value, { '#0': 2 })['[].lines[].sku#0']).toBe('"c"');
    expect(shown(text, value, { '#0': 1 })['[].lines[].sku#0']).toBe('');
  });

  it('tells branches, defaults, tables and variables apart', () => {
    const text =
      '( $v := a; { "x": a > 5 ? "big" : a > 1 ? "mid" : "small", "d": b ?? "none", "t": $lookup({ "1": "one" }, $string(a)) ?? "other", "y": $v } )';
    expect(shown(text, { a: 3 })).toEqual({
      '#0': '{"x":"mid","d":"none","t":"other","y":3}',
      '$v#0': '3',
      'x#0': '"mid"',
      'x#1': '',
      'x#2': '"mid"',
      'x#3': '',
      'd#0': '"none"',
      'd#1': '-',
      'd#2': '"none"',
      't#0': '"other"',
      't#1': '"other"',
      'y#0': '3',
    });
  });

  it('keeps every digit, and tells a list that stays a list', () => {
    const value = parseJson('{ "n": 9007199254740993, "d": 1.10, "one": [{ "a": 1 }], "none": [] }');
    const text = '{ "n": n, "d": d, "one": [one.{ "a": a }], "none": [none.{ "a": a }], "bare": none.{ "a": a } }';
    const { result } = previewer(open(text)).preview(message(value));
    expect(result).toBe('{"n":9007199254740993,"d":1.1,"one":[{"a":1}],"none":[]}');
    expect(shown(text, value)).toMatchObject({ 'n#0': '9007199254740993', 'none#0': '[]', 'bare#0': '-' });
  });

  it('sees the names beside the message', () => {
    const { result } = previewer(open('{ "k": $key, "h": $headers.a, "t": $timestamp, "o": $origin }')).preview(
      message({}, { key: 'K', headers: { a: 'x' }, timestamp: 5, origin: 't/0/1' }),
    );
    expect(result).toBe('{"k":"K","h":"x","t":5,"o":"t/0/1"}');
  });

  it('ends with the bounds of a flow, and says so at the row that used them up', () => {
    const text = '{ "b": id, "a": $sum([1..2000000]) }';
    expect(previewer(open(text)).preview(message({ id: 1 })).outcome).toBe('failed');
    expect(shown(text, { id: 1 })).toEqual({ 'b#0': '1', 'a#0': '!D2015' });
  });

  it('counts over messages in how many a row gave something, failed, and its longest text', () => {
    const looking = previewer(open('{ "a": a, "n": $number(n), "l": [l.{ "t": t }] }'));
    const counts = new Map<string, RowCount>();
    const values = [
      { a: 'x', n: '1', l: [] },
      { a: 'long', n: 'q' },
      { n: '2', l: [{ t: 'ab' }] },
    ];
    expect(values.map((value) => looking.count(message(value), counts))).toEqual(['passed', 'failed', 'passed']);
    expect(counts.get('a#0')).toEqual({ looked: 3, filled: 2, failed: 0, longest: 4 });
    expect(counts.get('n#0')).toMatchObject({ looked: 3, filled: 2, failed: 1, failure: expect.stringContaining('"q"') });
    expect(counts.get('l#0')).toEqual({ looked: 3, filled: 1, failed: 0 });
    expect(counts.get('l[].t#0')).toEqual({ looked: 1, filled: 1, failed: 0, longest: 2 });
  });
});

describe('one expression in the place of a row', () => {
  const view = open('( $vat := 0.2; { "l": [items.( $item := $; { "sku": sku, "subs": [subs.{ "x": x }] })], "t": total } )');
  const at = message({
    total: 10,
    items: [
      { sku: 'a', subs: [{ x: 1 }] },
      { sku: 'b', subs: [{ x: 2 }, { x: 3 }] },
    ],
  });
  const result = (rule: string | undefined, code: string, items: Record<string, number> = {}) =>
    short(evaluateIn(view, rule, code, at, new Map(Object.entries(items))));

  it('sees the item, the variables and the chosen items of the loops around it', () => {
    expect(result('t#0', 'total * (1 + $vat)')).toBe('12');
    expect(result('l[].sku#0', '$uppercase(sku)')).toBe('"A"');
    expect(result('l[].sku#0', '$uppercase(sku)', { 'l#0': 1 })).toBe('"B"');
    expect(result('l[].subs[].x#0', '$item.sku & x', { 'l#0': 1, 'l[].subs#0': 1 })).toBe('"b3"');
    expect(result('l[].subs[].x#0', '$$.total')).toBe('10');
  });

  it('tells what is wrong with it, and needs no row', () => {
    expect(result('t#0', '$number("x")')).toBe('!D3030');
    expect(result('t#0', 'total +')).toBe('!S0207');
    expect(result(undefined, 'items[0].sku')).toBe('"a"');
    expect(result('gone#0', 'total')).toBe('10');
    expect(short(evaluateIn(undefined, 't#0', 'total', at))).toBe('10');
  });
});
