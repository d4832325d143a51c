import { parentPort, workerData } from 'node:worker_threads';
import { loadCatalog } from '../catalog.ts';
import { createKafka } from '../kafka/client.ts';
import { startFlow } from './flow-worker.ts';
import type { FromWorker, ToWorker, WorkerInput } from './protocol.ts';

/** Entry of a flow's worker thread: wires the flow to the message port. Everything else is in flow-worker.ts. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('worker.ts is the entry of a worker thread; start Millrace with `millrace start`.');
  const input = (workerData as { input: WorkerInput }).input;
  const post = (message: FromWorker) => port.postMessage(message);
  const log = (level: 'info' | 'warn' | 'error', message: string, fields: object = {}) =>
    post({ type: 'log', level, message, fields: { ...fields } });
  try {
    const used = input.plan.stages.flatMap((stage) => (stage.kind === 'transform' ? stage.nodes : [stage.node])).map(({ type }) => type);
    const { types } = await loadCatalog({
      folders: input.nodeFolders,
      only: [...new Set(used)],
      log: { warn: (message: string) => log('warn', message) },
    });
    const kafka = createKafka(
      { ...input.kafka, clientId: `millrace-${input.plan.flow}` },
      { info: (m, f) => log('info', m, f), warn: (m, f) => log('warn', m, f), error: (m, f) => log('error', m, f) },
    );
    const flow = startFlow({ input, types, kafka, post, log });
    port.on('message', (message: ToWorker) => flow.tell(message));
    await flow.ended;
  } catch (error) {
    post({ type: 'failed', message: error instanceof Error ? error.message : String(error), final: false });
  }
  // Lets the last message leave before the thread ends; open sockets of a cut drain must not keep it alive.
  port.close();
  setImmediate(() => process.exit(0));
}

await main();
