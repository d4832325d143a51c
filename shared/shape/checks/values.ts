import { conversionBetween } from '../conversions.ts';
import { leafName, pathText } from '../path.ts';
import { isList, type Kind, type Shape } from '../shape.ts';
import type { CheckedRow, MappingProblem, Resolved } from './row.ts';

type Found = Omit<MappingProblem, 'row' | 'target'>;

const kindWords: Readonly<Record<Kind, string>> = {
  text: 'a text',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
  object: 'an object',
  list: 'a list',
};

function kindsText(shape: Shape): string {
  return (
    shape.kinds
      .filter((kind) => kind !== 'null')
      .map((kind) => kindWords[kind])
      .join(' or ') || 'null'
  );
}

/** A field copied as it is must have a kind that the target takes. */
export function checkKinds(row: CheckedRow, target: Shape, [source]: readonly Resolved[]): Found[] {
  if (row.kind === 'constant') return checkConstant(row, target);
  if (row.kind !== 'copy' || row.sources.length !== 1 || source?.shape === undefined) return [];
  if (isList(target) && (isList(source.shape) || row.inList || source.lists.length > 0)) return [];
  const conversion = conversionBetween(source.shape, target);
  if (conversion === undefined) return [];
  const what = `"${leafName(source.path)}" is ${kindsText(source.shape)}`;
  if (conversion === 'impossible')
    return [{ code: 'type-mismatch', level: 'error', message: `${what}, and the target takes ${kindsText(target)}.` }];
  if (conversion.id === 'wrap') {
    return [{ code: 'type-mismatch', level: 'error', message: `${what}, and the target takes a list.`, fix: { kind: 'wrap-list' } }];
  }
  const fix = { kind: 'convert', conversion: conversion.id } as const;
  if (conversion.id === 'toDate' || conversion.id === 'toDateTime' || conversion.id === 'germanDate') {
    return [
      {
        code: 'type-mismatch',
        level: 'warning',
        message: `The date in "${leafName(source.path)}" is written otherwise than the target takes it.`,
        fix,
      },
    ];
  }
  return [{ code: 'type-mismatch', level: 'error', message: `${what}, and the target takes ${kindsText(target)}.`, fix }];
}

function checkConstant(row: CheckedRow, target: Shape): Found[] {
  const value = literalOf(row.text);
  if (value === undefined || target.kinds.length === 0) return [];
  const kind: Kind = value === null ? 'null' : typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'boolean';
  if (!target.kinds.includes(kind))
    return [
      {
        code: 'type-mismatch',
        level: 'error',
        message: `The fixed value is ${kindWords[kind]}, and the target takes ${kindsText(target)}.`,
      },
    ];
  const allowed = target.facts?.allowed;
  if (allowed !== undefined && !allowed.includes(value))
    return [{ code: 'value-not-allowed', level: 'error', message: `The target does not allow ${row.text.trim()}.` }];
  const { maxLength } = target.facts ?? {};
  if (typeof value === 'string' && maxLength !== undefined && [...value].length > maxLength) {
    return [
      {
        code: 'too-long',
        level: 'error',
        message: `The fixed text has ${[...value].length} characters, and the target takes ${maxLength}.`,
      },
    ];
  }
  return [];
}

