import { describe, expect, test } from 'vitest';
import { parseJson } from '#shared/json.ts';
import { didYouMean, editDistance } from '#shared/shape/checks/did-you-mean.ts';
import { type CheckedRow, resolve } from '#shared/shape/checks/row.ts';
import { checkMapping } from '#shared/shape/checks.ts';
import { shapeOfJsonSchema } from '#shared/shape/from-json-schema.ts';
import { shapeOfSamples } from '#shared/shape/from-samples.ts';
import { mergeSeen } from '#shared/shape/merge.ts';
import { pathText, readPath } from '#shared/shape/path.ts';

const source = shapeOfSamples(
  [
    '{"id":7,"big":12345678901234567890,"status":"NEW","total":"19.90","at":"2026-01-01T10:00:00Z","cust":{"email":"a@example.com","name":"Anna"},"tags":["a"],"items":[{"sku":"x","qty":1}]}',
    '{"id":8,"big":1,"status":"PAID","total":"5","at":"2026-01-02T10:00:00Z","cust":{"email":"b@example.com","name":"Bartholomew"},"tags":[],"items":[]}',
  ].map(parseJson),
).shape;
const text = { type: 'string' };
const object = (properties: Record<string, unknown>, ...required: string[]) => ({ type: 'object', properties, required });

/** A row: target, kind, sources, the rest. */
const row = (target: string, kind: string, sources: string[] = [], more: Partial<CheckedRow> = {}): CheckedRow => ({
  id: target,
  target: readPath(target),
  kind,
  sources: sources.map(readPath),
  text: sources.join(' + '),
  inList: false,
  ...more,
});
const check = (properties: Record<string, unknown>, rows: CheckedRow[], ...required: string[]) =>
  checkMapping({ source, target: shapeOfJsonSchema(object(properties, ...required)), rows });
const codes = (properties: Record<string, unknown>, ...rows: CheckedRow[]) => check(properties, rows).map(({ code }) => code);

