import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { FromThread, ThreadInput, ToThread } from './protocol.ts';

/** How a thread ended. */
export type ThreadEnd =
  | { how: 'done' | 'stopped' }
  | { how: 'paused'; reason: string }
  /** `final`: starting it again would meet the same, so a person must act. */
  | { how: 'failed'; message: string; final: boolean };

/** The main thread's handle on the thread of a replay, a retry or a survey. */
export interface ReplayThread {
  ended: Promise<ThreadEnd>;
  tell(message: ToThread): void;
  /** Asks it to end after what it has at hand; it is cut when it does not hear. */
  stop(): void;
  /** Ends it now. */
  kill(): void;
}

const memoryMb = 768;
const stopMs = 15_000;

/** Starts a thread. `heard` gets what it says while it runs. */
export function startReplayThread(input: ThreadInput, heard: (message: FromThread) => void): ReplayThread {
  const worker = createThread(input);
  let end: ThreadEnd | undefined;
  let cut: NodeJS.Timeout | undefined;
  let over = false;
  worker.on('message', (message: FromThread) => {
    if (message.type === 'ended') end = message.how === 'paused' ? { how: 'paused', reason: message.reason ?? '' } : { how: message.how };
    else if (message.type === 'failed') end = { how: 'failed', message: message.message, final: message.final };
    else heard(message);
  });
  worker.on('error', (error: NodeJS.ErrnoException) => {
    const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    const message = memory ? `It needs more than ${memoryMb} MB of memory. Choose a smaller range.` : error.message;
    end ??= { how: 'failed', message, final: memory };
  });
  const ended = new Promise<ThreadEnd>((resolve) => {
    worker.on('exit', (code) => {
      over = true;
      clearTimeout(cut);
      resolve(end ?? { how: 'failed', message: `Its thread ended by itself (exit code ${code}).`, final: false });
    });
  });
  const tell = (message: ToThread) => {
    if (!over) worker.postMessage(message);
  };
  return {
    ended,
    tell,
    stop() {
      if (over) return;
      tell({ type: 'stop' });
      cut ??= setTimeout(() => {
        end ??= { how: 'stopped' };
        void worker.terminate();
      }, stopMs);
    },
    kill() {
      end ??= { how: 'stopped' };
      void worker.terminate();
    },
  };
}

/** Where the thread's code is: beside this file in development, beside the bundle in a build. */
function createThread(input: ThreadInput): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: memoryMb };
  const name = `${input.kind} ${input.plan.flow}`.slice(0, 60);
  if (import.meta.url.endsWith('.ts')) {
    const entry = new URL('./thread.ts', import.meta.url).href;
    const boot = fileURLToPath(new URL('../runtime/boot.mjs', import.meta.url));
    return new Worker(boot, { workerData: { entry, input }, resourceLimits, name });
  }
  const inChunks = import.meta.url.includes('/chunks/');
  return new Worker(new URL(inChunks ? '../replay.js' : './replay.js', import.meta.url), { workerData: { input }, resourceLimits, name });
}
