import { describe, expect, it } from 'vitest';
import { parseJson } from '#shared/json.ts';
import { checkedRows, shapePath } from '#shared/mapping/checked-rows.ts';
import { problemsOf } from '#shared/mapping/checks.ts';
import { applyFix, fixLabel } from '#shared/mapping/fix.ts';
import type { RowCount } from '#shared/mapping/preview/report.ts';
import { type PreviewMessage, previewer } from '#shared/mapping/preview.ts';
import type { MappingProblem } from '#shared/shape/checks/row.ts';
import { shapeOfJsonSchema } from '#shared/shape/from-json-schema.ts';
import { shapeOfSamples } from '#shared/shape/from-samples.ts';
import { type Shape, unknownShape } from '#shared/shape/shape.ts';
import { mappingFiles, open } from './files.ts';

const messages = [
  '{ "id": 7, "big": 9007199254740993, "account": "12345678901234567890", "st": 2, "flag": true, "coupon": "12,50", "cust": { "email": "a@b.de" }, "items": [{ "sku": "a", "qty": 1 }] }',
  '{ "id": 8, "big": 1, "account": "1", "st": 3, "flag": false, "coupon": "1.234,50", "cust": { "email": "c@d.de" }, "items": [] }',
].map(parseJson);
const source = shapeOfSamples(messages).shape;

/** The problems of a mapping over the messages above. */
function check(text: string, target: Shape = unknownShape, values: unknown[] = messages): MappingProblem[] {
  const view = open(text);
  const counts = new Map<string, RowCount>();
  const looking = previewer(view);
  for (const value of values) looking.count({ value, bindings: {} } satisfies PreviewMessage, counts);
  return problemsOf(view, { source, target, counts });
}

const brief = (problems: readonly MappingProblem[]) => problems.map(({ code, level, row }) => `${level} ${code} ${row ?? ''}`.trim());

/** The text after the fix of the first problem of a kind. */
function fixed(text: string, code: string, target?: Shape): string {
  const problem = check(text, target).find((one) => one.code === code);
  if (problem === undefined) throw new Error(`${text} has no problem ${code}`);
  const edit = applyFix(open(text), problem);
  if (!edit.ok) throw new Error(edit.refusal.message);
  return edit.text;
}

const schema = (properties: Record<string, unknown>, ...required: string[]) => shapeOfJsonSchema({ type: 'object', properties, required });

