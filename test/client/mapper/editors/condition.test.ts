import { describe, expect, it } from 'vitest';
import { compile } from '#shared/jsonata/compile.ts';
import { allRules } from '#shared/mapping/rule.ts';
import { viewOf } from '#shared/mapping/view.ts';
import {
  type Condition,
  conditionCode,
  conditionOf,
  conditionProblem,
  emptyTest,
  type Operator,
  operators,
} from '../../../../client/mapper/editors/condition.ts';
import { mappingFiles, open } from '../../../shared/mapping/files.ts';

/** Reads a condition as the row `c` of a choice has it. */
function read(code: string): Condition {
  const view = viewOf(`{ "x": (${code}) ? 1 : 2 }`);
  if (!view.ok) throw new Error(view.problem.message);
  const choice = [...allRules(view.root)].find((rule) => rule.kind === 'choice');
  if (choice?.kind !== 'choice') throw new Error('no choice');
  const chip = choice.branches[0]?.condition;
  if (chip === undefined) throw new Error('no branch');
  const text = view.text;
  const { bracketed: _, ...bare } = chip;
  return conditionOf({ ...bare, start: chip.start + 1, end: chip.end - 1 }, text);
}

const field = { kind: 'field', code: 'a' } as const;
const test = (operator: Operator, more: Partial<Extract<Condition, { kind: 'test' }>> = {}): Condition => ({
  ...emptyTest(field),
  operator,
  value: { kind: 'text', text: 'x.y' },
  among: { type: 'text', values: ['x', 'y'] },
  ...more,
});
const holds = (condition: Condition, input: unknown): unknown =>
  compile(`(${conditionCode(condition)}) ? true : false`, { speculation: 'off' }).evaluate(input);

describe('a condition in words', () => {
  it.each(Object.keys(operators) as Operator[])('with the operator %s is read back as it was written', (operator) => {
    const code = conditionCode(test(operator));
    expect(conditionProblem(test(operator))).toBeUndefined();
    const back = read(code);
    expect(back).toMatchObject({ kind: 'test', operator });
    expect(conditionCode(back)).toBe(code);
  });

  it('does what its words say', () => {
    const text = (value: string) => ({ value: { kind: 'text' as const, text: value } });
    const number = (value: string) => ({ value: { kind: 'number' as const, text: value } });
    expect(holds(test('is', text('paid')), { a: 'paid' })).toBe(true);
    expect(holds(test('isNot', text('paid')), { a: 'open' })).toBe(true);
    expect(holds(test('atLeast', number('5')), { a: 5 })).toBe(true);
    expect(holds(test('less', number('-5')), { a: -6 })).toBe(true);
    expect(holds(test('oneOf'), { a: 'y' })).toBe(true);
    expect(holds(test('noneOf'), { a: 'y' })).toBe(false);
    expect(holds(test('noneOf', { among: { type: 'number', values: ['1', '2'] } }), { a: 3 })).toBe(true);
    expect(holds(test('begins', text('a+b')), { a: 'a+b!' })).toBe(true);
    expect(holds(test('begins', text('a+b')), { a: 'aab' })).toBe(false);
    expect(holds(test('ends', text('(x)/')), { a: 'n (x)/' })).toBe(true);
    expect(holds(test('containsNot', text('b')), { a: 'abc' })).toBe(false);
    const absent = [undefined, null, '', 0, false, 'x'].map((a) => (a === undefined ? {} : { a }));
    const all = (operator: Operator) => absent.map((input) => holds(test(operator), input));
    expect(all('exists')).toEqual([false, true, true, true, true, true]);
    expect(all('missing')).toEqual([true, false, false, false, false, false]);
    expect(all('hasValue')).toEqual([false, false, true, true, true, true]);
    expect(all('hasNone')).toEqual([true, true, false, false, false, false]);
    expect(all('filled')).toEqual([false, false, false, false, false, true]);
    expect(all('blank')).toEqual([true, true, true, true, true, false]);
    expect(all('denied')).toEqual([false, true, true, true, true, false]);
  });

  it('has groups of and and or, one inside the other', () => {
    const nested: Condition = {
      kind: 'group',
      all: true,
      parts: [
        test('is'),
        { kind: 'group', all: false, parts: [test('exists'), test('greater', { value: { kind: 'number', text: '1' } })] },
      ],
    };
    const code = conditionCode(nested);
    expect(code).toBe('a = "x.y" and ($exists(a) or a > 1)');
    expect(conditionCode(read(code))).toBe(code);
    expect(read(code)).toMatchObject({ kind: 'group', all: true, parts: [{ kind: 'test' }, { kind: 'group', all: false }] });
  });

  it('says what is missing', () => {
    expect(conditionProblem(emptyTest())).toBe('Choose a field.');
    expect(conditionProblem(test('greater', { value: { kind: 'number', text: 'ten' } }))).toBe(
      '"ten" is not a number. Write it such as 12.5.',
    );
    expect(conditionProblem(test('oneOf', { among: { type: 'text', values: [] } }))).toBe('Write at least one value.');
    expect(conditionProblem({ kind: 'group', all: true, parts: [] })).toBe('Add a condition.');
  });

  it('that the builder cannot show stays code, letter by letter', () => {
    expect(read('$contains(a, /x|y/i)')).toEqual({ kind: 'code', code: '$contains(a, /x|y/i)' });
    expect(read('$f(a)')).toEqual({ kind: 'code', code: '$f(a)' });
  });
});

it('the conditions of real mappings are mostly shown in words', () => {
  let [words, all] = [0, 0];
  const leaves = (condition: Condition): Condition[] => (condition.kind === 'group' ? condition.parts.flatMap(leaves) : [condition]);
  for (const { text } of mappingFiles) {
    for (const rule of allRules(open(text).root)) {
      const chips =
        rule.kind === 'choice'
          ? rule.branches.map((branch) => branch.condition)
          : rule.kind === 'loop'
            ? rule.where.map((one) => one.condition)
            : [];
      for (const chip of chips) {
        for (const leaf of leaves(conditionOf(chip, text))) {
          all++;
          if (leaf.kind === 'test') words++;
        }
      }
    }
  }
  expect(all).toBeGreaterThan(50);
  expect(words / all).toBeGreaterThan(0.9);
});
