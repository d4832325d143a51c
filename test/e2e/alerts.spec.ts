import { expect, type Page, test } from '@playwright/test';
import { flowOf } from '../flows/flow.ts';
import { type Receiver, startReceiver } from '../flows/receiver.ts';
import { until } from '../wait.ts';
import { holdAgainstAxe, tabTo } from './page-checks.ts';

/** Alerts against the real server: a channel, an incident that begins by itself, somebody who looks after it, a rule that is muted. */

const headers = { authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` };
let onCall: Receiver;
let erp: Receiver;

test.beforeAll(async () => {
  [onCall, erp] = await Promise.all([startReceiver(), startReceiver()]);
});
test.afterAll(async () => {
  await Promise.all([onCall.close(), erp.close()]);
});
test.beforeEach(async ({ page }) => {
  await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
});

/** A flow whose ERP is down and whose budget to try again is short. */
async function breakErp(page: Page): Promise<void> {
  erp.answerWith(503);
  const flow = flowOf('alerting', [
    { id: 'in', type: 'webhook', label: 'Orders', config: { path: 'alerting' } },
    { id: 'erp', type: 'http', label: 'ERP', config: { url: JSON.stringify(erp.url) }, retry: { minutes: 0.01, giveUp: 'pause' } },
  ]);
  for (const [path, data] of [
    ['/api/flows', { ...flow, name: 'Orders to the ERP' }],
    ['/api/flows/alerting/deploy', {}],
  ] as const)
    expect((await page.request.post(path, { headers, data })).ok()).toBe(true);
  expect((await page.request.post('/hooks/alerting', { data: { n: 1 } })).ok()).toBe(true);
}

test('opens an incident by itself, tells a channel once, and leads to the place', async ({ page }) => {
  await page.goto('/alerts');
  await page.getByRole('radio', { name: /^Channels/ }).click();
  await page.getByRole('button', { name: 'New channel' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('On call');
  await dialog.getByLabel('Address', { exact: true }).fill(onCall.url);
  await dialog.getByLabel('At most one message in so many seconds').fill('0');
  await dialog.getByRole('button', { name: 'Add the channel' }).click();
  await expect(page.getByText('Nothing sent yet')).toBeVisible();
  await page.getByRole('button', { name: 'Send a test to On call' }).click();
  await expect(page.getByText('On call has taken the test')).toBeVisible();
  expect(onCall.done.size).toBe(1);
  await holdAgainstAxe(page);

  await page.getByRole('radio', { name: /^Incidents/ }).click();
  await breakErp(page);
  const incident = page.getByRole('article', { name: 'Sink not ready, Orders to the ERP' });
  await expect(incident).toBeVisible();
  await expect(incident).toContainText(/“ERP” is paused: .*503/);
  await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Alerts/ })).toContainText(/[1-9]/);
  await until('the channel is told', () => [...onCall.done.values()].some((body) => body.includes('“ERP” is paused')));
  await incident.getByRole('button', { name: 'I look after it' }).click();
  await expect(incident.getByText(/looks after it/)).toBeVisible();
  await holdAgainstAxe(page);

  await incident.getByRole('link', { name: 'Look at Sink not ready of Orders to the ERP' }).click();
  await expect(page).toHaveURL(/\/flows\/alerting\?node=erp$/);
  const mark = page.getByRole('link', { name: /^\d+ open incidents? of Orders to the ERP$/ });
  await expect(mark).toHaveText(/^\d+ incidents?$/);

  await page.goto('/flows');
  const row = page.getByRole('row').filter({ hasText: 'Orders to the ERP' });
  await expect(row.getByRole('link', { name: /open incident/ })).toBeVisible();
  await page.getByRole('radio', { name: /^With incidents/ }).click();
  await expect(row).toBeVisible();
  await holdAgainstAxe(page);
  await row.getByRole('link', { name: /open incident/ }).click();
  await expect(page).toHaveURL(/\/alerts\?flow=alerting$/);
  await expect(page.getByText('Only incidents of Orders to the ERP.')).toBeVisible();
  await expect(incident).toBeVisible();

  // Its end is seen without a reload, too: the rule is over at once where it need not be calm for long.
  await page.goto('/flows/alerting/ledger');
  await expect(mark).toBeVisible();
  const sink = { name: 'Sink paused or trying again', condition: { kind: 'sink-paused', minutes: 5 }, calmSeconds: 0 };
  expect((await page.request.put('/api/alerts/rules/default-sink', { headers, data: sink })).ok()).toBe(true);
  erp.answerWith(undefined);
  expect((await page.request.post('/api/flows/alerting/stages/deliver-erp/resume', { headers })).ok()).toBe(true);
  await until('the order is there', () => erp.done.size === 1);
  await expect(mark).toHaveCount(0);
});

test('is worked by keyboard: a rule is added, changed and muted', async ({ page }) => {
  await page.goto('/alerts?tab=rules');
  await expect(page.getByText('Ledger does not balance')).toBeVisible();
  await tabTo(page, /New rule/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'New rule' })).toBeVisible();
  await tabTo(page, /^Name/);
  await page.keyboard.type('Quiet shop');
  await tabTo(page, /^Minutes/);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('30');
  await tabTo(page, /Add the rule/);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Nothing has come in for 30 min')).toBeVisible();
  await tabTo(page, /Mute Quiet shop for one hour/);
  await page.keyboard.press('Enter');
  await expect(page.getByText(/Muted, /)).toBeVisible();
  await holdAgainstAxe(page);
  await tabTo(page, /Delete Quiet shop/);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Quiet shop')).toHaveCount(0);
});
