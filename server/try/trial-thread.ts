import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type FromTrial, place, type ToTrial, type TrialSurroundings } from './trial-protocol.ts';

/** How a thread ended that was not asked to. */
export interface ThreadEnd {
  why: 'memory' | 'fault' | 'cut';
  message: string;
}

/** The server's handle on the thread of a Try. */
export interface TrialThread {
  /** The flow that it tried last, whose results it may still know. */
  flow: string;
  post(message: ToTrial): void;
  /** Who hears what it says; one at a time. */
  listen(listener: { message(message: FromTrial): void; ended(end: ThreadEnd): void } | undefined): void;
  /** Which input it works on, and at which node of the plan's transform stage. */
  place(): { input: number; node: number };
  /** Ends it now; whoever listens hears why. */
  cut(message: string): void;
  readonly over: boolean;
  /** Whether the process waits for it. */
  hold(held: boolean): void;
}

/** @param memoryMb what a Try may take */
export function startTrialThread(surroundings: TrialSurroundings, memoryMb: number): TrialThread {
  const shared = new SharedArrayBuffer(place.length * Int32Array.BYTES_PER_ELEMENT);
  const where = new Int32Array(shared);
  where[place.input] = -1;
  const worker = createWorker({ surroundings, where: shared }, memoryMb);
  let listener: Parameters<TrialThread['listen']>[0];
  let end: ThreadEnd | undefined;
  let over = false;
  worker.on('message', (message: FromTrial) => listener?.message(message));
  worker.on('error', (error: NodeJS.ErrnoException) => {
    end ??=
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? { why: 'memory', message: `It took more than ${memoryMb} MB of memory.` }
        : { why: 'fault', message: error.message };
  });
  worker.on('exit', (code) => {
    over = true;
    listener?.ended(end ?? { why: 'fault', message: `Its thread ended by itself (exit code ${code}).` });
  });
  worker.unref();
  return {
    flow: '',
    post: (message) => worker.postMessage(message),
    listen(next) {
      listener = next;
    },
    place: () => ({ input: where[place.input] ?? 0, node: where[place.node] ?? 0 }),
    cut(message) {
      end ??= { why: 'cut', message };
      void worker.terminate();
    },
    get over() {
      return over;
    },
    hold(held) {
      if (held) worker.ref();
      else worker.unref();
    },
  };
}

/** Where the thread's code is: beside this file in development, beside the bundle in a build. */
function createWorker(input: object, memoryMb: number): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: memoryMb };
  const name = 'try';
  if (import.meta.url.endsWith('.ts')) {
    const entry = new URL('./trial-worker.ts', import.meta.url).href;
    const boot = fileURLToPath(new URL('../runtime/boot.mjs', import.meta.url));
    return new Worker(boot, { workerData: { entry, ...input }, resourceLimits, name });
  }
  const inChunks = import.meta.url.includes('/chunks/');
  return new Worker(new URL(inChunks ? '../trial.js' : './trial.js', import.meta.url), { workerData: input, resourceLimits, name });
}
