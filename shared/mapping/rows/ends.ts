import { resolve } from '../../shape/checks/row.ts';
import { conversionBetween } from '../../shape/conversions.ts';
import { isList, type Shape } from '../../shape/shape.ts';
import type { ValueType } from '../conversion.ts';
import type { DropSource, DropTarget, EndKind } from '../drop.ts';
import type { Rule } from '../rule.ts';
import type { SourceNode } from './source.ts';
import type { TargetNode } from './target.ts';

/** What a row of the source is when it is dropped. */
export function sourceEnd(node: SourceNode): DropSource {
  if (node.kind === 'variable') return { path: [], kind: 'value', lists: [], variable: node.label.slice(1) };
  const { path, shape, lists } = node;
  const kind = shape === undefined || shape.kinds.length === 0 ? (node.children.length > 0 ? 'object' : 'value') : kindOf(shape);
  const type = kind === 'values' ? typeOf(shape?.item) : typeOf(shape);
  const fields = kind === 'object' ? node.children.map(({ label }) => label) : undefined;
  return { path, kind, lists, ...(type ? { type } : {}), ...(fields ? { fields } : {}) };
}

/** What a row of the target is for a drop. Where nobody has laid down what it should be, it is what fits the source. */
export function targetEnd(node: TargetNode, source: DropSource, name?: string, sourceShape?: Shape): DropTarget {
  const { shape, rule, from } = node;
  const path = name === undefined ? node.path : [...node.path, name];
  const place = from && { from: name === undefined ? from : { rule: from.rule, rest: [...from.rest, name] } };
  const known = shape !== undefined && shape.kinds.length > 0 && name === undefined;
  const kind = known ? kindOf(shape) : (kindOfRule(rule) ?? source.kind);
  const type = known ? typeOf(kind === 'values' ? shape.item : shape) : undefined;
  const fields = known && kind === 'object' ? (shape.fields ?? []).map((field) => field.name) : undefined;
  const plain = known && kind === 'value' && sourceShape !== undefined && source.kind === 'value';
  const conversion = plain ? conversionBetween(sourceShape, shape) : undefined;
  return {
    path,
    kind,
    ...place,
    ...(type ? { type } : {}),
    ...(fields ? { fields } : {}),
    ...(conversion === undefined || conversion === 'impossible' ? {} : { conversion: conversion.id }),
  };
}

/** The end of a path of the message, as a shape knows it; `['items', 'sku']` has no steps into lists. */
export function sourceEndAt(shape: Shape, path: readonly string[]): DropSource {
  const { shape: found, path: full } = resolve(shape, path);
  const lists: number[] = [];
  let names = 0;
  for (const step of full) {
    if (step === null) lists.push(names);
    else names++;
  }
  const kind = found === undefined || found.kinds.length === 0 ? 'value' : kindOf(found);
  const type = kind === 'values' ? typeOf(found?.item) : typeOf(found);
  return { path, kind, lists: lists.filter((count) => count < path.length || kind === 'value'), ...(type ? { type } : {}) };
}

function kindOf(shape: Shape): EndKind {
  if (isList(shape)) return shape.item?.kinds.includes('object') || shape.item?.fields !== undefined ? 'objects' : 'values';
  return shape.kinds.includes('object') ? 'object' : 'value';
}

function typeOf(shape: Shape | undefined): ValueType | undefined {
  const kinds = shape?.kinds.filter((kind) => kind !== 'null') ?? [];
  const [only] = kinds;
  return kinds.length === 1 && (only === 'text' || only === 'number' || only === 'boolean') ? only : undefined;
}

/** What a rule makes, where that can be seen from it. */
function kindOfRule(rule: Rule | undefined): EndKind | undefined {
  switch (rule?.kind) {
    case 'object':
    case 'merge':
    case 'group':
      return 'object';
    case 'loop':
      return 'objects';
    case 'list':
    case 'each':
      return 'values';
    case 'scope':
      return kindOfRule(rule.body);
    case undefined:
      return undefined;
    default:
      return 'value';
  }
}
