import type { Flow, FlowNode } from '#shared/flow.ts';
import { stringifyJson } from '#shared/json.ts';
import { defaultConfig, type NodeTypeInfo } from '#shared/node-type.ts';

/**
 * Pure edits of the flow document. Every function gives a new document that shares all untouched parts with the old
 * one, or the very same object when nothing changed; so history may keep old documents for the price of the difference.
 */

/** Node types by name. */
export type TypeIndex = ReadonlyMap<string, NodeTypeInfo>;

/** A place on the canvas, in canvas pixels: the upper left corner of a card. */
export interface Point {
  x: number;
  y: number;
}

/** Gives the next number from 0 (inclusive) to 1; replaced in tests so that ids repeat. */
export type Random = () => number;

/** Pixels of the canvas grid. */
export const grid = 16;

/** The grid point nearest to a place. */
export function snap(point: Point): Point {
  return { x: Math.round(point.x / grid) * grid, y: Math.round(point.y / grid) * grid };
}

/**
 * A new id such as `crm-k3f9`: readable, because it stands in topic names, and never one used before, because a topic
 * or consumer group of a removed node must not be inherited by a new one that happens to be called the same.
 */
export function newId(base: string, taken: (id: string) => boolean, random: Random = Math.random): string {
  const slug =
    base
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40)
      .replace(/-+$/, '') || 'node';
  for (;;) {
    const tail = Math.floor(random() * 36 ** 4)
      .toString(36)
      .padStart(4, '0');
    const id = `${slug}-${tail}`;
    if (!taken(id)) return id;
  }
}

/** True when a node, edge, note or group of the document has this id. */
export function isTaken(flow: Flow): (id: string) => boolean {
  const ids = new Set<string>();
  for (const part of [flow.nodes, flow.edges, flow.layout.notes, flow.layout.groups]) for (const { id } of part) ids.add(id);
  return (id) => ids.has(id);
}

/** The node with this id, if there is one. */
export function findNode(flow: Flow, id: string | undefined): FlowNode | undefined {
  return id === undefined ? undefined : flow.nodes.find((node) => node.id === id);
}

/** Where a node stands; the origin when the layout does not say. */
export function positionOf(flow: Flow, id: string): Point {
  return flow.layout.positions[id] ?? { x: 0, y: 0 };
}

/** A document with one more node, and the new node's id. */
export function addNode(flow: Flow, type: NodeTypeInfo, at: Point, random?: Random): { flow: Flow; node: string } {
  const id = newId(type.title, isTaken(flow), random);
  const node: FlowNode = { id, type: type.type, version: type.version, label: '', config: defaultConfig(type) };
  return { flow: { ...place(flow, { [id]: snap(at) }), nodes: [...flow.nodes, node] }, node: id };
}

/** Removes nodes with their edges, positions and places in groups, and single edges. */
export function remove(flow: Flow, nodes: readonly string[], edges: readonly string[] = []): Flow {
  const goneNodes = new Set(nodes.filter((id) => flow.nodes.some((node) => node.id === id)));
  const goneEdges = new Set(edges.filter((id) => flow.edges.some((edge) => edge.id === id)));
  if (goneNodes.size === 0 && goneEdges.size === 0) return flow;
  const touches = (end: { node: string }) => goneNodes.has(end.node);
  const left = flow.edges.filter((edge) => !goneEdges.has(edge.id) && !touches(edge.from) && !touches(edge.to));
  return {
    ...flow,
    nodes: goneNodes.size === 0 ? flow.nodes : flow.nodes.filter((node) => !goneNodes.has(node.id)),
    edges: left,
    layout: goneNodes.size === 0 ? flow.layout : withoutPlaces(flow.layout, goneNodes),
  };
}

function withoutPlaces(layout: Flow['layout'], gone: ReadonlySet<string>): Flow['layout'] {
  const positions = Object.fromEntries(Object.entries(layout.positions).filter(([id]) => !gone.has(id)));
  const groups = layout.groups
    .map((group) => (group.nodes.some((id) => gone.has(id)) ? { ...group, nodes: group.nodes.filter((id) => !gone.has(id)) } : group))
    .filter((group) => group.nodes.length > 0);
  return {
    ...layout,
    positions,
    groups: groups.length === layout.groups.length && groups.every((g, i) => g === layout.groups[i]) ? layout.groups : groups,
  };
}

