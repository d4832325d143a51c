import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeadLetter } from '#shared/api.ts';
import { appears } from '../kafka/brokers.ts';
import { startRealKafka } from '../kafka/real-kafka.ts';
import { deployFlow, type MillraceProcess, startMillrace, statusOf } from '../millrace.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../postgres.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';
import { each, type Receiver, startReceiver } from './receiver.ts';

const orders = 1000;
const bad = 50;
const good = orders - bad;
const hmacSecret = 'the shop knows it too';

/** Digits that a double cannot hold. */
const numberOf = (n: number) => String(9_007_199_254_740_993n + BigInt(n));
const rateOf = (n: number) => `1.0000000000000000000${1000 + n}`;

/** The n-th order as the shop posts it; each twentieth is broken in one of three ways. */
function orderText(n: number): string {
  if (n % 20 !== 7) return `{"id":"o-${n}","number":${numberOf(n)},"rate":${rateOf(n)},"customer":{"id":"c-${n}"},"total":${n}.50}`;
  const kind = Math.floor(n / 20) % 3;
  if (kind === 0) return `{"id":"o-${n}","number":1,"rate":1,"total":2}`;
  if (kind === 1) return `{"id":"o-${n}","number":1,"rate":1,"customer":{"id":"c-${n}"},"total":"12,50"}`;
  return `{"id":"o-${n}", total: ${n}`;
}

const schema = {
  type: 'object',
  required: ['id', 'number', 'rate', 'customer', 'total'],
  properties: { total: { type: 'number' }, customer: { type: 'object', required: ['id'] } },
};

function seedFlow(urls: { crm: string; marketing: string; erp: string }, warehouse: { type: string; config: Record<string, unknown> }) {
  const http = (id: string, url: string) => ({ id, type: 'http', config: { url: JSON.stringify(url) } });
  return flowOf(
    'web-shop',
    [
      {
        id: 'shop',
        type: 'webhook',
        config: { path: 'shop/orders', key: 'customer.id', signature: 'hmac-sha256', secret: 'shop-hmac' },
      },
      { id: 'check', type: 'validate', config: { schema } },
      { id: 'to-crm', type: 'map', config: { expression: '{ "id": customer.id, "order": id, "number": number, "rate": rate }' } },
      { id: 'to-marketing', type: 'map', config: { expression: '{ "contact": customer.id, "number": number, "rate": rate }' } },
      { id: 'to-erp', type: 'map', config: { expression: '{ "orderNo": id, "number": number, "rate": rate, "total": total }' } },
      { id: 'to-row', type: 'map', config: { expression: '{ "id": id, "number": number, "rate": rate, "total": total }', key: 'id' } },
      http('crm', urls.crm),
      http('marketing', urls.marketing),
      http('erp', urls.erp),
      { id: 'warehouse', ...warehouse },
    ],
    [
      'shop>check',
      ...['crm', 'marketing', 'erp', 'row'].map((branch) => `check>to-${branch}`),
      ...['crm', 'marketing', 'erp'].map((branch) => `to-${branch}>${branch}`),
      'to-row>warehouse',
    ],
  );
}

interface Row {
  id: string;
  number: string;
  rate: string;
}

