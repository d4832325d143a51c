import type { Expression, SyntaxNode } from '../../jsonata/syntax/tree.ts';
import { childrenOf } from '../../jsonata/syntax/tree.ts';
import type { Absence } from '../chip.ts';
import { argumentsOf, bare, calledName } from './bare.ts';

/** A value and its stand-in, in any of the forms in which they are written. */
export interface Absent {
  mode: Absence;
  value: Expression;
  fallback: Expression;
}

/** Reads `a ?? b`, `a ?: b`, `a != null ? a : b`, `$exists(a) ? a : b` and `a ? a : b`; nothing for all else. */
export function absentOf(node: Expression): Absent | undefined {
  if (node.kind === 'coalesce') return { mode: 'missing', value: node.left, fallback: node.right };
  if (node.kind === 'default') return { mode: 'empty', value: node.left, fallback: node.right };
  if (node.kind !== 'condition' || node.otherwise === undefined) return undefined;
  const { then: value, otherwise: fallback } = node;
  const test = bare(node.condition);
  if (sameCode(test, value)) return { mode: 'empty', value, fallback };
  if (test.kind === 'binary' && test.operator === '!=' && isNull(test.right) && sameCode(test.left, value)) {
    return { mode: 'missingOrNull', value, fallback };
  }
  const [tested] = argumentsOf(test) ?? [];
  if (calledName(test) === 'exists' && tested && sameCode(tested, value)) return { mode: 'missing', value, fallback };
  return undefined;
}

const isNull = (node: Expression): boolean => node.kind === 'value' && node.value === null;

/** Whether two nodes are the same expression, written with any spaces, comments and brackets. */
export function sameCode(a: Expression, b: Expression): boolean {
  return sameNode(bare(a), bare(b));
}

function sameNode(a: SyntaxNode, b: SyntaxNode): boolean {
  if (a.kind !== b.kind || labelOf(a) !== labelOf(b)) return false;
  const inA = childrenOf(a);
  const inB = childrenOf(b);
  return inA.length === inB.length && inA.every((child, i) => sameNode(child, inB[i] as SyntaxNode));
}

/** What tells apart two nodes of one kind with equal nodes below. */
function labelOf(node: SyntaxNode): string {
  switch (node.kind) {
    case 'name':
    case 'string':
    case 'number':
    case 'value':
      return String(node.value);
    case 'variable':
      return node.name;
    case 'regex':
      return `${node.pattern}/${node.flags}`;
    case 'binary':
      return node.operator;
    case 'term':
      return node.mark;
    case 'signature':
      return node.definition;
    default:
      return '';
  }
}
