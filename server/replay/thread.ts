import { parentPort, workerData } from 'node:worker_threads';
import { loadCatalog } from '../catalog.ts';
import { createKafka } from '../kafka/client.ts';
import { bringToLife, CannotLive } from './live.ts';
import type { FromThread, ThreadInput, ToThread } from './protocol.ts';
import { runRetry } from './retry-run.ts';
import { type RunDeps, runReplay } from './run.ts';
import { survey } from './survey.ts';

/** Entry of the thread of a replay, a retry or a survey: its reading and its nodes hold up nobody else. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('thread.ts is the entry of a worker thread.');
  const { input } = workerData as { input: ThreadInput };
  const post = (message: FromThread) => port.postMessage(message);
  const log = (level: 'info' | 'warn' | 'error', message: string) => post({ type: 'log', level, message });
  const stop = new AbortController();
  let setRate: (perSecond: number) => void = () => undefined;
  port.on('message', (message: ToThread) => {
    if (message.type === 'stop') stop.abort(new Error('Stopped.'));
    else setRate(message.perSecond);
  });
  try {
    const nodes = input.plan.stages.flatMap((stage) => (stage.kind === 'transform' ? stage.nodes : [stage.node]));
    const only = [...new Set(nodes.map(({ type }) => type))];
    const { types } = await loadCatalog({ folders: input.nodeFolders, only, log: { warn: (message) => log('warn', message) } });
    const kafka = createKafka(
      { ...input.kafka, clientId: `millrace-${input.kind}` },
      { info: () => undefined, warn: (message) => log('warn', message), error: (message) => log('error', message) },
    );
    if (input.kind === 'survey') {
      const living = await bringToLife({ base: input, types, dry: true, log });
      post({ type: 'surveyed', survey: await survey(input, { kafka, plan: input.plan, types, living, signal: stop.signal }) });
      await living.close();
      post({ type: 'ended', how: 'done' });
    } else {
      const deps: RunDeps = {
        kafka,
        types,
        stop: stop.signal,
        post,
        log,
        onRate(listener) {
          setRate = listener;
        },
      };
      post(await (input.kind === 'replay' ? runReplay(input, deps) : runRetry(input, deps)));
    }
  } catch (error) {
    post({ type: 'failed', message: error instanceof Error ? error.message : String(error), final: error instanceof CannotLive });
  }
  // Lets the last message leave before the thread ends; open sockets must not keep it alive.
  port.close();
  setImmediate(() => process.exit(0));
}

await main();
