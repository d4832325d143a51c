import { describe, expect, it } from 'vitest';
import { lookupKeys } from '#shared/mapping/lookup-keys.ts';
import { shapeOfSamples } from '#shared/shape/from-samples.ts';

const { shape } = shapeOfSamples([
  {
    id: 1,
    customerId: 7,
    items: [{ sku: 'a', qty: 2 }],
    products: [{ sku: 'a', name: 'Cup', price: 1 }],
    customers: [{ id: 7, name: 'Anna' }],
    notes: [{ text: 'b' }],
  },
]);

describe('the key by which an item of another list is found', () => {
  it('is a field of the same name in the items of the loop', () => {
    expect(lookupKeys(shape, ['products'], [['items']])).toEqual([{ theirs: 'sku', ours: ['items', 'sku'] }]);
  });

  it('is a field that names the list', () => {
    expect(lookupKeys(shape, ['customers'], [])).toEqual([{ theirs: 'id', ours: ['customerId'] }]);
  });

  it('is none where only the word id, or no key at all, is shared', () => {
    expect(lookupKeys(shape, ['notes'], [['items']])).toEqual([]);
    expect(lookupKeys(shape, ['products'], [])).toEqual([]);
  });
});
