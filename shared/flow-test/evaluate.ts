import type {
  BranchExpectation,
  DeadLetterExpectation,
  Expectation,
  FilteredExpectation,
  FlowTest,
  OutputExpectation,
} from '../flow-test.ts';
import { stringifyJson } from '../json.ts';
import type { NodeTrial, TrialRecord, TrialResult } from '../trial.ts';
import { placesOf } from './coverage.ts';
import { type Comparison, compareContained, compareValues, pairUp, sameValue } from './difference.ts';
import { placeMatcher, valueAt } from './path.ts';
import type { CheckSubject, FlowTestResult, TestCheck, TestDifference } from './result.ts';
import { checkSchema } from './schema-check.ts';

/** Why a case that saw nothing cannot pass. */
export const comparedNothing =
  'This case compared nothing, so it proves nothing. Expect at least one message, branch, dead letter or filtered message.';

/** Ends of a message that leave nothing to compare. */
const endings = {
  unanswered: 'got no answer from outside',
  crash: 'has a fault',
  wait: 'would wait for the outside',
  stop: 'would stop the flow',
} as const;

/** Differences of one check that are shown; the sentence counts all of them. */
const shown = 100;

type Label = (node: string) => string;

/** What one expectation gave, and whether anything that is there was looked at. */
interface Finding {
  checks: TestCheck[];
  saw: boolean;
}

/**
 * Compares what a case expects with what a Try of its samples gave. Pure. A case passes when every check does and
 * something that is really there was compared; “nothing came” alone proves nothing.
 */
export function evaluateFlowTest(test: FlowTest, trial: TrialResult, label: Label = (node) => node): Omit<FlowTestResult, 'id' | 'ms'> {
  const places = placesOf(trial);
  const failed = (sentence: string, checks: TestCheck[] = []) =>
    ({ name: test.name, state: 'failed', sentence, checks, ...places }) as const;
  const [problem] = trial.problems.filter(({ severity }) => severity === 'error');
  if (problem?.code === 'try/stopped') return failed(problem.message);
  if (problem) return failed(`The flow cannot run, so nothing was tested: ${problem.message}`);
  if (test.samples.length === 0) return failed(`No message enters. ${comparedNothing}`);
  const stopped = Object.entries(trial.nodes).flatMap(([node, { failed: all }]) =>
    all.flatMap((one) => (one.end in endings ? { node, ...one } : [])),
  )[0];
  if (stopped) {
    return failed(`${label(stopped.node)} ${endings[stopped.end as keyof typeof endings]}: ${stopped.message}`);
  }
  const findings = test.expect.map((expectation, index) => look(expectation, index, trial, label));
  const checks = findings.flatMap((finding) => finding.checks);
  const wrong = checks.filter(({ passed }) => !passed);
  if (wrong.length > 0) {
    const [first] = wrong;
    return failed(`${first?.sentence ?? ''}${wrong.length > 1 ? ` And ${wrong.length - 1} more.` : ''}`, checks);
  }
  if (!findings.some(({ saw }) => saw)) return failed(comparedNothing, checks);
  return {
    name: test.name,
    state: 'passed',
    sentence: `${checks.length} ${checks.length === 1 ? 'check' : 'checks'} passed.`,
    checks,
    ...places,
  };
}

function look(expectation: Expectation, index: number, trial: TrialResult, label: Label): Finding {
  const checks: TestCheck[] = [];
  const add: Add = (subject, passed, sentence, differences = [], node = expectation.node) => {
    checks.push({
      expectation: index,
      ...(node !== undefined && { node }),
      subject,
      passed,
      sentence,
      differences: differences.slice(0, shown),
    });
  };
  const node = expectation.node === undefined ? undefined : trial.nodes[expectation.node];
  if (expectation.node !== undefined && node === undefined) {
    add('node', false, `The flow has no node “${expectation.node}” any more: expect something of another, or remove this.`);
    return { checks, saw: false };
  }
  let saw: boolean;
  if ('deadLetters' in expectation) saw = lookAtDeadLetters(expectation, trial, add, label);
  else if ('filtered' in expectation) saw = lookAtFiltered(expectation, trial, add, label);
  else if (node === undefined) saw = false;
  else if ('branch' in expectation) saw = lookAtBranch(expectation, node, add, label);
  else saw = lookAtOutput(expectation, node, trial.records, add, label);
  return { checks, saw };
}

type Add = (subject: CheckSubject, passed: boolean, sentence: string, differences?: TestDifference[], node?: string) => void;