describe('the checks of a mapping', () => {
  it('find nothing wrong with what is right', () => {
    const target = schema(
      { no: { type: 'number' }, mail: { type: 'string' }, lines: { type: 'array', items: { type: 'object' } } },
      'no',
      'lines',
    );
    expect(check('{ "no": id, "mail": cust.email, "lines": [items.{ "sku": sku }] }', target)).toEqual([]);
  });

  it('tell of rows that fail on samples, with the sentence of the first', () => {
    const [problem, ...more] = check('{ "a": $number(coupon), "b": id }');
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ code: 'row-fails', level: 'error', row: 'a#0' });
    expect(problem?.message).toMatch(/^Fails for all 2 samples\. The text "12,50" cannot be read as a number/);
    expect(fixed('{ "a": $number(coupon) }', 'row-fails')).toBe('{ "a": $number($replace($replace(coupon, ".", ""), ",", ".")) }');
    expect(check(fixed('{ "a": $number(coupon) }', 'row-fails'))).toEqual([]);
  });

  it('tell of comparisons that are never true and of those that fail, and make both sides of one kind', () => {
    expect(
      brief(
        check(
          '{ "a": st = "2" ? 1 : 0, "b": coupon > 5 ? 1 : 0, "c": flag = "true" ? 1 : 0, "d": id = st ? 1 : 0, "e": $string(id) = "7" ? 1 : 0 }',
        ),
      ),
    ).toEqual(['error row-fails b#0', 'error mixed-comparison b#0', 'warning mixed-comparison a#0', 'warning mixed-comparison c#0']);
    expect(fixed('{ "a": st = "2" ? 1 }', 'mixed-comparison')).toBe('{ "a": st = 2 ? 1 }');
    expect(fixed('{ "a": items[sku = 5].qty }', 'mixed-comparison')).toBe('{ "a": items[sku = "5"].qty }');
    expect(fixed('{ "a": account < 5 ? 1 }', 'mixed-comparison')).toBe('{ "a": $number(account) < 5 ? 1 }');
    expect(fixed('{ "a": flag = "true" ? 1 }', 'mixed-comparison')).toBe('{ "a": flag = true ? 1 }');
  });

  it('tell where digits are lost: in arithmetic, in a text read as a number, in a number written out; not in a copy', () => {
    const text =
      '{ "copy": big, "text": $string(big), "number": $number(big), "sum": big + 1, "read": $number(account), "fixed": 9007199254740993 }';
    expect(brief(check(text)).filter((one) => one.includes('digits'))).toEqual([
      'error digits-lost sum#0',
      'error digits-lost read#0',
      'error digits-lost fixed#0',
    ]);
    expect(fixed('{ "x": 9007199254740993 }', 'digits-lost')).toBe('{ "x": "9007199254740993" }');
  });

  it('tell of variables that nothing uses, and of no others', () => {
    const text = '( $a := id; $b := 1; $f := function($x){ $x + $a }; { "l": [items.( $item := $; { "q": qty })], "y": $f(2) } )';
    expect(brief(check(text))).toEqual(['warning unused-variable $b#0']);
    expect(fixed(text, 'unused-variable')).not.toContain('$b');
  });

  it('tell of rows that no sample filled, but not of what has a stand-in or was not reached', () => {
    const text = '{ "a": cust.phone, "b": cust.fax ?? "none", "c": id = 99 ? cust.phone, "l": [items[qty > 5].{ "x": sku }] }';
    expect(brief(check(text)).filter((one) => one.includes('never-filled'))).toEqual([
      'warning never-filled c#0',
      'warning never-filled l#0',
    ]);
  });

  it('name the field that was most likely meant, and put it in its place', () => {
    expect(brief(check('{ "a": cust.emial, "b": nowhere }'))).toEqual(['error unknown-source a#0', 'warning unknown-source b#0']);
    expect(fixed('{ "a": cust.emial }', 'unknown-source')).toBe('{ "a": cust.email }');
    expect(fixed('{ "a": $uppercase(cust.emial) & "!" }', 'unknown-source')).toBe('{ "a": $uppercase(cust.email) & "!" }');
    expect(fixed('{ "l": [items.{ "x": skuu }] }', 'unknown-source')).toBe('{ "l": [items.{ "x": sku }] }');
    expect(fixed('{ "l": [itmes.{ "x": sku }] }', 'unknown-source')).toContain('[items.{');
    expect(fixed('{ "a": email }', 'unknown-source')).toBe('{ "a": cust.email }');
  });

  it('can be solved with one click where an edit solves them', () => {
    const target = schema({
      no: { type: 'string' },
      short: { type: 'string', maxLength: 3 },
      st: { enum: ['PAID', 'OPEN'] },
      lines: { type: 'array', items: { type: 'object' } },
      codes: { type: 'array', items: { type: 'string' } },
    });
    expect(fixed('{ "no": id }', 'type-mismatch', target)).toBe('{ "no": $string(id) }');
    expect(fixed('{ "short": cust.email }', 'too-long', target)).toBe('{ "short": $substring(cust.email, 0, 3) }');
    expect(fixed('{ "lines": items.{ "a": sku } }', 'list-without-wrap', target)).toBe('{ "lines": [items.{ "a": sku }] }');
    expect(fixed('{ "codes": items.sku }', 'list-without-wrap', target)).toBe('{ "codes": [items.sku] }');
  });

  it('leave alone what computed names may fill, and lists written out', () => {
    const target = schema(
      { a: {}, list: { type: 'array', items: { type: 'object', required: ['x'], properties: { x: {} } } } },
      'a',
      'list',
    );
    expect(brief(check('{ $string(id): 1, "list": [{ "x": 1 }] }', target))).toEqual([]);
    expect(brief(check('{ "a": 1, "list": [{ "y": 1 }] }', target))).toEqual(['error required-unmapped']);
  });

  it('look at realistic mappings without falling over, and name only rows that exist', () => {
    for (const { name, text } of mappingFiles) {
      const view = open(text);
      const ids = new Set(checkedRows(view).map(({ id }) => id));
      for (const problem of problemsOf(view, { source, target: unknownShape, counts: new Map() })) {
        if (problem.row !== undefined) expect(ids.has(problem.row), `${name} ${problem.row}`).toBe(true);
      }
    }
  });

  it('take variables and computed names for no fields', () => {
    expect(shapePath(['lines', null, 0, 'sku'])).toEqual(['lines', null, null, 'sku']);
    expect(shapePath([{ variable: 'vat' }, { computed: 0 }])).toEqual(['$vat', '{0}']);
  });

  it('have words for the button of each fix, and none where somebody must choose', () => {
    expect(fixLabel({ kind: 'wrap-list' })).toBe('Keep it a list');
    expect(fixLabel({ kind: 'add-row', target: ['a'] })).toBeUndefined();
    expect(fixLabel({ kind: 'replace-code', start: 0, end: 1, code: '2' })).toBe('Write 2');
  });
});
