import type { Chip } from '#shared/mapping/chip.ts';
import { literalCode } from '#shared/mapping/code.ts';
import { besideOperator, codeIn, codeProblem, numberProblem, readValue, type Value, valueIn, valueProblem } from './value.ts';

/** A condition as a person builds it. */
export type Condition =
  | { kind: 'test'; subject: Value; operator: Operator; value: Value; among: Among }
  /** All of the parts must hold, or one of them. */
  | { kind: 'group'; all: boolean; parts: Condition[] }
  /** What the builder cannot show. */
  | { kind: 'code'; code: string };

/** The values of "is one of". */
export interface Among {
  type: 'text' | 'number';
  values: string[];
}

/** The operators in words, in the order in which they are offered. `takes` says what stands on their right. */
export const operators = {
  is: { words: 'is', takes: 'value' },
  isNot: { words: 'is not', takes: 'value' },
  greater: { words: 'is greater than', takes: 'value' },
  atLeast: { words: 'is at least', takes: 'value' },
  less: { words: 'is less than', takes: 'value' },
  atMost: { words: 'is at most', takes: 'value' },
  oneOf: { words: 'is one of', takes: 'values' },
  noneOf: { words: 'is none of', takes: 'values' },
  contains: { words: 'contains', takes: 'value' },
  containsNot: { words: 'does not contain', takes: 'value' },
  begins: { words: 'begins with', takes: 'text' },
  ends: { words: 'ends with', takes: 'text' },
  hasValue: { words: 'has a value', takes: 'nothing' },
  hasNone: { words: 'is missing or null', takes: 'nothing' },
  exists: { words: 'is there (also null)', takes: 'nothing' },
  missing: { words: 'is missing', takes: 'nothing' },
  filled: { words: 'is not empty, 0 or no', takes: 'nothing' },
  blank: { words: 'is missing, empty, 0 or no', takes: 'nothing' },
  denied: { words: 'is there, but empty, 0 or no', takes: 'nothing' },
} as const;

export type Operator = keyof typeof operators;

const signs: Readonly<Record<string, Operator>> = {
  '=': 'is',
  '!=': 'isNot',
  '>': 'greater',
  '>=': 'atLeast',
  '<': 'less',
  '<=': 'atMost',
};
const signOf = new Map(Object.entries(signs).map(([sign, operator]) => [operator, sign]));

/** A test that nobody has filled in yet. */
export function emptyTest(subject: Value = { kind: 'field', code: '' }): Extract<Condition, { kind: 'test' }> {
  return { kind: 'test', subject, operator: 'is', value: { kind: 'text', text: '' }, among: { type: 'text', values: [] } };
}

/** Reads the chip of a condition. */
export function conditionOf(chip: Chip, text: string): Condition {
  return read(chip, text) ?? { kind: 'code', code: text.slice(chip.start, chip.end) };
}

function read(chip: Chip, text: string): Condition | undefined {
  switch (chip.kind) {
    case 'logic':
      return { kind: 'group', all: chip.operator === 'and', parts: chip.parts.map((part) => conditionOf(part, text)) };
    case 'operation': {
      const subject = readValue(chip.left, text);
      if (chip.operator === 'in') return amongOf(chip.right, subject, 'oneOf');
      const operator = signs[chip.operator];
      if (operator === undefined) return undefined;
      if (chip.operator === '!=' && chip.right.kind === 'literal' && chip.right.value === null)
        return { ...emptyTest(subject), operator: 'hasValue' };
      return { ...emptyTest(subject), operator, value: readValue(chip.right, text) };
    }
    case 'pipeline':
      return called(chip, text);
    case 'path':
      return { ...emptyTest(readValue(chip, text)), operator: 'filled' };
    default:
      return undefined;
  }
}

function called(chip: Extract<Chip, { kind: 'pipeline' }>, text: string): Condition | undefined {
  const [first, second, third] = chip.stages;
  if (chip.input === undefined || first === undefined || third !== undefined) return undefined;
  const not = second?.name === 'not';
  if (second !== undefined && !not) return undefined;
  const [argument, more] = first.arguments;
  if (first.name === 'exists' && argument === undefined) {
    return { ...emptyTest(readValue(chip.input, text)), operator: not ? 'missing' : 'exists' };
  }
  if (first.name === 'contains' && argument !== undefined && more === undefined) {
    const subject = readValue(chip.input, text);
    if (argument.kind !== 'pattern')
      return { ...emptyTest(subject), operator: not ? 'containsNot' : 'contains', value: readValue(argument, text) };
    const edge = not || argument.flags !== '' ? undefined : edgeOf(argument.pattern);
    return edge && { ...emptyTest(subject), operator: edge.operator, value: { kind: 'text', text: edge.text } };
  }
  if (first.name !== 'not' || second !== undefined || argument !== undefined) return undefined;
  const inner = chip.input;
  if (inner.kind === 'path') return { ...emptyTest(readValue(inner, text)), operator: 'denied' };
  if (inner.kind === 'default' && inner.mode === 'empty' && text.slice(inner.fallback.start, inner.fallback.end) === 'false')
    return { ...emptyTest(readValue(inner.value, text)), operator: 'blank' };
  if (inner.kind !== 'operation') return undefined;
  if (inner.operator === 'in') return amongOf(inner.right, readValue(inner.left, text), 'noneOf');
  const againstNull = inner.operator === '!=' && inner.right.kind === 'literal' && inner.right.value === null;
  return againstNull ? { ...emptyTest(readValue(inner.left, text)), operator: 'hasNone' } : undefined;
}

