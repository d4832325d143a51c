import { afterAll, beforeAll, expect, it } from 'vitest';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.call('post', '/api/flows', { body: aFlow('orders') });
  await server.call('post', '/api/flows/orders/deploy');
});
afterAll(() => server.close());

it('says that it lives', async () => {
  expect((await server.call('get', '/healthz', { as: 'nobody' })).body).toEqual({ status: 'ok', version: '1.2.3' });
});

it('is ready when Kafka and the database answer, and names the reason when not', async () => {
  expect((await server.call('get', '/readyz', { as: 'nobody' })).body).toEqual({ ready: true, reasons: [] });
  server.runtime.failure = new Error('away');
  const away = await server.call('get', '/readyz', { as: 'nobody' });
  server.runtime.failure = undefined;
  expect([away.status, away.body]).toEqual([503, { ready: false, reasons: ['Kafka does not answer.'] }]);
});

it('gives the totals of every flow to Prometheus, the same at every scrape', async () => {
  await server.call('get', '/metrics', { as: 'nobody' });
  const { text, type } = await server.call('get', '/metrics', { as: 'nobody' });
  expect(type).toBe('text/plain');
  expect(text).toContain('millrace_flow_running{flow="orders"} 1');
  expect(text).toContain('millrace_node_in_total{flow="orders",node="a\\"b\\n"} 7');
  expect(text).toContain('port="out"} 5');
  expect(text).toContain('code="map/failed"} 1');
  expect(text).toContain('millrace_stage_lag{flow="orders",stage="transform"} 2');
  expect(text).toContain('millrace_stage_behind_seconds{flow="orders",stage="transform"} 1.5');
  expect(text).toContain('process_resident_memory_bytes');
});
