import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import request from 'supertest';
import { expect } from 'vitest';
import { startAlerts } from '#server/alerts/alerts.ts';
import { describeType, type LoadedCatalog } from '#server/catalog.ts';
import { openComparisons } from '#server/comparison/comparisons.ts';
import { compile } from '#server/compile.ts';
import { createFlowTests } from '#server/flow-tests/runner.ts';
import { type App, createApp } from '#server/http/app.ts';
import type { AppDeps } from '#server/http/deps.ts';
import { followLetters } from '#server/inbox/followed.ts';
import { openInboxService } from '#server/inbox/inbox.ts';
import { createMending } from '#server/inbox/mend.ts';
import { createKafka } from '#server/kafka/client.ts';
import { createOutsideCaller } from '#server/outside-call.ts';
import { openReconciling } from '#server/reconcile/reconciles.ts';
import { openSchedules } from '#server/reconcile/schedules.ts';
import { openReplays } from '#server/replay/open-replays.ts';
import { openRetries } from '#server/replay/open-retries.ts';
import { createHandovers } from '#server/runtime/handovers.ts';
import { defineNode, type NodeType, z } from '#server/sdk.ts';
import { openStore, type Store } from '#server/store/store.ts';
import { openTraces } from '#server/trace/open.ts';
import { type Role, roles } from '#shared/api.ts';
import type { Environment } from '#shared/gate.ts';
import { replayOptionsOf } from '../replay/options.ts';
import { createMemoryRuntime, type MemoryRuntime } from './memory-runtime.ts';
import { ownRunner, ownTries } from './own-tries.ts';

const hook = defineNode({
  type: 'hook',
  version: 1,
  kind: 'source',
  title: 'Hook',
  summary: 'Takes requests.',
  category: 'Test',
  icon: 'webhook',
  config: z.object({ path: z.string().min(1) }),
  hook: ({ path }) => ({ method: 'POST', path, maxBytes: 1000 }),
  unique: { field: 'path', what: 'path' },
  create: () => ({ handle: async () => ({ status: 200 }) }),
});

const drain = defineNode({
  type: 'drain',
  version: 1,
  kind: 'sink',
  title: 'Drain',
  summary: 'Takes everything.',
  category: 'Test',
  icon: 'trash',
  config: z.object({ size: z.number().default(1) }),
  guarantee: 'upsert',
  create: () => ({ write: async () => undefined }),
});

/** A sink that knows what the place behind it takes, by the secret that opens it. */
const shelf = defineNode({
  type: 'shelf',
  version: 1,
  kind: 'sink',
  title: 'Shelf',
  summary: 'Keeps what fits.',
  category: 'Test',
  icon: 'archive',
  config: z.object({ key: z.string(), field: z.string().optional() }),
  guarantee: 'upsert',
  async takes({ key, field }, { secret }) {
    if (secret(key) !== 'open sesame') throw new Error(`${secret(key)} opens nothing.`);
    if (field === undefined) return undefined;
    return { what: 'the shelf', shape: { kinds: ['object'], fields: [{ name: field, required: true, shape: { kinds: ['text'] } }] } };
  },
  create: () => ({ write: async () => undefined }),
});

const toTopic = defineNode({
  type: 'to-topic',
  version: 1,
  kind: 'sink',
  title: 'To topic',
  summary: 'Writes to a topic.',
  category: 'Test',
  icon: 'kafka',
  config: z.object({ topic: z.string().default('') }),
  topic: { field: 'topic', use: ({ topic }) => ({ topic }) },
  create: () => ({ record: ({ key }) => ({ topic: 't', key, value: null, headers: {} }) }),
});

const types = [hook, drain, shelf, toTopic] as unknown as readonly NodeType[];
const catalog: LoadedCatalog = {
  catalog: { types: types.map(describeType), failures: [] },
  types: new Map(types.map((type) => [type.type, type])),
};

/** A flow that can run: a hook on a path of its own into a drain. */
export function aFlow(id: string, path = id, change: object = {}) {
  return {
    format: 1,
    id,
    name: `Flow ${id}`,
    nodes: [
      { id: 'in', type: 'hook', config: { path } },
      { id: 'out', type: 'drain', config: {} },
    ],
    edges: [{ id: 'e1', from: { node: 'in', port: 'out' }, to: { node: 'out', port: 'in' } }],
    ...change,
  };
}

type Call = { as?: Role | 'nobody'; body?: unknown; headers?: Record<string, string> };

/** The application over a real store, with a key for every role. */
export interface TestServer {
  app: App;
  store: Store;
  runtime: MemoryRuntime;
  keys: Record<Role, string>;
  /** What the application has logged. */
  logged(): string;
  /** Sends a request (as admin) and holds a good answer of a known route against its schema. */
  call(method: 'get' | 'post' | 'put' | 'delete' | 'patch', path: string, options?: Call): Promise<request.Response>;
  close(): Promise<void>;
}

