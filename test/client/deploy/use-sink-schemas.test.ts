import { expect, it } from 'vitest';
import { flowSchema } from '#shared/flow.ts';
import type { Catalog } from '#shared/node-type.ts';
import type { SavedTarget } from '#shared/target-shape.ts';
import { schemaWords, sinkSchemas } from '../../../client/deploy/use-sink-schemas.ts';

const catalog = {
  types: ['source', 'map', 'filter', 'log'].map((type) => ({
    type,
    kind: type === 'log' ? 'sink' : type === 'source' ? 'source' : 'transform',
  })),
  failures: [],
} as unknown as Catalog;
const edge = (from: string, to: string) => ({ id: `${from}-${to}`, from: { node: from, port: 'out' }, to: { node: to, port: 'in' } });
const flow = (expression: string) =>
  flowSchema.parse({
    format: 1,
    id: 'shop',
    name: 'Shop',
    nodes: [
      { id: 'in', type: 'source' },
      { id: 'map', type: 'map', label: 'ERP order', config: { expression } },
      { id: 'paid', type: 'filter' },
      { id: 'erp', type: 'log', label: 'ERP' },
      { id: 'raw', type: 'log', label: 'Raw' },
    ],
    edges: [edge('in', 'map'), edge('map', 'paid'), edge('paid', 'erp'), edge('in', 'raw')],
  });
const text = { kinds: ['text' as const] };
const target: SavedTarget = {
  origin: { kind: 'schema' },
  shape: {
    kinds: ['object'],
    fields: [
      { name: 'orderNo', required: true, shape: text },
      { name: 'note', required: false, shape: text },
    ],
  },
  savedAt: '',
  savedBy: '',
} as SavedTarget;
const verdicts = (expression: string, known: SavedTarget | null) => sinkSchemas(flow(expression), catalog, new Map([['map', known]]));

it('holds the mapping before a sink against what it must make, through what passes values on', () => {
  const good = verdicts('{ "orderNo": id }', target);
  expect(good).toMatchObject([
    { node: 'erp', level: 'ok', checked: true },
    { node: 'raw', level: 'off', checked: false, sentence: 'Not checked: no mapping makes what it gets.' },
  ]);
  expect(schemaWords(good)).toEqual({ level: 'ok', title: 'Sink schemas 1/1', detail: 'Compatible. 1 not checked.' });
  const bad = verdicts('{ "note": id }', target);
  expect(bad[0]).toMatchObject({ level: 'error', sentence: expect.stringContaining('orderNo') });
  expect(schemaWords(bad)).toMatchObject({ level: 'error', title: 'Sink schemas 0/1' });
});

it('says honestly what it could not check', () => {
  const open = verdicts('{ "orderNo": id }', null);
  expect(open[0]?.sentence).toBe('Not checked: nobody has said what “ERP order” must make.');
  expect(schemaWords(open)).toEqual({ level: 'off', title: 'Sink schemas', detail: 'Not checked: no schema is known.' });
});
