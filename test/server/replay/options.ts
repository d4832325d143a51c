import type { LoadedCatalog } from '#server/catalog.ts';
import { compile } from '#server/compile.ts';
import { createKafka } from '#server/kafka/client.ts';
import type { ReplayOptions } from '#server/replay/options.ts';
import type { Store } from '#server/store/store.ts';

/** What replays and retries need of a server, of a store and a catalog of the test's own, with nothing of any inbox. */
export function replayOptionsOf(
  { store, catalog, folder, brokers }: { store: Store; catalog: LoadedCatalog; folder: string; brokers: string[] },
  change: Partial<ReplayOptions> = {},
): ReplayOptions {
  const settings = { brokers, clientId: 'test' };
  return {
    store,
    kafka: createKafka(settings),
    settings,
    compile: (flow, version) => compile(flow, catalog, version),
    types: catalog.types,
    infos: new Map(catalog.catalog.types.map((type) => [type.type, type])),
    nodeFolders: [],
    filesFolder: folder,
    bindings: {},
    allowPrivate: [],
    secrets: async () => ({}),
    environment: 'development',
    log: () => undefined,
    ...change,
  };
}
