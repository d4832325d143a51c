import { type Node, part } from '../ast.ts';
import { ExpressionError } from '../error.ts';

/** What a `%` looks for: the step `level` levels up, which gets `label`. */
export interface ParentSlot {
  label: string;
  level: number;
  /** Its number among the `%` of the expression. */
  index: number;
}

/** A node of the package's tree with the marks that its passes leave on it. */
export interface PackageNode extends Node {
  /** The `%` below that have not met their step yet. */
  seekingParent?: ParentSlot[];
  slot?: ParentSlot;
  ancestor?: ParentSlot;
  steps?: PackageNode[];
  expressions?: PackageNode[];
}

/** All `%` of the expression so far, in the order in which they were met. */
export type Ancestry = PackageNode[];

/** A new `%`. */
export function parentNode(ancestry: Ancestry): PackageNode {
  const index = ancestry.length;
  const node: PackageNode = { type: 'parent', slot: { label: `!${index}`, level: 1, index } };
  ancestry.push(node);
  return node;
}

/** Climbs from a node by what it is; a slot at level 0 has found its step. @throws ExpressionError S0217 */
export function seekParent(ancestry: Ancestry, node: PackageNode, wanted: ParentSlot): ParentSlot {
  let slot = wanted;
  switch (node.type) {
    case 'name':
    case 'wildcard':
      slot.level--;
      if (slot.level === 0) bindSlot(ancestry, node, slot);
      return slot;
    case 'parent':
      slot.level++;
      return slot;
    case 'block': {
      const last = node.expressions?.at(-1);
      if (last === undefined) return slot;
      node.tuple = true;
      return seekParent(ancestry, last, slot);
    }
    case 'path': {
      node.tuple = true;
      const steps = part(node.steps);
      let at = steps.length - 1;
      slot = seekParent(ancestry, part(steps[at--]), slot);
      while (slot.level > 0 && at >= 0) slot = seekParent(ancestry, part(steps[at--]), slot);
      return slot;
    }
    default:
      throw new ExpressionError('S0217', { token: node.type, ...(node.position === undefined ? {} : { position: node.position }) });
  }
}

/** Two `%` that mean the same step share its label. */
function bindSlot(ancestry: Ancestry, node: PackageNode, slot: ParentSlot): void {
  if (node.ancestor !== undefined) part(part(ancestry[slot.index]).slot).label = node.ancestor.label;
  node.ancestor = slot;
  node.tuple = true;
}

/** Hands the open `%` of a part on to the whole. */
export function pushAncestry(whole: PackageNode, from: PackageNode): void {
  if (from.seekingParent === undefined && from.type !== 'parent') return;
  const slots = from.seekingParent ?? [];
  if (from.type === 'parent') slots.push(part(from.slot));
  if (whole.seekingParent === undefined) whole.seekingParent = slots;
  else whole.seekingParent.push(...slots);
}

/** Binds the open `%` of a path's last step to the steps before it; what finds none stays open on the path. */
export function resolveAncestry(ancestry: Ancestry, path: PackageNode): void {
  const steps = part(path.steps);
  const last = part(steps.at(-1));
  const slots = last.seekingParent ?? [];
  if (last.type === 'parent') slots.push(part(last.slot));
  // The list may grow while it is walked, when the path's own list is the step's.
  for (let i = 0; i < slots.length; i++) {
    let slot = part(slots[i]);
    let at = steps.length - 2;
    while (slot.level > 0) {
      if (at < 0) {
        if (path.seekingParent === undefined) path.seekingParent = [slot];
        else path.seekingParent.push(slot);
        break;
      }
      let step = part(steps[at--]);
      // Steps that bind their focus one after the other count as one.
      while (at >= 0 && step.focus !== undefined && steps[at]?.focus !== undefined) step = part(steps[at--]);
      slot = seekParent(ancestry, step, slot);
    }
  }
}
