import { expect, type Locator, type Page, test } from '@playwright/test';
import { parseJson } from '#shared/json.ts';
import { type Hands, handsOn, saved } from './hands.ts';
import { crmCustomer, erpOrder, marketingContact, orderText, readValues, warehouseRow, writeOrders } from './orders.ts';

/**
 * The seed scenario as one person draws it with the mouse: orders from a topic fan out to four systems, each with a
 * mapping of ten fields or more, deployed, with every action counted and no expression typed.
 */

/** Actions that the whole of it may take, from the list of flows to the deployed flow. */
const most = 160;

const canvas = (page: Page): Locator => page.getByRole('application');
const settings = (page: Page): Locator => page.getByRole('complementary', { name: 'Settings' });
const card = (page: Page, text: string): Locator => page.locator('[data-node]').filter({ hasText: text });
const mapper = (page: Page): Locator => page.getByRole('main', { name: 'Mapper' });
const field = (page: Page, ...path: string[]): Locator =>
  page.locator(`[data-side="source"] [data-row=${JSON.stringify(JSON.stringify(path))}]`);
const row = (page: Page, key: string): Locator => page.locator(`[data-side="target"] [data-row=${JSON.stringify(key)}]`);

type Order = Readonly<Record<'id' | 'created_at' | 'status' | 'currency' | 'total' | 'newsletter', unknown>> & {
  readonly customer: Readonly<Record<string, unknown>>;
  readonly shipping: Readonly<Record<string, unknown>>;
  readonly items: readonly Readonly<Record<string, unknown>>[];
};

/** What the CRM calls the states of the shop. */
const crmStates: Readonly<Record<string, string>> = { new: 'open', paid: 'won', sent: 'closed' };

/** A branch of the flow: what its system is called, what it wants, and what an order must become there. */
interface Branch {
  name: string;
  schema: object;
  /** Rows of the mapping that must be there in the end. */
  rows: readonly string[];
  makes(order: Order): object;
  /** What auto-map cannot know, by hand. */
  byHand?(page: Page, hands: Hands): Promise<void>;
}

const branches: readonly Branch[] = [
  {
    name: 'CRM customer',
    schema: crmCustomer,
    rows: [...Object.keys(crmCustomer.properties), 'lines[].sku', 'lines[].quantity', 'lines[].price'],
    makes: ({ id, created_at, status, currency, customer, items }) => ({
      customerNo: customer.id,
      fullName: `${customer.first_name} ${customer.last_name}`,
      email: customer.email,
      phone: customer.phone,
      country: customer.country,
      status: crmStates[String(status)],
      lastOrderNo: id,
      lastOrderDate: created_at,
      currency,
      lines: items.map(({ sku, quantity, price }) => ({ sku, quantity, price })),
    }),
    byHand: async (page, hands) => {
      await hands.drag(field(page, 'id'), row(page, 'lastOrderNo'));
      await hands.click(row(page, 'status'), { twice: true });
      const editor = page.getByRole('dialog', { name: 'Rule of status' });
      await hands.click(editor.getByRole('button', { name: 'Value table' }));
      await hands.click(editor.getByRole('button', { name: 'Add values seen in samples' }));
      await expect(editor.getByLabel('Value 3', { exact: true })).toHaveValue(/./);
      for (const line of [1, 2, 3]) {
        await hands.click(editor.getByLabel(`Value ${line} becomes`));
        await hands.type(crmStates[await editor.getByLabel(`Value ${line}`, { exact: true }).inputValue()] ?? '?');
      }
      await hands.click(editor.getByRole('button', { name: 'Apply' }));
      await expect(row(page, 'status')).toContainText(/"(open|won|closed)"/);
    },
  },
  {
    name: 'Marketing contact',
    schema: marketingContact,
    rows: Object.keys(marketingContact.properties),
    makes: ({ created_at, newsletter, total, customer, shipping }) => ({
      contactId: customer.id,
      emailAddress: customer.email,
      firstName: customer.first_name,
      lastName: customer.last_name,
      phoneNumber: customer.phone,
      countryCode: customer.country,
      city: shipping.city,
      newsletter,
      lastOrderAt: created_at,
      lastOrderTotal: total,
    }),
  },
  {
    name: 'ERP order',
    schema: erpOrder,
    rows: [
      ...Object.keys(erpOrder.properties).filter((key) => key !== 'shipTo'),
      ...['street', 'city', 'postalCode', 'country'].map((key) => `shipTo.${key}`),
      ...['sku', 'description', 'qty', 'unitPrice'].map((key) => `lines[].${key}`),
    ],
    makes: ({ id, created_at, currency, total, customer, shipping, items }) => ({
      orderNo: id,
      customerNo: customer.id,
      orderDate: created_at,
      currency,
      total,
      shipTo: { street: shipping.street, city: shipping.city, postalCode: shipping.zip, country: shipping.country },
      lines: items.map(({ sku, title, quantity, price }) => ({ sku, description: title, qty: quantity, unitPrice: price })),
    }),
    byHand: async (page, hands) => {
      await hands.drag(field(page, 'items', 'title'), row(page, 'lines[].description'));
    },
  },
  {
    name: 'Warehouse row',
    schema: warehouseRow,
    rows: Object.keys(warehouseRow.properties),
    makes: ({ id, created_at, status, currency, total, customer, shipping }) => ({
      order_id: id,
      ordered_at: created_at,
      status,
      currency,
      total,
      customer_id: customer.id,
      customer_email: customer.email,
      customer_country: customer.country,
      ship_city: shipping.city,
      ship_zip: shipping.zip,
    }),
  },
];

