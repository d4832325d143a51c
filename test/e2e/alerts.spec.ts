import { expect, type Page, test } from '@playwright/test';
import { flowOf } from '../flows/flow.ts';
import { type Receiver, startReceiver } from '../flows/receiver.ts';
import { until } from '../wait.ts';
import { holdAgainstAxe, tabTo } from './page-checks.ts';

/** Alerts against the real server: a channel, an incident that begins by itself, somebody who looks after it, a rule that is muted. */

const headers = { authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` };
let onCall: Receiver;
let erp: Receiver;

test.beforeEach(async ({ page }) => {
  [onCall, erp] = await Promise.all([startReceiver(), startReceiver()]);
  await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
});

test.afterEach(async () => {
  await Promise.all([onCall.close(), erp.close()]);
});

/** A flow whose ERP is down and whose budget to try again is short. */
async function breakErp(page: Page, id: string, name: string): Promise<void> {
  erp.answerWith(503);
  const flow = flowOf(id, [
    { id: 'in', type: 'webhook', label: 'Orders', config: { path: id } },
    { id: 'erp', type: 'http', label: 'ERP', config: { url: JSON.stringify(erp.url) }, retry: { minutes: 0.01, giveUp: 'pause' } },
  ]);
  for (const [path, data] of [
    ['/api/flows', { ...flow, name }],
    [`/api/flows/${id}/deploy`, {}],
  ] as const)
    expect((await page.request.post(path, { headers, data })).ok()).toBe(true);
  expect((await page.request.post(`/hooks/${id}`, { data: { n: 1 } })).ok()).toBe(true);
}

test('opens an incident by itself, tells a channel once, and leads to the place', async ({ page }) => {
  // Of its own per run: channels, incidents and flows of a run before are still there.
  const id = `alerting-${Date.now().toString(36)}`;
  const [name, channel] = [`Orders to the ERP ${id}`, `On call ${id}`];
  await page.goto('/alerts');
  await page.getByRole('radio', { name: /^Channels/ }).click();
  await page.getByRole('button', { name: 'New channel' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(channel);
  await dialog.getByLabel('Address', { exact: true }).fill(onCall.url);
  await dialog.getByLabel('At most one message in so many seconds').fill('0');
  await dialog.getByRole('button', { name: 'Add the channel' }).click();
  await expect(page.getByText('Nothing sent yet')).toBeVisible();
  await page.getByRole('button', { name: `Send a test to ${channel}` }).click();
  await expect(page.getByText(`${channel} has taken the test`)).toBeVisible();
  // Incidents of other flows of this server are told to the channel too.
  expect([...onCall.done.values()].filter((body) => body.includes('This is a test of the channel'))).toHaveLength(1);
  await holdAgainstAxe(page);

  await page.getByRole('radio', { name: /^Incidents/ }).click();
  await breakErp(page, id, name);
  const incident = page.getByRole('article', { name: `Sink not ready, ${name}` });
  await expect(incident).toBeVisible();
  await expect(incident).toContainText(/“ERP” is paused: .*503/);
  await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Alerts/ })).toContainText(/[1-9]/);
  await until('the channel is told', () => [...onCall.done.values()].some((body) => body.includes('“ERP” is paused')));
  await incident.getByRole('button', { name: 'I look after it' }).click();
  await expect(incident.getByText(/looks after it/)).toBeVisible();
  await holdAgainstAxe(page);

  await incident.getByRole('link', { name: `Look at Sink not ready of ${name}` }).click();
  await expect(page).toHaveURL(`/flows/${id}?node=erp`);
  const mark = page.getByRole('link', { name: new RegExp(`^\\d+ open incidents? of ${name}$`) });
  await expect(mark).toHaveText(/^\d+ incidents?$/);

  await page.goto('/flows');
  const row = page.getByRole('row').filter({ hasText: name });
  await expect(row.getByRole('link', { name: /open incident/ })).toBeVisible();
  await page.getByRole('radio', { name: /^With incidents/ }).click();
  await expect(row).toBeVisible();
  await holdAgainstAxe(page);
  await row.getByRole('link', { name: /open incident/ }).click();
  await expect(page).toHaveURL(`/alerts?flow=${id}`);
  await expect(page.getByText(`Only incidents of ${name}.`)).toBeVisible();
  await expect(incident).toBeVisible();

  await page.goto(`/flows/${id}/ledger`);
  await expect(mark).toBeVisible();

  // A flow that keeps up again needs a look for as long as its incident goes on.
  const calm = async (calmSeconds: number): Promise<void> => {
    const sink = { name: 'Sink paused or trying again', condition: { kind: 'sink-paused', minutes: 5 }, calmSeconds };
    expect((await page.request.put('/api/alerts/rules/default-sink', { headers, data: sink })).ok()).toBe(true);
  };
  await calm(3600);
  erp.answerWith(undefined);
  expect((await page.request.post(`/api/flows/${id}/stages/deliver-erp/resume`, { headers })).ok()).toBe(true);
  await until('the order is there', () => erp.done.size === 1);
  await page.goto('/flows');
  await page.getByRole('searchbox', { name: 'Search flows' }).fill(id);
  await expect(row).toContainText('Keeping up');
  const group = page.getByRole('rowgroup').filter({ has: row }).getByRole('rowheader');
  const filter = (words: string) => page.getByRole('radio', { name: new RegExp(`^${words}`) });
  await expect(group).toHaveText('Needs a look 1');
  await expect(filter('Needs a look')).toHaveAccessibleName(/1$/);
  await expect(filter('Keeping up')).toHaveAccessibleName(/0$/);
  await holdAgainstAxe(page);
  // Its end is seen without a reload: the rule is over at once where it need not be calm for long.
  await calm(0);
  await expect(mark).toHaveCount(0);
  await expect(group).toHaveText('Keeping up 1');
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
