import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployFlow, startMillrace } from '../millrace.ts';
import type { Bench } from './main.ts';

const perSecond = 500;
const seconds = 20;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const body = JSON.stringify({
  id: 1,
  customer: { first: 'Anna', last: 'Lee' },
  items: [{ sku: 'A-1', qty: 2, price: 12.5 }],
  note: 'x'.repeat(300),
});

function post(url: string): Promise<{ ms: number; status: number }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const call = request(
      url,
      { method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } },
      (response) => {
        response.resume();
        response.on('end', () => resolve({ ms: performance.now() - started, status: response.statusCode ?? 0 }));
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

/** Open-loop load: a request every 2 ms whether or not the last ones have been answered. */
async function load(url: string): Promise<{ p50: number; p99: number; failed: number }> {
  const answers: Promise<{ ms: number; status: number }>[] = [];
  const started = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(perSecond * seconds, Math.floor(((performance.now() - started) / 1000) * perSecond));
      while (answers.length < due) answers.push(post(url));
      if (answers.length >= perSecond * seconds) {
        clearInterval(timer);
        resolve();
      }
    }, 2);
  });
  const results = await Promise.all(answers);
  const times = results.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), failed: results.filter(({ status }) => status !== 200).length };
}

export const bench: Bench = {
  title: `Webhook at ${perSecond} requests/s for ${seconds} s: 200 only after the produce is acknowledged; baseline is a bare HTTP server that answers at once`,
  async run() {
    const bare = createServer((incoming, response) => {
      incoming.resume();
      incoming.on('end', () => response.end('{}'));
    });
    await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));
    const address = bare.address();
    const baseline = await load(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`);
    bare.close();

    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    const server = await startMillrace({ MILLRACE_DATA: folder });
    await deployFlow(server, {
      format: 1,
      id: 'hook',
      name: 'Hook',
      nodes: [
        { id: 'in', type: 'webhook', version: 1, config: { path: 'bench' } },
        { id: 'map', type: 'map', version: 1, config: { expression: '{ "id": id }' } },
        { id: 'out', type: 'kafka.sink', version: 1, config: { topic: 'bench.out', createPartitions: 4 } },
      ],
      edges: [
        { id: 'e1', from: { node: 'in', port: 'out' }, to: { node: 'map', port: 'in' } },
        { id: 'e2', from: { node: 'map', port: 'out' }, to: { node: 'out', port: 'in' } },
      ],
    } as { id: string });
    const measured = await load(`${server.url}/hooks/bench`);
    await server.stop();
    await rm(folder, { recursive: true, force: true });
    const row = (what: string, { p50, p99, failed }: typeof measured) => ({
      what,
      'p50 (ms)': p50,
      'p99 (ms)': p99,
      failed,
      '÷ baseline p50': p50 / baseline.p50,
    });
    return [row('bare HTTP server', baseline), row('Millrace webhook', measured)];
  },
};
