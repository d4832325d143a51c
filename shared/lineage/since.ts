import { rowsOfPlace, twoTexts } from '../comparison/rows.ts';
import type { Flow } from '../flow.ts';
import { settingText } from './beside.ts';
import type { Place } from './place.ts';

/** How the rule of a place differs in an older version. */
export type OlderRule =
  | { same: true }
  /** The row was this, or there was none. */
  | { same: false; before?: string; reason: 'row' | 'new-row' | 'new-node' | 'unreadable' };

/**
 * Whether the rule that makes a place of a node's result, with the loops, conditions and variables that have a say, reads in an
 * older version as in a newer one.
 */
export function olderRule(older: Pick<Flow, 'nodes'>, newer: Pick<Flow, 'nodes'>, node: string, field: string, place: Place): OlderRule {
  const [old, now] = [textIn(older, node, field), textIn(newer, node, field)];
  if (old === now) return { same: true };
  if (old === undefined) return { same: false, reason: 'new-node' };
  const texts = twoTexts(old, now);
  if (texts.before === undefined || texts.after === undefined) return { same: false, reason: 'unreadable', before: old };
  const [changed] = rowsOfPlace(texts, place).changed;
  if (changed === undefined) return { same: true };
  return changed.before === undefined ? { same: false, reason: 'new-row' } : { same: false, reason: 'row', before: changed.before };
}

/** A published version, as far as it is told who made it when; times are ISO texts. */
export interface VersionBy {
  version: number;
  createdAt: string;
  createdBy: string;
}

/** Since which version the rule of a place reads as it does. */
export interface Since {
  version: VersionBy;
  /** What it was before, and in which version; missing where it was so from the first version on. */
  before?: { version: number; text?: string; reason: Exclude<OlderRule, { same: true }>['reason'] };
  /** False where the search ended before it came to a difference. */
  complete: boolean;
}

/** Most versions that are looked back on. */
const mostVersions = 60;

/** Walks back from a version to the one that first had the rule. `versions` in any order; `load` gives a version's document. */
export async function ruleSince(
  versions: readonly VersionBy[],
  version: number,
  load: (version: number) => Promise<Pick<Flow, 'nodes'>>,
  at: { node: string; field: string; place: Place },
): Promise<Since | undefined> {
  const back = versions.filter((one) => one.version <= version).sort((a, b) => b.version - a.version);
  let [since] = back;
  if (since === undefined) return undefined;
  let newer = await load(since.version);
  for (const one of back.slice(1, mostVersions)) {
    const older = await load(one.version);
    const rule = olderRule(older, newer, at.node, at.field, at.place);
    if (!rule.same) {
      const before = { version: one.version, reason: rule.reason, ...(rule.before !== undefined && { text: rule.before }) };
      return { version: since, before, complete: true };
    }
    since = one;
    newer = older;
  }
  return { version: since, complete: back.length <= mostVersions };
}

function textIn(flow: Pick<Flow, 'nodes'>, node: string, field: string): string | undefined {
  const found = flow.nodes.find(({ id }) => id === node);
  return found && settingText(found, field);
}
