import type { Repair } from '../replay.ts';

/** What the inbox keeps of one dead letter: where it stands, not what stands in it. */
export interface LetterFacts {
  /** Position of the first dead letter of the message: the item. */
  item: string;
  /** Where this letter stands. */
  position: string;
  flow: string;
  /** The cause: see `causeId`. */
  cause: string;
  node: string;
  stage: string;
  code: string;
  version: number;
  /** Where the message entered the flow. */
  origin: string;
  /** As text, at most 200 characters; null where there is none. */
  key: string | null;
  /** Of the value. */
  bytes: number;
  attempt: number;
  /** When it failed, ms since 1970. */
  at: number;
}

/** One item: its newest letter, and when the first one came. */
export interface ItemFacts extends LetterFacts {
  firstAt: number;
}

export type ItemState = 'open' | 'sent' | 'solved' | 'discarded';

/** Puts a letter to what is known of its item. The order in which letters come does not matter, and one that comes twice counts once. */
export function withLetter(known: ItemFacts | undefined, letter: LetterFacts): ItemFacts {
  if (known === undefined) return { ...letter, firstAt: letter.at };
  const firstAt = Math.min(known.firstAt, letter.at);
  return isNewer(letter, known) ? { ...letter, firstAt } : { ...known, firstAt };
}

function isNewer(a: LetterFacts, b: LetterFacts): boolean {
  if (a.attempt !== b.attempt) return a.attempt > b.attempt;
  if (a.at !== b.at) return a.at > b.at;
  return a.position > b.position;
}

/** The later of two words about a repair: of the later attempt, then the better one. In either order the same. */
export function laterRepair(a: Repair | undefined, b: Repair): Repair {
  if (a === undefined || b.attempt > a.attempt) return b;
  if (a.attempt > b.attempt) return a;
  if (a.outcome !== b.outcome) return a.outcome === 'solved' ? a : b;
  return b.at > a.at ? b : a;
}

/** Where an item stands. A letter of the repair's attempt or a later one has failed again, so the item is open. */
export function itemState(letter: Pick<LetterFacts, 'attempt'>, repair: Repair | undefined, discarded: boolean): ItemState {
  if (discarded) return 'discarded';
  return repair === undefined || letter.attempt >= repair.attempt ? 'open' : repair.outcome;
}
