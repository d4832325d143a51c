import type { AlertRule } from '../alert.ts';
import type { FieldWanted, Finding, FlowFacts, LookBack } from './facts.ts';
import { comparisonGaps } from './from-comparisons.ts';
import { fieldEmpty } from './from-fields.ts';
import { deadLetterRate, filteredShare, ledgerGaps } from './from-ledger.ts';
import { behind, flowFailed, silent, sinkPaused } from './from-status.ts';
import { retention } from './retention.ts';

/** What a rule finds at a flow now; nothing where it is switched off or is about another flow. */
export function evaluate(rule: AlertRule, facts: FlowFacts, now: number): Finding[] {
  if (!rule.enabled || (rule.flow !== undefined && rule.flow !== facts.flow)) return [];
  const { condition } = rule;
  switch (condition.kind) {
    case 'ledger-gap':
      return ledgerGaps(condition, facts);
    case 'dead-letter-rate':
      return deadLetterRate(condition, facts, now);
    case 'filtered-share':
      return filteredShare(condition, facts, now);
    case 'behind':
      return behind(condition, facts);
    case 'silent':
      return silent(condition, facts, now);
    case 'sink-paused':
      return sinkPaused(condition, facts, now);
    case 'retention':
      return retention(condition, facts);
    case 'flow-failed':
      return flowFailed(condition, facts);
    case 'comparison-gaps':
      return comparisonGaps(condition, facts);
    case 'field-empty':
      return fieldEmpty(rule, condition, facts);
  }
}

/** How far back the rules look, and at what: what facts must hold. */
export function lookBack(rules: readonly AlertRule[]): LookBack {
  let minutes = 10;
  let usualHours = 0;
  const fields: FieldWanted[] = [];
  for (const { id, flow, condition, enabled } of rules) {
    if (!enabled) continue;
    if (condition.kind === 'dead-letter-rate') minutes = Math.max(minutes, condition.minutes);
    if (condition.kind === 'field-empty' && flow !== undefined)
      fields.push({ rule: id, flow, node: condition.node, path: condition.path, minutes: condition.minutes });
    if (condition.kind === 'filtered-share') {
      minutes = Math.max(minutes, condition.minutes);
      usualHours = Math.max(usualHours, condition.usualHours);
    }
  }
  return { minutes: Math.ceil(minutes), usualHours, fields };
}
