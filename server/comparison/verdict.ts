import { type Comparison, headlineOf, undecided } from '#shared/comparison.ts';
import type { GateFinding } from '#shared/gate.ts';
import type { Store } from '../store/store.ts';
import { standsFor } from './comparisons.ts';

/** How "what would change" stands for a draft. */
export interface ComparisonVerdict extends GateFinding {
  /** `none`: never compared. `stale`: only an older draft or deployment was. `nothing`: there is nothing to compare. */
  state: 'none' | 'stale' | 'running' | 'nothing' | 'ended' | 'compared';
  comparison?: string;
  groups: number;
  undecided: number;
}

/**
 * The verdict for the gate: it holds where this very draft was compared with what is deployed and a person has called
 * every group expected, or where there is nothing to compare. Never rejects for a flow that was never compared.
 */
export async function comparisonVerdict(store: Store, flow: string, draftHash: string): Promise<ComparisonVerdict> {
  const none = { groups: 0, undecided: 0 };
  const current = await store.deployments.current(flow);
  if (!current) {
    return { ...none, state: 'nothing', holds: true, sentence: 'Nothing to compare with: this flow goes live for the first time.' };
  }
  const found = (await store.comparisons.latest(flow, draftHash)) ?? (await store.comparisons.latest(flow));
  if (!found) return { ...none, state: 'none', holds: false, sentence: 'Nobody has looked at what this draft would change. Compare it.' };
  const of = { ...none, comparison: found.id };
  if (!standsFor(found, draftHash, current.version)) {
    return {
      ...of,
      state: 'stale',
      holds: false,
      sentence: 'What would change was looked at for another draft or another version. Compare again.',
    };
  }
  if (found.state === 'running')
    return { ...of, state: 'running', holds: false, sentence: 'The draft is being compared with what is deployed.' };
  if (found.state !== 'done') {
    const why = found.reason?.sentence ?? 'The comparison did not come to its end.';
    return { ...of, state: 'ended', holds: false, sentence: `${why} Compare again.` };
  }
  if (found.reason) return { ...of, state: 'nothing', holds: true, sentence: found.reason.sentence };
  return compared(found);
}

function compared(found: Comparison): ComparisonVerdict {
  const open = undecided(found.groups);
  const groups = found.groups.length;
  const tail =
    groups === 0
      ? ''
      : open.length === 0
        ? ` ${groups === 1 ? 'The group is' : `All ${groups} groups are`} expected.`
        : ` ${open.length} of ${groups} groups ${open.length === 1 ? 'is' : 'are'} undecided.`;
  return {
    state: 'compared',
    comparison: found.id,
    groups,
    undecided: open.length,
    holds: open.length === 0,
    sentence: `${headlineOf(found)}.${tail}`,
    figures: [
      { label: 'Messages', value: found.done.toLocaleString('en-US') },
      ...(groups > 0 ? [{ label: 'Decided', value: `${groups - open.length} of ${groups}` }] : []),
    ],
  };
}
