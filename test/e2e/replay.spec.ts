import { join } from 'node:path';
import { expect, type Locator, type Page, test } from '@playwright/test';
import Database from 'better-sqlite3';
import type { Replay } from '#shared/replay.ts';
import { apiOf, holdAgainstAxe, orders, picture, save, shop, through, write } from './replay-shop.ts';

/** Replays in a real browser against a real server: the plan, the unsafe way, the run that survives a reload, the report. */

const part = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });
const done = (page: Page): Locator => part(page, 'Progress').getByRole('status').getByText('Done');

test.beforeEach(async ({ page }) => {
  await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
});

/** Rows of the table that the flow writes, and how many different ids they have. */
function rowsOf(id: string): { rows: number; ids: number } {
  const file = new Database(join(process.env.MILLRACE_DATA ?? '', 'files', `${id}.db`), { readonly: true });
  try {
    return file.prepare('select count(*) as rows, count(distinct id) as ids from orders').get() as { rows: number; ids: number };
  } finally {
    file.close();
  }
}

test('replays 5,000 orders to a table: paused half way, reloaded, resumed, closed, and nothing there twice', async ({ page, browser }) => {
  const id = 'replay-many';
  const api = apiOf(page);
  await write(`${id}-orders`, orders(0, 5000));
  await api('POST', '/api/flows', shop(id, 'total', false));
  await api('POST', `/api/flows/${id}/deploy`, {});
  await through(api, id, 5000);

  await page.goto(`/flows/${id}/replay`);
  await expect(part(page, 'Where to')).toHaveAttribute('data-locked', 'true');
  await page.getByRole('radio', { name: 'A time' }).click();
  await page.getByRole('button', { name: 'Choose all of it' }).click();
  await expect(page.getByText(/^About 5,0\d\d of 5,0\d\d messages chosen\.$/)).toBeVisible();
  await expect(page).toHaveURL(/by=time&since=\d+&until=\d+/);
  await page.getByText('The real sinks', { exact: true }).click();
  const row = part(page, 'Estimate').locator('[data-sink="table"]');
  await expect(row).toContainText('5.00k written over');
  // Slow enough that hands which come late still find it half way.
  await page.getByLabel('Messages per second').fill('400');
  await picture(page, 'replay-plan');
  await page.getByRole('button', { name: 'Replay 5,000 messages' }).click();

  await expect(page).toHaveURL(/\/replays\/[^/]+$/);
  const link = page.url();
  const bar = page.getByRole('progressbar', { name: 'Messages read' });
  const read = async (): Promise<number> => Number(await bar.getAttribute('aria-valuenow'));
  const stored = async (): Promise<number> => (await api<Replay>('GET', `/api/replays/${link.split('/').at(-1)}`)).balance.read;
  await expect.poll(read, { intervals: [50] }).toBeGreaterThan(1000);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(part(page, 'Progress').getByText('Paused')).toBeVisible();
  await expect.poll(async () => (await read()) === (await stored())).toBe(true);
  const paused = await read();
  expect(paused).toBeLessThan(5000);
  await picture(page, 'replay-paused');
  await page.reload();
  await expect(part(page, 'Progress').getByText('Paused')).toBeVisible();
  await expect.poll(read).toBe(paused);

  await page.getByRole('button', { name: /^At most/ }).click();
  await page.getByLabel('Messages per second').fill('');
  await page.getByRole('button', { name: 'Set' }).click();
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(done(page)).toBeVisible();
  const balance = part(page, 'Balance');
  await expect(balance).toContainText('5,000read=5,000written+0filtered+0failed+0skipped');
  await expect(balance).toContainText('The balance closes.');
  await picture(page, 'replay-report');
  await holdAgainstAxe(page);
  // The table is written by the sink's live stage, after the replay has written to its topic.
  await through(api, id, 5000);
  expect(rowsOf(id)).toEqual({ rows: 5000, ids: 5000 });

  const stranger = await browser.newContext();
  const other = await stranger.newPage();
  await other.goto(link);
  await expect(other.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await other.getByLabel('API key').fill(process.env.MILLRACE_ADMIN_KEY ?? '');
  await other.keyboard.press('Enter');
  await expect(other).toHaveURL(link);
  await expect(other.getByText('The balance closes.')).toBeVisible();
  await stranger.close();

  await page.getByRole('link', { name: 'All replays' }).click();
  await expect(page.getByRole('row', { name: /Replay of Shop replay-many/ })).toContainText('5,000');
  await picture(page, 'replays');
});

test('replays what a wrong version handled: compares first, says what is unsafe, and wants a reason', async ({ page }) => {
  const id = 'replay-wrong';
  const api = apiOf(page);
  await write(`${id}-orders`, orders(0, 40));
  await api('POST', '/api/flows', shop(id, 'net'));
  await api('POST', `/api/flows/${id}/deploy`, {});
  await through(api, id, 40);
  await save(api, shop(id), id);
  await api('POST', `/api/flows/${id}/deploy`, {});
  await write(`${id}-orders`, orders(100, 5));
  await through(api, id, 45);

  await page.goto(`/flows/${id}/history?show=1`);
  await page.getByRole('link', { name: 'Replay what it handled, only what differs' }).click();
  await expect(page.getByLabel('Version that handled them')).toHaveValue('1');
  await expect(page.getByRole('checkbox', { name: /Only what differs/ })).toBeChecked();
  await page.getByText('Compare only', { exact: true }).click();
  // The first order is worth nothing, net or gross.
  await expect(page.getByRole('button', { name: 'Compare 39 messages' })).toBeEnabled();
  await page.getByRole('button', { name: 'Run 200 messages dry' }).click();
  const dry = part(page, 'Dry run');
  await expect(dry.locator('[data-class="changed"]')).toContainText(/^\d+ changed/);
  await dry.locator('summary').first().click();
  await expect(dry.getByRole('table').first()).toContainText('total');
  await picture(page, 'replay-dry');
  await holdAgainstAxe(page);

  await page.getByText('The real sinks', { exact: true }).click();
  const log = part(page, 'Estimate').locator('[data-sink="log"]');
  await expect(log).toContainText('Unsafe');
  await expect(log).toContainText('39 doubled');
  const start = page.getByRole('button', { name: 'Replay 39 messages' });
  await expect(start).toBeDisabled();
  await expect(page.getByText('Say why this is all right first.')).toBeVisible();
  await picture(page, 'replay-unsafe');
  await page.getByLabel('Why it is all right').fill('Only the log book gets it twice');
  await start.click();
  await expect(done(page)).toBeVisible();
  await expect(part(page, 'Balance')).toContainText('The balance closes.');
  await expect(part(page, 'What was asked for')).toContainText('Only the log book gets it twice');
  await expect(part(page, 'Outputs')).toContainText('Warehouse');
  const [replay] = await api<Replay[]>('GET', `/api/replays?flow=${id}`);
  expect(replay?.outputs).toEqual({ table: 39, log: 39 });
});

test('is planned by keyboard alone, and its address holds all that was chosen', async ({ page }) => {
  const id = 'replay-keys';
  const api = apiOf(page);
  await write(`${id}-orders`, orders(0, 20));
  await api('POST', '/api/flows', shop(id));
  await api('POST', `/api/flows/${id}/deploy`, {});
  await through(api, id, 20);
  await page.goto(`/flows/${id}/replay`);
  await page.getByRole('radio', { name: 'A time' }).focus();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Choose all of it' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('slider', { name: 'Beginning' }).focus();
  await expect(page).toHaveURL(/since=\d+/);
  const before = new URL(page.url()).searchParams.get('since');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => Number(new URL(page.url()).searchParams.get('since'))).toBeGreaterThan(Number(before));
  await page.getByRole('radio', { name: /Compare only/ }).focus();
  await page.keyboard.press('Space');
  await page.getByRole('checkbox', { name: /Log book/ }).focus();
  await page.keyboard.press('Space');
  await expect(page).toHaveURL(/sinks=table/);
  await page.getByLabel('Name').pressSequentially('All of them, typed fast');
  await expect(page).toHaveURL(/name=All\+of\+them%2C\+typed\+fast/);
  await page.reload();
  await expect(page.getByLabel('Name')).toHaveValue('All of them, typed fast');
  await expect(page.getByRole('checkbox', { name: /Log book/ })).not.toBeChecked();
  await page.getByRole('button', { name: 'Compare 20 messages' }).focus();
  await page.keyboard.press('Enter');
  await expect(done(page)).toBeVisible();
  await expect(part(page, 'Comparison')).toContainText('20 the same as then');
});
