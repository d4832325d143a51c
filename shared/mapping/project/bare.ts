import type { Expression } from '../../jsonata/syntax/tree.ts';

/** A node without the brackets around it. */
export function bare(node: Expression): Expression {
  let inner = node;
  while (inner.kind === 'block' && inner.expressions.length === 1) {
    const [only] = inner.expressions;
    if (only === undefined || only.kind === 'bind') break;
    inner = only;
  }
  return inner;
}

/** The fixed value that a node stands for: a literal, a list of literals, an empty object by itself; nothing for all else. */
export function literalOf(node: Expression): { value: unknown } | undefined {
  switch (node.kind) {
    case 'string':
    case 'number':
    case 'value':
      return { value: node.value };
    case 'minus':
      return node.operand.kind === 'number' ? { value: -node.operand.value } : undefined;
    case 'object':
      return node.pairs.length === 0 ? { value: {} } : undefined;
    case 'array': {
      const values: unknown[] = [];
      for (const item of node.items) {
        // Objects of a fixed list are rows, also while they are empty.
        const found = item.kind === 'range' || item.kind === 'object' ? undefined : literalOf(item);
        if (found === undefined) return undefined;
        values.push(found.value);
      }
      return { value: values };
    }
    default:
      return undefined;
  }
}

/** The name of the function that a node calls, written or behind `~>`; nothing where that is not a plain name. */
export function calledName(node: Expression): string | undefined {
  if (node.kind === 'apply') return calledName(node.right);
  if (node.kind !== 'call' || node.callee.kind !== 'variable' || node.callee.name === '') return undefined;
  return node.callee.name;
}

/** The arguments of a call, with what comes in by `~>` before them; nothing where the node is no call. */
export function argumentsOf(node: Expression): Expression[] | undefined {
  if (node.kind === 'call') return node.arguments;
  return node.kind === 'apply' && node.right.kind === 'call' ? [node.left, ...node.right.arguments] : undefined;
}

/** The names of a lambda's parameters. */
export function parametersOf(node: Extract<Expression, { kind: 'lambda' }>): string[] {
  return node.parameters.map((parameter) => (parameter.kind === 'variable' ? parameter.name : ''));
}
