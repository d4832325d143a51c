import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from './server.ts';

interface Operation {
  security: unknown[];
  parameters: { name: string; in: string }[];
  responses: Record<string, { content?: Record<string, { schema: { $ref?: string } }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
}

let server: TestServer;
let document: Document;
beforeAll(async () => {
  server = await startTestServer();
  document = (await server.call('get', '/openapi.json', { as: 'nobody' })).body;
});
afterAll(() => server.close());

it('describes every route of the table, with its role, parameters and answers', () => {
  expect(document.openapi).toBe('3.1.0');
  for (const route of server.app.routes) {
    const operations = document.paths[route.path.replace(/[:*](\w+)/g, '{$1}')];
    const operation = operations?.[route.method === 'all' ? 'post' : route.method];
    expect(operation, `${route.method} ${route.path}`).toBeDefined();
    expect(operation?.security).toHaveLength(route.role === 'public' ? 0 : 2);
    expect(operation?.responses[route.response.status]).toBeDefined();
    const named = [...route.path.matchAll(/[:*](\w+)/g)].map((match) => match[1]);
    expect(operation?.parameters.filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name)).toEqual(named);
  }
});

it('refers to nothing that it does not hold', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
  expect(references.length).toBeGreaterThan(50);
  for (const reference of new Set(references)) {
    expect(document.components.schemas, reference).toHaveProperty([reference.replace('#/components/schemas/', '')]);
  }
});

it('shows the flow document as what is sent and what comes back', () => {
  expect(document.components.schemas).toHaveProperty('Flow');
  const text = JSON.stringify(document.paths['/api/flows']?.post);
  expect(text).toContain('#/components/schemas/FlowInput');
  expect(text).toContain('#/components/schemas/FlowRecord');
});

it('can be browsed with local files alone', async () => {
  const page = await server.call('get', '/docs/', { as: 'nobody' });
  expect(page.status).toBe(200);
  const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
  expect(sources.length).toBeGreaterThan(3);
  for (const source of sources) {
    expect(source).not.toMatch(/^(https?:)?\/\//);
    expect((await server.call('get', new URL(source, 'http://x/docs/').pathname, { as: 'nobody' })).status).toBe(200);
  }
  // The policy lets no inline script run, so there must be none.
  expect(page.text).not.toMatch(/<script(?![^>]*src=)[^>]*>[^<]*\S/);
});
