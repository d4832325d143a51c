import { createHash } from 'node:crypto';
import { parsePosition } from '#shared/message.ts';
import type { Repair, RetryRequest } from '#shared/replay.ts';
import type { Letter } from './retry-letter.ts';

/** One message to be retried, as it stands in the work list of a retry. */
export interface RetryWork {
  /** Its dead letters: several only from the start, where all that failed of a message runs as one. */
  letters: { position: string; item: string; attempt: number }[];
  /** Position whose bytes are run: the dead letter's own, or where the message entered the flow. */
  read: string;
  bytes: number;
  edit?: NonNullable<RetryRequest['edits']>[string];
}

/** A dead letter and the key of its message, in few bytes. */
export interface ListedLetter extends Letter {
  key: string | undefined;
}

/** What a key is remembered by; undefined for messages without one, which have no order. */
export function keyMark(key: Uint8Array | null, stage: string): string | undefined {
  return key === null ? undefined : `${stage}#${createHash('md5').update(key).digest('base64')}`;
}

/**
 * The list of a retry, in the order in which it is worked off: that of the dead letters in their topic, but within a key
 * that in which the messages entered the flow. Of letters of one item the newest counts.
 * @returns also how many letters were left out because another of their item is on the list
 */
export function listOf(
  letters: readonly ListedLetter[],
  request: Pick<RetryRequest, 'from' | 'edits'>,
): { works: RetryWork[]; older: number } {
  const newest = new Map<string, ListedLetter>();
  for (const letter of letters) {
    const known = newest.get(letter.item);
    if (known === undefined || letter.attempt > known.attempt) newest.set(letter.item, letter);
  }
  const inLog = [...newest.values()].sort((a, b) => comparePositions(a.position, b.position));
  const ordered = inKeyOrder(inLog);
  const older = letters.length - newest.size;
  if (request.from === 'node') return { works: ordered.map((letter) => workOf([letter], request)), older };
  const byOrigin = new Map<string, ListedLetter[]>();
  for (const letter of ordered) byOrigin.set(letter.origin, [...(byOrigin.get(letter.origin) ?? []), letter]);
  return { works: [...byOrigin.values()].map((group) => workOf(group, request)), older };
}

/** Whether an item may be retried with this letter: nothing later has gone out, or is on its way. */
export function isOpen(letter: Pick<Letter, 'attempt'>, repair: Repair | undefined): boolean {
  return repair === undefined || letter.attempt >= repair.attempt;
}

/** Whether the newest known letter of the item is a later one than this. */
export function hasNewer(letter: Pick<Letter, 'position' | 'attempt'>, newest: string | undefined): boolean {
  if (newest === undefined || newest === letter.position) return false;
  if (letter.attempt === 1) return true;
  const [mine, other] = [parsePosition(letter.position), parsePosition(newest)];
  return mine?.partition === other?.partition && BigInt(other?.offset ?? 0) > BigInt(mine?.offset ?? 0);
}

/** Each key's letters sorted by origin, in the places that they had. */
function inKeyOrder(letters: readonly ListedLetter[]): ListedLetter[] {
  const places = new Map<string, number[]>();
  letters.forEach((letter, at) => {
    if (letter.key !== undefined) places.set(letter.key, [...(places.get(letter.key) ?? []), at]);
  });
  const result = [...letters];
  for (const at of places.values()) {
    if (at.length < 2) continue;
    const sorted = at.map((place) => letters[place] as ListedLetter).sort((a, b) => comparePositions(a.origin, b.origin));
    at.forEach((place, index) => {
      result[place] = sorted[index] as ListedLetter;
    });
  }
  return result;
}

function workOf(group: readonly ListedLetter[], { from, edits }: Pick<RetryRequest, 'from' | 'edits'>): RetryWork {
  const edited = group.find(({ position }) => edits?.[position]);
  const first = edited ?? (group[0] as ListedLetter);
  const edit = edits?.[first.position];
  return {
    letters: [first, ...group.filter((one) => one !== first)].map(({ position, item, attempt }) => ({ position, item, attempt })),
    read: from === 'start' && first.stage.startsWith('deliver-') ? first.origin : first.position,
    bytes: first.bytes,
    ...(edit && { edit }),
  };
}

function comparePositions(a: string, b: string): number {
  const [one, other] = [parsePosition(a), parsePosition(b)];
  if (!one || !other) return a < b ? -1 : a > b ? 1 : 0;
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1;
  if (one.partition !== other.partition) return one.partition - other.partition;
  const [x, y] = [BigInt(one.offset), BigInt(other.offset)];
  return x < y ? -1 : x > y ? 1 : 0;
}
