import type { Expression } from '../../jsonata/syntax/tree.ts';
import type { Chip, PathChip, PathRoot, Stage } from '../chip.ts';
import { bare } from './bare.ts';

/** How the chip of any other node is made. */
type ChipOf = (node: Expression) => Chip;

/** The nodes that a path is made of; all else can only be its root or be done for each of its values. */
const kinds = ['name', 'variable', 'wildcard', 'descendant', 'parent', 'path', 'filter', 'keep', 'sort', 'focus', 'index'] as const;
const inPaths: ReadonlySet<string> = new Set(kinds);

/** A node that {@link pathChip} reads. */
export type PathLike = Extract<Expression, { kind: (typeof kinds)[number] }>;

export function isPathLike(node: Expression): node is PathLike {
  return inPaths.has(node.kind);
}

/** The chip of a path; an `each` where the path ends in something done for each of its values. */
export function pathChip(node: Expression, chipOf: ChipOf): Chip {
  return finished(begun(node, chipOf));
}

/** The chip of the first steps of a path, at least one. */
export function chipOfSteps(steps: readonly Expression[], chipOf: ChipOf): Chip {
  return finished(joined(steps, chipOf));
}

function finished(path: PathChip): Chip {
  return path.root.from === 'value' && path.stages.length === 0 && path.steps.length === 0 ? path.root.chip : path;
}

function joined(steps: readonly Expression[], chipOf: ChipOf): PathChip {
  const [first, ...rest] = steps as [Expression, ...Expression[]];
  // A text at the beginning of a path is a field's name.
  const start = first.kind === 'string' ? field(first.value, first) : begun(first, chipOf);
  return rest.reduce((path, step) => continued(path, step, chipOf), start);
}

const rooted = (root: PathRoot, { start, end }: Expression): PathChip => ({ kind: 'path', start, end, root, stages: [], steps: [] });

function field(name: string, { start, end }: Expression, kind: 'field' | 'any' | 'deep' = 'field'): PathChip {
  return { kind: 'path', start, end, root: { from: 'item' }, stages: [], steps: [{ kind, name, start, end, stages: [] }] };
}

function begun(node: Expression, chipOf: ChipOf): PathChip {
  switch (node.kind) {
    case 'name':
      return field(node.value, node);
    case 'wildcard':
      return field('', node, 'any');
    case 'descendant':
      return field('', node, 'deep');
    case 'variable':
      if (node.name === '') return rooted({ from: 'item' }, node);
      return rooted(node.name === '$' ? { from: 'message' } : { from: 'variable', name: node.name }, node);
    case 'parent':
      return rooted({ from: 'parent', levels: 1 }, node);
    case 'path':
      return joined(node.steps, chipOf);
    default: {
      const stage = stageOf(node, chipOf);
      if (stage === undefined || !('target' in node)) return rooted({ from: 'value', chip: chipOf(node) }, node);
      return staged(begun(node.target, chipOf), stage, node.end);
    }
  }
}

function continued(path: PathChip, step: Expression, chipOf: ChipOf): PathChip {
  const { end } = step;
  const upwards = path.root.from === 'parent' && path.stages.length === 0 && path.steps.length === 0;
  switch (step.kind) {
    case 'name':
    case 'string':
      return { ...path, end, steps: [...path.steps, ...field(step.value, step).steps] };
    case 'wildcard':
      return { ...path, end, steps: [...path.steps, ...field('', step, 'any').steps] };
    case 'descendant':
      return { ...path, end, steps: [...path.steps, ...field('', step, 'deep').steps] };
    case 'parent':
      if (upwards && path.root.from === 'parent') return { ...path, end, root: { from: 'parent', levels: path.root.levels + 1 } };
      break;
    case 'path':
      return step.steps.reduce((all, one) => continued(all, one, chipOf), path);
    default: {
      const stage = stageOf(step, chipOf);
      if (stage !== undefined && 'target' in step) return staged(continued(path, step.target, chipOf), stage, end);
    }
  }
  const each: Chip = { kind: 'each', start: path.start, end, list: finished(path), body: chipOf(step) };
  return rooted({ from: 'value', chip: each }, { ...step, start: path.start });
}

function staged(path: PathChip, stage: Stage, end: number): PathChip {
  const last = path.steps.at(-1);
  if (last === undefined) return { ...path, end, stages: [...path.stages, stage] };
  return { ...path, end, steps: [...path.steps.slice(0, -1), { ...last, stages: [...last.stages, stage] }] };
}

function stageOf(node: Expression, chipOf: ChipOf): Stage | undefined {
  switch (node.kind) {
    case 'filter': {
      const span = { start: node.open, end: node.close + 1 };
      const condition = chipOf(node.condition);
      return isPosition(node.condition) ? { ...span, kind: 'position', index: condition } : { ...span, kind: 'where', condition };
    }
    case 'keep':
      return { kind: 'keep', start: node.open, end: node.close + 1 };
    case 'sort': {
      const terms = node.terms.map(({ start, end, mark, expression }) => ({
        start,
        end,
        descending: mark === '>',
        by: chipOf(expression),
      }));
      return { kind: 'sort', start: node.operator, end: node.close + 1, terms };
    }
    case 'focus':
      return { kind: 'name', start: node.operator, end: node.end, variable: node.variable.name };
    case 'index':
      return { kind: 'number', start: node.operator, end: node.end, variable: node.variable.name };
    default:
      return undefined;
  }
}

/** Whether what stands in the brackets of a filter is a position in the list. */
export function isPosition(condition: Expression): boolean {
  const node = bare(condition);
  if (node.kind === 'array') return true;
  return node.kind === 'number' || (node.kind === 'minus' && node.operand.kind === 'number');
}
