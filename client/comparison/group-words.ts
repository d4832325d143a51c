import { type ComparisonGroup, classWords } from '#shared/comparison.ts';
import { exact, plural } from '../format.ts';

/** A name for each node that a report speaks of. */
export type LabelOf = (node: string) => string;

/** What a group is about, in a few words: the changed fields, else the class. */
export function groupTitle(group: ComparisonGroup): string {
  if (group.rest) return `More: ${classWords[group.class].title.toLowerCase()}`;
  if (group.class !== 'value-changed' && group.class !== 'headers-changed') return classWords[group.class].title;
  const places = group.places.map((place) => place || 'whole value');
  const shown = places.slice(0, 3).join(', ');
  return places.length > 3 ? `${shown} and ${places.length - 3} more` : shown;
}

const ends: Record<NonNullable<ComparisonGroup['end']>, string> = {
  'dead-letter': 'to dead letters',
  skip: 'skipped',
  stop: 'the flow stops',
  wait: 'would be tried again',
  crash: 'the node has a fault',
  unanswered: 'no recorded answer for its call',
};

/** How many, and where to: `22 changed, to ERP orders`. */
export function groupDetail(group: ComparisonGroup, labelOf: LabelOf): string {
  const { messages, sink, to, topics, end, sinks = [] } = group;
  const count = plural(messages, 'message');
  const at = sink === undefined ? '' : labelOf(sink);
  switch (group.class) {
    case 'value-changed':
      return `${exact(messages)} changed, to ${at}`;
    case 'headers-changed':
      return `${count} with other headers, to ${at}`;
    case 'key-changed':
      return `${count} to ${at}: another partition or order`;
    case 'new-output':
      return `${count} more to ${at}`;
    case 'no-longer-sent':
      return `${count} to ${at}`;
    case 'goes-elsewhere':
      return topics ? `${count} from ${topics.before} to ${topics.after}` : `${count} from ${at} to ${to === undefined ? '' : labelOf(to)}`;
    case 'newly-failing':
    case 'fails-differently': {
      const lost = sinks.length > 0 ? `; nothing to ${sinks.map(labelOf).join(', ')}` : '';
      return `${count}, ${end ? ends[end] : ''}${lost}`;
    }
    case 'no-longer-failing':
      return sinks.length > 0 ? `${count}, now to ${sinks.map(labelOf).join(', ')}` : count;
  }
}

/** The parts of two texts that they have alike at both ends, and what differs between: the beginning, the middle of each, the end. */
export function apart(before: string, after: string): { head: string; before: string; after: string; tail: string } {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  return {
    head: before.slice(0, head),
    before: before.slice(head, before.length - tail),
    after: after.slice(head, after.length - tail),
    tail: before.slice(before.length - tail),
  };
}
