import { z } from 'zod';
import { type Flow, flowEdgeSchema, flowNodeSchema } from '#shared/flow.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { grid, isTaken, newId, type Point, positionOf, type Random, snap } from './document.ts';

/**
 * The clipboard is JSON text with a mark and a version, so it works across flows, tabs and installations. Configs name
 * secrets and never hold them, so none can leave this way.
 */

const mark = 'millrace/nodes';

const clipSchema = z.object({
  type: z.literal(mark),
  version: z.literal(1),
  nodes: z.array(flowNodeSchema).max(500),
  edges: z.array(flowEdgeSchema).max(2000),
  positions: z.record(z.string(), z.object({ x: z.number(), y: z.number() })),
  groups: z.array(z.looseObject({ id: z.string(), title: z.string(), nodes: z.array(z.string()) })).default([]),
});

/** What a copy holds. */
export type Clip = z.infer<typeof clipSchema>;

/** The clipboard text of the given nodes, with the edges among them and the groups wholly inside. */
export function copyNodes(flow: Flow, ids: readonly string[]): string {
  const chosen = new Set(ids);
  const clip: Clip = {
    type: mark,
    version: 1,
    nodes: flow.nodes.filter((node) => chosen.has(node.id)),
    edges: flow.edges.filter((edge) => chosen.has(edge.from.node) && chosen.has(edge.to.node)),
    positions: Object.fromEntries(ids.map((id) => [id, positionOf(flow, id)])),
    groups: flow.layout.groups.filter((group) => group.nodes.every((id) => chosen.has(id))),
  };
  return stringifyJson(clip, 2) ?? '';
}

/** Reads clipboard text; undefined when it is something else. */
export function readClip(text: string): Clip | undefined {
  if (!text.includes(mark)) return undefined;
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const result = clipSchema.safeParse(value);
  return result.success ? result.data : undefined;
}

/**
 * Adds copied nodes under new ids, inner edges and groups kept. Their upper left corner lands at `at`; without it they
 * land two grid steps beside where they were. Node types that are unknown here come along unchanged.
 */
export function paste(flow: Flow, clip: Clip, at?: Point, random?: Random): { flow: Flow; nodes: string[] } {
  if (clip.nodes.length === 0) return { flow, nodes: [] };
  const known = isTaken(flow);
  const given = new Set<string>();
  const fresh = (old: string) => {
    const id = newId(old.replace(/-[a-z0-9]{4}$/, ''), (candidate) => known(candidate) || given.has(candidate), random);
    given.add(id);
    return id;
  };
  const ids = new Map(clip.nodes.map((node) => [node.id, fresh(node.id)]));
  const places = clip.nodes.map((node) => clip.positions[node.id] ?? { x: 0, y: 0 });
  const corner = { x: Math.min(...places.map((place) => place.x)), y: Math.min(...places.map((place) => place.y)) };
  const shift = at === undefined ? { x: grid * 2, y: grid * 2 } : { x: snap(at).x - corner.x, y: snap(at).y - corner.y };
  const positions: Record<string, Point> = {};
  for (const [old, id] of ids) {
    const from = clip.positions[old] ?? { x: 0, y: 0 };
    positions[id] = { x: from.x + shift.x, y: from.y + shift.y };
  }
  const renamed = (id: string) => ids.get(id) ?? id;
  return {
    nodes: [...ids.values()],
    flow: {
      ...flow,
      nodes: [...flow.nodes, ...clip.nodes.map((node) => ({ ...node, id: renamed(node.id) }))],
      edges: [
        ...flow.edges,
        ...clip.edges
          .filter((edge) => ids.has(edge.from.node) && ids.has(edge.to.node))
          .map((edge) => ({
            ...edge,
            id: fresh('e'),
            from: { ...edge.from, node: renamed(edge.from.node) },
            to: { ...edge.to, node: renamed(edge.to.node) },
          })),
      ],
      layout: {
        ...flow.layout,
        positions: { ...flow.layout.positions, ...positions },
        groups:
          clip.groups.length === 0
            ? flow.layout.groups
            : [
                ...flow.layout.groups,
                ...clip.groups.map((group) => ({
                  ...group,
                  id: fresh('group'),
                  nodes: group.nodes.filter((id) => ids.has(id)).map(renamed),
                })),
              ],
      },
    },
  };
}
