import type { Expectation, FlowTest, kindOf, OutputExpectation } from '#shared/flow-test.ts';
import { plural } from '../format.ts';

type Label = (node: string) => string;

/** What a case expects, as a sentence without its end. */
export function expectationInWords(one: Expectation, label: Label): string {
  if ('branch' in one) return `${label(one.node)}: “${one.branch}” is taken`;
  if ('deadLetters' in one) {
    const what = one.deadLetters === 0 ? 'No dead letters' : plural(one.deadLetters, 'dead letter');
    return `${what}${one.code === undefined ? '' : ` with code ${one.code}`}${one.node === undefined ? '' : ` at ${label(one.node)}`}`;
  }
  if ('filtered' in one) {
    const reason = one.reason === undefined ? '' : `, reason “${one.reason}”`;
    return `${plural(one.filtered, 'message')} filtered${one.node === undefined ? '' : ` at ${label(one.node)}`}${reason}`;
  }
  const place = one.port === undefined ? label(one.node) : `${label(one.node)}, “${one.port}”`;
  const count = one.messages ?? one.equals?.length;
  if (count === 0) return `${place} gets nothing`;
  const parts = partsOf(one);
  return `${place} gets ${count === undefined ? 'messages' : plural(count, 'message')}${parts.length > 0 ? ` with ${parts.length === 1 ? parts[0] : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`}` : ''}`;
}

function partsOf({ equals, contains, fields, keys, partitions, headers, schema, ignore, order }: OutputExpectation): string[] {
  const left = ignore?.length ?? 0;
  return [
    ...(equals === undefined
      ? []
      : [`exactly these values${order === 'any' ? ' in any order' : ''}${left > 0 ? `, but for ${plural(left, 'field')}` : ''}`]),
    ...(contains === undefined ? [] : ['these parts']),
    ...(fields === undefined ? [] : [plural(Object.keys(fields).length, 'field')]),
    ...(keys === undefined ? [] : ['these keys']),
    ...(partitions === undefined ? [] : ['these partitions']),
    ...(headers === undefined ? [] : ['these headers']),
    ...(schema === undefined ? [] : ['a schema that holds']),
  ];
}

/** Titles of the four kinds of expectation. */
export const kindTitles: Record<ReturnType<typeof kindOf>, string> = {
  output: 'Messages at a node',
  branch: 'Branch taken',
  deadLetters: 'Dead letters',
  filtered: 'Filtered messages',
};

/** A name that no other test has: `Order`, `Order 2`, … */
export function freeName(wanted: string, taken: readonly { name: string }[]): string {
  const names = new Set(taken.map(({ name }) => name.toLowerCase()));
  if (!names.has(wanted.toLowerCase())) return wanted;
  for (let number = 2; ; number++) if (!names.has(`${wanted} ${number}`.toLowerCase())) return `${wanted} ${number}`;
}

/** How many messages enter, in words. */
export const entering = ({ samples }: Pick<FlowTest, 'samples'>): string => plural(samples.length, 'message');
