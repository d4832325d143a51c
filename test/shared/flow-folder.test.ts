import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatFlow } from '#shared/document.ts';
import { type Flow, flowSchema } from '#shared/flow.ts';
import { type FolderFile, folderOf, readFolder } from '#shared/flow-folder.ts';
import type { FlowTest } from '#shared/flow-test.ts';
import { flowOf, flows } from './flow-arbitrary.ts';

const long = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(fc.string({ maxLength: 20 }), { maxLength: 5 }).map((lines) => lines.join('\n')),
  fc.constantFrom('\n', '\r\n', 'a\r\n', 'a\nb\r', '\n\n', `{ "a": "${'x'.repeat(130)}" }`),
);
const odd = fc.oneof(
  long,
  fc.record({ $file: long }),
  fc.record({ $literal: fc.record({ $file: long }) }),
  fc.array(fc.record({ id: fc.constantFrom('a', 'A', 'con'), text: long }), { maxLength: 3 }),
);
/** Flows with long texts and with configs that look like what a folder writes. */
const withTexts: fc.Arbitrary<Flow> = fc
  .tuple(flows, fc.dictionary(fc.constantFrom('sql', 'Sql', 'a b', '$file'), odd, { maxKeys: 3 }))
  .map(([flow, more]) => ({
    ...flow,
    nodes: flow.nodes.map((node, at) => (at === 0 ? { ...node, config: { ...node.config, ...more } } : node)),
  }));

const tests: FlowTest[] = [
  { format: 1, name: 'EU order', samples: [{ value: { id: 1 } }], expect: [{ deadLetters: 0 }] },
  { format: 1, name: 'EU  order!', samples: [{ value: { id: 2 } }], expect: [{ deadLetters: 1 }] },
];

function read(files: readonly FolderFile[]) {
  const content = readFolder(files);
  if (content.flow === undefined) throw new Error(content.problems.map(({ message }) => message).join(' '));
  return content;
}
const edited = (files: readonly FolderFile[], path: string, change: (text: string) => string) =>
  files.map((file) => (file.path === path ? { path, text: change(file.text) } : file));
const codes = (files: readonly FolderFile[]) => readFolder(files).problems?.map(({ code }) => code);

const shop = flowOf({
  format: 1,
  id: 'shop',
  name: 'Shop',
  nodes: [
    { id: 'map', type: 'map', config: { expression: '{\n  "id": id,\n  "big": 9007199254740993\n}', short: 'x' } },
    { id: 'route', type: 'switch', config: { cases: [{ id: 'eu', name: 'EU', when: 'a\n= 1' }] } },
    { id: 'db', type: 'postgres', config: { sql: 'SELECT *\nFROM "a b" WHERE ((' } },
  ],
  layout: { positions: { map: { x: 16, y: 0 } } },
});

