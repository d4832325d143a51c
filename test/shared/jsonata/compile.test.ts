import { describe, expect, it } from 'vitest';
import { type CompileOptions, checkExpression, compile, ExpressionError } from '#shared/jsonata/compile.ts';

const run = (text: string, input?: unknown, options?: CompileOptions): unknown => compile(text, options).evaluate(input);

function errorOf(text: string, input?: unknown, options?: CompileOptions): ExpressionError {
  try {
    run(text, input, options);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`${text} did not fail.`);
}

describe('a result', () => {
  it('is made of plain objects and arrays without marks', () => {
    const value = run('{"skus": items.sku, "one": [items[0].sku], "kept": items[sku = "a"].sku[]}', {
      items: [{ sku: 'a' }, { sku: 'b' }],
    });
    expect(value).toStrictEqual({ skus: ['a', 'b'], one: ['a'], kept: ['a'] });
    const { skus } = value as { skus: unknown[] };
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Reflect.ownKeys(skus)).toEqual(['0', '1', 'length']);
  });

  it('holds __proto__ and constructor as fields of its own', () => {
    const value = run('{"__proto__": 1, "constructor": 2}') as object;
    expect(Object.entries(value)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(run('$merge([$, {"a": 1}])', JSON.parse('{"__proto__": {"polluted": true}}'))).not.toHaveProperty('polluted');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('never holds what objects inherit', () => {
    for (const text of [
      'constructor',
      'a.constructor',
      'toString',
      '__proto__',
      '$lookup($, "hasOwnProperty")',
      '$.constructor.constructor',
    ]) {
      expect(run(text, { a: {} })).toBeUndefined();
    }
  });

  it('leaves the input as it was', () => {
    const input = { items: [], by: [{ k: 'a' }] };
    expect(run('{"by": items{k: k}, "n": $count(items)}', input)).toEqual({ by: {}, n: 0 });
    expect(run('$ ~> |by|{"k": "b"}|', input)).toEqual({ items: [], by: [{ k: 'b' }] });
    expect(input).toEqual({ items: [], by: [{ k: 'a' }] });
  });

  it('has one time throughout an evaluation', () => {
    const [first, second] = run('[$millis(), ($sum([1..200000]); $millis())]') as [number, number];
    expect(first).toBe(second);
  });
});

describe('functions from outside', () => {
  it('are called by name, with their arguments checked where they have a signature', () => {
    const functions = { double: { call: (n: number) => n * 2, signature: '<n-:n>' }, join: (a: string, b: string) => `${a}-${b}` };
    expect(run('[items.$double(), $double(4)]', { items: [1, 2] }, { functions })).toEqual([2, 4, 8]);
    expect(run('$map(["x", "y"], $join(?, "z"))', undefined, { functions })).toEqual(['x-z', 'y-z']);
    expect(errorOf('$double("a")', undefined, { functions })).toMatchObject({ code: 'T0410', token: 'double', index: 1 });
  });

  it('may be bound for one evaluation and stand in for built-ins', () => {
    expect(compile('$sum(1)').evaluate(undefined, { sum: () => 'mine' })).toBe('mine');
    expect(compile('$sum(1)').evaluate(undefined)).toBe(1);
    expect(compile('$rate * amount').evaluate({ amount: 10 }, { rate: 1.5 })).toBe(15);
  });

  it('throw through the expression unchanged', () => {
    const problem = new TypeError('no such customer');
    const functions = {
      find: () => {
        throw problem;
      },
    };
    expect(() => run('{"a": $find()}', undefined, { functions })).toThrow(problem);
  });

  it('must answer at once', () => {
    expect(errorOf('$later()', undefined, { functions: { later: async () => 1 } })).toMatchObject({ code: 'M1007', token: 'later' });
  });

  it('may evaluate other expressions', () => {
    const inner = compile('a + 1');
    expect(run('$inner($) + a', { a: 1 }, { functions: { inner: (value: unknown) => inner.evaluate(value) } })).toBe(3);
  });
});

describe('$eval', () => {
  it('sees and binds the variables where it stands', () => {
    expect(run('($x := 2; $eval("$y := $x * a"); $y + 1)', { a: 5 })).toBe(11);
    expect(run('$map([1, 2], function($n){($eval("$n + 1"))})')).toEqual([2, 3]);
  });
});

describe('an error', () => {
  it('says in a sentence what was met and what to try, beside the message of the language', () => {
    const error = errorOf('{"sum": total + name}', { total: 1, name: 'Ada' });
    expect(error).toMatchObject({ code: 'T2002', position: 15, token: '+', value: 'Ada' });
    expect(error.message).toBe('The right side of the "+" operator must evaluate to a number');
    expect(error.sentence).toBe('The right side of + must be a number, but is the text "Ada"; use a field that holds a number.');
  });

  it('is that of the leftmost member that fails', () => {
    expect(errorOf('[$error("first"), 1 + "a"]').message).toBe('first');
    expect(errorOf('{"a": ($x := [1..1000]; $error("first")), "b": 1 + "a"}').message).toBe('first');
  });

  it('of a call has the place of the call', () => {
    expect(errorOf('$uppercase(5)')).toMatchObject({ code: 'T0410', token: 'uppercase', position: 11, index: 1, value: 5 });
    expect(errorOf('uppercase(a)')).toMatchObject({
      code: 'T1005',
      token: 'uppercase',
      sentence: '"uppercase" is not a function; put $ before the name: $uppercase().',
    });
  });
});

describe('checking the text of an expression', () => {
  it('finds nothing wrong with an expression', () => {
    expect(checkExpression('items[price > 10].{"sku": sku}')).toEqual([]);
  });

  it('says what is wrong, and where, in one sentence', () => {
    expect(checkExpression('items[')).toEqual([expect.objectContaining({ code: expect.stringMatching(/^S02/), position: 6 })]);
    expect(checkExpression('"open')[0]).toMatchObject({
      code: 'S0101',
      message: 'A text is opened with a quote but never closed; add the closing quote.',
    });
    expect(checkExpression('/(/')[0]).toMatchObject({ code: expect.any(String) });
    for (const text of [
      '',
      '(',
      ')',
      'a.',
      '{',
      '{"a"',
      '[1,',
      '$x :=',
      'a ?',
      '~>',
      '@',
      '#$i',
      '%',
      'a^(',
      'function(',
      '|a|',
      '`a',
      '/*',
      '1 2',
      '"\\x"',
    ]) {
      const problems = checkExpression(text);
      expect([text, problems.length > 0]).toEqual([text, true]);
      for (const problem of problems) expect(problem.message).toMatch(/[.?]$/);
    }
  });
});
