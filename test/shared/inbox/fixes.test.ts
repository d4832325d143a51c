import { describe, expect, it } from 'vitest';
import { failingField, valuesAt } from '#shared/inbox/field.ts';
import { fixesFor } from '#shared/inbox/fixes.ts';
import { rowAt } from '#shared/inbox/rule.ts';
import { compile } from '#shared/jsonata/compile.ts';
import { ExpressionError } from '#shared/jsonata/error.ts';

/** What is suggested for an expression that fails on a message, with what each suggestion makes of it. */
function suggested(expression: string, message: unknown) {
  try {
    compile(expression).evaluate(message);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const row = rowAt(expression, error.position ?? 0);
    if (row === undefined) throw new Error('The error has no row.');
    const found = failingField(message, row.reads, error.sentence);
    const field = found?.path.filter((step): step is string => typeof step === 'string');
    return fixesFor({ row, message: error.sentence, values: [found?.value], field }).map((fix) => {
      let result: unknown;
      try {
        result = compile(fix.expression).evaluate(message);
      } catch (again) {
        if (!(again instanceof ExpressionError)) throw again;
        result = again.code;
      }
      return { kind: fix.kind, expression: fix.expression, result };
    });
  }
  throw new Error('It did not fail.');
}

describe('suggested fixes', () => {
  it('convert comma decimals in the field alone, inside the function that is there', () => {
    expect(suggested('{ "id": id, "total": $number(total) /* gross */ }', { id: 'a', total: '12,50' })[0]).toEqual({
      kind: 'comma-decimals',
      expression: '{ "id": id, "total": $number($replace($string(total), ",", ".")) /* gross */ }',
      result: { id: 'a', total: 12.5 },
    });
  });

  it('know points between thousands, and commas between thousands', () => {
    expect(suggested('{ "t": total * 2 }', { total: '1.212,50' })[0]?.result).toEqual({ t: 2425 });
    expect(suggested('{ "t": $number(total) }', { total: '1,212,000.5' })[0]?.result).toEqual({ t: 1_212_000.5 });
  });

  it('reach into loops', () => {
    const [fix] = suggested('{ "lines": [lines.{ "p": $number(price) }] }', { lines: [{ price: '3' }, { price: '5,5' }] });
    expect(fix?.result).toEqual({ lines: [{ p: 3 }, { p: 5.5 }] });
  });

  it('cast to text, stand in for null, and leave out', () => {
    expect(suggested('{ "n": $uppercase(name) }', { name: 5 })).toMatchObject([
      { kind: 'to-text', result: { n: '5' } },
      { kind: 'optional', result: {} },
    ]);
    expect(suggested('{ "n": x + 1 }', { x: null })).toMatchObject([
      { kind: 'default', result: { n: 1 } },
      { kind: 'optional', result: {} },
    ]);
    expect(suggested('{ "n": x + 1 }', { x: '41' })[0]).toMatchObject({ kind: 'to-number', result: { n: 42 } });
  });
});

it('finds the failing one among many items, and where a missing field should be', () => {
  const message = { lines: [{ price: '3' }, { price: '5,5' }, {}] };
  expect(failingField(message, [['lines', 'price']], 'The text "5,5" cannot be read as a number')).toEqual({
    path: ['lines', 1, 'price'],
    value: '5,5',
  });
  expect(valuesAt({}, ['a', 'b'])).toEqual([{ path: ['a', 'b'], value: undefined }]);
});
