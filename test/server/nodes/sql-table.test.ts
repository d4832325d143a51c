import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupRows, type OffsetRow, offsetRow, quoteName, quoteTable, type Row, remaining, upsertSql } from '#server/nodes/sql-table.ts';
import { MessageError } from '#server/sdk.ts';
import { sinkBatch, sinkMessage } from './node-bench.ts';

describe('names in SQL', () => {
  it('are quoted whatever stands in them', () => {
    expect(quoteName('a "b"; DROP TABLE x --')).toBe('"a ""b""; DROP TABLE x --"');
    expect(() => quoteName('')).toThrow('cannot be the name');
    expect(() => quoteName('a\u0000b')).toThrow('cannot be the name');
  });

  it.each([
    ['orders', '"orders"'],
    ['sales.orders', '"sales"."orders"'],
    ['"a.b".c', '"a.b"."c"'],
    ['"say ""hi"""', '"say ""hi"""'],
  ])('%s is the table %s', (name, quoted) => {
    expect(quoteTable(name)).toBe(quoted);
  });

  it.each(['', '.', 'a.', '.a', 'a..b', 'a.b.c', '"a'])('%j is no table', (name) => {
    expect(() => quoteTable(name)).toThrow('not a table name');
  });

  it('stand in one statement for several rows', () => {
    expect(upsertSql('t', ['id', 'a'], ['id'], 2, (n) => `$${n}`)).toBe(
      'INSERT INTO "t" ("id", "a") VALUES ($1, $2), ($3, $4) ON CONFLICT ("id") DO UPDATE SET "a" = excluded."a"',
    );
    expect(upsertSql('t', ['id'], ['id'], 1, () => '?')).toBe('INSERT INTO "t" ("id") VALUES (?) ON CONFLICT ("id") DO NOTHING');
    expect(upsertSql('t', ['id'], [], 1, () => '?')).toBe('INSERT INTO "t" ("id") VALUES (?)');
  });
});

it('rows are grouped by their columns, a key once in a group, in the order they came', () => {
  const row = (values: Record<string, unknown>): Row => new Map(Object.entries(values));
  const rows = [row({ id: 1, a: 1 }), row({ id: 2, a: 2 }), row({ id: 1, a: 3 }), row({ id: 3 }), row({ id: 4, a: 4 })].map(
    (one, index) => ({ index, row: one }),
  );
  expect(groupRows(rows, ['id'], 1000).map(({ indexes }) => indexes)).toEqual([[0, 1], [2], [3], [4]]);
  expect(groupRows(rows, [], 4).map(({ indexes }) => indexes)).toEqual([[0, 1], [2], [3], [4]]);
});

/** One step of a partition's life: how many messages the batch has, and whether its worker dies before it can commit. */
const step = fc.record({ size: fc.integer({ min: 1, max: 7 }), dies: fc.boolean(), zombie: fc.boolean() });

it('however batches are cut and workers die, each message is written once and fails the same way each time', () => {
  const bad = (offset: number) => offset % 5 === 3;
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const log = Array.from({ length: 30 }, (_, offset) => sinkMessage(offset, {}));
      const written: string[] = [];
      const dead: string[] = [];
      let row: OffsetRow | undefined;
      let committed = 0;
      const deliver = (from: number, size: number): string[] => {
        const batch = sinkBatch(log.slice(from, from + size));
        const { todo, outcomes } = remaining('sql', row, batch);
        for (const index of todo) {
          if (bad(from + index)) outcomes[index] = new MessageError('sql/bad', 'It is bad.');
          else written.push(String(from + index));
        }
        if (todo.length > 0) row = offsetRow(undefined, batch.messages, outcomes);
        return outcomes.flatMap((outcome, index) => (outcome ? [String(from + index)] : []));
      };
      for (const { size, dies, zombie } of steps) {
        const failed = deliver(committed, size);
        if (dies) continue;
        dead.push(...failed);
        const before = committed;
        committed = Math.min(committed + size, log.length);
        // A worker that lost the partition writes an old batch: refused or known, never written.
        if (zombie && before > 0) {
          const count = written.length;
          try {
            deliver(before - 1, 2);
          } catch (error) {
            expect(error).toMatchObject({ code: 'sql/offsets-ahead' });
          }
          expect(written).toHaveLength(count);
        }
      }
      expect(new Set(written).size).toBe(written.length);
      for (let offset = 0; offset < committed; offset++) expect((bad(offset) ? dead : written).includes(String(offset))).toBe(true);
      expect(new Set(dead).size).toBe(dead.length);
    }),
  );
});
