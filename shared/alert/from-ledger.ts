import type { AlertCondition } from '../alert.ts';
import type { LedgerMinute } from '../ledger-minutes.ts';
import type { Finding, FlowFacts } from './facts.ts';
import { messages, share, span } from './words.ts';

type Of<Kind extends AlertCondition['kind']> = Extract<AlertCondition, { kind: Kind }>;

const minuteMs = 60_000;
/** Fewer messages than this have no share worth a word, and fewer dead letters are no large one. */
const fewest = 10;
const fewestDead = 5;

/** One finding per stage that has differences nobody has settled. */
export function ledgerGaps(_condition: Of<'ledger-gap'>, facts: FlowFacts): Finding[] {
  const stages = new Map<string, FlowFacts['gaps'][number][]>();
  for (const gap of facts.gaps) stages.set(gap.stage, [...(stages.get(gap.stage) ?? []), gap]);
  return [...stages].map(([stage, gaps]) => {
    const [first] = gaps;
    const total = gaps.reduce((sum, { count }) => sum + count, 0);
    const more = gaps.length > 1 ? ` ${gaps.length - 1} more of the kind, ${messages(total)} in all.` : '';
    const since = Math.min(...gaps.map(({ at }) => at)) - 5 * minuteMs;
    const until = Math.max(...gaps.map(({ at }) => at)) + 5 * minuteMs;
    return {
      subject: stage,
      level: 'met',
      stage,
      sentence: `${first?.sentence ?? 'The ledger does not balance.'}${more}`,
      link: `/flows/${facts.flow}/ledger?since=${since}&until=${until}`,
    };
  });
}

/** One finding per node at which too many messages fail. Below half the limit it is over. */
export function deadLetterRate(condition: Of<'dead-letter-rate'>, facts: FlowFacts, now: number): Finding[] {
  const minutes = within(facts.minutes, condition.minutes, now);
  const came = minutes.reduce((sum, minute) => sum + minute.in, 0);
  const nodes = new Map<string, Map<string, number>>();
  for (const minute of minutes) {
    for (const [node, codes] of Object.entries(minute.dead)) {
      const counts = nodes.get(node) ?? new Map<string, number>();
      for (const [code, count] of Object.entries(codes)) counts.set(code, (counts.get(code) ?? 0) + count);
      nodes.set(node, counts);
    }
  }
  return [...nodes].flatMap(([node, codes]): Finding[] => {
    const count = [...codes.values()].reduce((sum, one) => sum + one, 0);
    // What fails late may have come in before: a share is of no more than all.
    const part = came >= fewest && count >= fewestDead ? Math.min(1, count / came) : 0;
    const reached = (factor: number) =>
      count >= condition.count * factor || (part >= condition.share * factor && part > 0 && condition.share > 0);
    if (!reached(0.5)) return [];
    const [code = ''] = [...codes].sort((a, b) => b[1] - a[1])[0] ?? [];
    const others = codes.size > 1 ? ', mostly' : ',';
    return [
      {
        subject: node,
        level: reached(1) ? 'met' : 'near',
        node,
        sentence: `${messages(count)} failed at “${facts.names.get(node) ?? node}” in the last ${span(condition.minutes * minuteMs)}${part > 0 ? `, ${share(part)} of what came in` : ''}${others} with ${code}. Look at their cause in the inbox.`,
        link: `/dead-letters/${facts.flow}?node=${encodeURIComponent(node)}`,
      },
    ];
  });
}

/** One finding per node and reason whose share has jumped. Half the way back it is over. */
export function filteredShare(condition: Of<'filtered-share'>, facts: FlowFacts, now: number): Finding[] {
  const minutes = within(facts.minutes, condition.minutes, now);
  const came = minutes.reduce((sum, minute) => sum + minute.in, 0);
  // Without a past there is no usual to jump from.
  if (came < condition.atLeast || facts.usual.in < condition.atLeast) return [];
  const counts = new Map<string, { node: string; reason: string; count: number }>();
  for (const minute of minutes) {
    for (const [node, reasons] of Object.entries(minute.filtered)) {
      for (const [reason, count] of Object.entries(reasons)) {
        const subject = `${node} ${reason}`;
        const known = counts.get(subject);
        if (known) known.count += count;
        else counts.set(subject, { node, reason, count });
      }
    }
  }
  return [...counts].flatMap(([subject, { node, reason, count }]): Finding[] => {
    const part = Math.min(1, count / came);
    const usual = Math.min(1, (facts.usual.filtered[node]?.[reason] ?? 0) / facts.usual.in);
    const jump = part - usual;
    if (jump < condition.points / 2) return [];
    return [
      {
        subject,
        level: jump >= condition.points ? 'met' : 'near',
        node,
        sentence: `“${facts.names.get(node) ?? node}” filters ${share(part)} for “${reason}” (${messages(count)} in the last ${span(condition.minutes * minuteMs)}); usual is ${share(usual)}. Look at samples of what it drops.`,
        link: `/flows/${facts.flow}/ledger?since=${now - condition.minutes * minuteMs}&until=${now}`,
      },
    ];
  });
}

function within(minutes: readonly LedgerMinute[], count: number, now: number): LedgerMinute[] {
  return minutes.filter(({ at }) => at > now - count * minuteMs - minuteMs);
}
