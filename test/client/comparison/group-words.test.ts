import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComparisonGroup } from '#shared/comparison.ts';
import { apart, groupDetail, groupTitle } from '../../../client/comparison/group-words.ts';

const group = (more: Partial<ComparisonGroup>): ComparisonGroup => ({
  signature: 's',
  class: 'value-changed',
  places: [],
  added: [],
  removed: [],
  messages: 22,
  examples: [],
  causes: [],
  ...more,
});
const labelOf = (node: string) => ({ erp: 'ERP orders', crm: 'CRM' })[node] ?? node;

describe('the words of a group', () => {
  it('name the changed fields, of many the first three', () => {
    expect(groupTitle(group({ places: ['total'] }))).toBe('total');
    expect(groupTitle(group({ places: [''] }))).toBe('whole value');
    expect(groupTitle(group({ places: ['a', 'b', 'c', 'd', 'e'] }))).toBe('a, b, c and 2 more');
    expect(groupTitle(group({ class: 'newly-failing' }))).toBe('Newly failing');
    expect(groupTitle(group({ rest: true }))).toBe('More: value changed');
  });

  it('say how many and where to', () => {
    expect(groupDetail(group({ sink: 'erp', messages: 1234 }), labelOf)).toBe('1,234 changed, to ERP orders');
    expect(groupDetail(group({ class: 'goes-elsewhere', sink: 'erp', to: 'crm', messages: 1 }), labelOf)).toBe(
      '1 message from ERP orders to CRM',
    );
    expect(groupDetail(group({ class: 'newly-failing', end: 'dead-letter', sinks: ['erp'], messages: 5 }), labelOf)).toBe(
      '5 messages, to dead letters; nothing to ERP orders',
    );
  });
});

it('takes two texts apart at both ends, and nothing of them is lost', () => {
  expect(apart('"Maria  Cruz"', '"Maria Cruz"')).toEqual({ head: '"Maria ', before: ' ', after: '', tail: 'Cruz"' });
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      const parts = apart(before, after);
      expect(parts.head + parts.before + parts.tail).toBe(before);
      expect(parts.head + parts.after + parts.tail).toBe(after);
    }),
  );
});