describe('checks of a mapping', () => {
  test('a required field without a rule is an error, once, and only where its parent is made', () => {
    const properties = {
      a: text,
      b: object({ c: text }, 'c'),
      d: object({ e: text }, 'e'),
      lines: { type: 'array', items: object({ sku: text }, 'sku') },
    };
    const problems = check(
      properties,
      [
        row('d', 'object'),
        row('d.x', 'constant', [], { text: '1' }),
        row('lines', 'loop', ['items'], { inList: true }),
        row('lines[]', 'object'),
      ],
      'a',
      'b',
    );
    expect(problems.map(({ code, target, level }) => [code, pathText(target), level])).toEqual([
      ['required-unmapped', 'a', 'error'],
      ['required-unmapped', 'b', 'error'],
      ['required-unmapped', 'd.e', 'error'],
      ['required-unmapped', 'lines[].sku', 'error'],
    ]);
    expect(problems[0]).toMatchObject({ message: 'The field "a" is required and has no rule.', fix: { kind: 'add-row', target: ['a'] } });
  });

  test('what a rule of unknown content makes is taken on trust', () => {
    expect(check({ b: object({ c: text }, 'c') }, [row('b', 'code')], 'b')).toEqual([]);
    expect(check({ a: text }, [row('', 'code')], 'a')).toEqual([]);
    expect(check({ a: text }, [row('', 'object')], 'a')).toHaveLength(1);
  });

  test('an unknown source field is an error, with what was meant', () => {
    const meant = (path: string) => {
      const [problem] = check({ a: {} }, [row('a', 'formula', [path])]);
      return problem?.fix?.kind === 'replace-source' ? pathText(problem.fix.to) : problem?.message;
    };
    expect(meant('cust.emial')).toBe('cust.email');
    expect(meant('customer.email')).toBe('cust.email');
    expect(meant('items.Sku')).toBe('items[].sku');
    expect(meant('email')).toBe('cust.email');
    expect(meant('cust.birthday')).toBe('No message is known to have "cust.birthday".');
    expect(codes({ a: {} }, row('a', 'formula', ['items.sku', 'cust']))).toEqual([]);
  });

  test('a list without brackets around it is an error, unless it is copied whole', () => {
    const list = { list: { type: 'array' } };
    expect(codes(list, row('list', 'loop', ['items']))).toEqual(['list-without-wrap']);
    expect(codes(list, row('list', 'copy', ['items.sku']))).toEqual(['list-without-wrap']);
    expect(codes(list, row('list', 'loop', ['items'], { inList: true }))).toEqual([]);
    expect(codes(list, row('list', 'copy', ['tags']))).toEqual([]);
    expect(check(list, [row('list', 'copy', ['id'])])[0]).toMatchObject({ code: 'type-mismatch', fix: { kind: 'wrap-list' } });
  });

  test('a copy of another kind is an error with the conversion that fits', () => {
    const of = (schema: unknown, path: string) => check({ a: schema }, [row('a', 'copy', [path])])[0];
    expect(of({ type: 'number' }, 'total')).toMatchObject({
      code: 'type-mismatch',
      level: 'error',
      message: '"total" is a text, and the target takes a number.',
      fix: { kind: 'convert', conversion: 'toNumber' },
    });
    expect(of({ type: 'string', format: 'date' }, 'at')).toMatchObject({
      level: 'warning',
      fix: { kind: 'convert', conversion: 'toDate' },
    });
    const impossible = of({ type: 'number' }, 'cust');
    expect(impossible).toMatchObject({ code: 'type-mismatch' });
    expect(impossible).not.toHaveProperty('fix');
    expect(of(text, 'status')).toBeUndefined();
    expect(of({}, 'status')).toBeUndefined();
  });

  test('a fixed value is held against kind, allowed values and length', () => {
    const constant = (schema: unknown, value: string) => codes({ a: schema }, row('a', 'constant', [], { text: value }));
    expect(constant({ type: 'number' }, '"5"')).toEqual(['type-mismatch']);
    expect(constant({ enum: ['A'] }, '"B"')).toEqual(['value-not-allowed']);
    expect(constant({ type: 'string', maxLength: 2 }, '"abc"')).toEqual(['too-long']);
    expect(constant({ enum: ['A'] }, '"A"')).toEqual([]);
    expect(constant({ type: 'number' }, '-5.5')).toEqual([]);
  });

  test('seen values that the target does not allow, or a table does not translate, are shown', () => {
    expect(check({ a: { enum: ['new'] } }, [row('a', 'copy', ['status'])])[0]).toMatchObject({
      code: 'value-not-allowed',
      message: 'The target does not allow "NEW" and "PAID", which the field has had.',
      fix: { kind: 'make-table', values: ['NEW', 'PAID'], allowed: ['new'] },
    });
    const table = (from: string[], otherwise: boolean) =>
      check({ a: text }, [row('a', 'table', ['status'], { table: { from, otherwise } })])[0];
    expect(table(['NEW'], false)).toMatchObject({ code: 'table-lacks-values', fix: { kind: 'add-table-values', values: ['PAID'] } });
    expect(table(['NEW'], true)).toBeUndefined();
    expect(table(['NEW', 'PAID'], false)).toBeUndefined();
  });

  test('arithmetic on a number with too many digits is an error, copying it is not', () => {
    const of = (kind: string, expression: string) => codes({ a: {} }, row('a', kind, ['big'], { text: expression }));
    expect(of('formula', 'big + 1')).toEqual(['digits-lost']);
    expect(of('aggregate', '$sum(big)')).toEqual(['digits-lost']);
    expect(of('copy', 'big')).toEqual([]);
    expect(of('function', '$string(big)')).toEqual([]);
  });

  test('a rule that no sample filled is shown, by the preview or by what the samples had', () => {
    expect(codes({ a: {} }, row('a', 'copy', ['id'], { results: { looked: 10, filled: 0 } }))).toEqual(['never-filled']);
    expect(codes({ a: {} }, row('a', 'copy', ['id'], { results: { looked: 10, filled: 1 } }))).toEqual([]);
    const declared = mergeSeen(shapeOfJsonSchema(object({ never: text })), source);
    const target = shapeOfJsonSchema(object({ a: text }));
    expect(checkMapping({ source: declared, target, rows: [row('a', 'copy', ['never'])] })[0]?.message).toBe('No sample has "never".');
  });

  test('texts that are too long are shown with the length to cut them to', () => {
    const short = { a: { type: 'string', maxLength: 5 } };
    expect(check(short, [row('a', 'copy', ['cust.name'])])[0]).toMatchObject({ code: 'too-long', fix: { kind: 'shorten', length: 5 } });
    expect(codes(short, row('a', 'template', ['cust.name'], { results: { looked: 2, filled: 2, longest: 5 } }))).toEqual([]);
  });

  test('nothing is said where nothing is known', () => {
    const rows = [row('a', 'copy', ['x.y']), row('b', 'loop', ['z'])];
    expect(checkMapping({ source: { kinds: [] }, target: { kinds: [] }, rows })).toEqual([]);
  });
});

describe('paths in a mapping', () => {
  test('go into lists without saying so', () => {
    expect(resolve(source, readPath('items.sku'))).toMatchObject({ path: ['items', null, 'sku'], lists: [['items']], seen: 1 });
    expect(resolve(source, readPath('items[].sku')).lists).toEqual([['items']]);
    expect(resolve(source, readPath('cust[].email')).path).toEqual(['cust', 'email']);
    expect(resolve(source, readPath('cust.nothing.below'))).toMatchObject({ shape: undefined, path: ['cust', 'nothing', 'below'] });
  });

  test('the distance of two texts counts a swap of neighbours once', () => {
    expect([editDistance('email', 'emial'), editDistance('kitten', 'sitting'), editDistance('', 'abc')]).toEqual([1, 3, 3]);
    expect(didYouMean(source, ['zzz'])).toBeUndefined();
  });
});
