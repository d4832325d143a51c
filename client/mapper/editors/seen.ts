import { parseJson, stringifyJson } from '#shared/json.ts';
import type { RowResult } from '../mapper-store.ts';

/** More values than this are no code list. */
const most = 200;

/**
 * The plain values that something has over all samples, as the texts by which a value table looks them up, in the order
 * in which they were seen. Values of a list count one by one; null and what is missing do not count.
 */
export async function seenValues(samples: number, result: (sample: number) => Promise<RowResult>): Promise<string[]> {
  const found = new Set<string>();
  for (let sample = 0; sample < samples && found.size < most; sample++) {
    const one = await result(sample);
    if (one.kind === 'value') add(found, parseJson(one.json));
  }
  return [...found].slice(0, most);
}

function add(found: Set<string>, value: unknown): void {
  if (Array.isArray(value)) for (const one of value) add(found, one);
  else if (typeof value === 'string') found.add(value);
  else if (value !== null && value !== undefined) {
    const text = stringifyJson(value) ?? '';
    if (!text.startsWith('{')) found.add(text);
  }
}
