import { share, span } from '#shared/alert/words.ts';
import type { AlertChannel, AlertCondition, AlertRule } from '#shared/alert.ts';
import { alertKinds } from '#shared/incident.ts';
import { plural } from '../format.ts';

const minuteMs = 60_000;
const dayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** What a rule looks for, in one line. */
export function conditionWords(condition: AlertCondition): string {
  switch (condition.kind) {
    case 'ledger-gap':
      return 'At once, for any difference that nothing explains';
    case 'dead-letter-rate':
      return `${condition.count} or more at one node within ${span(condition.minutes * minuteMs)}${condition.share > 0 ? `, or ${share(condition.share)} of what came in` : ''}`;
    case 'filtered-share':
      return `One reason filters ${Math.round(condition.points * 100)} points more than in the ${condition.usualHours} h before, of at least ${condition.atLeast} messages in ${span(condition.minutes * minuteMs)}`;
    case 'behind':
      return `The oldest message that waits is older than ${span(condition.minutes * minuteMs)}`;
    case 'silent': {
      const { hours } = condition;
      const when =
        hours === undefined ? '' : `, counting ${hours.days.map((day) => dayNames[day - 1] ?? '').join(' ')} ${hours.from}–${hours.to}`;
      return `Nothing has come in for ${span(condition.minutes * minuteMs)}${when}`;
    }
    case 'sink-paused':
      return `A stage has paused, or tries again for ${span(condition.minutes * minuteMs)}`;
    case 'retention':
      return `Messages that wait will be deleted within ${span(condition.hours * 60 * minuteMs)}, or already were`;
    case 'flow-failed':
      return `The flow has failed, or was started again ${condition.restarts} times within ten minutes`;
    case 'comparison-gaps':
      return `A scheduled comparison has found ${plural(condition.atLeast, 'gap')} or more${condition.extra ? ', counting what is doubled or extra' : ''}, or could not be made`;
    case 'field-empty':
      return `“${condition.path}” is empty in ${condition.share === 1 ? 'all' : `${share(condition.share)} or more`} of the newest messages of ${span(condition.minutes * minuteMs)}, of at least ${condition.atLeast}`;
  }
}

/** Whom a rule tells. */
export function toldWords(rule: AlertRule, channels: readonly AlertChannel[]): string {
  if (channels.length === 0) return 'Nobody yet';
  if (rule.channels.length === 0) return 'All channels';
  const names = channels.filter(({ id }) => rule.channels.includes(id)).map(({ name }) => name);
  return names.length === 0 ? 'Nobody' : names.join(', ');
}

/** Where a channel leads. */
export function whereWords({ to }: AlertChannel): string {
  if (to.kind === 'email') return to.addresses.join(', ');
  return to.urlSecret === undefined ? to.url : `Address in the secret ${to.urlSecret}`;
}

/** Kinds of rules in the order in which people look for them. */
export const ruleKinds = [...alertKinds];
