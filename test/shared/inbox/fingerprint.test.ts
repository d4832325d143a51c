import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causeId, placeWithoutOrdinals, withoutDetails } from '#shared/inbox/fingerprint.ts';

describe('the fingerprint of a cause', () => {
  it('leaves words alone when it takes out details', () => {
    expect(withoutDetails('The ERP refused order 12 of "Anna": 400 customer number is unknown')).toBe(
      'The ERP refused order # of “…”: # customer number is unknown',
    );
    expect(withoutDetails('id 3f2504e0-4f89-11d3-9a0c-0305e82c3301 is gone')).toBe('id # is gone');
    expect(withoutDetails("The shop's answer isn't a list")).toBe("The shop's answer isn't a list");
  });

  it('is the same whatever numbers and quoted texts a sentence names, and taking details out twice changes nothing', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), fc.string(), fc.string(), (a, b, one, other) => {
        const sentence = (n: number, text: string) => `The text ${JSON.stringify(text)} came ${n} times; leave it out.`;
        const [first, second] = [withoutDetails(sentence(a % 1e12, one)), withoutDetails(sentence(b % 1e12, other))];
        expect(first).toBe(second);
        expect(withoutDetails(first)).toBe(first);
      }),
    );
  });

  it('keeps flows, nodes, codes and rows apart, and items of a list together', () => {
    const parts = { flow: 'f', node: 'n', code: 'c', row: '/items/0/price', message: 'it must be a number' };
    const ids = [
      parts,
      { ...parts, flow: 'g' },
      { ...parts, node: 'm' },
      { ...parts, code: 'd' },
      { ...parts, row: '/items/0/qty' },
      { ...parts, message: 'it must be a text' },
    ].map(causeId);
    expect(new Set(ids).size).toBe(6);
    expect(causeId({ ...parts, row: '/items/17/price' })).toBe(ids[0]);
    expect(placeWithoutOrdinals('lines[3].sku')).toBe('lines[].sku');
    expect(ids[0]).toMatch(/^[0-9a-f]{16}$/);
  });
});
