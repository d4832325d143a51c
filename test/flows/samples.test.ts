import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FlowRecord } from '#shared/api.ts';
import { formatFlow } from '#shared/document.ts';
import type { FindReport, SavedSample } from '#shared/sample.ts';
import type { FindRequestInput, TakeRequestInput, TakeResult } from '#shared/sample-schemas.ts';
import type { TrialResult } from '#shared/trial.ts';
import { deployFlow, type MillraceProcess, startMillrace, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';

const orders = 60;
const flow = flowOf('shop', [
  { id: 'in', type: 'webhook', config: { path: 'orders', key: 'customer' } },
  { id: 'check', type: 'validate', config: { schema: { type: 'object', required: ['total'] } } },
  { id: 'out', type: 'log', config: {} },
]);
/** Each tenth has no total and becomes a dead letter. */
const order = (n: number): string =>
  `{"id": ${n}, "number": 900719925474099${1000 + n}, "customer": "c-${n % 5}", "password": "geheim-${n}"${n % 10 === 0 ? '' : ', "total": 1.50'}}`;

let folder = '';
let server: MillraceProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-samples-'));
  server = await startMillrace({ MILLRACE_DATA: join(folder, 'data') });
  await deployFlow(server, flow);
  for (let n = 0; n < orders; n++) {
    const posted = await fetch(`${server.url}/hooks/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: order(n),
    });
    expect(posted.status).toBe(200);
  }
  await until('every order is counted', async () => (await statusOf(server, 'shop')).balance.dead === orders / 10);
  await until('the dead letters can be read', async () => (await find({ deadLetters: true })).messages.length === orders / 10);
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const find = async (body: FindRequestInput): Promise<FindReport> => {
  const { topics } = await server.api<{ topics: FindReport[] }>('POST', '/api/flows/shop/samples/find', body);
  return topics[0] ?? expect.unreachable();
};
const take = (body: TakeRequestInput): Promise<TakeResult> => server.api<TakeResult>('POST', '/api/flows/shop/samples', body);
const idsOf = ({ messages }: FindReport): number[] => messages.map(({ preview }) => (JSON.parse(preview?.text ?? '') as { id: number }).id);

it('takes real messages of a running flow, masked and to the digit, into its workspace and tries them', async () => {
  const before = await server.api<FlowRecord>('GET', '/api/flows/shop');
  const newest = await find({ count: 3 });
  expect(newest.messages).toHaveLength(3);
  expect(await find({ how: { by: 'key', key: 'c-3' }, count: 100 })).toMatchObject({ ended: 'all', messages: { length: orders / 5 } });
  const [one] = (await find({ how: { by: 'text', text: '"id": 47,' } })).messages;
  expect(one?.preview?.text).toBe(order(47).replace('geheim-47', '•••'));

  await expect(find({ node: 'check' })).rejects.toThrow('has no topic of its own');
  const dead = await find({ deadLetters: true });
  expect(idsOf(dead).sort((a, b) => a - b)).toEqual([0, 10, 20, 30, 40, 50]);
  expect(dead.messages[0]?.error).toMatchObject({ node: 'check', of: expect.stringMatching(/^millrace\.shop\.in\/\d+\/\d+$/) });

  const positions = [one?.position ?? '', dead.messages[0]?.position ?? ''];
  const { samples, missing } = await take({ from: 'topic', positions });
  expect([samples.length, missing]).toEqual([2, []]);
  const [kept] = await server.api<SavedSample[]>('GET', '/api/flows/shop/samples?values=true');
  expect(kept?.value).toEqual({ text: order(47).replace('geheim-47', '•••'), encoding: 'utf8' });
  expect(kept?.key).toEqual({ text: 'c-2', encoding: 'utf8' });

  await take({ from: 'edge-cases', sample: kept?.id ?? '', cases: ['missing:total'] });
  const [, , derived] = await server.api<SavedSample[]>('GET', '/api/flows/shop/samples?values=true');
  const tried = await server.api<TrialResult>('POST', '/api/flows/shop/try', {
    samples: [derived?.id],
  });
  expect(tried.nodes.check?.failed).toHaveLength(1);

  const after = await server.api<FlowRecord>('GET', '/api/flows/shop');
  expect(after.revision).toBe(before.revision);
  expect(formatFlow(after.flow)).toBe(formatFlow(before.flow));
});

it('finds the messages of the topic that a source of a draft reads, before the draft is deployed', async () => {
  const draft = flowOf('reader', [{ id: 'from', type: 'kafka.source', config: { topic: 'millrace.shop.in' } }]);
  await server.api('POST', '/api/flows', draft);
  const { topics } = await server.api<{ topics: FindReport[] }>('POST', '/api/flows/reader/samples/find', { node: 'from', count: 100 });
  expect(topics).toMatchObject([{ topic: 'millrace.shop.in', ended: 'all', messages: { length: orders } }]);
});

it('forgets the samples with the flow', async () => {
  await server.api('POST', '/api/flows/shop/stop');
  await server.api('DELETE', '/api/flows/shop');
  await server.api('POST', '/api/flows', flow);
  expect(await server.api('GET', '/api/flows/shop/samples')).toEqual([]);
});
