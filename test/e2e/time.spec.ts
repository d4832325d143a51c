import { join } from 'node:path';
import { expect, type Locator, type Page, test } from '@playwright/test';
import Database from 'better-sqlite3';
import type { FlowHistory } from '#shared/api.ts';
import type { Timeline } from '#shared/moment.ts';
import { flowOf } from '../flows/flow.ts';
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
  const id = `time-two-${Date.now().toString(36)}`;
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

test('moves a picture that is wider than its place by hand and by keyboard, and shows it in full size', async ({ page }) => {
  const id = `time-wide-${Date.now().toString(36)}`;
  const api = apiOf(page);
  const chain = [
    { id: 'in', type: 'webhook', label: 'Step 0', config: { path: id } },
    ...Array.from({ length: 9 }, (_, n) => ({ id: `map${n}`, type: 'map', label: `Step ${n + 1}`, config: { expression: '$' } })),
    { id: 'out', type: 'log', label: 'Step 10', config: {} },
  ];
  await api('POST', '/api/flows', flowOf(id, chain));
  await api('POST', `/api/flows/${id}/deploy`, {});
  const now = Date.now();
  deployedAt(id, 1, now - 30 * minute);

  await page.goto(`/flows/${id}/time?at=${minuteOf(now) - 10 * minute}&span=1h`);
  const flow = part(page, 'The flow as it was');
  const frame = flow.locator('[data-pans]');
  const card = (n: number): Locator => flow.locator('[data-node]').filter({ hasText: new RegExp(`Step ${n}(?!\\d)`) });
  const left = () => frame.evaluate((element) => Math.round(element.scrollLeft));
  const width = () => card(1).evaluate((element) => Math.round(element.getBoundingClientRect().width));
  const full = flow.getByRole('button', { name: 'Full size' });
  await expect(full).toHaveAttribute('aria-pressed', 'false');
  await expect(card(10)).not.toBeInViewport();
  const small = await width();

  // By hand: a drag moves it, from a card too, and chooses nothing; a press in place does.
  const drag = async (from: Locator, by: number): Promise<void> => {
    const box = await from.boundingBox();
    if (box === null) throw new Error('There is nothing to take hold of.');
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x - by / 2, y, { steps: 4 });
    await page.mouse.move(x - by, y, { steps: 4 });
    await page.mouse.up();
  };
  await drag(card(3), 200);
  await expect.poll(left).toBe(200);
  await expect(flow.locator('[data-node][aria-pressed="true"]')).toHaveCount(0);
  // What is dragged out of the picture is still held, and the next key is no part of it.
  await drag(card(3), 320);
  await expect.poll(left).toBe(520);
  await card(4).focus();
  await page.keyboard.press('Enter');
  await expect(card(4)).toHaveAttribute('aria-pressed', 'true');
  await card(5).click();
  await expect(card(5)).toHaveAttribute('aria-pressed', 'true');
  await expect(card(4)).toHaveAttribute('aria-pressed', 'false');

  // In full size what is chosen stays in sight.
  await full.click();
  await expect(full).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(width).toBeGreaterThan(small);
  await expect(card(5)).toBeInViewport();
  await picture(page, 'time-full-size');

  // By keyboard: one stop in the picture; the arrows bring each card into view.
  await card(5).focus();
  for (let n = 6; n <= 10; n++) {
    await page.keyboard.press('ArrowRight');
    await expect(card(n)).toBeFocused();
    await expect(card(n)).toBeInViewport();
  }
  await page.keyboard.press('Enter');
  await expect(card(10)).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('Tab');
  await expect(full).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(full).toHaveAttribute('aria-pressed', 'false');
  await expect.poll(width).toBe(small);
  await expect(card(10)).toBeInViewport();
  await picture(page, 'time-wide');
  await holdAgainstAxe(page);
});
