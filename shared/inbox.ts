import type { CauseState } from './inbox/cause-state.ts';
import type { ItemState } from './inbox/item.ts';

/** What the inbox answers. Times are ms since 1970; positions `topic/partition/offset`. */
export interface InboxList {
  causes: InboxCause[];
  /** Causes of the whole search, of which a page is in `causes`. */
  total: number;
  /** Causes by tab, and open messages; of the flow and node that were asked for. */
  counts: Record<InboxTab, number> & { messages: number };
  /** How far the inbox has read: when it last heard from Kafka, and whether it still catches up. */
  checkedAt: number;
  behind: boolean;
  /** When the newest message failed, open or not; absent when none ever did. */
  lastFailure?: number;
  /** Since when failures are known. */
  since: number;
}

export const inboxTabs = ['open', 'muted', 'solved', 'discarded'] as const;
export type InboxTab = (typeof inboxTabs)[number];

export const inboxOrders = ['needs-you', 'newest', 'most'] as const;
/** `needs-you`: back again, new and ready ones first, then by number of messages. */
export type InboxOrder = (typeof inboxOrders)[number];

/** Messages that failed for one reason at one place. */
export interface InboxCause {
  id: string;
  flow: string;
  flowName: string;
  node: string;
  nodeName: string;
  nodeType: string;
  code: string;
  /** Place that the failing row of a mapping fills, or place in the message; '' where neither is known. */
  place: string;
  title: string;
  state: CauseState;
  stateAt: number;
  stateBy?: string;
  owner?: string;
  /** Messages that are open, on their way again among them. */
  messages: number;
  /** Different keys of these. */
  keys: number;
  solved: number;
  discarded: number;
  /** Of the open ones; of all where none is open. */
  first: number;
  last: number;
  versions: number[];
  /** Failures in each of the last 24 hours, oldest first. */
  bars: number[];
  retry?: { id: string; done: number; total: number };
  /** Replays that hold open messages of it, in the view of one cause: a retry leaves those to them. */
  replays?: { id: string; name: string; paused: boolean; messages: number }[];
  fix?: FixCheck;
  /** Open messages that retention has taken. */
  gone?: { messages: number; since: number };
}

/** What Check fix says of a draft; nothing was written for it. */
export interface FixCheck {
  /** Hash of the draft's logic. */
  draft: string;
  /** False when the draft or the deployed version is another now. */
  current?: boolean;
  /** The deployed version; absent when none is. */
  version?: number;
  at: number;
  who: string;
  /** Messages that were run, of how many; fewer when there are more than 1,000. */
  checked: number;
  of: number;
  /** Of these, those that would pass. */
  draftPasses: number;
  deployedPasses: number;
  /** Failed at a sink outside, which only a retry can ask; they count as neither. */
  unknown: number;
  /** Why the draft or the deployed version could not be run, for people. */
  notes: string[];
  /** Where the rest fails with the draft, the most frequent first. */
  failing: { code: string; node: string; message: string; messages: number }[];
  ms: number;
}

/** A check with the verdict on each message. */
export interface FixReport extends FixCheck {
  verdicts: Record<string, Verdict>;
}

export type Verdict = 'passes' | 'fails' | 'unknown';

/** One message of a cause. */
export interface InboxItem {
  item: string;
  /** Of its newest dead letter. */
  position: string;
  state: ItemState;
  node: string;
  stage: string;
  version: number;
  origin: string;
  /** Masked. */
  key: string | null;
  bytes: number;
  attempt: number;
  firstAt: number;
  lastAt: number;
  /** Value of the failing field as JSON text, masked and cut; absent where it is not known or the letter is gone. */
  value?: string;
  /** Who repaired or discarded it, and by what; `retry` is `release` where its key was released. Also of an attempt that failed again. */
  by?: { who: string; at: number; reason?: string; retry?: string; replay?: { id: string; name: string } };
}

export interface InboxItems {
  items: InboxItem[];
  total: number;
  /** To be given as `after` for the next page. */
  next?: string;
}

/** The part of a mapping or schema where a cause's messages fail. */
export interface FailingRule {
  node: string;
  /** The mapping as it was in the version that failed, and the row's id in it. */
  expression: string;
  row: string;
  place: string;
  /** Fields of the message that the row reads: `coupon`, `lines.price`. */
  reads: string[];
  /** Whether the draft's row is another one by now. */
  changed: boolean;
  /** The error in a few words: `not a number`. */
  error: string;
}

/** A way to mend a cause by an edit of the draft. */
export interface SuggestedFix {
  kind: FixKind;
  title: string;
  /** What it does to the messages, in one sentence. */
  sentence: string;
  node: string;
  /** The setting that it changes, and its new text. */
  field: 'expression';
  before: string;
  after: string;
  /** Id of the changed row in `after`. */
  row: string;
  /** Example: the failing value, and what becomes of it; JSON text. */
  example?: { from: string; to: string };
  /** Messages that were run with it, and those that passed. */
  checked: number;
  passes: number;
  /** True when the draft has it already. */
  inDraft?: boolean;
}

export const fixKinds = ['comma-decimals', 'to-number', 'to-text', 'trim', 'default', 'optional'] as const;
export type FixKind = (typeof fixKinds)[number];

export interface InboxCauseDetail extends InboxCause {
  /** The newest sentence, with its values. */
  sentence: string;
  rule?: FailingRule;
  likely?: Likely;
  /** The draft's revision, for an edit of it. */
  revision?: number;
  deployedVersion?: number;
  /** Versions that can run a retry, newest first. */
  versionsToRetry: number[];
  /** False where the flow is deleted. */
  flowExists: boolean;
}

/** What is likely behind a cause, and what that rests on. */
export type Likely =
  /** The first message failed soon after this version was deployed. */
  | { by: 'deployment'; version: number; at: number; who: string }
  /** The messages are otherwise than the rule expects. */
  | { by: 'data'; field: string; what: string; since: number };

/** A dead letter as it is shown. */
export interface InboxLetter {
  item: InboxItem;
  cause: string;
  /** Text of the value, masked, cut to 256 KB; base64 where it is not UTF-8; null for a delete marker. */
  value: string | null;
  encoding: 'utf8' | 'base64';
  /** True when `value` is only the beginning. */
  cut: boolean;
  /** Fields that masks hide. */
  masked: number;
  headers: Record<string, string>;
  message: string;
  code: string;
  /** Place of the failing field in the value: `coupon`; absent where it is not known. */
  field?: (string | number)[];
}

/** Newer messages of the same keys that have come since. */
export interface Overtaken {
  messages: number;
  keys: { key: string; item: string; origin: string; newer: string; newerAt: number }[];
  /** Keys in all; `keys` lists at most 100. */
  total: number;
  /** What could not be looked at, for people. */
  note?: string;
}
