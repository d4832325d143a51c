import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeadLetter } from '#shared/api.ts';
import type { ParkedKey } from '#shared/parked.ts';
import { deployFlow, type MillraceProcess, startMillrace, statusOf } from '../../millrace.ts';
import { until } from '../../wait.ts';
import { flowOf } from '../flow.ts';

/** A CRM that keeps orders: it creates, changes and cancels them, and knows only the shops that it was told of. */
function openCrm() {
  const orders = new Map<string, string>();
  const shops = new Set(['Berlin']);
  const calls: string[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { order, what, shop } = JSON.parse(Buffer.concat(chunks).toString()) as { order: string; what: string; shop: string };
      if (!shops.has(shop)) return void response.writeHead(422).end(`There is no shop ${shop}.`);
      calls.push(`${order} ${what}`);
      // As real ones do: a cancel of what it does not know makes nothing, and a create after it makes an open order.
      if (what === 'create') orders.set(order, 'open');
      else if (orders.has(order)) orders.set(order, what === 'cancel' ? 'cancelled' : 'changed');
      response.writeHead(200).end();
    });
  });
  return { server, orders, shops, calls };
}

describe('Case 9, a cancel that overtakes its create', () => {
  let folder = '';
  let server: MillraceProcess;
  const crm = openCrm();

  beforeAll(async () => {
    await new Promise<void>((resolve) => crm.server.listen(0, '127.0.0.1', resolve));
    folder = await mkdtemp(join(tmpdir(), 'millrace-case-9-'));
    server = await startMillrace({ MILLRACE_DATA: join(folder, 'data'), MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8' });
    const url = `http://127.0.0.1:${(crm.server.address() as AddressInfo).port}`;
    await deployFlow(
      server,
      flowOf(
        'orders',
        [
          { id: 'in', type: 'webhook', config: { path: 'orders', key: 'order' } },
          { id: 'crm', type: 'http', label: 'CRM', config: { url: JSON.stringify(url) }, retry: { minutes: 1, giveUp: 'park' } },
        ],
        undefined,
        { partitions: 1 },
      ),
    );
  });
  afterAll(async () => {
    await server?.stop();
    crm.server.closeAllConnections();
    await new Promise((resolve) => crm.server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  async function send(order: string, what: string, shop: string): Promise<void> {
    const answer = await fetch(`${server.url}/hooks/orders`, { method: 'POST', body: JSON.stringify({ order, what, shop }) });
    expect(answer.status).toBe(200);
  }
  /** The newest dead letter, once it is one of this order. */
  async function newestLetter(order: string): Promise<DeadLetter | undefined> {
    let letter: DeadLetter | undefined;
    await until(`order ${order} is a dead letter`, async () => {
      [letter] = await server.api<DeadLetter[]>('GET', '/api/flows/orders/dead-letters?limit=1');
      return letter?.value.includes(`"${order}"`) ?? false;
    });
    return letter;
  }
  const parked = () => server.api<ParkedKey[]>('GET', '/api/flows/orders/parked');

  it('does not: the order waits in sight, others go on, and the release gives it in its order', async () => {
    await send('4711', 'create', 'Hamburg');
    await send('4711', 'change', 'Hamburg');
    await send('4712', 'create', 'Berlin');
    await send('4711', 'cancel', 'Hamburg');
    await send('4712', 'change', 'Berlin');
    await until('the other order is through', () => crm.orders.get('4712') === 'changed');
    await until('both wait', async () => (await parked())[0]?.count === 2);
    expect(crm.orders.has('4711')).toBe(false);

    // In sight: which key, where, since when, why, and how many behind it; the failed one is a dead letter, too.
    expect(await parked()).toMatchObject([
      { sink: 'crm', key: '4711', code: 'http/422', message: expect.stringContaining('no shop Hamburg') },
    ]);
    const letter = await newestLetter('4711');
    expect(JSON.parse(letter?.value ?? '')).toMatchObject({ order: '4711', what: 'create' });
    // The ledger is read a moment after what it tells of.
    let { balance } = await statusOf(server, 'orders');
    await until('all are counted', async () => {
      balance = (await statusOf(server, 'orders')).balance;
      return balance.delivered === 2 && balance.parked === 2 && balance.inFlight === 0;
    });
    expect(balance).toMatchObject({ in: 5, delivered: 2, dead: 1, parked: 2, inFlight: 0, difference: 0 });

    crm.shops.add('Hamburg');
    await server.api('POST', '/api/flows/orders/parked/release', { sink: 'crm', key: '4711', first: 'retry' });
    await send('4711', 'cancel', 'Hamburg');
    await until('nothing is parked', async () => (await parked()).length === 0);
    await until('all is through', () => crm.calls.filter((call) => call.startsWith('4711')).length === 4);
    expect(crm.calls.filter((call) => call.startsWith('4711'))).toEqual(['4711 create', '4711 change', '4711 cancel', '4711 cancel']);
    // As if the shop had been known from the start.
    expect(crm.orders).toEqual(
      new Map([
        ['4712', 'changed'],
        ['4711', 'cancelled'],
      ]),
    );
    await until('it balances', async () => (await statusOf(server, 'orders')).balance.delivered === 5);
    expect((await statusOf(server, 'orders')).balance).toMatchObject({ in: 6, dead: 1, difference: 0, inFlight: 0 });
  });

  it('an edited retry from the inbox takes the place of the failed message, and what waited behind it follows', async () => {
    await send('4713', 'create', 'Hambrug');
    await send('4713', 'cancel', 'Hamburg');
    await until('one waits', async () => (await parked())[0]?.count === 1);
    const { position = '' } = (await newestLetter('4713')) ?? {};
    const value = JSON.stringify({ order: '4713', what: 'create', shop: 'Hamburg' });
    await server.api('POST', '/api/flows/orders/retries', {
      flow: 'orders',
      letters: [position],
      from: 'node',
      version: 1,
      perSecond: 0,
      stopAfter: 0,
      edits: { [position]: { key: '4713', value, encoding: 'utf8' } },
      reason: 'The shop was misspelt.',
    });
    await until('it has been cancelled', () => crm.orders.get('4713') === 'cancelled');
    expect(crm.calls.slice(-2)).toEqual(['4713 create', '4713 cancel']);
    await until('nothing is parked', async () => (await parked()).length === 0);
    await until('it balances', async () => (await statusOf(server, 'orders')).balance.inFlight === 0);
    expect((await statusOf(server, 'orders')).balance.difference).toBe(0);
  });
});
