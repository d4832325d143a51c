import { describe, expect, it } from 'vitest';
import { ExactNumber } from '#shared/json.ts';
import { compile } from '#shared/jsonata/compile.ts';
import { catalogue, type ErrorDetail, ExpressionError } from '#shared/jsonata/error.ts';
import { inputOf, type SuiteCase, suite } from './suite.ts';

const codes = Object.keys(catalogue);
const long = 'lorem "ipsum"\n'.repeat(500);
const values: unknown[] = [
  undefined,
  null,
  true,
  -1.5,
  Number.NaN,
  new ExactNumber('1'.repeat(300)),
  '',
  '12',
  'Ada',
  long,
  [],
  [1, 'a'],
  [{ a: 1 }],
  Array.from({ length: 10_000 }, (_, i) => i),
  {},
  { [long]: 1 },
  Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`field${i}`, long])),
  () => 1,
];
const details: ErrorDetail[] = [
  ...values.map((value) => ({ value, value2: value, exp: value })),
  ...['+', 'or', '(end)', 'total', long].map((token) => ({ token, value: 1 })),
  ...['s', 'n', 'b', 'f', 'o', 'x', 'a<n>', '(nsb)', '(ao)', ''].map((expected) => ({ token: 'sum', index: 2, expected, value: long })),
  { token: 'join', index: 1, type: 'strings', value: ['a', 1] },
  { text: long, error: new ExpressionError('T2001', { value: long, token: '+' }), value: long },
];

