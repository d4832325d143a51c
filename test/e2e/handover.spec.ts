import { expect, type Page, test } from '@playwright/test';
import type { FlowRecord } from '#shared/api.ts';
import type { FlowStatus } from '#shared/events.ts';
import { flowOf } from '../flows/flow.ts';
import { each } from '../flows/receiver.ts';
import { until } from '../wait.ts';
import { holdAgainstAxe, tabTo } from './page-checks.ts';

/** Changing versions for people in a real browser: the canary, the report of the hand-over, the way back, and parking a key. */

const headers = { authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` };

test.beforeEach(async ({ page }) => {
  expect((await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } })).ok()).toBe(true);
});

async function api<T>(page: Page, method: string, path: string, data?: unknown, more: Record<string, string> = {}): Promise<T> {
  const answer = await page.request.fetch(path, { method, headers: { ...headers, ...more }, ...(data !== undefined && { data }) });
  expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true);
  return (await answer.json()) as T;
}

const shop = (id: string, version: number) => ({
  ...flowOf(id, [
    { id: 'in', type: 'webhook', label: 'Orders', config: { path: id, key: 'customer' } },
    { id: 'map', type: 'map', label: 'ERP order', config: { expression: `{ "no": n, "by": ${version} }` } },
    { id: 'out', type: 'log', label: 'ERP' },
  ]),
  name: `Shop ${id}`,
});

async function send(page: Page, id: string, count: number): Promise<void> {
  const before = (await api<FlowStatus>(page, 'GET', `/api/flows/${id}/status`)).balance.in;
  await each(
    Array.from({ length: count }, (_, n) => n),
    8,
    async (n) => {
      expect((await page.request.post(`/hooks/${id}`, { data: { n, customer: `c${n}` } })).ok()).toBe(true);
    },
  );
  await until(
    'they are through',
    async () => (await api<FlowStatus>(page, 'GET', `/api/flows/${id}/status`)).balance.in === before + count,
  );
}

/** Version 1 is live, and the draft would be version 2. */
async function prepare(page: Page, id: string): Promise<void> {
  await api(page, 'POST', '/api/flows', shop(id, 1));
  await api(page, 'POST', `/api/flows/${id}/deploy`, {});
  await send(page, id, 20);
  const { revision } = await api<FlowRecord>(page, 'GET', `/api/flows/${id}`);
  await api(page, 'PUT', `/api/flows/${id}`, shop(id, 2), { 'if-match': `"${revision}"` });
}

test('a version is tried on a share, promoted, seen in its hand-over and rolled back, by mouse', async ({ page }) => {
  const id = `hand-${Date.now().toString(36)}`;
  await prepare(page, id);
  await page.goto(`/flows/${id}/deployments`);
  await expect(page.getByRole('heading', { name: `Deployments of Shop ${id}` })).toBeVisible();
  await page.getByRole('button', { name: 'Start a canary' }).click();
  const dialog = page.getByRole('dialog', { name: 'Start a canary' });
  await expect(dialog.getByLabel('Version on trial')).toHaveValue('draft');
  await dialog.getByLabel('Share of the keys in %').fill('40');
  await dialog.getByRole('button', { name: 'Start the canary' }).click();

  const canary = page.getByRole('region', { name: 'Canary' });
  await expect(canary.getByRole('heading', { name: 'Version 2 is tried on 40 % of the keys' })).toBeVisible();
  await send(page, id, 200);
  await expect(canary.getByText('fails no more than the deployed one')).toBeVisible();
  // What is shown is counted again and again: all of them are in it when both versions have 200 together.
  const countOf = async (name: RegExp): Promise<number> =>
    Number(await canary.getByRole('row', { name }).getByRole('cell').first().textContent());
  let taken = 0;
  await expect
    .poll(async () => {
      taken = await countOf(/Version 2, on trial/);
      return taken + (await countOf(/Version 1, deployed/));
    })
    .toBe(200);
  expect(taken).toBeGreaterThan(50);
  expect(taken).toBeLessThan(110);
  await holdAgainstAxe(page);

  await canary.getByRole('button', { name: 'Promote version 2 to all' }).click();
  await expect(page.getByText(/^Version 2 is live since/)).toBeVisible();
  const report = page.getByRole('region', { name: 'Hand-over to version 2' });
  await send(page, id, 60);
  await expect(report.getByText('Nothing is between the last message of version 1 and the first of version 2')).toBeVisible();
  await expect(report.getByText(/^Drained in .*, started in .*, .* waited meanwhile\.$/)).toBeVisible();
  await holdAgainstAxe(page);
  await page.setViewportSize({ width: 1024, height: 800 });
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/deployments-1024.png` });
  await page.setViewportSize({ width: 1440, height: 900 });

  await page.getByRole('button', { name: 'Roll back to version 1' }).click();
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Deploy version 1' })).toBeEnabled();
  await holdAgainstAxe(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Deploy version 1' }).click();
  await page.waitForURL(`**/flows/${id}/replay?by=version&handled=2`);
  await expect.poll(() => api(page, 'GET', `/api/flows/${id}/status`)).toMatchObject({ version: 1, state: 'running' });
});

test('a canary is started and taken back by keyboard, and what it handled is found again', async ({ page }) => {
  const id = `keys-${Date.now().toString(36)}`;
  await prepare(page, id);
  await page.goto(`/flows/${id}/deployments`);
  await page.getByRole('button', { name: 'Start a canary' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Start a canary' });
  await expect(dialog.getByLabel('Version on trial')).toHaveValue('draft');
  const share = dialog.getByLabel('Share of the keys in %');
  await share.focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('50');
  await tabTo(page, /Start the canary/);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Too few messages to judge')).toBeVisible();
  await send(page, id, 60);
  await page.getByRole('button', { name: 'Roll back: all to version 1' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText(/The last one, of version 2, was rolled back/)).toBeVisible();
  await page.getByRole('button', { name: 'Process again what it handled' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/flows/${id}/replay?**`);
});

test('a sink is told by keyboard to park the key of what fails', async ({ page }) => {
  const id = `park-${Date.now().toString(36)}`;
  await api(page, 'POST', '/api/flows', {
    ...flowOf(id, [
      { id: 'in', type: 'webhook', label: 'Orders', config: { path: id } },
      { id: 'out', type: 'http', label: 'CRM', config: { url: '"http://127.0.0.1:1/"' } },
    ]),
    name: `Shop ${id}`,
  });
  await page.goto(`/flows/${id}?node=out`);
  const settings = page.getByRole('complementary', { name: 'Settings' });
  const group = settings.getByRole('button', { name: /^When it fails/ });
  await group.focus();
  await page.keyboard.press('Enter');
  await settings.getByLabel('When that time is over').focus();
  await page.keyboard.press('End');
  await expect(settings.getByText('later messages of its key are set aside in order')).toBeVisible();
  await holdAgainstAxe(page);
  await expect
    .poll(async () => (await api<FlowRecord>(page, 'GET', `/api/flows/${id}`)).flow.nodes.find(({ id: node }) => node === 'out')?.retry)
    .toMatchObject({ giveUp: 'park', minutes: 1440 });
});
