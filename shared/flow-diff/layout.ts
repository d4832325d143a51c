import type { Flow } from '../flow.ts';
import { counted, type FlowChange, listed } from './change.ts';
import { same } from './values.ts';

/** How the drawing of two flows differs, in one sentence; nothing where it does not. Nodes that came or went do not count. */
export function diffLayout(before: Flow, after: Flow): FlowChange[] {
  const parts: string[] = [];
  const kept = after.nodes.filter(({ id }) => before.nodes.some((node) => node.id === id)).map(({ id }) => id);
  const moved = kept.filter((id) => !same(before.layout.positions[id], after.layout.positions[id])).length;
  if (moved > 0) parts.push(`${counted(moved, 'node')} moved`);
  const groups = countItems(before.layout.groups, after.layout.groups);
  if (groups > 0) parts.push(`${counted(groups, 'group')} changed`);
  const notes = countItems(before.layout.notes, after.layout.notes);
  if (notes > 0) parts.push(`${counted(notes, 'note')} on the canvas changed`);
  if (!same(orderOf(before, after), orderOf(after, before)) || !same(edgeOrder(before, after), edgeOrder(after, before))) {
    parts.push('another order in the file');
  }
  if (parts.length === 0 && !same(before.layout, after.layout)) {
    const came = kept.length === before.nodes.length && kept.length === after.nodes.length;
    // The places of nodes that came or went are told with the nodes.
    if (!came && same(rest(before), rest(after))) return [];
    parts.push('the drawing is stored otherwise');
  }
  if (parts.length === 0) return [];
  return [{ kind: 'moved', weight: 'drawing', place: 'Drawing', field: 'layout', sentence: listed(parts) }];
}

const rest = ({ layout: { positions: _positions, ...others } }: Flow) => others;

function countItems(before: readonly { id: string }[], after: readonly { id: string }[]): number {
  const old = new Map(before.map((item) => [item.id, item]));
  let count = 0;
  for (const item of after) {
    if (!same(old.get(item.id), item)) count++;
    old.delete(item.id);
  }
  return count + old.size;
}

function orderOf(one: Flow, other: Flow): string[] {
  const ids = new Set(other.nodes.map(({ id }) => id));
  return one.nodes.map(({ id }) => id).filter((id) => ids.has(id));
}

function edgeOrder(one: Flow, other: Flow): string[] {
  const ids = new Set(other.edges.map(({ id }) => id));
  return one.edges.map(({ id }) => id).filter((id) => ids.has(id));
}
