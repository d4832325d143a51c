import { describe, expect, it } from 'vitest';
import { coverageOf, placesOf } from '#shared/flow-test/coverage.ts';
import { trialOf } from './trial.ts';

const one = { value: 1 };
/** A flow with a router between two sinks; the messages of the case take one of its branches. */
function caseOf(branch: 'EU' | 'rest', more: { error?: 'wired' } = {}) {
  const trial = trialOf(
    {
      in: { out: { out: [one] } },
      router: { out: { EU: branch === 'EU' ? [one] : [], rest: branch === 'rest' ? [one] : [], error: [] } },
      erp: { out: { in: branch === 'EU' ? [one] : [] } },
      crm: { out: { in: branch === 'rest' ? [one] : [] } },
    },
    { unreached: more.error ? [{ node: 'router', port: 'error' }] : [] },
  );
  for (const id of ['in', 'router', branch === 'EU' ? 'erp' : 'crm']) trial.nodes[id]?.in.push(0);
  return placesOf(trial);
}

describe('coverage', () => {
  it('takes a place for reached when one of the cases reached it', () => {
    expect(coverageOf([caseOf('EU'), caseOf('rest')], [])).toEqual({
      nodes: { all: 4, reached: 4 },
      branches: { all: 2, reached: 2 },
      unreached: [],
      waived: [],
    });
  });

  it('names what none reached: nodes, and ports of nodes that are reached', () => {
    expect(coverageOf([caseOf('EU')], [])).toEqual({
      nodes: { all: 4, reached: 3 },
      branches: { all: 2, reached: 1 },
      unreached: [{ node: 'crm' }, { node: 'router', port: 'rest' }],
      waived: [],
    });
  });

  it('sets waived places apart, a node with all of its ports', () => {
    const waivers = [
      { node: 'crm', reason: 'Only on Mondays' },
      { node: 'router', reason: 'One way is enough' },
    ];
    const { unreached, waived } = coverageOf([caseOf('EU')], waivers);
    expect(unreached).toEqual([]);
    expect(waived).toEqual([
      { node: 'crm', reason: 'Only on Mondays' },
      { node: 'router', port: 'rest', reason: 'One way is enough' },
    ]);
  });

  it('asks for the error port only where something follows it', () => {
    expect(coverageOf([caseOf('EU', { error: 'wired' }), caseOf('rest')], []).unreached).toEqual([{ node: 'router', port: 'error' }]);
  });

  it('reaches nothing without cases', () => {
    expect(coverageOf([], []).nodes).toEqual({ all: 0, reached: 0 });
  });
});
