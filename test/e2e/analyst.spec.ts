import { expect, type Locator, type Page, test } from '@playwright/test';
import { handsOn, saved } from './hands.ts';
import { crmCustomer, expectCustomers, readValues, writeOrders } from './orders.ts';

/**
 * What an analyst does who knows no JSONata: take messages from a live topic, map an order to a customer of the CRM, see
 * it right, save two tests, deploy, change a rule, read what would change, deploy again. Once by mouse, once by keyboard.
 */

test.beforeEach(async ({ page }) => {
  expect((await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } })).ok()).toBe(true);
});

const canvas = (page: Page): Locator => page.getByRole('application');
const settings = (page: Page): Locator => page.getByRole('complementary', { name: 'Settings' });
const field = (page: Page, ...path: string[]): Locator =>
  page.locator(`[data-side="source"] [data-row=${JSON.stringify(JSON.stringify(path))}]`);
const row = (page: Page, key: string): Locator => page.locator(`[data-side="target"] [data-row=${JSON.stringify(key)}]`);
const card = (page: Page, text: string): Locator => page.locator('[data-node]').filter({ hasText: text });

test('an analyst maps, proves and deploys by mouse', async ({ page }) => {
  test.setTimeout(240_000);
  page.setDefaultTimeout(30_000);
  const turn = Date.now().toString(36);
  const topics = { in: `shop-orders-${turn}`, out: `crm-customers-${turn}` };
  await writeOrders(topics.in, 0, 30);
  await writeOrders(topics.out, 0, 0);
  const hands = handsOn(page);

  await page.goto('/');
  await hands.click(page.getByRole('button', { name: 'New flow' }).first());
  await hands.type(`Orders to CRM ${turn}`);
  await hands.click(page.getByRole('button', { name: 'Create flow' }));
  await expect(canvas(page)).toBeVisible();

  await test.step('draw source, map and sink', async () => {
    await hands.click(page.locator('[data-type="kafka.source"]'));
    await hands.click(card(page, 'Kafka topic'));
    await hands.click(settings(page).getByLabel('Topic', { exact: true }));
    await hands.paste(topics.in);
    await hands.click(page.locator('[data-type="map"]'));
    await hands.click(page.locator('[data-type="kafka.sink"]'));
    await expect(page.locator('[data-node]')).toHaveCount(3);
    await hands.click(card(page, 'Kafka topic').last());
    await hands.click(settings(page).getByLabel('Topic', { exact: true }));
    await hands.paste(topics.out);
    await expect(page.locator('.react-flow__edge')).toHaveCount(2);
  });

  await test.step('take ten messages and say what the CRM wants', async () => {
    await hands.click(card(page, 'Map'), { twice: true });
    await expect(page.getByRole('main', { name: 'Mapper' })).toBeVisible();
    await hands.click(page.getByRole('button', { name: `Take 10 messages from ${topics.in}` }));
    await expect(field(page, 'customer', 'first_name')).toContainText(/Anna|Tom|Maria/);
    await hands.click(page.getByRole('button', { name: 'Start from a sample result' }));
    await hands.click(page.getByLabel('Paste it here'));
    await hands.paste(JSON.stringify(crmCustomer, null, 2));
    await hands.click(page.getByRole('button', { name: 'Use this shape' }));
    await expect(row(page, 'fullName')).toBeVisible();
  });

  await test.step('map: what auto-map is sure of, the joined names, the value table, the lines', async () => {
    await hands.click(page.getByRole('button', { name: 'Auto-map' }));
    await hands.click(page.getByRole('button', { name: /^Map \d+ fields$/ }));
    await expect(row(page, 'email')).toContainText('@example.com');

    if ((await row(page, 'fullName').locator('[data-rule]').textContent())?.includes('first_name') !== true) {
      await hands.click(field(page, 'customer', 'first_name'));
      await hands.click(row(page, 'fullName'));
      await hands.click(field(page, 'customer', 'last_name'));
      await hands.click(row(page, 'fullName'));
      await hands.click(page.getByRole('menuitem', { name: 'Join as text behind it' }));
    }
    await expect(row(page, 'fullName')).toContainText(/"(Anna Lee|Tom Ek|Maria Cruz)"/);

    await hands.click(row(page, 'status'), { twice: true });
    const editor = page.getByRole('dialog', { name: 'Rule of status' });
    await hands.click(editor.getByRole('button', { name: 'Value table' }));
    await hands.click(editor.getByLabel('Value to translate', { exact: true }));
    await hands.type('status');
    await hands.press('Enter');
    await hands.click(editor.getByRole('button', { name: 'Add values seen in samples' }));
    const becomes: Readonly<Record<string, string>> = { new: 'open', paid: 'won', sent: 'closed' };
    await expect(editor.getByLabel('Value 3', { exact: true })).toHaveValue(/./);
    for (const line of [1, 2, 3]) {
      await hands.click(editor.getByLabel(`Value ${line} becomes`));
      await hands.type(becomes[await editor.getByLabel(`Value ${line}`, { exact: true }).inputValue()] ?? '?');
    }
    await hands.click(editor.getByRole('button', { name: 'Apply' }));
    await expect(row(page, 'status')).toContainText(/"(open|won|closed)"/);

    if (!(await row(page, 'lines[].sku').isVisible())) {
      await hands.drag(field(page, 'items'), row(page, 'lines'));
      await hands.click(page.getByRole('menuitem', { name: 'For each item', exact: true }));
    }
    await expect(row(page, 'lines')).toContainText(/item/);
    await expect(row(page, 'lines[].sku')).toContainText('"SKU-1"');
  });

  await saved(page);

  await test.step('try, and save two tests', async () => {
    await hands.click(page.getByRole('button', { name: 'Close the mapper' }));
    await hands.click(page.getByRole('button', { name: 'Try with samples' }));
    const ribbon = page.getByRole('region', { name: 'Try' });
    await expect(ribbon).toContainText('10 samples');
    await expect(card(page, 'Map')).toContainText('10 → 10');
    for (const name of ['Ten orders', 'Nine orders']) {
      await hands.click(ribbon.getByRole('button', { name: 'Save as test' }));
      const dialog = page.getByRole('dialog', { name: 'Save as test' });
      await expect(dialog.getByRole('button', { name: 'Save the test' })).toBeEnabled();
      await expect(dialog.getByLabel('Name')).toBeFocused();
      await hands.press('Control+a');
      await hands.type(name);
      await hands.click(dialog.getByRole('button', { name: 'Save the test' }));
      await expect(dialog).toBeHidden();
      if (name === 'Nine orders') break;
      await hands.click(page.getByRole('button', { name: /^Samples/ }).first());
      await hands.click(page.getByRole('checkbox', { name: /takes part in Try/ }).first());
      await expect(ribbon).toContainText('9 samples');
    }
    await hands.click(ribbon.getByRole('button', { name: 'Leave Try' }));
  });

  const deploy = async (version: number): Promise<void> => {
    await hands.click(page.getByRole('button', { name: `Deploy version ${version} to demo` }));
    await expect(page.getByRole('heading', { name: new RegExp(`^Version ${version} of .* is live`) })).toBeVisible({ timeout: 60_000 });
    await hands.click(page.getByRole('button', { name: 'Back to the editor' }));
    await expect(canvas(page)).toBeVisible();
  };

  await test.step('deploy, and find what was mapped at the CRM', async () => {
    await hands.click(page.getByRole('button', { name: /^Deploy/ }));
    await expect(page.getByRole('heading', { name: /^Deploy version 1 of/ })).toBeVisible();
    await deploy(1);
    await writeOrders(topics.in, 30, 3);
    expectCustomers(await readValues(topics.out, (values) => values.length >= 3));
  });

  await test.step('change a rule, read what would change, deploy that', async () => {
    await hands.click(card(page, 'Map'), { twice: true });
    await hands.click(row(page, 'currency'), { twice: true });
    const editor = page.getByRole('dialog', { name: 'Rule of currency' });
    await hands.click(editor.getByRole('button', { name: 'Fixed value' }));
    await hands.press('Control+a');
    await hands.type('CHF');
    await hands.click(editor.getByRole('button', { name: 'Apply' }));
    await expect(row(page, 'currency')).toContainText('"CHF"');
    await saved(page);
    await hands.click(page.getByRole('button', { name: /^Deploy/ }));
    const report = page.getByRole('region', { name: 'What would change' });
    await expect(report).toContainText(/33 messages: 0 same, 33 changed/, { timeout: 60_000 });
    const group = report.getByRole('listitem').filter({ hasText: 'currency' }).first();
    await expect(group).toContainText('"EUR"');
    await expect(group).toContainText('"CHF"');
    await hands.click(group.getByRole('checkbox', { name: /^Expected/ }));
    await deploy(2);
    await writeOrders(topics.in, 40, 2);
    const inFrancs = (values: readonly string[]) => values.filter((text) => text.includes('"CHF"')).length;
    expect(inFrancs(await readValues(topics.out, (values) => inFrancs(values) === 2))).toBe(2);
  });
  test.info().annotations.push({ type: 'actions', description: String(hands.actions) });
});
