import { describe, expect, it } from 'vitest';
import { parseJson } from '#shared/json.ts';
import { applyProposals, hasRule, pairKey, standsIn } from '#shared/mapping/apply-proposals.ts';
import { previewer } from '#shared/mapping/preview.ts';
import { autoMap } from '#shared/shape/auto-map.ts';
import { shapeOfSamples } from '#shared/shape/from-samples.ts';
import { open } from './files.ts';

const order = parseJson(
  '{ "id": 7, "created_at": "2026-01-03", "cust": { "first": "Anna", "last": "Lee", "email": "a@b.de" }, "items": [{ "sku": "A", "qty": 2, "taxes": [{ "rate": 19 }] }], "tags": ["x"] }',
);
const erp = parseJson(
  '{ "orderId": "7", "orderDate": "2026-01-03", "customer": { "name": "Anna Lee", "email": "a@b.de" }, "lines": [{ "sku": "A", "quantity": 2, "taxes": [{ "rate": 19, "sku": "A" }] }], "tags": ["x"] }',
);
const proposals = autoMap(shapeOfSamples([order]).shape, shapeOfSamples([erp]).shape);

describe('proposals', () => {
  it('come in as one edit: loops before what is in them, fields of outer items by name, conversions where kinds differ', () => {
    const { edit, refused } = applyProposals(open('{}'), proposals);
    expect(refused).toEqual([]);
    if (!edit.ok) throw new Error(edit.refusal.message);
    expect(edit.splices).toHaveLength(1);
    const { result } = previewer(open(edit.text)).preview({ value: order, bindings: {} });
    expect(JSON.parse(result ?? '')).toEqual(erp);
  });

  it('leave all other rows and remarks as they are', () => {
    const text = '{\n  /* agreed with the ERP team */\n  "orderId": "fixed", /* keep */\n  "customer": { "email": "x" }\n}';
    const view = open(text);
    const free = proposals.filter(({ target }) => !hasRule(view, target));
    const { edit } = applyProposals(view, free);
    if (!edit.ok) throw new Error(edit.refusal.message);
    expect(edit.text).toContain('/* agreed with the ERP team */\n  "orderId": "fixed", /* keep */');
    expect(edit.text).toContain('"email": "x", "name": cust.first & " " & cust.last }');
  });

  it('that cannot be taken are named, and the others are taken', () => {
    const view = open('{ "lines": "none", "orderDate": 1 }');
    const lines = proposals.filter(({ target }) => target[0] === 'lines' && target.length > 1);
    const date = proposals.filter(({ target }) => target[0] === 'orderDate');
    const { edit, refused } = applyProposals(view, [...lines, ...date]);
    expect(refused.length).toBe(lines.length);
    expect(edit.ok && edit.text).toBe('{ "lines": "none", "orderDate": created_at }');
  });

  it('know what they stand in, and what has a rule already', () => {
    const [lines] = proposals.filter(({ kind, target }) => kind === 'loop' && target.length === 1);
    if (lines === undefined) throw new Error('no loop');
    expect(proposals.filter((one) => standsIn(one, lines)).map(pairKey)).toContain('items[].qty → lines[].quantity');
    const view = open('{ "a": {}, "b": [], "c": null, "d": 0, "e": { "f": 1 } }');
    expect(['a', 'b', 'c', 'd', 'e', 'g'].map((name) => hasRule(view, [name]))).toEqual([false, false, false, true, true, false]);
  });
});
