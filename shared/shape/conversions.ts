import type { Kind, Shape } from './shape.ts';

/** A way to turn a value into another kind. */
export interface Conversion {
  id: string;
  /** A few words for a chip: "to number". */
  label: string;
  /** JSONata text with `x` in place of the value. */
  template: string;
  /** What to watch out for, one sentence. */
  caution: string;
  /** An input for `x` and the result, as JSON text. */
  example: { x: string; result: string };
}

/** All conversions that the mapper offers. */
export const conversions: readonly Conversion[] = [
  {
    id: 'toNumber',
    label: 'to number',
    template: '$number(x)',
    caution: 'An empty text or a decimal comma is an error.',
    example: { x: '"19.90"', result: '19.9' },
  },
  {
    id: 'commaToNumber',
    label: 'decimal comma to number',
    template: '$number($replace($replace(x, ".", ""), ",", "."))',
    caution: 'Every point is taken for a separator of thousands.',
    example: { x: '"1.234,50"', result: '1234.5' },
  },
  {
    id: 'toText',
    label: 'to text',
    template: '$string(x)',
    caution: 'A number is written as short as possible: 1.10 becomes "1.1".',
    example: { x: '42', result: '"42"' },
  },
  {
    id: 'toBoolean',
    label: 'to yes or no',
    template: '$lowercase($string(x)) in ["true", "yes", "y", "1", "ja", "j"]',
    caution: 'Every other value counts as no.',
    example: { x: '"Yes"', result: 'true' },
  },
  {
    id: 'numberToBoolean',
    label: 'to yes or no',
    template: 'x != 0',
    caution: 'Every number but 0 counts as yes.',
    example: { x: '1', result: 'true' },
  },
  {
    id: 'booleanToNumber',
    label: 'to 1 or 0',
    template: 'x ? 1 : 0',
    caution: 'A missing value becomes 0.',
    example: { x: 'true', result: '1' },
  },
  {
    id: 'toDate',
    label: 'date without time',
    template: '$substring(x, 0, 10)',
    caution: 'The day is the one in the time zone that the text is written in.',
    example: { x: '"2026-03-02T23:30:00Z"', result: '"2026-03-02"' },
  },
  {
    id: 'toDateTime',
    label: 'date with time',
    template: 'x & "T00:00:00Z"',
    caution: 'The time becomes midnight UTC.',
    example: { x: '"2026-03-02"', result: '"2026-03-02T00:00:00Z"' },
  },
  {
    id: 'toMillis',
    label: 'to milliseconds',
    template: '$toMillis(x)',
    caution: 'The text must be an ISO date; without a zone it counts as UTC.',
    example: { x: '"2026-03-02"', result: '1772409600000' },
  },
  {
    id: 'fromMillis',
    label: 'to ISO date',
    template: '$fromMillis(x)',
    caution: 'The number must be milliseconds since 1970, not seconds.',
    example: { x: '1772409600000', result: '"2026-03-02T00:00:00.000Z"' },
  },
  {
    id: 'germanDate',
    label: 'DD.MM.YYYY to ISO date',
    template: '$fromMillis($toMillis(x, "[D1].[M1].[Y0001]"), "[Y0001]-[M01]-[D01]")',
    caution: 'A text of another form is an error.',
    example: { x: '"2.3.2026"', result: '"2026-03-02"' },
  },
  { id: 'wrap', label: 'to list', template: '[x]', caution: 'A missing value becomes an empty list.', example: { x: '5', result: '[5]' } },
  {
    id: 'first',
    label: 'first of the list',
    template: '(x)[0]',
    caution: 'The other items are left out.',
    example: { x: '[1, 2]', result: '1' },
  },
  {
    id: 'join',
    label: 'list to text',
    template: '$join($map(x, $string), ", ")',
    caution: 'The items cannot be told apart again when one holds a comma.',
    example: { x: '[1, 2]', result: '"1, 2"' },
  },
  {
    id: 'split',
    label: 'text to list',
    template: '$map($split(x, ","), $trim)[]',
    caution: 'An empty text gives a list with one empty text.',
    example: { x: '"a, b"', result: '["a","b"]' },
  },
  {
    id: 'toJson',
    label: 'to JSON text',
    template: '$string(x)',
    caution: 'The receiver must read JSON inside a text.',
    example: { x: '{"a": 1}', result: '"{\\"a\\":1}"' },
  },
];