function amongOf(right: Chip, subject: Value, operator: 'oneOf' | 'noneOf'): Condition | undefined {
  if (right.kind !== 'literal' || !Array.isArray(right.value)) return undefined;
  const values: unknown[] = right.value;
  const texts = values.every((value) => typeof value === 'string');
  if (!texts && !values.every((value) => typeof value === 'number')) return undefined;
  return { ...emptyTest(subject), operator, among: { type: texts ? 'text' : 'number', values: values.map(String) } };
}

const special = /[\\^$.*+?()[\]{}|/]/g;
const escaped = (text: string): string => text.replaceAll(special, String.raw`\$&`);

/** The text that a pattern such as `^abc` wants at an end. */
function edgeOf(pattern: string): { operator: 'begins' | 'ends'; text: string } | undefined {
  const begins = pattern.startsWith('^');
  const middle = begins ? pattern.slice(1) : pattern.endsWith('$') ? pattern.slice(0, -1) : undefined;
  if (middle === undefined) return undefined;
  const text = middle.replaceAll(/\\([\\^$.*+?()[\]{}|/])/g, '$1');
  return escaped(text) === middle ? { operator: begins ? 'begins' : 'ends', text } : undefined;
}

/** The code of a condition. Of one that has a problem it may be no expression. */
export function conditionCode(condition: Condition): string {
  switch (condition.kind) {
    case 'code':
      return condition.code.trim();
    case 'group': {
      const [only] = condition.parts;
      if (only !== undefined && condition.parts.length === 1) return conditionCode(only);
      const parts = condition.parts.map((part) =>
        part.kind === 'test' && bindsTighter(part) ? conditionCode(part) : codeIn(conditionCode(part), 'operand'),
      );
      return parts.join(condition.all ? ' and ' : ' or ');
    }
    case 'test':
      return testCode(condition);
  }
}

/** Comparisons need no brackets among `and` and `or`. */
const bindsTighter = ({ operator }: Extract<Condition, { kind: 'test' }>): boolean =>
  signOf.has(operator) || operator === 'oneOf' || operator === 'hasValue';

function testCode({ subject, operator, value, among }: Extract<Condition, { kind: 'test' }>): string {
  const left = besideOperator(subject, '=', 'left');
  const inner = valueIn(subject, 'free');
  const list = `[${among.values.map((one) => (among.type === 'text' ? literalCode(one) : one.trim())).join(', ')}]`;
  const plain = value.kind === 'text' ? value.text : '';
  switch (operator) {
    case 'oneOf':
      return `${left} in ${list}`;
    case 'noneOf':
      return `$not(${left} in ${list})`;
    case 'contains':
      return `$contains(${inner}, ${valueIn(value, 'free')})`;
    case 'containsNot':
      return `$not($contains(${inner}, ${valueIn(value, 'free')}))`;
    case 'begins':
      return `$contains(${inner}, /^${escaped(plain)}/)`;
    case 'ends':
      return `$contains(${inner}, /${escaped(plain)}$/)`;
    case 'hasValue':
      return `${left} != null`;
    case 'hasNone':
      return `$not(${left} != null)`;
    case 'exists':
      return `$exists(${inner})`;
    case 'missing':
      return `$not($exists(${inner}))`;
    case 'filled':
      return subject.kind === 'field' ? inner : `$boolean(${inner})`;
    case 'blank':
      // Of a missing value the language's "not" makes nothing.
      return `$not(${left} ?: false)`;
    case 'denied':
      return `$not(${inner})`;
    default:
      return `${left} ${signOf.get(operator) ?? '='} ${besideOperator(value, '=', 'right')}`;
  }
}

/** What is still wrong with a condition, as one sentence; nothing where it can be used. */
export function conditionProblem(condition: Condition): string | undefined {
  switch (condition.kind) {
    case 'code':
      return codeProblem(condition.code);
    case 'group':
      if (condition.parts.length === 0) return 'Add a condition.';
      return condition.parts.map(conditionProblem).find((one) => one !== undefined);
    case 'test':
      return testProblem(condition);
  }
}

/** What is still wrong with one line of the builder. */
export function testProblem({ subject, operator, value, among }: Extract<Condition, { kind: 'test' }>): string | undefined {
  const left = valueProblem(subject);
  if (left !== undefined) return left;
  const { takes } = operators[operator];
  if (takes === 'nothing') return undefined;
  if (takes === 'values') {
    if (among.values.length === 0) return 'Write at least one value.';
    return among.type === 'number' ? among.values.map(numberProblem).find((one) => one !== undefined) : undefined;
  }
  if (takes === 'text') return value.kind === 'text' && value.text !== '' ? undefined : 'Write the text to look for.';
  return valueProblem(value);
}
