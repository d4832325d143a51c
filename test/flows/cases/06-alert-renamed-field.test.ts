import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Incident } from '#shared/incident.ts';
import { describeBrokers } from '../../kafka/brokers.ts';
import { deployFlow, type MillraceProcess, startMillrace, statusOf } from '../../millrace.ts';
import { until } from '../../wait.ts';
import { flowOf } from '../flow.ts';
import { type Receiver, startReceiver } from '../receiver.ts';

describeBrokers('Case 6, a field that the shop renames, as an alert', (broker) => {
  let folder = '';
  let server: MillraceProcess;
  let onCall: Receiver;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-case-6-alert-'));
    onCall = await startReceiver();
    server = await startMillrace({
      MILLRACE_DATA: join(folder, 'data'),
      MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8',
      KAFKA_BROKERS: broker.brokers.join(','),
    });
    await server.api('POST', '/api/alerts/channels', { name: 'On call', groupSeconds: 0, to: { kind: 'webhook', url: onCall.url } });
    const price = '$exists(total) ? { "n": n, "total": total } : $error("The order has no total.")';
    await deployFlow(
      server,
      flowOf('renamed-field', [
        { id: 'in', type: 'webhook', config: { path: 'renamed-field' } },
        { id: 'price', type: 'map', label: 'Price', config: { expression: price } },
        { id: 'out', type: 'log' },
      ]),
    );
  });
  afterAll(async () => {
    await server?.stop();
    await onCall.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function post(value: object): Promise<void> {
    const answer = await fetch(`${server.url}/hooks/renamed-field`, { method: 'POST', body: JSON.stringify(value) });
    expect(answer.status).toBe(200);
  }
  const incidents = async (): Promise<Incident[]> =>
    (await server.api<Incident[]>('GET', '/api/incidents?flow=renamed-field')).filter(({ kind }) => kind === 'dead-letter-rate');

  it('is one incident that names node and error and leads to the inbox, and is told once', async () => {
    for (let n = 0; n < 30; n++) await post({ n, total: n });
    await until('all went through', async () => (await statusOf(server, 'renamed-field')).balance.delivered === 30);
    expect(await incidents()).toEqual([]);
    for (let n = 0; n < 25; n++) await post({ n, total_price: n });
    await until('the dead letters are an incident', async () => (await incidents()).length === 1);
    const [incident] = await incidents();
    expect(incident).toMatchObject({ node: 'price', link: '/dead-letters/renamed-field?node=price' });
    expect(incident?.sentence).toMatch(/^\d+ messages failed at “Price” in the last 10 min, .* with .*Look at their cause in the inbox\.$/);
    for (let n = 0; n < 10; n++) await post({ n, total_price: n });
    await until('they failed too', async () => (await statusOf(server, 'renamed-field')).balance.dead === 35);
    // Looks again, and it is still the same one.
    await server.api('POST', `/api/incidents/${incident?.id}/acknowledge`);
    expect((await incidents()).map(({ id }) => id)).toEqual([incident?.id]);
    const told = () =>
      [...onCall.done.values()]
        .flatMap((body) => (JSON.parse(body) as { incidents: { kind: string }[] }).incidents)
        .filter(({ kind }) => kind === 'dead-letter-rate');
    await until('it is told', () => told().length > 0);
    expect(told()).toHaveLength(1);
  });
});
