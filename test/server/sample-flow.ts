import { describeType, type LoadedCatalog, loadCatalog } from '#server/catalog.ts';
import { defineNode, type NodeType, z } from '#server/sdk.ts';
import { upgradeFlow } from '#shared/document.ts';
import type { Flow } from '#shared/flow.ts';

const nothing = { write: async () => undefined };

/** Sources and sinks that reach nothing outside, for tests of the document side. */
const hook = defineNode({
  type: 'test.hook',
  version: 1,
  kind: 'source',
  title: 'Hook',
  summary: 'Takes requests',
  category: 'Test',
  icon: 'webhook',
  unique: { field: 'path', what: 'path' },
  config: z.object({
    path: z.string().min(1).meta({ label: 'Path' }),
    maxBytes: z.number().int().min(1).max(50_000_000).default(1_000_000).meta({ label: 'Size limit' }),
  }),
  hook: ({ path, maxBytes }) => ({ method: 'POST', path, maxBytes }),
  create: () => ({}),
});
const sink = defineNode({
  type: 'test.sink',
  version: 1,
  kind: 'sink',
  title: 'Sink',
  summary: 'Writes somewhere',
  category: 'Test',
  icon: 'log',
  guarantee: { field: 'mode', cases: { upsert: 'upsert' }, otherwise: 'none' },
  config: z.object({
    mode: z
      .enum(['upsert', 'append'])
      .default('append')
      .meta({ label: 'Mode', enumLabels: { upsert: 'Upsert', append: 'Append' } }),
  }),
  create: () => nothing,
});
const topicConfig = z.object({ topic: z.string().min(1).meta({ label: 'Topic', widget: 'topic' }), create: z.number().int().optional() });
const use = ({ topic, create }: z.output<typeof topicConfig>) => ({
  topic,
  ...(create === undefined ? {} : { create: { partitions: create } }),
});
const topicSource = defineNode({
  type: 'test.topic-in',
  version: 1,
  kind: 'source',
  title: 'Topic',
  summary: 'Reads a topic',
  category: 'Test',
  icon: 'topic',
  config: topicConfig,
  topic: { field: 'topic', use },
});
const topicSink = defineNode({
  type: 'test.topic-out',
  version: 1,
  kind: 'sink',
  title: 'Topic',
  summary: 'Writes a topic',
  category: 'Test',
  icon: 'topic',
  config: topicConfig,
  topic: { field: 'topic', use },
  create: () => ({ record: ({ key, headers }) => ({ topic: 't', key, value: null, headers }) }),
});
/** Version 2 of a transform whose first version called its field `old`. */
const renamed = defineNode({
  type: 'test.renamed',
  version: 2,
  kind: 'transform',
  title: 'Renamed',
  summary: 'Was changed once',
  category: 'Test',
  icon: 'map',
  config: z.object({ fresh: z.string().min(1).meta({ label: 'Fresh' }) }),
  upgrade: ({ old, ...rest }) => {
    if (old === 'broken') throw new Error('cannot read the old settings');
    return { ...rest, fresh: old };
  },
  create: () => ({ process: (message, emit) => emit(message) }),
});

/** The built-in transforms and the types above. */
export async function sampleCatalog(): Promise<LoadedCatalog> {
  const { catalog, types } = await loadCatalog({ only: ['map', 'filter', 'switch', 'split', 'validate'] });
  const own = [hook, sink, topicSource, topicSink, renamed] as readonly unknown[] as readonly NodeType[];
  return {
    catalog: { ...catalog, types: [...catalog.types, ...own.map(describeType)] },
    types: new Map([...types, ...own.map((type) => [type.type, type] as const)]),
  };
}

/** `a.out>b` as an edge from port out of a to the input of b; the port may be left out. */
export function edges(...lines: string[]): object[] {
  return lines.map((line, at) => {
    const [from = '', to = ''] = line.split('>');
    const [node = '', port = 'out'] = from.split('.');
    return { id: `e${at + 1}`, from: { node, port }, to: { node: to, port: 'in' } };
  });
}

/** A flow of the parts given; throws when they are no flow. */
export function flowOf(parts: { nodes: object[]; edges?: object[]; settings?: object; [key: string]: unknown }): Flow {
  const result = upgradeFlow({ format: 1, id: 'shop', name: 'Shop', ...parts });
  if (result.flow === undefined) throw new Error(result.problems.map(({ message }) => message).join(' '));
  return result.flow;
}

/** Hook → map → sink and topic: a flow with nothing wrong. */
export function goodFlow(change: Record<string, unknown> = {}): Flow {
  return flowOf({
    nodes: [
      { id: 'in', type: 'test.hook', label: 'In', config: { path: 'orders' } },
      { id: 'map', type: 'map', label: 'Map', config: { expression: 'order' } },
      { id: 'crm', type: 'test.sink', label: 'CRM', config: { mode: 'upsert' } },
      { id: 'log', type: 'test.topic-out', label: 'Log', config: { topic: 'orders.log' } },
    ],
    edges: edges('in>map', 'map>crm', 'map>log'),
    ...change,
  });
}
