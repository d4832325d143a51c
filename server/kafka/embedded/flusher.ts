import { fdatasync } from 'node:fs';
import { activeSegment, type Log, wake } from './log.ts';
import type { StateFile } from './state-file.ts';

/**
 * When written records are forced to the disk itself.
 * `os`: never by us, as Kafka's default; survives a killed process, not a power cut. `interval`: once a second.
 * `always`: before each acknowledgement.
 */
export type FsyncPolicy = 'os' | 'interval' | 'always';

/** Carries out one policy for all logs. */
export interface Flusher {
  /** To be called after each append. Resolves when the append may be acknowledged; rejects when the disk refuses. */
  written(log: Log): Promise<void> | undefined;
  /** The same for the state file. */
  noted(state: StateFile): Promise<void> | undefined;
  /** Stops the timer. */
  close(): void;
}

const INTERVAL_MS = 1_000;

function sync(log: Log): Promise<void> {
  const segment = activeSegment(log);
  const { fd } = segment;
  return new Promise((resolve, reject) => {
    fdatasync(fd, (error) => {
      // A segment closed meanwhile was synced when it was closed.
      if (error && segment.fd === fd) reject(error);
      else resolve();
    });
  });
}

/** Makes the flusher of a policy; `warn` hears of failures that no producer waits for. */
export function createFlusher(policy: FsyncPolicy, warn: (sentence: string) => void): Flusher {
  if (policy === 'always') return createStrictFlusher();
  const dirty = new Set<Log>();
  let dirtyState: StateFile | undefined;
  let timer: NodeJS.Timeout | undefined;
  function flush(): void {
    timer = undefined;
    for (const log of dirty) {
      sync(log).catch((error: Error) => warn(`Could not force ${log.topic}-${log.partition} to the disk: ${error.message}.`));
    }
    dirty.clear();
    dirtyState?.sync().catch((error: Error) => warn(`Could not force the state file to the disk: ${error.message}.`));
    dirtyState = undefined;
  }
  return {
    written(log) {
      log.highWatermark = log.endOffset;
      wake(log);
      if (policy === 'interval') {
        dirty.add(log);
        timer ??= setTimeout(flush, INTERVAL_MS);
      }
      return undefined;
    },
    noted(state) {
      if (policy === 'interval') {
        dirtyState = state;
        timer ??= setTimeout(flush, INTERVAL_MS);
      }
      return undefined;
    },
    close: () => clearTimeout(timer),
  };
}

/** Syncs before acknowledging. Writes that arrive while a sync runs share the next one. */
function createStrictFlusher(): Flusher {
  const waiting = new Map<Log, Promise<void>>();
  const running = new Map<Log, Promise<void>>();
  async function run(log: Log, before: Promise<void> | undefined): Promise<void> {
    await before?.catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    waiting.delete(log);
    const end = log.endOffset;
    const current = sync(log).then(() => {
      log.highWatermark = Math.max(log.highWatermark, end);
      wake(log);
    });
    running.set(log, current);
    try {
      await current;
    } finally {
      if (running.get(log) === current) running.delete(log);
    }
  }
  return {
    written(log) {
      let next = waiting.get(log);
      if (!next) {
        next = run(log, running.get(log));
        waiting.set(log, next);
      }
      return next;
    },
    noted: (state) => state.sync(),
    close: () => undefined,
  };
}
