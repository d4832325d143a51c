import { describe } from './describe.ts';
import { sentenceOf } from './sentence.ts';
import { subExpression } from './syntax/sub-expression.ts';

/** What the package's catalogue says for each code; `{{x}}` is a field as JSON, `<<x>>` the field as text. */
export const catalogue = {
  S0101: 'String literal must be terminated by a matching quote',
  S0102: 'Number out of range: {{token}}',
  S0103: 'Unsupported escape sequence: \\{{token}}',
  S0104: 'The escape sequence \\u must be followed by 4 hex digits',
  S0105: 'Quoted property name must be terminated with a backquote (`)',
  S0106: 'Comment has no closing tag',
  S0201: 'Syntax error: {{token}}',
  S0202: 'Expected {{value}}, got {{token}}',
  S0203: 'Expected {{value}} before end of expression',
  S0204: 'Unknown operator: {{token}}',
  S0205: 'Unexpected token: {{token}}',
  S0206: 'Unknown expression type: {{token}}',
  S0207: 'Unexpected end of expression',
  S0208: 'Parameter {{value}} of function definition must be a variable name (start with $)',
  S0209: 'A predicate cannot follow a grouping expression in a step',
  S0210: 'Each step can only have one grouping expression',
  S0211: 'The symbol {{token}} cannot be used as a unary operator',
  S0212: 'The left side of := must be a variable name (start with $)',
  S0213: 'The literal value {{value}} cannot be used as a step within a path expression',
  S0214: 'The right side of {{token}} must be a variable name (start with $)',
  S0215: 'A context variable binding must precede any predicates on a step',
  S0216: "A context variable binding must precede the 'order-by' clause on a step",
  S0217: "The object representing the 'parent' cannot be derived from this expression",
  S0301: 'Empty regular expressions are not allowed',
  S0302: 'No terminating / in regular expression',
  S0401: 'Type parameters can only be applied to functions and arrays',
  S0402: 'Choice groups containing parameterized types are not supported',
  S0500: 'Attempted to evaluate an expression containing syntax error(s)',
  T0410: 'Argument {{index}} of function {{token}} does not match function signature',
  T0411: 'Context value is not a compatible type with argument {{index}} of function {{token}}',
  T0412: 'Argument {{index}} of function {{token}} must be an array of {{type}}',
  D1001: 'Number out of range: {{value}}',
  D1002: 'Cannot negate a non-numeric value: {{value}}',
  T1003: 'Key in object structure must evaluate to a string; got: {{value}}',
  D1004: 'Regular expression matches zero length string',
  T1005: 'Attempted to invoke a non-function. Did you mean $<<token>>?',
  T1006: 'Attempted to invoke a non-function',
  T1007: 'Attempted to partially apply a non-function. Did you mean $<<token>>?',
  T1008: 'Attempted to partially apply a non-function',
  D1009: 'Multiple key definitions evaluate to same key: {{value}}',
  T1010: 'The matcher function argument passed to function {{token}} does not return the correct object structure',
  D1011: 'Stack overflow. Check for non-terminating recursive function.  Consider rewriting as tail-recursive',
  D1012: 'Evaluation timeout after {{value}} milliseconds. Check for infinite loop',
  D1013: 'Object property names starting with _jsonata_ are reserved for internal use: {{value}}',
  T2001: 'The left side of the {{token}} operator must evaluate to a number',
  T2002: 'The right side of the {{token}} operator must evaluate to a number',
  T2003: 'The left side of the range operator (..) must evaluate to an integer',
  T2004: 'The right side of the range operator (..) must evaluate to an integer',
  T2006: 'The right side of the function application operator ~> must be a function',
  T2007: 'Type mismatch when comparing values {{value}} and {{value2}} in order-by clause',
  T2008: 'The expressions within an order-by clause must evaluate to numeric or string values',
  T2009: 'The values {{value}} and {{value2}} either side of operator {{token}} must be of the same data type',
  T2010: 'The expressions either side of operator {{token}} must evaluate to numeric or string values',
  T2011: 'The insert/update clause of the transform expression must evaluate to an object: {{value}}',
  T2012: 'The delete clause of the transform expression must evaluate to a string or array of strings: {{value}}',
  T2013:
    'The transform expression clones the input object using the $clone() function.  This has been overridden in the current scope by a non-function.',
  D2014: 'The size of the sequence allocated by the range operator (..) must not exceed 1e7.  Attempted to allocate {{value}}.',
  D2015: 'The maximum sequence length of {{value}} was exceeded.',
  D3001: 'Attempting to invoke string function on Infinity or NaN',
  D3010: 'Second argument of replace function cannot be an empty string',
  D3011: 'Fourth argument of replace function must evaluate to a positive number',
  D3012: 'Attempted to replace a matched string with a non-string value',
  D3020: 'Third argument of split function must evaluate to a positive number',
  D3030: 'Unable to cast value to a number: {{value}}',
  D3040: 'Third argument of match function must evaluate to a positive number',
  D3050: 'The second argument of reduce function must be a function with at least two arguments',
  D3060: 'The sqrt function cannot be applied to a negative number: {{value}}',
  D3061: 'The power function has resulted in a value that cannot be represented as a JSON number: base={{value}}, exponent={{exp}}',
  D3070:
    'The single argument form of the sort function can only be applied to an array of strings or an array of numbers.  Use the second argument to specify a comparison function',
  D3080: 'The picture string must only contain a maximum of two sub-pictures',
  D3081: "The sub-picture must not contain more than one instance of the 'decimal-separator' character",
  D3082: "The sub-picture must not contain more than one instance of the 'percent' character",
  D3083: "The sub-picture must not contain more than one instance of the 'per-mille' character",
  D3084: "The sub-picture must not contain both a 'percent' and a 'per-mille' character",
  D3085:
    "The mantissa part of a sub-picture must contain at least one character that is either an 'optional digit character' or a member of the 'decimal digit family'",
  D3086:
    'The sub-picture must not contain a passive character that is preceded by an active character and that is followed by another active character',
  D3087: "The sub-picture must not contain a 'grouping-separator' character that appears adjacent to a 'decimal-separator' character",
  D3088: "The sub-picture must not contain a 'grouping-separator' at the end of the integer part",
  D3089: "The sub-picture must not contain two adjacent instances of the 'grouping-separator' character",
  D3090:
    "The integer part of the sub-picture must not contain a member of the 'decimal digit family' that is followed by an instance of the 'optional digit character'",
  D3091:
    "The fractional part of the sub-picture must not contain an instance of the 'optional digit character' that is followed by a member of the 'decimal digit family'",
  D3092: "A sub-picture that contains a 'percent' or 'per-mille' character must not contain a character treated as an 'exponent-separator'",
  D3093: "The exponent part of the sub-picture must comprise only of one or more characters that are members of the 'decimal digit family'",
  D3100: 'The radix of the formatBase function must be between 2 and 36.  It was given {{value}}',
  D3110: 'The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given {{value}}',
  D3120: 'Syntax error in expression passed to function eval: {{value}}',
  D3121: 'Dynamic error evaluating the expression passed to function eval: {{value}}',
  D3130: 'Formatting or parsing an integer as a sequence starting with {{value}} is not supported by this implementation',
  D3131: 'In a decimal digit pattern, all digits must be from the same decimal group',
  D3132: 'Unknown component specifier {{value}} in date/time picture string',
  D3133: "The 'name' modifier can only be applied to months and days in the date/time picture string, not {{value}}",
  D3134: 'The timezone integer format specifier cannot have more than four digits',
  D3135: "No matching closing bracket ']' in date/time picture string",
  D3136: 'The date/time picture string is missing specifiers required to parse the timestamp',
  D3137: '<<text>>',
  D3138: 'The $single() function expected exactly 1 matching result.  Instead it matched more.',
  D3139: 'The $single() function expected exactly 1 matching result.  Instead it matched 0.',
  D3140: 'Malformed URL passed to $<<functionName>>(): {{value}}',
  D3141: '<<text>>',
  U1001: 'The evaluation went past its limit of {{value}}. Check for an infinite loop or a recursion that never ends',
  M1001: 'The number <<value>> has more digits than arithmetic keeps. Copy it, compare it with =, or turn it into text',
  M1002: 'The expression took more than {{value}} steps',
  M1003: 'A text longer than {{value}} characters was asked for',
  M1004: 'The result has more than {{value}} values and characters',
  M1005: 'The regular expression {{value}} could take endlessly long, and its features need the engine that cannot be bounded',
  M1006: 'The text given to a regular expression is longer than {{value}} characters',
  M1007: 'The function {{token}} is asynchronous; an expression can only call functions that answer at once',
  M1008: 'The regular expression is not valid: <<text>>',
  M1009: 'The expression made more than {{value}} asynchronous calls',
  M1010: 'The function {{token}} was called where another one was called before',
  M1011: 'The picture has more than {{value}} characters',
} satisfies Record<string, string>;

