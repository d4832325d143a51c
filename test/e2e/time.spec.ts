import { join } from 'node:path';
import { expect, type Locator, type Page, test } from '@playwright/test';
import Database from 'better-sqlite3';
import type { FlowHistory } from '#shared/api.ts';
import type { Timeline } from '#shared/moment.ts';
import { until } from '../wait.ts';
import { apiOf, holdAgainstAxe, orders, picture, save, shop, through, write } from './replay-shop.ts';

/** Time travel in a real browser: a flow with two deployments, looked at before, between and after them. */

const minute = 60_000;
const minuteOf = (at: number): number => Math.floor(at / minute) * minute;
const part = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

test.beforeEach(async ({ page }) => {
  await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
});

/** Moves the deployment of a version into the past: a test cannot wait for half an hour between two of them. */
function deployedAt(id: string, version: number, at: number): void {
  const file = new Database(join(process.env.MILLRACE_DATA ?? '', 'millrace.db'), { timeout: 5000 });
  try {
    file.prepare('update deployments set deployed_at = ? where flow = ? and version = ?').run(new Date(at).toISOString(), id, version);
  } finally {
    file.close();
  }
}

test('shows version, numbers, message and error of a moment, by mouse and by keyboard', async ({ page }) => {
  const id = 'time-two';
  const api = apiOf(page);
  const now = Date.now();
  const [first, second] = [minuteOf(now) - 30 * minute + 10_000, minuteOf(now) - 10 * minute + 10_000];
  // One order of the time of the first version; the second one cannot take an order whose total is a text.
  await write(`${id}-orders`, [{ key: 'o-old', value: JSON.stringify({ id: 'o-old', total: 1 }), timestamp: String(first + 5 * minute) }]);
  await api('POST', '/api/flows', shop(id, 'total', false));
  await api('POST', `/api/flows/${id}/deploy`, {});
  await through(api, id, 1);
  await save(api, shop(id, '$number(total)', false), id);
  await api('POST', `/api/flows/${id}/deploy`, {});
  deployedAt(id, 1, first);
  deployedAt(id, 2, second);
  const { versions } = await api<FlowHistory>('GET', `/api/flows/${id}/history`);
  expect(versions.map(({ deployments: [last] }) => Date.parse(last?.deployedAt ?? ''))).toEqual([second, first]);
  await write(`${id}-orders`, [...orders(0, 3), { key: 'o-bad', value: JSON.stringify({ id: 'o-bad', total: 'twelve' }) }]);
  await through(api, id, 5);
  let failing = 0;
  await until('the minute of the failure is counted', async () => {
    const { points } = await api<Timeline>('GET', `/api/flows/${id}/timeline?since=${first}&until=${Date.now() + minute}`);
    failing = points.find(({ dead }) => dead > 0)?.at ?? 0;
    return failing > 0;
  });

  await page.goto(`/flows/${id}/time?at=${minuteOf(first) - 2 * minute}&span=1h`);
  const slider = page.getByRole('slider', { name: 'Moment' });
  const moment = part(page, 'That moment');
  const flow = part(page, 'The flow as it was');
  const messages = part(page, 'Messages of about that moment');
  await expect(moment).toContainText('the flow had not been deployed yet');
  await expect(flow).toContainText('Not deployed yet');

  // By keyboard: from mark to mark, and minute by minute.
  await slider.focus();
  await page.keyboard.press('PageUp');
  await expect(slider).toHaveAttribute('aria-valuenow', String(minuteOf(first)));
  await expect(moment).toContainText('version 1 was live');
  await expect(moment).toContainText('by First admin key');
  await expect(moment).toContainText('was not counted by the minute');
  await expect(flow.getByRole('button', { name: /To warehouse/ })).toBeVisible();
  await expect(messages).toContainText('o-old');
  const changed = part(page, 'From then to now');
  await expect(changed).toContainText('Version 1 to version 2: 1 change');
  await changed.getByRole('button', { name: 'Show the changes' }).click();
  await expect(changed).toContainText('total was total, now total through number');
  await picture(page, 'time-before');
  await slider.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(moment).toContainText('the flow had not been deployed yet');
  await page.keyboard.press('PageUp');
  await page.keyboard.press('PageUp');
  await expect(slider).toHaveAttribute('aria-valuenow', String(minuteOf(second)));
  await expect(moment).toContainText('version 2 was live');
  await expect(changed).toContainText('the deployed one now too');
  await page.keyboard.press('ArrowLeft');
  await expect(moment).toContainText('version 1 was live');
  await page.keyboard.press('End');
  const happened = part(page, 'Happened in the hour before');
  await expect(happened).toContainText('Version 1 was deployed by First admin key.');
  await expect(happened).toContainText('Version 2 was deployed by First admin key, in place of version 1.');

  // By mouse: the minute in which a message failed.
  const box = await slider.locator('..').boundingBox();
  if (box === null) throw new Error('The axis is not on the page.');
  const low = Number(await slider.getAttribute('aria-valuemin'));
  const high = Number(await slider.getAttribute('aria-valuemax')) + minute;
  await page.mouse.click(box.x + ((failing + minute / 2 - low) / (high - low)) * box.width, box.y + 20);
  await expect(slider).toHaveAttribute('aria-valuenow', String(failing));
  await expect(moment).toContainText('1 failed');
  await expect(moment.getByRole('list', { name: 'What failed' })).toContainText('To warehouse');
  const bad = messages.locator('li').filter({ hasText: 'o-bad' });
  await expect(bad).toContainText('failed at To warehouse');
  await bad.getByRole('button').click();
  const atNode = part(page, 'The message at a node');
  await expect(atNode).toContainText('Recomputed by version 2');
  await expect(atNode).toContainText('twelve');
  await picture(page, 'time-message');
  await holdAgainstAxe(page);
  await page.reload();
  await expect(atNode).toContainText('twelve');

  await moment.getByRole('link', { name: 'Replay from here' }).click();
  await expect(page).toHaveURL(new RegExp(`/flows/${id}/replay\\?by=time&since=${failing}&until=\\d+`));
  await page.goBack();
  await page.getByRole('radio', { name: '30 days' }).click();
  await expect(slider).toHaveAttribute('aria-valuenow', String(failing));
  await expect(moment).toContainText('1 failed');
});
