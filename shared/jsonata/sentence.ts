import { ExactNumber } from '#shared/exact-number.ts';
import { bare, cut, describe, quoted } from './describe.ts';
import type { Code, ExpressionError } from './error.ts';

type Words = (error: ExpressionError) => string;

/** The function at fault by its name; errors inside operators carry the operator instead. */
function named(error: ExpressionError): string {
  const { token } = error;
  return typeof token === 'string' && /^[A-Za-z_]\w*$/.test(token) && !['and', 'or', 'in'].includes(token)
    ? `$${cut(token)}`
    : 'the function';
}

/** A token of the text as it stands there. */
function token(error: ExpressionError): string {
  return error.token === undefined ? 'this' : symbol(error.token);
}

function symbol(given: unknown): string {
  if (given === '(end)') return 'the end of the text';
  return typeof given === 'string' ? quoted(given).replaceAll('\\"', '"') : quoted(bare(given));
}

/** What to write instead of what other languages write. */
function habit(written: unknown): string | undefined {
  switch (written) {
    case '=':
      return 'to compare, write a single =';
    case '&':
      return 'write "and" instead of "&&"';
    case '!':
      return 'write $not( ) around the condition, or != between two values';
    case '>':
      return 'write >= for greater or equal, and function($x){ } for a function';
    case 'then':
    case 'else':
      return 'write condition ? value : other value';
    default:
      return undefined;
  }
}

const regex = (source: unknown): string => `/${bare(source)}/`;

/** The operator at fault, if it is one of these: an operator around it may have put its own in. */
const operator = (error: ExpressionError, known: string[]): string =>
  typeof error.token === 'string' && known.includes(error.token) ? error.token : 'the operator';
const arithmetic = ['+', '-', '*', '/', '%'];
const ordering = ['<', '<=', '>', '>='];

const limit = (error: ExpressionError): string => bare(error.value);

/** What to try where a number was expected. */
function toNumber(value: unknown): string {
  if (typeof value === 'boolean') return 'convert it with $number()';
  if (typeof value !== 'string') return toOne(value, 'a number', '$sum()');
  if (value.trim() === '') return 'put a number in its place where it is empty';
  return Number.isFinite(Number(value)) ? 'convert it with $number()' : 'use a field that holds a number';
}

/** What to try where a text was expected. */
function toText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value instanceof ExactNumber) return 'convert it with $string()';
  return toOne(value, 'a text', '$join()');
}

function toOne(value: unknown, wanted: string, combine: string): string {
  if (value === undefined) return `check the names of the fields, or give ${wanted} as default with ??`;
  if (value === null) return `replace null with ${wanted} first, using ? and :`;
  if (Array.isArray(value)) return `take one item with [0], or combine all, for example with ${combine}`;
  if (typeof value === 'function') return 'call it with ()';
  if (typeof value === 'object') return `choose the field that holds ${wanted}`;
  return `give ${wanted}`;
}

const kinds: Record<string, string> = {
  s: 'a text',
  n: 'a number',
  b: 'true or false',
  l: 'null',
  o: 'an object',
  a: 'an array',
  f: 'a function',
  x: 'any value',
  j: 'a JSON value',
};
const plural: Record<string, string> = { s: 'texts', n: 'numbers', b: 'true or false', o: 'objects', a: 'arrays', f: 'functions' };

/** What a signature's parameter takes, in words. */
function wanted(parameter: string): string {
  const members = /^a<(.)>$/.exec(parameter)?.[1];
  if (members !== undefined) return `an array of ${plural[members] ?? 'values'}`;
  const letters = parameter.startsWith('(') ? [...parameter.slice(1, -1)] : [parameter.charAt(0)];
  const words = [...new Set(letters.map((letter) => kinds[letter] ?? 'another kind of value'))];
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : (words[0] ?? 'another kind of value');
}

