import type { DeadIndex } from './dead-index.ts';

/** Which failed messages of its range a replay to real sinks runs, and which it leaves to others. */
export interface Holding {
  /** Open items by origin, all of them its own. */
  open: DeadIndex['open'];
  /** By origin, why a message is not run. */
  left: ReadonlyMap<string, string>;
}

/** Why a message is left, as the ledger has it behind `replay: `. */
const inOtherHands = 'its dead letter was left to a retry or another replay';
const sentSince = 'its dead letter was sent again since the plan';
const reasons = [inOtherHands, sentSince].map((why) => `replay: ${why}`);

/**
 * Shares out the failed messages of a range. A message is run when all its open items are the replay's own and none was
 * mended by another since the plan: what the other has sent would come twice. Messages that never failed are not its concern.
 * @param others retries and replays that were active at or after the time of the plan
 */
export function holdingOf({ open, mended }: DeadIndex, isMine: (item: string) => boolean, others: ReadonlySet<string>): Holding {
  const left = new Map<string, string>();
  for (const [origin, repairs] of mended) if (repairs.some(({ retry, replay }) => others.has(replay ?? retry))) left.set(origin, sentSince);
  for (const [origin, letters] of open) if (!letters.every(({ item }) => isMine(item))) left.set(origin, inOtherHands);
  return { open: new Map([...open].filter(([origin]) => !left.has(origin))), left };
}

/** How many messages a ledger entry says were left to others. */
export function leftIn(filtered: Record<string, Record<string, number>>): number {
  return Object.values(filtered).reduce((sum, counts) => sum + reasons.reduce((all, why) => all + (counts[why] ?? 0), 0), 0);
}
