import type { AlertCondition, AlertRule } from '../alert.ts';
import type { Finding, FlowFacts } from './facts.ts';
import { messages, share, span } from './words.ts';

type Condition = Extract<AlertCondition, { kind: 'field-empty' }>;

/** A field that is empty in too large a share of the newest messages of a place. Below half of that it is over. */
export function fieldEmpty({ id }: AlertRule, condition: Condition, facts: FlowFacts): Finding[] {
  const fact = facts.fields.find(({ rule }) => rule === id);
  if (fact === undefined || fact.looked === 0 || fact.looked < condition.atLeast) return [];
  const part = fact.empty / fact.looked;
  if (fact.empty === 0 || part < condition.share / 2) return [];
  const which = fact.more ? `the newest ${messages(fact.looked)}` : messages(fact.looked);
  const place = `“${facts.names.get(condition.node) ?? condition.node}”`;
  const where = fact.side === 'source' ? `came in at ${place}` : `went to ${place}`;
  return [
    {
      subject: '',
      level: part >= condition.share ? 'met' : 'near',
      node: condition.node,
      sentence: `“${condition.path}” is empty or missing in ${fact.empty === fact.looked ? 'all' : share(part)} of ${which} that ${where} in the last ${span(condition.minutes * 60_000)}. ${fact.side === 'source' ? 'Ask who sends it whether the field has another name now.' : 'Look at the mapping in front of it.'}`,
      link: `/flows/${facts.flow}?node=${encodeURIComponent(condition.node)}`,
    },
  ];
}

/**
 * Whether a value has something at a path such as `customer.email` or `lines.price`; of a list, whether any of its things has.
 * Empty are: what is not there, null, text without a letter, and lists and objects without anything in them.
 */
export function isFilled(value: unknown, path: string): boolean {
  return filledAt(value, path.split('.'));
}

function filledAt(value: unknown, path: readonly string[]): boolean {
  const [name, ...rest] = path;
  if (name === undefined) return isSomething(value);
  if (Array.isArray(value)) {
    if (/^\d+$/.test(name)) return filledAt(value[Number(name)], rest);
    return value.some((one) => filledAt(one, path));
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return false;
  return filledAt((value as Record<string, unknown>)[name], rest);
}

function isSomething(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'string') return value.trim() !== '';
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
