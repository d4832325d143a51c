import { describe, expect, it } from 'vitest';
import { evaluate } from '#shared/alert/evaluate.ts';
import type { FieldFact } from '#shared/alert/facts.ts';
import { isFilled } from '#shared/alert/from-fields.ts';
import { parseJson } from '#shared/json.ts';
import { factsOf, noon, ruleOf } from './facts-sample.ts';

const condition = { kind: 'field-empty', node: 'erp', path: 'customer.email', minutes: 60, share: 1, atLeast: 10 } as const;
const fact = (more: Partial<FieldFact>) => factsOf({ fields: [{ rule: 'r', side: 'sink', looked: 100, empty: 0, more: false, ...more }] });

describe('a field that is never filled', () => {
  it('is an incident of its place when it is empty in all messages', () => {
    expect(evaluate(ruleOf(condition), fact({ empty: 100 }), noon)).toEqual([
      {
        subject: '',
        level: 'met',
        node: 'erp',
        sentence:
          '“customer.email” is empty or missing in all of 100 messages that went to “ERP” in the last 1 h. Look at the mapping in front of it.',
        link: '/flows/shop?node=erp',
      },
    ]);
    expect(evaluate(ruleOf(condition), fact({ empty: 99 }), noon)).toMatchObject([{ level: 'near' }]);
    expect(evaluate(ruleOf(condition), fact({ empty: 49 }), noon)).toEqual([]);
  });

  it('may be one from a share on, says of how many, and whom to ask where it came in so', () => {
    const some = ruleOf({ ...condition, share: 0.2 });
    const [finding] = evaluate(some, fact({ side: 'source', looked: 500, empty: 101, more: true }), noon);
    expect(finding).toMatchObject({ level: 'met' });
    expect(finding?.sentence).toBe(
      '“customer.email” is empty or missing in 20\u2009% of the newest 500 messages that came in at “ERP” in the last 1 h. Ask who sends it whether the field has another name now.',
    );
  });

  it('says nothing of few messages, of none, and of a field that was not looked at yet', () => {
    expect(evaluate(ruleOf(condition), fact({ looked: 9, empty: 9 }), noon)).toEqual([]);
    expect(evaluate(ruleOf({ ...condition, atLeast: 1 }), fact({ looked: 0 }), noon)).toEqual([]);
    expect(evaluate(ruleOf(condition), factsOf(), noon)).toEqual([]);
    expect(evaluate(ruleOf(condition, { id: 'another' }), fact({ empty: 100 }), noon)).toEqual([]);
  });
});

describe('a value at a path', () => {
  it('is filled by a number of any length', () => {
    expect(isFilled(parseJson('{"a":900719925474099301}'), 'a')).toBe(true);
  });

  it.each([
    [{ a: { b: 0 } }, 'a.b'],
    [{ a: false }, 'a'],
    [{ lines: [{}, { price: 5 }] }, 'lines.price'],
    [{ lines: [{ price: null }, { price: 5 }] }, 'lines.1.price'],
    [[{ a: 'x' }], 'a'],
  ])('%j is filled at %s', (value, path) => {
    expect(isFilled(value, path)).toBe(true);
  });

  it.each([
    [{}, 'a'],
    [{ a: null }, 'a'],
    [{ a: ' ' }, 'a'],
    [{ a: [] }, 'a'],
    [{ a: {} }, 'a'],
    [{ a: 'text' }, 'a.length'],
    [{ a: {} }, 'a.constructor'],
    [{ lines: [{ price: '' }, {}] }, 'lines.price'],
    [{ lines: [{ price: null }, { price: 5 }] }, 'lines.0.price'],
    ['text', 'a'],
  ])('%j is empty at %s', (value, path) => {
    expect(isFilled(value, path)).toBe(false);
  });
});
