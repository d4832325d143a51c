import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { type Place, placeText, valueAt } from '#shared/lineage/place.ts';
import { ruleForPlace } from '#shared/lineage/place-reads.ts';
import { fieldName, whyRow } from '#shared/lineage/row-why.ts';
import { doubtsOf, isExact, type WhyStep, whyOf } from '#shared/lineage/why.ts';
import { previewer } from '#shared/mapping/preview.ts';
import { allRules } from '#shared/mapping/rule.ts';
import type { TrialRecord } from '#shared/trial.ts';
import { mappingFiles, open } from '../mapping/files.ts';
import { messagesFor } from './messages.ts';

const order = parseJson(
  '{"id":9007199254740993,"st":2,"cust":{"first":"Anna","last":"Lee"},"coupon":null,"items":[{"sku":"A-1","qty":2,"price":45.0},{"sku":"B-2","qty":0,"price":9.5},{"sku":"C-7","qty":1,"price":12.5}],"vat":{"DE":19,"AT":20},"country":"AT"}',
);

/** Why a row made what stands at a place of the result of the order. */
function why(text: string, place: Place, value: unknown = order) {
  const view = open(text);
  const message = { value, bindings: { key: 'k-1', headers: { shop: 'de' }, timestamp: 5, origin: 'orders/0/1' } };
  const result = parseJson(previewer(view).preview(message).result ?? 'null');
  return whyRow(view, message, place, valueAt(result, place));
}

const fieldsOf = (made: ReturnType<typeof why>) =>
  made.fields.map((field) => `${field.role} ${fieldName(field)}${field.missing ? ' missing' : ''}`);

describe('why a value is what it is, of one row', () => {
  it('names the field that was copied', () => {
    const made = why('{ "no": id, "name": cust.first & " " & cust.last }', ['no']);
    expect(fieldsOf(made)).toEqual(['value id']);
    expect([made.row, made.text, made.again, made.doubts]).toEqual(['no', 'id', '9007199254740993', []]);
  });

  it('names both fields that were joined', () => {
    expect(fieldsOf(why('{ "name": cust.first & " " & cust.last }', ['name']))).toEqual(['value cust.first', 'value cust.last']);
  });

  it('tells what the pieces of a sum gave', () => {
    const made = why('{ "total": $round($sum(items.(price * qty)) * 1.19, 2) }', ['total']);
    expect(fieldsOf(made)).toEqual([...[0, 1, 2].map((n) => `value items[${n}].price`), ...[0, 1, 2].map((n) => `value items[${n}].qty`)]);
    expect(made.parts.map(({ text, value }) => [text, value])).toEqual([
      ['$sum(items.(price * qty)) * 1.19', '121.975'],
      ['$sum(items.(price * qty))', '102.5'],
      ['items.(price * qty)', '[90,0,12.5]'],
    ]);
    expect([made.again, made.doubts]).toEqual(['121.98', []]);
  });

  it('says which row of a value table fits, and that none does', () => {
    const text = '{ "status": $lookup({ "1": "open", "2": "paid" }, $string(st)) ?? "other" }';
    expect(why(text, ['status']).table).toEqual({ looked: '2', rows: 2, row: { from: '2', to: '"paid"' } });
    const other = why(text, ['status'], { st: 7 });
    expect([other.table, other.again]).toEqual([{ looked: '7', rows: 2 }, '"other"']);
  });

  it('says that the stand-in was taken, and what was missing', () => {
    const made = why('{ "code": voucher.code ?? coupon ?? "none" }', ['code'], { id: 1 });
    expect(made.around.map((one) => one.kind === 'default' && one.taken)).toContain('fallback');
    expect(fieldsOf(made)).toContain('condition voucher.code missing');
    expect(made.again).toBe('"none"');
  });

  it('says which branch was taken, and what its condition looked at', () => {
    const made = why('{ "size": $sum(items.qty) > 2 ? { "is": "big" } : { "is": st } }', ['size', 'is']);
    expect(made.around).toEqual([{ kind: 'choice', row: 'size', branch: 0, condition: '$sum(items.qty) > 2' }]);
    expect(fieldsOf(made)).toEqual([0, 1, 2].map((n) => `condition items[${n}].qty`));
    expect(made.again).toBe('"big"');
  });

  it('finds the item of a loop behind a filter and a sort', () => {
    const text = '{ "lines": [items[qty > 0]^(price).{ "sku": sku, "sum": price * qty, "of": $$.id }] }';
    const made = why(text, ['lines', 0, 'sum']);
    expect(made.around).toEqual([{ kind: 'loop', row: 'lines', list: 'items[qty > 0]^(price)', item: 0, place: ['items', 2] }]);
    expect(fieldsOf(made)).toEqual(['value items[2].price', 'value items[2].qty']);
    expect(made.again).toBe('12.5');
    expect(fieldsOf(why(text, ['lines', 1, 'of']))).toEqual(['value id']);
  });

  it('finds the item of $map, and of a loop in a loop', () => {
    const map = '{ "lines": $map(items, function($v, $i) { { "n": $i, "s": $v.sku } }) }';
    expect(fieldsOf(why(map, ['lines', 2, 's']))).toEqual(['value items[2].sku']);
    const nested = '{ "all": [orders.{ "l": [lines.{ "s": sku }] }] }';
    const message = { orders: [{ lines: [{ sku: 'a' }] }, { lines: [{ sku: 'b' }, { sku: 'c' }] }] };
    const made = why(nested, ['all', 1, 'l', 1, 's'], message);
    expect([fieldsOf(made), made.again]).toEqual([['value orders[1].lines[1].sku'], '"c"']);
  });

  it('follows variables and own functions, and shows their text', () => {
    const made = why('( $rate := $lookup(vat, country); $gross := function($n) { $n * (100 + $rate) / 100 }; { "t": $gross(st) } )', ['t']);
    expect(fieldsOf(made).sort()).toEqual(
      ['value country', 'value st', 'value vat.AT', 'value vat.DE']
        .filter((one) => !one.includes('DE') && !one.includes('AT'))
        .concat('value vat')
        .sort(),
    );
    expect(made.uses.map(({ name }) => name).sort()).toEqual(['gross', 'rate']);
    expect(made.again).toBe('2.4');
  });

  it('names the key, the headers and the time', () => {
    expect(fieldsOf(why('{ "k": $key & "-" & $headers.shop }', ['k']))).toEqual(['value $key', 'value $headers.shop']);
  });

  it('takes the last object of a merge that has the field', () => {
    const text = '$merge([cust, { "first": st }])';
    expect(fieldsOf(why(text, ['first']))).toEqual(['value st']);
    expect(fieldsOf(why(text, ['last']))).toEqual(['value cust.last']);
  });

  it('says where it cannot tell how fields combine', () => {
    const made = why('{ "a": $ ~> |items|{ "x": sku }| }', ['a']);
    expect(made.doubts.join(' ')).toContain('own expression');
  });

  it('says that the time had a say', () => {
    const made = whyRow(open('{ "at": $millis() }'), { value: {}, bindings: {} }, ['at'], 5);
    expect(made.doubts).toEqual(['It depends on the time or on chance, so running the row again gives something else.']);
  });
});

