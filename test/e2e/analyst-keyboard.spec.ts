import { expect, type Locator, type Page, test } from '@playwright/test';
import { type Hands, handsOn, saved } from './hands.ts';
import { crmCustomer, expectCustomers, readValues, writeOrders } from './orders.ts';

/**
 * The story of the analyst again, without a mouse: every step is a key, a chord or a text typed where the focus is. Nothing
 * is clicked, and nothing is given the focus but by the product itself.
 */

test.beforeEach(async ({ page }) => {
  expect((await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } })).ok()).toBe(true);
});

/** The most stops between two things that a person would still walk by Tab. */
const mostTabs = 15;

const canvas = (page: Page): Locator => page.getByRole('application');
const settings = (page: Page): Locator => page.getByRole('complementary', { name: 'Settings' });
const field = (page: Page, ...path: string[]): Locator =>
  page.locator(`[data-side="source"] [data-row=${JSON.stringify(JSON.stringify(path))}]`);
const row = (page: Page, key: string): Locator => page.locator(`[data-side="target"] [data-row=${JSON.stringify(key)}]`);
const card = (page: Page, text: string): Locator => page.locator('[data-node]').filter({ hasText: text });

test('an analyst maps, proves and deploys by keyboard alone', async ({ page }) => {
  test.setTimeout(240_000);
  page.setDefaultTimeout(30_000);
  const turn = Date.now().toString(36);
  const topics = { in: `shop-orders-k-${turn}`, out: `crm-customers-k-${turn}` };
  await writeOrders(topics.in, 0, 30);
  await writeOrders(topics.out, 0, 0);
  const hands = handsOn(page);
  const { reach, enter, walk } = walker(page, hands);

  await page.goto('/');
  await expect(page.getByRole('button', { name: 'New flow' }).first()).toBeVisible();
  await enter(page.getByRole('link', { name: 'Skip to the page' }));
  await enter(page.getByRole('button', { name: 'New flow' }));
  await expect(page.getByRole('dialog', { name: 'New flow' }).getByLabel('Name')).toBeFocused();
  await hands.type(`Orders to CRM by keys ${turn}`);
  await hands.press('Enter');
  await expect(canvas(page)).toBeVisible();

  await test.step('draw source, map and sink', async () => {
    await expect(canvas(page)).toBeFocused();
    const add = async (words: string): Promise<void> => {
      await hands.press('a');
      await expect(page.getByRole('dialog', { name: 'Add a node' }).getByRole('combobox')).toBeFocused();
      await hands.type(words);
      await hands.press('Enter');
      await expect(canvas(page)).toBeFocused();
    };
    const topic = async (name: string): Promise<void> => {
      await hands.press('Shift+Enter');
      await reach(settings(page).getByLabel('Topic', { exact: true }));
      await hands.paste(name);
      await hands.press('Escape', 2);
      await expect(canvas(page)).toBeFocused();
    };
    await add('kafka source');
    await topic(topics.in);
    await add('map');
    await add('kafka sink');
    await topic(topics.out);
    await expect(page.locator('[data-node]')).toHaveCount(3);
    await expect(page.locator('.react-flow__edge')).toHaveCount(2);
  });

  await test.step('take ten messages and say what the CRM wants', async () => {
    await hands.press('ArrowLeft');
    await hands.press('Enter');
    await expect(page.getByRole('main', { name: 'Mapper' })).toBeVisible();
    await focusIn(page, 'target');
    const take = page.getByRole('button', { name: `Take 10 messages from ${topics.in}` });
    await expect(take).toBeVisible();
    await hands.press('Shift+F6');
    await enter(take);
    await expect(field(page, 'customer', 'first_name')).toContainText(/Anna|Tom|Maria/);
    await focusIn(page, 'source');
    await hands.press('F6');
    await enter(page.getByRole('button', { name: 'Start from a sample result' }));
    await reach(page.getByLabel('Paste it here'));
    await hands.paste(JSON.stringify(crmCustomer, null, 2));
    await enter(page.getByRole('button', { name: 'Use this shape' }));
    await expect(row(page, 'fullName')).toBeVisible();
  });

  await test.step('map: what auto-map is sure of, the joined names, the value table, the lines', async () => {
    await focusIn(page, 'target');
    await hands.press('Shift+A');
    await enter(page.getByRole('button', { name: /^Map \d+ fields$/ }), 'Shift+Tab');
    await expect(row(page, 'email')).toContainText('@example.com');
    await expect(row(page, 'fullName')).toContainText(/"(Anna Lee|Tom Ek|Maria Cruz)"/);

    await focusIn(page, 'target');
    await walk(row(page, 'status'));
    await hands.press('t');
    const editor = page.getByRole('dialog', { name: 'Rule of status' });
    await reach(editor.getByLabel('Value to translate', { exact: true }));
    await hands.type('status');
    await hands.press('Enter');
    await enter(editor.getByRole('button', { name: 'Add values seen in samples' }));
    const becomes: Readonly<Record<string, string>> = { new: 'open', paid: 'won', sent: 'closed' };
    await expect(editor.getByLabel('Value 3', { exact: true })).toHaveValue(/./);
    for (const line of [1, 2, 3]) {
      await expect(editor.getByLabel(`Value ${line} becomes`)).toBeFocused();
      await hands.type(becomes[await editor.getByLabel(`Value ${line}`, { exact: true }).inputValue()] ?? '?');
      // As in a spreadsheet: down to the next line, over to its second cell.
      if (line < 3) await hands.press('Enter', 2);
    }
    await enter(editor.getByRole('button', { name: 'Apply' }));
    await expect(row(page, 'status')).toContainText(/"(open|won|closed)"/);
    await expect(row(page, 'status')).toBeFocused();

    await expect(row(page, 'lines')).toContainText(/item/);
    await expect(row(page, 'lines[].sku')).toContainText('"SKU-1"');
  });

  await saved(page);

  await test.step('try, and save two tests', async () => {
    await hands.press('Escape');
    await expect(canvas(page)).toBeFocused();
    await hands.press('Control+Enter');
    const ribbon = page.getByRole('region', { name: 'Try' });
    await expect(ribbon).toContainText('10 samples');
    await expect(card(page, 'Map')).toContainText('10 → 10');
    for (const name of ['Ten orders', 'Nine orders']) {
      await enter(ribbon.getByRole('button', { name: 'Save as test' }), 'Shift+Tab');
      const dialog = page.getByRole('dialog', { name: 'Save as test' });
      await expect(dialog.getByRole('button', { name: 'Save the test' })).toBeEnabled();
      await expect(dialog.getByLabel('Name')).toBeFocused();
      await hands.press('Control+a');
      await hands.type(name);
      await enter(dialog.getByRole('button', { name: 'Save the test' }));
      await expect(dialog).toBeHidden();
      if (name === 'Nine orders') break;
      await reach(canvas(page));
      await hands.press('F6');
      await enter(page.getByRole('button', { name: 'Samples', exact: true }));
      const takesPart = page.getByRole('checkbox', { name: /takes part in Try/ });
      await expect(takesPart).toHaveCount(10);
      await reach(takesPart.first(), 'Shift+Tab');
      await hands.press('Space');
      await expect(ribbon).toContainText('9 samples');
      await hands.press('Shift+F6');
      await expect(canvas(page)).toBeFocused();
    }
  });

  const deploy = async (version: number): Promise<void> => {
    // Tab passes over what cannot be pressed yet.
    const now = page.getByRole('button', { name: `Deploy version ${version} to demo` });
    await expect(now).toBeEnabled();
    await enter(now);
    await expect(page.getByRole('heading', { name: new RegExp(`^Version ${version} of .* is live`) })).toBeFocused({ timeout: 60_000 });
    await enter(page.getByRole('button', { name: 'Back to the editor' }));
    await expect(canvas(page)).toBeFocused();
  };

  await test.step('deploy, and find what was mapped at the CRM', async () => {
    await enter(page.getByRole('button', { name: /^Deploy/ }), 'Shift+Tab');
    await expect(page.getByRole('heading', { name: /^Deploy version 1 of/ })).toBeVisible();
    await deploy(1);
    await writeOrders(topics.in, 30, 3);
    expectCustomers(await readValues(topics.out, (values) => values.length >= 3));
  });

  await test.step('change a rule, read what would change, deploy that', async () => {
    await hands.press('ArrowRight', 2);
    await hands.press('Enter');
    await expect(row(page, 'currency')).toBeVisible();
    await focusIn(page, 'target');
    await walk(row(page, 'currency'));
    await hands.press('c');
    const editor = page.getByRole('dialog', { name: 'Rule of currency' });
    await expect(editor).toBeVisible();
    await expect(editor.getByRole('textbox').and(page.locator(':focus'))).toHaveCount(1);
    await hands.press('Control+a');
    await hands.type('CHF');
    await hands.press('Enter');
    await expect(row(page, 'currency')).toContainText('"CHF"');
    await saved(page);
    await hands.press('Escape');
    await expect(canvas(page)).toBeFocused();
    await enter(page.getByRole('button', { name: /^Deploy/ }), 'Shift+Tab');
    const report = page.getByRole('region', { name: 'What would change' });
    await expect(report).toContainText(/33 messages: 0 same, 33 changed/, { timeout: 60_000 });
    const group = report.getByRole('listitem').filter({ hasText: 'currency' }).first();
    await expect(group).toContainText('"EUR"');
    await expect(group).toContainText('"CHF"');
    await expect(group.getByRole('checkbox', { name: /^Expected/ })).toBeEnabled();
    await reach(group.getByRole('checkbox', { name: /^Expected/ }));
    await hands.press('Space');
    await deploy(2);
    await writeOrders(topics.in, 40, 2);
    const inFrancs = (values: readonly string[]) => values.filter((text) => text.includes('"CHF"')).length;
    expect(inFrancs(await readValues(topics.out, (values) => inFrancs(values) === 2))).toBe(2);
  });
  test.info().annotations.push({ type: 'actions', description: String(hands.actions) });
});

