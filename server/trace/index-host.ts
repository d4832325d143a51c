import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { backoffMs } from '../runtime/backoff.ts';
import type { FollowedTopic, FollowerState } from './follower.ts';
import type { FromIndex, IndexInput, ToIndex } from './index-thread.ts';

/** The main thread's handle on the index's thread, which is started again when it ends. */
export interface IndexHost {
  /** Follow these from now on. */
  follow(topics: FollowedTopic[]): void;
  /** Undefined until it has looked once. */
  state(): FollowerState | undefined;
  close(): Promise<void>;
}

const memoryMb = 256;
const stopMs = 3_000;

/** @param ready called once the file is there, after each start */
export function startIndex(input: IndexInput, ready: () => void, log: (message: string) => void): IndexHost {
  let { topics } = input;
  let worker: Worker | undefined;
  let state: FollowerState | undefined;
  let closed = false;
  let attempt = 0;
  let again: NodeJS.Timeout | undefined;

  function start(): void {
    worker = createThread({ ...input, topics });
    worker.on('message', (message: FromIndex) => {
      if (message.type === 'ready') ready();
      else if (message.type === 'log') log(message.message);
      else {
        ({ state } = message);
        attempt = 0;
      }
    });
    worker.on('error', (error) => log(`The index of messages ended and starts again: ${error.message}`));
    worker.on('exit', () => {
      worker = undefined;
      if (!closed) again = setTimeout(start, backoffMs(attempt++, 1_000, 60_000));
    });
  }
  start();

  return {
    follow(next) {
      topics = next;
      worker?.postMessage({ type: 'topics', topics } satisfies ToIndex);
    },
    state: () => state,
    async close() {
      closed = true;
      clearTimeout(again);
      const ending = worker;
      if (ending === undefined) return;
      const ended = new Promise<void>((resolve) => ending.once('exit', () => resolve()));
      ending.postMessage({ type: 'stop' } satisfies ToIndex);
      const late = setTimeout(() => void ending.terminate(), stopMs);
      await ended;
      clearTimeout(late);
    },
  };
}

/** Where the thread's code is: beside this file in development, beside the bundle in a build. */
function createThread(input: IndexInput): Worker {
  const options = { resourceLimits: { maxOldGenerationSizeMb: memoryMb }, name: 'index of messages' };
  if (import.meta.url.endsWith('.ts')) {
    const entry = new URL('./index-thread.ts', import.meta.url).href;
    const boot = fileURLToPath(new URL('../runtime/boot.mjs', import.meta.url));
    return new Worker(boot, { workerData: { entry, input }, ...options });
  }
  const inChunks = import.meta.url.includes('/chunks/');
  return new Worker(new URL(inChunks ? '../trace-index.js' : './trace-index.js', import.meta.url), { workerData: { input }, ...options });
}
