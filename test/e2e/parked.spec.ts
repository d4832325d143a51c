import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type APIRequestContext, expect, type Locator, type Page, test } from '@playwright/test';
import type { ShownParkedKey } from '#shared/parked.ts';
import { until } from '../wait.ts';
import { holdAgainstAxe, tabTo } from './page-checks.ts';

/** Keys that are really parked, at a system that refuses, in a real browser. */

let scripts: APIRequestContext;
let number = 0;
let crm: Server;
let url = '';
/** What the CRM has taken, in order. */
let taken: { key: string; n: number }[] = [];
/** What it says; a promise holds the request. */
let answer: (key: string, n: number) => number | Promise<number> = () => 200;
const headers = () => ({ authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` });

test.beforeAll(async () => {
  crm = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { key: string; n: number };
      const status = await answer(body.key, body.n);
      if (status === 200) taken.push(body);
      response.writeHead(status, { 'content-type': 'text/plain' }).end(status === 200 ? 'ok' : 'the customer is locked');
    });
  });
  await new Promise<void>((resolve) => crm.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(crm.address() as AddressInfo).port}`;
});
test.afterAll(async () => {
  crm.closeAllConnections();
  await new Promise((resolve) => crm.close(resolve));
});
test.beforeEach(async ({ page, request }) => {
  scripts = request;
  taken = [];
  answer = () => 200;
  expect((await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } })).ok()).toBe(true);
});

const parkedIn = async (id: string): Promise<ShownParkedKey[]> =>
  (await (await scripts.get(`/api/flows/${id}/parked`, { headers: headers() })).json()) as ShownParkedKey[];

/** A deployed flow whose CRM has refused the first message of each key, with two more waiting behind each. */
async function shopWithParkedKeys(keys: readonly string[]): Promise<string> {
  const id = `parked-${Date.now().toString(36)}-${++number}`;
  const flow = {
    format: 1,
    id,
    name: `Customers ${id}`,
    nodes: [
      { id: 'hook', type: 'webhook', version: 1, label: 'Customers', config: { path: id, key: 'key' } },
      {
        id: 'crm',
        type: 'http',
        version: 1,
        label: 'CRM',
        // Longer than any hold of this file: what is held must not be given up meanwhile.
        config: { url: JSON.stringify(url), timeoutMs: 120_000 },
        retry: { minutes: 0.005, giveUp: 'park' },
      },
    ],
    edges: [{ id: 'e1', from: { node: 'hook', port: 'out' }, to: { node: 'crm', port: 'in' } }],
    settings: { partitions: 3 },
  };
  expect((await scripts.post('/api/flows', { headers: headers(), data: flow })).status()).toBe(201);
  expect((await scripts.post(`/api/flows/${id}/deploy`, { headers: headers(), data: {} })).ok()).toBe(true);
  answer = (_key, n) => (n === 0 ? 422 : 200);
  for (const key of keys)
    for (const n of [0, 1, 2]) expect((await scripts.post(`/hooks/${id}`, { headers: headers(), data: { key, n } })).ok()).toBe(true);
  await until('each key waits with two behind it', async () => {
    const parked = await parkedIn(id);
    return parked.length === keys.length && parked.every(({ count }) => count === 2);
  });
  return id;
}

const section = (page: Page): Locator => page.getByRole('region', { name: 'Parked keys', exact: true });
const rows = (page: Page): Locator => section(page).locator('tbody tr');
const run = (page: Page): Locator => section(page).getByRole('status', { name: 'Release at CRM' });
const takenOf = (key: string): number[] => taken.filter((one) => one.key === key).map(({ n }) => n);

