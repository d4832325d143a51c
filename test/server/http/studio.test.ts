import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from './server.ts';

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-studio-'));
  await mkdir(join(folder, 'client', 'assets'), { recursive: true });
  await writeFile(join(folder, 'private.txt'), 'kept apart');
  await writeFile(join(folder, 'client', 'index.html'), '<title>Millrace</title>');
  await writeFile(join(folder, 'client', 'favicon.svg'), '<svg/>');
  await writeFile(join(folder, 'client', 'assets', 'main-Ab3_x9Zq.js'), 'run()');
  server = await startTestServer({ clientFolder: join(folder, 'client') });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const page = (path: string) => request(server.app.handler).get(path).set('accept', 'text/html,*/*;q=0.8');

it('serves the page for every path of the studio, never from a cache', async () => {
  for (const path of ['/', '/flows', '/flows/orders/runs', '/sign-in?link=x']) {
    const answer = await page(path);
    expect([answer.status, answer.text]).toEqual([200, '<title>Millrace</title>']);
    expect(answer.headers['cache-control']).toBe('no-cache');
  }
});

it('lets browsers keep hashed files for ever and others not', async () => {
  expect((await page('/assets/main-Ab3_x9Zq.js')).headers['cache-control']).toContain('immutable');
  expect((await page('/favicon.svg')).headers['cache-control']).toBe('no-cache');
});

it('answers what is not there with 404 instead of the page', async () => {
  for (const path of ['/assets/old-12345678.js', '/api/nothing', '/robots.txt']) {
    const answer = await page(path);
    expect([answer.status, answer.type]).toEqual([404, 'application/problem+json']);
  }
  expect((await request(server.app.handler).get('/flows').set('accept', 'application/json')).status).toBe(404);
});

it('serves nothing from outside its folder', async () => {
  for (const path of ['/..%2fprivate.txt', '/%2e%2e/private.txt', '/assets/..%2f..%2f..%2fprivate.txt', '/..%5cprivate.txt', '/%00']) {
    expect((await page(path)).text, path).not.toContain('kept apart');
  }
});

it('sends a policy that lets no foreign or inline script run', async () => {
  const { headers } = await page('/');
  expect(headers['content-security-policy']).toContain("script-src 'self';");
  expect(headers['content-security-policy']).not.toContain('unsafe-eval');
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['x-powered-by']).toBeUndefined();
});

it('says how to build the studio when it is not built', async () => {
  const bare = await startTestServer({ clientFolder: join(folder, 'nothing') });
  const answer = await request(bare.app.handler).get('/').set('accept', 'text/html');
  expect([answer.status, answer.body.detail]).toEqual([404, expect.stringContaining('npm run build')]);
  await bare.close();
});
