import { isBare, type Node, part } from '../ast.ts';
import { literalKey } from './key.ts';
import { sameText } from './node.ts';

/**
 * What becomes of a node when its value goes to the output and nowhere else: `object` and `list` are written piece by
 * piece, `items` are objects that a path makes one after the other; `block` and `condition` hand on what stands in
 * them; `names` is a path of field names, whose value may be copied. Everything else is worked out and then written.
 */
export type Written = 'object' | 'list' | 'items' | 'block' | 'condition' | 'names' | 'value';

export function writtenAs(node: Node): Written {
  if (!isBare(node)) return 'value';
  if (node.type === 'path') return writtenPath(node);
  if (node.keepArray) return 'value';
  switch (node.type) {
    case 'unary':
      if (node.value === '[') return 'list';
      return node.value === '{' && (node.lhs as [Node, Node][]).every(([key]) => literalKey(key) !== undefined) ? 'object' : 'value';
    case 'block':
      return part(node.expressions).length > 0 ? 'block' : 'value';
    case 'condition':
      return isDefault(node) ? 'value' : 'condition';
    default:
      return 'value';
  }
}

/** `??` and `?:`, which the parser makes conditions of their left side. */
function isDefault(node: Node): boolean {
  const [test, yes] = [part(node.condition), part(node.then)];
  return sameText(test, yes) || (test.arguments?.[0] !== undefined && sameText(test.arguments[0], yes));
}

function writtenPath(node: Node): Written {
  const steps = part(node.steps);
  const last = steps.at(-1);
  if (node.tuple || node.keepArray || last === undefined) return 'value';
  if (steps.length === 1 && last.type !== 'name') return 'value';
  if (last.type === 'unary' && last.value === '{' && last.stages === undefined && !last.tuple && writtenAs(last) === 'object')
    return 'items';
  const plain = steps.every(
    (step, i) =>
      (step.type === 'name' || (i === 0 && steps.length > 1 && (step.type === 'variable' || step.type === 'parent'))) &&
      !step.tuple &&
      step.stages === undefined &&
      isBare(step),
  );
  return plain && !node.keepSingletonArray ? 'names' : 'value';
}

/** The values of object constructors in the output that a path of field names copies. */
export function copiesIn(node: Node, found: Set<Node> = new Set()): Set<Node> {
  switch (writtenAs(node)) {
    case 'object':
      for (const [, value] of node.lhs as [Node, Node][]) {
        if (writtenAs(value) === 'names') found.add(value);
        else copiesIn(value, found);
      }
      break;
    case 'list':
      for (const item of part(node.expressions)) if (writtenAs(item) !== 'names') copiesIn(item, found);
      break;
    case 'items':
      copiesIn(part(part(node.steps).at(-1)), found);
      break;
    case 'block':
      copiesIn(part(part(node.expressions).at(-1)), found);
      break;
    case 'condition':
      for (const branch of [node.then, node.else]) if (branch !== undefined && writtenAs(branch) !== 'names') copiesIn(branch, found);
      break;
    default:
  }
  return found;
}
