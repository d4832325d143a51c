import { wait } from './backoff.ts';

/** A stage's pause: closed by a person or by a used-up retry budget, opened by a person. */
export interface Gate {
  readonly closed: boolean;
  readonly reason: string | undefined;
  close(reason: string): void;
  open(): void;
  /** Resolves when the gate is open, or the signal fires. */
  passed(signal: AbortSignal): Promise<void>;
}

export function createGate(): Gate {
  let reason: string | undefined;
  let opened = new AbortController();
  return {
    get closed() {
      return reason !== undefined;
    },
    get reason() {
      return reason;
    },
    close(why) {
      if (reason === undefined) opened = new AbortController();
      reason = why;
    },
    open() {
      reason = undefined;
      opened.abort();
    },
    async passed(signal) {
      while (reason !== undefined && !signal.aborted) {
        await wait(3_600_000, AbortSignal.any([signal, opened.signal]));
      }
    },
  };
}