export async function startTestServer(
  change: Partial<Pick<AppDeps, 'sandbox'>> & { clientFolder?: string; environment?: Environment } = {},
): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-http-'));
  const store = await openStore({ dataFolder: folder });
  const runtime = createMemoryRuntime();
  let log = '';
  const replayOptions = replayOptionsOf(
    { store, catalog, folder, brokers: ['127.0.0.1:1'] },
    { environment: change.environment ?? 'development' },
  );
  const caller = createOutsideCaller(['127.0.0.0/8']);
  const silent = () => undefined;
  const nowhere = createKafka({ brokers: ['127.0.0.1:1'], clientId: 'test' }, { info: silent, warn: silent, error: silent });
  const alerts = await startAlerts({
    store,
    runtime,
    kafka: nowhere,
    caller,
    types: catalog.types,
    mail: undefined,
    url: 'http://localhost:3400',
    log: silent,
  });
  const retries = await openRetries(replayOptions);
  const followed = followLetters({ kafka: nowhere, store, trouble: silent });
  const inboxOptions = {
    kafka: nowhere,
    store,
    retries,
    followed,
    trials: ownRunner(catalog),
    types: replayOptions.infos,
    compile: replayOptions.compile,
    trouble: silent,
  };
  const inbox = openInboxService(inboxOptions);
  const reconciles = await openReconciling({
    store,
    kafka: nowhere,
    types: catalog.types,
    caller,
    filesFolder: join(folder, 'files'),
    bindings: {},
    allowPrivate: [],
    log: silent,
  });
  const schedules = openSchedules({ store, reconciles, clock: Date.now, log: silent });
  const app = createApp({
    store,
    runtime,
    tries: ownTries(catalog),
    flowTests: createFlowTests({
      trials: ownRunner(catalog),
      types: catalog.catalog.types,
      compile: (flow, version) => compile(flow, catalog, version),
    }),
    catalog,
    compile: (flow, version) => compile(flow, catalog, version),
    comparisons: await openComparisons({
      store,
      compile: (flow, version) => compile(flow, catalog, version),
      types: catalog.types,
      kafka: { brokers: ['127.0.0.1:1'], clientId: 'test' },
      nodeFolders: [],
      filesFolder: folder,
      bindings: {},
      log: () => undefined,
    }),
    traces: openTraces({
      store,
      kafka: createKafka({ brokers: ['127.0.0.1:1'], clientId: 'test' }),
      settings: { brokers: ['127.0.0.1:1'], clientId: 'test' },
      runtime,
      runner: ownRunner(catalog),
      types: catalog.types,
      compile: (flow, version) => compile(flow, catalog, version),
      dataFolder: folder,
      indexMb: 0,
      log: () => undefined,
    }),
    handovers: createHandovers(createKafka({ brokers: ['127.0.0.1:1'], clientId: 'test' }), store.handovers, () => undefined),
    canaryHandled: async () => ({ messages: 0, positions: [], complete: true }),
    parked: { list: async () => [], release: async () => undefined, close: async () => undefined },
    releases: { start: async () => undefined, list: async () => [], stop: async () => undefined, close: async () => undefined },
    alerts,
    reconciles,
    schedules,
    replays: await openReplays(replayOptions),
    retries,
    inbox,
    mending: createMending(inbox, inboxOptions),
    settings: {
      demo: false,
      environment: change.environment ?? 'development',
      hooksUrl: 'http://localhost:3400/hooks',
      version: '1.2.3',
      clientFolder: change.clientFolder,
    },
    outside: { filesFolder: join(folder, 'files'), allowPrivate: [] },
    sandbox: change.sandbox,
    log: pino({ level: 'trace' }, { write: (line: string) => void (log += line) }),
  });
  const made = await Promise.all(roles.map(async (role) => [role, (await store.keys.create(role, role, 'test')).key] as const));
  const keys = Object.fromEntries(made) as Record<Role, string>;
  return {
    app,
    store,
    runtime,
    keys,
    logged: () => log,
    async call(method, path, { as = 'admin', body, headers = {} } = {}) {
      let sent = request(app.handler)[method](path);
      if (as !== 'nobody') sent = sent.set('authorization', `Bearer ${keys[as]}`);
      for (const [name, value] of Object.entries(headers)) sent = sent.set(name, value);
      const response = body === undefined ? await sent : await sent.send(body as object);
      holdAgainstSchema(app, method, path, response);
      return response;
    },
    async close() {
      app.close();
      const scheduled = schedules.close();
      await reconciles.close();
      await scheduled;
      await alerts.close();
      await caller.close();
      inbox.close();
      await followed.follower.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function holdAgainstSchema(app: App, method: string, path: string, response: request.Response): void {
  const plain = path.split('?', 1)[0] ?? '';
  const route = app.routes.find(
    (one) => one.method === method && new RegExp(`^${one.path.replace(/:\w+/g, '[^/]+')}$`).test(plain) && !one.path.includes('*'),
  );
  if (response.status >= 400 && !plain.startsWith('/readyz')) {
    expect(response.type).toBe('application/problem+json');
    expect(response.body).toMatchObject({ status: response.status, title: expect.any(String), detail: expect.any(String) });
    expect(response.body.problems.length).toBeGreaterThan(0);
    expect(response.text).not.toMatch(/\bat .*\.(ts|js):\d|node_modules/);
  }
  const schema = route?.response.schema;
  if (!schema || response.status !== route.response.status) return;
  // Equal, not only accepted: a field that the API document does not know is a leak or a gap.
  expect(schema.parse(response.body)).toEqual(response.body);
}
