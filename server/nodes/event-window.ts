/** Event ids of the last minutes, so that an event sent twice is taken once. */
export interface EventWindow {
  /** Takes an id as done since `time` (ms since 1970). */
  remember(id: string, time: number): void;
  /**
   * Runs `produce` unless the id is known. While another call of the same id is under way it waits for that one:
   * when that fails, this one tries itself, so that the sender's repetition is not lost with the first attempt.
   * @returns what `produce` gave, or undefined for a repetition
   */
  once<T>(id: string, produce: () => Promise<T>): Promise<T | undefined>;
}

/** The most ids kept; beyond that the oldest are forgotten early. About 150 MB with ids of 40 characters. */
const most = 1_000_000;

/** A window of the given length in milliseconds. */
export function eventWindow(lengthMs: number, now: () => number = Date.now): EventWindow {
  // A Map keeps the order of insertion, so the oldest ids stand first.
  const done = new Map<string, number>();
  const underWay = new Map<string, Promise<unknown>>();

  function remember(id: string, time: number): void {
    done.delete(id);
    done.set(id, time);
    for (const [oldest, since] of done) {
      if (since >= now() - lengthMs && done.size <= most) break;
      done.delete(oldest);
    }
  }

  return {
    remember,
    async once(id, produce) {
      for (let first = underWay.get(id); first; first = underWay.get(id)) {
        const taken = await first.then(
          () => true,
          () => false,
        );
        if (taken) return undefined;
      }
      const since = done.get(id);
      if (since !== undefined && since >= now() - lengthMs) return undefined;
      const mine = produce();
      underWay.set(id, mine);
      try {
        const result = await mine;
        remember(id, now());
        return result;
      } finally {
        underWay.delete(id);
      }
    },
  };
}