describe('the folder of a flow', () => {
  test('names the files of two fields that differ in capitals alone the same each time', () => {
    const flow = flowSchema.parse({
      format: 1,
      id: 'orders',
      name: 'Orders',
      nodes: [{ id: 'a', type: 'map', config: { sql: 'small\n', Sql: 'large\n' } }],
    });
    const files = folderOf(flow);
    expect(files.filter(({ path }) => path.startsWith('mappings/')).map(({ path }) => path)).toEqual([
      'mappings/a.Sql.jsonata',
      'mappings/a.sql-2.jsonata',
    ]);
    expect(folderOf(read(files).flow)).toEqual(files);
  });

  test('gives back the same flow, and the same bytes when it is written again', () => {
    fc.assert(
      fc.property(withTexts, (flow) => {
        const files = folderOf(flow);
        const again = read(files);
        expect(formatFlow(again.flow)).toBe(formatFlow(flow));
        expect(folderOf(again.flow)).toEqual(files);
        expect(again.warnings).toEqual([]);
        for (const { path, text } of files) {
          expect(path).toMatch(/^[A-Za-z0-9/._-]+$/);
          expect(text.endsWith('\n')).toBe(true);
        }
        expect(new Set(files.map(({ path }) => path.toLowerCase())).size).toBe(files.length);
      }),
      { numRuns: 400 },
    );
  });

  test('has the logic, the drawing and each long text in a file of its own', () => {
    const files = folderOf(shop);
    expect(files.map(({ path }) => path)).toEqual([
      'flow.json',
      'layout.json',
      'mappings/db.sql.txt',
      'mappings/map.expression.jsonata',
      'mappings/route.cases.eu.when.jsonata',
    ]);
    expect(files.find(({ path }) => path.endsWith('map.expression.jsonata'))?.text).toBe('{\n  "id": id,\n  "big": 9007199254740993\n}\n');
    expect(files[0]?.text).toContain('"expression": {\n          "$file": "mappings/map.expression.jsonata"\n        }');
    expect(files[0]?.text).not.toContain('positions');
  });

  test('a node that is moved changes the drawing alone', () => {
    const moved = { ...shop, layout: { ...shop.layout, positions: { map: { x: 32, y: 0 } } } };
    const before = new Map(folderOf(shop).map(({ path, text }) => [path, text]));
    expect(
      folderOf(moved)
        .filter(({ path, text }) => before.get(path) !== text)
        .map(({ path }) => path),
    ).toEqual(['layout.json']);
  });

  test('keeps its tests, also two whose names give the same file', () => {
    const files = folderOf(shop, tests);
    expect(files.filter(({ path }) => path.startsWith('tests/')).map(({ path }) => path)).toEqual([
      'tests/eu-order-2.json',
      'tests/eu-order.json',
    ]);
    expect(folderOf(shop, read(files).tests)).toEqual(files);
    expect(folderOf(shop, [...tests].reverse())).toEqual(files);
  });

  test('lines that Windows ended in its own way, and a missing drawing, are read all the same', () => {
    const files = edited(folderOf(shop), 'mappings/db.sql.txt', (text) => text.replace(/\n$/, '\r\n'));
    expect(formatFlow(read(files).flow)).toBe(formatFlow(shop));
    expect(read(files.filter(({ path }) => path !== 'layout.json')).flow.layout.positions).toEqual({});
  });
});

describe('a folder that is wrong', () => {
  const files = folderOf(shop, tests);

  test.each<[string, FolderFile[], string]>([
    ['no flow.json', files.filter(({ path }) => path !== 'flow.json'), 'folder/missing'],
    ['a missing text', files.filter(({ path }) => !path.endsWith('.jsonata') || path.includes('route')), 'folder/missing'],
    ['a path that leads out', [...files, { path: '../etc/passwd', text: '' }], 'folder/outside'],
    ['an absolute path', [...files, { path: '/etc/passwd', text: '' }], 'folder/outside'],
    [
      'a reference that leads out',
      edited(files, 'flow.json', (text) => text.replace('mappings/db.sql.txt', '../db.sql.txt')),
      'folder/outside',
    ],
    [
      'a conflict of Git',
      edited(files, 'layout.json', (text) => `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> other\n`),
      'folder/not-json',
    ],
    ['an unknown format', edited(files, 'flow.json', (text) => text.replace('"format": 1', '"format": 99')), 'flow/format'],
    ['a test that is none', edited(files, 'tests/eu-order.json', () => '{}'), 'test/format'],
  ])('%s is a problem and nothing is read', (_what, wrong, code) => {
    expect(codes(wrong)).toContain(code);
    expect(readFolder(wrong)).not.toHaveProperty('flow');
  });

  test('a conflict of Git is called by its name', () => {
    const wrong = edited(files, 'flow.json', (text) => `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> other\n`);
    expect(readFolder(wrong).problems?.[0]?.message).toContain('marks of a Git conflict');
  });

  test('a text that nothing names is a warning, other files are none of its business', () => {
    const { warnings } = read([...files, { path: 'mappings/old.x.jsonata', text: 'x\n' }, { path: 'README.md', text: '# Shop\n' }]);
    expect(warnings.map(({ code, field }) => [code, field])).toEqual([['folder/unused', 'mappings/old.x.jsonata']]);
  });
});
