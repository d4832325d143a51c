import { join } from 'node:path';
import { expect, type Locator, type Page, test } from '@playwright/test';
import Database from 'better-sqlite3';
import type { DeadLetter } from '#shared/api.ts';
import type { FlowStatus } from '#shared/events.ts';
import { each, type Receiver, startReceiver } from '../flows/receiver.ts';
import { until } from '../wait.ts';

/** The seed scenario as a person does it: drawn by mouse, deployed with the button, orders posted to its webhook. */

const orders = 1000;
const bad = 50;
const good = orders - bad;
const id = 'acceptance-shop';

const orderText = (n: number) =>
  n % 20 === 7
    ? `{"id":"o-${n}","customer":{"id":"c-${n}"},"total":"12,50"}`
    : `{"id":"o-${n}","customer":{"id":"c-${n}","name":"Ann"},"total":${n}}`;

const schema = { type: 'object', required: ['id', 'customer', 'total'], properties: { total: { type: 'number' } } };

const canvas = (page: Page): Locator => page.getByRole('application');
const cards = (page: Page): Locator => page.locator('[data-node]');
const settings = (page: Page): Locator => page.getByRole('complementary', { name: 'Settings' });

const showAll = (page: Page): Promise<void> => page.getByRole('button', { name: /^Fit/ }).click();

/** Does what makes a new node appear, and opens the node's settings by a click on its card. */
async function openNew(page: Page, make: () => Promise<void>): Promise<void> {
  const ids = () => cards(page).evaluateAll((all) => all.map((each) => each.getAttribute('data-node') ?? ''));
  const before = new Set(await ids());
  await make();
  await expect(cards(page)).toHaveCount(before.size + 1);
  const made = (await ids()).find((each) => !before.has(each));
  await showAll(page);
  await page.locator(`[data-node="${made}"]`).click();
}

/** Adds a type by a click in the palette: it lands right of the selected node, connected to it. */
async function add(page: Page, type: string, label: string): Promise<void> {
  await openNew(page, () => page.locator(`[data-type="${type}"]`).click());
  await settings(page).getByRole('textbox', { name: 'Name', exact: true }).fill(label);
}

/** Types an expression where a person would: in the editor field of that label. */
async function express(page: Page, label: string, text: string): Promise<void> {
  const field = settings(page).getByRole('textbox', { name: label, exact: true });
  await field.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
}

async function select(page: Page, label: string): Promise<void> {
  await showAll(page);
  await cards(page).filter({ hasText: label }).click();
}

test('orders posted to a drawn flow arrive in four systems; the bad ones are dead letters; a stopped CRM holds up nobody', async ({
  page,
  request,
  baseURL,
}) => {
  test.setTimeout(300_000);
  const headers = { authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` };
  const status = async () => (await (await request.get(`/api/flows/${id}/status`, { headers })).json()) as FlowStatus;
  const systems: Receiver[] = await Promise.all([startReceiver(), startReceiver(), startReceiver()]);
  const [crm, marketing, erp] = systems as [Receiver, Receiver, Receiver];

  await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
  await page.goto('/');
  await page.getByRole('button', { name: 'New flow' }).first().click();
  await page.getByRole('textbox', { name: /Name/ }).fill('Acceptance shop');
  await page.getByRole('button', { name: /Create/ }).click();
  await expect(canvas(page)).toBeVisible();

  await openNew(page, () => page.locator('[data-type="webhook"]').dragTo(canvas(page), { targetPosition: { x: 160, y: 300 } }));
  await settings(page).getByRole('textbox', { name: 'Path', exact: true }).fill('acceptance/orders');
  await add(page, 'validate', 'Order is complete');
  await settings(page).getByRole('textbox', { name: 'JSON Schema', exact: true }).fill(JSON.stringify(schema));

  const branches: [string, string, string, string | undefined][] = [
    ['Customer', '{ "id": customer.id, "name": customer.name }', 'CRM', crm.url],
    ['Contact', '{ "contact": customer.id, "order": id }', 'Marketing', marketing.url],
    ['ERP order', '{ "orderNo": id, "total": total }', 'ERP', erp.url],
    ['Row', '{ "id": id, "total": total }', 'Warehouse', undefined],
  ];
  for (const [map, expression, sink, url] of branches) {
    await select(page, 'Order is complete');
    await add(page, 'map', map);
    await express(page, 'New value', expression);
    await add(page, url === undefined ? 'sqlite' : 'http', sink);
    if (url !== undefined) await express(page, 'URL', JSON.stringify(url));
    else {
      await settings(page).getByRole('textbox', { name: 'File', exact: true }).fill('acceptance.db');
      const advanced = settings(page).getByRole('button', { name: /^Advanced/ });
      await advanced.click();
      await expect(advanced).toHaveAttribute('aria-expanded', 'true');
      await settings(page).getByRole('switch', { name: 'Create what is missing' }).check();
    }
  }
  await expect(cards(page)).toHaveCount(10);
  await expect(page.locator('.react-flow__edge')).toHaveCount(9);
  await showAll(page);
  await expect(page.getByText(/^Saved \d/)).toBeVisible();

  await page.getByRole('button', { name: /^Deploy/ }).click();
  await page.getByRole('button', { name: 'Deploy version 1' }).click();
  await expect.poll(async () => (await status()).state, { timeout: 60_000 }).toBe('running');
  await page.getByRole('button', { name: 'Back to the editor' }).click();

  crm.answerWith(503);
  const hook = `${baseURL}/hooks/acceptance/orders`;
  await each(
    Array.from({ length: orders }, (_, n) => n),
    16,
    async (n) => {
      const answer = await fetch(hook, { method: 'POST', headers: { 'content-type': 'application/json' }, body: orderText(n) });
      expect(answer.status).toBe(200);
    },
  );
  const rows = () => {
    const database = new Database(join(process.env.MILLRACE_DATA ?? '', 'files', 'acceptance.db'), { readonly: true });
    try {
      return (database.prepare('SELECT count(DISTINCT id) AS count FROM orders').get() as { count: number }).count;
    } finally {
      database.close();
    }
  };
  await until(
    'marketing, ERP and warehouse have all good orders',
    () => marketing.done.size === good && erp.done.size === good && rows() === good,
  );
  await until('the CRM was asked', () => crm.calls() > 0);
  expect(crm.done.size).toBe(0);
  await expect(page.getByText(/CRM is retrying/).first()).toBeVisible();

  crm.answerWith(undefined);
  await until('the CRM has caught up', () => crm.done.size === good, 120_000);
  expect(new Set([...crm.done.values()].map((body) => (JSON.parse(body) as { id: string }).id)).size).toBe(good);

  let letters: DeadLetter[] = [];
  await until('all bad orders are dead letters', async () => {
    letters = (await (await request.get(`/api/flows/${id}/dead-letters?limit=200`, { headers })).json()) as DeadLetter[];
    return letters.length >= bad;
  });
  expect(letters).toHaveLength(bad);
  for (const letter of letters) {
    expect(letter.code).toBe('validate/invalid');
    expect(letter.message).not.toBe('');
    expect(orderText(Number((JSON.parse(letter.value) as { id: string }).id.slice(2)))).toBe(letter.value);
  }
  await until('the ledger balances', async () => {
    const { balance } = await status();
    return (
      balance.in === orders && balance.dead === bad && balance.delivered === 4 * good && balance.inFlight === 0 && balance.difference === 0
    );
  });
  await expect(page.getByText(/50 dead letters/).first()).toBeVisible();
  await Promise.all(systems.map((system) => system.close()));
});
