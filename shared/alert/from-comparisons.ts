import type { AlertCondition } from '../alert.ts';
import { gapsOf } from '../reconcile-schedule.ts';
import type { ComparisonFact, Finding, FlowFacts } from './facts.ts';

type Condition = Extract<AlertCondition, { kind: 'comparison-gaps' }>;

/**
 * One finding per schedule whose last comparison with a result has too many gaps; it is over when a later one, or what was
 * mended since, has fewer. Another where the last one could not be made: what nobody compares looks well for ever.
 */
export function comparisonGaps(condition: Condition, facts: FlowFacts): Finding[] {
  return facts.comparisons.flatMap((fact): Finding[] => {
    const findings: Finding[] = [];
    const place = facts.names.get(fact.node) ?? fact.node;
    const gaps = fact.result === undefined ? 0 : gapsOf(fact.result, condition.extra);
    if (fact.result !== undefined && gaps > 0 && gaps >= condition.atLeast)
      findings.push({
        subject: fact.schedule,
        level: 'met',
        node: fact.node,
        sentence: `“${fact.name}” found ${gaps === 1 ? '1 gap' : `${gaps.toLocaleString('en-US')} gaps`} at “${place}”: ${countWords(fact.result.counts, condition.extra)}. Look at the report, and mend them from there.`,
        link: linkOf(facts.flow, fact, fact.result.report),
      });
    if (fact.failed !== undefined)
      findings.push({
        subject: `${fact.schedule} failed`,
        level: 'met',
        node: fact.node,
        sentence: `“${fact.name}” could not compare “${place}”, so gaps there stay unseen: ${fact.failed.reason.replace(/\.?$/, '.')}`,
        link: linkOf(facts.flow, fact, fact.failed.report),
      });
    return findings;
  });
}

function countWords(counts: { missing?: number; doubled?: number; extra?: number }, withExtra: boolean): string {
  const shown = withExtra ? (['missing', 'doubled', 'extra'] as const) : (['missing'] as const);
  return shown.flatMap((one) => ((counts[one] ?? 0) > 0 ? [`${(counts[one] ?? 0).toLocaleString('en-US')} ${one}`] : [])).join(', ');
}

function linkOf(flow: string, { side }: ComparisonFact, report: string | undefined): string {
  const query = new URLSearchParams({ ...(side === 'sink' && { side }), ...(report !== undefined && { report }) }).toString();
  return `/flows/${flow}/reconcile${query === '' ? '' : `?${query}`}`;
}