const record = (id: number, node: string, port: string, value: unknown, more: Partial<TrialRecord> = {}): TrialRecord => ({
  ...{ id, input: 0, node, port, key: null, value, headers: {}, timestamp: 1 },
  ...more,
});
const node = (id: string, type: string, config: Record<string, unknown> = {}) => ({ id, type, version: 1, label: '', config });

/** orders → filter → map → split → code → map → sink. */
const way = {
  origin: 'orders/0/7',
  flow: {
    nodes: [
      node('in', 'kafka.source', { topic: 'orders' }),
      node('only', 'filter', { condition: 'st = 2' }),
      node('first', 'map', { expression: '{ "no": $string(id), "lines": items.{ "s": sku, "sum": price * qty }, "who": cust.first }' }),
      node('parts', 'split', { expression: 'lines.{ "s": s, "sum": sum, "no": $$.no }' }),
      node('code', 'own.code'),
      node('last', 'map', { expression: '{ "total": sum * 2, "sku": s, "extra": extra }' }),
      node('out', 'log'),
    ],
  },
  records: [
    record(0, 'in', 'out', order, { text: (stringifyJson(order) ?? '').replace('12.5', '12.50') }),
    record(1, 'only', 'out', order, { from: 0, text: (stringifyJson(order) ?? '').replace('12.5', '12.50') }),
    record(
      2,
      'first',
      'out',
      {
        no: '9007199254740993',
        lines: [
          { s: 'A-1', sum: 90 },
          { s: 'B-2', sum: 0 },
          { s: 'C-7', sum: 12.5 },
        ],
        who: 'Anna',
      },
      { from: 1 },
    ),
    record(3, 'parts', 'out', { s: 'C-7', sum: 12.5, no: '9007199254740993' }, { from: 2, headers: { 'millrace-split': '3/3' } }),
    record(4, 'code', 'out', { s: 'C-7', sum: 12.5, extra: 1 }, { from: 3 }),
    record(5, 'last', 'out', { total: 25, sku: 'C-7', extra: 1 }, { from: 4 }),
    record(6, 'out', 'in', { total: 25, sku: 'C-7', extra: 1 }, { from: 5 }),
  ],
};