for (const kind of ['embedded', 'apache'] as const) {
  const missing = kind === 'apache' && !(appears('apache') && hasPostgres());
  const title = kind === 'embedded' ? 'the embedded broker and SQLite' : 'Apache Kafka and PostgreSQL';

  describe.skipIf(missing)(`a web shop's orders in four systems, on ${title}`, () => {
    let folder = '';
    let kafka: Awaited<ReturnType<typeof startRealKafka>> | undefined;
    let postgres: TestPostgres | undefined;
    let server: MillraceProcess;
    let crm: Receiver;
    let marketing: Receiver;
    let erp: Receiver;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'millrace-seed-'));
      [crm, marketing, erp] = await Promise.all([startReceiver(), startReceiver(), startReceiver()]);
      if (kind === 'apache') [kafka, postgres] = await Promise.all([startRealKafka(), startPostgres()]);
      server = await startMillrace({
        MILLRACE_DATA: join(folder, 'data'),
        MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8',
        ...(kafka && { KAFKA_BROKERS: kafka.brokers.join(',') }),
        ...(postgres && { DATABASE_URL: postgres.url }),
      });
      await server.api('PUT', '/api/secrets/shop-hmac', { value: hmacSecret });
      if (postgres) await server.api('PUT', '/api/secrets/warehouse-db', { value: postgres.url });
    }, 240_000);

    afterAll(async () => {
      await server?.stop();
      await Promise.all([crm?.close(), marketing?.close(), erp?.close(), kafka?.stop(), postgres?.stop()]);
      await rm(folder, { recursive: true, force: true });
    }, 60_000);

    async function rows(): Promise<Row[]> {
      if (postgres) {
        const client = new pg.Client({ connectionString: postgres.url });
        await client.connect();
        try {
          const found = await client.query<Row>('select id, number::text, rate::text from web_shop_orders order by id');
          return found.rows;
        } catch (error) {
          if ((error as { code?: string }).code === '42P01') return [];
          throw error;
        } finally {
          await client.end();
        }
      }
      const db = new Database(join(folder, 'data', 'files', 'warehouse.db'), { readonly: true, fileMustExist: true });
      try {
        return db.prepare('select id, cast(number as text) as number, cast(rate as text) as rate from web_shop_orders').all() as Row[];
      } finally {
        db.close();
      }
    }

    it(`brings ${good} of ${orders} to each, ${bad} to the dead letters, and nobody waits for the CRM`, async () => {
      const table = { table: 'web_shop_orders', keys: ['id'], createTable: true };
      const warehouse = postgres
        ? { type: 'postgres', config: { ...table, connection: 'warehouse-db' } }
        : { type: 'sqlite', config: { ...table, path: 'warehouse.db' } };
      await deployFlow(server, seedFlow({ crm: crm.url, marketing: marketing.url, erp: erp.url }, warehouse));

      crm.answerWith(503);
      const texts = Array.from({ length: orders }, (_, n) => orderText(n));
      await each(texts, 16, async (body) => {
        const signature = createHmac('sha256', hmacSecret).update(body).digest('hex');
        const answer = await fetch(`${server.url}/hooks/shop/orders`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-signature': signature },
          body,
        });
        expect(answer.status).toBe(200);
        await answer.arrayBuffer();
      });

      await until(
        'marketing, ERP and warehouse have everything',
        async () => {
          return marketing.done.size === good && erp.done.size === good && (await rows()).length === good;
        },
        90_000,
        250,
      );
      // The three have it before the ledger can tell.
      let waiting = await statusOf(server, 'web-shop');
      await until('what they have is counted, and the CRM is tried again', async () => {
        waiting = await statusOf(server, 'web-shop');
        const isTried = waiting.stages.some(({ node, state }) => node === 'crm' && state === 'retrying');
        return isTried && waiting.balance.in === orders && waiting.balance.inFlight === good;
      });
      expect({ crmDone: crm.done.size, crmAsked: crm.calls() > 0 }).toEqual({ crmDone: 0, crmAsked: true });
      expect(waiting.stages.find(({ node }) => node === 'crm')).toMatchObject({ state: 'retrying' });
      expect(waiting.balance).toMatchObject({ in: orders, difference: 0, inFlight: good });

      crm.answerWith(undefined);
      await until('the CRM has caught up', () => crm.done.size === good, 90_000);

      await until('the ledger is closed', async () => (await statusOf(server, 'web-shop')).balance.inFlight === 0);
      const { balance, nodes } = await statusOf(server, 'web-shop');
      expect(balance).toEqual({ in: orders, copies: 3 * good, delivered: 4 * good, filtered: 0, dead: bad, inFlight: 0, difference: 0 });
      for (const sink of ['crm', 'marketing', 'erp', 'warehouse']) expect(nodes[sink]?.delivered, sink).toBe(good);

      const letters = await server.api<DeadLetter[]>('GET', '/api/flows/web-shop/dead-letters?limit=200');
      expect(letters).toHaveLength(bad);
      expect(letters.map(({ value }) => value).sort()).toEqual(texts.filter((_, n) => n % 20 === 7).sort());
      expect(letters.filter(({ code, message }) => code === '' || message === '')).toEqual([]);
      expect(new Set(letters.map(({ node }) => node))).toEqual(new Set(['shop', 'check']));

      const expected = texts.flatMap((_, n) => (n % 20 === 7 ? [] : [{ number: numberOf(n), rate: rateOf(n) }]));
      const digits = (list: Iterable<{ number: string; rate: string }>) => [...list].map(({ number, rate }) => `${number} ${rate}`).sort();
      const wanted = digits(expected);
      for (const [name, { done }] of Object.entries({ crm, marketing, erp })) {
        const found = [...done.values()].map((body) => ({
          number: /"number":\s*(\d+)/.exec(body)?.[1] ?? '',
          rate: /"rate":\s*([\d.]+)/.exec(body)?.[1] ?? '',
        }));
        expect(digits(found), name).toEqual(wanted);
      }
      expect(digits(await rows())).toEqual(wanted);
    }, 240_000);

    it('refuses a post with a wrong signature with 401 and counts it', async () => {
      const answer = await fetch(`${server.url}/hooks/shop/orders`, { method: 'POST', headers: { 'x-signature': 'f00d' }, body: '{}' });
      expect(answer.status).toBe(401);
      await until('it is counted', async () => (await statusOf(server, 'web-shop')).nodes.shop?.refused?.signature === 1);
    });
  });
}
