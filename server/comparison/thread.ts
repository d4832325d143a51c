import { parentPort, workerData } from 'node:worker_threads';
import { loadCatalog } from '../catalog.ts';
import { createKafka } from '../kafka/client.ts';
import type { KafkaSettings } from '../kafka/port.ts';
import { guardThread } from '../try/guard.ts';
import { type CompareInput, type CompareProgress, type CompareReport, compareVersions } from './compare.ts';

/** What the thread is started with; plain data. */
export interface ThreadInput extends CompareInput {
  kafka: KafkaSettings;
  nodeFolders: string[];
  filesFolder: string;
  bindings: Record<string, unknown>;
}

/** Thread → server. */
export type FromThread =
  | { type: 'progress'; progress: CompareProgress }
  | { type: 'report'; report: CompareReport }
  | { type: 'failed'; message: string }
  | { type: 'log'; level: 'info' | 'warn' | 'error'; message: string };

/** Entry of the thread of a comparison: its reading and its nodes hold up nobody else, and it can be ended at any time. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('thread.ts is the entry of a worker thread.');
  const guard = guardThread();
  const post = (message: FromThread) => port.postMessage(message);
  const { input } = workerData as { input: ThreadInput };
  const stop = new AbortController();
  port.on('message', () => stop.abort());
  const log = (level: 'info' | 'warn' | 'error') => (message: string) => post({ type: 'log', level, message });
  try {
    const nodes = [input.before, input.after].flatMap(({ plan }) =>
      plan.stages.flatMap((stage) => (stage.kind === 'transform' ? stage.nodes : [stage.node])),
    );
    const only = [...new Set(nodes.map(({ type }) => type))];
    const { types } = await loadCatalog({ folders: input.nodeFolders, only, log: { warn: log('warn') } });
    // In debug: that a topic is read is nothing to tell.
    const kafka = createKafka(
      { ...input.kafka, clientId: 'millrace-comparison' },
      { info: () => undefined, warn: log('warn'), error: log('error') },
    );
    const report = await compareVersions(input, {
      kafka,
      types,
      context: { filesFolder: input.filesFolder, bindings: input.bindings },
      guard,
      progress: (progress) => post({ type: 'progress', progress }),
      signal: stop.signal,
    });
    post({ type: 'report', report });
  } catch (error) {
    post({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
  port.close();
  setImmediate(() => process.exit(0));
}

await main();