function argument(error: ExpressionError): string {
  const { index = 1, expected, value } = error;
  const name = named(error);
  if (expected === '') {
    const room = index === 1 ? 'no argument' : index === 2 ? 'one argument' : `${index - 1} arguments`;
    return `${name} takes ${room} here, but was also given ${describe(value)}; leave that out, or put several values into one array with [ ].`;
  }
  if (value === undefined && expected !== undefined)
    return `${name} needs ${wanted(expected)} as argument ${index}; add it in its brackets.`;
  const must = expected === undefined ? 'another kind of value' : wanted(expected);
  return `Argument ${index} of ${name} must be ${must}, but is ${describe(value)}; ${adviceFor(expected, value)}.`;
}

function adviceFor(parameter: string | undefined, value: unknown): string {
  const letter = parameter?.charAt(0);
  if (letter === 'n') return toNumber(value);
  if (letter === 's') return toText(value);
  if (letter === 'b') return 'write a condition such as price > 0';
  if (letter === 'f') return 'write for example function($item){ $item.price }';
  return 'pass another value';
}

function members(error: ExpressionError): string {
  const { index = 1, value, type } = error;
  const must = type === 'strings' ? 'texts' : (type ?? 'values of one kind');
  const kind = type === 'numbers' ? 'number' : type === 'strings' ? 'string' : undefined;
  const odd = kind !== undefined && Array.isArray(value) ? value.find((item) => typeof item !== kind) : undefined;
  const met = odd === undefined ? `is ${describe(value)}` : `holds ${describe(odd)}`;
  const advice = kind === 'number' ? ', for example with list.$number()' : kind === 'string' ? ', for example with list.$string()' : '';
  return `Argument ${index} of ${named(error)} must hold only ${must}, but ${met}; convert its items first${advice}.`;
}

/** What an expression says itself with $error or $assert. */
function own(error: ExpressionError, silent: string): string {
  const text = error.text ?? '';
  if (text === '' || text.startsWith('$error() function') || text.startsWith('$assert() statement')) return silent;
  return ended(cut(text, 300));
}

const ended = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** The sentence of the error inside $eval's text. */
function inner(error: ExpressionError): string {
  const sentence = (error.error as { sentence?: unknown } | undefined)?.sentence;
  return ended(typeof sentence === 'string' ? cut(sentence, 130) : bare(error.value));
}

/** The part of a number's picture at fault. */
const picture = (error: ExpressionError): string =>
  typeof error.value === 'string' ? `The number picture ${quoted(error.value)}` : 'The number picture';

