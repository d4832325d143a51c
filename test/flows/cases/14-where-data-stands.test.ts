import { afterAll, beforeAll, expect, it } from 'vitest';
import { fieldGoesCsv, standingCsv } from '#shared/lineage/export.ts';
import { type Standing, standingName, sumStandings } from '#shared/lineage/standing.ts';
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
      flowOf(
        'letters',
        [
          { id: 'people', type: 'kafka.source', label: 'People', config: { topic: 'persons' } },
          { id: 'to', type: 'map', label: 'Letter', config: { expression: 'no = "P-1" ? $error("no address") : { "to": email }' } },
          { id: 'mail', type: 'log', label: 'Newsletter' },
          { id: 'sent', type: 'kafka.sink', label: 'Sent', config: { topic: 'sent-letters', createPartitions: 2 } },
        ],
        ['people>to', 'to>mail', 'to>sent'],
      ),
    );
    // Two flows further on.
    await deployFlow(
      world.server,
      flowOf('archive', [
        { id: 'sent', type: 'kafka.source', label: 'Sent', config: { topic: 'sent-letters' } },
        { id: 'file', type: 'log', label: 'Archive' },
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
    expect(ends.sort()).toEqual([
      'archive Archive: sure made to',
      'letters Newsletter: sure made to',
      'letters Sent: sure made to',
      'shop CRM: sure made what is sent',
      'shop People: sure made email',
    ]);
    expect(goes.topics.map(({ topic }) => topic).sort()).toEqual([
      'millrace.archive.file',
      'millrace.letters.mail',
      'millrace.shop.crm',
      'millrace.shop.shop',
      'persons',
      'sent-letters',
    ]);
    expect(fieldGoesCsv(goes).split('\r\n')[1]).toMatch(/^outside,shop,1,CRM,/);
    const number = await world.api<FieldGoes>('GET', '/api/lineage?flow=shop&field=orderNo');
    expect(number.ends.map(({ nodeName }) => nodeName).sort()).toEqual(['Archive', 'CRM', 'Newsletter', 'Numbers', 'People', 'Sent']);
  });

  it("lists every place at which one person's messages stand, over flows, with dead letters and samples", async () => {
    await post(world.server, 'shop', [order(1, 'Zoe@Example.com'), order(2, 'zoe@example.com'), order(3, 'other@example.com')]);
    await settled(world, 'shop', 3);
    await settled(world, 'letters', 3);
    await settled(world, 'archive', 2);
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

    // All that was found of the person: over two hops, each place once, and how much stands where.
    const second = found.hits.find(({ key }) => key === 'P-2')?.origin ?? '';
    const other = await world.api<Standing>('GET', `/api/flows/shop/standing?origin=${encodeURIComponent(second)}`);
    const archived = other.places.filter(({ flow }) => flow === 'archive').map(({ kind, where }) => `${kind} ${where}`);
    expect(archived.sort()).toEqual(['outside Archive (–)', 'topic millrace.archive.file']);
    // From the end of the chain back to its beginning.
    const end = other.places.find(({ where }) => where === 'sent-letters')?.position ?? '';
    const back = await world.api<Standing>('GET', `/api/flows/archive/standing?origin=${encodeURIComponent(end)}`);
    const names = ({ places }: Standing) => places.map(standingName).sort();
    expect(names(back)).toEqual(names(other));
    const sum = sumStandings([standing, other, back]);
    const counts = sum.counts.map(({ kind, where, places: count }) => `${kind} ${where.replace(crm.url, 'URL')} ${count}`);
    expect(counts).toEqual(
      expect.arrayContaining(['outside CRM ("URL") 2', 'outside Archive (–) 1', 'topic persons 2', 'topic sent-letters 1']),
    );
    expect(sum.places).toHaveLength(standing.places.length + other.places.length);
    expect(
      standingCsv(sum)
        .split('\r\n')
        .filter((line) => line !== ''),
    ).toHaveLength(sum.places.length + 1);
    expect(standingCsv(sum)).not.toMatch(/zoe@example\.com/i);
  });
});
