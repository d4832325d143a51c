import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { CompareProgress, CompareReport } from './compare.ts';
import type { FromThread, ThreadInput } from './thread.ts';

/** The main thread's handle on a comparison under way. */
export interface ComparisonThread {
  /** Rejects with one sentence when the thread could not go on. */
  report: Promise<CompareReport>;
  /** Asks it to end with what it has; it is cut when it does not hear. */
  stop(): void;
  /** Ends it now; the report is rejected. */
  kill(why: string): void;
}

export interface ThreadEvents {
  progress(progress: CompareProgress): void;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

const memoryMb = 512;
/** The longest that a comparison may be silent: then a node does not come back. */
const silentMs = 60_000;
const stopMs = 3_000;

/** Starts a thread that compares. */
export function startComparisonThread(input: ThreadInput, events: ThreadEvents): ComparisonThread {
  const worker = createThread(input);
  let settled = false;
  let resolve: (report: CompareReport) => void;
  let reject: (error: Error) => void;
  const report = new Promise<CompareReport>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  let watch: NodeJS.Timeout | undefined;
  const end = (with_: CompareReport | Error): void => {
    if (settled) return;
    settled = true;
    clearTimeout(watch);
    if (with_ instanceof Error) reject(with_);
    else resolve(with_);
    void worker.terminate();
  };
  const heard = (): void => {
    clearTimeout(watch);
    if (settled) return;
    watch = setTimeout(
      () =>
        end(
          new Error(
            `A node did not come back from one message for ${silentMs / 1000} s. Look for an expression or a node that never ends.`,
          ),
        ),
      silentMs,
    );
  };
  heard();
  worker.on('message', (message: FromThread) => {
    heard();
    if (message.type === 'progress') events.progress(message.progress);
    else if (message.type === 'log') events.log(message.level, message.message);
    else end(message.type === 'report' ? message.report : new Error(message.message));
  });
  worker.on('error', (error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? `The messages and what is made of them need more than ${memoryMb} MB. Compare fewer.`
        : error.message;
    end(new Error(why));
  });
  worker.on('exit', () => end(new Error('The thread of the comparison ended.')));
  return {
    report,
    stop() {
      worker.postMessage('stop');
      setTimeout(() => end(new Error('Stopped.')), stopMs).unref();
    },
    kill: (why) => end(new Error(why)),
  };
}

/** Where the thread's code is: beside this file in development, beside the bundle in a build. */
function createThread(input: ThreadInput): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: memoryMb };
  const name = `comparison ${input.after.plan.flow}`.slice(0, 60);
  if (import.meta.url.endsWith('.ts')) {
    const entry = new URL('./thread.ts', import.meta.url).href;
    const boot = fileURLToPath(new URL('../runtime/boot.mjs', import.meta.url));
    return new Worker(boot, { workerData: { entry, input }, resourceLimits, name });
  }
  const inChunks = import.meta.url.includes('/chunks/');
  return new Worker(new URL(inChunks ? '../comparison.js' : './comparison.js', import.meta.url), {
    workerData: { input },
    resourceLimits,
    name,
  });
}
