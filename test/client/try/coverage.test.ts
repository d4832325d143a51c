import { describe, expect, it } from 'vitest';
import { coverageOf, coverageSentence } from '../../../client/try/coverage.ts';
import { types } from '../editor/fixture.ts';
import { mixed, play, shop } from './fixture.ts';

describe('how far the samples come', () => {
  it('names branches that no sample took, without error ports, and nodes that no sample reached', () => {
    const coverage = coverageOf(shop, types, mixed());
    expect(coverage.branches.map(({ label }) => label)).toEqual(['US', 'Other']);
    expect(coverage.missed).toEqual([]);
    expect(coverageSentence(coverage)).toBe('All 6 nodes are reached; branch “US” never used and 1 more');
  });

  it('names the nodes behind it where nothing leaves a node by its only way', () => {
    const coverage = coverageOf(shop, types, play(2, [{ kind: 'filtered' }]));
    expect(coverage).toMatchObject({ reached: 2, nodes: 6, branches: [] });
    expect(coverageSentence(coverage)).toBe('2 of 6 nodes reached; no sample comes to “Lanes” and 3 more');
  });

  it('counts only nodes that took part in the Try', () => {
    const result = mixed();
    const { bad: _gone, ...nodes } = result.nodes;
    expect(coverageOf(shop, types, { ...result, nodes })).toMatchObject({ reached: 5, nodes: 5 });
  });
});
