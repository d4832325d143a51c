import { describe, expect, it } from 'vitest';
import type { Expression } from '#shared/jsonata/compile.ts';
import { compileFor, type Speculation } from './engines.ts';
import { judge, type SuiteCase, suite } from './suite.ts';

/** Guards of one case that are made to fail, one after another. Cases that run until their time is over get a few. */
const guardsOf = (one: SuiteCase): number => (one.timelimit ? 3 : 40);

const compiled = (one: SuiteCase, speculation: Speculation): Expression =>
  compileFor(one.expr, speculation, {
    ...(one.timelimit ? { timeout: one.timelimit } : {}),
    ...(one.depth ? { depth: one.depth } : {}),
  });

const judgeWith = (one: SuiteCase, speculation: Speculation): string | undefined =>
  judge(one, (_, input) => compiled(one, speculation).evaluate(input, one.bindings));

/** Fails each guard of the case in turn, until none was met. */
function judgeEveryGuard(one: SuiteCase): string | undefined {
  for (let failAt = 0; failAt < guardsOf(one); failAt++) {
    let restarted = false;
    const why = judge(one, (_, input) => {
      const engine = compiled(one, { failAt });
      try {
        return engine.evaluate(input, one.bindings);
      } finally {
        restarted = engine.statistics().restarted > 0;
      }
    });
    if (why !== undefined) return `with guard ${failAt} failing: ${why}`;
    if (!restarted) return undefined;
  }
  return undefined;
}

/** Each way to evaluate. */
const modes: { name: string; judge: (one: SuiteCase) => string | undefined }[] = [
  { name: 'speculating', judge: (one) => judgeWith(one, 'on') },
  { name: 'in the exact back end alone', judge: (one) => judgeWith(one, 'off') },
  { name: 'with each guard made to fail', judge: judgeEveryGuard },
];

describe('the conformance suite of the language', () => {
  for (const mode of modes) {
    describe(mode.name, () => {
      for (const [group, cases] of Object.entries(suite.groups)) {
        it(`holds for ${group} (${cases.length})`, () => {
          const wrong = cases.flatMap((one) => {
            const why = mode.judge(one);
            return why === undefined ? [] : [`${one.name}: ${one.expr} ${why}`];
          });
          expect(wrong).toEqual([]);
        });
      }
    });
  }

  it('has all of its 1,035 cases', () => {
    expect(Object.values(suite.groups).flat()).toHaveLength(1035);
  });
});
