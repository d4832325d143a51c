import type { CommittedOffset, StateLine } from './state-file.ts';

/** Committed offsets of all groups, and the protocol type under which each group last met. */
export interface Offsets {
  groups: Map<string, { protocolType: string; topics: Map<string, Map<number, CommittedOffset>>; idleSince: number }>;
}

/** No groups yet. */
export function createOffsets(): Offsets {
  return { groups: new Map() };
}

function groupOf(
  offsets: Offsets,
  group: string,
): { protocolType: string; topics: Map<string, Map<number, CommittedOffset>>; idleSince: number } {
  let entry = offsets.groups.get(group);
  if (!entry) {
    entry = { protocolType: '', topics: new Map(), idleSince: Date.now() };
    offsets.groups.set(group, entry);
  }
  return entry;
}

/** Takes over a line of the state file; lines about other things are ignored. */
export function applyOffsetLine(offsets: Offsets, line: StateLine): void {
  if (line[0] === 'offset') {
    const [, group, topic, partition, committed] = line;
    const { topics } = groupOf(offsets, group);
    const partitions = topics.get(topic) ?? new Map<number, CommittedOffset>();
    topics.set(topic, partitions);
    partitions.set(partition, committed);
  } else if (line[0] === 'offset-gone') {
    const [, group, topic, partition] = line;
    const partitions = offsets.groups.get(group)?.topics.get(topic);
    partitions?.delete(partition);
    if (partitions?.size === 0) offsets.groups.get(group)?.topics.delete(topic);
  } else if (line[0] === 'group') groupOf(offsets, line[1]).protocolType = line[2];
  else if (line[0] === 'group-gone') offsets.groups.delete(line[1]);
}

/** Lines that say all there is to say. */
export function* offsetLines(offsets: Offsets): Generator<StateLine> {
  for (const [group, { protocolType, topics }] of offsets.groups) {
    yield ['group', group, protocolType];
    for (const [topic, partitions] of topics) {
      for (const [partition, committed] of partitions) yield ['offset', group, topic, partition, committed];
    }
  }
}
