import { ExactNumber } from '#shared/exact-number.ts';
import type { Node } from './ast.ts';
import { compileNode } from './node.ts';
import { charge, checkLength } from './run.ts';
import { boundNames, type Frame, innerScope, newFrame, type Scope } from './scope.ts';
import { type Flagged, flags, flagsOf, sequenceOf, TUPLES } from './sequence.ts';
import type { Tuple } from './tuple.ts';
import { approximate, isNumbers, isNumeric, toBoolean } from './value.ts';

/** Selects from a value: by index, or by a condition on each item. */
export type Select = (value: unknown, frame: Frame) => unknown;

/**
 * Compiles what stands in brackets after a step or value.
 * @param tuples the names that a tuple stream coming in may carry, or null where none can come
 */
export function compileFilter(predicate: Node, scope: Scope, tuples: Set<string> | null): Select {
  if (predicate.type === 'number') {
    const index = Math.floor(predicate.value as number);
    return (value) => itemAt(value, index);
  }
  const inner = tuples === null ? scope : innerScope(scope, boundNames(predicate), tuples);
  const test = compileNode(predicate, inner);
  return (value, frame) => {
    const items = Array.isArray(value) ? value : [value];
    const streamed = Array.isArray(value) && (((value as Flagged)[flags] ?? 0) & TUPLES) !== 0;
    const kept: unknown[] = [];
    charge(items.length);
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      let answer: unknown;
      if (tuples === null) answer = test(item, frame);
      else {
        const tuple = streamed ? (item as Tuple) : null;
        answer = test(tuple === null ? item : tuple['@'], newFrame(inner, frame, tuple));
      }
      if (answer === true) kept.push(item);
      else if (answer !== false && answer !== undefined) keepBy(answer, i, items.length, item, kept);
    }
    return sequenceOf(kept, streamed ? TUPLES : 0);
  };
}

function itemAt(value: unknown, index: number): unknown {
  if (!Array.isArray(value)) return index === 0 || index === -1 ? oneItem(value, 0) : sequenceOf([]);
  return oneItem(value[index < 0 ? value.length + index : index], flagsOf(value) & TUPLES);
}

function oneItem(item: unknown, more: number): unknown {
  if (item === undefined) return sequenceOf([], more);
  return Array.isArray(item) ? item : sequenceOf([item], more);
}

function keepBy(answer: unknown, at: number, length: number, item: unknown, kept: unknown[]): void {
  const given = answer instanceof ExactNumber ? approximate(answer) : answer;
  const indexes = isNumeric(given) ? [given] : given;
  if (Array.isArray(indexes) && isNumbers(indexes)) {
    charge(indexes.length);
    checkLength(kept.length + indexes.length);
    for (const index of indexes) {
      const whole = Math.floor(index);
      if ((whole < 0 ? length + whole : whole) === at) kept.push(item);
    }
  } else if (toBoolean(answer)) kept.push(item);
}