test('parked keys say why they wait; one is released by keyboard, all others with one button, and what fails again stays', async ({
  page,
}) => {
  const keys = ['anna', 'bela', 'cleo', 'dora', 'emil', 'a customer with a name that is far longer than its column could ever be wide'];
  const id = await shopWithParkedKeys(keys);
  await page.goto(`/dead-letters/${id}`);
  await expect(section(page).getByRole('heading')).toHaveText('6 parked keys at CRM: later messages of these keys wait, in order');
  await expect(rows(page)).toHaveCount(6);
  await expect(rows(page).filter({ hasText: 'anna' })).toContainText('2 messages');
  await expect(rows(page).filter({ hasText: 'anna' })).toContainText('422');
  await holdAgainstAxe(page);

  answer = (key) => (key === 'dora' ? 422 : 200);
  await tabTo(page, /^Release anna /);
  await page.keyboard.press('Enter');
  await expect(rows(page)).toHaveCount(5);
  expect(takenOf('anna')).toEqual([0, 1, 2]);
  // The keyboard goes on where it was.
  await expect(section(page).locator('[data-release]:focus')).toHaveCount(1);
  const first = await page.locator(':focus').getAttribute('aria-label');
  await page.keyboard.press('ArrowDown');
  await expect(page.locator(`[aria-label="${first}"]`)).not.toBeFocused();
  await expect(section(page).locator('[data-release]:focus')).toHaveCount(1);

  await section(page).getByRole('button', { name: 'Release all 5 at CRM…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Release 5 keys at CRM' });
  await expect(dialog).toContainText('15 messages go to CRM');
  await holdAgainstAxe(page);
  await dialog.getByRole('button', { name: 'Release 5', exact: true }).click();
  await expect(run(page)).toContainText('4 of 5 keys released, 1 failed again');
  await expect(run(page)).toContainText('by ');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText('dora');
  await holdAgainstAxe(page);
  for (const key of keys) expect(takenOf(key), key).toEqual(key === 'dora' ? [] : [0, 1, 2]);

  // Dropped, so that those behind it go on.
  answer = (_key, n) => (n === 0 ? 422 : 200);
  await rows(page).getByRole('button', { name: 'Release dora without the message that failed' }).click();
  await expect(rows(page)).toHaveCount(0);
  expect(takenOf('dora')).toEqual([1, 2]);
  const audit = (await (await scripts.get('/api/audit?limit=50', { headers: headers() })).json()) as { action: string; detail: string }[];
  expect(audit.find(({ action }) => action === 'parked/release-all')?.detail).toContain('5 keys with 15 messages');
});

test('a release of all keys shows how far it is, is stopped, and orders no further key then', async ({ page }) => {
  const id = await shopWithParkedKeys(Array.from({ length: 12 }, (_, at) => `customer ${at}`));
  const last = (await parkedIn(id)).slice(-4).map(({ key }) => key);
  let go: (status: number) => void = () => undefined;
  const held = new Promise<number>((resolve) => {
    go = resolve;
  });
  answer = () => held;
  await page.goto(`/dead-letters/${id}`);
  await section(page).getByRole('button', { name: 'Release all 12 at CRM…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Release 12', exact: true }).click();
  await expect(run(page)).toContainText('0 of 12 keys released');
  await expect(run(page).getByRole('progressbar', { name: 'Keys released at CRM' })).toHaveAttribute('max', '12');
  await holdAgainstAxe(page);
  await run(page).getByRole('button', { name: 'Stop' }).click();
  await expect(run(page)).toContainText('Stopped by');
  go(200);
  answer = () => 200;
  await rows(page)
    .getByRole('button', { name: `Release ${last[3]}`, exact: true })
    .click();
  await expect(rows(page).filter({ has: page.getByRole('button', { name: `Release ${last[3]}`, exact: true }) })).toHaveCount(0);
  for (const key of last.slice(0, 3)) {
    expect(takenOf(key)).toEqual([]);
    await expect(rows(page).getByRole('button', { name: `Release ${key}`, exact: true })).toBeEnabled();
  }
  // How it ended is kept, and told as long as keys are left there.
  await page.reload();
  await expect(run(page)).toContainText(/of 12 keys released.*Stopped by/);
});
