import { describe, expect, test } from 'vitest';
import { shapeOfJsonSchema } from '#shared/shape/from-json-schema.ts';
import { operationsOf, shapeOfRequest } from '#shared/shape/from-openapi.ts';
import { shapeOfSamples } from '#shared/shape/from-samples.ts';
import { shapeOfTable } from '#shared/shape/from-table.ts';
import { mergeSeen } from '#shared/shape/merge.ts';
import { readPath } from '#shared/shape/path.ts';
import { fieldAt, shapeAt, walk } from '#shared/shape/shape.ts';

describe('the shape of a JSON Schema', () => {
  test('has kinds, required fields, formats, lengths, allowed values, sizes and texts for people', () => {
    const shape = shapeOfJsonSchema({
      type: 'object',
      required: ['id', 'hidden'],
      properties: {
        id: { type: 'integer', description: 'Our number' },
        mail: { type: ['string', 'null'], format: 'email', maxLength: 60 },
        state: { enum: ['new', 'paid', null] },
        version: { const: 2 },
        lines: { type: 'array', minItems: 1, items: { properties: { sku: { type: 'string', default: 'x' } } } },
      },
    });
    expect(fieldAt(shape, ['id'])).toEqual({
      name: 'id',
      required: true,
      shape: { kinds: ['number'], facts: { whole: true }, doc: 'Our number' },
    });
    expect(shapeAt(shape, ['mail'])).toEqual({ kinds: ['text', 'null'], facts: { maxLength: 60, looks: ['email'] } });
    expect(shapeAt(shape, ['state'])).toEqual({ kinds: ['text', 'null'], facts: { allowed: ['new', 'paid', null] } });
    expect(shapeAt(shape, ['version'])?.facts?.allowed).toEqual([2]);
    expect(shapeAt(shape, ['lines'])?.size).toEqual({ min: 1 });
    expect(shapeAt(shape, readPath('lines[].sku'))).toEqual({ kinds: ['text'], facts: { default: 'x' } });
    expect(fieldAt(shape, ['hidden'])).toEqual({ name: 'hidden', required: true, shape: { kinds: [] } });
  });

  test('joins allOf, and of oneOf requires only what each branch requires', () => {
    const shape = shapeOfJsonSchema({
      allOf: [{ type: 'object', required: ['a'], properties: { a: { type: 'string' } } }, { properties: { b: { type: 'number' } } }],
      oneOf: [
        { required: ['c', 'd'], properties: { c: { type: 'string' }, d: { type: 'string' } } },
        { required: ['c'], properties: { c: { type: 'number' } } },
      ],
    });
    expect(shape.kinds).toEqual(['object']);
    expect(shape.fields?.map(({ name, required }) => [name, required])).toEqual([
      ['a', true],
      ['b', false],
      ['c', true],
      ['d', false],
    ]);
    expect(shapeAt(shape, ['c'])?.kinds).toEqual(['text', 'number']);
  });

  test('a schema of which one branch is unknown leaves the kind open', () => {
    expect(shapeOfJsonSchema({ anyOf: [{ type: 'string' }, {}] }).kinds).toEqual([]);
    expect(shapeOfJsonSchema({ anyOf: [{ enum: ['a', 'b'] }, { type: 'null' }] })).toEqual({
      kinds: ['text', 'null'],
      facts: { allowed: ['a', 'b'] },
    });
  });

  test('follows references, also into itself, and ends', () => {
    const shape = shapeOfJsonSchema({
      $ref: '#/$defs/person',
      $defs: {
        person: { type: 'object', properties: { name: { $ref: '#text' }, boss: { $ref: '#/$defs/person' } } },
        short: { $anchor: 'text', type: 'string' },
      },
    });
    expect(shapeAt(shape, ['name'])?.kinds).toEqual(['text']);
    expect(shapeAt(shape, ['boss'])).toEqual({ kinds: ['object'], recursive: true });
    expect(shapeOfJsonSchema({ $ref: '#' })).toEqual({ kinds: [], recursive: true });
    expect(shapeOfJsonSchema({ $ref: 'https://elsewhere.example/x' }).kinds).toEqual([]);
  });

  test('a schema that unfolds without measure is cut, not followed', () => {
    const $defs: Record<string, unknown> = { s0: { type: 'string' } };
    for (let i = 1; i <= 40; i++) $defs[`s${i}`] = { properties: { a: { $ref: `#/$defs/s${i - 1}` }, b: { $ref: `#/$defs/s${i - 1}` } } };
    const started = performance.now();
    expect([...walk(shapeOfJsonSchema({ $ref: '#/$defs/s40', $defs }))].length).toBeLessThan(30_000);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('a schema nested beyond reason is read down to a bound', () => {
    let deep: unknown = { type: 'string' };
    for (let i = 0; i < 20_000; i++) deep = { type: 'array', items: deep };
    expect([...walk(shapeOfJsonSchema(deep))].length).toBeLessThan(110);
  });

  test('fields without a name of their own make a map', () => {
    const shape = shapeOfJsonSchema({ type: 'object', additionalProperties: { type: 'number' } });
    expect(shapeAt(shape, ['anything'])?.kinds).toEqual(['number']);
    expect(shapeAt(shapeOfJsonSchema({ type: 'object' }), ['anything'])).toBeUndefined();
  });

  test('what is no schema is unknown', () => {
    for (const nothing of [true, null, 3, 'x', []]) expect(shapeOfJsonSchema(nothing)).toEqual({ kinds: [] });
  });
});

describe('the shape of a table', () => {
  test('requires a column that takes no null and that the database does not fill', () => {
    const shape = shapeOfTable([
      { name: 'id', type: 'bigserial', nullable: false, key: true },
      { name: 'name', type: 'varchar(40)', nullable: false, comment: 'Full name' },
      { name: 'at', type: 'timestamp with time zone', nullable: false, default: 'now()' },
      { name: 'sum', type: 'numeric(10,2)', nullable: true },
      { name: 'tags', type: 'text[]', nullable: true },
      { name: 'state', type: "enum('new','it''s')", nullable: false },
      { name: 'point', type: 'interval', nullable: false },
    ]);
    expect(shape.fields?.filter(({ required }) => required).map(({ name }) => name)).toEqual(['name', 'state', 'point']);
    expect(shapeAt(shape, ['name'])).toEqual({ kinds: ['text'], facts: { maxLength: 40 }, doc: 'Full name' });
    expect(shapeAt(shape, ['at'])?.facts).toEqual({ looks: ['date-time'], default: 'now()' });
    expect(shapeAt(shape, ['sum'])?.kinds).toEqual(['number', 'null']);
    expect(shapeAt(shape, ['tags', null])?.kinds).toEqual(['text']);
    expect(shapeAt(shape, ['state'])?.facts?.allowed).toEqual(['new', "it's"]);
    expect(shapeAt(shape, ['point'])?.kinds).toEqual([]);
  });
});

describe('the shape of an OpenAPI request', () => {
  const document = {
    openapi: '3.0.3',
    paths: {
      '/contacts': {
        post: { operationId: 'addContact', summary: 'Add', requestBody: { $ref: '#/components/requestBodies/contact' } },
        get: {},
      },
    },
    components: {
      requestBodies: {
        contact: { content: { 'text/csv': {}, 'application/vnd.x+json': { schema: { $ref: '#/components/schemas/contact' } } } },
      },
      schemas: { contact: { type: 'object', required: ['name'], properties: { name: { type: 'string', nullable: true } } } },
    },
  };

  test('is that of its JSON body, references followed', () => {
    expect(operationsOf(document)).toEqual([
      { method: 'get', path: '/contacts', hasBody: false },
      { method: 'post', path: '/contacts', id: 'addContact', summary: 'Add', hasBody: true },
    ]);
    const shape = shapeOfRequest(document, { method: 'POST', path: '/contacts' });
    expect(shape?.fields).toEqual([{ name: 'name', required: true, shape: { kinds: ['text', 'null'] } }]);
    expect(shapeOfRequest(document, { method: 'get', path: '/contacts' })).toBeUndefined();
    expect(shapeOfRequest('no document', { method: 'get', path: '/' })).toBeUndefined();
  });
});

describe('a schema joined with samples', () => {
  test('keeps the rules of the schema and adds what was seen, declared or not', () => {
    const schema = shapeOfJsonSchema({
      required: ['id'],
      properties: { id: { type: 'string', maxLength: 5 }, never: { type: 'string' }, lines: { type: 'array', items: { properties: {} } } },
    });
    const { shape } = shapeOfSamples([{ id: 'a', lines: [{ sku: 'x' }], extra: 1 }, { id: 7 }]);
    const merged = mergeSeen(schema, shape);
    expect(merged.fields?.map(({ name, required, seen, origin }) => [name, required, seen, origin])).toEqual([
      ['id', true, 1, 'both'],
      ['never', false, 0, 'schema'],
      ['lines', false, 0.5, 'both'],
      ['extra', false, 0.5, 'seen'],
    ]);
    expect(shapeAt(merged, ['id'])).toMatchObject({ kinds: ['text', 'number'], facts: { maxLength: 5, longest: 1 } });
    expect(shapeAt(merged, readPath('lines[].sku'))?.examples).toEqual(['x']);
  });
});
