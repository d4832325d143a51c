import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtIn, describeType, loadCatalog } from '#server/catalog.ts';
import { compile } from '#server/compile.ts';
import { MessageError, type NodeContext, type TransformInstance, type TransformType } from '#server/sdk.ts';
import type { ConfigSchema } from '#shared/node-type.ts';
import { edges, flowOf } from './sample-flow.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-nodes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes files into a new folder below the temporary one. */
async function nodes(name: string, files: Record<string, string>): Promise<string> {
  const target = join(folder, name);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(target, file)), { recursive: true });
    await writeFile(join(target, file), text);
  }
  return target;
}

const custom = (type: string, sdk = 'millrace/sdk') => `
import { defineNode, z, MessageError } from '${sdk}';
interface Settings { from: string }
const first: Settings = { from: 'a' };
export default defineNode({
  type: '${type}', version: 1, kind: 'transform', title: 'Redact', summary: 'Hides a field', category: 'Custom', icon: 'mask',
  config: z.object({ field: z.string().min(1).default(first.from).meta({ label: 'Field', help: 'What to hide' }) }),
  create: ({ field }) => ({
    process(message, emit) {
      const value = message.value as Record<string, unknown>;
      if (!(field in value)) throw new MessageError('redact/missing', 'There is no ' + field + '.');
      emit({ ...message, value: { ...value, [field]: '***' } });
    },
  }),
});`;

describe('the built-in types', () => {
  test('every one stands under its own name and can be told to the browser', async () => {
    const { catalog, types } = await loadCatalog();
    expect([...types.keys()]).toEqual(Object.keys(builtIn));
    expect(catalog.types.map(({ type }) => type)).toEqual(Object.keys(builtIn));
    expect(JSON.parse(JSON.stringify(catalog))).toEqual(catalog);
  });

  test('every field of every type has a label, and every type says what it is', async () => {
    const { catalog } = await loadCatalog();
    const unlabelled: string[] = [];
    const visit = (schema: ConfigSchema, place: string) => {
      for (const [key, child] of Object.entries(schema.properties ?? {})) {
        if (child.label === undefined) unlabelled.push(`${place}.${key}`);
        visit(child, `${place}.${key}`);
        if (child.items) visit(child.items, `${place}.${key}.*`);
      }
    };
    for (const type of catalog.types) {
      visit(type.config, type.type);
      expect(type.summary.length, type.type).toBeGreaterThan(0);
      expect(type.docs?.length ?? 0, type.type).toBeGreaterThan(0);
      if (type.kind === 'sink' && !type.topic) expect(type.guarantee, type.type).toBeDefined();
    }
    expect(unlabelled).toEqual([]);
  });

  test('what has a default need not be written, and annotations travel', async () => {
    const { catalog } = await loadCatalog({ only: ['map', 'switch'] });
    const [map, choice] = catalog.types;
    expect(map?.config.required).toEqual(['expression']);
    expect(map?.config.properties?.expression).toMatchObject({ label: 'New value', widget: 'jsonata' });
    expect(map?.config.properties?.whenNothing).toMatchObject({ default: 'error', enumLabels: { drop: expect.any(String) } });
    expect(map?.ports).toEqual([{ id: 'out', label: 'Out' }]);
    expect(choice?.ports).toMatchObject({ perItem: 'cases', plus: [{ id: 'other', wanted: true }] });
  });

  test('a worker loads no more than its flow needs', async () => {
    const { types } = await loadCatalog({ only: ['map', 'log'], folders: [join(folder, 'not-there')] });
    expect([...types.keys()]).toEqual(['map', 'log']);
  });
});

