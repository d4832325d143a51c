import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KafkaRecord } from '#server/kafka/port.ts';
import { createMatch, type MatchSpec, readable } from '#server/trace/match.ts';
import { positionIn } from '#server/trace/search.ts';
import { namesThings, termHash, termText, traceIdOf } from '#server/trace/term.ts';
import { createTermsOf } from '#server/trace/terms-of.ts';
import { stringifyJson } from '#shared/json.ts';

const record = (value: unknown, key: string | null = null, headers: Record<string, string> = {}): KafkaRecord => ({
  topic: 't',
  partition: 0,
  offset: 0n,
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(typeof value === 'string' ? value : (stringifyJson(value) ?? '')),
  headers,
  timestamp: 0,
});
const hash = (text: string) => termHash('value', termText(text) ?? '');
const matches = (spec: MatchSpec, of: KafkaRecord) => createMatch(spec)(readable(of));

describe('terms of a message', () => {
  it('are its key and the fields that name things, two levels deep, when nobody has chosen', () => {
    const termsOf = createTermsOf({ fields: null, format: 'json' });
    const value =
      '{"orderNo":"A-17","paid":true,"valid":"yes","total":12.5,"id":9007199254740993017,"customer":{"email":"Zoe@X.de","deep":{"id":5}}}';
    expect(new Set(termsOf(record(value, 'K1')))).toEqual(new Set(['k1', 'A-17', '9007199254740993017', 'zoe@x.de'].map(hash)));
  });

  it('are the chosen fields through lists, and no others', () => {
    const termsOf = createTermsOf({ fields: ['lines.sku', 'customer.name'], format: 'json' });
    const terms = termsOf(record({ id: 1, customer: { name: 'Ann' }, lines: [{ sku: 'a' }, { sku: ['b', 'c'] }, {}] }));
    expect(new Set(terms)).toEqual(new Set(['Ann', 'a', 'b', 'c'].map(hash)));
  });

  it('are never more than a few, and nothing of long values, broken JSON, bytes or a delete marker', () => {
    const termsOf = createTermsOf({ fields: ['ids'], format: 'json' });
    expect(termsOf(record({ ids: Array.from({ length: 500 }, (_, at) => at) })).length).toBeLessThanOrEqual(16);
    for (const value of [{ ids: 'x'.repeat(201) }, '{"ids": "a', 'plain', null, '\u0000']) expect(termsOf(record(value))).toEqual([]);
    expect(createTermsOf({ fields: null, format: 'bytes' })(record({ id: 5 }))).toEqual([]);
  });

  it('of what Millrace wrote hold its origin, and of every message its trace id', () => {
    const termsOf = createTermsOf({ fields: undefined, format: 'json' });
    const id = '4bf92f3577b34da6a3ce929d0e0e4736';
    const terms = termsOf(record({ id: 5 }, 'k', { 'millrace-origin': 'in/0/7', traceparent: `00-${id}-00f067aa0ba902b7-01` }));
    expect(terms).toEqual([termHash('origin', 'in/0/7'), termHash('trace', id)]);
  });

  it('have numbers that hardly ever fall together', () => {
    const numbers = new Set(Array.from({ length: 200_000 }, (_, at) => termHash('value', `order-${at}`)));
    expect(numbers.size).toBe(200_000);
    for (const number of numbers) if (!Number.isSafeInteger(number) || number < 0) throw new Error(`${number} is no safe whole number.`);
  });

  it('find again what they were made of: the index and the message agree', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60 }), fc.string({ minLength: 1, maxLength: 30 }), (id, key) => {
        const one = record({ id }, key);
        const terms = createTermsOf({ fields: null, format: 'json' })(one);
        for (const text of [id, key]) {
          if (termText(text) === undefined) continue;
          expect(terms).toContain(hash(text));
          expect(matches({ by: 'value', text }, one)).toBeDefined();
          expect(matches({ by: 'text', text }, one)).toBeDefined();
        }
      }),
    );
  });
});

describe('a match', () => {
  it('says what fits: the key, a field by its path, a piece of text', () => {
    const one = record({ customer: { name: 'Zoë Müller' }, note: 'said "hi"' }, 'K-1');
    expect(matches({ by: 'text', text: 'k-1' }, one)).toBe('key');
    expect(matches({ by: 'text', text: 'MÜLLER' }, one)).toBe('customer.name');
    expect(matches({ by: 'text', text: 'said "hi' }, one)).toBe('note');
    expect(matches({ by: 'text', text: '"customer":{' }, one)).toContain('customer');
    expect(matches({ by: 'value', text: 'zoë' }, one)).toBeUndefined();
    expect(matches({ by: 'field', field: 'customer.name', text: 'zoë müller' }, one)).toBe('customer.name');
    expect(matches({ by: 'field', field: 'customer', text: 'zoë müller' }, one)).toBeUndefined();
    expect(matches({ by: 'key', text: 'K-1' }, record(null, 'K-1'))).toBe('key');
  });

  it('finds text that stands escaped in JSON', () => {
    expect(matches({ by: 'text', text: 'Zoë' }, record('{"name":"Zo\\u00eb"}'))).toBe('name');
  });

  it('takes no sign of the text for a pattern', () => {
    const one = record({ id: 'abc' }, 'key');
    for (const text of ['.*', 'a.c', '%', '_', '[abc]', '^abc$', "abc' OR 1=1 --"])
      expect([text, matches({ by: 'text', text }, one)]).toEqual([text, undefined]);
  });
});

describe('what people type', () => {
  it('is a position with a slash or an at sign', () => {
    expect(positionIn(' shop.orders/3@4711 ')).toEqual({ topic: 'shop.orders', partition: 3, offset: '4711' });
    expect(positionIn('shop.orders/3/4711')).toEqual({ topic: 'shop.orders', partition: 3, offset: '4711' });
    for (const text of ['A-4711', '3/4711', 'orders/x/1', 'zoe@example.com']) expect(positionIn(text)).toBeUndefined();
  });

  it('is a trace id, alone or in a traceparent', () => {
    const id = '4bf92f3577b34da6a3ce929d0e0e4736';
    expect(traceIdOf(id.toUpperCase())).toBe(id);
    expect(traceIdOf(`00-${id}-00f067aa0ba902b7-01`)).toBe(id);
    for (const text of ['4711', `${id}0`, '0'.repeat(32)]) expect(traceIdOf(text)).toBeUndefined();
  });

  it('is looked for in fields whose names say that they name things', () => {
    for (const name of ['id', 'orderNo', 'order_id', 'orderid', 'invoiceNumber', 'customer-ref', 'Email', 'SKU', 'eventUUID'])
      expect([name, namesThings(name)]).toEqual([name, true]);
    for (const name of ['paid', 'valid', 'note', 'total', 'grid', 'numbers', 'identity', 'country'])
      expect([name, namesThings(name)]).toEqual([name, false]);
  });
});
