import type { DeadLetter } from '#shared/api.ts';
import { withoutDetails } from '#shared/inbox/fingerprint.ts';

/** Dead letters that failed for the same reason at the same node. */
export interface Cause {
  /** Stable over reloads: flow, node, code and the sentence without its changing parts. */
  id: string;
  flow: string;
  node: string;
  code: string;
  /** The sentence of the newest message. */
  title: string;
  /** Newest first. */
  letters: DeadLetter[];
  keys: number;
  versions: number[];
  /** ms since 1970. */
  first: number;
  last: number;
}

/** Groups dead letters by cause, the cause with the newest message first. */
export function causesOf(letters: readonly DeadLetter[]): Cause[] {
  const groups = new Map<string, DeadLetter[]>();
  for (const letter of letters) {
    const id = [letter.flow, letter.node, letter.code, withoutDetails(letter.message)].join(' · ');
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [letter]);
    else group.push(letter);
  }
  const causes: Cause[] = [];
  for (const [id, group] of groups) {
    const sorted = [...group].sort((a, b) => b.at - a.at);
    const [newest] = sorted;
    const oldest = sorted.at(-1);
    if (newest === undefined || oldest === undefined) continue;
    causes.push({
      id,
      flow: newest.flow,
      node: newest.node,
      code: newest.code,
      title: newest.message,
      letters: sorted,
      keys: new Set(sorted.map((letter) => letter.key)).size,
      versions: [...new Set(sorted.map((letter) => letter.version))].sort((a, b) => b - a),
      first: oldest.at,
      last: newest.at,
    });
  }
  return causes.sort((a, b) => b.last - a.last);
}
