import { expect, test } from 'vitest';
import { verdictsOf } from '../../../client/mapper/pair-memory.ts';

const verdict = (first: boolean, last: boolean) => verdictsOf([{ pair: 'a', first, last }]).get('a');

test('what is ticked in the end was taken, whether it was ticked at first or not', () => {
  expect(verdict(true, true)).toBe('taken');
  expect(verdict(false, true)).toBe('taken');
});

test('what was ticked and is not any more was turned down', () => {
  expect(verdict(true, false)).toBe('refused');
});

test('what nobody ticked has not been judged', () => {
  expect(verdict(false, false)).toBeUndefined();
});