function lookAtBranch({ node, branch }: BranchExpectation, given: NodeTrial, add: Add, label: Label): boolean {
  const out = given.out[branch];
  if (out === undefined) {
    const ports = Object.keys(given.out).join(', ');
    add('branch', false, `${label(node)} has no branch “${branch}” any more; it has ${ports === '' ? 'none' : ports}.`);
    return false;
  }
  const taken = out.length > 0;
  add(
    'branch',
    taken,
    taken ? `${label(node)}: ${messages(out.length)} took “${branch}”.` : `${label(node)}: no message took “${branch}”.`,
  );
  return taken;
}

function lookAtDeadLetters(expected: DeadLetterExpectation, trial: TrialResult, add: Add, label: Label): boolean {
  const all = trialFailures(trial).filter(
    ({ node, code }) => (expected.node === undefined || node === expected.node) && (expected.code === undefined || code === expected.code),
  );
  const right = all.length === expected.deadLetters;
  const where = `${expected.code === undefined ? '' : ` with code ${expected.code}`}${expected.node === undefined ? '' : ` at ${label(expected.node)}`}`;
  const [first] = all;
  const why = !right && first ? ` The first: ${first.message} (${first.code}, at ${label(first.node)})` : '';
  add(
    'dead-letters',
    right,
    right
      ? `${count(all.length, 'dead letter')}${where}.`
      : `${count(expected.deadLetters, 'dead letter')}${where} expected, there ${all.length === 1 ? 'is' : 'are'} ${all.length}.${why}`,
    right ? [] : [{ kind: 'changed', path: '', expected: expected.deadLetters, actual: all.length }],
  );
  return right && all.length > 0;
}

/** Messages that ended because a node could not process them, with where that was. */
export function trialFailures(trial: TrialResult): { node: string; code: string; message: string; record: number }[] {
  return Object.entries(trial.nodes).flatMap(([node, { failed }]) =>
    failed.flatMap(({ end, code, message, record }) => (end === 'dead-letter' || end === 'skip' ? [{ node, code, message, record }] : [])),
  );
}

function lookAtFiltered(expected: FilteredExpectation, trial: TrialResult, add: Add, label: Label): boolean {
  const nodes = expected.node === undefined ? Object.values(trial.nodes) : [trial.nodes[expected.node]];
  const all = nodes.flatMap((node) => node?.filtered ?? []).filter(({ reason }) => (expected.reason ?? reason) === reason);
  const right = all.length === expected.filtered;
  const where = `${expected.node === undefined ? '' : ` at ${label(expected.node)}`}${expected.reason === undefined ? '' : ` with reason “${expected.reason}”`}`;
  add(
    'filtered',
    right,
    right
      ? `${count(all.length, 'filtered message')}${where}.`
      : `${count(expected.filtered, 'filtered message')}${where} expected, there ${all.length === 1 ? 'is' : 'are'} ${all.length}.`,
    right ? [] : [{ kind: 'changed', path: '', expected: expected.filtered, actual: all.length }],
  );
  return right && all.length > 0;
}

function lookAtOutput(expected: OutputExpectation, node: NodeTrial, records: readonly TrialRecord[], add: Add, label: Label): boolean {
  const port = expected.port ?? 'in';
  const ids = node.out[port];
  const name = expected.port === undefined ? label(expected.node) : `${label(expected.node)}, “${port}”`;
  if (ids === undefined) {
    const ports = Object.keys(node.out).join(', ');
    const hint = expected.port === undefined ? `It is no sink: say by which port, one of ${ports}.` : `It has ${ports || 'none'}.`;
    add('node', false, `${label(expected.node)} has no port “${port}”. ${hint}`);
    return false;
  }
  const given = ids.flatMap((id) => records[id] ?? []);
  let saw = false;
  if (expected.messages !== undefined) {
    const right = given.length === expected.messages;
    add(
      'messages',
      right,
      right ? `${name}: ${messages(given.length)}.` : `${name}: ${messages(expected.messages)} expected, ${given.length} came.`,
      right ? [] : [{ kind: 'changed', path: '', expected: expected.messages, actual: given.length }],
    );
    saw = given.length > 0;
  }
  const ignored = placeMatcher(expected.ignore ?? []);
  const long = given.find(({ truncated }) => truncated !== undefined);
  if (long && (expected.equals ?? expected.contains ?? expected.fields ?? expected.schema) !== undefined) {
    add(
      'node',
      false,
      `${name}: a message of ${long.truncated} characters is too long to be compared; expect its key or the number of messages.`,
    );
    return saw;
  }
  if (expected.equals !== undefined) {
    const result = compareAll(expected.equals, given, ignored, expected.order);
    const nothing = result.compared === 0 && (expected.equals.length > 0 || given.length > 0);
    const sentence = nothing
      ? `${name}: every field of the expected messages is ignored, so nothing was compared. Ignore fewer.`
      : summary(name, result.differences, given, 'as expected');
    add('equals', !nothing && result.differences.length === 0, sentence, result.differences);
    saw ||= result.compared > 0;
  }
  if (expected.contains !== undefined) saw = lookAtContained(expected.contains, given, ignored, name, add) || saw;
  if (expected.fields !== undefined) saw = lookAtFields(expected.fields, given, ignored, name, add) || saw;
  if (expected.keys !== undefined) {
    const differences = pairs(
      expected.keys,
      given.map(({ key }) => key),
      'key',
    );
    add('keys', differences.length === 0, summary(name, differences, given, 'keys as expected'), differences);
    saw ||= given.length > 0;
  }
  if (expected.partitions !== undefined) {
    const differences = pairs(
      expected.partitions,
      given.map(({ partition }) => partition ?? null),
      'partition',
    );
    add('partitions', differences.length === 0, summary(name, differences, given, 'partitions as expected'), differences);
    saw ||= given.length > 0;
  }
  if (expected.headers !== undefined) saw = lookAtHeaders(expected.headers, given, name, add) || saw;
  if (expected.schema !== undefined) saw = lookAtSchema(expected.schema, given, name, add) || saw;
  return saw;
}