/** When an order was made, in the JSON text of any result. */
const minuteOf = (text: string): string => /2026-11-20T10:\d\d/.exec(text)?.[0] ?? '';

/** Labels of all fields that anything is typed or pasted into; `code` for those that take an expression. */
async function watchTyping(page: Page): Promise<ReadonlySet<string>> {
  const labels = new Set<string>();
  await page.exposeFunction('typedInto', (label: string) => void labels.add(label));
  await page.addInitScript(() => {
    const note = ({ target }: Event): void => {
      if (!(target instanceof HTMLElement) || (target instanceof HTMLInputElement && target.type === 'checkbox')) return;
      const code = target.closest('.cm-editor') !== null || target.isContentEditable;
      const label = 'labels' in target ? (target.labels as NodeListOf<HTMLLabelElement> | null)?.[0]?.textContent : undefined;
      const name = target.getAttribute('aria-label') ?? label ?? target.outerHTML;
      (window as unknown as { typedInto(label: string): void }).typedInto(code ? `code: ${name}` : name);
    };
    for (const event of ['beforeinput', 'input']) document.addEventListener(event, note, true);
  });
  return labels;
}

test('orders of a topic reach four systems by mouse, with no expression typed', async ({ page }) => {
  test.setTimeout(300_000);
  page.setDefaultTimeout(30_000);
  expect((await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } })).ok()).toBe(true);
  const turn = Date.now().toString(36);
  const input = `seed-orders-${turn}`;
  const topicOf = ({ name }: Branch): string => `seed-${name.toLowerCase().replace(' ', '-')}-${turn}`;
  await writeOrders(input, 0, 12);
  for (const branch of branches) await writeOrders(topicOf(branch), 0, 0);
  const typed = await watchTyping(page);
  const hands = handsOn(page);
  const figures: string[] = [];
  /** A step whose actions are counted by themselves. */
  const step = (what: string, act: () => Promise<void>): Promise<void> =>
    test.step(what, async () => {
      const before = hands.actions;
      await act();
      figures.push(`${what}: ${hands.actions - before}`);
    });

  await page.goto('/');
  await step('make the flow, and its source', async () => {
    await hands.click(page.getByRole('button', { name: 'New flow' }).first());
    await hands.type(`Orders to four systems ${turn}`);
    await hands.click(page.getByRole('button', { name: 'Create flow' }));
    await expect(canvas(page)).toBeVisible();
    await hands.click(page.locator('[data-type="kafka.source"]'));
    await hands.click(settings(page).getByLabel('Topic', { exact: true }));
    await hands.paste(input);
  });

  for (const [index, branch] of branches.entries()) {
    await step(`draw ${branch.name}`, async () => {
      if (index > 0) await hands.click(card(page, input));
      await hands.click(page.locator('[data-type="map"]'));
      await hands.click(settings(page).getByLabel('Name', { exact: true }));
      await hands.type(branch.name);
      await hands.click(page.locator('[data-type="kafka.sink"]'));
      await hands.click(settings(page).getByLabel('Topic', { exact: true }));
      await hands.paste(topicOf(branch));
      // Nothing lies over the card that was just added; no click is made.
      await card(page, topicOf(branch)).click({ trial: true });
    });
  }
  await expect(page.locator('[data-node]')).toHaveCount(9);
  await expect(page.locator('.react-flow__edge')).toHaveCount(8);

  for (const [index, branch] of branches.entries()) {
    await step(`map ${branch.name}`, async () => {
      await hands.click(card(page, branch.name), { twice: true });
      await expect(mapper(page)).toBeVisible();
      // Once for the flow: the other mappings find the same messages.
      if (index === 0) await hands.click(page.getByRole('button', { name: `Take 10 messages from ${input}` }));
      await expect(field(page, 'customer', 'first_name')).toContainText(/Anna|Tom|Maria/);

      await hands.click(page.getByRole('button', { name: 'Start from a sample result' }));
      await expect(page.getByLabel('Paste it here')).toBeFocused();
      await hands.paste(JSON.stringify(branch.schema, null, 2));
      await hands.click(page.getByRole('button', { name: 'Use this shape' }));

      await hands.click(page.getByRole('button', { name: 'Auto-map' }));
      const review = page.getByRole('dialog', { name: 'Auto-map' });
      await expect(review.getByRole('region', { name: 'Sure' })).toBeVisible();
      for (const group of ['likely', 'maybe']) {
        const all = review.getByRole('checkbox', { name: `All that are ${group}` });
        if (await all.isVisible()) await hands.click(all);
      }
      await hands.click(review.getByRole('button', { name: /^Map \d+ fields$/ }));
      await branch.byHand?.(page, hands);

      for (const key of branch.rows) await expect(row(page, key).locator('[data-rule]'), key).toHaveText(/./);
      await expect(page.getByRole('region', { name: 'Checks' })).toContainText('All 10 samples pass');
      await expect(page.getByRole('region', { name: 'Checks' })).toContainText('No problems found');
      await hands.click(page.getByRole('button', { name: 'Close the mapper' }));
      await expect(canvas(page)).toBeVisible();
    });
  }
  await saved(page);

  await step('deploy', async () => {
    await hands.click(page.getByRole('button', { name: /^Deploy/ }));
    await hands.click(page.getByRole('button', { name: 'Deploy version 1 to demo' }));
    await expect(page.getByRole('heading', { name: /^Version 1 of .* is live/ })).toBeVisible({ timeout: 60_000 });
  });

  const description = `${hands.actions} actions (${figures.join(', ')})`;
  test.info().annotations.push({ type: 'actions', description });
  console.log(description);
  expect(hands.actions).toBeLessThanOrEqual(most);
  expect([...typed].sort()).toEqual(['Name', 'Paste it here', 'Topic', 'Value 1 becomes', 'Value 2 becomes', 'Value 3 becomes']);

  await writeOrders(input, 12, 8);
  const orders = Array.from({ length: 20 }, (_, n) => parseJson(orderText(n)) as Order);
  for (const branch of branches) {
    const made = await readValues(topicOf(branch), (values) => values.length >= orders.length);
    // The topic has partitions, so the order is known within each only; no two orders are of the same minute.
    const byMinute = made.sort((a, b) => minuteOf(a).localeCompare(minuteOf(b))).map((text) => parseJson(text));
    expect(byMinute, branch.name).toEqual(orders.map((order) => branch.makes(order)));
  }
});
