import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import file from '#server/nodes/file.ts';
import type { SinkInstance } from '#server/sdk.ts';
import { ExactNumber } from '#shared/json.ts';
import { codes, sinkBatch, sinkMessage, testContext, writeAll } from './node-bench.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-files-'));
});

async function sinkOf(config: Record<string, unknown>): Promise<SinkInstance> {
  return file.create(file.config.parse(config), testContext({ filesFolder: folder }));
}
const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const batch = (...values: unknown[]) => sinkBatch(values.map((value, index) => sinkMessage(index, value)));

describe('file sink', () => {
  it('appends JSON lines with every digit', async () => {
    const sink = await sinkOf({ path: 'erp/orders.jsonl' });
    await writeAll(sink, batch({ id: new ExactNumber('9007199254740993'), text: 'a\nb' }));
    await writeAll(await sinkOf({ path: 'erp/orders.jsonl' }), batch('x', null));
    expect(read('erp/orders.jsonl')).toBe('{"id":9007199254740993,"text":"a\\nb"}\n"x"\nnull\n');
  });

  it('quotes what CSV must quote and keeps every digit', async () => {
    const sink = await sinkOf({ path: 'o.csv', format: 'csv' });
    const awkward = {
      id: new ExactNumber('1.00000000000000000001'),
      'a "quoted", name': 'line\nbreak',
      text: 'say "hi", ok',
      list: [1, { b: 2 }],
      gone: null,
      yes: true,
    };
    await writeAll(sink, batch(awkward));
    expect(read('o.csv')).toBe(
      'id,"a ""quoted"", name",text,list,gone,yes\n1.00000000000000000001,"line\nbreak","say ""hi"", ok","[1,{""b"":2}]",,true\n',
    );
  });

  it('keeps the columns of the file and refuses a message that has others', async () => {
    await writeAll(await sinkOf({ path: 'o.csv', format: 'csv' }), batch({ id: 1, 'x "y': '', total: 2 }));
    const again = await sinkOf({ path: 'o.csv', format: 'csv' });
    const outcomes = await writeAll(again, batch({ total: 4, id: 3 }, { id: 5, colour: 'red' }, 'text', { id: 6 }));
    expect(codes(outcomes)).toEqual(['ok', 'file/column-unknown', 'file/not-an-object', 'ok']);
    expect(read('o.csv')).toBe('id,"x ""y",total\n1,,2\n3,,4\n6,,\n');
  });

  it('writes the named columns, with the separator that is asked for', async () => {
    const sink = await sinkOf({ path: 'o.csv', format: 'csv', delimiter: ';', columns: { order: 'id', sum: '$sum(items)' } });
    await writeAll(sink, batch({ id: 'a;b', items: [1, 2], other: 1 }, { id: 'c', items: ['x'] }));
    expect(read('o.csv')).toBe('order;sum\n"a;b";3\n');
  });

  it('begins a new file each day of the messages', async () => {
    const sink = await sinkOf({ path: 'logs/o.jsonl', rotate: 'daily' });
    const day = (text: string, offset: number) => sinkMessage(offset, offset, { timestamp: Date.parse(text) });
    await writeAll(sink, sinkBatch([day('2026-11-22T23:59:59.999Z', 1), day('2026-11-23T00:00:00Z', 2)]));
    expect([read('logs/o-2026-11-22.jsonl'), read('logs/o-2026-11-23.jsonl')]).toEqual(['1\n', '2\n']);
  });

  it('does not glue a line to one that a crash left half-written', async () => {
    writeFileSync(join(folder, 'o.jsonl'), '{"id":1}\n{"id":');
    await writeAll(await sinkOf({ path: 'o.jsonl' }), batch({ id: 2 }));
    expect(read('o.jsonl')).toBe('{"id":1}\n{"id":\n{"id":2}\n');
  });

  it('lets batches of several partitions into the file one after the other', async () => {
    const sink = await sinkOf({ path: 'o.csv', format: 'csv' });
    await Promise.all(Array.from({ length: 20 }, (_, index) => writeAll(sink, batch({ id: index }, { id: index }))));
    expect(read('o.csv').split('\n')).toHaveLength(1 + 40 + 1);
  });

  it('waits when the file cannot be written', async () => {
    const sink = await sinkOf({ path: 'x/o.jsonl' });
    mkdirSync(join(folder, 'x', 'o.jsonl'));
    expect(codes(await writeAll(sink, batch(1, 2)))).toEqual(['file/unavailable', 'file/unavailable']);
  });

  it('refuses a path that leads out of its folder, in the editor and at the start', async () => {
    expect(file.check?.(file.config.parse({ path: '../x' }))).toMatchObject([{ field: 'path' }]);
    await expect(async () => sinkOf({ path: '../x' })).rejects.toThrow('does not stay in the files folder');
  });

  describe('knows what it holds', () => {
    async function compared(config: Record<string, unknown>, sent: unknown[], more = ''): Promise<{ sent: string[]; held: string[] }> {
      const full = file.config.parse({ path: 'held', ...config });
      const context = testContext({ filesFolder: folder });
      await writeAll(await file.create(full, context), batch(...sent));
      if (more !== '') appendFileSync(join(folder, 'held'), more);
      const nameOf = file.holds?.key(full, context);
      const held: string[] = [];
      for await (const names of file.holds?.keys(full, context, AbortSignal.timeout(20_000)) ?? []) held.push(...names);
      return { sent: sent.map((value, at) => nameOf?.(sinkMessage(at, value)) ?? ''), held };
    }
    const awkward = [
      { id: new ExactNumber('9007199254740993'), text: 'a\nb, "c"', list: [1], none: null },
      { id: 'x', text: '\u00fc', list: [], none: 'y\r\nz' },
    ];

    it('by a field, every digit of it', async () => {
      const names = await compared({ id: 'id' }, awkward, '{"id":  "by hand"}\n');
      expect(names.sent).toEqual(['9007199254740993', 'x']);
      expect(names.held).toEqual(['9007199254740993', 'x', 'by hand']);
    });

    it.each(['jsonl', 'csv'])('by the whole line of %s, of which it shows nothing', async (format) => {
      const names = await compared({ format }, awkward);
      expect(names.held).toEqual(names.sent);
      expect(new Set(names.held).size).toBe(2);
      for (const name of names.held) expect(name).toMatch(/^line [0-9a-f]{24}$/);
    });

    it('by a column of CSV, also where named columns make it', async () => {
      const names = await compared({ format: 'csv', delimiter: 'tab', columns: { Order: 'id', Text: 'text' }, id: 'Order' }, awkward);
      expect(names.sent).toEqual(['9007199254740993', 'x']);
      expect(names.held).toEqual(names.sent);
    });

    it('names by its place what is no line of its own', async () => {
      expect((await compared({ id: 'id' }, [{ id: 1 }], '{"id": 2')).held).toEqual(['1', 'line 2 of held (no JSON)']);
      const more = await compared({ path: 'held', format: 'csv', id: 'id' }, [{ id: 3 }], '4,5,6\n');
      expect(more.held.at(-1)).toMatch(/^line \d of held \(more cells than columns\)$/);
    });

    it('reads the files of all days, no others, and nothing where there is no file', async () => {
      expect((await compared({ path: 'none/here.jsonl', rotate: 'daily', id: 'id' }, [])).held).toEqual([]);
      const days = { path: 'days/o.jsonl', rotate: 'daily', id: 'id' };
      const { held } = await compared(days, [{ id: 1 }]);
      expect(held).toEqual(['1']);
      for (const name of ['o-2026-01-02.jsonl', 'o-2026-01-02.jsonl.old', 'o.jsonl', 'o-today.jsonl'])
        writeFileSync(join(folder, 'days', name), `{"id":"${name}"}\n`);
      expect((await compared(days, [])).held.sort()).toEqual(['1', 'o-2026-01-02.jsonl']);
    });

    it('reads a file that is larger than what it takes at a time', async () => {
      const values = Array.from({ length: 9000 }, (_, id) => ({ id, text: 'ä'.repeat(40) }));
      const names = await compared({ id: 'id' }, values);
      expect(names.held).toEqual(names.sent);
    });
  });
});
