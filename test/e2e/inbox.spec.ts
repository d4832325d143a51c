import AxeBuilder from '@axe-core/playwright';
import { type APIRequestContext, expect, type Locator, type Page, test } from '@playwright/test';
import type { InboxList } from '#shared/inbox.ts';
import type { Replay, Retry } from '#shared/replay.ts';
import { until } from '../wait.ts';

/** The dead-letter inbox in a real browser: from 40 broken messages to none, with the mouse and with the keyboard alone. */

let scripts: APIRequestContext;
let number = 0;
const headers = () => ({ authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` });

test.beforeEach(async ({ page, request }) => {
  scripts = request;
  expect((await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } })).ok()).toBe(true);
});

const expression = '{\n  "orderNo": id,\n  "number": number,\n  "total": $number(total),\n  "email": $lowercase(email)\n}';
const orderText = (n: number): string =>
  `{"id":"o-${n}","number":9007199254740993,"total":"${n < 20 ? `${n},50` : '1.10'}","email":${n >= 20 && n < 40 ? n : '"a@example.com"'}}`;

/** 20 orders with a comma, 20 with a number for an address, 5 good ones, through a deployed flow. */
async function shopWithBrokenOrders(): Promise<string> {
  const id = `inbox-${Date.now().toString(36)}-${++number}`;
  const flow = {
    format: 1,
    id,
    name: `Shop ${id}`,
    nodes: [
      { id: 'hook', type: 'webhook', version: 1, label: 'Orders', config: { path: id, key: 'id' } },
      { id: 'map', type: 'map', version: 1, label: 'Clean order', config: { expression } },
      { id: 'out', type: 'kafka.sink', version: 1, label: 'Clean orders', config: { topic: `${id}-out`, createPartitions: 1 } },
    ],
    edges: [
      { id: 'e1', from: { node: 'hook', port: 'out' }, to: { node: 'map', port: 'in' } },
      { id: 'e2', from: { node: 'map', port: 'out' }, to: { node: 'out', port: 'in' } },
    ],
  };
  expect((await scripts.post('/api/flows', { headers: headers(), data: flow })).status()).toBe(201);
  expect((await scripts.post(`/api/flows/${id}/deploy`, { headers: headers(), data: {} })).ok()).toBe(true);
  await Promise.all(
    Array.from({ length: 45 }, (_, n) =>
      scripts.post(`/hooks/${id}`, { headers: { 'content-type': 'application/json' }, data: Buffer.from(orderText(n)) }),
    ),
  );
  await until('40 messages are open', async () => (await listOf(id)).counts.messages === 40);
  return id;
}

async function listOf(id: string, tab = 'open'): Promise<InboxList> {
  await scripts.post('/api/inbox/refresh', { headers: headers() });
  return (await (await scripts.get(`/api/inbox?flow=${id}&tab=${tab}`, { headers: headers() })).json()) as InboxList;
}

async function messagesIn(topic: string): Promise<number> {
  const topics = (await (await scripts.get('/api/topics', { headers: headers() })).json()) as { name: string }[];
  if (!topics.some(({ name }) => name === topic)) return 0;
  const id = topic.replace(/-out$/, '');
  const found = await scripts.post(`/api/flows/${id}/samples/find`, {
    headers: headers(),
    data: { topic, how: { by: 'newest' }, count: 100 },
  });
  expect(found.ok(), await found.text()).toBe(true);
  return ((await found.json()) as { topics: { messages: unknown[] }[] }).topics.reduce((sum, { messages }) => sum + messages.length, 0);
}

/** Keeps answers from the page until the function that it gives is called. */
async function heldBack(page: Page, url: string): Promise<() => void> {
  let come = (): void => undefined;
  const called = new Promise<void>((resolve) => {
    come = resolve;
  });
  await page.route(url, async (route) => {
    await called;
    await route.continue();
  });
  return come;
}

const causes = (page: Page): Locator => page.getByRole('list', { name: 'Causes' }).locator('[data-cause]');
const tab = (page: Page, name: string): Locator => page.getByRole('radio', { name: new RegExp(`^${name}`) });
const banner = (page: Page): Locator => page.getByText(/^Check fix:/);
const accessible = async (page: Page): Promise<void> => {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => [id, nodes[0]?.html]),
  ).toEqual([]);
};

test('40 broken messages of two causes are two causes; a suggested fix is checked, deployed and retried, the rest discarded and recovered', async ({
  page,
}) => {
  const id = await shopWithBrokenOrders();
  await page.goto(`/dead-letters/${id}`);
  await expect(page.getByText('2 open causes, 40 messages')).toBeVisible();
  await expect(causes(page)).toHaveCount(2);
  await causes(page).filter({ hasText: 'total could not be turned into a number: text with comma' }).click();
  const message = page.getByRole('region', { name: 'Value of the message' });
  await expect(message).toContainText('9007199254740993');
  await expect(message).toContainText('not a number');
  const table = page.getByRole('region', { name: 'Messages of this cause' });
  await expect(table.getByRole('row')).toHaveCount(21);
  await expect(table).toContainText('"19,50"');
  await accessible(page);

  await page.getByRole('button', { name: 'Check fix', exact: true }).click();
  await expect(banner(page)).toHaveText('Check fix: 0 of 20 would pass with the draft, 0 with the deployed version');
  const fix = page.getByRole('region', { name: 'Convert comma decimals' });
  await expect(fix).toContainText('20 of 20');
  await fix.getByRole('button', { name: 'Put into the draft' }).click();
  await expect(banner(page)).toHaveText('Check fix: 20 of 20 would pass with the draft, 0 with the deployed version');
  await expect(causes(page).filter({ hasText: 'total could' })).toContainText('Fix ready');
  await expect(table.getByText('Passes')).toHaveCount(20);
  // The edit is one step that can be taken back, and taken again.
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(banner(page)).toHaveText('Check fix: 0 of 20 would pass with the draft, 0 with the deployed version');
  await fix.getByRole('button', { name: 'Put into the draft' }).click();
  await expect(banner(page)).toHaveText('Check fix: 20 of 20 would pass with the draft, 0 with the deployed version');

  await page.getByRole('button', { name: 'Retry 20…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('The fix is in the draft only');
  await expect(dialog).toContainText('No newer messages of these keys have come since');
  await accessible(page);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect((await scripts.post(`/api/flows/${id}/deploy`, { headers: headers(), data: {} })).ok()).toBe(true);
  await page.reload();
  await causes(page).filter({ hasText: 'total could' }).click();
  await page.getByRole('button', { name: 'Retry 20…' }).click();
  await expect(dialog).not.toContainText('The fix is in the draft only');
  await dialog.getByRole('button', { name: 'Retry 20' }).click();
  await expect(page.getByText('1 open cause, 20 messages')).toBeVisible({ timeout: 60_000 });
  expect(await messagesIn(`${id}-out`)).toBe(25);
  await tab(page, 'Solved').click();
  await expect(causes(page)).toHaveCount(1);
  await expect(causes(page)).toContainText('Solved');
  // No second item came of the retry.
  expect((await listOf(id, 'solved')).causes[0]).toMatchObject({ messages: 0, solved: 20, discarded: 0 });

  await tab(page, 'Open').click();
  await causes(page).click();
  await page.getByRole('button', { name: 'Discard…' }).click();
  await dialog.getByRole('textbox', { name: 'Why' }).fill('test orders of a shop that is closed');
  await dialog.getByRole('button', { name: 'Discard 20' }).click();
  await expect(page.getByText('Nothing is open', { exact: true })).toBeVisible();
  await tab(page, 'Discarded').click();
  await expect(page.getByRole('region', { name: 'Discarded messages' })).toContainText('test orders of a shop that is closed');
  await page.getByRole('button', { name: 'Recover 20' }).click();
  await expect(page.getByText('1 open cause, 20 messages')).toBeVisible();
});

test('by keyboard alone: causes by arrows, check, edit one message and retry it, discard', async ({ page }) => {
  const id = await shopWithBrokenOrders();
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await page.goto(`/dead-letters/${id}`);
  await expect(causes(page)).toHaveCount(2);
  await accessible(page);
  await causes(page).first().focus();
  await page.keyboard.press('ArrowDown');
  await expect(causes(page).nth(1)).toBeFocused();
  await expect(causes(page).nth(1)).toHaveAttribute('aria-current', 'true');
  await page.keyboard.press('ArrowUp');
  await expect(causes(page).first()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: /could not be turned|needs a text/ })).toBeFocused();
  await page.keyboard.press('c');
  await expect(banner(page)).toBeVisible();

  const rows = page.getByRole('region', { name: 'Messages of this cause' }).locator('tbody tr');
  await expect(rows).toHaveCount(20);
  await rows.first().focus();
  await page.keyboard.press('ArrowDown');
  await expect(rows.nth(1)).toBeFocused();
  await page.keyboard.press(' ');
  await expect(page.getByText(/^19 selected/)).toBeVisible();
  await page.keyboard.press(' ');
  await expect(page.getByText(/^20 selected/)).toBeVisible();

  // While the letter is on its way the dialog has the keyboard, then the field; unless somebody went elsewhere meanwhile.
  const dialog = page.getByRole('dialog');
  const first = dialog.getByRole('textbox').first();
  let letterComes = await heldBack(page, '**/api/inbox/letter?*');
  await page.keyboard.press('e');
  await expect(dialog).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(dialog.getByRole('button', { name: 'Close' })).toBeFocused();
  letterComes();
  await expect(first).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  letterComes = await heldBack(page, '**/api/inbox/letter?*');
  await page.keyboard.press('e');
  await expect(dialog.getByRole('status', { name: 'Loading the message' })).toBeVisible();
  await expect(dialog).toBeFocused();
  letterComes();
  await expect(first).toBeFocused();
  const isTotal = (await dialog.textContent())?.includes('not a number') === true;
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(isTotal ? '"12.50"' : '"b@example.com"');
  await accessible(page);
  await dialog.getByRole('textbox', { name: 'Why' }).focus();
  await page.keyboard.type('the shop told us by phone');
  await dialog.getByRole('button', { name: 'Retry as edited' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText('2 open causes, 39 messages')).toBeVisible({ timeout: 60_000 });
  expect(await messagesIn(`${id}-out`)).toBe(6);
  const audit = (await (await scripts.get('/api/audit?limit=20', { headers: headers() })).json()) as { action: string; detail: string }[];
  const edit = audit.find(({ action }) => action === 'dead-letter/edit');
  expect(edit?.detail).toContain(isTotal ? '→ "12.50"' : '→ "b@example.com"');
  expect(edit?.detail).toContain('the shop told us by phone');

  await expect(dialog).toBeHidden();
  await page.keyboard.press('d');
  await dialog.getByRole('textbox', { name: 'Why' }).focus();
  await page.keyboard.type('no longer wanted');
  await dialog.getByRole('button', { name: 'Discard 19' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText('1 open cause, 20 messages')).toBeVisible();
});

test('what a replay has taken is said with a way to it, and a retry leaves it alone until the replay is over', async ({ page }) => {
  const id = await shopWithBrokenOrders();
  const spec = {
    ...{ name: 'Morning again', range: { by: 'time', since: Date.now() - 3_600_000, until: Date.now() + 60_000 } },
    ...{ filter: { onlyFailed: true }, version: 1, sinks: ['out'], target: 'real', pauseAtErrorShare: 1, reason: 'a test' },
    // One message goes, and the next for hours not.
    perSecond: 0.0001,
  };
  const started = await scripts.post(`/api/flows/${id}/replays`, { headers: headers(), data: { spec } });
  expect(started.ok(), await started.text()).toBe(true);
  const replay = (await started.json()) as Replay;
  const now = async () => (await (await scripts.get(`/api/replays/${replay.id}`, { headers: headers() })).json()) as Replay;
  await until('one message has failed again', async () => (await now()).balance.failed === 1);
  expect((await scripts.post(`/api/replays/${replay.id}/pause`, { headers: headers() })).ok()).toBe(true);

  await page.goto(`/dead-letters/${id}`);
  await causes(page).filter({ hasText: 'total could' }).click();
  const notice = page.getByRole('status').filter({ hasText: '20 messages are in the range of a replay that is paused' });
  await expect(notice).toContainText('A retry leaves them to that replay. Resume or stop it first.');
  await accessible(page);
  await page.getByRole('button', { name: 'Retry 20…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retry 20' }).click();
  await until('the retry has left them', async () => {
    const retries = (await (await scripts.get(`/api/flows/${id}/retries`, { headers: headers() })).json()) as Retry[];
    return retries.some(({ state, skipped, passed }) => state === 'done' && skipped === 20 && passed === 0);
  });
  await notice.getByRole('link', { name: 'Morning again' }).click();
  await expect(page.getByRole('heading', { name: 'Morning again' })).toBeVisible();
  expect((await scripts.post(`/api/replays/${replay.id}/stop`, { headers: headers() })).ok()).toBe(true);
  await page.goBack();
  await expect(causes(page)).toHaveCount(2);
  await expect(page.getByRole('button', { name: 'Retry 20…' })).toBeEnabled();
  await expect(notice).toBeHidden();
});
