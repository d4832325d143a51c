import type { ExpressionError } from './error.ts';

/** A value in a few words: its kind and, where short, the value itself. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return value.length > 40 ? `the text "${value.slice(0, 40)}…"` : `the text "${value}"`;
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return 'an object';
}

const hints: Record<string, (error: ExpressionError) => string> = {
  S0101: () => 'A text is opened with a quote but never closed; add the closing quote.',
  S0105: () => 'A quoted name is opened with ` but never closed; add the closing `.',
  S0106: () => 'A comment is opened with /* but never closed; add */.',
  S0201: (e) => `${e.token ?? 'This'} was not expected here; is an operator, a comma or a bracket missing before it?`,
  S0202: (e) => `Expected ${String(e.value)} but found ${e.token ?? 'something else'}; add ${String(e.value)} before it.`,
  S0203: (e) => `The expression ends where ${String(e.value)} was expected; close what is still open.`,
  S0204: (e) => `${e.token ?? 'This'} is not an operator of JSONata.`,
  S0207: () => 'The expression ends too early; something is missing after its last part.',
  S0211: (e) => `${e.token ?? 'This'} needs a value on its left side.`,
  S0212: () => 'Only a variable such as $total can stand left of :=.',
  S0213: (e) => `${describe(e.value)} cannot be a step of a path; to name a field, put it in \`backquotes\`.`,
  S0217: () => 'There is no parent that % could refer to here; use % inside a path, below the object that you need.',
  S0301: () => 'The regular expression is empty; write a pattern between the slashes.',
  S0302: () => 'The regular expression is opened with / but never closed; add the closing /.',
  T0410: (e) =>
    `Argument ${e.index ?? ''} of $${e.token ?? 'the function'} is ${describe(e.value)}, which it cannot take; convert or check it first.`,
  T0411: (e) =>
    `$${e.token ?? 'The function'} was called without argument ${e.index ?? ''} and the current value, ${describe(e.value)}, does not fit; pass the argument.`,
  T0412: (e) =>
    `Argument ${e.index ?? ''} of $${e.token ?? 'the function'} must hold only ${e.type ?? 'one type'}; it is ${describe(e.value)}. Convert the items first.`,
  D1001: (e) => `The number ${String(e.value)} is out of range; look for a division by zero.`,
  D1002: (e) => `A minus sign needs a number, but found ${describe(e.value)}; convert it with $number().`,
  T1003: (e) => `A field name must be text, but found ${describe(e.value)}; convert it with $string().`,
  D1004: () => 'The regular expression matches an empty text and would never move on; make it match at least one character.',
  T1005: (e) => `${e.token ?? 'This'} is not a function; did you mean $${e.token ?? 'name'}()?`,
  T1006: (e) => (e.token ? `$${e.token} is not a function; check its name.` : 'What is called here is not a function.'),
  T1007: (e) => `${e.token ?? 'This'} is not a function; did you mean $${e.token ?? 'name'}?`,
  T1008: () => 'Only a function can be partially applied with ?; check its name.',
  D1009: (e) => `The field name ${describe(e.value)} is made by two entries of the same object; make the names differ.`,
  D1011: () => 'The functions call each other too deep; check that the recursion ends.',
  T2001: (e) => `The left side of ${e.token ?? 'the operator'} must be a number, but is ${describe(e.value)}; convert it with $number().`,
  T2002: (e) => `The right side of ${e.token ?? 'the operator'} must be a number, but is ${describe(e.value)}; convert it with $number().`,
  T2003: (e) => `The left side of .. must be a whole number, but is ${describe(e.value)}.`,
  T2004: (e) => `The right side of .. must be a whole number, but is ${describe(e.value)}.`,
  T2006: (e) => `The right side of ~> must be a function, but is ${describe(e.value)}.`,
  T2007: (e) => `Sorting compares ${describe(e.value)} with ${describe(e.value2)}; make the sort key one type with $string() or $number().`,
  T2008: (e) => `A sort key must be a number or text, but is ${describe(e.value)}.`,
  T2009: (e) =>
    `${e.token ?? 'The operator'} compares ${describe(e.value)} with ${describe(e.value2)}; convert one so that both have the same type.`,
  T2010: (e) => `${e.token ?? 'The operator'} compares numbers or texts, but found ${describe(e.value)}.`,
  D2014: () => 'The range .. asks for more than ten million numbers; make it smaller.',
  D2015: (e) => `A list grew past ${String(e.value)} items; filter earlier or raise the limit.`,
  D3030: (e) => `${describe(e.value)} cannot be read as a number; remove what is not a digit first.`,
  D3050: () => 'The function given to $reduce needs at least two parameters, such as function($sum, $item){ … }.',
  D3070: () => '$sort without a comparison sorts only texts or only numbers; give it function($a, $b){ $a.x > $b.x }.',
  D3110: (e) => `${describe(e.value)} is not a date of the form 2026-01-31T12:00:00Z; give $toMillis the picture of its format.`,
  D3136: () => 'The date picture lacks a part that is needed to make a time; add it, for example [M01] between year and day.',
  D3138: () => '$single found more than one match; narrow the condition.',
  D3139: () => '$single found no match; check the condition.',
  U1001: (e) => `The evaluation was stopped at its limit of ${String(e.value)}; look for a loop that never ends.`,
  M1001: (e) =>
    `The number ${String(e.value)} has more digits than arithmetic keeps; copy it, compare it with =, or turn it into text with $string().`,
  M1002: (e) => `The expression took more than ${String(e.value)} steps; look for a loop over too much data or one that never ends.`,
  M1003: (e) => `A text longer than ${String(e.value)} characters was asked for; make it shorter or raise the limit.`,
  M1004: (e) => `The result has more than ${String(e.value)} values and characters; return less or raise the limit.`,
  M1005: (e) =>
    `The regular expression ${String(e.value)} could run endlessly and uses a feature that the safe engine lacks; avoid repeats inside repeats, look-around and back-references.`,
  M1006: (e) => `The text given to a regular expression is longer than ${String(e.value)} characters; cut it with $substring first.`,
};

/** The plain sentence for an error; codes without one of their own use the catalogue's message. */
export function sentenceOf(error: ExpressionError): string {
  const hint = hints[error.code];
  if (hint) return hint(error);
  return error.message.endsWith('.') ? error.message : `${error.message}.`;
}
