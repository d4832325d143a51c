import { expect, it } from 'vitest';
import { quotedValue, titleOf } from '#shared/inbox/title.ts';

it.each([
  [
    'map/d3030',
    'The text "12,50" cannot be read as a number; leave only digits.',
    'total',
    '`total` could not be turned into a number: text with comma',
  ],
  [
    'map/d3030',
    'The text " 12" cannot be read as a number; leave it.',
    'total',
    '`total` could not be turned into a number: text with blanks around it',
  ],
  [
    'map/t0410',
    'Argument 1 of $lowercase must be a text, but is the number 5; convert it.',
    'email',
    '`email` needs a text, but gets a number',
  ],
  ['map/nothing', 'The expression gave nothing for this message.', '', 'The mapping gave nothing: a field that it reads is missing'],
  [
    'validate/invalid',
    "The message does not fit the schema: /customer must have required property 'email'.",
    '/customer',
    '`customer.email` is required but missing',
  ],
  [
    'validate/invalid',
    'The message does not fit the schema: /items/3/price must be number.',
    '/items/3/price',
    '`items[].price` must be number',
  ],
  [
    'decode/json',
    'The message is not JSON: Unterminated string in JSON at position 9. Mend the sender.',
    '',
    'Not valid JSON: the text ends in the middle',
  ],
  ['http/422', 'ERP answered 422: customer number 4711 is unknown. Try again.', '', 'ERP answered #: customer number # is unknown'],
])('names %s %s', (code, message, place, title) => {
  expect(titleOf({ code, message, place })).toBe(title);
});

it('never shows a value of the message', () => {
  expect(titleOf({ code: 'x', message: 'The card "4111 1111 1111 1111" of "Anna" was refused.', place: 'card' })).not.toMatch(/4111|Anna/);
});

it('reads the value that a sentence is about, also with quotes in it', () => {
  expect(quotedValue('The text "a \\"b\\"" cannot be read')).toBe('a "b"');
  expect(quotedValue('Nothing is quoted here')).toBeUndefined();
});
