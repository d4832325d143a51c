import { type Node, part } from './ast.ts';
import { compileFilter, type Select } from './filter.ts';
import { compileGroup } from './group.ts';
import { compileNode } from './node.ts';
import { addAll, charge, checkLength } from './run.ts';
import type { Evaluator, Frame, Scope } from './scope.ts';
import { addFlags, CONS, collapse, flagsOf, isSequence, KEEP, SEQUENCE, sequenceOf } from './sequence.ts';
import { compileSort } from './sort.ts';
import { compileTuplePath, exportedNames } from './tuple.ts';
import { type FieldName, field, fieldName } from './value.ts';

/** One step of a path over the items before it; only a list that may be the last is marked as a sequence. */
type Step = (items: unknown[], frame: Frame, last: boolean) => unknown[];

/** Compiles a path. The value is raw: a sequence is not yet collapsed. */
export function compilePath(node: Node, scope: Scope): Evaluator {
  const walk = part(node.steps).some((step) => step.tuple) ? compileTuplePath(node, scope) : compilePlainPath(node, scope);
  const keep = node.keepSingletonArray === true;
  const regroup = node.group === undefined ? undefined : compileGroup(node.group, scope, exportedGroup(node));
  if (!keep && regroup === undefined) return walk;
  return (input, frame) => {
    let value = walk(input, frame);
    if (keep) value = keepArray(value);
    return regroup === undefined ? value : regroup(value, frame);
  };
}

/** Grouping sees the tuples themselves, whether or not the path passes them on. */
function exportedGroup(node: Node): Set<string> | null {
  return part(node.steps).some((step) => step.tuple) ? exportedNames({ ...node, tuple: true }) : null;
}

function keepArray(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const mark = flagsOf(value);
  if ((mark & (CONS | SEQUENCE)) === CONS) return sequenceOf([value], KEEP);
  if ((mark & SEQUENCE) !== 0) addFlags(value, KEEP);
  return value;
}

/** The value of a field of an object, or the values of that field of all objects in an array. */
export function lookupField(input: unknown, key: FieldName): unknown {
  if (typeof input !== 'object' || input === null) return undefined;
  if (!Array.isArray(input)) return field(input, key);
  const found: unknown[] = [];
  charge(input.length);
  for (const item of input) {
    const value = lookupField(item, key);
    if (value === undefined) continue;
    if (Array.isArray(value)) addAll(found, value);
    else found.push(value);
  }
  checkLength(found.length);
  return sequenceOf(found);
}

const isPlainName = (step: Node): boolean =>
  step.type === 'name' && step.stages === undefined && step.predicate === undefined && !step.keepArray;

function compilePlainPath(node: Node, scope: Scope): Evaluator {
  const nodes = part(node.steps);
  const steps = nodes.map((step, i) => compileStep(step, scope, nodes[i - 1]?.type === 'sort'));
  const [first] = nodes;
  if (first === undefined) return () => undefined;
  if (first.consarray) return constructedFirst(nodes, steps, scope);
  const fromVariable = first.type === 'variable';
  // A first step that is not a name stands for one value, on which the names after it are then looked up.
  const head = isPlainName(first) || first.type === 'sort' || first.stages !== undefined ? undefined : compileNode(first, scope);
  const keys: FieldName[] = [];
  for (const step of nodes.slice(head === undefined ? 0 : 1)) {
    if (!isPlainName(step)) break;
    keys.push(fieldName(String(step.value)));
  }
  const skipped = head === undefined ? 0 : 1;
  const keep = node.keepSingletonArray === true;
  const length = steps.length;
  if (scope.counted || (keys.length === 0 && head === undefined) || length === skipped) {
    return (input, frame) => runSteps(steps, 0, Array.isArray(input) && !fromVariable ? input : [input], frame);
  }
  return (input, frame) => {
    let value = input;
    if (head !== undefined && (fromVariable || !Array.isArray(input))) value = head(input, frame);
    else if (Array.isArray(input)) return runSteps(steps, 0, input, frame);
    for (let i = 0; i < keys.length; i++) {
      // As soon as there is an array, its items go on one by one.
      if (Array.isArray(value)) return runSteps(steps, i + skipped, asItems(value), frame);
      if (typeof value !== 'object' || value === null) return sequenceOf([]);
      value = field(value, keys[i] as FieldName);
    }
    const done = keys.length + skipped;
    if (value === undefined) return sequenceOf([]);
    if (done === length) return keep && !Array.isArray(value) ? sequenceOf([value]) : lastValue(value);
    return runSteps(steps, done, Array.isArray(value) ? asItems(value) : [value], frame);
  };
}

