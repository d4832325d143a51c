/** Milliseconds to wait before try number `attempt` (from 0): doubling from `base` to `most`, with full jitter in its upper half. */
export function backoffMs(attempt: number, base: number, most: number, random: () => number = Math.random): number {
  const full = Math.min(most, base * 2 ** Math.min(attempt, 20));
  return Math.round(full / 2 + (random() * full) / 2);
}

/** Waits, or returns early when the signal fires. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
