import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';

/** Completion for JSONata: functions after `$`, and the fields that the newest sample has at the dotted path. */

const functions: Record<string, string> = {
  abs: 'number',
  append: 'list, list',
  assert: 'condition, message',
  average: 'numbers',
  base64decode: 'text',
  base64encode: 'text',
  boolean: 'value',
  ceil: 'number',
  contains: 'text, part',
  count: 'list',
  decodeUrl: 'text',
  decodeUrlComponent: 'text',
  distinct: 'list',
  each: 'object, function',
  encodeUrl: 'text',
  encodeUrlComponent: 'text',
  error: 'message',
  eval: 'text',
  exists: 'value',
  filter: 'list, function',
  floor: 'number',
  formatBase: 'number, radix',
  formatInteger: 'number, picture',
  formatNumber: 'number, picture',
  fromMillis: 'ms, picture',
  join: 'texts, separator',
  keys: 'object',
  length: 'text',
  lookup: 'object, key',
  lowercase: 'text',
  map: 'list, function',
  match: 'text, pattern',
  max: 'numbers',
  merge: 'objects',
  millis: '',
  min: 'numbers',
  not: 'value',
  now: '',
  number: 'value',
  pad: 'text, width',
  parseInteger: 'text, picture',
  power: 'base, exponent',
  random: '',
  reduce: 'list, function',
  replace: 'text, pattern, by',
  reverse: 'list',
  round: 'number, digits',
  shuffle: 'list',
  sift: 'object, function',
  single: 'list, function',
  sort: 'list, function',
  split: 'text, separator',
  spread: 'object',
  sqrt: 'number',
  string: 'value',
  substring: 'text, start, length',
  substringAfter: 'text, part',
  substringBefore: 'text, part',
  sum: 'numbers',
  toMillis: 'text, picture',
  trim: 'text',
  type: 'value',
  uppercase: 'text',
  zip: 'lists',
};

const functionOptions: Completion[] = Object.entries(functions).map(([name, takes]) => ({
  label: `$${name}`,
  detail: `(${takes})`,
  type: 'function',
  apply: `$${name}(`,
}));

/** Fields at a dotted path of a sample: lists are looked into at their first item. Keys that need it come in backquotes. */
export function fieldsAt(sample: unknown, path: readonly string[]): { name: string; kind: string; apply: string }[] {
  let here = firstOf(sample);
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return [];
    here = firstOf((here as Record<string, unknown>)[step]);
  }
  if (typeof here !== 'object' || here === null) return [];
  return Object.entries(here).map(([name, value]) => ({ name, kind: kindOf(value), apply: isPlain(name) ? name : `\`${name}\`` }));
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? firstOf(value[0]) : value;
}

function isPlain(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name) && !['and', 'or', 'in', 'true', 'false', 'null', 'function'].includes(name);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'object';
  return typeof value === 'string' ? 'text' : typeof value;
}

/** A completion source; `sample` gives the newest sample when it is asked. */
export function completeFrom(sample: () => unknown): (context: CompletionContext) => CompletionResult | null {
  return (context) => {
    const call = context.matchBefore(/\$\w*/);
    if (call) return { from: call.from, options: functionOptions, validFor: /^\$\w*$/ };
    const path = context.matchBefore(/(?:(?:`[^`]*`|[A-Za-z_]\w*)\.)*(?:`[^`]*|[A-Za-z_]\w*)?/);
    if (!path || (path.from === path.to && !context.explicit)) return null;
    const steps = path.text.split('.');
    const last = steps.pop() ?? '';
    const options = fieldsAt(
      sample(),
      steps.map((step) => step.replaceAll('`', '')),
    ).map((field): Completion => ({ label: field.name, detail: field.kind, type: 'property', apply: field.apply }));
    return options.length === 0 ? null : { from: context.pos - last.length, options };
  };
}
