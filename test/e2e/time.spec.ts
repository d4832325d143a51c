import { expect, type Locator, type Page, test } from '@playwright/test';
import type { FlowHistory } from '#shared/api.ts';
import type { Timeline } from '#shared/moment.ts';
import { until } from '../wait.ts';
import { apiOf, holdAgainstAxe, orders, picture, save, shop, through, write } from './replay-shop.ts';

/** Time travel in a real browser: a flow with two deployments, looked at before, between and after them. */

const minute = 60_000;
const part = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

test.beforeEach(async ({ page }) => {
  await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
});

test('shows the version, the numbers, a message and the error of a moment, by mouse and by keyboard', async ({ page }) => {
  const id = 'time-two';
  const api = apiOf(page);
  await write(`${id}-orders`, orders(0, 3));
  // The first version cannot take an order whose total is a text.
  await api('POST', '/api/flows', shop(id, '$number(total)', false));
  await api('POST', `/api/flows/${id}/deploy`, {});
  await write(`${id}-orders`, [{ key: 'o-bad', value: JSON.stringify({ id: 'o-bad', total: 'twelve' }) }]);
  await through(api, id, 4);
  await save(api, shop(id, 'total', false), id);
  await api('POST', `/api/flows/${id}/deploy`, {});
  const history = await api<FlowHistory>('GET', `/api/flows/${id}/history`);
  const [second = 0, first = 0] = history.versions.map(({ deployments: [last] }) => Date.parse(last?.deployedAt ?? ''));
  const minuteOf = (at: number): number => Math.floor(at / minute) * minute;
  await until('the minute of the failure is counted', async () => {
    const { points } = await api<Timeline>('GET', `/api/flows/${id}/timeline?since=${first - 10 * minute}&until=${second + 2 * minute}`);
    return points.reduce((sum, { dead }) => sum + dead, 0) === 1;
  });

  await page.goto(`/flows/${id}/time?at=${minuteOf(first) - 2 * minute}&span=1h`);
  const slider = page.getByRole('slider', { name: 'Moment' });
  const moment = part(page, 'That moment');
  await expect(moment).toContainText('the flow had not been deployed yet');
  await expect(part(page, 'The flow as it was')).toContainText('Not deployed yet');

  // By keyboard: to the mark of the deployments, and minute by minute.
  await slider.focus();
  await page.keyboard.press('PageUp');
  await expect.poll(() => new URL(page.url()).searchParams.get('at')).toBe(String(minuteOf(first)));
  await expect(moment).toContainText(minuteOf(first) === minuteOf(second) ? 'Version 2' : 'Version 1');
  await page.keyboard.press('ArrowLeft');
  await expect(moment).toContainText('the flow had not been deployed yet');
  await page.keyboard.press('ArrowRight');
  await expect(moment).toContainText('was live');

  // By mouse: the last mark is the second version.
  await page.keyboard.press('End');
  await expect(moment).toContainText('Version 2');
  await expect(part(page, 'From then to now')).toContainText('live now too');
  const happened = part(page, 'Happened in the hour before');
  await expect(happened).toContainText('Version 1 was deployed by First admin key.');
  await expect(happened).toContainText('Version 2 was deployed by First admin key, in place of version 1.');

  const failing = await failingMinute(api, id, first, second);
  const box = await page.getByRole('slider', { name: 'Moment' }).locator('..').boundingBox();
  if (box === null) throw new Error('The axis is not on the page.');
  const low = Number(await slider.getAttribute('aria-valuemin'));
  const high = Number(await slider.getAttribute('aria-valuemax')) + minute;
  await page.mouse.click(box.x + ((failing + minute / 2 - low) / (high - low)) * box.width, box.y + 20);
  await expect(slider).toHaveAttribute('aria-valuenow', String(failing));
  await expect(moment).toContainText('1 failed');
  await expect(moment.getByRole('list', { name: 'What failed' })).toContainText('To warehouse');
  const messages = part(page, 'Messages of about that moment');
  const bad = messages.locator('li').filter({ hasText: 'o-bad' });
  await expect(bad).toContainText('failed at To warehouse');
  await bad.getByRole('button').click();
  await expect(part(page, 'The message at a node')).toContainText('twelve');
  await expect(page.getByRole('button', { name: /To warehouse/, pressed: false })).toBeVisible();
  await picture(page, 'time-message');
  await holdAgainstAxe(page);
  await page.reload();
  await expect(part(page, 'The message at a node')).toContainText('twelve');

  await part(page, 'That moment').getByRole('link', { name: 'Replay from here' }).click();
  await expect(page).toHaveURL(new RegExp(`/flows/${id}/replay\\?by=time&since=${failing}&until=\\d+`));
  await page.goBack();
  await page.getByRole('radio', { name: '30 days' }).click();
  await expect(slider).toHaveAttribute('aria-valuenow', String(failing));
  await expect(moment).toContainText('1 failed');
  await picture(page, 'time-month');
});

/** The minute in which the message failed: its deployment may have begun in the one before. */
async function failingMinute(api: ReturnType<typeof apiOf>, id: string, first: number, second: number): Promise<number> {
  const { points } = await api<Timeline>('GET', `/api/flows/${id}/timeline?since=${first - minute}&until=${second + 2 * minute}`);
  return points.find(({ dead }) => dead > 0)?.at ?? 0;
}
