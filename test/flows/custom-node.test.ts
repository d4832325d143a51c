import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeadLetter } from '#shared/api.ts';
import type { Catalog } from '#shared/node-type.ts';
import { deployFlow, type MillraceProcess, startMillrace, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const nodes = join(dirname(fileURLToPath(import.meta.url)), 'nodes');

describe('a custom node type in one file', () => {
  let folder = '';
  let server: MillraceProcess;
  let receiver: Receiver;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-custom-'));
    receiver = await startReceiver();
    server = await startMillrace({
      MILLRACE_DATA: join(folder, 'data'),
      MILLRACE_NODES: nodes,
      MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8',
    });
  });
  afterAll(async () => {
    await server?.stop();
    await receiver?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('has at most 40 lines', async () => {
    const text = await readFile(join(nodes, 'vat-check.ts'), 'utf8');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  });

  it('is in the catalog with the schema of its form', async () => {
    const catalog = await server.api<Catalog>('GET', '/api/node-types');
    expect(catalog.failures).toEqual([]);
    const type = catalog.types.find((candidate) => candidate.type === 'vat-check');
    expect(type).toMatchObject({ custom: true, kind: 'transform', title: 'VAT check' });
    expect(type?.config.properties).toMatchObject({
      field: { type: 'string', default: 'vat', label: 'Field', group: 'Basics' },
      countries: { type: 'array', label: 'Countries' },
    });
  });

  it('runs in a flow: emits, branches by port, and makes dead letters with its own codes', async () => {
    const sink = (id: string) => ({ id, type: 'http', config: { url: JSON.stringify(`${receiver.url}/${id}`) } });
    await deployFlow(
      server,
      flowOf(
        'vat',
        [
          { id: 'in', type: 'webhook', config: { path: 'vat' } },
          { id: 'vat', type: 'vat-check', config: { countries: ['DE'] } },
          sink('known'),
          sink('foreign'),
        ],
        ['in>vat', 'vat>known', 'vat.foreign>foreign'],
      ),
    );
    for (const body of ['{"vat":"DE123456789"}', '{"vat":"ATU12345678"}', '{"vat":"DE1"}', '{}'])
      expect((await fetch(`${server.url}/hooks/vat`, { method: 'POST', body })).status).toBe(200);
    await until('all four are settled', async () => {
      const { balance } = await statusOf(server, 'vat');
      return balance.delivered === 2 && balance.dead === 2 && balance.inFlight === 0;
    });
    expect([...receiver.done.values()].map((text) => JSON.parse(text) as unknown)).toEqual(
      expect.arrayContaining([{ vat: 'DE123456789', vatCountry: 'DE' }, { vat: 'ATU12345678' }]),
    );
    let letters: DeadLetter[] = [];
    await until('both dead letters can be read', async () => {
      letters = await server.api<DeadLetter[]>('GET', '/api/flows/vat/dead-letters?limit=10');
      return letters.length >= 2;
    });
    expect(letters.map(({ code, node, value }) => ({ code, node, value }))).toEqual(
      expect.arrayContaining([
        { code: 'vat/invalid', node: 'vat', value: '{"vat":"DE1"}' },
        { code: 'vat/missing', node: 'vat', value: '{}' },
      ]),
    );
  });
});
