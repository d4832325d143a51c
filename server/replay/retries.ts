import type { Retry, RetryRequest } from '#shared/replay.ts';

/** Retries of dead letters. A retry runs in a thread of its own and goes on by itself after a restart of the server. */
export interface Retries {
  /**
   * Durable from its resolution on: survives restarts and SIGKILL; runs in the background. Letters solved, discarded or
   * under retry by somebody else are skipped and counted. Rejects with one sentence when the version cannot run, or none of
   * the letters is a dead letter of this flow.
   */
  start(request: RetryRequest, who: string): Promise<Retry>;
  get(id: string): Promise<Retry | undefined>;
  /** Newest first, at most 100. */
  list(flow: string): Promise<Retry[]>;
  /** Ends it; what has gone through stays, the rest stays as it was. Stopping one that has ended is fine. */
  stop(id: string): Promise<void>;
  /** Called with each retry whose state or counts have changed, at most a few times a second. */
  onChanged(listener: (retry: Retry) => void): () => void;
  /** Ends the threads; what was under way goes on at the next start. */
  close(): Promise<void>;
}
