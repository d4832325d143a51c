import { join } from 'node:path';
import type { Flow } from '#shared/flow.ts';
import type { Plan } from '#shared/plan.ts';
import type { Problem } from '#shared/problem.ts';
import type { TraceIndexState } from '#shared/trace.ts';
import type { KafkaPort, KafkaSettings } from '../kafka/port.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { NodeType } from '../sdk.ts';
import type { Store } from '../store/store.ts';
import { openTraceIndexFile, removeTraceIndexFile, type TraceIndexFile } from '../store/trace-index.ts';
import type { TrialRunner } from '../try/trial-runner.ts';
import { createEstate, followedTopics } from './estate.ts';
import { type IndexHost, startIndex } from './index-host.ts';
import { createSearches } from './searches.ts';
import type { Traces } from './traces.ts';
import { wayOf } from './way.ts';

/** What searches and ways need of the server. */
export interface TracesOptions {
  store: Store;
  kafka: KafkaPort;
  settings: KafkaSettings;
  runtime: Pick<Runtime, 'status' | 'onStatus'>;
  runner: TrialRunner;
  types: ReadonlyMap<string, NodeType>;
  compile(flow: Flow, version: number): { plan: Plan; problems?: Problem[] } | { problems: Problem[]; plan?: undefined };
  dataFolder: string;
  /** Most MB of the index; 0: there is none. */
  indexMb: number;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

const refreshMs = 2_000;

/** Opens searches and ways, and starts the index. */
export function openTraces(options: TracesOptions): Traces {
  const { store, kafka, log } = options;
  const estate = createEstate(store, options.types);
  const admin = kafka.admin();
  const path = join(options.dataFolder, 'trace-index.db');
  let host: IndexHost | undefined;
  let file: TraceIndexFile | undefined;
  let followed = '';
  let closed = false;

  /** Tells the index what to follow, when that has changed. */
  async function refresh(): Promise<void> {
    const topics = followedTopics(await estate(), await store.traceFields.all());
    const text = JSON.stringify(topics);
    if (closed || text === followed) return;
    followed = text;
    if (host) host.follow(topics);
    else if (topics.length > 0) host = begin(topics);
  }

  function begin(topics: Parameters<IndexHost['follow']>[0]): IndexHost {
    const input = { kafka: options.settings, path, maxBytes: options.indexMb * 1024 * 1024, topics };
    const opened = () => {
      file?.close();
      file = openTraceIndexFile(path, { reading: true });
    };
    return startIndex(input, opened, (message) => log('warn', message));
  }

  let timer: NodeJS.Timeout | undefined;
  async function keepFresh(): Promise<void> {
    try {
      await refresh();
    } catch (error) {
      log('warn', `What the index of messages is to follow is not known: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!closed) timer = setTimeout(() => void keepFresh(), refreshMs);
  }
  if (options.indexMb > 0) void keepFresh();
  else removeTraceIndexFile(path);

  const searches = createSearches({ store, kafka, admin, settings: options.settings, estate, index: () => file });
  return {
    ...searches,
    way: (flow, origin, version) =>
      wayOf(
        {
          store,
          kafka,
          admin,
          types: options.types,
          estate,
          index: () => file,
          status: options.runtime.status,
          runner: options.runner,
          compile: options.compile,
        },
        flow,
        origin,
        version,
      ),
    async index(): Promise<TraceIndexState> {
      const state = host?.state();
      const topics = state?.topics ?? [];
      const behind = topics.reduce((sum, topic) => sum + topic.behind, 0);
      return { on: options.indexMb > 0, behind, bytes: state?.bytes ?? 0, topics };
    },
    fields: (flow) => store.traceFields.get(flow),
    async setFields(flow, fields, who) {
      await store.traceFields.set(flow, fields, who);
      if (options.indexMb > 0) await refresh();
      return store.traceFields.get(flow);
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await searches.close();
      await host?.close();
      file?.close();
      await admin.close();
    },
  };
}
