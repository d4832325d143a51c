import {
  type ComparisonExample,
  type ComparisonGroup,
  classOf,
  comparisonLimits,
  type DifferenceClass,
  differenceClasses,
  type MessageClass,
} from '../comparison.ts';
import type { Difference } from './outcome.ts';

/** A message's place among the groups; `example` is asked for only where one is wanted, because it costs. */
export interface ComparedMessage {
  differences: readonly Difference[];
  example(difference: Difference): ComparisonExample;
}

/** Collects what differs, within bounds: memory does not grow with the messages. */
export interface Grouping {
  add(message: ComparedMessage): void;
  /** Messages of each class; together as many as were added. */
  counts(): Partial<Record<MessageClass, number>>;
  /** The gravest first, of one class the largest. Their causes are still empty. */
  groups(): ComparisonGroup[];
  /** The difference that opened a group, for looking up its cause. */
  firstOf(signature: string): Difference | undefined;
}

/** An empty grouping. */
export function createGrouping(): Grouping {
  const counts: Partial<Record<MessageClass, number>> = {};
  const groups = new Map<string, { group: ComparisonGroup; first: Difference; lastMessage: number }>();
  let messages = 0;

  function entryFor(difference: Difference) {
    const group = groupOf(difference);
    const known = groups.get(group.signature);
    if (known) return known;
    const full = groups.size >= comparisonLimits.groups;
    const opened = full ? restOf(difference.class) : group;
    const entry = groups.get(opened.signature) ?? { group: opened, first: difference, lastMessage: -1 };
    groups.set(opened.signature, entry);
    return entry;
  }

  return {
    add({ differences, example }) {
      const kind = classOf(differences);
      counts[kind] = (counts[kind] ?? 0) + 1;
      messages++;
      for (const difference of differences) {
        const entry = entryFor(difference);
        // A message that was split may differ in one way several times.
        if (entry.lastMessage === messages) continue;
        entry.lastMessage = messages;
        entry.group.messages++;
        if (difference.sinks) entry.group.sinks = [...new Set([...(entry.group.sinks ?? []), ...difference.sinks])].sort();
        if (entry.group.examples.length < comparisonLimits.examples) entry.group.examples.push(example(difference));
      }
    },
    counts: () => ({ ...counts }),
    groups: () => [...groups.values()].map(({ group }) => group).sort(byWeight),
    firstOf: (signature) => groups.get(signature)?.first,
  };
}

function byWeight(a: ComparisonGroup, b: ComparisonGroup): number {
  return (
    differenceClasses.indexOf(a.class) - differenceClasses.indexOf(b.class) ||
    b.messages - a.messages ||
    (a.signature < b.signature ? -1 : 1)
  );
}

function restOf(kind: DifferenceClass): ComparisonGroup {
  const empty = { places: [], added: [], removed: [], messages: 0, examples: [], causes: [] };
  return { signature: `rest.${kind}`, class: kind, ...empty, rest: true };
}

/** The group of a difference, without messages. */
export function groupOf(difference: Difference): ComparisonGroup {
  const { sink, to, topics, changes, failed, dropped } = difference;
  const of = (kind: string): string[] => [...new Set(changes.filter((change) => change.kind === kind).map(({ place }) => place))].sort();
  const [added, removed] = [of('added'), of('removed')];
  const places = [...new Set([...of('changed'), ...added, ...removed])].sort();
  const failure = failed?.after ?? failed?.before;
  const node = failure?.node ?? dropped?.node;
  const facts = [
    difference.class,
    sink,
    to,
    topics && `${topics.before} ${topics.after}`,
    ...places.map((place) => `${added.includes(place) ? '+' : removed.includes(place) ? '-' : ''}${place}`),
    node,
    failure?.code,
    failed?.before && failed.after && `${failed.before.node} ${failed.before.code}`,
  ];
  return {
    signature: `${difference.class}.${fingerprint(facts.map((fact) => fact ?? '').join('\n'))}`,
    class: difference.class,
    ...(sink !== undefined && { sink }),
    ...(to !== undefined && { to }),
    ...(topics && { topics }),
    places,
    added,
    removed,
    ...(node !== undefined && { node }),
    ...(failure && { code: failure.code, end: failure.end }),
    ...(dropped && { reason: dropped.reason }),
    messages: 0,
    examples: [],
    causes: [],
  };
}

/** 64 bits of a text as hex: FNV-1a over two lanes. Names a group in an address; nothing secret rests on it. */
export function fingerprint(text: string): string {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5bd1e995) ^ (a >>> 13);
  }
  return [a, b].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('');
}
