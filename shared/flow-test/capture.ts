import type { Flow } from '../flow.ts';
import type { Expectation, FlowTest, OutputExpectation, TestSample } from '../flow-test.ts';
import type { NodeTrial, TrialRecord, TrialResult } from '../trial.ts';
import { compareValues } from './difference.ts';
import { trialFailures } from './evaluate.ts';
import { placeMatcher } from './path.ts';

/** Headers that Millrace writes itself: they name offsets and versions, which differ from run to run. */
const ownHeader = /^millrace-/;

/**
 * Makes a case that expects exactly what a Try gave: what every sink would write, the branches taken, dead letters and
 * filtered messages. `again` is a Try of the same messages with another clock and seed: what differs there is volatile
 * and listed to be ignored, for a person to review.
 */
export function captureFlowTest(
  flow: Flow,
  given: { name: string; samples: TestSample[]; trial: TrialResult; again: TrialResult } & Pick<
    FlowTest,
    'now' | 'seed' | 'calls' | 'note'
  >,
): FlowTest {
  const { name, note, now, seed, calls, samples, trial, again } = given;
  return {
    format: 1,
    name,
    ...(note !== undefined && { note }),
    ...(now !== undefined && { now }),
    ...(seed !== undefined && seed !== 1 && { seed }),
    samples,
    ...(calls !== undefined && Object.keys(calls).length > 0 && { calls }),
    expect: expectationsOf(flow, trial, again),
  };
}

/** What a Try gave, as expectations: in the order of the document, sinks first. */
export function expectationsOf(flow: Flow, trial: TrialResult, again: TrialResult): Expectation[] {
  const outputs: Expectation[] = [];
  const ways: Expectation[] = [];
  const ends: Expectation[] = [];
  const failures = trialFailures(trial);
  for (const { id } of flow.nodes) {
    const node = trial.nodes[id];
    if (node === undefined) continue;
    if (isSink(node)) outputs.push(outputOf(id, node, again.nodes[id], trial.records, again.records));
    for (const branch of branchesOf(node)) if ((node.out[branch]?.length ?? 0) > 0) ways.push({ node: id, branch });
    for (const [reason, filtered] of countBy(node.filtered, (one) => one.reason)) ends.push({ filtered, node: id, reason });
    const here = failures.filter((failure) => failure.node === id);
    for (const [code, deadLetters] of countBy(here, (one) => one.code)) ends.push({ deadLetters, node: id, code });
  }
  if (failures.length === 0) ends.push({ deadLetters: 0 });
  return [...outputs, ...ways, ...ends];
}

/** A sink shows what it would write under `in`, which no other node has as an output. */
export function isSink(node: NodeTrial): boolean {
  return Object.hasOwn(node.out, 'in');
}

/** The ports between which a node chooses; none where messages have one way only. */
export function branchesOf(node: NodeTrial): string[] {
  const ports = Object.keys(node.out).filter((port) => port !== 'error' && port !== 'in');
  const error = Object.hasOwn(node.out, 'error') && node.failed.some(({ taken }) => taken) ? ['error'] : [];
  return ports.length > 1 ? [...ports, ...error] : error;
}

/** What left a node by one port, as an expectation; volatile fields are listed to be ignored. */
export function outputOf(
  id: string,
  node: NodeTrial,
  nodeAgain: NodeTrial | undefined,
  records: readonly TrialRecord[],
  recordsAgain: readonly TrialRecord[],
  port = 'in',
): OutputExpectation {
  const given = (node.out[port] ?? []).flatMap((one) => records[one] ?? []);
  const second = (nodeAgain?.out[port] ?? []).flatMap((one) => recordsAgain[one] ?? []);
  if (given.length === 0) return { node: id, messages: 0 };
  const ignore = volatilePaths(given, second);
  const ignored = placeMatcher(ignore);
  const steady = given.every(({ value }, index) => {
    const other = second[index];
    return other === undefined || compareValues(value, other.value, ignored).differences.length === 0;
  });
  // Where nothing steady is left, only the number of messages can be expected.
  const comparable =
    given.every(({ truncated }) => truncated === undefined) &&
    steady &&
    given.some(({ value }) => compareValues(value, value, ignored).compared > 0);
  const keys = given.map(({ key }) => key);
  const stable = second.length === given.length;
  const sameKeys = stable && second.every(({ key }, index) => key === keys[index]);
  const headers = given.map((record, index) =>
    Object.fromEntries(
      Object.entries(record.headers).filter(
        ([header, value]) => !ownHeader.test(header) && (!stable || second[index]?.headers[header] === value),
      ),
    ),
  );
  return {
    node: id,
    messages: given.length,
    ...(comparable && ignore.length > 0 && { ignore }),
    ...(sameKeys && keys.some((key) => key !== null) && { keys }),
    ...(given.every(({ partition }) => partition !== undefined) && { partitions: given.map(({ partition }) => partition ?? 0) }),
    ...(headers.some((one) => Object.keys(one).length > 0) && { headers }),
    ...(comparable && { equals: given.map(({ value }) => value) }),
  };
}

/** Fields whose value another clock or seed changed; of lists the field of every item. */
function volatilePaths(given: readonly TrialRecord[], second: readonly TrialRecord[]): string[] {
  const paths = new Set<string>();
  for (const [index, record] of given.entries()) {
    const other = second[index];
    if (other === undefined) continue;
    for (const { path } of compareValues(record.value, other.value).differences) {
      // The whole value is volatile: it is not ignored as a whole, because then nothing would be compared.
      if (path !== '') paths.add(inEveryItem(path));
    }
  }
  return [...paths].sort();
}

/** Of a path with positions the path of that field in every item. */
function inEveryItem(path: string): string {
  return path.replaceAll(/\[\d+\]/g, '[]');
}

function countBy<T>(list: readonly T[], of: (one: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of list) counts.set(of(one), (counts.get(of(one)) ?? 0) + 1);
  return counts;
}
