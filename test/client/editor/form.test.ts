import { expect, test } from 'vitest';
import { controlOf, fieldsOf, groupsOf, isShown, joinDuration, newItem, splitDuration } from '../../../client/editor/inspector/form.ts';

test('groups begin with basics, end with advanced, and are told apart without regard to case', () => {
  const schema = {
    properties: { a: { group: 'Advanced' }, b: { group: 'Sign-in' }, c: { group: 'Basics' }, d: { group: 'basics' }, e: {} },
  };
  expect(groupsOf(fieldsOf(schema)).map((group) => [group.title, group.open, group.fields.map((field) => field.name)])).toEqual([
    ['Basics', true, ['c', 'd', 'e']],
    ['Sign-in', false, ['b']],
    ['Advanced', false, ['a']],
  ]);
});

test('a widget decides how a field is drawn, else its type does', () => {
  expect(controlOf({ type: 'string', widget: 'jsonata' })).toBe('jsonata');
  expect(controlOf({ type: 'string', enum: ['a'] })).toBe('choice');
  expect(controlOf({ type: 'array', items: { type: 'string' } })).toBe('lines');
  expect(controlOf({ type: 'array', items: { type: 'object', properties: {} } })).toBe('items');
  expect(controlOf({ type: 'object', additionalProperties: { type: 'string' } })).toBe('expressions');
  expect(controlOf({ type: 'object', additionalProperties: {} })).toBe('json');
  expect(controlOf({ type: 'integer' })).toBe('number');
  expect(controlOf({})).toBe('json');
});

test('a field shows only where the field it depends on has one of the values', () => {
  const schema = { showWhen: { field: 'auth', is: ['basic'] } };
  expect(isShown(schema, { auth: 'basic' })).toBe(true);
  expect(isShown(schema, { auth: 'none' })).toBe(false);
  expect(isShown({}, {})).toBe(true);
});

test('a new item of a list has the defaults and empty text where text is needed', () => {
  expect(
    newItem({
      properties: { name: { type: 'string' }, on: { type: 'boolean', default: true }, extra: { type: 'string' } },
      required: ['name'],
    }),
  ).toEqual({ name: '', on: true });
});

test('a duration is shown in the largest unit without a fraction and reads back the same', () => {
  for (const ms of [0, 1, 250, 1000, 90_000, 120_000, 3_600_000]) {
    const { amount, unit } = splitDuration(ms);
    expect(joinDuration(amount, unit)).toBe(ms);
  }
  expect(splitDuration(90_000)).toEqual({ amount: 90, unit: 's' });
  expect(splitDuration(120_000)).toEqual({ amount: 2, unit: 'min' });
});
