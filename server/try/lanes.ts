/** Lets a number in at a time; the others wait in a row, for a while. */
export interface Lanes {
  /** Gives the function that leaves again; undefined when the wait was too long or the signal fired. */
  enter(signal?: AbortSignal): Promise<(() => void) | undefined>;
}

/** @param options `most` at a time; `waitMs` that one waits at most */
export function createLanes(options: { most: number; waitMs: number }): Lanes {
  let inside = 0;
  const row: (() => void)[] = [];
  const leaver = () => {
    let gone = false;
    return () => {
      if (gone) return;
      gone = true;
      const first = row.shift();
      if (first) first();
      else inside--;
    };
  };
  return {
    async enter(signal) {
      if (signal?.aborted) return undefined;
      if (inside < options.most) {
        inside++;
        return leaver();
      }
      return new Promise((resolve) => {
        const settle = (entered: boolean) => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', giveUp);
          const at = row.indexOf(admit);
          if (at >= 0) row.splice(at, 1);
          resolve(entered ? leaver() : undefined);
        };
        const admit = () => settle(true);
        const giveUp = () => settle(false);
        const timer = setTimeout(giveUp, options.waitMs);
        signal?.addEventListener('abort', giveUp, { once: true });
        row.push(admit);
      });
    },
  };
}
