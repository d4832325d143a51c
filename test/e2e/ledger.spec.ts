import { join } from 'node:path';
import { expect, type Locator, type Page, test } from '@playwright/test';
import Database from 'better-sqlite3';
import type { LedgerGap } from '#shared/ledger-minutes.ts';
import type { LedgerReport } from '#shared/ledger-report.ts';
import { until } from '../wait.ts';
import { holdAgainstAxe, tabTo } from './page-checks.ts';
import { apiOf, picture, write } from './replay-shop.ts';

/** The ledger of a flow in a real browser: what came in, what became of it, and differences that a person settles. */

const id = 'ledger-shop';
const part = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

const flow = {
  format: 1,
  id,
  name: 'Shop with a ledger',
  nodes: [
    { id: 'orders', type: 'kafka.source', label: 'Orders', config: { topic: `${id}-orders` } },
    { id: 'paid', type: 'filter', label: 'Only paid', config: { condition: 'paid' } },
    { id: 'map', type: 'map', label: 'To warehouse', config: { expression: '{ "id": id, "total": $number(total) }' } },
    { id: 'table', type: 'sqlite', label: 'Warehouse', config: { path: `${id}.db`, table: 'orders', keys: ['id'] } },
  ],
  edges: [
    { id: 'e1', from: { node: 'orders', port: 'out' }, to: { node: 'paid', port: 'in' } },
    { id: 'e2', from: { node: 'paid', port: 'out' }, to: { node: 'map', port: 'in' } },
    { id: 'e3', from: { node: 'map', port: 'out' }, to: { node: 'table', port: 'in' } },
  ],
};

/** A difference as the audit would have stored it: to make a real one, the product would have to be broken. */
function plant(gap: LedgerGap): void {
  const file = new Database(join(process.env.MILLRACE_DATA ?? '', 'millrace.db'), { timeout: 5000 });
  try {
    file
      .prepare('insert into ledger_gaps (id, flow, noticed_at, messages, gap, settled) values (?, ?, ?, ?, ?, null)')
      .run(gap.id, gap.flow, gap.noticedAt, gap.count, JSON.stringify(gap));
  } finally {
    file.close();
  }
}

test('says what came in and what became of it, shows what a filter dropped, and settles a difference', async ({ page }) => {
  await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
  const api = apiOf(page);
  const messages = Array.from({ length: 30 }, (_, n) => ({
    key: `o-${n}`,
    value: JSON.stringify({ id: `o-${n}`, paid: n % 5 !== 0, total: n === 7 ? 'seven' : String(n), password: `hush-${n}` }),
  }));
  await write(`${id}-orders`, messages);
  await api('POST', '/api/flows', flow);

  await page.goto(`/flows/${id}/ledger`);
  await expect(part(page, 'Period')).toContainText('Nothing has come in yet');
  await api('POST', `/api/flows/${id}/deploy`, {});
  await until('all is counted', async () => {
    const report = await api<LedgerReport>('GET', `/api/flows/${id}/ledger?since=${Date.now() - 600_000}&until=${Date.now() + 60_000}`);
    return report.balance.in === 30 && report.balance.waiting === 0;
  });

  // By mouse.
  await page.getByRole('button', { name: 'Count again' }).click();
  await expect(page.getByTestId('balance')).toHaveText('30 came in: 23 delivered, 6 filtered, 1 dead letter; nothing is unexplained.');
  const table = part(page, 'What became of them');
  await expect(table.getByRole('row', { name: /Delivered Warehouse 23/ })).toBeVisible();
  await expect(table.getByRole('row', { name: /Dead letters To warehouse: .* 1 / })).toBeVisible();
  const reason = table.getByRole('button', { name: /^Only paid: / });
  await reason.click();
  const samples = page.getByRole('region', { name: /^Samples of what “Only paid” dropped/ });
  await expect(samples.getByRole('listitem')).toHaveCount(6);
  await expect(samples).toContainText('"paid":false');
  await expect(samples).not.toContainText('hush-');
  await expect(samples.getByRole('link').first()).toHaveAttribute('href', new RegExp(`/traces\\?q=${id}-orders`));
  await holdAgainstAxe(page);
  await picture(page, 'ledger');

  // A difference, settled by keyboard.
  const now = Date.now();
  const sentence = '2 messages of ledger-shop-orders, partition 0, offsets 3 to 4, never went through version 1 of the flow.';
  const place = { flow: id, version: 1, stage: 'transform', topic: `${id}-orders`, partition: 0, from: '3', to: '4' };
  plant({ ...place, id: 'e2e', kind: 'skipped', count: 2, at: now - 3000, noticedAt: now, sentence });
  await page.getByRole('button', { name: 'Count again' }).click();
  const differences = part(page, 'Differences');
  await expect(differences).toContainText('1 difference that nothing explains');
  await expect(differences).toContainText('2 messages skipped');
  await expect(page.getByTestId('balance')).toContainText('2 are unexplained.');
  await holdAgainstAxe(page);
  await picture(page, 'ledger-difference');
  await page.getByRole('button', { name: 'Count again' }).focus();
  await tabTo(page, /^ ?Settle/);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(sentence);
  await expect(dialog.getByRole('textbox')).toBeFocused();
  await page.keyboard.type('Sent again by hand');
  await page.keyboard.press('Control+Enter');
  await expect(differences).toContainText('Differences, all settled');
  await expect(differences).toContainText('Sent again by hand');
  await expect(page.getByTestId('balance')).toContainText('nothing is unexplained');

  // A period of its own, by keyboard; it stands in the address.
  await page.getByRole('radio', { name: 'Last hour' }).focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByLabel('From', { exact: true })).toBeVisible();
  await page.getByLabel('From', { exact: true }).fill('2020-01-01T00:00:00');
  await page.getByLabel('Until', { exact: true }).fill('2020-01-02T00:00:00');
  await expect(part(page, 'Period')).toContainText('Nothing came in in this period');
  expect(new URL(page.url()).searchParams.get('since')).toBe(String(new Date('2020-01-01T00:00:00').getTime()));
  await page.getByLabel('Until', { exact: true }).fill('2019-01-02T00:00:00');
  await expect(part(page, 'Period')).toContainText('It needs a beginning and, after that, an end.');
  await page.locator('label', { hasText: '7 days' }).click();
  await expect(page.getByTestId('balance')).toContainText('30 came in');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
  expect(download.suggestedFilename()).toMatch(/^ledger-ledger-shop-.*\.csv$/);
});
