import { expect, test } from 'vitest';
import { blastOf, effectOf } from '#server/replay/effect.ts';

const node = (config: Record<string, unknown> = {}) => ({ config });

test('what becomes of an output that a sink has seen follows from its guarantee, its settings and the ids', () => {
  expect(effectOf(node(), { guarantee: 'upsert' }, 'same').effect).toBe('overwrite');
  expect(effectOf(node(), { guarantee: 'idempotency-key' }, 'same').effect).toBe('ignored');
  expect(effectOf(node(), { guarantee: 'idempotency-key' }, 'new').effect).toBe('double');
  expect(effectOf(node({ keys: ['id'] }), { guarantee: 'transaction' }, 'same').effect).toBe('overwrite');
  expect(effectOf(node({ keys: [] }), { guarantee: 'transaction' }, 'same').effect).toBe('double');
  expect(effectOf(node(), { guarantee: 'none' }, 'same').effect).toBe('double');
  expect(effectOf(node(), { topic: { field: 'topic' } }, 'same')).toEqual({ guarantee: 'kafka', effect: 'double' });
  const byField = { guarantee: { field: 'mode', cases: { put: 'upsert' as const }, otherwise: 'none' as const } };
  expect(effectOf(node({ mode: 'put' }), byField, 'same').effect).toBe('overwrite');
});

test('only what doubles at a real sink is unsafe, and the sentence says how many', () => {
  const list = { id: 'list', name: 'List' };
  const double = { guarantee: 'none' as const, effect: 'double' as const };
  const real = blastOf(list, double, { fresh: 3, again: 7 }, { target: 'real', ids: 'same' }, true);
  expect(real).toMatchObject({ fresh: 3, double: 7, overwrite: 0, ignored: 0, unsafe: true });
  expect(real.sentence).toBe('“List” gets 3 new outputs; 7 that it has would be there twice.');
  expect(blastOf(list, double, { fresh: 3, again: 0 }, { target: 'real', ids: 'same' }, true).unsafe).toBe(false);
  expect(blastOf(list, double, { fresh: 3, again: 7 }, { target: 'compare', ids: 'same' }, true).unsafe).toBe(false);
});