describe('custom types', () => {
  test.each([
    ['ts', 'millrace/sdk'],
    ['ts', 'relative'],
    ['js', 'millrace/sdk'],
    ['mjs', 'millrace/sdk'],
  ])('a .%s file outside the project that imports the SDK as %s runs in a flow', async (extension, how) => {
    const name = `${extension}-${how.replace('/', '-')}`;
    const sdk = how === 'relative' ? relative(join(folder, name), join(root, 'server/sdk.ts')) : how;
    const text = custom(`redact.${extension}`, sdk);
    const plain =
      extension === 'ts'
        ? text
        : text
            .replace(/interface.*/, '')
            .replace(': Settings', '')
            .replace(' as Record<string, unknown>', '');
    const loaded = await loadCatalog({ folders: [await nodes(name, { [`redact.${extension}`]: plain })] });
    expect(loaded.catalog.failures).toEqual([]);
    expect(loaded.catalog.types.at(-1)).toMatchObject({
      type: `redact.${extension}`,
      custom: true,
      config: { properties: { field: { label: 'Field' } } },
    });
    const flow = flowOf({
      nodes: [
        { id: 'in', type: 'webhook', config: { path: 'orders' } },
        { id: 'it', type: `redact.${extension}`, config: {} },
        { id: 'out', type: 'log', config: {} },
      ],
      edges: edges('in>it', 'it>out'),
    });
    expect(compile(flow, loaded, 1).problems).toBeUndefined();
    const instance = await (loaded.types.get(`redact.${extension}`) as TransformType).create({ field: 'card' }, {} as NodeContext);
    expect(run(instance, { card: '4711' })).toEqual([{ card: '***' }]);
    // The runtime tells errors apart by class, so the node must have got the running SDK and no copy of it.
    expect(() => run(instance, {})).toThrow(MessageError);
  });

  test('helpers are imported by relative path', async () => {
    const main = `import { name } from './lib/name.ts';\n${custom('x').replace("type: 'x'", 'type: name()')}`;
    const { catalog } = await loadCatalog({
      folders: [await nodes('helpers', { 'main.ts': main, 'lib/name.ts': "export const name = (): string => 'named';" })],
    });
    expect(catalog.failures).toEqual([]);
    expect(catalog.types.at(-1)?.type).toBe('named');
  });

  test.each([
    ['syntax', 'export default {', /line \d+, column \d+/],
    ['throws', "throw new Error('no licence file');", /no licence file/],
    ['no default', 'export const a = 1;', /no default export/],
    [
      'wrong shape',
      "import { defineNode } from 'millrace/sdk'; export default defineNode({ type: 'x', version: 1, kind: 'transform' } as never);",
      /not a node type: title/,
    ],
    ['wrong config', custom('x').replace(/config: z.object.*/, 'config: z.string(),'), /config must be a z.object/],
    ['no zod', custom('x').replace(/config: z.object.*/, 'config: { field: 1 } as never,'), /config: must be a zod schema/],
    ['a sink without guarantee', custom('x').replace("'transform'", "'sink'"), /guarantee: a sink says what it promises/],
    ['a missing package', "import x from 'no-such-package-here'; export default x;", /no-such-package-here/],
    ['a built-in name', custom('map'), /the type map is built in/],
  ])('%s is a failure with file and sentence; the others load', async (name, text, message) => {
    const warnings: string[] = [];
    const target = await nodes(`bad-${name.replaceAll(' ', '-')}`, { 'bad.ts': text, 'good.ts': custom('good') });
    const { catalog, types } = await loadCatalog({ folders: [target], log: { warn: (line) => warnings.push(line) } });
    expect(catalog.failures).toEqual([{ file: 'bad.ts', message: expect.stringMatching(message) }]);
    expect(warnings).toHaveLength(1);
    expect(types.has('good')).toBe(true);
  });

  test('two files with one type: the second is a failure', async () => {
    const { catalog } = await loadCatalog({ folders: [await nodes('twice', { 'a.ts': custom('same'), 'b.ts': custom('same') })] });
    expect(catalog.failures).toMatchObject([{ file: 'b.ts' }]);
  });

  test('a folder that does not exist is a failure', async () => {
    const { catalog } = await loadCatalog({ folders: [join(folder, 'not-there')] });
    expect(catalog.failures).toMatchObject([{ file: 'not-there', message: expect.stringContaining('MILLRACE_NODES') }]);
  });

  test('folders are loaded side by side and again', async () => {
    const target = await nodes('again', { 'a.ts': custom('a'), 'b.ts': custom('b') });
    const loads = await Promise.all([1, 2, 3].map(() => loadCatalog({ folders: [target] })));
    loads.push(await loadCatalog({ folders: [target] }));
    expect(loads.map(({ catalog }) => catalog.failures)).toEqual([[], [], [], []]);
    expect(loads.every(({ types }) => types.has('a') && types.has('b'))).toBe(true);
  });

  test('a worker thread loads them too', async () => {
    const target = await nodes('thread', { 'redact.ts': custom('redact.thread') });
    const script = `
      import { parentPort } from 'node:worker_threads';
      const { loadCatalog } = await import(${JSON.stringify(new URL('../../server/catalog.ts', import.meta.url).href)});
      const { types, catalog } = await loadCatalog({ folders: [${JSON.stringify(target)}], only: ['redact.thread'] });
      parentPort.postMessage({ types: [...types.keys()], failures: catalog.failures });`;
    const entry = join(folder, 'thread.mjs');
    await writeFile(entry, script);
    const boot = fileURLToPath(new URL('../../server/runtime/boot.mjs', import.meta.url));
    const worker = new Worker(boot, { workerData: { entry: pathToFileURL(entry).href } });
    const answer = await new Promise((done, failed) => worker.once('message', done).once('error', failed));
    await worker.terminate();
    expect(answer).toEqual({ types: ['redact.thread'], failures: [] });
  });

  test('describeType refuses a config that is no object', () => {
    expect(() => describeType({ config: { type: 'x' } } as never)).toThrow();
  });
});

function run(instance: TransformInstance, value: unknown): unknown[] {
  const out: unknown[] = [];
  const message = { key: null, value, headers: {}, timestamp: 0, origin: { topic: 't', partition: 0, offset: '0' } };
  void instance.process(
    message,
    (made) => out.push(made.value),
    () => undefined,
  );
  return out;
}
