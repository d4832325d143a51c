/** Resolves after so many ms, or at once when the signal fires; never rejects. */
export function pauseFor(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Waits that double from `first` to `most` ms, with a quarter of jitter so that a fleet does not knock in step. */
export function backOff(first: number, most: number): { next(): number; reset(): void } {
  let wait = first;
  return {
    next() {
      const now = wait * (0.75 + Math.random() * 0.5);
      wait = Math.min(wait * 2, most);
      return now;
    },
    reset() {
      wait = first;
    },
  };
}

/** Resolves true when the promise settles in time, false when the time is over first; never rejects. */
export async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const stop = new AbortController();
  const inTime = promise.then(
    () => true,
    () => true,
  );
  const late = pauseFor(ms, stop.signal).then(() => false);
  const result = await Promise.race([inTime, late]);
  stop.abort();
  return result;
}
