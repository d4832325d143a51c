import { type FunctionHelp, helpFor } from './help.ts';

const of = helpFor('logic');

/** Functions that decide, check and ask about values. */
export const logicFunctions: readonly FunctionHelp[] = [
  of(
    'boolean',
    'any value → true or false',
    'Turns a value into true or false; empty text, 0, null and empty lists are false.',
    '$boolean("x")',
    'true',
  ),
  of('not', 'any value → true or false', 'Turns true into false and false into true.', '$not(paid)', 'true', '{"paid": false}'),
  of(
    'exists',
    'any value → true or false',
    'Tells whether a value is there; null counts as there.',
    '$exists(email)',
    'false',
    '{"name": "Anna"}',
  ),
  of(
    'type',
    'any value → text',
    'Names the kind of a value: string, number, boolean, null, object, array or function.',
    '$type([1])',
    '"array"',
  ),
  of(
    'assert',
    'true or false, text? → nothing',
    'Fails with the text unless the condition is true.',
    '($assert(qty > 0, "There is no quantity"); qty)',
    '3',
    '{"qty": 3}',
  ),
  of(
    'error',
    'text? → never a value',
    'Fails with the text, so that the message takes the error way.',
    'total >= 0 ? total : $error("The total is negative")',
    '5',
    '{"total": 5}',
  ),
  of('eval', 'text, input? → value', 'Runs a text as an expression.', '$eval("a + 1", {"a": 2})', '3'),
];
