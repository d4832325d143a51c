import type { Flow, FlowNode } from '#shared/flow.ts';
import { nodeName } from '#shared/node-name.ts';
import { shapeOfJsonSchema } from '#shared/shape/from-json-schema.ts';
import { unknownShape } from '#shared/shape/shape.ts';
import type { SavedTarget, TargetOrigin, TargetShape } from '#shared/target-shape.ts';
import { ApiError, api } from '../api.ts';
import { findNode, type TypeIndex } from '../editor/document.ts';
import { plural } from '../format.ts';
import { describeError } from '../ui/states.tsx';
import type { Mapper, Side } from './mapper-store.ts';

/** Node types that hand messages on as they are. */
const passing = new Set(['filter', 'switch', 'validate', 'log']);

/** The nodes behind a node that its messages reach unchanged: those that check them, and the sinks; nearest first. */
export function placesBehind(flow: Flow, node: string, types: TypeIndex): FlowNode[] {
  const seen = new Set([node]);
  const found: FlowNode[] = [];
  let row = [node];
  while (row.length > 0) {
    const next: string[] = [];
    for (const edge of flow.edges) {
      if (!row.includes(edge.from.node) || edge.from.port === 'error' || seen.has(edge.to.node)) continue;
      seen.add(edge.to.node);
      const to = findNode(flow, edge.to.node);
      if (to === undefined || to.mode === 'disabled') continue;
      const kind = types.get(to.type)?.kind;
      if (to.type === 'validate' || kind === 'sink') found.push(to);
      if (kind !== 'sink' && (passing.has(to.type) || to.mode === 'bypassed')) next.push(to.id);
    }
    row = next;
  }
  return found;
}

/** Where a target came from, for people. `nameOfNode` gives the names of nodes. */
export function originInWords(origin: TargetOrigin, nameOfNode: (node: string) => string): string {
  switch (origin.kind) {
    case 'sink':
      return origin.what;
    case 'topic':
      return `${plural(origin.messages, 'message')} in the topic ${origin.topic}`;
    case 'validate':
      return `the schema of ${nameOfNode(origin.node)}`;
    case 'schema':
      return origin.name === undefined ? 'a pasted JSON Schema' : `the JSON Schema ${origin.name}`;
    case 'sample':
      return origin.name === undefined ? 'a pasted sample' : `the sample ${origin.name}`;
    case 'openapi':
      return `${origin.operation}${origin.title === undefined ? '' : ` of ${origin.title}`}`;
  }
}

/** The node that a target can be read from again; nothing for what was pasted. */
export function rereadFrom(origin: TargetOrigin | undefined): string | undefined {
  return origin?.kind === 'sink' || origin?.kind === 'topic' || origin?.kind === 'validate' ? origin.node : undefined;
}

/** What a node behind the mapping takes. Throws what the server refuses. */
export async function readPlace(flow: Flow, node: FlowNode): Promise<TargetShape> {
  if (node.type !== 'validate') return api.readTarget(flow.id, node.id);
  return { origin: { kind: 'validate', node: node.id }, shape: shapeOfJsonSchema(node.config.schema) };
}

/** Where a target came from, with the names that the nodes have now. */
export function wordsOfOrigin(mapper: Mapper, origin: TargetOrigin): string {
  const { types } = mapper.editor.getState();
  const name = (id: string): string => {
    const node = findNode(mapper.editor.flow(), id);
    return node === undefined ? 'a node that is gone' : nodeName(node, types);
  };
  return originInWords(origin, name);
}

function sideOf(mapper: Mapper, { origin, shape }: TargetShape, saved?: SavedTarget): Side {
  const words = wordsOfOrigin(mapper, origin);
  return {
    state: 'ready',
    shape,
    origin,
    from: saved === undefined ? `guessed: ${words}` : words,
    ...(saved === undefined ? {} : { saved: { at: saved.savedAt, by: saved.savedBy } }),
  };
}

/**
 * Fills the target of a mapper: what was laid down, else what the first place behind the node says by itself, as a guess that is
 * not kept. With `ask` false nothing is asked of the outside.
 */
export async function loadTarget(mapper: Mapper, ask: boolean): Promise<void> {
  const flow = mapper.editor.flow();
  try {
    const { target } = await api.target(flow.id, mapper.node);
    if (target !== null) {
      mapper.set({ target: sideOf(mapper, target, target) });
      return;
    }
  } catch (error) {
    mapper.set({ target: { state: 'failed', shape: unknownShape, from: '', reason: describeError(error).message } });
    return;
  }
  let reason: string | undefined;
  for (const place of ask ? placesBehind(flow, mapper.node, mapper.editor.getState().types) : []) {
    try {
      const found = await readPlace(flow, place);
      // Meanwhile somebody may have chosen another.
      if (mapper.getState().target.saved === undefined) mapper.set({ target: sideOf(mapper, found) });
      return;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      reason ??= error.message;
    }
  }
  mapper.set({ target: { state: 'ready', shape: unknownShape, from: '', ...(reason === undefined ? {} : { reason }) } });
}

/** Lays a target down for the mapper's node. Throws what the server refuses. */
export async function keepTarget(mapper: Mapper, found: TargetShape): Promise<void> {
  const { target } = await api.setTarget(mapper.editor.flow().id, mapper.node, found);
  mapper.set({ target: sideOf(mapper, target, target) });
}

/** Forgets what was laid down and guesses again. */
export async function forgetTarget(mapper: Mapper): Promise<void> {
  await api.deleteTarget(mapper.editor.flow().id, mapper.node);
  mapper.set({ target: { state: 'loading', shape: unknownShape, from: '' } });
  await loadTarget(mapper, true);
}
