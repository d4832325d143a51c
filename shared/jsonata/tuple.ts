import { type Node, part } from './ast.ts';
import { compileFilter } from './filter.ts';
import { compileNode } from './node.ts';
import { compileStep } from './path.ts';
import { charge, checkLength } from './run.ts';
import { boundNames, type Evaluator, type Frame, innerScope, newFrame, type Scope, tupleKey } from './scope.ts';
import { flagsOf, isSequence, sequenceOf, TUPLES } from './sequence.ts';
import { compileSort } from './sort.ts';

/** An item (`@`) with the variables that the path bound beside it, each under its {@link tupleKey}. */
export type Tuple = Record<string, unknown>;

type TupleStep = (items: unknown[], tuples: unknown[] | undefined, frame: Frame) => unknown[];

/** The names that a node's tuples may carry where it hands on a tuple stream, or null where it never does. */
export function exportedNames(node: Node): Set<string> | null {
  if (node.type === 'block') {
    const last = part(node.expressions).at(-1);
    return last === undefined ? null : exportedNames(last);
  }
  if (node.type !== 'path' || !node.tuple || !part(node.steps).some((step) => step.tuple)) return null;
  return tupleNames(node);
}

function tupleNames(node: Node): Set<string> {
  const names = new Set<string>();
  for (const step of part(node.steps)) {
    if (step.focus !== undefined) names.add(step.focus);
    if (step.index !== undefined) names.add(step.index);
    if (step.ancestor !== undefined) names.add(step.ancestor.label);
    for (const stage of step.stages ?? []) if (stage.type === 'index') names.add(stage.value);
    for (const name of exportedNames(step) ?? []) names.add(name);
  }
  return names;
}

/** Compiles a path in which `@`, `#` or `%` bind variables beside the items. */
export function compileTuplePath(node: Node, scope: Scope): Evaluator {
  const nodes = part(node.steps);
  const names = tupleNames(node);
  const start = nodes.findIndex((step) => step.tuple);
  const plain = nodes
    .slice(0, start)
    .map((step, i) => (i === 0 && step.consarray ? constructed(step, scope) : plainStep(step, scope, nodes[i - 1]?.type === 'sort')));
  const streamed = nodes.slice(start).map((step) => compileTupleStep(step, scope, names));
  const fromVariable = nodes[0]?.type === 'variable';
  const exported = node.tuple === true || node.group !== undefined;
  return (input, frame) => {
    let items = Array.isArray(input) && !fromVariable ? input : sequenceOf([input]);
    for (const step of plain) {
      items = step(items, frame);
      // An empty list that the path begins with is its value.
      if (items.length === 0) return nodes[0]?.consarray && step === plain[0] && !isSequence(items) ? items : sequenceOf([]);
    }
    let tuples: unknown[] | undefined;
    for (const step of streamed) tuples = step(items, tuples, frame);
    if (exported) return tuples;
    return sequenceOf((tuples ?? []).map((tuple) => (tuple as Tuple)['@']));
  };
}

function constructed(node: Node, scope: Scope): (items: unknown[], frame: Frame) => unknown[] {
  const evaluate = compileNode(node, scope);
  return (items, frame) => {
    const made = evaluate(items, frame);
    return Array.isArray(made) ? made : sequenceOf([]);
  };
}

function plainStep(node: Node, scope: Scope, afterSort: boolean): (items: unknown[], frame: Frame) => unknown[] {
  const step = compileStep(node, scope, afterSort);
  return (items, frame) => step(items, frame, false);
}

function compileTupleStep(node: Node, scope: Scope, names: Set<string>): TupleStep {
  const stages = compileTupleStages(node, scope, names);
  if (node.type === 'sort') return tupleSort(node, scope, names, stages);
  const inner = innerScope(scope, boundNames({ ...node, stages: [] as never }), names);
  const evaluate = compileNode(node, inner);
  const focus = node.focus === undefined ? undefined : tupleKey(node.focus);
  const index = node.index === undefined ? undefined : tupleKey(node.index);
  const ancestor = node.ancestor === undefined ? undefined : tupleKey(node.ancestor.label);
  const width = 1 + names.size;
  return (items, tuples, frame) => {
    const found: unknown[] = [];
    const count = tuples === undefined ? items.length : tuples.length;
    charge(count);
    for (let i = 0; i < count; i++) {
      const tuple = tuples === undefined ? itemTuple(items[i]) : (tuples[i] as Tuple);
      const value = evaluate(tuple['@'], newFrame(inner, frame, tuple));
      if (value === undefined) continue;
      const values = Array.isArray(value) ? value : [value];
      const nested = Array.isArray(value) && (flagsOf(value) & TUPLES) !== 0;
      charge(values.length * width);
      checkLength(found.length + values.length);
      for (let n = 0; n < values.length; n++) {
        const made = copyOf(tuple);
        if (nested) Object.assign(made, values[n]);
        else {
          if (focus !== undefined) made[focus] = values[n];
          else made['@'] = values[n];
          if (index !== undefined) made[index] = n;
          if (ancestor !== undefined) made[ancestor] = tuple['@'];
        }
        found.push(made);
      }
    }
    return stages(sequenceOf(found, TUPLES), frame);
  };
}

/** A loop copies a small object many times faster than a spread that is then added to. */
function copyOf(tuple: Tuple): Tuple {
  const copy: Tuple = { '@': undefined };
  for (const key in tuple) copy[key] = tuple[key];
  return copy;
}

function itemTuple(item: unknown): Tuple {
  return { '@': item };
}

function compileTupleStages(node: Node, scope: Scope, names: Set<string>): (tuples: unknown[], frame: Frame) => unknown[] {
  const stages = (node.stages ?? []).map((stage) => {
    if (stage.type === 'filter') {
      const select = compileFilter(stage.expr, scope, names);
      return (tuples: unknown[], frame: Frame): unknown[] => {
        const kept = select(tuples, frame);
        return Array.isArray(kept) ? kept : [kept];
      };
    }
    const key = tupleKey(stage.value);
    return (tuples: unknown[]): unknown[] => {
      tuples.forEach((tuple, i) => {
        (tuple as Tuple)[key] = i;
      });
      return tuples;
    };
  });
  return (tuples, frame) => stages.reduce((kept, stage) => stage(kept, frame), tuples);
}

function tupleSort(node: Node, scope: Scope, names: Set<string>, stages: (tuples: unknown[], frame: Frame) => unknown[]): TupleStep {
  const sortTuples = compileSort(node, scope, names, false);
  const sortItems = compileSort(node, scope, null, false);
  const index = node.index === undefined ? undefined : tupleKey(node.index);
  return (items, tuples, frame) => {
    if (tuples !== undefined) return stages(sortTuples(tuples, frame), frame);
    const sorted = sortItems(items, frame).map((item, i) => {
      const tuple = itemTuple(item);
      if (index !== undefined) tuple[index] = i;
      return tuple;
    });
    return stages(sequenceOf(sorted, TUPLES), frame);
  };
}
