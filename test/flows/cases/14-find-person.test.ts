import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TraceSearch, TraceWay } from '#shared/trace.ts';
import { describeBrokers } from '../../kafka/brokers.ts';
import { deployFlow } from '../../millrace.ts';
import { until } from '../../wait.ts';
import { flowOf } from '../flow.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { type ReplayWorld, settled, startWorld } from '../replay-world.ts';
import { post } from './orders.ts';

/** Case 14 of the failure catalogue, its messages: everything that is there of one person, over flows, and where it went. */
describeBrokers("where a person's messages are", (broker) => {
  let world: ReplayWorld;
  let crm: Receiver;
  let mail: Receiver;
  const order = (n: number, email: string) => JSON.stringify({ orderNo: `P-${n}`, customer: { name: `N ${n}`, email }, news: n % 2 === 0 });

  beforeAll(async () => {
    [crm, mail] = await Promise.all([startReceiver(), startReceiver()]);
    world = await startWorld(broker.brokers);
    await deployFlow(
      world.server,
      flowOf(
        'intake',
        [
          { id: 'shop', type: 'webhook', label: 'Shop', config: { path: 'intake', key: 'orderNo' } },
          { id: 'crm', type: 'http', label: 'CRM', config: { url: `"${crm.url}"` } },
          { id: 'who', type: 'map', label: 'Person', config: { expression: '{ "email": customer.email, "news": news, "from": orderNo }' } },
          { id: 'people', type: 'kafka.sink', label: 'People', config: { topic: 'people', createPartitions: 2 } },
        ],
        ['shop>crm', 'shop>who', 'who>people'],
      ),
    );
    await deployFlow(
      world.server,
      flowOf(
        'marketing',
        [
          { id: 'people', type: 'kafka.source', label: 'People', config: { topic: 'people' } },
          { id: 'wanted', type: 'filter', label: 'Wants news', config: { condition: 'news' } },
          { id: 'mail', type: 'http', label: 'Newsletter', config: { url: `"${mail.url}"` } },
        ],
        ['people>wanted', 'wanted>mail'],
      ),
    );
  });
  afterAll(async () => {
    await world?.close();
    await Promise.all([crm?.close(), mail?.close()]);
  });

  it('finds every message of the person in every flow, and each outside system that has taken one', async () => {
    const orders = Array.from({ length: 12 }, (_, n) => order(n, n % 3 === 0 ? 'Zoe@Example.com' : `other${n}@example.com`));
    await post(world.server, 'intake', orders);
    await settled(world, 'intake', 12);
    await settled(world, 'marketing', 12);
    let found = await world.api<TraceSearch>('POST', '/api/traces', { text: 'zoe@example.com', by: 'text', limit: 100 });
    await until('the search ends', async () => {
      found = await world.api<TraceSearch>('GET', `/api/traces/${found.id}`);
      return found.state !== 'running';
    });
    const ways = await Promise.all(
      found.hits.map(({ flow, origin }) => world.api<TraceWay>('GET', `/api/flows/${flow}/way?origin=${encodeURIComponent(origin)}`)),
    );
    expect(
      found.hits
        .filter(({ flow }) => flow === 'intake')
        .map(({ key }) => key)
        .sort(),
    ).toEqual(['P-0', 'P-3', 'P-6', 'P-9']);
    expect(found.hits.filter(({ flow }) => flow === 'marketing')).toHaveLength(4);
    const taken = (sink: string) =>
      ways.flatMap(({ sinks }) => sinks.filter((one) => one.sink === sink && one.state === 'delivered')).length;
    expect([taken('crm'), taken('people'), taken('mail')]).toEqual([4, 4, 2]);
    // What they have is what the outside has got, and nothing else.
    expect([...crm.done.values()].filter((body) => body.includes('Zoe@'))).toHaveLength(4);
    expect([...mail.done.values()].filter((body) => body.includes('Zoe@'))).toHaveLength(2);
    // Each message leads on to the next flow, and back.
    const next = ways.filter(({ flow }) => flow === 'intake').flatMap((way) => way.next.map(({ origin }) => origin));
    const second = ways.filter(({ flow }) => flow === 'marketing');
    expect(next.sort()).toEqual(second.map(({ origin }) => origin).sort());
    expect(second.every(({ previous }) => previous?.flow === 'intake')).toBe(true);
  });
});
