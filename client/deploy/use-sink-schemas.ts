import type { Flow, FlowNode } from '#shared/flow.ts';
import { problemsOf } from '#shared/mapping/checks.ts';
import { viewOf } from '#shared/mapping/view.ts';
import { nodeNames } from '#shared/node-name.ts';
import type { Catalog } from '#shared/node-type.ts';
import { unknownShape } from '#shared/shape/shape.ts';
import type { SavedTarget } from '#shared/target-shape.ts';
import { api } from '../api.ts';
import { useLoad } from '../load.ts';
import type { Level } from '../ui/status.tsx';

/** How what is made for a sink fits what the sink wants, as far as that is known. */
export interface SinkSchema {
  node: string;
  label: string;
  level: Level;
  sentence: string;
  /** Nobody has said what it wants, or what is made for it cannot be read off. */
  checked: boolean;
}

/** Undefined while it is being found out. */
export type SinkSchemas = SinkSchema[] | undefined;

/** Holds the mapping before each sink against the shape that was laid down for it. */
export function useSinkSchemas(flow: Flow): SinkSchemas {
  const { data } = useLoad(
    async () => {
      const catalog = await api.nodeTypes();
      const mappings = [...new Set(sinksOf(flow, catalog).flatMap((sink) => mappingBefore(flow, sink.id) ?? []))];
      const targets = await Promise.all(mappings.map(async (node) => [node.id, (await api.target(flow.id, node.id)).target] as const));
      return sinkSchemas(flow, catalog, new Map(targets));
    },
    JSON.stringify([flow.id, flow.nodes, flow.edges]),
  );
  return data;
}

/** The verdict on every sink that is on, in the order of the flow. Pure. */
export function sinkSchemas(flow: Flow, catalog: Catalog, targets: ReadonlyMap<string, SavedTarget | null>): SinkSchema[] {
  const nameOf = nodeNames(flow.nodes, new Map(catalog.types.map((type) => [type.type, type])));
  return sinksOf(flow, catalog).map((sink): SinkSchema => {
    const base = { node: sink.id, label: nameOf(sink.id) };
    const mapping = mappingBefore(flow, sink.id);
    if (!mapping) return { ...base, level: 'off', checked: false, sentence: 'Not checked: no mapping makes what it gets.' };
    const target = targets.get(mapping.id);
    const name = nameOf(mapping.id);
    if (!target) return { ...base, level: 'off', checked: false, sentence: `Not checked: nobody has said what “${name}” must make.` };
    const view = viewOf(String(mapping.config.expression ?? ''));
    if (!view.ok) return { ...base, level: 'off', checked: false, sentence: `Not checked: the mapping “${name}” does not parse.` };
    // What comes in is not known here, so only what is made counts.
    const found = problemsOf(view, { source: unknownShape, target: target.shape, counts: new Map() }).filter(
      ({ code }) => code !== 'unknown-source',
    );
    const [first] = found;
    if (!first) return { ...base, level: 'ok', checked: true, sentence: `“${name}” makes what is asked for.` };
    const more = found.length > 1 ? ` And ${found.length - 1} more.` : '';
    return { ...base, level: first.level, checked: true, sentence: `${first.message}${more}` };
  });
}

/** All sinks in one tile. */
export function schemaWords(schemas: SinkSchemas): { level: Level; title: string; detail: string } {
  if (schemas === undefined) return { level: 'info', title: 'Sink schemas', detail: 'looking' };
  const checked = schemas.filter((one) => one.checked);
  const good = checked.filter(({ level }) => level === 'ok').length;
  const open = schemas.length - checked.length;
  if (schemas.length === 0) return { level: 'off', title: 'Sink schemas', detail: 'no sinks' };
  if (checked.length === 0) return { level: 'off', title: 'Sink schemas', detail: 'Not checked: no schema is known.' };
  const level = checked.some((one) => one.level === 'error') ? 'error' : good < checked.length ? 'warning' : 'ok';
  const rest = open > 0 ? ` ${open} not checked.` : '';
  const detail = good === checked.length ? (open > 0 ? 'compatible.' : 'All compatible.') : `${checked.length - good} do not fit.`;
  return { level, title: `Sink schemas ${good}/${checked.length}`, detail: `${detail.charAt(0).toUpperCase()}${detail.slice(1)}${rest}` };
}

function sinksOf(flow: Flow, catalog: Catalog): FlowNode[] {
  const kinds = new Map(catalog.types.map(({ type, kind }) => [type, kind]));
  return flow.nodes.filter((node) => kinds.get(node.type) === 'sink' && node.mode === undefined);
}

/** The nearest mapping on the way to a node, where there is one way and what stands between passes values on. */
function mappingBefore(flow: Flow, id: string): FlowNode | undefined {
  const passes = new Set(['filter', 'switch', 'validate']);
  for (let at = id, steps = 0; steps < flow.nodes.length; steps++) {
    const before = [...new Set(flow.edges.filter((edge) => edge.to.node === at).map((edge) => edge.from.node))];
    const node = before.length === 1 ? flow.nodes.find((one) => one.id === before[0]) : undefined;
    if (!node) return undefined;
    if (node.type === 'map' && node.mode === undefined) return node;
    if (!passes.has(node.type) && node.mode === undefined) return undefined;
    at = node.id;
  }
  return undefined;
}
