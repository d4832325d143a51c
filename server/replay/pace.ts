/** Messages per second, and how many of the last have failed. */
export interface Pace {
  setRate(perSecond: number): void;
  /** Ms to wait before the next message; 0 when it may go. */
  waitMs(): number;
  /** One goes. */
  took(): void;
}

/** A bucket of a fifth of a second, at least one message. @param perSecond 0: no limit */
export function createPace(perSecond: number, now: () => number = Date.now): Pace {
  let rate = perSecond;
  let filledAt = now();
  let tokens = 1;
  const fill = () => {
    const at = now();
    tokens = Math.min(Math.max(1, rate / 5), tokens + ((at - filledAt) / 1000) * rate);
    filledAt = at;
  };
  return {
    setRate(next) {
      fill();
      rate = next;
    },
    waitMs() {
      if (rate === 0) return 0;
      fill();
      return tokens >= 1 ? 0 : Math.max(1, Math.ceil(((1 - tokens) / rate) * 1000));
    },
    took() {
      tokens -= 1;
    },
  };
}

/** Watches the share of failures among the last messages. */
export interface FailureWatch {
  /** One has ended; true when too many of the last have failed. */
  ended(failed: boolean): boolean;
}

const window = 200;
/** Of fewer messages a share says little. */
const fewest = 20;

/** @param most share from 0 to 1; 1: never too many */
export function watchFailures(most: number): FailureWatch {
  const last: boolean[] = [];
  let at = 0;
  let failures = 0;
  return {
    ended(failed) {
      if (last.length < window) last.push(failed);
      else {
        if (last[at]) failures--;
        last[at] = failed;
        at = (at + 1) % window;
      }
      if (failed) failures++;
      return last.length >= fewest && failures / last.length > most;
    },
  };
}