/** The values, message by message: by position, or in any order by which fits best. */
function compareAll(
  expected: readonly unknown[],
  given: readonly TrialRecord[],
  ignored: Parameters<typeof compareValues>[2],
  order: 'any' | undefined,
): { differences: TestDifference[]; compared: number } {
  const values = given.map(({ value }) => value);
  const same = (left: unknown, right: unknown) => compareValues(left, right, ignored).differences.length === 0;
  const matched = order === 'any' ? matchUp(expected, values, ignored) : pairUp(expected, values, same);
  const differences: TestDifference[] = [];
  let compared = 0;
  for (const [left, right] of matched) {
    if (left !== undefined && right !== undefined) {
      const result = compareValues(expected[left], values[right], ignored);
      compared += result.compared;
      differences.push(...result.differences.map((difference) => ({ message: right, ...difference })));
    } else {
      compared++;
      if (left !== undefined) differences.push({ message: left, kind: 'missing', path: '', expected: expected[left] });
      else if (right !== undefined) differences.push({ message: right, kind: 'extra', path: '', actual: values[right] });
    }
  }
  return { differences, compared };
}

/** Equal ones first, then what differs least, so that what is shown is what changed. */
function matchUp(expected: readonly unknown[], given: readonly unknown[], ignored: Parameters<typeof compareValues>[2]) {
  const free = new Set(given.keys());
  const pairs: [number | undefined, number | undefined][] = [];
  const open: number[] = [];
  for (const [left, value] of expected.entries()) {
    const right = [...free].find((at) => compareValues(value, given[at], ignored).differences.length === 0);
    if (right === undefined) open.push(left);
    else {
      free.delete(right);
      pairs.push([left, right]);
    }
  }
  for (const left of open) {
    let best: { at: number; differences: number } | undefined;
    for (const at of free) {
      const { differences } = compareValues(expected[left], given[at], ignored);
      if (best === undefined || differences.length < best.differences) best = { at, differences: differences.length };
    }
    if (best) free.delete(best.at);
    pairs.push([left, best?.at]);
  }
  for (const right of free) pairs.push([undefined, right]);
  return pairs;
}

function lookAtContained(
  expected: readonly unknown[],
  given: readonly TrialRecord[],
  ignored: Parameters<typeof compareContained>[2],
  name: string,
  add: Add,
): boolean {
  const differences: TestDifference[] = [];
  let compared = 0;
  for (const part of expected) {
    let nearest: (Comparison & { message: number }) | undefined;
    for (const [message, { value }] of given.entries()) {
      const one = compareContained(part, value, ignored);
      if (nearest === undefined || one.differences.length < nearest.differences.length) nearest = { ...one, message };
      if (one.differences.length === 0) break;
    }
    compared += nearest?.compared ?? 0;
    if (nearest) for (const difference of nearest.differences) differences.push({ message: nearest.message, ...difference });
    else differences.push({ kind: 'missing', path: '', expected: part });
  }
  const nothing = expected.length > 0 && differences.length === 0 && compared === 0;
  const sentence = nothing
    ? `${name}: every field that should be contained is ignored, so nothing was compared.`
    : summary(name, differences, given, 'contains what is expected');
  add('contains', !nothing && differences.length === 0, sentence, differences);
  return compared > 0;
}

