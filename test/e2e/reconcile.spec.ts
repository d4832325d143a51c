import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import Sqlite from 'better-sqlite3';
import { flowOf } from '../flows/flow.ts';
import { until } from '../wait.ts';
import { holdAgainstAxe, tabTo } from './page-checks.ts';

/** Reconcile against the real server: what the shop has and the log has not, written; what a table has lost, sent again. */

const headers = { authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` };
const orders = Array.from({ length: 10 }, (_, n) => ({ number: `A-${n}`, total: n + 0.5 }));

test.beforeEach(async ({ page }) => {
  await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
});

/** A deployed flow that got all orders but two. */
async function prepare(page: Page, id: string): Promise<void> {
  const flow = flowOf(id, [
    { id: 'in', type: 'webhook', label: 'Web shop', config: { path: id, key: 'number' } },
    { id: 'warehouse', type: 'sqlite', label: 'Warehouse', config: { path: `${id}.db`, table: 'orders', keys: ['number'] } },
  ]);
  expect((await page.request.post('/api/flows', { headers, data: { ...flow, name: `Orders ${id}` } })).ok()).toBe(true);
  expect((await page.request.post(`/api/flows/${id}/deploy`, { headers, data: {} })).ok()).toBe(true);
  for (const order of orders)
    if (!['A-3', 'A-7'].includes(order.number)) expect((await page.request.post(`/hooks/${id}`, { data: order })).ok()).toBe(true);
  await until('the warehouse has what came in', () => rowsOf(id) === 8);
}

function withTable<T>(id: string, work: (file: Sqlite.Database) => T): T {
  const file = new Sqlite(join(process.env.MILLRACE_DATA ?? '', 'files', `${id}.db`), { fileMustExist: true, timeout: 5000 });
  try {
    return work(file);
  } finally {
    file.close();
  }
}
function rowsOf(id: string): number {
  return withTable(id, (file) => (file.prepare('SELECT count(*) AS n FROM orders').get() as { n: number }).n);
}

test('finds by mouse what never arrived, brings it in, and finds what the table has lost', async ({ page }) => {
  const id = 'reconcile-by-mouse';
  await prepare(page, id);
  await page.goto(`/flows/${id}/reconcile`);
  await page.getByRole('radio', { name: 'Paste' }).click();
  await page.getByLabel('List', { exact: true }).fill(JSON.stringify(orders));
  await page.getByLabel('Id in the list').fill('number');
  await page.getByRole('button', { name: 'Compare' }).click();
  const report = page.getByRole('region', { name: 'Comparison', exact: true });
  await expect(report.getByRole('status').first()).toHaveText('Of 10 in the list, 2 never arrived.');
  await expect(report.getByRole('cell', { name: 'A-3', exact: true })).toBeVisible();
  await holdAgainstAxe(page);

  await report.getByRole('button', { name: 'Backfill 2 messages…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Write 2 messages' }).click();
  await expect(report.getByText('2 written, 0 had arrived meanwhile, of 2')).toBeVisible();
  await until('the warehouse has all', () => rowsOf(id) === 10);

  withTable(id, (file) => file.prepare("DELETE FROM orders WHERE number IN ('A-1', 'A-2')").run());
  await page.getByRole('radio', { name: 'The log with a sink' }).click();
  await page.getByRole('button', { name: 'Compare' }).click();
  await expect(report.getByRole('status').first()).toHaveText('Of 10 sent to “Warehouse”, 2 are missing.');
  await holdAgainstAxe(page);
  await report.getByRole('button', { name: 'Replay 2 messages to Warehouse…' }).click();
  await expect(page).toHaveURL(new RegExp(`/flows/${id}/replay\\?at=.*&at=.*&sinks=warehouse`));
});

test('compares by keyboard alone and comes back to the report by its address', async ({ page }) => {
  const id = 'reconcile-by-keyboard';
  await prepare(page, id);
  await page.goto(`/flows/${id}/reconcile`);
  await expect(page.getByLabel('Source', { exact: true })).toBeVisible();
  await tabTo(page, /^File/);
  await page.keyboard.press('ArrowRight');
  await tabTo(page, /^Id in the list/);
  await tabTo(page, /^List/);
  await page.keyboard.type(orders.map(({ number }) => number).join('\n'));
  await tabTo(page, /Compare/);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Of 10 in the list, 2 never arrived.').first()).toBeVisible();
  await page.reload();
  await expect(page.getByRole('region', { name: 'Comparison', exact: true }).getByRole('cell', { name: 'A-7', exact: true })).toBeVisible();
});

test('repeats a comparison by keyboard alone: runs it, pauses it, reads what it found, changes it, deletes it', async ({ page }) => {
  const id = `reconcile-repeated-${Date.now().toString(36)}`;
  await prepare(page, id);
  await page.goto(`/flows/${id}/reconcile?side=sink`);
  await expect(page.getByLabel('Sink', { exact: true })).toBeVisible();
  await tabTo(page, /^Once/);
  await page.keyboard.press('ArrowRight');
  await tabTo(page, /^Name/);
  await page.keyboard.type('Every morning');
  await page.getByLabel('Things of').selectOption({ label: 'the last 24 h' });
  await tabTo(page, /Add the schedule/);
  await page.keyboard.press('Enter');
  const repeated = page.getByRole('region', { name: 'Repeated comparisons' });
  const row = repeated.getByRole('row').filter({ hasText: 'Every morning' });
  await expect(row).toContainText('Daily at 06:00');
  await expect(row).toContainText('Not yet');
  await expect(row).toContainText(/in \d+/);
  await holdAgainstAxe(page);

  await tabTo(page, /Run Every morning now/);
  await page.keyboard.press('Enter');
  // What was just sent is left out: it may still be on its way.
  const result = row.getByRole('link', { name: 'Nothing was sent to “Warehouse” in that time.' });
  await expect(result).toBeVisible();
  await tabTo(page, /Pause Every morning/);
  await page.keyboard.press('Enter');
  await expect(row.getByText('Paused')).toBeVisible();
  await result.click();
  await expect(page).toHaveURL(/side=sink&report=/);
  await expect(page.getByRole('region', { name: 'Comparison', exact: true })).toContainText('the schedule “Every morning”');
  await tabTo(page, /Let Every morning go on/);
  await page.keyboard.press('Enter');
  await expect(row.getByText('Paused')).toHaveCount(0);
  await tabTo(page, /Change Every morning/);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Change Every morning' });
  await expect(dialog.getByLabel('Name')).toBeFocused();
  await expect(dialog.getByLabel('Things of')).toHaveValue('24');
  await holdAgainstAxe(page);
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('Every few hours');
  await page.keyboard.press('Tab');
  await expect(dialog.getByLabel('How often')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(dialog.getByLabel('How often')).toHaveValue('1');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Change Every morning' })).toBeFocused();
  await expect(row).toContainText('Daily at 06:00');

  // By mouse, to the end.
  await row.getByRole('button', { name: 'Change Every morning' }).click();
  await dialog.getByLabel('Name').fill('Every few hours');
  await dialog.getByLabel('How often').selectOption({ label: 'Every 6 hours' });
  await dialog.getByRole('button', { name: 'Save the schedule' }).click();
  const changed = repeated.getByRole('row').filter({ hasText: 'Every few hours' });
  await expect(changed).toContainText('Every 6 hours');
  await expect(changed.getByRole('link', { name: 'Nothing was sent to “Warehouse” in that time.' })).toBeVisible();
  await expect(dialog).toHaveCount(0);
  await tabTo(page, /Delete Every few hours/);
  await page.keyboard.press('Enter');
  await expect(repeated).toHaveCount(0);
});
