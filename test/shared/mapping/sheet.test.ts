import { describe, expect, it } from 'vitest';
import { readCsv, writeCsv } from '#shared/mapping/csv.ts';
import { importSheet, sheetOf, sheetToCsv } from '#shared/mapping/sheet.ts';
import { tableFromCsv, tableToCsv } from '#shared/mapping/table-csv.ts';
import { viewOf } from '#shared/mapping/view.ts';
import { mappingFiles, open } from './files.ts';

describe('CSV', () => {
  it('reads back what it wrote, whatever stands in the cells', () => {
    const rows = [
      ['a', 'b "c"', 'd,e'],
      ['', 'x\r\ny', ' z '],
      [';', "'", '\t'],
    ];
    expect(readCsv(writeCsv(rows))).toEqual({ rows: rows.map((cells, i) => ({ cells, line: [1, 2, 4][i] })) });
  });

  it('takes other separators, line ends and a byte order mark, and skips empty lines', () => {
    expect(readCsv('\uFEFFa;b\n\n"1;2";3').rows.map(({ cells }) => cells)).toEqual([
      ['a', 'b'],
      ['1;2', '3'],
    ]);
    expect(readCsv('a\tb').rows[0]?.cells).toEqual(['a', 'b']);
  });

  it('tells the line of a quote that does not end', () => {
    expect(readCsv('a,b\nc,"d')).toMatchObject({ rows: [{ cells: ['a', 'b'] }], problem: { line: 2 } });
    expect(readCsv('"a"b,c')).toMatchObject({ problem: { line: 1 } });
  });
});

describe('a value table as CSV', () => {
  it('reads back the same, texts that look like numbers too', () => {
    const lines = [
      { from: '1', to: 'draft' },
      { from: 'a,b', to: 5 },
      { from: '', to: null },
      { from: 'x', to: '5' },
      { from: 'y', to: true },
    ];
    expect(tableFromCsv(tableToCsv([...lines, { from: 'z', to: '007' }]))).toEqual({
      lines: [...lines, { from: 'z', to: '007' }],
      problems: [],
    });
  });

  it('reports the lines that it cannot take, and takes the others', () => {
    const { lines, problems } = tableFromCsv('from;to\na;1\nb\na;2\nc;3;4\nd;x');
    expect(lines).toEqual([
      { from: 'a', to: 1 },
      { from: 'd', to: 'x' },
    ]);
    expect(problems.map(({ line }) => line)).toEqual([3, 4, 5]);
  });
});

describe('a mapping as a sheet', () => {
  const text =
    '( $vat := 0.19;\n{\n  /* as in the ERP */\n  "no": order.id,\n  "lines": [items[qty > 0].{ "net": price * qty * (1 + $vat) }],\n  "s": a ? b : "x"\n})';

  it('has a line for every field, variable and list', () => {
    expect(sheetOf(open(text)).map(({ target, source, rule, note }) => [target, source.join(' '), rule, note])).toEqual([
      ['$vat', '', '0.19', ''],
      ['no', 'order.id', 'order.id', 'as in the ERP'],
      ['lines[]', 'items items.qty', 'items[qty > 0]', ''],
      ['lines[].net', 'items.price items.qty', 'price * qty * (1 + $vat)', ''],
      ['s', 'a b', 'a ? b : "x"', ''],
    ]);
  });

  it('changes nothing when it is taken in again, whatever the mapping', () => {
    for (const file of mappingFiles) {
      const view = open(file.text);
      const { edit, reports } = importSheet(view, sheetToCsv(sheetOf(view)));
      expect(edit.ok && edit.text, file.name).toBe(file.text);
      expect(
        reports.filter(({ outcome }) => outcome !== 'same' && outcome !== 'skipped'),
        file.name,
      ).toEqual([]);
    }
  });

  it('is taken line by line, and says what became of each', () => {
    const csv = [
      'Note,Target,Source,Rule',
      ',no,,$string(order.id)',
      ',customer.name,person.name,',
      ',lines[],,items[qty > 1]',
      ',lines[].sku,items.sku,',
      ',lines[].id,order.id,',
      ',$net,,price * 2',
      ',s,,"a ? b : ""x"""',
      ',bad,,a +',
      ',both,a; b,',
      ',,,x',
    ].join('\n');
    const { edit, reports } = importSheet(open(text), csv);
    expect(reports.map(({ line, outcome }) => `${line} ${outcome}`)).toEqual([
      ...['2 set', '3 added', '4 set', '5 added', '6 added', '7 added', '8 same', '9 refused', '10 skipped', '11 skipped'],
    ]);
    if (!edit.ok) throw new Error(edit.refusal.message);
    expect(edit.text).toContain('"no": $string(order.id),');
    expect(edit.text).toContain('[items[qty > 1].{ "net": price * qty * (1 + $vat), "sku": sku, "id": $$.order.id }]');
    expect(edit.text).toContain('/* as in the ERP */');
    expect(edit.text).toContain('"name": person.name');
  });

  it('tells each rule in words, and keeps a spreadsheet from computing it', () => {
    const view = open('{ "a": -price, "b": "=1", "c": cust.first & " " & cust.last }');
    expect(sheetOf(view).map(({ words }) => words)).toEqual(['− price', '“=1”', expect.stringContaining('cust.first')]);
    const csv = sheetToCsv(sheetOf(view));
    expect(csv).toContain("'-price");
    expect(importSheet(view, csv).reports.map(({ outcome }) => outcome)).toEqual(['same', 'same', 'same']);
  });

  it('brings notes back, new and changed ones, and never takes one away', () => {
    const view = open('{\n  /* old */ "a": x,\n  "b": y,\n  "c": z, /* stays */\n  "d": { "e": w }\n}');
    const csv = 'target,rule,note\na,x,new\nb,y,first\nc,z,\nd.e,$string(w),ends */ early\n';
    const { edit, reports } = importSheet(view, csv);
    expect(reports).toMatchObject([
      { outcome: 'set', note: 'new' },
      { outcome: 'set', note: 'first' },
      { outcome: 'same' },
      { outcome: 'set', before: 'w', after: '$string(w)', note: 'ends */ early' },
    ]);
    expect(edit.ok && edit.text).toBe(
      '{\n  /* new */ "a": x,\n  /* first */\n  "b": y,\n  "c": z, /* stays */\n  "d": { /* ends * / early */ "e": $string(w) }\n}',
    );
  });

  it('can begin a mapping', () => {
    const { edit } = importSheet(viewOf(''), 'target,source\na.b,x.y\nc,z');
    expect(edit.ok && edit.text).toBe('{\n  "a": {\n    "b": x.y\n  },\n  "c": z\n}');
  });

  it('needs the names of its columns', () => {
    expect(importSheet(open('{}'), 'a,b').reports).toMatchObject([{ line: 1, outcome: 'refused' }]);
  });
});
