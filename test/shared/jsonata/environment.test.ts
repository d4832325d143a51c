import { describe, expect, it } from 'vitest';
import { compileAsync } from '#shared/jsonata/asynchronous.ts';
import { compile } from '#shared/jsonata/compile.ts';

/** Counts up from a start, so that every number says how often it was asked. */
function counting(start: number) {
  let next = start;
  return { now: () => 1_700_000_000_000, random: () => next++ / 100 };
}

describe('the environment of an expression', () => {
  it.each(['on', 'off'] as const)('gives the time and the random numbers, with speculation %s', (speculation) => {
    const expression = compile('{ "at": $now(), "ms": $millis(), "r": [$random(), $random()] }', { environment: counting(0), speculation });
    expect(expression.evaluate({})).toEqual({ at: '2023-11-14T22:13:20.000Z', ms: 1_700_000_000_000, r: [0, 0.01] });
    expect(expression.evaluate({})).toMatchObject({ r: [0.02, 0.03] });
    expect(compile('$shuffle([1..9])', { environment: counting(0), speculation }).evaluate({})).toEqual(
      compile('$shuffle([1..9])', { environment: counting(0), speculation }).evaluate({}),
    );
    expect(compile('$toMillis("12:00", "[H]:[m]")', { environment: counting(0), speculation }).evaluate({})).toBe(
      Date.parse('2023-11-14T12:00:00Z'),
    );
  });

  it('is that of each expression by itself, and of the machine where there is none', () => {
    compile('$random()', { environment: counting(0) }).evaluate({});
    const before = Date.now();
    expect(compile('$millis()').evaluate({})).toBeGreaterThanOrEqual(before);
    const numbers = Array.from({ length: 20 }, () => compile('$random()').evaluate({}));
    expect(new Set(numbers).size).toBe(20);
  });

  it('serves evaluations that are asynchronous, whose runs repeat their numbers', async () => {
    const asked = { call: async (value: number) => value, asynchronous: true as const };
    const expression = compileAsync('[$random(), $ask(1), $random(), $ask(2), $random(), $millis()]', {
      environment: counting(10),
      functions: { ask: asked },
    });
    expect(await expression.evaluate({})).toEqual([0.1, 1, 0.11, 2, 0.12, 1_700_000_000_000]);
  });

  it('goes on inside an evaluation that a function of the expression makes', () => {
    const inner = compile('$random()');
    const outer = compile('[$random(), $inner(), $random()]', { environment: counting(0), functions: { inner: () => inner.evaluate({}) } });
    expect(outer.evaluate({})).toEqual([0, 0.01, 0.02]);
  });
});
