import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hopsOf, inputOf, wayOf } from '../../../client/try/way.ts';
import { mixed, shop, tries } from './fixture.ts';

describe('the way of a message', () => {
  it('visits every message at every node exactly once, over all samples', () => {
    fc.assert(
      fc.property(tries, (result) => {
        const seen = result.inputs.flatMap((_, input) => {
          const way = wayOf(shop, result, input);
          return way ? hopsOf(way).map((hop) => `${hop.node} ${hop.record}`) : [];
        });
        const all = Object.entries(result.nodes).flatMap(([node, trial]) => trial.in.map((record) => `${node} ${record}`));
        expect(seen.toSorted()).toEqual(all.toSorted());
      }),
    );
  });

  it('stays with the sample it began with', () => {
    fc.assert(
      fc.property(tries, (result) => {
        for (const input of result.inputs.keys()) {
          const way = wayOf(shop, result, input);
          for (const hop of way ? hopsOf(way) : []) expect(inputOf(result, hop.record)).toBe(input);
        }
      }),
    );
  });

  it('goes each branch to its end before the next one, one deeper at each hop', () => {
    const way = wayOf(shop, mixed(), 0);
    expect(way && hopsOf(way).map(({ node, depth }) => `${depth} ${node}`)).toEqual(['0 in', '1 map', '2 lanes', '3 eu', '3 all']);
  });

  it('ends where the message was filtered, and goes on from the error port', () => {
    const ends = [1, 2].map((input) => {
      const way = wayOf(shop, mixed(), input);
      return way && hopsOf(way).map(({ node, outcome }) => `${node} ${outcome.kind}`);
    });
    expect(ends).toContainEqual(['in passed', 'map filtered']);
  });

  it('is none for a sample that did not take part', () => {
    expect(wayOf(shop, mixed(), 9)).toBeUndefined();
    expect(inputOf(mixed(), 999)).toBeUndefined();
  });
});
