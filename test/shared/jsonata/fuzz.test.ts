import { describe, expect, it } from 'vitest';
import { fuzz, fuzzInThreads } from './fuzz.ts';
import { shrink } from './shrink.ts';

/** Four seeds of 25,000 evaluations: a hundred thousand in all. */
const seeds = [20261122, 20261123, 20261124, 20261125];
const runs = 25_000;

/** Seeds for what is documented; each text and input is small. */
const smallSeeds = [20261126, 20261127];
const smallRuns = 12_000;

describe('combinations of all that the language documents, over small inputs', () => {
  for (const seed of smallSeeds) {
    it(`give the package's values and its errors with their places, in every way of evaluation (seed ${seed})`, {
      timeout: 240_000,
    }, async () => {
      const report = await fuzz(smallRuns, seed, 0, 'documented');
      const [first] = report.differences;
      expect(first && (await shrink(first))).toBeUndefined();
      expect(report.equal).toBeGreaterThan(smallRuns * 0.7);
      expect(report.failed).toBeGreaterThan(smallRuns * 0.05);
      expect(report.otherCode).toBeLessThan(smallRuns * 0.003);
      expect(report.generated).toBeGreaterThan(smallRuns / 2);
    });
  }
});

describe('random expressions and mappings over random and mutated orders', () => {
  for (const seed of seeds) {
    it(`give what the package gives in every way of evaluation, and read nothing but their declared paths (seed ${seed})`, {
      timeout: 240_000,
    }, async () => {
      const report = await fuzz(runs, seed, 0, 'messages');
      const [first] = report.differences;
      expect(first && (await shrink(first))).toBeUndefined();
      expect(report.equal).toBeGreaterThan(runs * 0.75);
      expect(report.otherCode).toBeLessThan(runs * 0.006);
      expect(report.generated).toBeGreaterThan(runs / 2);
    });
  }

  it('come out the same whether one thread takes them or two', async () => {
    expect(await fuzzInThreads(800, 5, 2)).toEqual(await fuzz(800, 5));
  });
});