/** An array that an outer path must not open counts as one item. */
function asItems(value: unknown[]): unknown[] {
  return (flagsOf(value) & CONS) !== 0 ? [value] : value;
}

/** What a path makes of the one value its last step gave. */
function lastValue(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  if (!isSequence(value)) return value;
  return (flagsOf(value) & CONS) !== 0 ? sequenceOf([value]) : sequenceOf(value.slice());
}

function runSteps(steps: Step[], from: number, start: unknown[], frame: Frame): unknown[] {
  let items = start;
  for (let i = from; i < steps.length; i++) {
    const last = i === steps.length - 1;
    items = (steps[i] as Step)(items, frame, last);
    if (items.length === 0) break;
  }
  return items;
}

/** A path that begins with `[ … ]`: that is made once, of the whole input. */
function constructedFirst(nodes: Node[], steps: Step[], scope: Scope): Evaluator {
  const construct = compileNode(nodes[0] as Node, scope);
  const after = nodes.findIndex((node, i) => i > 0 && node.type !== 'sort');
  const sorts = after === -1 ? nodes.length : after;
  return (input, frame) => {
    const made = construct(Array.isArray(input) ? input : sequenceOf([input]), frame);
    if (Array.isArray(made)) return made.length === 0 ? made : runSteps(steps, 1, made, frame);
    // A sort takes a single value as it is; other steps find no items in it, but the characters of a text.
    if (made !== undefined && sorts === steps.length) return runSteps(steps, 1, [made], frame);
    return typeof made === 'string' && made !== '' ? runSteps(steps, sorts, made.split(''), frame) : sequenceOf([]);
  };
}

/**
 * Compiles one step to a function of all its items.
 * @param afterSort whether the step before is a sort, whose filters may have picked an array of the input
 */
export function compileStep(node: Node, scope: Scope, afterSort: boolean): Step {
  if (node.type === 'sort') {
    const sort = compileSort(node, scope, null, afterSort);
    const stages = compileStages(node, scope);
    return (items, frame) => {
      let result: unknown = sort(items, frame);
      for (const stage of stages) result = stage(result, frame);
      return Array.isArray(result) ? result : [result];
    };
  }
  if (isPlainName(node) && !scope.counted) return nameStep(fieldName(String(node.value)));
  const evaluate = compileNode(node, scope);
  const stages = compileStages(node, scope);
  return (items, frame, last) => {
    const found: unknown[] = [];
    let count = 0;
    let only: unknown;
    charge(items.length);
    for (let i = 0; i < items.length; i++) {
      let value = evaluate(items[i], frame);
      for (const stage of stages) value = stage(value, frame);
      if (value === undefined) continue;
      if (count++ === 0) only = value;
      add(found, value);
    }
    if (last && count === 1 && Array.isArray(only) && !isSequence(only)) return only;
    checkLength(found.length);
    return last || found.length === 0 ? sequenceOf(found) : found;
  };
}

function compileStages(node: Node, scope: Scope): Select[] {
  return (node.stages ?? []).map((stage) => compileFilter(stage.expr, scope, exportedNames(node)));
}

function add(found: unknown[], value: unknown): void {
  if (!Array.isArray(value) || (flagsOf(value) & CONS) !== 0) found.push(value);
  else addAll(found, value);
}

function nameStep(key: FieldName): Step {
  return (items, _frame, last) => {
    const found: unknown[] = [];
    let count = 0;
    let only: unknown;
    charge(items.length);
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (typeof item !== 'object' || item === null) continue;
      const value = Array.isArray(item) ? collapse(lookupField(item, key)) : field(item, key);
      if (value === undefined) continue;
      if (count++ === 0) only = value;
      if (Array.isArray(value)) add(found, value);
      else found.push(value);
    }
    if (last && count === 1 && Array.isArray(only) && !isSequence(only)) return only;
    checkLength(found.length);
    return last || found.length === 0 ? sequenceOf(found) : found;
  };
}
