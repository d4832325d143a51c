import { parseJson } from '#shared/json.ts';
import { type Chip, isPlainPath } from '#shared/mapping/chip.ts';
import { literalCode } from '#shared/mapping/code.ts';
import { codeFor, fragmentOf, type Place } from '#shared/mapping/edit/fragment.ts';

/** One value as a person builds it: a field, a fixed value of a type, or a formula. All of it can be half done. */
export type Value =
  | { kind: 'field'; code: string }
  | { kind: 'text'; text: string }
  /** As it was typed. */
  | { kind: 'number'; text: string }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'null' }
  /** The empty list. */
  | { kind: 'list' }
  | { kind: 'code'; code: string }
  /** Rows that stand below this one: taken along as they are. `words` say what they are. */
  | { kind: 'rows'; code: string; words: string };

export type ValueKind = Value['kind'];

/** What the kinds are called. */
export const valueKinds: Readonly<Record<ValueKind, string>> = {
  field: 'Field',
  text: 'Text',
  number: 'Number',
  boolean: 'Yes or no',
  null: 'Empty (null)',
  list: 'Empty list',
  code: 'Formula',
  rows: 'Rows below',
};

/** Reads a chip of a text as a value; what is more than a field or a fixed value is a formula, letter by letter. */
export function readValue(chip: Chip, text: string): Value {
  const code = text.slice(chip.start, chip.end);
  if (isPlainPath(chip) && chip.bracketed === undefined) return { kind: 'field', code };
  return chip.kind === 'literal' ? fixedOf(chip.value, code) : { kind: 'code', code };
}

function fixedOf(value: unknown, code: string): Value {
  if (typeof value === 'string') return { kind: 'text', text: value };
  if (typeof value === 'number') return { kind: 'number', text: code };
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  if (value === null) return { kind: 'null' };
  return Array.isArray(value) && value.length === 0 ? { kind: 'list' } : { kind: 'code', code };
}

/** A value of another kind, with what of the old one can be kept. */
export function withKind(value: Value, kind: ValueKind): Value {
  if (value.kind === kind) return value;
  switch (kind) {
    case 'field':
      return { kind, code: '' };
    case 'text':
      return { kind, text: value.kind === 'number' ? value.text : '' };
    case 'number':
      return { kind, text: value.kind === 'text' && isNumber(value.text) ? value.text : '' };
    case 'boolean':
      return { kind, value: true };
    case 'code':
      return { kind, code: valueProblem(value) === undefined ? valueCode(value) : '' };
    case 'rows':
      return value;
    default:
      return { kind };
  }
}

/** The code of a value. Of one that has a problem it may be no expression. */
export function valueCode(value: Value): string {
  switch (value.kind) {
    case 'field':
      return value.code;
    case 'text':
      return literalCode(value.text);
    case 'number':
      return value.text.trim();
    case 'boolean':
      return String(value.value);
    case 'null':
      return 'null';
    case 'list':
      return '[]';
    case 'code':
    case 'rows':
      return value.code.trim();
  }
}

/** The code of a value as it may stand in a place, with brackets where it needs them. */
export function valueIn(value: Value, place: Place): string {
  return codeIn(valueCode(value), place);
}

/** Code as it may stand in a place, with brackets where it needs them; what is no expression stays as it is. */
export function codeIn(code: string, place: Place): string {
  const read = fragmentOf(code);
  return read.ok ? codeFor(read.fragment, place) : code;
}

const powers: Readonly<Record<string, number>> = {
  '*': 6,
  '/': 6,
  '%': 6,
  '+': 5,
  '-': 5,
  '&': 5,
  '=': 4,
  '!=': 4,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  in: 4,
};

/** The code of a value on one side of an operator: in brackets only where the operator would take it apart. */
export function besideOperator(value: Value, operator: string, side: 'left' | 'right'): string {
  const code = valueCode(value);
  const read = fragmentOf(code);
  if (!read.ok) return code;
  const { root } = read.fragment;
  // A sign before a number binds more tightly than what compares.
  const own = root.kind === 'binary' ? powers[root.operator] : root.kind === 'minus' ? 5.5 : undefined;
  const power = powers[operator] ?? 0;
  if (own !== undefined && (side === 'left' ? own >= power : own > power)) return code;
  return codeFor(read.fragment, 'operand');
}

/** What is still wrong with a value, as one sentence; nothing where it can be used. */
export function valueProblem(value: Value): string | undefined {
  switch (value.kind) {
    case 'field':
      return value.code === '' ? 'Choose a field.' : codeProblem(value.code);
    case 'number':
      return numberProblem(value.text);
    case 'code':
      return codeProblem(value.code);
    default:
      return undefined;
  }
}

/** Why a text is no expression; nothing where it is one. */
export function codeProblem(code: string): string | undefined {
  if (code.trim() === '') return 'Nothing is written here yet.';
  // A part may look out of itself (`%`), so only its form is asked; the whole mapping is judged when it is taken over.
  const read = fragmentOf(code);
  return read.ok ? undefined : read.refusal.message;
}

const isNumber = (text: string): boolean => numberProblem(text) === undefined;

/** Why a text is no number that a fixed value can be. */
export function numberProblem(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return 'Write a number.';
  if (/^-?\d{1,3}(?:[.,]\d{3})*,\d+$|^-?\d+,\d+$/.test(trimmed)) return 'Write the number with a point, such as 12.5.';
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(trimmed)) return `"${trimmed}" is not a number. Write it such as 12.5.`;
  if (typeof parseJson(trimmed) !== 'number') return 'A computed number cannot keep that many digits. Make it a text.';
  return undefined;
}
