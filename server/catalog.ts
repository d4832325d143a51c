import { readdir } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Catalog, ConfigSchema, NodeTypeInfo, Port, PortSpec } from '#shared/node-type.ts';
import { importCustomNode, releaseCompiler } from './custom-node.ts';
import type { NodeContext, NodeType } from './sdk.ts';

/** What the compiler and the workers need of the node types: the data that the browser sees too, and the code. */
export interface LoadedCatalog {
  catalog: Catalog;
  types: Map<string, NodeType>;
}

const oneOut: Port[] = [{ id: 'out', label: 'Out' }];

/**
 * The types that come with Millrace, by name, in the order of the palette. Each is loaded when it is wanted: a worker
 * needs a few of them, and some bring a database client along.
 */
export const builtIn: Readonly<Record<string, () => Promise<{ default: unknown }>>> = {
  webhook: () => import('./nodes/webhook.ts'),
  'kafka.source': () => import('./nodes/kafka-source.ts'),
  schedule: () => import('./nodes/schedule.ts'),
  'orders.generator': () => import('./nodes/order-generator.ts'),
  map: () => import('./nodes/map.ts'),
  filter: () => import('./nodes/filter.ts'),
  switch: () => import('./nodes/switch.ts'),
  split: () => import('./nodes/split.ts'),
  validate: () => import('./nodes/validate.ts'),
  'http-lookup': () => import('./nodes/http-lookup.ts'),
  http: () => import('./nodes/http.ts'),
  'kafka.sink': () => import('./nodes/kafka-sink.ts'),
  postgres: () => import('./nodes/postgres.ts'),
  sqlite: () => import('./nodes/sqlite.ts'),
  file: () => import('./nodes/file.ts'),
  log: () => import('./nodes/log.ts'),
};

/**
 * A node type as data for the browser: its config's zod schema as JSON Schema of what may be written (defaults are
 * optional), with label, help, widget and group as annotations.
 * @throws Error when the config is not an object or cannot be told as JSON Schema.
 */
export function describeType(type: NodeType): NodeTypeInfo {
  const config = z.toJSONSchema(type.config, { io: 'input', unrepresentable: 'any' }) as unknown as ConfigSchema;
  if (config.type !== 'object') throw new Error('config must be a z.object');
  return {
    type: type.type,
    version: type.version,
    kind: type.kind,
    title: type.title,
    summary: type.summary,
    ...(type.docs === undefined ? {} : { docs: type.docs }),
    category: type.category,
    look: type.look ?? (type.kind === 'transform' ? 'custom' : type.kind),
    icon: type.icon,
    ...(type.keywords === undefined ? {} : { keywords: type.keywords }),
    config,
    ports: portsOf(type),
    ...('guarantee' in type ? { guarantee: type.guarantee } : {}),
    ...('unique' in type && type.unique !== undefined ? { unique: type.unique } : {}),
    ...('topic' in type ? { topic: { field: type.topic.field } } : {}),
  };
}

function portsOf(type: NodeType): PortSpec {
  if (type.kind === 'sink') return [];
  return 'ports' in type && type.ports !== undefined ? type.ports : oneOut;
}

export interface CatalogOptions {
  /** Folders of custom node types; every `.ts`, `.js` and `.mjs` file directly in one is one type. */
  folders?: readonly string[];
  /** Load these types alone, as a worker does for its flow. Folders are read only when one of them is not built in. */
  only?: Iterable<string>;
  log?: Pick<NodeContext['log'], 'warn'>;
}

/**
 * The built-in types and those of the given folders. A file that cannot be used is named in `catalog.failures` with
 * one sentence, and logged; it stops nothing.
 */
export async function loadCatalog(options: CatalogOptions = {}): Promise<LoadedCatalog> {
  const only = options.only === undefined ? undefined : new Set(options.only);
  const types = new Map<string, NodeType>();
  const catalog: Catalog = { types: [], failures: [] };
  const wanted = Object.entries(builtIn).filter(([name]) => only === undefined || only.has(name));
  for (const { default: loaded } of await Promise.all(wanted.map(([, load]) => load()))) {
    const type = loaded as NodeType;
    types.set(type.type, type);
    catalog.types.push(describeType(type));
  }
  if (only !== undefined && [...only].every((name) => Object.hasOwn(builtIn, name))) return { catalog, types };
  const fail = (file: string, message: string) => {
    catalog.failures.push({ file, message });
    options.log?.warn(`The node type in ${file} is not available: ${message}`);
  };
  const folders = options.folders ?? [];
  for (const folder of folders) {
    for (const file of await filesIn(folder, fail)) {
      try {
        const type = toNodeType(await importCustomNode(join(resolve(folder), file)));
        if (Object.hasOwn(builtIn, type.type)) throw new Error(`the type ${type.type} is built in; give yours another name`);
        if (types.has(type.type)) throw new Error(`another file has the type ${type.type} already; give this one another name`);
        const info = describeType(type);
        types.set(type.type, type);
        catalog.types.push({ ...info, custom: true });
      } catch (error) {
        fail(file, error instanceof Error ? error.message : String(error));
      }
    }
  }
  if (folders.length > 0) await releaseCompiler();
  return { catalog, types };
}

const extensions = ['.ts', '.js', '.mjs'];

async function filesIn(folder: string, fail: (file: string, message: string) => void): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => extensions.includes(extname(name)) && !/\.(d|test)\.ts$/.test(name)).sort();
  } catch (error) {
    fail(basename(folder), `the folder cannot be read (${error instanceof Error ? error.message : String(error)}); mend MILLRACE_NODES`);
    return [];
  }
}

const text = z.string().min(1);
const anyFunction = z.custom<(...args: unknown[]) => unknown>((value) => typeof value === 'function', 'must be a function');

/** What of a custom type is checked when it is loaded; the types of the SDK say the rest while it is written. */
const nodeTypeShape = z
  .looseObject({
    type: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,59}$/, 'use lower-case letters, digits, dots and dashes'),
    version: z.number().int().min(1),
    kind: z.enum(['source', 'transform', 'sink']),
    title: text,
    summary: text,
    category: text,
    icon: text,
    config: z.custom<z.ZodType>(
      (value) => value instanceof z.ZodType || (typeof value === 'object' && value !== null && '_zod' in value),
      'must be a zod schema; use the z of millrace/sdk',
    ),
    create: anyFunction.optional(),
    check: anyFunction.optional(),
    upgrade: anyFunction.optional(),
    topic: z.looseObject({ field: text, use: anyFunction }).optional(),
    guarantee: z.union([z.string(), z.looseObject({ field: text })]).optional(),
  })
  .refine((type) => type.create !== undefined || (type.topic !== undefined && type.kind === 'source'), {
    path: ['create'],
    message: 'must be a function',
  })
  .refine((type) => type.kind !== 'sink' || type.topic !== undefined || type.guarantee !== undefined, {
    path: ['guarantee'],
    message: "a sink says what it promises: 'upsert', 'idempotency-key', 'transaction' or 'none'",
  });

function toNodeType(value: unknown): NodeType {
  if (value === undefined) throw new Error('it has no default export; write `export default defineNode({ … })`');
  const parsed = nodeTypeShape.safeParse(value);
  if (parsed.success) return value as NodeType;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.');
  throw new Error(`its default export is not a node type: ${place ? `${place}: ` : ''}${issue?.message ?? 'wrong shape'}`);
}
