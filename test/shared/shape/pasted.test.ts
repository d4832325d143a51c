import { expect, test } from 'vitest';
import { readPasted } from '#shared/shape/pasted.ts';

const schema = '{ "title": "Order", "type": "object", "required": ["id"], "properties": { "id": { "type": "string" } } }';
const openApi = JSON.stringify({
  openapi: '3.0.0',
  info: { title: 'CRM' },
  paths: {
    '/contacts': {
      get: {},
      post: { requestBody: { content: { 'application/json': { schema: { type: 'object', properties: { email: { type: 'string' } } } } } } },
    },
  },
});

test('a text is read as what it looks like', () => {
  expect(readPasted(schema)).toMatchObject({ kind: 'schema', title: 'Order', shape: { fields: [{ name: 'id', required: true }] } });
  expect(readPasted(openApi)).toMatchObject({
    kind: 'openapi',
    title: 'CRM',
    operations: [{ method: 'post', path: '/contacts', hasBody: true }],
  });
  expect(readPasted('{ "type": "order", "id": 9007199254740993 }')).toMatchObject({
    kind: 'sample',
    count: 1,
    list: false,
    shape: { fields: [{ name: 'type' }, { name: 'id', shape: { examples: ['9007199254740993'] } }] },
  });
});

test('a list or lines of objects are several results, unless the list is said to be one', () => {
  expect(readPasted('[{ "a": 1 }, { "b": 2 }]')).toMatchObject({ kind: 'sample', count: 2, list: true, shape: { kinds: ['object'] } });
  expect(readPasted('{ "a": 1 }\n{ "b": 2 }\n')).toMatchObject({ kind: 'sample', count: 2, list: false });
  expect(readPasted('[{ "a": 1 }]', undefined, true)).toMatchObject({ kind: 'sample', count: 1, shape: { kinds: ['list'] } });
});

test('what a person says it is, it is, and a sentence tells why it cannot be', () => {
  expect(readPasted(schema, 'sample')).toMatchObject({ kind: 'sample', shape: { fields: [{ name: 'title' }, {}, {}, {}] } });
  expect(readPasted('[1]', 'schema')).toEqual({ problem: 'A JSON Schema is an object.' });
  expect(readPasted(schema, 'openapi')).toEqual({ problem: 'The document has no request with a JSON body.' });
  expect(readPasted('openapi: 3.0.0\npaths: {}')).toMatchObject({ problem: expect.stringContaining('YAML') });
  expect(readPasted('{ "a": ')).toMatchObject({ problem: expect.stringContaining('not JSON') });
  expect(readPasted('  ')).toMatchObject({ problem: expect.stringContaining('nothing') });
});
