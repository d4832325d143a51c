import type { SyntaxNode } from './tree.ts';

/**
 * The position that errors about a node carry: the end of the one token that makes it what it is, such as its operator,
 * its opening bracket, or the whole of a name or literal.
 */
export function positionOf(node: SyntaxNode): number {
  switch (node.kind) {
    case 'keep':
      return positionOf(node.target);
    case 'path':
      return (node.dots.at(-1) ?? node.start) + 1;
    case 'filter':
    case 'group':
    case 'call':
    case 'partial':
    case 'lambda':
    case 'block':
    case 'array':
    case 'object':
    case 'transform':
      return node.open + 1;
    case 'sort':
    case 'focus':
    case 'index':
      return node.operator + 1;
    case 'apply':
    case 'bind':
    case 'default':
    case 'coalesce':
    case 'range':
      return node.operator + 2;
    case 'condition':
      return node.question + 1;
    case 'binary':
      return node.at + node.operator.length;
    case 'pair':
      return node.colon + 1;
    case 'minus':
    case 'signature':
      return node.start + 1;
    case 'term':
      return positionOf(node.expression);
    default:
      return node.end;
  }
}

/** The token at {@link positionOf} a node, as error texts quote it. */
export function tokenOf(text: string, node: SyntaxNode): string {
  if (node.kind === 'keep') return tokenOf(text, node.target);
  if (node.kind === 'name' || node.kind === 'string') return node.value;
  if (node.kind === 'variable') return node.name;
  const end = positionOf(node);
  if (end === node.end) return text.slice(node.start, end);
  if (node.kind === 'binary') return node.operator;
  const two = node.kind === 'apply' || node.kind === 'bind' || node.kind === 'default' || node.kind === 'coalesce';
  return text.slice(two ? end - 2 : end - 1, end);
}
