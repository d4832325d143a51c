import { describe, expect, it } from 'vitest';
import { compileAsync } from '#shared/jsonata/asynchronous.ts';
import { builtins } from '#shared/jsonata/builtins/table.ts';
import { compile, type ExpressionError } from '#shared/jsonata/compile.ts';
import { arityOf } from '#shared/jsonata/function-value.ts';
import { inputOf, sameValue, suite } from './suite.ts';

describe('the cases of the suite, with built-ins made asynchronous', () => {
  const names = ['sum', 'count', 'string', 'uppercase', 'number', 'length', 'substring', 'max', 'join', 'keys', 'lookup', 'append', 'not'];
  const outcome = async (act: () => unknown) => {
    try {
      return { value: await act() };
    } catch (error) {
      const { code, position, token } = error as ExpressionError;
      return { code, position, token };
    }
  };

  it('give the same values and errors', async () => {
    const now = Object.fromEntries(
      names.map((name) => {
        const builtin = builtins.get(name) as (...args: unknown[]) => unknown;
        const call = (...args: unknown[]) => builtin(...args);
        Object.defineProperty(call, 'length', { value: arityOf(builtin) });
        return [name, { call }];
      }),
    );
    let calls = 0;
    const later = Object.fromEntries(
      Object.entries(now).map(([name, { call }]) => {
        const asynchronous = async (...args: unknown[]) => {
          calls++;
          return call(...args);
        };
        Object.defineProperty(asynchronous, 'length', { value: call.length });
        return [name, { call: asynchronous, asynchronous: true as const }];
      }),
    );
    const mentioned = new RegExp(`\\$(${names.join('|')})\\b`);
    const cases = Object.values(suite.groups)
      .flat()
      .filter((one) => one.timelimit === undefined && mentioned.test(one.expr) && !/\$(random|shuffle|now|millis)/.test(one.expr));
    expect(cases.length).toBeGreaterThan(150);
    const wrong: unknown[] = [];
    for (const one of cases) {
      const atOnce = await outcome(() => compile(one.expr, { functions: now }).evaluate(inputOf(one), one.bindings));
      const awaited = await outcome(() => compileAsync(one.expr, { functions: later }).evaluate(inputOf(one), one.bindings));
      if (!sameValue(atOnce, awaited)) wrong.push([one.expr, atOnce, awaited]);
    }
    expect(wrong).toEqual([]);
    expect(calls).toBeGreaterThan(200);
  });
});