function lookAtFields(
  expected: Record<string, unknown>,
  given: readonly TrialRecord[],
  ignored: Parameters<typeof compareValues>[2],
  name: string,
  add: Add,
): boolean {
  const differences: TestDifference[] = [];
  for (const [message, { value }] of given.entries()) {
    for (const [path, wanted] of Object.entries(expected)) {
      const { found, value: actual } = valueAt(value, path);
      if (!found) differences.push({ message, kind: 'missing', path, expected: wanted });
      else if (compareValues(wanted, actual, ignored).differences.length > 0)
        differences.push({ message, kind: 'changed', path, expected: wanted, actual });
    }
  }
  // Of no message every field has any value: that would always hold.
  if (given.length === 0) add('fields', false, `${name}: no message came, so no field could be compared.`);
  else add('fields', differences.length === 0, summary(name, differences, given, 'fields as expected'), differences);
  return given.length > 0 && Object.keys(expected).length > 0;
}

function lookAtHeaders(expected: readonly Record<string, string>[], given: readonly TrialRecord[], name: string, add: Add): boolean {
  const differences: TestDifference[] = [];
  let compared = 0;
  for (let message = 0; message < Math.max(expected.length, given.length); message++) {
    const [wanted, record] = [expected[message], given[message]];
    if (wanted === undefined) differences.push({ message, kind: 'extra', path: 'headers', actual: record?.headers });
    else if (record === undefined) differences.push({ message, kind: 'missing', path: 'headers', expected: wanted });
    else {
      for (const [header, value] of Object.entries(wanted)) {
        compared++;
        const path = `headers.${header}`;
        const actual = record.headers[header];
        if (actual === undefined) differences.push({ message, kind: 'missing', path, expected: value });
        else if (actual !== value) differences.push({ message, kind: 'changed', path, expected: value, actual });
      }
    }
  }
  add('headers', differences.length === 0, summary(name, differences, given, 'headers as expected', 'header'), differences);
  return compared > 0;
}

function lookAtSchema(schema: NonNullable<OutputExpectation['schema']>, given: readonly TrialRecord[], name: string, add: Add): boolean {
  const { differences, problem } = checkSchema(
    schema,
    given.map(({ value }) => value),
  );
  if (problem !== undefined) add('schema', false, `${name}: the schema cannot be used: ${problem}.`);
  else if (given.length === 0) add('schema', false, `${name}: no message came, so the schema had nothing to be matched with.`);
  else add('schema', differences.length === 0, summary(name, differences, given, 'matches the schema'), differences);
  return problem === undefined && given.length > 0;
}

function pairs(expected: readonly unknown[], given: readonly unknown[], path: 'key' | 'partition'): TestDifference[] {
  return pairUp(expected, given, sameValue).flatMap(([left, right]): TestDifference[] => {
    if (right === undefined) return [{ message: left ?? 0, kind: 'missing', path, expected: expected[left ?? 0] }];
    if (left === undefined) return [{ message: right, kind: 'extra', path, actual: given[right] }];
    if (expected[left] === given[right]) return [];
    return [{ message: right, kind: 'changed', path, expected: expected[left], actual: given[right] }];
  });
}

function summary(name: string, differences: readonly TestDifference[], given: readonly unknown[], fine: string, what = 'field'): string {
  const [first] = differences;
  if (first === undefined) return `${name}: ${fine}.`;
  const more = differences.length > 1 ? ` And ${count(differences.length - 1, 'more difference')}.` : '';
  return `${name}: ${describeDifference(first, what, given.length > 1)}${more}`;
}

/** One difference as a sentence, values shortened; of `several` messages it says which. */
export function describeDifference({ kind, path, message, expected, actual }: TestDifference, what = 'field', several = true): string {
  const place = message === undefined || !several ? '' : ` in message ${message + 1}`;
  if (path === '' && kind === 'missing') return `a message is missing: ${shorten(expected)}.`;
  if (path === '' && kind === 'extra') return `there is one message more than expected: ${shorten(actual)}.`;
  const subject = path === '' ? 'the value' : path;
  if (kind === 'missing') return `${what} ${subject} is missing${place}; expected ${shorten(expected)}.`;
  if (kind === 'extra') return `${what} ${subject} is not expected${place}; it is ${shorten(actual)}.`;
  return `${subject} is ${shorten(actual)}${place}; expected ${shorten(expected)}.`;
}

/** A value in one line, cut where it is long. */
export function shorten(value: unknown, most = 80): string {
  const text = stringifyJson(value) ?? 'nothing';
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
const messages = (number: number): string => count(number, 'message');
