import { describe, expect, it } from 'vitest';
import { type Environment, environments, type GateFacts, gatePolicy, gateSections, judge } from '#shared/gate.ts';

const coverage = { nodes: { all: 3, reached: 3 }, branches: { all: 2, reached: 2 }, unreached: [], waived: [] };
/** A draft with which nothing is wrong. */
const fine = (environment: Environment, more: Partial<GateFacts> = {}): GateFacts => ({
  environment,
  hash: 'h',
  problems: [],
  tests: [{ id: 'a', name: 'A', state: 'passed' }],
  untestedSinks: [],
  coverage,
  comparison: { holds: true, sentence: 'No difference on 1,000 messages.' },
  approvals: [{ by: 'Jo', at: '2026-01-03T10:00:00Z', comment: 'Checked' }],
  editedBy: 'Mira',
  label: (node) => node,
  ...more,
});
const bad: Record<(typeof gateSections)[number], Partial<GateFacts>> = {
  checks: { problems: [{ code: 'x', severity: 'error', message: 'No expression.' }] },
  tests: { tests: [{ id: 'a', name: 'A', state: 'failed', sentence: 'ERP: total is 14; expected 7.' }] },
  coverage: { coverage: { ...coverage, unreached: [{ node: 'crm' }] } },
  comparison: { comparison: { holds: false, sentence: '2 of 4 groups are undecided.' } },
  approval: { approvals: [] },
};
const verdictOf = (facts: GateFacts, id: (typeof gateSections)[number]) => judge(facts).sections.find((section) => section.id === id);

describe('the gate', () => {
  it.each(environments)('lets a draft pass in %s with which nothing is wrong', (environment) => {
    const { blocked, sections } = judge(fine(environment));
    expect(blocked).toBe(false);
    expect(sections.map(({ verdict }) => verdict).filter((verdict) => verdict !== 'ok' && verdict !== 'not-needed')).toEqual([]);
  });

  it.each(environments.flatMap((environment) => gateSections.map((id) => [environment, id] as const)))(
    'holds %s to its policy for %s',
    (environment, id) => {
      const facts = fine(environment, bad[id]);
      const rule = gatePolicy[environment][id];
      expect(verdictOf(facts, id)?.verdict).toBe({ required: 'blocked', shown: 'warning', off: 'not-needed' }[rule]);
      expect(judge(facts).blocked).toBe(rule === 'required');
    },
  );

  it('asks for a test at every sink in production only', () => {
    const untestedSinks = [{ node: 'crm', label: 'CRM' }];
    expect(verdictOf(fine('test', { untestedSinks }), 'tests')?.verdict).toBe('ok');
    const section = verdictOf(fine('production', { untestedSinks }), 'tests');
    expect(section).toMatchObject({ verdict: 'blocked', sentence: 'All tests pass, but none expects a message at “CRM”.' });
  });

  it('takes a test that was not run on this draft for none, and no tests for no proof', () => {
    expect(verdictOf(fine('test', { tests: [{ id: 'a', name: 'A', state: 'not-run' }] }), 'tests')).toMatchObject({
      verdict: 'blocked',
      sentence: '1 of 1 test was not run on this draft. Run the tests.',
    });
    expect(verdictOf(fine('test', { tests: [] }), 'tests')?.verdict).toBe('blocked');
  });

  it('does not count the approval of who changed the draft last', () => {
    const own = fine('production', { approvals: [{ by: 'Mira', at: '', comment: '' }] });
    expect(verdictOf(own, 'approval')).toMatchObject({
      verdict: 'blocked',
      sentence: 'This draft waits for the approval of somebody other than Mira, who changed it last.',
    });
  });

  it('asks for nothing but checks where this logic was live before', () => {
    const facts = fine('production', {
      ...bad.tests,
      ...bad.coverage,
      ...bad.comparison,
      ...bad.approval,
      proven: 'Not needed: it is live.',
    });
    expect(judge(facts).blocked).toBe(false);
    expect(judge({ ...facts, ...bad.checks }).blocked).toBe(true);
  });

  it('names few and counts the rest', () => {
    const tests = ['A', 'B', 'C', 'D', 'E'].map((name) => ({ id: name, name, state: 'failed' as const }));
    expect(verdictOf(fine('test', { tests }), 'tests')?.sentence).toBe('5 of 5 tests fail on this draft: “A”, “B”, “C” and 2 more.');
  });
});
