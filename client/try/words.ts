import { plural } from '../format.ts';
import type { NodeCounts } from './outcome.ts';

/** What a Try made of the messages of a node, for people and screen readers: "10 messages in, 8 out, 2 filtered". */
export function countsInWords(counts: NodeCounts | undefined, sink: boolean): string {
  if (counts === undefined || counts.in === 0) return 'no sample comes here';
  const { in: came, out, filtered, failed, kept } = counts;
  return [
    `${plural(came, 'message')} in`,
    `${out} ${sink ? 'would be written' : 'out'}`,
    ...(filtered > 0 ? [`${filtered} filtered`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(kept > 0 ? [`${kept} waiting in it`] : []),
  ].join(', ');
}
