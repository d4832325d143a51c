import type { Replay, ReplayGone } from '#shared/replay.ts';
import { timeText } from '#shared/time-text.ts';
import type { KafkaAdmin } from '../kafka/port.ts';
import { intersection, length, type Stretch } from './stretches.ts';

/** How many parts a sentence names. */
const mostNamed = 3;

/** What of a replay's range lies before the offset at which a partition begins now; undefined when nothing does. */
export function goneBetween(
  stretches: readonly Stretch[],
  { topic, partition, from, low }: { topic: string; partition: number; from: bigint; low: bigint },
  noticedAt: number,
): ReplayGone | undefined {
  const taken = intersection(stretches, [{ topic, partition, from: String(from), to: String(low) }]);
  const [first, last] = [taken[0], taken.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return { topic, partition, from: first.from, to: String(BigInt(last.to) - 1n), offsets: length(taken), noticedAt };
}

/** Adds a part, in place; one that follows on the last of its partition makes that longer. */
export function addGone(parts: ReplayGone[], next: ReplayGone): void {
  const at = parts.findLastIndex(({ topic, partition }) => topic === next.topic && partition === next.partition);
  const last = parts[at];
  if (last && BigInt(last.to) + 1n === BigInt(next.from))
    parts[at] = { ...next, from: last.from, offsets: last.offsets + next.offsets, noticedAt: last.noticedAt };
  else parts.push(next);
}

/**
 * What is to be said of it. @param unread messages of the range that were not read: there are no more gone than these
 * @param kept by topic, the time of the oldest message that it still has, ms since 1970
 */
export function goneOf(parts: readonly ReplayGone[], unread: number, kept: ReadonlyMap<string, number> = new Map()): Replay['gone'] {
  if (parts.length === 0) return undefined;
  const offsets = parts.reduce((sum, part) => sum + part.offsets, 0);
  const messages = Math.min(offsets, Math.max(0, unread));
  const named = parts
    .slice(0, mostNamed)
    .map(({ topic, partition, from, to, noticedAt }) => `${topic}/${partition} ${from} to ${to} (noticed ${timeText(noticedAt)})`);
  const more = parts.length > mostNamed ? ` and ${parts.length - mostNamed} more` : '';
  const since = [...kept].map(([topic, at]) => ` “${topic}” keeps messages back to ${timeText(at)} now.`).join('');
  const sentence = `Retention deleted ${messages} messages of the range before they were read: ${named.join(', ')}${more}.${since}`;
  return { messages, parts: [...parts], sentence };
}

/** What of a range is gone before where a group stands: what it would have come upon, had it gone on. */
export async function goneAhead(
  admin: KafkaAdmin,
  { group, stretches }: { group: string; stretches: readonly Stretch[] },
  noticedAt: number,
): Promise<ReplayGone[]> {
  const parts: ReplayGone[] = [];
  for (const topic of new Set(stretches.map((one) => one.topic))) {
    const done = await admin.committed(group, topic);
    for (const { partition, low } of (await admin.offsets(topic)) ?? []) {
      const at = done.get(partition) ?? -1n;
      const part = goneBetween(stretches, { topic, partition, from: at < 0n ? 0n : at, low }, noticedAt);
      if (part) parts.push(part);
    }
  }
  return parts;
}
