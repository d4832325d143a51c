import { describe, expect, it } from 'vitest';
import { type AsyncOptions, compileAsync } from '#shared/jsonata/asynchronous.ts';
import { compile, ExpressionError, type UserFunction } from '#shared/jsonata/compile.ts';
import { restartable } from '#shared/jsonata/options.ts';

const run = (text: string, functions: Record<string, UserFunction>, input?: unknown, options?: AsyncOptions): Promise<unknown> =>
  compileAsync(text, { ...options, functions }).evaluate(input);

async function errorOf(result: Promise<unknown>): Promise<ExpressionError> {
  try {
    await result;
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error('The evaluation did not fail.');
}

/** An asynchronous function that writes down its calls; it answers after other work that is ready has been done. */
function logged(answer: (...args: never[]) => unknown, signature?: string, calls: unknown[][] = []) {
  const call = async (...args: unknown[]) => {
    calls.push(args);
    await new Promise((resolve) => setImmediate(resolve));
    return (answer as (...args: unknown[]) => unknown)(...args);
  };
  Object.defineProperty(call, 'length', { value: answer.length });
  return { calls, call, asynchronous: true as const, ...(signature !== undefined && { signature }) };
}

/** A function without a declaration that counts how often the engine calls it. */
function counter() {
  const seen = { count: 0, tick: () => seen.count++ && undefined };
  return seen;
}

describe('an asynchronous function', () => {
  it('gives its answer where it is called, called once for each call of the text and from left to right', async () => {
    const price = logged((sku: string) => ({ a: 2, b: 3 })[sku]);
    const value = await run('{"sum": $price("b") * 10 + $price("a"), "twice": [$price("a"), $price("a")]}', { price });
    expect(value).toEqual({ sum: 32, twice: [2, 2] });
    expect(price.calls).toEqual([['b'], ['a'], ['a'], ['a']]);
  });

  it('is called one at a time', async () => {
    let open = 0;
    const call = async (n: number) => {
      expect(open++).toBe(0);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      return n + 1;
    };
    expect(await run('[1..5].$inc($)', { inc: { call, asynchronous: true } })).toEqual([2, 3, 4, 5, 6]);
  });

  it.each([
    ['$map(items, function($i){ $double($i) + 1 })', [3, 5, 7], [[1], [2], [3]]],
    ['$map(items, $double)', [2, 4, 6], [[1], [2], [3]]],
    [
      '$reduce(items, function($a, $b){ $add($a, $b) })',
      6,
      [
        [1, 2],
        [3, 3],
      ],
    ],
    [
      '$reduce(items, $add)',
      6,
      [
        [1, 2],
        [3, 3],
      ],
    ],
    ['$filter(items, function($i){ $double($i) > 3 })', [2, 3], [[1], [2], [3]]],
    ['items[$double($) = 4]', 2, [[1], [2], [3]]],
    ['items{$string($double($)): $}', { 2: 1, 4: 2, 6: 3 }, [[1], [2], [3]]],
    ['items^(>$double($))', [3, 2, 1], [[2], [1], [3], [2]]],
    ['items#$i.($double($i))', [0, 2, 4], [[0], [1], [2]]],
    ['2 ~> $double ~> $double', 8, [[2], [4]]],
    ['($f := function($n){ $n > 20 ? $n : $f($double($n)) }; $f(3))', 24, [[3], [6], [12]]],
    ['($f := function($n){ $double($n) }; $f(4))', 8, [[4]]],
    [
      '($g := $add(?, 10); $g(1) + $g(2))',
      23,
      [
        [1, 10],
        [2, 10],
      ],
    ],
    ['$ ~> |$|{"n": $double(items[0])}|', { items: [1, 2, 3], n: 2 }, [[1]]],
    ['items[0] > 5 and $double(1) or $double(2) = 4', true, [[2]]],
    ['$eval("$double(4) + 1")', 9, [[4]]],
    ['$replace("a1b2", /[0-9]/, function($m){ $string($double($number($m.match))) })', 'a2b4', [[1], [2]]],
    ['missing.$double($)', undefined, []],
  ])('may be called anywhere: %s', async (text, value, calls) => {
    const double = logged((n: number) => n * 2);
    const add = logged((a: number, b: number) => a + b, undefined, double.calls);
    expect(await run(text, { double, add }, { items: [1, 2, 3] })).toEqual(value);
    // A sort may compare in any order; everything else goes from left to right.
    if (text.includes('^(')) expect(new Set(double.calls.flat())).toEqual(new Set([1, 2, 3]));
    else expect(double.calls).toEqual(calls);
  });

  it('is given what a synchronous function would be given, and its answer counts the same', async () => {
    const now = (x: unknown) => ({ got: x, list: [1], none: undefined });
    const later = async (x: unknown) => now(x);
    for (const text of ['$f(a)', '$f(a).list', '$f(b).got', '$f(nothing)', '[$f(1).list, 2]', '$type($f)', '$f(a).none', '$keys($f(1))']) {
      const input = { a: [1, 2], b: { c: [] } };
      const expected = compile(text, { functions: { f: now } }).evaluate(input);
      expect(await run(text, { f: { call: later, asynchronous: true } }, input)).toStrictEqual(expected);
    }
  });

  it('has its arguments checked before it is called', async () => {
    const fetch = logged(() => 1, '<s:n>');
    expect(await errorOf(run('[1, $fetch(5)]', { fetch }))).toMatchObject({ code: 'T0410', token: 'fetch', index: 1, position: 11 });
    expect(fetch.calls).toEqual([]);
  });

  it('may answer at once, throw at once, or answer any thenable', async () => {
    const quick = { call: () => 1, asynchronous: true as const };
    // biome-ignore lint/suspicious/noThenProperty: a promise of somebody else's making.
    const thenable = { call: () => ({ then: (resolve: (value: number) => void) => resolve(7) }), asynchronous: true as const };
    expect(await run('[$quick(), $thenable()]', { quick, thenable })).toEqual([1, 7]);
    const problem = new TypeError('no such customer');
    const call = () => {
      throw problem;
    };
    await expect(run('$find()', { find: { call, asynchronous: true } })).rejects.toBe(problem);
  });

  it('that rejects fails the expression as one that throws', async () => {
    const problem = new TypeError('gone');
    const failing = { call: () => Promise.reject(problem), asynchronous: true as const };
    await expect(run('{"a": $f()}', { f: failing })).rejects.toBe(problem);
    const thrown = () => {
      throw new ExpressionError('D3030', { value: 'x' });
    };
    const text = '[1, {"a": [1, 2].($ = 2 ? 1 + $f($) : $)}]';
    const late = await errorOf(run(text, { f: { call: async () => thrown(), asynchronous: true } }));
    const atOnce = await errorOf((async () => compile(text, { functions: { f: thrown } }).evaluate(undefined))());
    expect(late).toMatchObject({ code: 'D3030', token: 'f', position: text.indexOf('$f(') + 3 });
    expect({ ...late }).toEqual({ ...atOnce });
  });

  it('cannot be called by an expression that was compiled to answer at once, and is not', () => {
    const later = logged(() => 1);
    expect(() => compile('$later()', { functions: { later } }).evaluate(undefined)).toThrow(expect.objectContaining({ code: 'M1007' }));
    expect(later.calls).toEqual([]);
  });

  it('must be declared', async () => {
    expect(await errorOf(run('$later()', { later: async () => 1 }))).toMatchObject({ code: 'M1007', token: 'later' });
  });

  it('suspends through functions from outside, whatever they catch', async () => {
    const swallow = (f: () => unknown) => {
      try {
        return f();
      } catch {
        return 'swallowed';
      }
    };
    const inc = logged((n: number) => n + 1);
    expect(await run('[$swallow(function(){ $inc(1) }), $inc(5)]', { swallow, inc })).toEqual([2, 6]);
    expect(inc.calls).toEqual([[1], [5]]);
    expect(await run('$eval("$swallow(function(){ $eval(\\"$inc(1)\\") })")', { swallow, inc })).toBe(2);
  });

  it('cannot be called by a lambda while another one is being called', async () => {
    const inc = logged((n: number) => n + 1);
    const apply = { call: async (f: () => unknown) => f(), asynchronous: true as const };
    expect(await errorOf(run('$apply(function(){ $inc(1) })', { apply, inc }))).toMatchObject({ code: 'M1007', token: 'inc' });
    expect(await run('$apply(function(){ 1 + 1 })', { apply, inc })).toBe(2);
  });
});

describe('a function with effects', () => {
  it('is called once for each call of the text, however many runs there are', async () => {
    const log: unknown[] = [];
    const write = { call: (x: unknown) => log.push(x), effects: true as const };
    const inc = logged((n: number) => n + 1);
    const text = '[$write("a"), $inc(1), $write("b"), $inc(2), $map([1, 2], function($n){ $write($inc($n)) })]';
    expect(await run(text, { write, inc })).toEqual([1, 2, 2, 3, 3, 4]);
    expect(log).toEqual(['a', 'b', 2, 3]);
  });

  it('that throws does so once and at its place', async () => {
    let count = 0;
    const call = () => {
      count++;
      throw new ExpressionError('D3030', { value: 'x' });
    };
    expect(await errorOf(run('[$inc(1), $write()]', { write: { call, effects: true }, inc: logged((n) => n) }))).toMatchObject({
      code: 'D3030',
      position: 17,
    });
    expect(count).toBe(1);
  });

  it('may call functions in turn, which count as part of the call', async () => {
    const log: unknown[] = [];
    const each = { call: (list: unknown[], f: (x: unknown) => unknown) => list.map((x) => f(x)), effects: true as const };
    const write = { call: (x: unknown) => log.push(x), effects: true as const };
    const inc = logged((n: number) => n + 1);
    expect(await run('[$each([5, 6], $write), $inc(1), $write(7)]', { each, write, inc })).toEqual([1, 2, 2, 3]);
    expect(log).toEqual([5, 6, 7]);
  });

  it('makes an expression one that cannot be started again halfway', () => {
    const call = () => 1;
    expect(restartable({})).toBe(true);
    expect(restartable({ functions: { f: call, g: { call, signature: '<:n>' } } })).toBe(true);
    expect(restartable({ functions: { f: call, g: { call, effects: true } } })).toBe(false);
    expect(restartable({ functions: { g: { call, asynchronous: true } } })).toBe(false);
  });

  it('is called once by an expression that answers at once', () => {
    let count = 0;
    const write = { call: () => ++count, effects: true as const };
    expect(compile('[$write(), $write()]', { functions: { write } }).evaluate(undefined)).toEqual([1, 2]);
  });
});

describe('an evaluation of several runs', () => {
  it('has one time and one series of random numbers', async () => {
    const wait = logged(() => undefined);
    const text =
      '($a := [$millis(), $now()]; $r := $random(); $s := $shuffle([1..50]); $wait($r); $w := $wait($s); $wait($millis()); {"t": [$a, $millis()], "r": $r, "s": $s, "more": $random()})';
    const value = (await run(text, { wait })) as { t: unknown[]; r: number; s: number[]; more: number };
    expect(value.t[0]).toBe(value.t[2]);
    expect(wait.calls[0]).toEqual([value.r]);
    expect(wait.calls[1]).toEqual([value.s]);
    expect(wait.calls[2]).toEqual([value.t[0]]);
    expect(value.more).not.toBe(value.r);
    expect(compile('$random()').evaluate(undefined)).not.toBe(value.r);
  });

  it('takes one run more than it has asynchronous calls', async () => {
    const seen = counter();
    const functions = { tick: seen.tick, inc: logged((n: number) => n + 1), write: { call: () => 1, effects: true as const } };
    await run('($tick(); $map([1..20], function($n){ $write($inc($n)) }))', functions);
    expect(seen.count).toBe(21);
  });

  it('counts the steps of all its runs', async () => {
    const inc = logged((n: number) => n + 1);
    const text = '($sum([1..10000]); [1..n].$inc($))';
    const limits = { steps: 200_000 };
    expect(await run(text, { inc }, { n: 2 }, { limits })).toEqual([2, 3]);
    expect(await errorOf(run(text, { inc }, { n: 50 }, { limits }))).toMatchObject({ code: 'M1002', value: 200_000 });
    expect(inc.calls.length).toBeLessThan(25);
  });

  it('counts the time of all its runs, but not of waiting', async () => {
    const spend = (ms: number) => {
      const end = performance.now() + ms;
      while (performance.now() < end);
    };
    const wait = logged(() => undefined);
    const busy = await errorOf(run('[1..50].($spend(5); $wait($))', { spend, wait }, undefined, { timeout: 100 }));
    expect(busy).toMatchObject({ code: 'U1001', value: 100 });
    const call = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      spend(80);
      return 1;
    };
    const slow = { call, asynchronous: true as const };
    expect(await run('$slow() + $slow()', { slow }, undefined, { timeout: 60 })).toBe(2);
  });

  it('ends where it makes too many asynchronous calls', async () => {
    const inc = logged((n: number) => n + 1);
    const error = await errorOf(run('$map([1..9], function($n){ $inc($n) })', { inc }, undefined, { calls: 4 }));
    expect(error).toMatchObject({ code: 'M1009', value: 4, token: 'inc' });
    expect(inc.calls).toHaveLength(4);
    const inside = await errorOf(run('$eval("[1..9].$inc($)")', { inc }, undefined, { calls: 1 }));
    expect(inside.code).toBe('M1009');
    const most = compileAsync('[1..n].$inc($)', { functions: { inc: { call: async () => 1, asynchronous: true } } });
    expect(await most.evaluate({ n: 1000 })).toHaveLength(1000);
    expect(await errorOf(most.evaluate({ n: 1001 }))).toMatchObject({ code: 'M1009', value: 1000 });
  });

  it('refuses to go on when it does not repeat itself', async () => {
    const seen = counter();
    const one = logged(() => 1);
    const two = logged(() => 2);
    const odd = () => {
      seen.tick();
      return seen.count % 2 === 1;
    };
    expect(await errorOf(run('$odd() ? $one() : $two()', { one, two, odd }))).toMatchObject({ code: 'M1010', token: 'two' });
    expect(two.calls).toEqual([]);
  });

  it('is not disturbed by others, of the same expression or inside it', async () => {
    const limits = { steps: 5_000 };
    const wait = logged((n: number) => n);
    const expression = compileAsync('($r := $random(); $t := $millis(); [1..n].($wait($r) = $r and $t = $millis()))', {
      functions: { wait },
      limits,
    });
    const counts = [1, 5, 3, 8, 2];
    const values = await Promise.all(counts.map((n) => expression.evaluate({ n })));
    expect(values).toEqual(counts.map((n) => (n === 1 ? true : Array.from({ length: n }, () => true))));
    const inner = compileAsync('$inc($) + $inc($)', { functions: { inc: logged((n: number) => n + 1) } });
    const both = {
      nested: { call: (n: number) => inner.evaluate(n), asynchronous: true as const },
      quick: (n: number) => compile('$ * 2').evaluate(n),
    };
    expect(await run('[1, 2].($nested($) + $quick($))', both)).toEqual([6, 10]);
  });

  it('can be of a text that fails', async () => {
    expect(() => compileAsync('1 +')).toThrow(expect.objectContaining({ code: 'S0207' }));
    expect(await errorOf(compileAsync('1 + a').evaluate({ a: 'x' }))).toMatchObject({ code: 'T2002' });
    expect(await compileAsync('a + b').evaluate({ a: 1 }, { b: 2 })).toBeUndefined();
    expect(await compileAsync('a + $b').evaluate({ a: 1 }, { b: 2 })).toBe(3);
    expect(compileAsync('a.b + c').reads).toEqual(compile('a.b + c').reads);
  });
});

