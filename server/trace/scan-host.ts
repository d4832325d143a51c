import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { FindEnd } from '#shared/sample.ts';
import type { ScanEvents } from './scan.ts';
import type { FromScan, ScanInput } from './scan-thread.ts';

const memoryMb = 384;

/**
 * Scans in a thread of its own until it ends or the signal fires, which ends it at once.
 * @throws Error with one sentence when the thread could not go on
 */
export function scanInThread(input: ScanInput, events: ScanEvents, signal: AbortSignal): Promise<Exclude<FindEnd, 'all'> | undefined> {
  return new Promise((resolve, reject) => {
    const worker = createThread(input);
    const settle = (end: () => void): void => {
      signal.removeEventListener('abort', stop);
      end();
      void worker.terminate();
    };
    const stop = (): void => settle(() => resolve(undefined));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    worker.on('message', (message: FromScan) => {
      if (signal.aborted) return;
      if (message.type === 'found') events.found(message.record, message.matched);
      else if (message.type === 'progress') events.progress(message);
      else if (message.type === 'ended') settle(() => resolve(message.ended));
      else settle(() => reject(new Error(message.message)));
    });
    worker.on('error', (error: NodeJS.ErrnoException) =>
      settle(() =>
        reject(
          error.code === 'ERR_WORKER_OUT_OF_MEMORY'
            ? new Error('The messages are too large to be looked through. Narrow the time, or search by key.')
            : error,
        ),
      ),
    );
    worker.on('exit', () => settle(() => reject(new Error('The thread of the search ended.'))));
  });
}

/** Where the thread's code is: beside this file in development, beside the bundle in a build. */
function createThread(input: ScanInput): Worker {
  const options = { resourceLimits: { maxOldGenerationSizeMb: memoryMb }, name: 'search for messages' };
  if (import.meta.url.endsWith('.ts')) {
    const entry = new URL('./scan-thread.ts', import.meta.url).href;
    const boot = fileURLToPath(new URL('../runtime/boot.mjs', import.meta.url));
    return new Worker(boot, { workerData: { entry, input }, ...options });
  }
  const inChunks = import.meta.url.includes('/chunks/');
  return new Worker(new URL(inChunks ? '../trace-scan.js' : './trace-scan.js', import.meta.url), { workerData: { input }, ...options });
}
