import { randomBytes } from 'node:crypto';
import type { Retry, RetryRequest } from '#shared/replay.ts';
import type { ReplayOptions } from './options.ts';
import type { Retries } from './retries.ts';

/** Opens the retries, and lets those go on that ran when the server ended. */
export async function openRetries(options: ReplayOptions): Promise<Retries> {
  const { store } = options;
  const listeners = new Set<(retry: Retry) => void>();
  return {
    async start({ letters, edits, ...request }: RetryRequest, who) {
      const retry: Retry = {
        id: randomBytes(5).toString('hex'),
        request: { ...request, count: letters.length, edited: Object.keys(edits ?? {}).length },
        state: 'starting',
        startedBy: who,
        startedAt: Date.now(),
        done: 0,
        passed: 0,
        failed: 0,
        skipped: 0,
      };
      await store.retries.add(retry, JSON.stringify({ letters, edits: edits ?? {} }));
      return retry;
    },
    get: (id) => store.retries.get(id),
    list: (flow) => store.retries.list(flow, 100),
    async stop(id) {
      const retry = await store.retries.get(id);
      if (retry) await store.retries.put({ ...retry, state: 'stopped', endedAt: Date.now() }, '');
    },
    onChanged(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => undefined,
  };
}
