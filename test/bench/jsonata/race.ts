/** One of several ways to do the same work; a pass does it once for each item. */
export interface Contender {
  name: string;
  pass(): void | Promise<void>;
}

/** Where results go, so that no engine may leave out making them. */
const kept: { value: unknown } = { value: undefined };

/** A contender that makes a value of each item. All go through this one loop, so that none is inlined into it. */
export function overAll<T>(name: string, items: readonly T[], make: (item: T) => unknown): Contender {
  return {
    name,
    pass: () => {
      for (const item of items) kept.value = make(item);
    },
  };
}

/** Like {@link overAll}, for work that answers later. */
export function overAllAwaited<T>(name: string, items: readonly T[], make: (item: T) => Promise<unknown>): Contender {
  return {
    name,
    pass: async () => {
      for (const item of items) kept.value = await make(item);
    },
  };
}

/** How many passes of a contender take some milliseconds; at least one. Warms it up on the way. */
async function passesFor(contender: Contender, ms: number): Promise<number> {
  let passes = 1;
  for (;;) {
    const spent = await time(contender, passes);
    // Twice, so that the count is of code that is compiled by now.
    if (spent >= ms) return Math.max(1, Math.round((passes * ms) / (await time(contender, passes))));
    passes *= spent > ms / 4 ? 2 : 4;
  }
}

async function time({ pass }: Contender, passes: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < passes; i++) {
    const pending = pass();
    if (pending !== undefined) await pending;
  }
  return performance.now() - start;
}

/** How long each contender runs before it is measured. */
const warmMs = 300;

/**
 * Milliseconds per pass of each contender: the least of several rounds. Every round takes all contenders in turn,
 * so that other work on the machine hits them alike.
 */
export async function race(contenders: readonly Contender[], rounds: number, ms = 5): Promise<number[]> {
  const passes: number[] = [];
  for (const contender of contenders) {
    // Large functions are compiled late; what is measured is how they run all day.
    for (const end = performance.now() + warmMs; performance.now() < end; ) await time(contender, 1);
    passes.push(await passesFor(contender, ms));
  }
  const best = contenders.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    for (const [at, contender] of contenders.entries()) {
      const count = passes[at] ?? 1;
      best[at] = Math.min(best[at] ?? Number.POSITIVE_INFINITY, (await time(contender, count)) / count);
    }
  }
  return best;
}

/** The geometric mean: what ratios are summed up by. */
export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** Three digits: more would be noise. */
export const rounded = (value: number): number => Number(value.toPrecision(3));
