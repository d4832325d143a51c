import AxeBuilder from '@axe-core/playwright';
import { type APIRequestContext, expect, type Locator, type Page, test } from '@playwright/test';
import type { FlowRecord } from '#shared/api.ts';

/** The editors of rows and the code pane in a real browser: every kind of row by mouse and by keyboard, code and rows in step. */

let number = 0;
let scripts: APIRequestContext;
const headers = () => ({ authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` });

const order = {
  id: 7,
  first: 'Anna',
  last: 'Lee',
  spend: 1200,
  status: 'paid',
  coupon: null,
  items: [
    { sku: 'a', qty: 2, price: 10, parts: [{ no: 1 }] },
    { sku: 'b', qty: 0, price: 5 },
  ],
};

test.beforeEach(async ({ page, request }) => {
  scripts = request;
  const answer = await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
  expect(answer.ok()).toBe(true);
});

/** Opens the mapper on a flow of this test's own with two samples. */
async function open(page: Page, expression: string): Promise<string> {
  const id = `mapper-editors-${Date.now().toString(36)}-${++number}`;
  const flow = {
    format: 1,
    id,
    name: 'Mapper test',
    nodes: [
      { id: 'hook', type: 'webhook', version: 1, label: 'Orders', config: { path: id } },
      { id: 'map', type: 'map', version: 1, label: 'Map', config: { expression } },
      { id: 'log', type: 'log', version: 1, label: 'Log', config: {} },
    ],
    edges: [
      { id: 'e1', from: { node: 'hook', port: 'out' }, to: { node: 'map', port: 'in' } },
      { id: 'e2', from: { node: 'map', port: 'out' }, to: { node: 'log', port: 'in' } },
    ],
  };
  const answer = await scripts.post('/api/flows', { headers: headers(), data: flow });
  expect(answer.status(), await answer.text()).toBe(201);
  for (const one of [order, { ...order, status: 'open', first: undefined }]) {
    const pasted = await scripts.post(`/api/flows/${id}/samples`, {
      headers: headers(),
      data: { from: 'paste', format: 'json', text: JSON.stringify(one) },
    });
    expect(pasted.ok(), await pasted.text()).toBe(true);
  }
  await page.goto(`/flows/${id}?node=map&tab=mapping`);
  await expect(page.getByRole('button', { name: /^Sample 1 of 2/ })).toBeVisible();
  return id;
}

const row = (page: Page, key: string): Locator => page.locator(`[data-side="target"] [data-row="${key}"]`);
const editor = (page: Page): Locator => page.getByRole('dialog', { name: /^Rule of / });
const tool = (page: Page, name: string): Locator =>
  editor(page).getByRole('toolbar', { name: 'Kind of rule' }).getByRole('button', { name, exact: true });
const result = (page: Page): Locator => editor(page).getByRole('status').filter({ hasText: 'Result on sample' });
const field = (page: Page, label: string | RegExp): Locator => editor(page).getByRole('combobox', { name: label, exact: true });

/** The expression as the server has it once the draft is saved. */
async function saved(page: Page, id: string): Promise<string> {
  await expect(page.getByText(/^Saved \d/)).toBeVisible();
  const answer = await scripts.get(`/api/flows/${id}`, { headers: headers() });
  const { flow } = (await answer.json()) as FlowRecord;
  return String(flow.nodes.find((node) => node.id === 'map')?.config.expression);
}

const expectExpression = (page: Page, id: string) => expect.poll(() => saved(page, id));

async function openRow(page: Page, key: string): Promise<void> {
  await row(page, key).click();
  await page.keyboard.press('Enter');
  await expect(editor(page)).toBeVisible();
}

/** Chooses a field of the list by the mouse. */
async function choose(page: Page, input: Locator, name: string): Promise<void> {
  await input.click();
  await page
    .getByRole('option', { name: new RegExp(`^(.* › )?${name}\\b`) })
    .first()
    .click();
}

test('a text of fields by mouse', async ({ page }) => {
  const id = await open(page, '{\n  "id": id, /* keep */\n  "name": first\n}');
  await openRow(page, 'name');
  await tool(page, 'Text').click();
  await editor(page).locator('.cm-content').click();
  await page.keyboard.press('End');
  await page.keyboard.type(' ');
  await editor(page).getByRole('button', { name: 'Insert field' }).click();
  await choose(page, field(page, 'Field to insert'), 'last');
  await expect(result(page)).toContainText('"Anna Lee"');
  await editor(page).getByRole('button', { name: 'Apply' }).click();
  await expect(editor(page)).toBeHidden();
  await expect(row(page, 'name')).toBeFocused();
  await expectExpression(page, id).toBe('{\n  "id": id, /* keep */\n  "name": first & " " & last\n}');
});

test('a text of fields by keyboard', async ({ page }) => {
  const id = await open(page, '{ "name": "" }');
  await row(page, 'name').focus();
  await page.keyboard.press('Enter');
  await tool(page, 'Text').focus();
  await page.keyboard.press('Enter');
  await editor(page).locator('.cm-content').focus();
  await page.keyboard.type('Dear {fir');
  await expect(page.locator('.cm-tooltip-autocomplete')).toContainText('first');
  await page.keyboard.press('Enter');
  await page.keyboard.type('!');
  await expect(result(page)).toContainText('"Dear Anna!"');
  await page.keyboard.press('Enter');
  await expect(row(page, 'name')).toBeFocused();
  await expectExpression(page, id).toBe('{ "name": "Dear " & first & "!" }');
});

test('a condition by mouse, with an otherwise and two lines', async ({ page }) => {
  const id = await open(page, '{ "tier": "gold" }');
  await openRow(page, 'tier');
  await tool(page, 'Condition').click();
  await choose(page, field(page, 'When: field'), 'spend');
  await editor(page).getByLabel('When: operator').selectOption('greater');
  await editor(page).getByRole('textbox', { name: 'When: value' }).fill('1000');
  await editor(page).getByRole('button', { name: 'Add a line' }).click();
  await choose(page, field(page, 'When, line 2: field'), 'status');
  await editor(page).getByLabel('When, line 2: operator').selectOption('oneOf');
  await editor(page).getByRole('textbox', { name: 'When, line 2: values' }).fill('paid\nsent');
  await editor(page).getByRole('button', { name: 'Add an otherwise' }).click();
  await editor(page).getByRole('textbox', { name: 'Otherwise' }).fill('standard');
  await expect(result(page)).toContainText('"gold"');
  await editor(page).getByRole('button', { name: 'Apply' }).click();
  await expectExpression(page, id).toBe('{ "tier": spend > 1000 and status in ["paid", "sent"] ? "gold" : "standard" }');
});

test('a condition by keyboard; what is half done is not written and is said', async ({ page }) => {
  const id = await open(page, '{ "tier": "gold" }');
  await row(page, 'tier').focus();
  await page.keyboard.press('w');
  await expect(field(page, 'When: field')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(editor(page).getByText('Choose a field.').first()).toBeVisible();
  await expectExpression(page, id).toBe('{ "tier": "gold" }');
  await page.keyboard.type('stat');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.type('paid');
  await page.keyboard.press('Enter');
  await expect(row(page, 'tier')).toBeFocused();
  await expectExpression(page, id).toBe('{ "tier": status = "paid" ? "gold" }');
});

test('a value table by mouse: seen values, what is pasted, an otherwise', async ({ page }) => {
  const id = await open(page, '{\n  "state": status\n}');
  await openRow(page, 'state');
  await tool(page, 'Value table').click();
  await editor(page).getByRole('button', { name: 'Add values seen in samples' }).click();
  await expect(editor(page).getByLabel('Value 2', { exact: true })).toHaveValue('open');
  await editor(page).getByLabel('Value 1 becomes').fill('RELEASED');
  await editor(page).getByLabel('Value 2 becomes').fill('WAITING');
  await editor(page).getByRole('button', { name: 'Add a line' }).click();
  await editor(page)
    .getByLabel('Value 3', { exact: true })
    .evaluate((input) => {
      const data = new DataTransfer();
      data.setData('text/plain', 'sent\tSENT, AWAY\nback\tRETURNED\n');
      input.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    });
  await expect(editor(page).getByLabel('Value 4 becomes')).toHaveValue('RETURNED');
  await editor(page)
    .getByLabel(/^Otherwise use/)
    .check();
  await editor(page).getByRole('textbox', { name: 'Otherwise' }).fill('UNKNOWN');
  await expect(result(page)).toContainText('"RELEASED"');
  await editor(page).getByRole('button', { name: 'Apply' }).click();
  await expectExpression(page, id).toBe(
    '{\n  "state": $lookup({\n    "paid": "RELEASED",\n    "open": "WAITING",\n    "sent": "SENT, AWAY",\n    "back": "RETURNED"\n  }, $string(status)) ?? "UNKNOWN"\n}',
  );
  // Once more: only the line that changes is written.
  await openRow(page, 'state');
  await editor(page).getByLabel('Value 2 becomes').fill('ON HOLD');
  await editor(page).getByRole('button', { name: 'Apply' }).click();
  await expectExpression(page, id).toContain('"open": "ON HOLD",\n    "sent": "SENT, AWAY"');
});

test('a value table by keyboard', async ({ page }) => {
  const id = await open(page, '{ "state": status }');
  await row(page, 'state').focus();
  await page.keyboard.press('t');
  await editor(page).getByRole('button', { name: 'Add a line' }).focus();
  await page.keyboard.press('Enter');
  await expect(editor(page).getByLabel('Value 1', { exact: true })).toBeFocused();
  await page.keyboard.type('paid');
  await page.keyboard.press('Enter');
  await page.keyboard.type('yes');
  await expect(result(page)).toContainText('"yes"');
  await page.keyboard.press('Control+Enter');
  await expect(row(page, 'state')).toBeFocused();
  await expectExpression(page, id).toContain('"paid": "yes"');
});

test('a loop with a condition by mouse, then a field of it', async ({ page }) => {
  const id = await open(page, '{\n  "id": id,\n  "lines": []\n}');
  await openRow(page, 'lines');
  await tool(page, 'For each').click();
  await choose(page, field(page, 'For each item of'), 'items');
  await editor(page).getByRole('button', { name: 'Only where …' }).click();
  await choose(page, field(page, 'Only where: field'), 'qty');
  await editor(page).getByLabel('Only where: operator').selectOption('greater');
  await editor(page).getByRole('textbox', { name: 'Only where: value' }).fill('0');
  await expect(result(page)).toContainText('1 item');
  await editor(page).getByRole('button', { name: 'Apply' }).click();
  await expectExpression(page, id).toBe('{\n  "id": id,\n  "lines": [items[qty > 0].{ }]\n}');
});

test('a loop by keyboard; inside it the fields of the item come first, and the parent has a name', async ({ page }) => {
  const id = await open(page, '{ "lines": [], "n": 1 }');
  await row(page, 'lines').focus();
  await page.keyboard.press('l');
  await expect(field(page, 'For each item of')).toBeFocused();
  await page.keyboard.type('items');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect(row(page, 'lines')).toBeFocused();
  await expectExpression(page, id).toBe('{ "lines": [items.{ }], "n": 1 }');
});

test('fields inside a loop: the item first, the message by its own name', async ({ page }) => {
  const id = await open(page, '{ "lines": [items.{ "sku": "", "order": "" }] }');
  await openRow(page, 'lines[].sku');
  await tool(page, 'Field').click();
  await field(page, 'Field').click();
  await expect(page.getByRole('option').first()).toContainText('of the item');
  await page.keyboard.type('sku');
  await page.keyboard.press('Enter');
  await expect(result(page)).toContainText('"a"');
  await page.keyboard.press('Enter');
  await openRow(page, 'lines[].order');
  await tool(page, 'Field').click();
  await choose(page, field(page, 'Field'), 'id');
  await expect(result(page)).toContainText('7');
  await page.keyboard.press('Enter');
  await expectExpression(page, id).toBe('{ "lines": [items.{ "sku": sku, "order": $$.id }] }');
});

test('a field of the outer item inside an inner loop gives the outer item a name', async ({ page }) => {
  const id = await open(page, '{ "lines": [items.{ "parts": [parts.{ "of": "" }] }] }');
  await openRow(page, 'lines[].parts[].of');
  await tool(page, 'Field').click();
  await choose(page, field(page, 'Field'), 'sku');
  await expect(result(page)).toContainText('"a"');
  await page.keyboard.press('Enter');
  await expectExpression(page, id).toBe('{ "lines": [items.($item := $; { "parts": [parts.{ "of": $item.sku }] })] }');
});

test('a default by mouse says what it replaces', async ({ page }) => {
  const id = await open(page, '{ "c": coupon }');
  await openRow(page, 'c');
  await tool(page, 'Default').click();
  await expect(editor(page).getByText('It also replaces 0, no (false) and an empty text.')).toBeVisible();
  await expect(result(page)).toContainText('null');
  await editor(page)
    .getByLabel(/^is missing or null/)
    .check();
  await editor(page).getByRole('textbox', { name: 'Use instead' }).fill('none');
  await expect(result(page)).toContainText('"none"');
  await editor(page).getByRole('button', { name: 'Apply' }).click();
  await expectExpression(page, id).toBe('{ "c": coupon != null ? coupon : "none" }');
});

test('a default by keyboard, and Esc leaves everything as it was', async ({ page }) => {
  const id = await open(page, '{ "c": first }');
  await row(page, 'c').focus();
  await page.keyboard.press('d');
  await expect(editor(page).getByRole('textbox', { name: 'Use instead' })).toBeFocused();
  await page.keyboard.type('gone');
  await page.keyboard.press('Escape');
  await expect(row(page, 'c')).toBeFocused();
  await expectExpression(page, id).toBe('{ "c": first }');
  await page.keyboard.press('d');
  await page.keyboard.type('Guest');
  await page.keyboard.press('Enter');
  await expectExpression(page, id).toBe('{ "c": first ?? "Guest" }');
  await page.keyboard.press('Control+z');
  await expectExpression(page, id).toBe('{ "c": first }');
});

test('functions in a row, each with its result on the sample', async ({ page }) => {
  const id = await open(page, '{ "c": first }');
  await row(page, 'c').focus();
  await page.keyboard.press('f');
  await page.keyboard.type('upper');
  await expect(editor(page).getByRole('button', { name: /^upper case/ })).toContainText('here: "ANNA"');
  await page.keyboard.press('Enter');
  await editor(page).getByRole('button', { name: 'Add a function' }).click();
  await page.keyboard.type('part of text');
  await page.keyboard.press('Enter');
  await page.keyboard.type('1');
  await expect(result(page)).toContainText('"NNA"');
  await page.keyboard.press('Enter');
  await expectExpression(page, id).toBe('{ "c": $substring($uppercase(first), 1) }');
});

test('a sum for each item and a formula', async ({ page }) => {
  const id = await open(page, '{ "total": 0 }');
  await openRow(page, 'total');
  await tool(page, 'Sum up').click();
  await choose(page, field(page, 'of'), 'items');
  await editor(page).locator('.cm-content').click();
  await page.keyboard.type('price × qty');
  await expect(result(page)).toContainText('20');
  // A plain Enter may take the completion that is open by then.
  await page.keyboard.press('Control+Enter');
  await expectExpression(page, id).toBe('{ "total": $sum(items.(price * qty)) }');
});

test('the editor never covers its row and fits at 1024 px, in both themes, without serious faults of access', async ({ page }) => {
  await page.setViewportSize({ width: 1024, height: 700 });
  await open(page, `{ ${Array.from({ length: 18 }, (_, i) => `"f${i}": first`).join(', ')} }`);
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const key of ['f0', 'f9', 'f17']) {
      await row(page, key).click();
      await page.keyboard.press('w');
      await expect(result(page)).toContainText('Result on sample');
      await expect(async () => {
        const [own, box] = [await row(page, key).boundingBox(), await editor(page).boundingBox()];
        if (own === null || box === null) throw new Error('not on the page');
        expect(box.y >= own.y + own.height || box.y + box.height <= own.y, key).toBe(true);
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(1024);
        expect(box.y).toBeGreaterThanOrEqual(0);
        expect(box.y + box.height).toBeLessThanOrEqual(700);
      }).toPass();
      if (key === 'f0') {
        const { violations } = await new AxeBuilder({ page }).include('[data-row-editor]').analyze();
        expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
      }
      await page.keyboard.press('Escape');
    }
  }
});

test('code and rows stay in step, broken code greys the rows, and mending it restores them with the keyboard where it was', async ({
  page,
}) => {
  const id = await open(page, '{\n  "a": first,\n  "b": last\n}');
  await page
    .locator('label')
    .filter({ hasText: /^Split$/ })
    .click();
  const code = page.getByRole('textbox', { name: 'Mapping as code' });
  await row(page, 'a').click();
  await page.keyboard.press('f');
  await page.keyboard.type('upper');
  await page.keyboard.press('Enter');
  await page.evaluate(() => {
    const shown = document.querySelector('[aria-label="Mapping as code"]');
    const times = { pressed: 0, seen: 0 };
    Object.assign(window, { times });
    const note = (event: KeyboardEvent) => {
      if (event.key === 'Enter') times.pressed = performance.now();
    };
    window.addEventListener('keydown', note, { capture: true });
    const watch = new MutationObserver(() => {
      if (times.seen === 0 && shown?.textContent?.includes('$uppercase(first)')) times.seen = performance.now();
    });
    if (shown) watch.observe(shown, { subtree: true, childList: true, characterData: true });
  });
  await page.keyboard.press('Enter');
  await expect(code).toContainText('"a": $uppercase(first)');
  const took = await page.evaluate(() => {
    const { times } = window as unknown as { times: { pressed: number; seen: number } };
    return times.seen - times.pressed;
  });
  test.info().annotations.push({ type: 'from row to code', description: `${Math.round(took)} ms` });
  // A figure for the record; the machine may stall, but not for as long as a person would notice twice.
  expect(took).toBeLessThan(1_000);
  await code.getByText('last').click();
  await expect(row(page, 'b')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('End');
  await page.keyboard.type(',\n"c": id');
  await expect(row(page, 'c')).toContainText('7');
  await page.keyboard.type(' &');
  await expect(page.getByText(/Line \d+, column \d+/).first()).toBeVisible();
  await expect(row(page, 'c')).toBeVisible();
  await expect(code).toBeFocused();
  await page.keyboard.type(' "!"');
  await expect(page.getByText(/Line \d+, column \d+/)).toHaveCount(0);
  await expect(row(page, 'c')).toContainText('7!');
  await expect(code).toBeFocused();
  await expectExpression(page, id).toContain('"c": id & "!"');
  // Who types with rests has typed in several steps.
  await expect(async () => {
    await page.keyboard.press('Control+z');
    await expect(row(page, 'c')).toHaveCount(0, { timeout: 1000 });
  }).toPass();
});

test('completion in the code knows the fields at the cursor', async ({ page }) => {
  await open(page, '{\n  "l": [items.{ "s": sku }]\n}');
  await page
    .locator('label')
    .filter({ hasText: /^Code$/ })
    .click();
  const code = page.getByRole('textbox', { name: 'Mapping as code' });
  await code.click();
  for (const key of ['Control+End', 'ArrowUp', 'End', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'Control+Shift+ArrowLeft'])
    await page.keyboard.press(key);
  await page.keyboard.type('q');
  const list = page.locator('.cm-tooltip-autocomplete');
  await expect(list).toContainText('qty');
  await expect(list).not.toContainText('first');
  await list.getByRole('option', { name: /^qty/ }).click();
  await expect(code).toContainText('"s": qty');
});
