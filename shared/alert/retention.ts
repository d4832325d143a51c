import type { AlertCondition } from '../alert.ts';
import type { Finding, FlowFacts, RetentionFact } from './facts.ts';
import { messages, span } from './words.ts';

type Condition = Extract<AlertCondition, { kind: 'retention' }>;

/** In how many ms the first waiting message is deleted if things go on as they go: 0 when some are gone; undefined: never. */
export function lossIn({ lost, waiting, ageMs, aging, retentionMs }: RetentionFact): number | undefined {
  if (lost > 0) return 0;
  if (waiting === 0 || ageMs === undefined || retentionMs === undefined) return undefined;
  if (ageMs >= retentionMs) return 0;
  // Even where it catches up, a message that is about to be deleted is worth a word only when it would not be reached.
  return aging <= 0 ? undefined : (retentionMs - ageMs) / aging;
}

/** One finding per stage whose waiting messages will be deleted soon. Beyond twice the limit it is over. */
export function retention(condition: Condition, facts: FlowFacts): Finding[] {
  const limit = condition.hours * 3_600_000;
  const stages = new Map<string, { fact: RetentionFact; left: number }>();
  let lost = new Map<string, number>();
  for (const fact of facts.retention) {
    lost = lost.set(fact.stage, (lost.get(fact.stage) ?? 0) + fact.lost);
    // A topic that keeps its messages for less than the limit would be near it with the first that waits.
    const left = lossIn(fact);
    const near = Math.min(limit, (fact.retentionMs ?? Number.POSITIVE_INFINITY) / 2);
    if (left === undefined || left > near * 2 || (fact.lost === 0 && (fact.ageMs ?? 0) < 60_000)) continue;
    const known = stages.get(fact.stage);
    if (known === undefined || left < known.left) stages.set(fact.stage, { fact, left });
  }
  return [...stages].map(([stage, { fact, left }]): Finding => {
    const near = Math.min(limit, (fact.retentionMs ?? Number.POSITIVE_INFINITY) / 2);
    const name = facts.names.get(fact.node) ?? fact.node;
    const gone = lost.get(stage) ?? 0;
    const kept =
      fact.retentionMs === undefined
        ? ''
        : ` The topic keeps messages for ${span(fact.retentionMs)}; raise its retention, or speed the flow up.`;
    const sentence =
      gone > 0
        ? `${messages(gone)} of “${name}” were deleted by retention before the flow had taken them.${kept}`
        : left === 0
          ? `The oldest message that waits for “${name}” is ${span(fact.ageMs ?? 0)} old and may be deleted at any moment.${kept}`
          : `“${name}” is ${span(fact.ageMs ?? 0)} behind. At this speed the first messages are lost in ${span(left)}.${kept}`;
    return { subject: stage, level: left <= near ? 'met' : 'near', stage, node: fact.node, sentence, link: `/flows/${facts.flow}/ledger` };
  });
}
