import { describe, expect, it } from 'vitest';
import { compile, type ExpressionError, type Limits } from '#shared/jsonata/compile.ts';

/** Small enough that every attack below ends within a second, large enough for any ordinary mapping. */
const limits: Partial<Limits> = { steps: 3_000_000, sequence: 2_000_000, output: 2_000_000 };

function outcomeOf(text: string, input?: unknown): string {
  const started = performance.now();
  try {
    const value = compile(text, { limits }).evaluate(input);
    return `value ${JSON.stringify(value)?.slice(0, 20)}`;
  } catch (error) {
    return (error as ExpressionError).code ?? String(error);
  } finally {
    expect(performance.now() - started).toBeLessThan(5000);
  }
}

describe('an expression that would not end or grow without end', () => {
  const attacks: [name: string, text: string, outcome: string, input?: unknown][] = [
    ['calls itself as its last act', '($f := function(){$f()}; $f())', 'M1002'],
    ['calls itself and waits for the answer', '($f := function($n){1 + $f($n + 1)}; $f(0))', 'D1011'],
    ['calls $eval from within $eval', '($e := "($eval($e))"; $eval($e))', 'D1011'],
    ['maps a long range', '$count([1..2000000].($ * 2))', 'M1002'],
    ['asks for a range past the limit', '[1..3000000]', 'D2015'],
    ['asks for a range past ten million', '[1..10000001]', 'D2014'],
    ['makes a list of lists', '$count([1..10000].([1..10000]))', 'M1002'],
    ['multiplies a list with itself twice', '($x := [1..1000]; $count($x.($x.($x))))', 'M1002'],
    ['doubles a list', '$reduce([1..40], function($a, $b){$append($a, $a)}, [1])', 'D2015'],
    ['doubles a text', '$length($reduce([1..28], function($a, $b){$a & $a}, "x"))', 'M1003'],
    ['pads to 300 million characters', '$pad("x", 3e8)', 'M1003'],
    ['joins to more than memory holds', '$join([1..100000].$pad("x", 1000))', 'M1002'],
    ['replaces each character by a page', '$replace($pad("a", 100000, "a"), "a", $pad("y", 1000))', 'M1003'],
    ['replaces each match by a page', '$replace($pad("a", 50000, "a"), /a/, $pad("y", 1000))', 'M1003'],
    ['splits into single characters', '$split($pad("x", 2500000), "")', 'M1002'],
    ['writes out a tree that shares its branches', '$string($reduce([1..26], function($a, $b){[$a, $a]}, 1))', 'M1002'],
    ['returns a tree that shares its branches', '$reduce([1..40], function($a, $b){{"a": $a, "b": $a}}, 1)', 'M1004'],
    ['returns more text than memory holds', '($x := $pad("x", 1000000); [1..100].($x & $))', 'M1004'],
    ['nests too deep to be written', '$reduce([1..100000], function($a, $b){{"a": $a}}, 1)', 'D1011'],
    ['writes a huge number in Roman numerals', '$formatInteger(1e15, "I")', 'M1003'],
    ['asks for a year of a billion digits', '$fromMillis(0, "[Y,1000000000]")', 'M1003'],
    ['formats an endless number', '$formatNumber(1e308 * 10, "0e0")', 'D1001'],
    [
      'has nested repeats in a regular expression, which run in linear time',
      '$match($, /^(a+)+$/)',
      'value undefined',
      `${'a'.repeat(5000)}b`,
    ],
    ['has overlapping choices in a repeat', '$contains($, /(a|a)*b/)', 'value false', 'a'.repeat(5000)],
    ['has repeats that compete', '$contains($, /(.*)(.*)(.*)(.*)x$/)', 'value false', 'a'.repeat(50000)],
    ['has a repeat that begins anew at each blank', '$match($, /\\s+$/)', 'value undefined', `${' '.repeat(200000)}x`],
    ['has nested repeats beside a look-ahead', '$match($, /(?=(a+)+b)/)', 'M1005', 'a'.repeat(40)],
    ['nests groups without end in a regular expression', `$contains("a", /${'(?:'.repeat(8000)}a|b${')*'.repeat(8000)}/)`, 'M1005'],
    ['searches a text that is too long', '$contains($, /a/)', 'M1006', 'b'.repeat(1_000_001)],
    [
      'makes a date picture that could be read in many ways',
      '$exists($toMillis($pad("1", 300, "1"), "[Y]1[M]1[D]1[H]1[m]1[s]x"))',
      'value false',
    ],
    ['finds many matches many times', '[1..1000].$match($$, /a/)', 'M1002', 'a'.repeat(100000)],
    ['looks for descendants of descendants', '$count(**.**.**.**.**)', 'M1002', nested(200)],
    ['compares each with each', '$count([1..30000][$ in [1..30000]])', 'M1002'],
  ];
  for (const [name, text, outcome, input] of attacks) {
    it(`${name}: ${outcome}`, () => expect(outcomeOf(text, input)).toBe(outcome));
  }

  it('finds the distinct values of a long list quickly', () => {
    expect(outcomeOf('$count($distinct([1..100000].{"a": $}))')).toBe('value 100000');
  });

  it('sorts a long list by a function quickly', () => {
    expect(outcomeOf('$count($sort([1..50000], function($a, $b){$a < $b}))')).toBe('value 50000');
  });

  it('may use a regular expression for the first time near the end of the stack', () => {
    const outcomes = new Set<string>();
    for (let depth = 100; depth < 6000; depth += 50) {
      const pattern = `/(a|${'b'.repeat(depth / 50)})(c|d)+[e-g]?/`;
      outcomes.add(outcomeOf(`($f := function($n){$n = ${depth} ? $count($match("bacd", ${pattern})) : 0 + $f($n + 1)}; $f(0))`));
    }
    expect([...outcomes]).toEqual(['value 1', 'D1011']);
  });

  it('is stopped by the clock where a time is given', () => {
    const loop = compile('($f := function(){$f()}; $f())', { timeout: 50, limits: { steps: Number.MAX_SAFE_INTEGER } });
    const started = performance.now();
    expect(() => loop.evaluate(undefined)).toThrow(expect.objectContaining({ code: 'U1001' }));
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('leaves the next evaluation its whole budget', () => {
    const count = compile('$count([1..$].($ * 2))', { limits: { steps: 2000 } });
    for (let i = 0; i < 10; i++) expect(count.evaluate(600)).toBe(600);
    expect(() => count.evaluate(1100)).toThrow(expect.objectContaining({ code: 'M1002' }));
  });

  it('does not spend the budget of an evaluation that calls it', () => {
    const inner = compile('$count([1..900])', { limits: { steps: 2000 } });
    const outer = compile('[1..5].$inner()', { limits: { steps: 1000 }, functions: { inner: () => inner.evaluate(undefined) } });
    expect(outer.evaluate(undefined)).toEqual([900, 900, 900, 900, 900]);
  });
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = { a: value };
  return value;
}
