/** Runs what has the same name one after the other. */
export type InTurn = <T>(name: string, run: () => Promise<T>) => Promise<T>;

/** Deploy, stop and delete of one flow must not overlap; those of different flows may. */
export function createTurns(): InTurn {
  const last = new Map<string, Promise<unknown>>();
  return async (name, run) => {
    const before = last.get(name) ?? Promise.resolve();
    const mine = before.then(run, run);
    last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (last.get(name) === mine) last.delete(name);
    }
  };
}
