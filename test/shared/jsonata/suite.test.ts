import { describe, expect, it } from 'vitest';
import { compile } from '#shared/jsonata/compile.ts';
import { judge, suite } from './suite.ts';

describe('the conformance suite of the language', () => {
  for (const [group, cases] of Object.entries(suite.groups)) {
    it(`holds for ${group} (${cases.length})`, () => {
      const wrong = cases.flatMap((one) => {
        const options = { ...(one.timelimit ? { timeout: one.timelimit } : {}), ...(one.depth ? { depth: one.depth } : {}) };
        const why = judge(one, (_, input) => compile(one.expr, options).evaluate(input, one.bindings));
        return why === undefined ? [] : [`${one.name}: ${one.expr} ${why}`];
      });
      expect(wrong).toEqual([]);
    });
  }

  it('has all of its 1,035 cases', () => {
    expect(Object.values(suite.groups).flat()).toHaveLength(1035);
  });
});
