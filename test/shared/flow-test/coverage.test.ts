import { describe, expect, it } from 'vitest';
import { coverageOf, reachableOf } from '#shared/flow-test/coverage.ts';
import { trialOf } from './trial.ts';

const reachable = reachableOf(
  trialOf({
    in: { out: { out: [] } },
    router: { out: { EU: [], rest: [], error: [] } },
    erp: { out: { in: [] } },
    crm: { out: { in: [] } },
  }),
);

describe('coverage', () => {
  it('counts nodes, and ports of nodes that choose between ways', () => {
    expect(reachable).toEqual({
      nodes: ['in', 'router', 'erp', 'crm'],
      branches: [
        { node: 'router', port: 'EU' },
        { node: 'router', port: 'rest' },
      ],
    });
  });

  it('takes a place for reached when one of the cases reached it', () => {
    const coverage = coverageOf(
      reachable,
      [
        [{ node: 'crm' }, { node: 'router', port: 'rest' }],
        [{ node: 'router', port: 'EU' }, { node: 'crm' }],
      ],
      [],
    );
    expect(coverage).toEqual({
      nodes: { all: 4, reached: 3 },
      branches: { all: 2, reached: 2 },
      unreached: [{ node: 'crm' }],
      waived: [],
    });
  });

  it('names a node once, not its ports as well, and sets waived places apart', () => {
    const coverage = coverageOf(reachable, [[{ node: 'router' }, { node: 'crm' }]], [{ node: 'crm', reason: 'Only on Mondays' }]);
    expect(coverage.unreached).toEqual([{ node: 'router' }]);
    expect(coverage.branches).toEqual({ all: 2, reached: 0 });
    expect(coverage.waived).toEqual([{ node: 'crm', reason: 'Only on Mondays' }]);
  });

  it('reaches nothing without cases', () => {
    expect(coverageOf(reachable, [], []).nodes.reached).toBe(0);
  });
});
