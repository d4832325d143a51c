import { header } from '#shared/message.ts';
import type { Made } from './message-run.ts';
import { hashOf, ordinalOf, type Standing } from './standing.ts';

/** How what a version makes of a message compares with what stands in the topics of the chosen sinks. */
export interface Difference {
  class: 'same' | 'changed' | 'failing' | 'fresh';
  /** The outputs that are not there as they would be made. */
  changed: Made['outputs'];
  /** Of the chosen sinks: how many outputs stand there already, and how many do not, by sink. */
  again: Record<string, number>;
  fresh: Record<string, number>;
  /** Sinks where more stands than is made now; a replay cannot take it back. */
  surplus: string[];
}

/** The gravest counts: failing before changed before fresh before same. */
export function differenceOf(made: Made, chosen: ReadonlySet<string>, origin: string, standing: Standing): Difference {
  const result: Difference = { class: 'same', changed: [], again: {}, fresh: {}, surplus: [] };
  const counts = new Map<string, number>();
  let [isFresh, isChanged] = [false, false];
  for (const output of made.outputs) {
    const { sink, record } = output;
    if (!chosen.has(sink)) continue;
    counts.set(sink, (counts.get(sink) ?? 0) + 1);
    const stands = standing.of(sink, origin)?.get(ordinalOf(record.headers?.[header.index]));
    if (stands === undefined) {
      result.fresh[sink] = (result.fresh[sink] ?? 0) + 1;
      result.changed.push(output);
      isFresh = true;
      continue;
    }
    result.again[sink] = (result.again[sink] ?? 0) + 1;
    if (stands.hash === hashOf(record.key, record.value)) continue;
    result.changed.push(output);
    isChanged = true;
  }
  for (const sink of chosen) if ((standing.of(sink, origin)?.size ?? 0) > (counts.get(sink) ?? 0)) result.surplus.push(sink);
  if (made.failures.length > 0) result.class = 'failing';
  else if (isChanged || result.surplus.length > 0) result.class = 'changed';
  else if (isFresh) result.class = 'fresh';
  return result;
}
