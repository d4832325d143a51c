import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListRow, listReader } from '#shared/reconcile/list.ts';

function read(text: string, idField: string, cut: number = text.length): { rows: ListRow[]; without: number } {
  const rows: ListRow[] = [];
  const reader = listReader(idField, (row) => rows.push(row));
  for (let at = 0; at < text.length; at += Math.max(1, cut)) reader.push(text.slice(at, at + Math.max(1, cut)));
  reader.end();
  return { rows, without: reader.without() };
}

describe('a list', () => {
  it('of JSON gives each record byte for byte, with every digit of its id', () => {
    const text = '[{"order": {"id": 9007199254740993.10}, "t": "a, ] \\" }"},\n {"order": {"id": "x"}}, {"other": 1}]';
    expect(read(text, 'order.id')).toEqual({
      rows: [
        { id: '9007199254740993.10', row: '{"order": {"id": 9007199254740993.10}, "t": "a, ] \\" }"}' },
        { id: 'x', row: '{"order": {"id": "x"}}' },
      ],
      without: 1,
    });
  });

  it('may be JSON lines, a JSON list of ids, lines of ids or CSV', () => {
    expect(read('{"id": 1}\n{"id": 2}\n', 'id').rows.map(({ id }) => id)).toEqual(['1', '2']);
    expect(read('["a", 7, "b"]', '').rows).toEqual([{ id: 'a' }, { id: '7' }, { id: 'b' }]);
    expect(read('a\r\n b \r\n\r\nc', '').rows).toEqual([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
    expect(read('Number;Note\r\n1;"two\nlines; ""quoted"""\r\n2;\r\n', 'number').rows).toEqual([
      { id: '1', row: '{"Number":"1","Note":"two\\nlines; \\"quoted\\""}' },
      { id: '2', row: '{"Number":"2","Note":""}' },
    ]);
    expect(read('\uFEFFid\tname\n5\tx', 'id').rows).toEqual([{ id: '5', row: '{"id":"5","name":"x"}' }]);
    expect(read('', '').rows).toEqual([]);
  });

  it('that cannot be read says where', () => {
    expect(() => read('number,note\n1,2', 'id')).toThrow('The first line has no column “id”. It has: number, note.');
    expect(() => read('[{"id": 1}, {"id": tru}]', 'id')).toThrow('Thing 2 of the list is not JSON');
    expect(() => read('[{"id": 1}, {"id": 2', 'id')).toThrow('cut off');
    expect(() => read(`[{"id": "${'x'.repeat(1_100_000)}"}]`, 'id')).toThrow('longer than 1 MB');
  });

  it('gives the same wherever it is cut while it comes in', () => {
    const record = fc.record({ id: fc.oneof(fc.string({ minLength: 1 }), fc.integer()), text: fc.string() });
    fc.assert(
      fc.property(fc.array(record), fc.integer({ min: 1, max: 30 }), fc.boolean(), (records, cut, lines) => {
        const text = lines ? records.map((one) => JSON.stringify(one)).join('\n') : JSON.stringify(records, undefined, 1);
        const whole = read(text, 'id');
        expect(read(text, 'id', cut)).toEqual(whole);
        const named = records.filter(({ id }) => String(id).trim() !== '');
        expect(whole.rows.map(({ row }) => JSON.parse(row ?? '') as unknown)).toEqual(named);
      }),
    );
  });

  it('of CSV gives back any cells, wherever it is cut', () => {
    const cell = fc.stringMatching(/^[a-z0-9 ,";\n]*$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.stringMatching(/^[a-z0-9]+$/), cell)), fc.integer({ min: 1, max: 9 }), (cells, cut) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const text = `id,note\n${cells.map(([id, note]) => `${id},${quoted(note)}`).join('\n')}`;
        const { rows } = read(text, 'id', cut);
        expect(rows.map(({ row }) => JSON.parse(row ?? '') as unknown)).toEqual(cells.map(([id, note]) => ({ id, note })));
      }),
    );
  });
});