const sentences: Record<Code, Words> = {
  S0101: () => 'A text is opened with a quote but never closed; add the closing quote.',
  S0102: (e) => `The number ${token(e)} is too large to be kept; write it as a text in quotes.`,
  S0103: (e) => `In a text, \\ before ${token(e)} means nothing; write \\\\ for a backslash.`,
  S0104: () => 'In a text, \\u needs four digits 0-9 or a-f after it, such as \\u00e9; write \\\\ for a backslash.',
  S0105: () => 'A quoted name is opened with ` but never closed; add the closing `.',
  S0106: () => 'A comment is opened with /* but never closed; add */ at its end.',
  S0201: (e) => `${token(e)} was not expected here; ${habit(e.token) ?? 'look for an operator, a comma or a bracket missing before it'}.`,
  S0202: (e) =>
    `Expected ${symbol(e.value)} but found ${token(e)}; put ${symbol(e.value)} before it, or look for a missing comma or quote.`,
  S0203: (e) => `The expression ends where ${symbol(e.value)} was expected; close what is still open.`,
  S0204: (e) => `${token(e)} is not an operator of JSONata; ${habit(e.token) ?? 'look at the list of operators'}.`,
  S0205: (e) => `${token(e)} was not expected here; look for an operator, a comma or a bracket missing before it.`,
  S0206: (e) => `${token(e)} cannot be used as a part of an expression; write the expression in another way.`,
  S0207: () => 'The expression ends too early; add what is missing after its last part.',
  S0208: (e) => `Parameter ${limit(e)} of a function must be a variable such as $item; put $ before its name.`,
  S0209: () => 'A filter [ ] cannot follow a grouping { } in the same step; put the grouping and all before it into ( ).',
  S0210: () => 'A step of a path can have only one grouping { }; put the first one and all before it into ( ).',
  S0211: (e) =>
    `${token(e)} needs a value on its left side; ${habit(e.token) ?? 'write one before it, or look for something missing there'}.`,
  S0212: () => 'Only a variable such as $total can stand left of :=; to compare, use = alone.',
  S0213: (e) => `${describe(e.value)} cannot be a step of a path; to name a field, put it in \`backquotes\`.`,
  S0214: (e) => `A variable such as $item must follow ${token(e)}; put $ before the name.`,
  S0215: () => 'A variable bound with @ or # must come before the filters [ ] of its step; move it in front of them.',
  S0216: () => 'A variable bound with @ or # must come before the sorting ^( ) of its step; move it in front of that.',
  S0217: () => 'There is no parent that % could refer to here; use % inside a path, as in orders.lines.(%.number).',
  S0301: () => 'The regular expression is empty; write a pattern between the slashes.',
  S0302: () => 'The regular expression is opened with / but never closed; add the closing /, or a ) or ] that is missing before it.',
  S0401: () => 'In a signature, < > can only follow a for arrays or f for functions; write for example a<n> for an array of numbers.',
  S0402: (e) => `The choice ${quoted(`(${bare(e.value)})`)} in a signature cannot hold < >; write for example (ao) without them.`,
  S0500: () => 'The expression has syntax errors; mend those before it is evaluated.',
  T0410: argument,
  T0411: (e) =>
    `${named(e)} was given no argument ${e.index ?? 1}, so it takes the current value, which is ${describe(e.value)}; pass ${e.expected ? wanted(e.expected) : 'the argument'} in its brackets.`,
  T0412: members,
  D1001: (e) => `The result ${limit(e)} is not a number that JSON can hold; look for a division by zero or numbers that are too large.`,
  D1002: (e) => `A minus sign needs a number after it, but found ${describe(e.value)}; ${toNumber(e.value)}.`,
  T1003: (e) => `A field name must be a text, but is ${describe(e.value)}; ${toText(e.value)}.`,
  D1004: (e) =>
    `The regular expression ${regex(e.value)} matches an empty text and would never move on; make it match at least one character.`,
  T1005: (e) => `${token(e)} is not a function; put $ before the name: ${named(e)}().`,
  T1006: (e) =>
    `${e.token === undefined ? 'What is called here' : named(e)} is not a function; check the spelling of the name before the ( ).`,
  T1007: (e) => `${token(e)} is not a function; put $ before the name: ${named(e)}(?).`,
  T1008: () => 'Arguments are left open with ? in a call of something that is not a function; check the name before the ( ).',
  D1009: (e) => `Two entries of the same object make the field ${quoted(bare(e.value))}; give them different names.`,
  T1010: (e) =>
    `The function given to ${named(e)} for matching does not answer match, start, end, groups and next; use a regular expression.`,
  D1011: () =>
    'Calls or brackets are nested too deep; check that each recursion ends, and make the recursive call the last act of its function.',
  D1012: (e) => `The evaluation took longer than ${limit(e)} milliseconds; look for a loop that never ends.`,
  D1013: (e) => `The field name ${quoted(bare(e.value))} starts with _jsonata_, which is reserved; choose another name.`,
  T2001: (e) => `The left side of ${operator(e, arithmetic)} must be a number, but is ${describe(e.value)}; ${toNumber(e.value)}.`,
  T2002: (e) => `The right side of ${operator(e, arithmetic)} must be a number, but is ${describe(e.value)}; ${toNumber(e.value)}.`,
  T2003: (e) => `The left side of .. must be a whole number, but is ${describe(e.value)}; ${toWhole(e.value)}.`,
  T2004: (e) => `The right side of .. must be a whole number, but is ${describe(e.value)}; ${toWhole(e.value)}.`,
  T2006: (e) => `The right side of ~> must be a function, but is ${describe(e.value)}; write for example ~> $uppercase.`,
  T2007: (e) =>
    `The sort meets both ${describe(e.value)} and ${describe(e.value2)}; make the sort key one kind with $string() or $number().`,
  T2008: (e) => `A sort key must be a number or a text, but is ${describe(e.value)}; sort by another field, or convert it with $string().`,
  T2009: (e) =>
    `${operator(e, ordering)} compares ${describe(e.value)} with ${describe(e.value2)}; convert one with $number() or $string(), so that both are of one kind.`,
  T2010: (e) => `${operator(e, ordering)} compares numbers or texts, but found ${describe(e.value)}; ${toNumber(e.value)}.`,
  T2011: (e) => `The second part of a transform must give an object with the fields to set, but is ${describe(e.value)}; write { } there.`,
  T2012: (e) =>
    `The third part of a transform must give the names of fields to delete, but is ${describe(e.value)}; write for example ["price"].`,
  T2013: () => 'A transform copies its input with $clone, but that is not a function here; give your own variable another name.',
  D2014: (e) => `The range .. asks for ${limit(e)} numbers, but may have at most ten million; check its ends.`,
  D2015: (e) => `A list grew past ${limit(e)} items; filter earlier, or raise the limit.`,
  D3001: (e) => `The number ${limit(e)} cannot be turned into text; look for a division by zero or numbers that are too large.`,
  D3010: () => 'The second argument of $replace is an empty text; give the text or regular expression to look for.',
  D3011: (e) => `The fourth argument of $replace says how often to replace and cannot be ${describe(e.value)}; give zero or more.`,
  D3012: (e) => `The function given to $replace must answer a text, but answered ${describe(e.value)}; ${toText(e.value)}.`,
  D3020: (e) => `The third argument of $split says how many parts to keep and cannot be ${describe(e.value)}; give zero or more.`,
  D3030: (e) => `${describe(e.value)} cannot be read as a number; ${readable(e.value)}.`,
  D3040: (e) => `The third argument of $match says how many matches to find and cannot be ${describe(e.value)}; give zero or more.`,
  D3050: () => 'The function given to $reduce needs two parameters or more; write for example function($sum, $item){ $sum + $item }.',
  D3060: (e) => `The square root of ${describe(e.value)} is not a real number; use $abs() first, or check for values below zero.`,
  D3061: (e) => `${limit(e)} to the power of ${bare(e.exp)} is too large or not a real number; check both arguments of $power.`,
  D3070: () => 'Without a function, $sort orders only texts or only numbers; add for example function($a, $b){ $a.price > $b.price }.',
  D3080: (e) => `${picture(e)} has more than two parts; keep one for positive and one for negative numbers, with ; between them.`,
  D3081: (e) => `${picture(e)} has more than one decimal point; keep one.`,
  D3082: (e) => `${picture(e)} has more than one percent sign; keep one.`,
  D3083: (e) => `${picture(e)} has more than one per-mille sign; keep one.`,
  D3084: (e) => `${picture(e)} has both a percent and a per-mille sign; keep one of them.`,
  D3085: (e) => `${picture(e)} has no place for a digit; write for example #,##0.00.`,
  D3086: (e) => `${picture(e)} must have its digits in one run, with other characters only before or after; write for example #0.00 kg.`,
  D3087: (e) => `${picture(e)} has a thousands separator beside the decimal point; write for example #,##0.00.`,
  D3088: (e) => `${picture(e)} ends with a thousands separator; write for example #,##0.`,
  D3089: (e) => `${picture(e)} has two thousands separators side by side; keep one.`,
  D3090: (e) => `${picture(e)} has # after 0 before the decimal point; write # first, as in ##0.`,
  D3091: (e) => `${picture(e)} has 0 after # behind the decimal point; write 0 first, as in 0.0##.`,
  D3092: (e) => `${picture(e)} has both an exponent and a percent or per-mille sign; keep one of them.`,
  D3093: (e) => `${picture(e)} must have nothing but digits after the e; write for example 0.0e00.`,
  D3100: (e) => `$formatBase writes numbers to a base from 2 to 36, but was given ${limit(e)}; choose one of those.`,
  D3110: (e) =>
    `${describe(e.value)} is not a date such as 2026-01-31T12:00:00Z; give $toMillis the picture of its format, such as [D01].[M01].[Y0001].`,
  D3120: (e) => `The text given to $eval is not an expression. ${inner(e)}`,
  D3121: (e) => `The expression given to $eval failed. ${inner(e)}`,
  D3130: (e) => `Whole numbers cannot be written or read as ${quoted(bare(e.value))}; use a picture such as 0001, #,##0, I, a or w.`,
  D3131: (e) =>
    `The digits of the picture${typeof e.value === 'string' ? ` ${quoted(e.value)}` : ''} come from different scripts; use one kind, such as 0 to 9.`,
  D3132: (e) => `${quoted(bare(e.value))} is not a part of a date or time; use for example [Y0001], [M01], [D01], [H01], [m01] or [s01].`,
  D3133: (e) => `The date picture asks for ${quoted(bare(e.value))} as a name, but only months and days have names; leave out the N.`,
  D3134: () => 'The time zone in the date picture has more than four digits; write [Z0101] or [Z01:01].',
  D3135: (e) => `The date picture${typeof e.value === 'string' ? ` ${quoted(e.value)}` : ''} has a [ that is not closed; add ].`,
  D3136: () => 'The date picture lacks a part that is needed to make a time; add it, for example [M01] between year and day.',
  D3137: (e) => own(e, 'The expression stopped itself with $error(); give it a text that says why.'),
  D3138: () => '$single found more than one item that fits; make its condition narrower, or use $filter.',
  D3139: () => '$single found no item that fits; check its condition, or use $filter.',
  D3140: (e) =>
    `${describe(e.value)} cannot be used by ${e.functionName ? `$${e.functionName}` : named(e)}; look for % signs or characters that are cut off.`,
  D3141: (e) => own(e, 'A condition given to $assert does not hold; give it a second argument that says what was expected.'),
  U1001: (e) =>
    `The evaluation was stopped at its limit of ${limit(e)} (milliseconds, or levels of nesting); look for a loop or a recursion that never ends.`,
  M1001: (e) =>
    `The number ${limit(e)} has more digits than arithmetic keeps; copy it, compare it with =, or turn it into text with $string().`,
  M1002: (e) => `The expression took more than ${limit(e)} steps; look for a loop over too much data or one that never ends.`,
  M1003: (e) => `A text longer than ${limit(e)} characters was asked for; make it shorter, or raise the limit.`,
  M1004: (e) => `The result has more than ${limit(e)} values and characters; return less, or raise the limit.`,
  M1005: (e) =>
    `The regular expression ${regex(e.value)} could take endlessly long; avoid repeats inside repeats, look-around such as (?= and back-references.`,
  M1006: (e) => `The text given to a regular expression is longer than ${limit(e)} characters; cut it with $substring first.`,
  M1007: (e) =>
    `${named(e)} answers later, but an expression can only call functions that answer at once; fetch its answer in a step before.`,
  M1008: (e) =>
    `The regular expression is not valid: ${cut(e.text ?? 'it cannot be read', 80)}; check its brackets, and put \\ before special characters.`,
  M1009: (e) => `The expression made more than ${limit(e)} asynchronous calls; ask for many things in one call, or raise the limit.`,
  M1010: (e) =>
    `${named(e)} was called where ${quoted(bare(e.value))} had been called before; declare a function whose answers change as one with effects.`,
  M1011: (e) => `The picture has more than ${limit(e)} characters; write a shorter one, and add long texts around the result with &.`,
};

function toWhole(value: unknown): string {
  return typeof value === 'number' ? 'round it with $round() or $floor()' : toNumber(value);
}

function readable(value: unknown): string {
  return typeof value === 'string'
    ? 'leave only digits, a point and a sign, for example with $replace()'
    : toOne(value, 'a number', '$sum()');
}

/** The plain sentence for an error: what was met, what was expected, what to try. */
export function sentenceOf(error: ExpressionError): string {
  const words = sentences[error.code as Code] as Words | undefined;
  if (words === undefined) return ended(cut(error.message, 300));
  const sentence = words(error);
  const own = error.code === 'D3137' || error.code === 'D3141';
  return own ? sentence : sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
