import type { CauseRow } from './comparison/causes.ts';
import type { Position } from './message.ts';
import type { FailureEnd } from './trial.ts';

/**
 * What would change: two versions of a flow over the same real messages. What leaves for the sinks is paired by origin and
 * output index per sink, and every difference has one of these classes. The order is that of gravity: a message that has
 * several counts as the first of them.
 */
export const differenceClasses = [
  'newly-failing',
  'fails-differently',
  'no-longer-sent',
  'goes-elsewhere',
  'key-changed',
  'new-output',
  'value-changed',
  'headers-changed',
  'no-longer-failing',
] as const;
export type DifferenceClass = (typeof differenceClasses)[number];
export type MessageClass = DifferenceClass | 'same';

/** Words of a class: as the title of a group, and behind a number of messages. */
export const classWords: Record<MessageClass, { title: string; counted: string }> = {
  same: { title: 'Same', counted: 'same' },
  'newly-failing': { title: 'Newly failing', counted: 'newly failing' },
  'fails-differently': { title: 'Fails for another reason', counted: 'failing for another reason' },
  'no-longer-sent': { title: 'No longer sent', counted: 'no longer sent' },
  'goes-elsewhere': { title: 'Goes elsewhere', counted: 'going elsewhere' },
  'key-changed': { title: 'Key changed', counted: 'with another key' },
  'new-output': { title: 'New output', counted: 'with a new output' },
  'value-changed': { title: 'Value changed', counted: 'changed' },
  'headers-changed': { title: 'Headers changed', counted: 'with other headers' },
  'no-longer-failing': { title: 'No longer failing', counted: 'no longer failing' },
};

/** Bounds of a comparison. */
export const comparisonLimits = {
  /** Messages that are compared when nobody says how many, and at most. */
  defaultMessages: 1000,
  mostMessages: 10_000,
  /** Groups of a report; what comes after goes into one more group per class. */
  groups: 200,
  /** Examples of a group, and changed fields shown of each. */
  examples: 3,
  changes: 8,
  /** Characters shown of one value. */
  valueLength: 300,
} as const;

/** Which messages are compared. */
export type ComparisonScope =
  /** The newest of the flow's source topics. */
  | { by: 'newest'; count: number }
  /** Those of a time, in ms since 1970: at or after, and before. */
  | { by: 'time'; since: number; until: number; count: number }
  /** The messages behind the dead letters of a cause. */
  | { by: 'dead-letters'; node: string; code: string; count: number };

/** Where a field stands: names and, in lists, ordinals. */
export type FieldPath = readonly (string | number)[];

/** A changed field of an example, as JSON text, masked and cut. `before` is missing where it is new, `after` where it is gone. */
export interface ShownChange {
  /** `lines[2].sku`; empty for the whole value. */
  place: string;
  before?: string;
  after?: string;
  /** True where masking has hidden something of it. */
  masked?: true;
}

/** One message of a group. */
export interface ComparisonExample {
  position: Position;
  /** ms since 1970. */
  timestamp: number;
  key: string | null;
  /** What people call it: the field of its value that looks like its number. */
  label?: { name: string; value: string };
  changes: ShownChange[];
  /** Changed fields that are not shown. */
  more: number;
  /** Failures: the sentences of both versions. */
  before?: string;
  after?: string;
}

/** The differences of one kind at one place, which one decision settles. */
export interface ComparisonGroup {
  /** Names it for ever among the groups of this flow: made of class, sink and places. */
  signature: string;
  class: DifferenceClass;
  /** The sink that is concerned; where it goes elsewhere, the one it went to. */
  sink?: string;
  /** Goes elsewhere: the sink it goes to now, or another topic of the same sink. */
  to?: string;
  topics?: { before: string; after: string };
  /** Changed places in all lists' items alike: `lines[].sku`. For headers their names. */
  places: string[];
  /** Of these the ones that are only in the draft's result, and only in the deployed one's. */
  added: string[];
  removed: string[];
  /** Failures: where and why; no longer sent: the node that drops it, and its reason. */
  node?: string;
  code?: string;
  reason?: string;
  /** Failures: the sinks that get nothing any more (or now do). */
  sinks?: string[];
  /** What becomes of what fails: a dead letter, nothing, or the flow stops. */
  end?: Exclude<FailureEnd, 'error-port'>;
  messages: number;
  examples: ComparisonExample[];
  causes: CauseRow[];
  /** True for the group that collects what is beyond the bound. */
  rest?: true;
  expected?: Decision;
}

/** A person's word that a group is as it should be. */
export interface Decision {
  by: string;
  /** ISO. */
  at: string;
  note: string;
}

export type ComparisonState = 'running' | 'done' | 'stopped' | 'failed';

/** Why there is nothing to compare, or why it ended early: a code and one sentence. */
export interface ComparisonReason {
  code:
    | 'first-deploy'
    | 'no-messages'
    | 'no-topic'
    | 'retention'
    | 'deployed-broken'
    | 'draft-broken'
    | 'equal'
    | 'stopped'
    | 'server-ended'
    | 'failed';
  sentence: string;
}

/** What was read of a topic. */
export interface ComparedTopic {
  topic: string;
  messages: number;
  /** Times of the oldest and the newest, in ms since 1970. */
  fromTime?: number;
  toTime?: number;
}

/** A run of a comparison and its report. It can be read without the flow: names of nodes stand in it. */
export interface Comparison {
  id: string;
  flow: string;
  state: ComparisonState;
  scope: ComparisonScope;
  /** Hash of the draft's logic. */
  draft: { hash: string };
  /** The version that was deployed; none before the first deploy. */
  against?: number;
  startedAt: string;
  startedBy: string;
  endedAt?: string;
  ms: number;
  /** Messages compared so far, and how many there will be. */
  done: number;
  total: number;
  topics: ComparedTopic[];
  /** Messages that were asked for and are not there any more. */
  missing: number;
  counts: Partial<Record<MessageClass, number>>;
  groups: ComparisonGroup[];
  /** Sinks whose own settings differ: they act when the sink writes, which a comparison never does. */
  unseen: { node: string; fields: string[] }[];
  /** Labels of the nodes that the report names. */
  labels: Record<string, string>;
  reason?: ComparisonReason;
  /** Whether the report is about the draft and the deployment as they stand now. */
  stale?: boolean;
  /** The deployment that it was made for, once there is one. */
  deployment?: { version: number; at: string };
}

/** Groups that nobody has called expected. */
export function undecided(groups: readonly ComparisonGroup[]): ComparisonGroup[] {
  return groups.filter((group) => group.expected === undefined);
}

/** The report in one sentence: `1,000 messages: 962 same, 31 changed, 5 newly failing`. */
export function headlineOf(comparison: Pick<Comparison, 'counts' | 'done'>): string {
  const { counts, done } = comparison;
  const messages = `${inFigures(done)} ${done === 1 ? 'message' : 'messages'}`;
  const changed = [...differenceClasses].filter((name) => (counts[name] ?? 0) > 0).sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0));
  if (changed.length === 0) return `No difference on ${messages}`;
  const parts = changed.map((name) => `${inFigures(counts[name] ?? 0)} ${classWords[name].counted}`);
  return `${messages}: ${[`${inFigures(counts.same ?? 0)} same`, ...parts].join(', ')}`;
}

function inFigures(count: number): string {
  return count.toLocaleString('en-US');
}

/** The class that a message counts as: the gravest of its differences. */
export function classOf(differences: readonly { class: DifferenceClass }[]): MessageClass {
  return differenceClasses.find((name) => differences.some((difference) => difference.class === name)) ?? 'same';
}
