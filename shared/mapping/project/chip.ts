import type { ArrayNode, BinaryNode, BlockNode, Expression } from '../../jsonata/syntax/tree.ts';
import { type Aggregate, aggregates, type Chip, type CodeChip, type FunctionStage } from '../chip.ts';
import { absentOf } from './absence.ts';
import { argumentsOf, bare, calledName, literalOf, parametersOf } from './bare.ts';
import { isPathLike, pathChip } from './path.ts';

/** What a node is shown as inside a row. Every node has a chip; the last resort is code. */
export function chipOf(node: Expression): Chip {
  const { start, end } = node;
  if (isPathLike(node)) return pathChip(node, chipOf);
  const literal = literalOf(node);
  if (literal !== undefined) return { kind: 'literal', start, end, value: literal.value };
  switch (node.kind) {
    case 'minus':
      return { kind: 'negative', start, end, operand: chipOf(node.operand) };
    case 'regex':
      return { kind: 'pattern', start, end, pattern: node.pattern, flags: node.flags };
    case 'binary':
      return binaryChip(node);
    case 'array':
      return listChip(node);
    case 'object':
    case 'group': {
      const entries = node.pairs.map((pair) => ({ key: chipOf(pair.key), value: chipOf(pair.value) }));
      return { kind: 'object', start, end, entries, ...(node.kind === 'group' ? { list: chipOf(node.target) } : {}) };
    }
    case 'default':
    case 'coalesce':
    case 'condition': {
      const absent = absentOf(node);
      if (absent !== undefined) {
        return { kind: 'default', start, end, mode: absent.mode, value: chipOf(absent.value), fallback: chipOf(absent.fallback) };
      }
      if (node.kind !== 'condition') return code(node, 'is a default of an unknown form');
      const { condition, then, otherwise } = node;
      const parts = { condition: chipOf(condition), value: chipOf(then), ...(otherwise ? { otherwise: chipOf(otherwise) } : {}) };
      return { kind: 'choice', start, end, ...parts };
    }
    case 'call':
    case 'apply':
      return callChip(node);
    case 'block':
      return blockChip(node);
    default:
      return code(node, reasons[node.kind] ?? 'has a form of its own');
  }
}

const reasons: Readonly<Record<string, string>> = {
  lambda: 'makes a function in place',
  partial: 'applies a function in part',
  transform: 'changes a copy in place (|…|)',
  bind: 'sets a variable in place',
};

function code({ start, end }: Expression, reason: string): CodeChip {
  return { kind: 'code', start, end, reason };
}

function binaryChip(node: BinaryNode): Chip {
  const { start, end, operator } = node;
  if (operator === '&') return { kind: 'template', start, end, parts: operands(node).map(chipOf) };
  if (operator === 'and' || operator === 'or') return { kind: 'logic', start, end, operator, parts: operands(node).map(chipOf) };
  return { kind: 'operation', start, end, operator, left: chipOf(node.left), right: chipOf(node.right) };
}

/** The operands of a chain of one operator: `a & b & c` has three. */
function operands(node: BinaryNode): Expression[] {
  const found: Expression[] = [];
  let left: Expression = node;
  while (left.kind === 'binary' && left.operator === node.operator) {
    found.unshift(left.right);
    left = left.left;
  }
  return [left, ...found];
}

function listChip({ start, end, items }: ArrayNode): Chip {
  const chips = items.map((item): Chip => {
    if (item.kind !== 'range') return chipOf(item);
    return { kind: 'range', start: item.start, end: item.end, low: chipOf(item.from), high: chipOf(item.to) };
  });
  return { kind: 'list', start, end, items: chips };
}

function blockChip(node: BlockNode): Chip {
  const { start, end } = node;
  const inner = bare(node);
  if (inner !== node) return { ...chipOf(inner), start, end, bracketed: true };
  const body = node.expressions.at(-1);
  const variables = node.expressions.slice(0, -1).map((one) => {
    if (one.kind !== 'bind' || one.variable.kind !== 'variable') return undefined;
    return { name: one.variable.name, value: chipOf(one.value) };
  });
  const named = variables.filter((one) => one !== undefined);
  if (body === undefined || named.length < variables.length) return code(node, 'does several things in a row');
  return { kind: 'scope', start, end, variables: named, body: chipOf(body), bracketed: true };
}

/** Functions that call another for each item of a list; a function written in place is shown for these. */
const iterators = new Set(['map', 'filter', 'single', 'sort', 'each', 'sift']);

function callChip(node: Extract<Expression, { kind: 'call' | 'apply' }>): Chip {
  const { start, end } = node;
  const name = node.kind === 'apply' && node.right.kind === 'variable' ? node.right.name : calledName(node);
  const given = argumentsOf(node) ?? (node.kind === 'apply' ? [node.left] : []);
  if (name === undefined || name === '') {
    return code(node, (node.kind === 'apply' && reasons[node.right.kind]) || 'calls a function that is made in place');
  }
  if (name === 'reduce' || name === 'eval') return code(node, `uses $${name}`);
  const [first, ...rest] = given;
  const aggregate = aggregates.find((one) => one === name);
  if (aggregate !== undefined && first !== undefined && rest.length <= 1) return aggregateChip(node, aggregate, first, rest[0]);
  const chips = rest.map((one) => (iterators.has(name) ? argumentChip(one) : chipOf(one)));
  const stage: FunctionStage = { name, arguments: chips, start: node.kind === 'apply' ? node.right.start : start, end };
  if (first === undefined) return { kind: 'pipeline', start, end, stages: [stage] };
  const input = chipOf(first);
  if (input.kind !== 'pipeline' || input.bracketed) return { kind: 'pipeline', start, end, input, stages: [stage] };
  return { ...input, start, end, stages: [...input.stages, stage] };
}

function argumentChip(node: Expression): Chip {
  if (node.kind !== 'lambda') return chipOf(node);
  return { kind: 'lambda', start: node.start, end: node.end, parameters: parametersOf(node), body: chipOf(node.body) };
}

function aggregateChip({ start, end }: Expression, name: Aggregate, first: Expression, second: Expression | undefined): Chip {
  const list = chipOf(first);
  const parts = list.kind === 'each' && !list.bracketed ? { list: list.list, each: list.body } : { list };
  return { kind: 'aggregate', start, end, function: name, ...parts, ...(second ? { separator: chipOf(second) } : {}) };
}