/** The plain value that a text writes; undefined for anything else. */
function literalOf(text: string): string | number | boolean | null | undefined {
  const plain = text.trim();
  if (!/^(?:"(?:[^"\\]|\\.)*"|-?\d{1,15}(?:\.\d+)?|true|false|null)$/.test(plain)) return undefined;
  try {
    return JSON.parse(plain) as string | number | boolean | null;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Values of the field that the target does not allow. */
export function checkAllowed(row: CheckedRow, target: Shape, [source]: readonly Resolved[]): Found[] {
  const allowed = target.facts?.allowed?.map(String);
  if (row.kind !== 'copy' || allowed === undefined || source?.shape === undefined) return [];
  const values = valuesOf(source.shape).filter((value) => !allowed.includes(value));
  if (values.length === 0) return [];
  const fix = { kind: 'make-table', values: valuesOf(source.shape), allowed } as const;
  return [
    { code: 'value-not-allowed', level: 'warning', message: `The target does not allow ${listed(values)}, which the field has had.`, fix },
  ];
}

/** Values seen that the table of the row does not translate. */
export function checkTable(row: CheckedRow, _target: Shape | undefined, [source]: readonly Resolved[]): Found[] {
  if (row.table === undefined || source?.shape === undefined) return [];
  const { from, otherwise } = row.table;
  const values = valuesOf(source.shape).filter((value) => !from.includes(value));
  if (values.length === 0 || otherwise) return [];
  const message = `The table has no row for ${listed(values)}, and no "otherwise": the target stays empty.`;
  return [{ code: 'table-lacks-values', level: 'warning', message, fix: { kind: 'add-table-values', values } }];
}

function valuesOf(shape: Shape): string[] {
  const known = shape.facts?.allowed ?? shape.facts?.values;
  return known === undefined
    ? [...(shape.examples ?? [])].filter((example) => !example.endsWith('…'))
    : known.filter((value) => value !== null).map(String);
}

/** Texts longer than the target takes: in the results, or in the field that is copied. */
export function checkLength(row: CheckedRow, target: Shape, [source]: readonly Resolved[]): Found[] {
  const length = target.facts?.maxLength;
  if (length === undefined) return [];
  const longest = row.results?.longest ?? (row.kind === 'copy' ? source?.shape?.facts?.longest : undefined);
  if (longest === undefined || longest <= length) return [];
  const message = `Texts are up to ${longest} characters long, and the target takes ${length}.`;
  return [{ code: 'too-long', level: 'warning', message, fix: { kind: 'shorten', length } }];
}

const calculating = /\$(?:sum|average|max|min|round|floor|ceil|abs|power|sqrt|formatNumber|formatInteger|formatBase|fromMillis)\b/;

/** A number with more digits than can be calculated with must only be copied. */
export function checkDigits(row: CheckedRow, _target: Shape | undefined, sources: readonly Resolved[]): Found[] {
  const wide = sources.find(({ shape }) => shape?.facts?.manyDigits && shape.kinds.includes('number'));
  const text = sources.find(({ shape }) => shape?.facts?.manyDigits && !shape.kinds.includes('number'));
  if (text !== undefined && /\$number\b/.test(row.text)) {
    const message = `"${leafName(text.path)}" has more digits than a number keeps: $number() would round it. Leave it a text.`;
    return [{ code: 'digits-lost', level: 'error', message }];
  }
  const arithmetic =
    row.kind === 'formula'
      ? /[-+*/%<>]/.test(row.text)
      : row.kind === 'aggregate'
        ? calculating.test(row.text) || /[-+*/%]/.test(row.text)
        : calculating.test(row.text);
  if (wide === undefined || !arithmetic || row.kind === 'copy') return [];
  const message = `"${leafName(wide.path)}" has more digits than can be calculated with: messages with such a number will fail. Copy it, or use it as text.`;
  return [{ code: 'digits-lost', level: 'error', message }];
}

/** A rule that no sample filled. */
export function checkFilled(row: CheckedRow, _target: Shape | undefined, sources: readonly Resolved[]): Found[] {
  const { results } = row;
  if (results !== undefined) {
    const none = results.looked > 0 && results.filled === 0;
    return none
      ? [{ code: 'never-filled', level: 'warning', message: `In none of ${results.looked} samples did the rule give a value.` }]
      : [];
  }
  const unseen = sources.length > 0 && sources.every(({ seen }) => seen === 0);
  const names = sources.map(({ path }) => `"${pathText(path)}"`).join(' and ');
  return unseen ? [{ code: 'never-filled', level: 'warning', message: `No sample has ${names}.` }] : [];
}

/** `"a", "b" and 3 more`. */
function listed(values: readonly string[]): string {
  const shown = values.slice(0, 3).map((value) => `"${value}"`);
  if (values.length > 3) return `${shown.join(', ')} and ${values.length - 3} more`;
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}` : (shown[0] ?? '');
}