/** Waits until the keyboard is on a row of this side of the mapper. */
async function focusIn(page: Page, side: 'source' | 'target'): Promise<void> {
  await expect(page.locator(`[data-side="${side}"] [data-row]:focus`)).toHaveCount(1);
}

interface Walker {
  /** Goes on by Tab (or back) until the thing has the focus, and is in view. */
  reach(what: Locator, key?: 'Tab' | 'Shift+Tab'): Promise<void>;
  /** Reaches a button and presses it. */
  enter(what: Locator, key?: 'Tab' | 'Shift+Tab'): Promise<void>;
  /** Goes by the arrows from the row that has the focus to another one. */
  walk(what: Locator, key?: 'ArrowDown' | 'ArrowUp'): Promise<void>;
}

function walker(page: Page, hands: Hands): Walker {
  const on = (what: Locator): Promise<boolean> => what.evaluateAll((all) => all.some((element) => element === document.activeElement));
  const go = async (what: Locator, key: string): Promise<void> => {
    const way: string[] = [];
    while (!(await on(what))) {
      if (way.length === mostTabs) throw new Error(`${mostTabs} times ${key} do not reach ${what}. The way: ${way.join(' | ')}`);
      await hands.press(key);
      way.push(await focusInWords(page));
    }
    await expect(page.locator(':focus')).toBeInViewport();
  };
  return {
    reach: (what, key = 'Tab') => go(what, key),
    enter: async (what, key = 'Tab') => {
      await go(what, key);
      await expect(page.locator(':focus')).toBeEnabled();
      await hands.press('Enter');
    },
    walk: (what, key = 'ArrowDown') => go(what, key),
  };
}

/** What has the focus, for the sentence of a failure. */
function focusInWords(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return 'nothing';
    const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : undefined;
    return (element.getAttribute('aria-label') ?? label ?? element.textContent ?? element.tagName).trim().slice(0, 40);
  });
}
