import { parentPort, workerData } from 'node:worker_threads';
import { createKafka } from '../kafka/client.ts';
import type { KafkaSettings } from '../kafka/port.ts';
import { openTraceIndexFile } from '../store/trace-index.ts';
import { stepBack } from '../thread-priority.ts';
import { type FollowedTopic, type FollowerState, follow } from './follower.ts';

/** What the thread of the index is started with; plain data. */
export interface IndexInput {
  kafka: KafkaSettings;
  path: string;
  maxBytes: number;
  topics: FollowedTopic[];
}

/** Server → thread. */
export type ToIndex = { type: 'topics'; topics: FollowedTopic[] } | { type: 'stop' };

/** Thread → server. */
export type FromIndex = { type: 'ready' } | { type: 'state'; state: FollowerState } | { type: 'log'; message: string };

/** Where a flow uses all of a core, this leaves the index some 3 % of it. */
const niceness = 15;

/** Entry of the thread that keeps the index: reading and hashing hold up nobody else. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('index-thread.ts is the entry of a worker thread.');
  const { input } = workerData as { input: IndexInput };
  const post = (message: FromIndex) => port.postMessage(message);
  const ending = new AbortController();
  let { topics } = input;
  port.on('message', (message: ToIndex) => {
    if (message.type === 'topics') ({ topics } = message);
    else ending.abort();
  });
  const log = (message: string) => post({ type: 'log', message });
  const lessUrgent = stepBack(niceness);
  const file = openTraceIndexFile(input.path);
  post({ type: 'ready' });
  await follow({
    kafka: createKafka({ ...input.kafka, clientId: 'millrace-index' }, { info: () => undefined, warn: log, error: log }),
    file,
    maxBytes: input.maxBytes,
    topics: () => topics,
    state: (state) => post({ type: 'state', state }),
    trouble: log,
    signal: ending.signal,
    restShare: lessUrgent ? 0 : 9,
  });
  port.close();
  setImmediate(() => process.exit(0));
}

await main();
