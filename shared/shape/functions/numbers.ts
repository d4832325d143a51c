import { type FunctionHelp, helpFor } from './help.ts';

const of = helpFor('number');
const date = helpFor('date');

/** Functions that work on numbers and on dates. */
export const numberFunctions: readonly FunctionHelp[] = [
  of(
    'number',
    'text or true/false → number',
    'Turns a text into a number; an empty text or a decimal comma is an error.',
    '$number("19.90")',
    '19.9',
  ),
  of('round', 'number, decimals? → number', 'Rounds; a half goes to the even neighbour.', '$round(2.345, 2)', '2.34'),
  of('sum', 'list of numbers → number', 'Adds up a list of numbers.', '$sum([10, 2.5])', '12.5'),
  of('average', 'list of numbers → number', 'Gives the mean of a list of numbers.', '$average([1, 2, 6])', '3'),
  of('max', 'list of numbers → number', 'Gives the largest number of a list.', '$max([3, 9, 4])', '9'),
  of('min', 'list of numbers → number', 'Gives the smallest number of a list.', '$min([3, 9, 4])', '3'),
  of('abs', 'number → number', 'Takes the sign off a number.', '$abs(-5)', '5'),
  of('floor', 'number → number', 'Rounds down to a whole number.', '$floor(5.8)', '5'),
  of('ceil', 'number → number', 'Rounds up to a whole number.', '$ceil(5.2)', '6'),
  of('power', 'number, exponent → number', 'Raises a number to a power.', '$power(2, 8)', '256'),
  of('sqrt', 'number → number', 'Gives the square root of a number that is not negative.', '$sqrt(16)', '4'),
  of('random', '→ number', 'Gives a random number from 0 up to, but not including, 1.', '$random() < 1', 'true'),
  of(
    'formatNumber',
    'number, picture, options? → text',
    'Writes a number after a picture such as "#,##0.00".',
    '$formatNumber(1234.5, "#,##0.00")',
    '"1,234.50"',
  ),
  of(
    'formatInteger',
    'number, picture → text',
    'Writes a whole number after a picture: with leading zeros, in Roman digits or in words.',
    '$formatInteger(7, "000")',
    '"007"',
  ),
  of(
    'parseInteger',
    'text, picture → number',
    'Reads a whole number written after a picture.',
    '$parseInteger("12,345", "#,##0")',
    '12345',
  ),
  of('formatBase', 'number, base? → text', 'Writes a whole number in another base, such as 16.', '$formatBase(255, 16)', '"ff"'),
  date(
    'now',
    'picture?, zone? → text',
    'Gives the time of this evaluation as ISO text in UTC; the same for the whole mapping.',
    '$length($now())',
    '24',
  ),
  date('millis', '→ number', 'Gives the time of this evaluation in milliseconds since 1970.', '$millis() > 1700000000000', 'true'),
  date(
    'toMillis',
    'text, picture? → number',
    'Reads a date as milliseconds since 1970; without a picture it must be ISO.',
    '$toMillis("02.03.2026", "[D01].[M01].[Y0001]")',
    '1772409600000',
  ),
  date(
    'fromMillis',
    'number, picture?, zone? → text',
    'Writes milliseconds since 1970 as a date; without a picture as ISO in UTC.',
    '$fromMillis(1772409600000, "[D01].[M01].[Y0001]")',
    '"02.03.2026"',
  ),
];
