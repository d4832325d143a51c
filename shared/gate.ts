import type { Coverage } from './flow-test/result.ts';
import { isDeployable, type Problem } from './problem.ts';

/** What must hold before a flow goes live, by environment. Pure: facts in, verdicts out. */

export const environments = ['development', 'test', 'production'] as const;
export type Environment = (typeof environments)[number];

export const environmentWords: Record<Environment, string> = {
  development: 'Development',
  test: 'Test',
  production: 'Production',
};

/** Parts of the gate, in the order in which they are shown. */
export const gateSections = ['checks', 'tests', 'coverage', 'comparison', 'approval'] as const;
export type GateSectionId = (typeof gateSections)[number];

/** `required`: blocks a deploy where it does not hold. `shown`: only says so. `off`: not looked at. */
export type GateRule = 'required' | 'shown' | 'off';

/** The policy. */
export const gatePolicy: Record<Environment, Record<GateSectionId, GateRule> & { testPerSink: boolean }> = {
  development: { checks: 'required', tests: 'shown', coverage: 'shown', comparison: 'shown', approval: 'off', testPerSink: false },
  test: { checks: 'required', tests: 'required', coverage: 'shown', comparison: 'shown', approval: 'off', testPerSink: false },
  production: {
    checks: 'required',
    tests: 'required',
    coverage: 'required',
    comparison: 'required',
    approval: 'required',
    testPerSink: true,
  },
};

export type GateVerdict = 'ok' | 'warning' | 'blocked' | 'not-needed';

/** A line of a section: what exactly, and where. */
export interface GateDetail {
  text: string;
  node?: string;
  port?: string;
  /** Id of a test. */
  test?: string;
}

export interface GateSection {
  id: GateSectionId;
  rule: GateRule;
  verdict: GateVerdict;
  /** One sentence: how it stands, and what to do where it does not hold. */
  sentence: string;
  figures: { label: string; value: string }[];
  details: GateDetail[];
}

/** Whether a flow may go live as it stands. */
export interface Gate {
  environment: Environment;
  /** Hash of the logic that it speaks about. */
  hash: string;
  sections: GateSection[];
  /** Of this draft, oldest first; the one of who changed it last does not count. */
  approvals: Approval[];
  /** Who changed the logic last. */
  editedBy?: string;
  /** True when a deploy is refused, unless an admin overrides it with a reason. */
  blocked: boolean;
}

/** A person's word that this very draft may go live. */
export interface Approval {
  by: string;
  at: string;
  comment: string;
}

/** A deploy against the gate: kept for ever. */
export interface GateOverride {
  version: number;
  at: string;
  by: string;
  reason: string;
  environment: Environment;
  /** What stood against it. */
  blocked: { id: GateSectionId; sentence: string }[];
}

/** How the tests of a flow stand on one draft. */
export interface TestStanding {
  id: string;
  name: string;
  state: 'passed' | 'failed' | 'not-run';
  sentence?: string;
}

/** What one part found, before the policy says what that means. */
export interface GateFinding {
  holds: boolean;
  sentence: string;
  figures?: GateSection['figures'];
  details?: GateDetail[];
}

export interface GateFacts {
  environment: Environment;
  hash: string;
  problems: readonly Problem[];
  /** Why there is nothing to prove: this logic is live, or was. */
  proven?: string;
  tests: readonly TestStanding[];
  /** Sinks that no test expects a message of. */
  untestedSinks: readonly { node: string; label: string }[];
  /** Of all tests on this draft; undefined while some were not run on it. */
  coverage: Coverage | undefined;
  /** Undefined: there is nothing that compares. */
  comparison: GateFinding | undefined;
  approvals: readonly Approval[];
  /** Who changed the logic last. */
  editedBy: string | undefined;
  label(node: string): string;
}

/** Judges the facts by the policy of their environment. */
export function judge(facts: GateFacts): Gate {
  const policy = gatePolicy[facts.environment];
  const findings: Record<GateSectionId, GateFinding> = {
    checks: checksOf(facts.problems),
    tests: testsOf(facts, policy.testPerSink),
    coverage: coverageFinding(facts),
    comparison: facts.comparison ?? { holds: true, sentence: 'Nothing was compared.' },
    approval: approvalOf(facts),
  };
  const sections = gateSections.map((id): GateSection => {
    const { holds, sentence, figures = [], details = [] } = findings[id];
    const rule = policy[id];
    if (id !== 'checks' && facts.proven !== undefined) {
      return { id, rule, verdict: 'not-needed', sentence: facts.proven, figures, details };
    }
    if (rule === 'off')
      return { id, rule, verdict: 'not-needed', sentence: `${words[facts.environment]} asks for none.`, figures, details };
    const warns = id === 'checks' && facts.problems.length > 0;
    const verdict = holds ? (warns ? 'warning' : 'ok') : rule === 'required' ? 'blocked' : 'warning';
    return { id, rule, verdict, sentence, figures, details };
  });
  return {
    environment: facts.environment,
    hash: facts.hash,
    sections,
    approvals: [...facts.approvals],
    ...(facts.editedBy !== undefined && { editedBy: facts.editedBy }),
    blocked: sections.some(({ verdict }) => verdict === 'blocked'),
  };
}