/** What must hold of a sentence, however odd the error. */
function wrongWith(sentence: string, most: number): string[] {
  const wrong: string[] = [];
  if (sentence.length > most) wrong.push(`has ${sentence.length} characters`);
  if (!/[.…]$/.test(sentence)) wrong.push('has no full stop');
  if (/\{\{|<<|undefined|\[object|\$the |\n|\bfunction\(\.\.\./.test(sentence)) wrong.push('leaks');
  if (/^[a-z]/.test(sentence)) wrong.push('starts small');
  return wrong.map((what) => `${what}: ${sentence}`);
}

const expectedToFail = Object.values(suite.groups)
  .flat()
  .filter((one) => one.code !== undefined || one.error !== undefined);

function failure(one: SuiteCase): ExpressionError {
  const bounds = { ...(one.timelimit && { timeout: one.timelimit }), ...(one.depth && { depth: one.depth }) };
  try {
    compile(one.expr, bounds).evaluate(inputOf(one), one.bindings);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`${one.expr} did not fail.`);
}

describe('the sentence of an error', () => {
  it.each(codes)('of code %s is our own, short, whole, and says what to do', (code) => {
    const spoken = code === 'D3137' || code === 'D3141';
    const plain = new ExpressionError(code, { token: 'name', value: 12, value2: 'a', index: 1, exp: 3, functionName: 'sum', text: 'why' });
    expect(wrongWith(plain.sentence.replace(/^why/, 'Why'), 200)).toEqual([]);
    if (!spoken) expect(plain.sentence).not.toBe(`${plain.message}.`.replace(/\.\.$/, '.'));
    // What to try comes after a semicolon or a sentence of its own; an expression's own words stand alone.
    if (!spoken) expect(plain.sentence).toMatch(/[;:.] .*\.$/);
    for (const detail of [{}, ...details]) {
      const { sentence } = new ExpressionError(code, detail);
      const most = detail.text === undefined ? 260 : 320;
      if (!spoken || detail.text === undefined) expect(wrongWith(sentence, most)).toEqual([]);
    }
  });

  it('is short, whole and without internals for every case of the suite that fails', () => {
    expect(expectedToFail.length).toBeGreaterThan(150);
    expect(expectedToFail.flatMap((one) => wrongWith(failure(one).sentence, 200))).toEqual([]);
  });

  it.each<[string, string]>([
    ['1 + ""', 'The right side of + must be a number, but is an empty text; put a number in its place where it is empty.'],
    ['"12" * 2', 'The left side of * must be a number, but is the text "12"; convert it with $number().'],
    [
      'lines * 2',
      'The left side of * must be a number, but is an array of 3 items; take one item with [0], or combine all, for example with $sum().',
    ],
    [
      '[1, 2] - 1',
      'The left side of - must be a number, but is the array [1, 2]; take one item with [0], or combine all, for example with $sum().',
    ],
    ['customer + 1', 'The left side of + must be a number, but is an object with name, city; choose the field that holds a number.'],
    ['none - 1', 'The left side of - must be a number, but is null; replace null with a number first, using ? and :.'],
    ['true and 1 + "a"', 'The right side of the operator must be a number, but is the text "a"; use a field that holds a number.'],
    [
      'customer.name > 5',
      '> compares the text "Ada" with the number 5; convert one with $number() or $string(), so that both are of one kind.',
    ],
    ['$uppercase(5)', 'Argument 1 of $uppercase must be a text, but is the number 5; convert it with $string().'],
    ['$round("a")', 'Argument 1 of $round must be a number, but is the text "a"; use a field that holds a number.'],
    ['$round(1, "2")', 'Argument 2 of $round must be a number, but is the text "2"; convert it with $number().'],
    ['$map(lines, 1)', 'Argument 2 of $map must be a function, but is the number 1; write for example function($item){ $item.price }.'],
    ['$number({})', 'Argument 1 of $number must be a number, a text or true or false, but is an empty object; pass another value.'],
    [
      '$length("a", "b")',
      '$length takes one argument here, but was also given the text "b"; leave that out, or put several values into one array with [ ].',
    ],
    [
      '$length()',
      '$length was given no argument 1, so it takes the current value, which is an object with lines, customer, none; pass a text in its brackets.',
    ],
    [
      '$sum(["1", 2])',
      'Argument 1 of $sum must hold only numbers, but holds the text "1"; convert its items first, for example with list.$number().',
    ],
    ['sum(lines)', '"sum" is not a function; put $ before the name: $sum().'],
    ['$sun(lines)', '$sun is not a function; check the spelling of the name before the ( ).'],
    ['{customer: 1}', 'A field name must be a text, but is an object with name, city; choose the field that holds a text.'],
    [
      '$eval("1 +")',
      'The text given to $eval is not an expression. The expression ends too early; add what is missing after its last part.',
    ],
    [
      '$eval("1 + \\"a\\"")',
      'The expression given to $eval failed. The right side of + must be a number, but is the text "a"; use a field that holds a number.',
    ],
    ['$each([1], 1)', 'Argument 1 of $each must be an object, but is the array [1]; pass another value.'],
    ['$lookup(customer)', '$lookup needs a text as argument 2; add it in its brackets.'],
    ['a == 1', '"=" needs a value on its left side; to compare, write a single =.'],
    ['a && b', '"&" needs a value on its left side; write "and" instead of "&&".'],
    ['if (a) then b', '"then" was not expected here; write condition ? value : other value.'],
    ['$error("Order without lines")', 'Order without lines.'],
  ])('of %s reads well', (text, sentence) => {
    const input = { lines: [{ a: 1 }, { a: 2 }, { a: 3 }], customer: { name: 'Ada', city: 'London' }, none: null };
    let met: unknown;
    try {
      compile(text).evaluate(input);
    } catch (error) {
      met = (error as ExpressionError).sentence;
    }
    expect(met).toBe(sentence);
  });
});

describe('an error', () => {
  it.each<[string, string | undefined]>([
    ['{"sum": (total + name) * 2}', 'total + name'],
    ['lines.($uppercase(sku) & $round("x"))', '$round("x")'],
    ['($f := function($x){ $x.a - "b" }; $map(lines, $f))', '$map(lines, $f)'],
    ['[1, -name]', '-name'],
    ['lines^(sku > 1, other)[0] + (total > name)', 'total > name'],
    ['1 +\n 2 +', '2 +'],
    ['{name: 1, name: 2}', '{name: 1, name: 2}'],
    ['$eval("1 + \\"a\\"")', '$eval("1 + \\"a\\"")'],
    ['$nowhere(total)', '$nowhere(total)'],
    ['["a".."b"]', '"a".."b"'],
  ])('of %s shows the part that it is about', (text, part) => {
    const input = { total: 1, name: 'Ada', lines: [{ sku: 'a', a: 1 }] };
    expect(() => compile(text).evaluate(input)).toThrow(expect.objectContaining({ expression: part }));
  });

  it('shows a part of the text for every case of the suite that fails at a place', () => {
    for (const one of expectedToFail) {
      const error = failure(one);
      if (error.position === undefined) expect(error.expression).toBeUndefined();
      else expect(one.expr).toContain(error.expression);
    }
  });

  it('knows the text of its expression, whether it parses or not', () => {
    for (const text of ['a +', 'a + "x"', '$f()']) {
      const functions = { f: (): unknown => compile('1 - "x"').evaluate(undefined) };
      expect(() => compile(text, { functions }).evaluate({ a: 1 })).toThrow(expect.objectContaining({ source: text }));
    }
    expect(new ExpressionError('T2001').source).toBeUndefined();
  });
});
