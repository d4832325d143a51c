import { describe, expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';

describe('random expressions over random and mutated orders', () => {
  it('give what the package gives, leave the input alone, and read nothing but their declared paths', async () => {
    const report = await fuzz(3000, 20261122);
    expect(report.differences).toEqual([]);
    expect(report.equal).toBeGreaterThan(2000);
    expect(report.otherCode).toBeLessThan(15);
  });
});