const words: Record<Environment, string> = {
  development: 'A development environment',
  test: 'A test environment',
  production: 'Production',
};

function checksOf(problems: readonly Problem[]): GateFinding {
  const errors = problems.filter((problem) => !isDeployable([problem])).length;
  const warnings = problems.length - errors;
  const sentence =
    errors > 0
      ? `${count(errors, 'problem')} in the flow ${errors === 1 ? 'stands' : 'stand'} in the way.`
      : warnings > 0
        ? `No errors, ${count(warnings, 'warning')}.`
        : 'No problems found.';
  return {
    holds: errors === 0,
    sentence,
    figures: [
      { label: 'Errors', value: String(errors) },
      { label: 'Warnings', value: String(warnings) },
    ],
    details: problems.map(({ message, node }) => ({ text: message, ...(node !== undefined && { node }) })),
  };
}

function testsOf({ tests, untestedSinks }: GateFacts, testPerSink: boolean): GateFinding {
  if (tests.length === 0) return { holds: false, sentence: 'This flow has no tests, so nothing proves it. Save a Try as a test.' };
  const of = (state: TestStanding['state']) => tests.filter((test) => test.state === state);
  const [failed, open, passed] = [of('failed'), of('not-run'), of('passed')];
  const sinks = testPerSink ? untestedSinks : [];
  const sentence =
    failed.length > 0
      ? `${failed.length} of ${count(tests.length, 'test')} ${failed.length === 1 ? 'fails' : 'fail'} on this draft: ${list(failed.map(({ name }) => `“${name}”`))}.`
      : open.length > 0
        ? `${open.length} of ${count(tests.length, 'test')} ${open.length === 1 ? 'was' : 'were'} not run on this draft. Run the tests.`
        : sinks.length > 0
          ? `All tests pass, but none expects a message at ${list(sinks.map(({ label }) => `“${label}”`))}.`
          : `${passed.length === 1 ? 'The test passes' : `All ${passed.length} tests pass`} on this draft.`;
  return {
    holds: failed.length + open.length + sinks.length === 0,
    sentence,
    figures: [
      { label: 'Passed', value: `${passed.length} of ${tests.length}` },
      ...(failed.length > 0 ? [{ label: 'Failed', value: String(failed.length) }] : []),
      ...(open.length > 0 ? [{ label: 'Not run', value: String(open.length) }] : []),
    ],
    details: [
      ...failed.map(({ id, name, sentence: why }) => ({ test: id, text: `${name}: ${why ?? 'failed'}` })),
      ...open.map(({ id, name }) => ({ test: id, text: `${name}: not run on this draft` })),
      ...sinks.map(({ node, label }) => ({ node, text: `${label}: no test expects a message here` })),
    ],
  };
}

function coverageFinding({ coverage, tests, label }: GateFacts): GateFinding {
  if (coverage === undefined) {
    const sentence = tests.length === 0 ? 'Without tests nothing is reached.' : 'Known when all tests have been run on this draft.';
    return { holds: false, sentence };
  }
  const { nodes, branches, unreached, waived } = coverage;
  const name = ({ node, port }: { node: string; port?: string }) => (port === undefined ? label(node) : `${label(node)}, “${port}”`);
  const figures = [
    { label: 'Nodes', value: `${nodes.reached} of ${nodes.all}` },
    ...(branches.all > 0 ? [{ label: 'Branches', value: `${branches.reached} of ${branches.all}` }] : []),
    ...(waived.length > 0 ? [{ label: 'Waived', value: String(waived.length) }] : []),
  ];
  const rest = waived.length > 0 ? `, ${waived.length} waived` : '';
  return {
    holds: unreached.length === 0,
    sentence:
      unreached.length === 0
        ? `The tests reach every node and branch${rest}.`
        : `No test reaches ${list(unreached.map(name))}${rest}. Add a test, or say why it is not needed.`,
    figures,
    details: unreached.map((one) => ({ ...one, text: name(one) })),
  };
}

function approvalOf({ approvals, editedBy }: GateFacts): GateFinding {
  const valid = approvals.filter(({ by }) => by !== editedBy);
  const [first] = valid;
  if (first) return { holds: true, sentence: `Approved by ${list(valid.map(({ by }) => by))}.` };
  const who = editedBy === undefined ? 'a second person' : `somebody other than ${editedBy}, who changed it last`;
  return { holds: false, sentence: `This draft waits for the approval of ${who}.` };
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** Names in a sentence; of many the first three. */
function list(names: readonly string[]): string {
  if (names.length > 3) return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
