import { afterAll, beforeAll, expect, it } from 'vitest';
import { fieldGoesCsv, standingCsv } from '#shared/lineage/export.ts';
import type { Standing } from '#shared/lineage/standing.ts';
import type { FieldGoes } from '#shared/lineage/where.ts';
import type { TraceSearch } from '#shared/trace.ts';
import { describeBrokers } from '../../kafka/brokers.ts';
import { deployFlow } from '../../millrace.ts';
import { until } from '../../wait.ts';
import { flowOf } from '../flow.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { type ReplayWorld, settled, startWorld } from '../replay-world.ts';
import { post } from './orders.ts';

/** Case 14 of the failure catalogue, its list: where does this person's e-mail address go, and where does it stand? */
describeBrokers("where a person's data stands", (broker) => {
  let world: ReplayWorld;
  let crm: Receiver;
  const order = (n: number, email: string) => JSON.stringify({ orderNo: `P-${n}`, customer: { name: `N ${n}`, email }, news: true });

  beforeAll(async () => {
    crm = await startReceiver();
    world = await startWorld(broker.brokers);
    await deployFlow(
      world.server,
      flowOf(
        'shop',
        [
          { id: 'shop', type: 'webhook', label: 'Shop', config: { path: 'shop', key: 'orderNo' } },
          { id: 'crm', type: 'http', label: 'CRM', config: { url: `"${crm.url}"`, body: '{ "mail": customer.email, "no": orderNo }' } },
          { id: 'who', type: 'map', label: 'Person', config: { expression: '{ "email": $lowercase(customer.email), "no": orderNo }' } },
          { id: 'people', type: 'kafka.sink', label: 'People', config: { topic: 'persons', createPartitions: 2 } },
          { id: 'bare', type: 'map', label: 'Bare', config: { expression: '{ "no": orderNo }' } },
          { id: 'log', type: 'log', label: 'Numbers' },
        ],
        ['shop>crm', 'shop>who', 'who>people', 'shop>bare', 'bare>log'],
      ),
    );
    await deployFlow(
      world.server,
      flowOf('letters', [
        { id: 'people', type: 'kafka.source', label: 'People', config: { topic: 'persons' } },
        { id: 'to', type: 'map', label: 'Letter', config: { expression: 'no = "P-1" ? $error("no address") : { "to": email }' } },
        { id: 'mail', type: 'log', label: 'Newsletter' },
      ]),
    );
  });
  afterAll(async () => {
    await world?.close();
    await crm?.close();
  });

  it('lists the systems that get the field, and none that does not', async () => {
    const goes = await world.api<FieldGoes>('GET', '/api/lineage?flow=shop&field=customer.email');
    const ends = goes.ends.map(
      ({ flow, nodeName, places }) =>
        `${flow} ${nodeName}: ${places.map(({ place, kind, certainty }) => `${certainty} ${kind} ${place}`).join(', ')}`,
    );
    expect(ends.sort()).toEqual(['letters Newsletter: sure made to', 'shop CRM: sure made what is sent', 'shop People: sure made email']);
    expect(goes.topics.map(({ topic }) => topic).sort()).toEqual([
      'millrace.letters.mail',
      'millrace.shop.crm',
      'millrace.shop.shop',
      'persons',
    ]);
    expect(fieldGoesCsv(goes).split('\r\n')[1]).toMatch(/^outside,shop,1,CRM,/);
    const number = await world.api<FieldGoes>('GET', '/api/lineage?flow=shop&field=orderNo');
    expect(number.ends.map(({ nodeName }) => nodeName).sort()).toEqual(['CRM', 'Newsletter', 'Numbers', 'People']);
  });

  it("lists every place at which one person's messages stand, over flows, with dead letters and samples", async () => {
    await post(world.server, 'shop', [order(1, 'Zoe@Example.com'), order(2, 'zoe@example.com'), order(3, 'other@example.com')]);
    await settled(world, 'shop', 3);
    await settled(world, 'letters', 3);
    let found = await world.api<TraceSearch>('POST', '/api/traces', { text: 'zoe@example.com', by: 'text', flow: 'shop' });
    await until('the search ends', async () => {
      found = await world.api<TraceSearch>('GET', `/api/traces/${found.id}`);
      return found.state !== 'running';
    });
    expect(found.hits.map(({ key }) => key).sort()).toEqual(['P-1', 'P-2']);
    const [first] = found.hits.filter(({ key }) => key === 'P-1');
    const origin = first?.origin ?? '';
    await world.api('POST', '/api/flows/shop/samples', { from: 'topic', positions: [origin] });
    const standing = await world.api<Standing>('GET', `/api/flows/shop/standing?origin=${encodeURIComponent(origin)}`);
    const places = standing.places
      .map(({ kind, flow, where }) => `${kind} ${flow} ${where.replace(crm.url, 'URL').replace(/ \(\d+\/\d+\)$/, '')}`)
      .sort();
    expect(places).toEqual([
      'dead-letter letters millrace.letters.dead',
      'outside shop CRM ("URL")',
      'outside shop Numbers (–)',
      'sample shop P-1',
      'topic shop millrace.shop.crm',
      'topic shop millrace.shop.log',
      'topic shop millrace.shop.shop',
      'topic shop persons',
    ]);
    expect(standingCsv(standing)).not.toMatch(/zoe@example\.com/i);
    expect(standing.key).toBe('P-1');
  });
});