/** Puts nodes at places, as they are; the ones not named stay. */
export function place(flow: Flow, places: Readonly<Record<string, Point>>): Flow {
  const moved = Object.entries(places).filter(([id, to]) => {
    const from = flow.layout.positions[id];
    return from === undefined || from.x !== to.x || from.y !== to.y;
  });
  if (moved.length === 0) return flow;
  const next = Object.fromEntries(moved.map(([id, to]) => [id, { x: to.x, y: to.y }]));
  return { ...flow, layout: { ...flow.layout, positions: { ...flow.layout.positions, ...next } } };
}

/** Moves nodes by a distance in canvas pixels. */
export function moveBy(flow: Flow, nodes: readonly string[], by: Point): Flow {
  if (by.x === 0 && by.y === 0) return flow;
  const places: Record<string, Point> = {};
  for (const id of nodes) {
    if (findNode(flow, id) === undefined) continue;
    const from = positionOf(flow, id);
    places[id] = { x: from.x + by.x, y: from.y + by.y };
  }
  return place(flow, places);
}

/** The document with one node changed; the same document when the change gives the node back as it was. */
export function changeNode(flow: Flow, id: string, change: (node: FlowNode) => FlowNode): Flow {
  let changed = false;
  const nodes = flow.nodes.map((node) => {
    if (node.id !== id) return node;
    const next = change(node);
    changed ||= next !== node;
    return next;
  });
  return changed ? { ...flow, nodes } : flow;
}

/** Gives a node another label, at most 120 characters. The id stays: topics and consumer groups hang on it. */
export function rename(flow: Flow, id: string, label: string): Flow {
  const text = label.slice(0, 120);
  return changeNode(flow, id, (node) => (node.label === text ? node : { ...node, label: text }));
}

/** Sets a node's note; an empty one is removed. */
export function setNote(flow: Flow, id: string, note: string): Flow {
  return changeNode(flow, id, (node) => {
    if ((node.note ?? '') === note) return node;
    const { note: _old, ...rest } = node;
    return note === '' ? (rest as FlowNode) : { ...node, note: note.slice(0, 4000) };
  });
}

/** Sets what happens to a message that the node cannot process; `undefined` leaves it to the flow. */
export function setOnError(flow: Flow, id: string, onError: FlowNode['onError']): Flow {
  return changeNode(flow, id, (node) => {
    if (node.onError === onError) return node;
    const { onError: _old, ...rest } = node;
    return onError === undefined ? (rest as FlowNode) : { ...node, onError };
  });
}

/** Sets how long a sink is tried again, and what then; `undefined` is as usual. */
export function setRetry(flow: Flow, id: string, retry: FlowNode['retry']): Flow {
  return changeNode(flow, id, (node) => {
    const { retry: _old, ...rest } = node;
    return retry === undefined ? (rest as FlowNode) : { ...node, retry: { ...node.retry, ...retry } };
  });
}

/** Sets one field of a node's config; `undefined` removes the field. */
export function setConfig(flow: Flow, id: string, field: string, value: unknown): Flow {
  return changeNode(flow, id, (node) => {
    if (Object.is(node.config[field], value) && (value !== undefined || !(field in node.config))) return node;
    const config = { ...node.config };
    if (value === undefined) delete config[field];
    else config[field] = value;
    return { ...node, config };
  });
}

/** Disables or bypasses nodes, or makes them active again (`undefined`). */
export function setMode(flow: Flow, ids: readonly string[], mode: FlowNode['mode'] | undefined): Flow {
  return ids.reduce(
    (doc, id) =>
      changeNode(doc, id, (node) => {
        if (node.mode === mode) return node;
        const { mode: _old, ...rest } = node;
        return mode === undefined ? (rest as FlowNode) : { ...node, mode };
      }),
    flow,
  );
}

/** What a mode key does to nodes: sets the mode on all, or takes it off when all of them have it. */
export function toggleMode(flow: Flow, ids: readonly string[], mode: 'disabled' | 'bypassed'): Flow {
  const all = ids.every((id) => findNode(flow, id)?.mode === mode);
  return setMode(flow, ids, all ? undefined : mode);
}

/** Renames the flow; an empty name changes nothing. */
export function renameFlow(flow: Flow, name: string): Flow {
  const text = name.trim().slice(0, 120);
  return text === '' || text === flow.name ? flow : { ...flow, name: text };
}

/** True when both documents say the same, apart from the drawing (positions, groups, notes). */
export function sameLogic(a: Flow, b: Flow): boolean {
  if (a === b) return true;
  const logic = ({ layout: _layout, ...rest }: Flow) => stringifyJson(rest);
  return logic(a) === logic(b);
}