const byId = new Map(conversions.map((conversion) => [conversion.id, conversion]));

/** The conversion of an id, or undefined. */
export function conversionOf(id: string): Conversion | undefined {
  return byId.get(id);
}

/** The expression of a conversion applied to an expression. The argument is put in parentheses unless it is a path or a call. */
export function convert(id: string, expression: string): string {
  const template = byId.get(id)?.template ?? 'x';
  const simple = /^[\w$.`]+$/.test(expression);
  return template.replaceAll(/\bx\b(?=\W|$)/g, () => (simple ? expression : `(${expression})`));
}

/** How a value of one place gets into another: `undefined` when it fits as it is, `impossible` when no conversion is sensible. */
export function conversionBetween(source: Shape, target: Shape): Conversion | 'impossible' | undefined {
  const id = idBetween(source, target);
  return id === undefined || id === 'impossible' ? id : byId.get(id);
}

function idBetween(source: Shape, target: Shape): string | undefined {
  const from = source.kinds.filter((kind) => kind !== 'null');
  const to = target.kinds.filter((kind) => kind !== 'null');
  if (from.length === 0 || to.length === 0) return undefined;
  if (from.every((kind) => to.includes(kind))) return from.length === 1 && from[0] === 'text' ? dates(source, target) : undefined;
  // Of several kinds the first that does not fit decides.
  const odd = from.find((kind) => !to.includes(kind));
  return odd === undefined ? undefined : between(odd, to[0] ?? 'text', source, target);
}

function dates(source: Shape, target: Shape): string | undefined {
  const wanted = target.facts?.looks ?? [];
  const given = source.facts?.looks ?? [];
  const german = given.includes('date') && source.examples?.some((example) => /^\d{1,2}\./.test(example));
  if (wanted.includes('date')) return given.includes('date-time') ? 'toDate' : german ? 'germanDate' : undefined;
  return wanted.includes('date-time') && given.includes('date') && !german ? 'toDateTime' : undefined;
}

function between(from: Kind, to: Kind, source: Shape, target: Shape): string {
  const looks = source.facts?.looks ?? [];
  const pair = `${from} ${to}`;
  if (pair === 'text number') {
    if (looks.includes('date') || looks.includes('date-time')) return 'toMillis';
    if (looks.includes('number') || source.examples === undefined) return 'toNumber';
    return source.examples.every((example) => /^-?[\d.]*,\d+$/.test(example)) ? 'commaToNumber' : 'impossible';
  }
  if (pair === 'number text') {
    const wanted = target.facts?.looks ?? [];
    if (wanted.includes('date') || wanted.includes('date-time')) return 'fromMillis';
    return wanted.some((look) => look === 'email' || look === 'url' || look === 'uuid') ? 'impossible' : 'toText';
  }
  const table: Readonly<Record<string, string>> = {
    'boolean text': 'toText',
    'boolean number': 'booleanToNumber',
    'text boolean': 'toBoolean',
    'number boolean': 'numberToBoolean',
    'list text': source.item?.kinds.includes('object') ? 'toJson' : 'join',
    'object text': 'toJson',
    'text list': 'wrap',
    'number list': 'wrap',
    'boolean list': 'wrap',
    'object list': 'wrap',
    'list object': 'first',
    'list number': 'first',
    'list boolean': 'first',
  };
  return table[pair] ?? 'impossible';
}
