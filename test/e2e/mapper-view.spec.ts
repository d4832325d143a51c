import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { type APIRequestContext, expect, type Locator, type Page, test } from '@playwright/test';
import type { FlowRecord } from '#shared/api.ts';
import type { Flow } from '#shared/flow.ts';

/** The mapper in a real browser: its trees and lines, the three ways to map, the keyboard, links into it. */

let number = 0;
let scripts: APIRequestContext;
const headers = () => ({ authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` });

test.beforeEach(async ({ page, request }) => {
  scripts = request;
  const answer = await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
  expect(answer.ok()).toBe(true);
});

const order = (more: Record<string, unknown> = {}) => ({
  name: '#1007',
  id: 7,
  currency: 'EUR',
  customer: { id: 1, first_name: 'Anna', last_name: 'Lee' },
  line_items: [
    { sku: 'A-1', title: 'Cup', quantity: 2, price: '45.00' },
    { sku: 'B-2', title: 'Pot', quantity: 1, price: '12.50' },
  ],
  tags: 'vip, b2b',
  ...more,
});

const erp = readFileSync(new URL('../shared/mapping/files/shopify-order-to-erp.jsonata', import.meta.url), 'utf8');

/** A flow of this test's own with a map, its samples, and its mapper open. */
async function open(page: Page, expression?: string, samples: readonly unknown[] = [order()], query = ''): Promise<string> {
  const id = `mapper-view-${Date.now().toString(36)}-${++number}`;
  const flow: Partial<Flow> = {
    nodes: [
      { id: 'hook', type: 'webhook', version: 1, label: 'Orders', config: { path: id } },
      { id: 'map', type: 'map', version: 1, label: 'Order to ERP', config: expression === undefined ? {} : { expression } },
      { id: 'log', type: 'log', version: 1, label: 'ERP', config: {} },
    ],
    edges: [
      { id: 'e1', from: { node: 'hook', port: 'out' }, to: { node: 'map', port: 'in' } },
      { id: 'e2', from: { node: 'map', port: 'out' }, to: { node: 'log', port: 'in' } },
    ],
    layout: { positions: { hook: { x: 0, y: 0 }, map: { x: 304, y: 0 }, log: { x: 608, y: 0 } }, groups: [], notes: [] },
  };
  const made = await scripts.post('/api/flows', { headers: headers(), data: { format: 1, id, name: 'Mapper test', ...flow } });
  expect(made.status(), await made.text()).toBe(201);
  if (samples.length > 0) {
    const text = samples.map((sample) => JSON.stringify(sample)).join('\n');
    const taken = await scripts.post(`/api/flows/${id}/samples`, {
      headers: headers(),
      data: { from: 'paste', format: 'json-lines', split: true, text },
    });
    expect(taken.status(), await taken.text()).toBe(201);
  }
  await page.goto(`/flows/${id}?node=map&tab=mapping${query}`);
  await expect(page.getByRole('main', { name: 'Mapper' })).toBeVisible();
  if (samples.length > 0) await expect(source(page, 'line_items')).toBeVisible();
  return id;
}

const source = (page: Page, ...path: string[]): Locator =>
  page.locator(`[data-side="source"] [data-row=${JSON.stringify(JSON.stringify(path))}]`);
const target = (page: Page, key: string): Locator => page.locator(`[data-side="target"] [data-row=${JSON.stringify(key)}]`);
const grid = (page: Page): Locator => page.getByRole('treegrid');
const list = (page: Page, side: 'source' | 'target'): Locator => page.locator(`[data-side="${side}"] [role^="tree"]`).first().locator('..');

/** The mapping as the server has it, once all of it is saved. */
async function saved(page: Page, id: string): Promise<string> {
  await expect(page.getByText(/^Saved \d/)).toBeVisible();
  const answer = await scripts.get(`/api/flows/${id}`, { headers: headers() });
  const { flow } = (await answer.json()) as FlowRecord;
  return String(flow.nodes.find((node) => node.id === 'map')?.config.expression ?? '');
}

const wanted = '{\n  "name": name,\n  "line_items": [line_items.{\n    "sku": sku\n  }]\n}';

test('a field is mapped by drag, by two clicks and by keyboard, each with the same text', async ({ page }) => {
  await test.step('by drag', async () => {
    const id = await open(page);
    await source(page, 'name').dragTo(target(page, '+'));
    await expect(target(page, 'name')).toBeVisible();
    await source(page, 'line_items').dragTo(target(page, '+'));
    await page.getByRole('menuitem', { name: 'For each item' }).click();
    await source(page, 'line_items', 'sku').dragTo(target(page, 'line_items[]+'));
    await expect(target(page, 'line_items[].sku')).toContainText('"A-1"');
    expect(await saved(page, id)).toBe(wanted);
  });
  await test.step('by two clicks', async () => {
    const id = await open(page);
    await source(page, 'name').click();
    await target(page, '+').click();
    await source(page, 'line_items').click();
    await target(page, '+').click();
    await page.getByRole('menuitem', { name: 'For each item' }).click();
    await source(page, 'line_items', 'sku').click();
    await target(page, 'line_items[]+').click();
    await expect(target(page, 'line_items[].sku')).toContainText('"A-1"');
    expect(await saved(page, id)).toBe(wanted);
  });
  await test.step('by keyboard', async () => {
    const id = await open(page);
    await expect(target(page, '')).toBeFocused();
    await page.keyboard.press('End');
    for (const name of ['name', 'line_items']) {
      await expect(target(page, '+')).toBeFocused();
      await page.keyboard.press('m');
      await page.keyboard.type(name);
      await page.keyboard.press('Enter');
      if (name === 'line_items') {
        await expect(page.getByRole('menuitem', { name: 'For each item' })).toBeFocused();
        await page.keyboard.press('Enter');
      }
      await expect(target(page, name)).toBeFocused();
      if (name === 'name') await page.keyboard.press('End');
    }
    await page.keyboard.press('ArrowDown');
    await expect(target(page, 'line_items[]+')).toBeFocused();
    await page.keyboard.press('m');
    await page.keyboard.type('sku');
    await page.keyboard.press('Enter');
    await expect(target(page, 'line_items[].sku')).toContainText('"A-1"');
    expect(await saved(page, id)).toBe(wanted);
  });
});

test('opening writes nothing, and what is cleared comes back with one undo', async ({ page }) => {
  const id = await open(page, erp);
  await expect(target(page, 'orderNo')).toContainText('"#1007"');
  expect(await saved(page, id)).toBe(erp);
  await expect(page.getByRole('button', { name: 'Undo' }).first()).toBeDisabled();
  await target(page, 'currency').click();
  await page.keyboard.press('Delete');
  await expect(target(page, 'currency')).toBeHidden();
  expect(await saved(page, id)).toBe(erp.replace('    "currency": currency ?? "EUR",\n', ''));
  await page.keyboard.press('Control+z');
  await expect(target(page, 'currency')).toBeVisible();
  expect(await saved(page, id)).toBe(erp);
});

interface Fault {
  line: string;
  end: string;
  is: number;
  should: number;
}

/** Line ends that stand neither at their row nor at the edge of their list, and lines that leave the gutter, by what is drawn. */
function faults(page: Page): Promise<{ lines: number; faults: Fault[] }> {
  return page.evaluate(() => {
    const found: { line: string; end: string; is: number; should: number }[] = [];
    const svg = document.querySelector('svg:has([data-line])');
    const box = svg?.getBoundingClientRect();
    const paths = [...document.querySelectorAll<SVGPathElement>('path[data-line]')];
    for (const path of paths) {
      const [from, to] = JSON.parse(path.dataset.line ?? '[]') as [string, string];
      const matrix = path.getScreenCTM();
      const length = path.getTotalLength();
      for (const [side, key, at] of [
        ['source', from, 0],
        ['target', to, length],
      ] as const) {
        const point = path.getPointAtLength(at).matrixTransform(matrix ?? undefined);
        const row = document.querySelector(`[data-side="${side}"] [data-row="${CSS.escape(key)}"]`)?.getBoundingClientRect();
        const panel = document.querySelector(`[data-side="${side}"] [role^="tree"]`)?.parentElement?.getBoundingClientRect();
        if (panel === undefined) continue;
        const middle = row === undefined ? point.y : row.top + row.height / 2;
        const should =
          row === undefined
            ? Math.abs(point.y - panel.top) < Math.abs(point.y - panel.bottom)
              ? panel.top
              : panel.bottom
            : Math.max(panel.top, Math.min(panel.bottom, middle));
        if (Math.abs(point.y - should) > 3) found.push({ line: path.dataset.line ?? '', end: side, is: point.y, should });
        const edge = side === 'source' ? box?.left : box?.right;
        if (Math.abs(point.x - (edge ?? 0)) > 3)
          found.push({ line: path.dataset.line ?? '', end: `${side} edge`, is: point.x, should: edge ?? 0 });
      }
      for (let step = 0; step <= 10; step++) {
        const point = path.getPointAtLength((length * step) / 10).matrixTransform(matrix ?? undefined);
        if (
          box === undefined ||
          point.x < box.left - 0.5 ||
          point.x > box.right + 0.5 ||
          point.y < box.top - 0.5 ||
          point.y > box.bottom + 0.5
        )
          found.push({ line: path.dataset.line ?? '', end: 'outside', is: point.x, should: point.y });
      }
    }
    return { lines: paths.length, faults: found };
  });
}

test('every line ends at its row, at the row it is folded into, or at the edge, whatever is scrolled, folded or resized', async ({
  page,
}) => {
  await open(page, erp, [order({ shipping_address: { name: 'Anna', zip: '10115', city: 'Berlin', country_code: 'DE' } })]);
  await expect(target(page, 'orderNo')).toContainText('"#1007"');
  const right = async (): Promise<void> => {
    await expect
      .poll(async () => {
        const { lines, faults: found } = await faults(page);
        return lines > 3 ? found : `${lines} lines`;
      })
      .toEqual([]);
  };
  await right();
  await list(page, 'target').evaluate((element) => element.scrollTo(0, 333));
  await right();
  await list(page, 'source').evaluate((element) => element.scrollTo(0, 210));
  await right();
  await list(page, 'target').evaluate((element) => element.scrollTo(0, 0));
  await list(page, 'source').evaluate((element) => element.scrollTo(0, 0));
  await source(page, 'customer').locator('button').click();
  await expect(source(page, 'customer', 'id')).toBeHidden();
  await target(page, 'customer').locator('button').first().click();
  await expect(target(page, 'customer.name')).toBeHidden();
  await right();
  await page.setViewportSize({ width: 1024, height: 768 });
  await right();
  await page.getByRole('radio', { name: 'Split' }).click();
  await right();
  await page.setViewportSize({ width: 1440, height: 900 });
  await right();
});

test('the wheel over the lines passes through them, and a click on a line selects its row', async ({ page }) => {
  await open(page, '{ "no": name, "of": currency }');
  await expect(target(page, 'no')).toContainText('"#1007"');
  // The lines move with what is still being drawn around them.
  await expect(async () => {
    const point = await page
      .locator('path[data-line]')
      .first()
      .evaluate((path: SVGPathElement) => {
        const { x, y } = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM() ?? undefined);
        return { x, y };
      });
    await page.mouse.click(point.x, point.y);
    await expect(page.locator('[data-side="target"] [aria-selected="true"]')).toHaveCount(1, { timeout: 2000 });
  }).toPass();
  const styles = await page.locator('svg:has([data-line])').evaluate((svg) => ({
    svg: getComputedStyle(svg).pointerEvents,
    path: getComputedStyle(svg.querySelector('path:not([data-line])') as Element).pointerEvents,
  }));
  expect(styles).toEqual({ svg: 'none', path: 'stroke' });
});

test('the keyboard walks the rows, along the lines, from pane to pane, and Esc goes up to the card', async ({ page }) => {
  await open(page, '{ "no": name, "lines": [line_items.{ "sku": sku }] }');
  await expect(target(page, 'no')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(target(page, 'lines')).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(target(page, 'lines[].sku')).toBeHidden();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(target(page, 'lines[].sku')).toBeFocused();
  await page.keyboard.press('Alt+ArrowLeft');
  await expect(source(page, 'line_items', 'sku')).toBeFocused();
  await page.keyboard.press('Alt+ArrowRight');
  await expect(target(page, 'lines[].sku')).toBeFocused();
  await page.keyboard.press('Home');
  await expect(target(page, 'no')).toBeFocused();
  await page.keyboard.press('Shift+F6');
  await expect(page.locator('[data-side="source"] [tabindex="0"]')).toBeFocused();
  await page.keyboard.press('F6');
  await expect(target(page, 'no')).toBeFocused();
  await page.keyboard.press('Control+f');
  await page.keyboard.type('sku');
  await expect(grid(page).getByRole('row')).toHaveCount(2);
  await page.keyboard.press('Escape');
  await expect(target(page, 'no')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('[data-side="target"] [data-row]:focus')).toHaveCount(1);
  await page.keyboard.press('m');
  await expect(page.getByRole('dialog', { name: /^Map / })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: /^Map / })).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('application')).toBeFocused();
  await expect(page.getByRole('application')).toHaveAttribute('aria-activedescendant', 'node-map');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main', { name: 'Mapper' })).toBeVisible();
  await expect(page).toHaveURL(/tab=mapping/);
  await page.goBack();
  await expect(page.getByRole('application')).toBeVisible();
});

test('the menu of a row closes alone, and a field is added by its name', async ({ page }) => {
  const id = await open(page, '{ "no": name }');
  await expect(target(page, 'no')).toBeFocused();
  await page.keyboard.press('Shift+F10');
  await expect(page.getByRole('menuitem', { name: /^Edit the rule/ })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toBeHidden();
  await expect(target(page, 'no')).toBeFocused();
  await page.keyboard.press('a');
  await expect(page.getByRole('textbox', { name: 'New field' })).toBeFocused();
  await page.keyboard.type('extra');
  await page.keyboard.press('Enter');
  await expect(target(page, 'extra')).toBeFocused();
  expect(await saved(page, id)).toBe('{ "no": name, "extra": "" }');
  await page.keyboard.press('Alt+ArrowUp');
  await expect.poll(() => saved(page, id)).toBe('{ "extra": "", "no": name }');
});

test('a field of a second list is looked up by the key that both share', async ({ page }) => {
  const products = [{ sku: 'A-1', label: 'Blue cup' }];
  const id = await open(page, '{ "lines": [line_items.{ "sku": sku }] }', [order({ products })]);
  await source(page, 'products', 'label').click();
  await target(page, 'lines[]+').click();
  await page.getByRole('menuitem', { name: 'Look up by sku = sku' }).click();
  await expect(target(page, 'lines[].label')).toContainText('"Blue cup"');
  expect(await saved(page, id)).toContain('"label": ($$.products[sku = $item.sku].label)[0]');
});

test('a link opens the mapper at a row, and says which row is selected', async ({ page }) => {
  await open(page, erp, [order()], '&row=lines%5B%5D.sku');
  await expect(target(page, 'lines[].sku')).toHaveAttribute('aria-selected', 'true');
  await expect(target(page, 'lines[].sku')).toBeInViewport();
  await target(page, 'lines[].text').click();
  await expect(page).toHaveURL(/row=lines%5B%5D.text/);
});

test('while the code cannot be read the rows stay, greyed, and say where it is wrong', async ({ page }) => {
  const id = await open(page, '{ "no": name, "of": }');
  await expect(page.getByRole('alert').filter({ hasText: /^Line 1, column \d+:/ })).toBeVisible();
  await source(page, 'name').click();
  await expect(page.locator('[data-side="source"] [aria-label*="picked"]')).toHaveCount(0);
  expect(await saved(page, id)).toBe('{ "no": name, "of": }');
});

test('numbers of the sample and of the result keep every digit', async ({ page }) => {
  await open(page, '{ "big": big }', []);
  await scripts.post(`/api/flows/${page.url().match(/flows\/([^?]+)/)?.[1]}/samples`, {
    headers: headers(),
    data: { from: 'paste', format: 'json', text: '{"big": 9007199254740993, "line_items": []}' },
  });
  await page.reload();
  await expect(source(page, 'big')).toContainText('9007199254740993');
  await expect(target(page, 'big')).toContainText('9007199254740993');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the mapper has no fault that hinders people, in the ${colorScheme} theme`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await open(page, erp);
    await expect(target(page, 'orderNo')).toContainText('"#1007"');
    await target(page, 'customer.name').click();
    const report = await new AxeBuilder({ page }).analyze();
    expect(report.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
  });
}
