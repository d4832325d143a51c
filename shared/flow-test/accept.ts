import type { Flow } from '../flow.ts';
import type { DeadLetterExpectation, Expectation, FilteredExpectation, FlowTest, OutputExpectation } from '../flow-test.ts';
import type { TrialResult } from '../trial.ts';
import { expectationsOf, outputOf } from './capture.ts';
import { trialFailures } from './evaluate.ts';

/**
 * The same case with what a Try gives now: it looks at the same things as before. What a person wrote in other words than
 * the result itself (fields, contains, a schema) stays as it is; where such a check fails, the change is theirs to make.
 */
export function acceptResult(flow: Flow, test: FlowTest, trial: TrialResult, again: TrialResult): FlowTest {
  const fresh = expectationsOf(flow, trial, again);
  const kept = test.expect.flatMap((old): Expectation[] => {
    if ('branch' in old) return fresh.some((one) => sameBranch(one, old)) ? [old] : [];
    if ('deadLetters' in old) {
      const deadLetters = deadLettersOf(old, trial);
      return deadLetters === 0 && old.deadLetters > 0 && isNarrow(old) ? [] : [{ ...old, deadLetters }];
    }
    if ('filtered' in old) {
      const filtered = filteredOf(old, trial);
      return filtered === 0 && old.filtered > 0 ? [] : [{ ...old, filtered }];
    }
    const output = refreshed(old, trial, again);
    return output ? [output] : [];
  });
  const added = fresh.filter((one) => isNews(one, test, kept));
  return { ...test, expect: [...kept, ...added] };
}

/** What is new about something that the case looked at before: another branch of that node, another kind of dead letter. */
function isNews(one: Expectation, test: FlowTest, kept: readonly Expectation[]): boolean {
  if ('branch' in one) {
    return test.expect.some((old) => 'branch' in old && old.node === one.node) && !kept.some((old) => sameBranch(old, one));
  }
  if ('deadLetters' in one) {
    // The total covers all of them.
    if (kept.some((old) => 'deadLetters' in old && (!isNarrow(old) || (old.node === one.node && old.code === one.code)))) return false;
    return test.expect.some((old) => 'deadLetters' in old);
  }
  if ('filtered' in one) {
    if (kept.some((old) => 'filtered' in old && (old.node ?? one.node) === one.node && (old.reason ?? one.reason) === one.reason))
      return false;
    return test.expect.some((old) => 'filtered' in old);
  }
  return false;
}

function refreshed(old: OutputExpectation, trial: TrialResult, again: TrialResult): OutputExpectation | undefined {
  const node = trial.nodes[old.node];
  const ids = node?.out[old.port ?? 'in'];
  if (node === undefined || ids === undefined) return undefined;
  const now = outputOf(old.node, node, again.nodes[old.node], trial.records, again.records, old.port);
  const ignore = [...new Set([...(old.ignore ?? []), ...(now.ignore ?? [])])];
  return {
    ...old,
    ...(ignore.length > 0 && { ignore }),
    ...(old.messages !== undefined && { messages: ids.length }),
    ...(old.equals !== undefined && { equals: ids.map((id) => trial.records[id]?.value ?? null) }),
    ...(old.keys !== undefined && { keys: ids.map((id) => trial.records[id]?.key ?? null) }),
    ...(old.partitions !== undefined && { partitions: ids.map((id) => trial.records[id]?.partition ?? 0) }),
    ...(old.headers !== undefined && { headers: now.headers ?? ids.map(() => ({})) }),
  };
}

const isNarrow = (one: DeadLetterExpectation): boolean => one.node !== undefined || one.code !== undefined;

function sameBranch(left: Expectation, right: { node: string; branch: string }): boolean {
  return 'branch' in left && left.node === right.node && left.branch === right.branch;
}

function deadLettersOf({ node, code }: DeadLetterExpectation, trial: TrialResult): number {
  return trialFailures(trial).filter((one) => (node ?? one.node) === one.node && (code ?? one.code) === one.code).length;
}

function filteredOf({ node, reason }: FilteredExpectation, trial: TrialResult): number {
  const nodes = node === undefined ? Object.values(trial.nodes) : [trial.nodes[node]];
  return nodes.flatMap((one) => one?.filtered ?? []).filter((one) => (reason ?? one.reason) === one.reason).length;
}
