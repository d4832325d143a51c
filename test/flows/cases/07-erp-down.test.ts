import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AlertChannel, ChannelHealth } from '#shared/alert.ts';
import type { Incident } from '#shared/incident.ts';
import { describeBrokers } from '../../kafka/brokers.ts';
import { deployFlow, type MillraceProcess, startMillrace, statusOf } from '../../millrace.ts';
import { until } from '../../wait.ts';
import { flowOf } from '../flow.ts';
import { type Receiver, startReceiver } from '../receiver.ts';

interface Told {
  phase: 'start' | 'end';
  id: string;
  kind: string;
  node?: string;
  sentence: string;
  url: string;
}

describeBrokers('Case 7, an ERP that is down for hours', (broker) => {
  let folder = '';
  let server: MillraceProcess;
  let erp: Receiver;
  let crm: Receiver;
  let onCall: Receiver;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-case-7-'));
    [erp, crm, onCall] = await Promise.all([startReceiver(), startReceiver(), startReceiver()]);
    server = await startMillrace({
      MILLRACE_DATA: join(folder, 'data'),
      MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8',
      MILLRACE_URL: 'https://flows.example.com',
      KAFKA_BROKERS: broker.brokers.join(','),
    });
    // Hours in short: the budget is over after a second, and what is mended counts as mended at once.
    const [rule] = (await server.api<{ id: string; name: string; condition: { kind: string } }[]>('GET', '/api/alerts/rules')).filter(
      ({ condition }) => condition.kind === 'sink-paused',
    );
    await server.api('PUT', `/api/alerts/rules/${rule?.id}`, {
      name: rule?.name,
      condition: { kind: 'sink-paused', minutes: 5 },
      calmSeconds: 0,
    });
    await server.api<AlertChannel>('POST', '/api/alerts/channels', {
      name: 'On call',
      groupSeconds: 0,
      to: { kind: 'webhook', url: onCall.url },
    });
    await deployFlow(
      server,
      flowOf(
        'orders',
        [
          { id: 'in', type: 'webhook', config: { path: 'orders', key: 'customer' } },
          {
            id: 'erp',
            type: 'http',
            label: 'ERP',
            config: { url: JSON.stringify(erp.url) },
            retry: { minutes: 0.01, giveUp: 'pause' },
          },
          { id: 'crm', type: 'http', label: 'CRM', config: { url: JSON.stringify(crm.url) } },
        ],
        ['in>erp', 'in>crm'],
      ),
    );
  });
  afterAll(async () => {
    await server?.stop();
    await Promise.all([erp.close(), crm.close(), onCall.close()]);
    await rm(folder, { recursive: true, force: true });
  });

  const told = (): Told[] => [...onCall.done.values()].flatMap((body) => (JSON.parse(body) as { incidents: Told[] }).incidents);
  const aboutErp = (): Told[] => told().filter(({ kind, node }) => kind === 'sink-paused' && node === 'erp');
  const open = async (): Promise<Incident[]> =>
    (await server.api<Incident[]>('GET', '/api/incidents?flow=orders&open=true')).filter(({ kind }) => kind === 'sink-paused');
  async function post(n: number): Promise<void> {
    const answer = await fetch(`${server.url}/hooks/orders`, { method: 'POST', body: JSON.stringify({ n, customer: `c${n % 3}` }) });
    expect(answer.status).toBe(200);
  }

  it('is one incident with a link, told once; others go on, and afterwards all comes in its order', async () => {
    await post(0);
    await until('both have the first', () => erp.done.size === 1 && crm.done.size === 1);
    erp.answerWith(503);
    for (let n = 1; n <= 30; n++) await post(n);
    await until('the CRM has all', () => crm.done.size === 31);
    await until('the ERP is an incident', async () => (await open()).length === 1);
    const [incident] = await open();
    expect(incident).toMatchObject({ flow: 'orders', node: 'erp', stage: 'deliver-erp', link: '/flows/orders?node=erp' });
    expect(incident?.sentence).toMatch(/“ERP” is paused: .*503/);
    expect(erp.done.size).toBe(1);
    await until('it is told', () => aboutErp().length > 0);
    expect(aboutErp()).toMatchObject([{ phase: 'start', id: incident?.id, url: 'https://flows.example.com/flows/orders?node=erp' }]);

    await server.api('POST', `/api/incidents/${incident?.id}/acknowledge`);
    expect((await open())[0]?.acknowledged?.who).toBe('First admin key');

    erp.answerWith(undefined);
    await server.api('POST', '/api/flows/orders/stages/deliver-erp/resume');
    await until('the ERP has all', () => erp.done.size === 31);
    await until('the incident is over', async () => (await open()).length === 0);
    await until('its end is told', () => aboutErp().length === 2);
    expect(aboutErp().map(({ phase, id }) => ({ phase, id }))).toEqual([
      { phase: 'start', id: incident?.id },
      { phase: 'end', id: incident?.id },
    ]);
    const byCustomer = new Map<string, number[]>();
    for (const body of erp.done.values()) {
      const { n, customer } = JSON.parse(body) as { n: number; customer: string };
      byCustomer.set(customer, [...(byCustomer.get(customer) ?? []), n]);
    }
    for (const numbers of byCustomer.values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect([...erp.done.values()].sort()).toEqual([...crm.done.values()].sort());
    expect((await statusOf(server, 'orders')).balance).toMatchObject({ dead: 0, difference: 0 });
    // Who is told has it before the server knows that.
    let health: ChannelHealth | undefined;
    await until('nothing waits to be told', async () => {
      const [channel] = await server.api<(AlertChannel & { health: ChannelHealth })[]>('GET', '/api/alerts/channels');
      health = channel?.health;
      return health?.waiting === 0;
    });
    expect(health).toMatchObject({ waiting: 0, failed: 0 });
  });
});
