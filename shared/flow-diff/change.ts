/** What happened to something: a node, a connection, a setting, a row of a mapping. */
export type ChangeKind = 'added' | 'removed' | 'changed' | 'moved';

/**
 * How much a change matters. `logic`: the flow may run otherwise. `words`: names, notes, remarks, the way an expression
 * is written. `drawing`: places on the canvas.
 */
export type ChangeWeight = 'logic' | 'words' | 'drawing';

/** One difference between two flows, in words. The whole sentence is {@link changeText}. */
export interface FlowChange {
  kind: ChangeKind;
  weight: ChangeWeight;
  /** What happened, without the place. */
  sentence: string;
  /** What people call the node, or the part of the flow (`Settings`); absent for the flow itself. */
  place?: string;
  /** The setting of the node or flow, as its form calls it. */
  label?: string;
  /** The place of the result that a row of a mapping fills: `customer.name`. */
  row?: string;
  /** Id of the node: in the later flow, or in the earlier one where it was removed. */
  node?: string;
  /** Path in the node (`config.cases.0.when`, `mode`), or in the flow where there is no node (`settings.partitions`). */
  field?: string;
  /** The connections that it is about, as {@link edgeKey} names them. */
  edges?: string[];
  /** What stood there and what stands there now, for people: a value, a rule, a whole text. */
  before?: string;
  after?: string;
}

/** The whole of a change in one line: `Order to row: customer.name: was first, now last`. */
export function changeText({ place, label, row, sentence }: FlowChange): string {
  return [place, label, row, sentence].filter((part) => part !== undefined && part !== '').join(': ');
}

/** Names a connection by its ends: edge ids have no meaning. */
export function edgeKey(edge: { from: { node: string; port: string }; to: { node: string; port: string } }): string {
  return `${edge.from.node}.${edge.from.port}>${edge.to.node}.${edge.to.port}`;
}

/** A text for a sentence: in one line, cut where it is longer than `most` characters. */
export function cut(text: string, most = 80): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= most ? line : `${line.slice(0, most - 1).trimEnd()}…`;
}

/** A text in quotes, cut. */
export function quoted(text: string, most = 60): string {
  return `“${cut(text, most)}”`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(parts: readonly string[], word = 'and'): string {
  if (parts.length < 2) return parts[0] ?? '';
  return `${parts.slice(0, -1).join(', ')} ${word} ${parts.at(-1)}`;
}

/** `1 node`, `3 nodes`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