/** A code of the catalogue. */
export type Code = keyof typeof catalogue;

/** The fields of an expression error beside its code. */
export interface ErrorDetail {
  /** Offset just after the token at fault, in UTF-16 units from the start of the expression. */
  position?: number;
  /** The operator, function name or symbol at fault. */
  token?: string;
  /** The value that was met. */
  value?: unknown;
  value2?: unknown;
  /** Which argument, counted from 1. */
  index?: number;
  /** The type that an array's items should have (T0412). */
  type?: string;
  /** What the argument should be, as signatures write it; empty for an argument too many (T0410, T0411). */
  expected?: string;
  exp?: unknown;
  functionName?: string;
  offset?: number;
  /** Text supplied by the expression itself ($error, $assert). */
  text?: string;
  /** The error inside, for $eval. */
  error?: unknown;
}

/**
 * A problem of an expression, found while parsing (codes S…) or while evaluating (T…, D…, U…; M… are our own).
 * `message` is the catalogue text of the language; `sentence` says the same in plain words with what to try.
 */
export class ExpressionError extends Error {
  readonly code: string;
  declare position?: number;
  declare token?: string;
  declare value?: unknown;
  declare value2?: unknown;
  declare index?: number;
  declare type?: string;
  declare expected?: string;
  declare exp?: unknown;
  declare functionName?: string;
  declare offset?: number;
  declare text?: string;
  declare error?: unknown;
  #source: string | undefined;
  constructor(code: string, detail: ErrorDetail = {}) {
    super(code);
    this.name = 'ExpressionError';
    this.code = code;
    Object.assign(this, detail);
    // Worked out when read: position and token are often added on the way up.
    Object.defineProperty(this, 'message', { get: () => messageOf(this), enumerable: true, configurable: true });
  }
  /** Says in which expression's text the position counts. */
  of(source: string): this {
    this.#source = source;
    return this;
  }
  /** The text in which the position counts, once the error has left an evaluation. */
  get source(): string | undefined {
    return this.#source;
  }
  /** The part of the text that the error is about; worked out when read. Nothing where the error has no place. */
  get expression(): string | undefined {
    if (this.#source === undefined || this.position === undefined) return undefined;
    return subExpression(this.#source, this.position);
  }
  /** One plain sentence: what was met, what was expected, what to try. */
  get sentence(): string {
    return sentenceOf(this);
  }
}

function messageOf(error: ExpressionError): string {
  const fields = error as unknown as Record<string, unknown>;
  const template = (catalogue as Record<string, string>)[error.code];
  if (template === undefined) return error.text ?? error.code;
  return template
    .replace(/<<([^>]+)>>/g, (_, name: string) => String(fields[name]))
    .replace(/\{\{([^}]+)\}\}/g, (_, name: string) => show(fields[name]));
}

/** Values and characters of a value that a message shows. */
const shown = 100_000;

/** A value as JSON for a message; what is too large for one, or what JSON cannot write, in words. */
export function show(value: unknown): string {
  let left = shown;
  const count = (_key: string, item: unknown): unknown => {
    left -= typeof item === 'string' ? item.length : 1;
    if (left < 0) throw new RangeError('too large for a message');
    return item;
  };
  try {
    return JSON.stringify(value, count) ?? String(value);
  } catch {
    return typeof value === 'object' || typeof value === 'string' ? describe(value) : String(value);
  }
}
