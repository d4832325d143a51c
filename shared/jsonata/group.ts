import type { Group } from './ast.ts';
import { ExpressionError } from './error.ts';
import { compileNode } from './node.ts';
import { charge, chargeKey } from './run.ts';
import { boundNames, type Evaluator, type Frame, innerScope, newFrame, type Scope } from './scope.ts';
import { type Appender, appendTo, flagsOf, TUPLES } from './sequence.ts';
import type { Tuple } from './tuple.ts';
import { fieldSteps, isIndex, makeSparse, objectSteps, setField } from './value.ts';

interface Pair {
  key: Evaluator;
  value: Evaluator;
  /** The key where it is written out. */
  literal: string | undefined;
}

interface Entry extends Appender {
  pair: number;
  tuples: Tuple[];
}

/**
 * Compiles the pairs of an object constructor or a group-by to a function of the items to group.
 * @param tuples the names that a tuple stream coming in may carry, or null where none can come
 */
export function compileGroup(group: Group, scope: Scope, tuples: Set<string> | null): (input: unknown, frame: Frame) => unknown {
  const names = new Set<string>();
  for (const pair of group.lhs) for (const side of pair) boundNames(side, names);
  const inner = tuples === null ? scope : innerScope(scope, names, tuples);
  const pairs: Pair[] = group.lhs.map(([key, value]) => ({
    key: compileNode(key, inner),
    value: compileNode(value, inner),
    literal: key.type === 'string' && key.predicate === undefined && key.group === undefined ? String(key.value) : undefined,
  }));
  const general = generalGroup(pairs, group.position, (frame, tuple) => (tuples === null ? frame : newFrame(inner, frame, tuple)));
  const literals = pairs.map((pair) => pair.literal);
  const simple = literals.every((key) => key !== undefined && !reserved(key)) && new Set(literals).size === literals.length;
  if (!simple || tuples !== null || scope.counted) return general;
  const sparse = literals.some((key) => key !== undefined && isIndex(key));
  return (input, frame) => {
    if (Array.isArray(input)) return general(input, frame);
    charge(literals.length + 1);
    const result: Record<string, unknown> = {};
    if (sparse) makeSparse(result);
    for (let i = 0; i < pairs.length; i++) {
      const { literal, value } = pairs[i] as Pair;
      const made = value(input, frame);
      if (made === undefined) continue;
      if (literal === '__proto__') setField(result, literal, made);
      else result[literal as string] = made;
    }
    return result;
  };
}

const reserved = (key: string): boolean => key === '_jsonata_lambda' || key === '_jsonata_function';

function generalGroup(
  pairs: Pair[],
  position: number,
  frameFor: (frame: Frame, tuple: Tuple | null) => Frame,
): (input: unknown, frame: Frame) => unknown {
  return (input, frame) => {
    const streamed = Array.isArray(input) && (flagsOf(input) & TUPLES) !== 0;
    let items = Array.isArray(input) ? input : [input];
    // Nothing to group still makes the object, from nothing.
    if (items.length === 0 && !streamed) items = [undefined];
    charge(items.length);
    const groups = new Map<string, Entry>();
    for (const item of items) {
      const tuple = streamed ? (item as Tuple) : null;
      const within = frameFor(frame, tuple);
      for (let i = 0; i < pairs.length; i++) {
        const key = (pairs[i] as Pair).key(tuple === null ? item : tuple['@'], within);
        if (key === undefined) continue;
        if (typeof key !== 'string') throw new ExpressionError('T1003', { position, value: key });
        chargeKey(key);
        if (reserved(key)) throw new ExpressionError('D1013', { position, value: key });
        let entry = groups.get(key);
        if (entry === undefined) {
          entry = { value: undefined, owned: false, pair: i, tuples: [] };
          groups.set(key, entry);
        } else if (entry.pair !== i) throw new ExpressionError('D1009', { position, value: key });
        if (tuple === null) appendTo(entry, item);
        else entry.tuples.push(tuple);
      }
    }
    charge(objectSteps + groups.size * fieldSteps);
    const result: Record<string, unknown> = {};
    for (const [key, entry] of groups) {
      const tuple = streamed ? mergeTuples(entry.tuples) : null;
      const made = (pairs[entry.pair] as Pair).value(tuple === null ? entry.value : tuple['@'], frameFor(frame, tuple));
      if (made !== undefined) setField(result, key, made);
    }
    return result;
  };
}

/** One tuple whose names hold what all had, in order. */
function mergeTuples(tuples: Tuple[]): Tuple {
  const [first, ...rest] = tuples;
  if (first === undefined || rest.length === 0) return first ?? {};
  const columns = new Map<string, Appender>();
  charge(tuples.length * Object.keys(first).length);
  for (const name of Object.keys(first)) columns.set(name, { value: first[name], owned: false });
  for (const tuple of rest) {
    for (const name of Object.keys(tuple)) {
      let column = columns.get(name);
      if (column === undefined) columns.set(name, (column = { value: undefined, owned: false }));
      appendTo(column, tuple[name]);
    }
  }
  const merged: Tuple = {};
  for (const [name, column] of columns) merged[name] = column.value;
  return merged;
}
