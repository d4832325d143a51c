/** How far a deploy has come. `failed`: the new version did not start. `interrupted`: the server ended in the middle of it. */
export const handoverStates = ['draining', 'starting', 'done', 'failed', 'interrupted'] as const;
export type HandoverState = (typeof handoverStates)[number];

/** One partition that changed hands. Offsets are decimal text. */
export interface HandoverPlace {
  stage: string;
  group: string;
  topic: string;
  partition: number;
  /** Where the old version ended: committed, the first offset that is not its own. */
  barrier: string;
  /** Last offset that the old version has processed, and the first of the new one, both from the ledger; absent while there is none. */
  last?: string;
  first?: string;
  /** Offsets that stood beyond the barrier when the new version ran; those of topics written in transactions count their markers. */
  waiting: number;
  /** Messages between the last and the first, which nobody processed: anything but 0 is a bug. Absent until it is known. */
  between?: number;
  /** True where the new version reads this no more. */
  ends?: boolean;
}

/** The change from one version to the next, with what each of them really processed; kept with the deployment for ever. */
export interface Handover {
  id: string;
  flow: string;
  /** The version that ran before; absent when none did. */
  from?: number;
  to: number;
  state: HandoverState;
  who: string;
  /** ms since 1970 when it began. */
  at: number;
  /** How long the old version needed to end, and the new one to run from there. */
  drainMs?: number;
  startMs?: number;
  places: HandoverPlace[];
  /** The share of a canary that this starts, 0 to 1: `from` goes on with the rest. */
  share?: number;
  /** Of an unfinished one: what the new version has processed all the same, per stage and partition, inclusive. */
  handled?: { stage: string; topic: string; partition: number; from: string; to: string }[];
  /** Why it failed, for people. */
  reason?: string;
}

/** What a hand-over says of itself: proven when both sides of every partition are known and nothing lies between them. */
export interface HandoverVerdict {
  level: 'ok' | 'info' | 'warning' | 'error';
  sentence: string;
}

/** The sentence of a hand-over for people. */
export function handoverVerdict(handover: Handover): HandoverVerdict {
  const { state, from, to, places } = handover;
  const old = from === undefined ? 'the version before' : `version ${from}`;
  if (state === 'failed') return { level: 'warning', sentence: `Version ${to} did not start. ${handover.reason ?? ''}`.trim() };
  if (state === 'interrupted') return { level: 'warning', sentence: interruptedSentence(handover, old) };
  if (state === 'draining') return { level: 'info', sentence: `Version ${from ?? to} is being drained to its barrier.` };
  if (state === 'starting') return { level: 'info', sentence: `Version ${to} starts from the barrier.` };
  const lost = places.reduce((sum, place) => sum + (place.between ?? 0), 0);
  if (lost > 0)
    return { level: 'error', sentence: `${lost} messages lie between ${old} and version ${to}, and nobody has processed them.` };
  if (places.length === 0) return { level: 'ok', sentence: `Version ${to} began; nothing ran before it.` };
  const open = places.filter(({ between, ends }) => between === undefined && ends !== true).length;
  if (open === 0)
    return { level: 'ok', sentence: `Nothing is between the last message of ${old} and the first of version ${to}, in every partition.` };
  if (open === places.length)
    return { level: 'info', sentence: `Nothing has come since; version ${to} goes on exactly where ${old} ended.` };
  return {
    level: 'ok',
    sentence: `Nothing is between the two versions wherever messages have come since; ${open} of ${places.length} partitions had none yet.`,
  };
}

function interruptedSentence({ from, to, handled = [] }: Handover, old: string): string {
  const goes = from === undefined ? 'Nothing runs now' : `${old[0]?.toUpperCase()}${old.slice(1)} runs again`;
  if (handled.length === 0) return `The server ended during the deploy. ${goes}; version ${to} has processed nothing.`;
  const places = handled.map((one) => `${one.topic}/${one.partition} from ${one.from} to ${one.to}`).join(', ');
  return `The server ended during the deploy, when version ${to} had already processed ${places}. ${goes}, from there on.`;
}

/** Offsets of messages that waited while the versions changed. */
export function waitedMessages({ places }: Pick<Handover, 'places'>): number {
  return places.reduce((sum, place) => sum + (place.stage === 'transform' ? place.waiting : 0), 0);
}