describe('an abort signal', () => {
  it('ends an evaluation that waits, at once', async () => {
    const control = new AbortController();
    let made = 0;
    const call = () => {
      made++;
      return new Promise(() => undefined);
    };
    const never = { call, asynchronous: true as const };
    const result = run('[$never(), $never()]', { never }, undefined, { signal: control.signal });
    const reason = new Error('The user went away.');
    control.abort(reason);
    await expect(result).rejects.toBe(reason);
    await expect(run('1', {}, undefined, { signal: control.signal })).rejects.toBe(reason);
    expect(made).toBe(1);
  });

  it('leaves nothing behind when a call fails after it', async () => {
    const control = new AbortController();
    let fail: (error: Error) => void = () => undefined;
    const call = () => new Promise((_, reject) => (fail = reject));
    const result = run('$call()', { call: { call, asynchronous: true } }, undefined, { signal: control.signal });
    control.abort();
    await expect(result).rejects.toMatchObject({ name: 'AbortError' });
    // An unhandled rejection would fail this file.
    fail(new Error('too late'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(control.signal.aborted).toBe(true);
  });

  it('does nothing to an evaluation that is done', async () => {
    const control = new AbortController();
    const inc = logged((n: number) => n + 1);
    expect(await run('$inc(1) + $inc(2)', { inc }, undefined, { signal: control.signal })).toBe(5);
    control.abort();
    expect(inc.calls).toEqual([[1], [2]]);
  });
});
