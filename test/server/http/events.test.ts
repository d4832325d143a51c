import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { idleStatus } from '#server/http/flow-status.ts';
import { type Listening, listen } from '#server/http/listen.ts';
import type { ServerEvent } from '#shared/events.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
let listening: Listening;
beforeEach(async () => {
  server = await startTestServer();
  listening = await listen(server.app, { host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await listening.close();
  await server.close();
});

/** A reader of the stream that gives events one by one. */
async function subscribe() {
  const request = get(`${listening.url}/api/events`, { headers: { authorization: `Bearer ${server.keys.viewer}` } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  // Nothing is read but what is asked for, so a reader that does not ask holds the server up.
  const chunks: AsyncIterator<Buffer> = response[Symbol.asyncIterator]();
  let text = '';
  const next = async (): Promise<ServerEvent> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end < 0) {
        const { value, done } = await chunks.next();
        if (done) throw new Error('The stream has ended.');
        text += String(value);
        continue;
      }
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      if (event.startsWith('data: ')) return JSON.parse(event.slice(6)) as ServerEvent;
    }
  };
  return { response, next, close: () => request.destroy() };
}

it('says hello, then the full status, then what changes', async () => {
  const reader = await subscribe();
  expect(reader.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(await reader.next()).toMatchObject({ type: 'hello', serverVersion: '1.2.3' });
  expect(await reader.next()).toEqual({ type: 'status', flows: [] });
  expect(await reader.next()).toEqual({ type: 'incidents', open: [] });
  await server.call('post', '/api/flows', { body: aFlow('orders') });
  expect(await reader.next()).toEqual({ type: 'flow-changed', flow: 'orders', revision: 1 });
  server.runtime.push([idleStatus('orders')]);
  expect(await reader.next()).toMatchObject({ type: 'status', flows: [{ flow: 'orders' }] });
  await server.call('post', '/api/flows/orders/deploy');
  expect(await reader.next()).toEqual({ type: 'flow-changed', flow: 'orders', revision: 1 });
  await server.call('post', '/api/flows/orders/stop');
  expect(await reader.next()).toEqual({ type: 'flow-changed', flow: 'orders', revision: 1 });
  await server.call('delete', '/api/flows/orders');
  expect(await reader.next()).toEqual({ type: 'flow-removed', flow: 'orders' });
  reader.close();
});

it('ends every stream when the server closes, without waiting for its time of grace', async () => {
  const before = server.runtime.listeners;
  const reader = await subscribe();
  const ended = once(reader.response.resume(), 'end');
  const began = Date.now();
  await listening.close();
  await ended;
  expect(Date.now() - began).toBeLessThan(2500);
  // The one of the streams has gone.
  expect(server.runtime.listeners).toBe(before - 1);
});

it('keeps the newest status for a reader that takes nothing, in bounded memory', async () => {
  const reader = await subscribe();
  await reader.next();
  const before = process.memoryUsage().rss;
  const wide = idleStatus('orders');
  for (let at = 1; at <= 20_000; at++) server.runtime.push([{ ...wide, at, lastError: 'x'.repeat(10_000) }]);
  // 200 MB were pushed.
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  let last: ServerEvent = await reader.next();
  while (!(last.type === 'status' && last.flows[0]?.at === 20_000)) last = await reader.next();
  reader.close();
});

it('ends the stream of a key that was removed, at its next sign of life', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const reader = await subscribe();
    const [viewer] = (await server.store.keys.list()).filter((key) => key.role === 'viewer');
    await vi.advanceTimersByTimeAsync(20_000);
    await server.store.keys.remove(viewer?.id ?? '');
    const ended = once(reader.response.resume(), 'end');
    await vi.advanceTimersByTimeAsync(20_000);
    await ended;
  } finally {
    vi.useRealTimers();
  }
});
