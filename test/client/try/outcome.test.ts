import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countTrial, outcomesOf, portKey } from '../../../client/try/outcome.ts';
import { mixed, shop, tries } from './fixture.ts';

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('what became of the messages of a Try', () => {
  it('adds up at every node: what came in passed, was filtered, failed or waits', () => {
    fc.assert(
      fc.property(tries, (result) => {
        for (const counts of countTrial(shop, result).nodes.values())
          expect(counts.passed + counts.filtered + counts.failed + counts.kept).toBe(counts.in);
      }),
    );
  });

  it('leaves nothing waiting where every record is accounted for', () => {
    fc.assert(
      fc.property(tries, (result) => {
        for (const counts of countTrial(shop, result).nodes.values()) expect(counts.kept).toBe(0);
      }),
    );
  });

  it('counts as out what the passed ones became, and what the error port took by itself', () => {
    fc.assert(
      fc.property(tries, (result) => {
        for (const [id, counts] of countTrial(shop, result).nodes) {
          const outcomes = outcomesOf(result, id).map(({ outcome }) => outcome);
          expect(counts.out).toBe(sum(outcomes.map((outcome) => (outcome.kind === 'passed' ? outcome.made.length : 0))));
          expect(counts.taken).toBe(sum(outcomes.map((outcome) => (outcome.kind === 'failed' ? outcome.made.length : 0))));
        }
      }),
    );
  });

  it('lets as many in at a node as ran over the lines to it', () => {
    fc.assert(
      fc.property(tries, (result) => {
        const { nodes, edges, ports } = countTrial(shop, result);
        for (const [id, counts] of nodes) {
          const incoming = shop.edges.filter((edge) => edge.to.node === id);
          if (incoming.length > 0) expect(sum(incoming.map((edge) => edges.get(edge.id) ?? -1))).toBe(counts.in);
        }
        for (const edge of shop.edges) expect(edges.get(edge.id)).toBe(ports.get(portKey(edge.from.node, edge.from.port)));
      }),
    );
  });

  it('takes a record that passed unchanged for made of itself', () => {
    const result = {
      ...mixed(),
      records: [{ id: 0, input: 0, node: 'in', port: 'out', key: null, value: 1, headers: {}, timestamp: 0 }],
      nodes: { in: { in: [0], out: { out: [0] }, filtered: [], failed: [], calls: [] } },
    };
    expect(outcomesOf(result, 'in')).toEqual([{ record: 0, outcome: { kind: 'passed', made: [0] } }]);
  });

  it('says nothing of a node that the Try does not know', () => {
    expect(outcomesOf(mixed(), 'gone')).toEqual([]);
  });
});