/** The chain as `node how place=value`, following the first field of each step. */
function chain(step: WhyStep): string[] {
  const next = step.fields.find(({ because }) => because)?.because;
  const here = `${step.through.map((id) => `(${id}) `).join('')}${step.node} ${step.how} ${placeText(step.place)}=${step.value}`;
  return [here, ...(next ? chain(next) : [])];
}

describe('why a value is what it is, back to the message that came in', () => {
  it('goes through nodes that pass, maps and a split, with the digits of the source', () => {
    const step = whyOf(way, 6, ['total']);
    expect(chain(step)).toEqual([
      '(out) last row total=25',
      '(code) parts row sum=12.5',
      'first row lines[2].sum=12.5',
      '(only) in came-in items[2].price=12.50',
    ]);
  });

  it('says where own code may have had a hand', () => {
    expect(isExact(whyOf(way, 2, ['lines', 2, 'sum']))).toBe(true);
    const step = whyOf(way, 6, ['total']);
    expect(isExact(step)).toBe(false);
    expect(doubtsOf(step).map(({ doubt }) => doubt)).toEqual([
      'The code of “own.code” may have made it anew; the same value stood there before it.',
    ]);
    const made = whyOf(way, 5, ['extra']);
    expect(chain(made)).toEqual(['last row extra=1', 'code code extra=1']);
  });

  it('keeps a 64-bit number to the last digit', () => {
    expect(chain(whyOf(way, 2, ['no']))).toEqual(['first row no="9007199254740993"', '(only) in came-in id=9007199254740993']);
  });

  it('ends for a place that is not there', () => {
    expect(whyOf(way, 5, ['nothing'])).toMatchObject({ how: 'row', node: 'last' });
    expect(whyOf(way, 99, ['x'])).toMatchObject({ how: 'unknown' });
  });
});

/** All places of a value at which something plain stands. */
function leaves(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null || !(Array.isArray(value) || value.constructor === Object)) return [at];
  const inner = Array.isArray(value) ? value.map((item, i) => [i, item] as const) : Object.entries(value);
  return inner.flatMap(([name, item]) => leaves(item, [...at, name]));
}

describe('the realistic mappings', () => {
  it('are told field by field, nearly all exactly, and the others say why not', () => {
    const rows = new Map<string, string | undefined>();
    const asked = new Set<string>();
    let places = 0;
    let ms = 0;
    let leafRows = 0;
    for (const { name, text } of mappingFiles) {
      const view = open(text);
      leafRows += [...allRules(view.root)].filter((rule) => 'chip' in rule).length;
      const look = previewer(view);
      for (const value of fc.sample(messagesFor(view), { numRuns: 3, seed: 11 })) {
        const message = { value, bindings: {} };
        const text = look.preview(message).result;
        if (text === undefined) continue;
        const result = parseJson(text);
        for (const place of leaves(result)) {
          // Once for each row of the text.
          const row = ruleForPlace(view, place).rule.id;
          if (asked.has(`${name} ${row}`)) continue;
          asked.add(`${name} ${row}`);
          const start = performance.now();
          const made = whyRow(view, message, place, valueAt(result, place));
          ms += performance.now() - start;
          places++;
          const id = `${name} ${made.rule}`;
          if (!rows.has(id) || rows.get(id) === undefined) rows.set(id, made.doubts[0]);
          // What is called exact was run again, and gave what stands there.
          if (made.doubts.length === 0) expect(made.again, `${id} at ${placeText(place)}`).toBeDefined();
        }
      }
    }
    const exact = [...rows.values()].filter((doubt) => doubt === undefined).length;
    const reasons = new Map<string, number>();
    for (const doubt of rows.values()) if (doubt) reasons.set(doubt, (reasons.get(doubt) ?? 0) + 1);
    console.info(
      `rows told: ${rows.size} of ${leafRows}, exactly ${exact} (${((100 * exact) / rows.size).toFixed(1)} %), ${places} values, ${(ms / places).toFixed(1)} ms each`,
    );
    for (const [doubt, count] of reasons) console.info(`  ${count} × ${doubt}`);
    expect(exact / rows.size).toBeGreaterThan(0.9);
  }, 120_000);
});
