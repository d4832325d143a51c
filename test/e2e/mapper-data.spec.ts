import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { type APIRequestContext, expect, type Locator, type Page, test } from '@playwright/test';
import Database from 'better-sqlite3';
import type { FlowRecord } from '#shared/api.ts';
import type { Flow } from '#shared/flow.ts';
import type { Shape } from '#shared/shape/shape.ts';
import { readPairs, shapeOfGiven } from '../shared/shape/measure.ts';
import { until } from '../wait.ts';

/** What the mapper knows and shows in a real browser: the preview, its checks, auto-map, the target, the sheet, the samples. */

let number = 0;
let scripts: APIRequestContext;
const headers = () => ({ authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` });

test.beforeEach(async ({ page, request }) => {
  scripts = request;
  const answer = await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
  expect(answer.ok()).toBe(true);
});

interface Given {
  expression?: string;
  /** JSON texts, so that every digit arrives. */
  samples?: readonly string[];
  target?: Shape;
  /** Nodes between the source and the map. */
  before?: Flow['nodes'];
  sink?: Flow['nodes'][number];
}

/** A flow of this test's own, source to map to sink, with its mapper open. */
async function open(page: Page, { expression, samples = [], target: shape, before = [], sink }: Given): Promise<string> {
  const id = `mapper-data-${Date.now().toString(36)}-${++number}`;
  const nodes: Flow['nodes'] = [
    { id: 'hook', type: 'webhook', version: 1, label: 'Orders', config: { path: id } },
    ...before,
    { id: 'map', type: 'map', version: 1, label: 'Order to ERP', config: expression === undefined ? {} : { expression } },
    sink ?? { id: 'sink', type: 'log', version: 1, label: 'ERP', config: {} },
  ];
  const edges = nodes
    .slice(1)
    .map(({ id: to }, i) => ({ id: `e${i}`, from: { node: nodes[i]?.id ?? '', port: 'out' }, to: { node: to, port: 'in' } }));
  await send('post', '/api/flows', 201, { format: 1, id, name: 'Mapper data', nodes, edges });
  if (samples.length > 0) {
    await send('post', `/api/flows/${id}/samples`, 201, { from: 'paste', format: 'json-lines', split: true, text: samples.join('\n') });
  }
  if (shape !== undefined) await send('put', `/api/flows/${id}/targets/map`, 200, { origin: { kind: 'schema' }, shape });
  await page.goto(`/flows/${id}?node=map&tab=mapping`);
  await expect(page.getByRole('main', { name: 'Mapper' })).toBeVisible();
  if (samples.length > 0) await expect(page.getByText(/^Sample 1 of/)).toBeVisible();
  return id;
}

async function send(method: 'post' | 'put', path: string, status: number, data: unknown): Promise<unknown> {
  const answer = await scripts[method](path, { headers: headers(), data });
  expect(answer.status(), await answer.text()).toBe(status);
  return answer.json();
}

const row = (page: Page, key: string): Locator => page.locator(`[data-side="target"] [data-row=${JSON.stringify(key)}]`);
const field = (page: Page, ...path: string[]): Locator =>
  page.locator(`[data-side="source"] [data-row=${JSON.stringify(JSON.stringify(path))}]`);
const checks = (page: Page): Locator => page.getByRole('region', { name: 'Checks' });
const menu = async (page: Page, item: string): Promise<void> => {
  await page.getByRole('button', { name: 'More about this mapping' }).click();
  await page.getByRole('menuitem', { name: item }).click();
};

/** The mapping as the server has it, once all of it is saved. */
async function saved(page: Page, id: string): Promise<string> {
  await expect(page.getByText(/^Saved \d/)).toBeVisible();
  const answer = await scripts.get(`/api/flows/${id}`, { headers: headers() });
  const { flow } = (await answer.json()) as FlowRecord;
  return String(flow.nodes.find((node) => node.id === 'map')?.config.expression ?? '');
}

test('two failing rows are marked with their own sentences, and all other results are there', async ({ page }) => {
  await open(page, {
    expression:
      '{ "no": id, "discount": $number(coupon), "name": first & " " & last, "vat": $number(rate), "lines": [items.{ "sku": sku }] }',
    samples: ['{ "id": 7, "coupon": "12,50", "first": "Anna", "last": "Lee", "rate": "x", "items": [{ "sku": "A-1" }] }'],
  });
  await expect(row(page, 'discount')).toContainText('The text "12,50" cannot be read as a number');
  await expect(row(page, 'vat')).toContainText('The text "x" cannot be read as a number');
  await expect(row(page, 'no')).toContainText('7');
  await expect(row(page, 'name')).toContainText('"Anna Lee"');
  await expect(row(page, 'lines[].sku')).toContainText('"A-1"');
  await expect(checks(page)).toContainText('2 errors');
  await expect(checks(page)).toContainText('1 of 1 sample does not pass');
});

test('a list stays a list for one item and for none, in the preview and in what the flow makes', async ({ page }) => {
  const id = await open(page, {
    expression: '{ }',
    samples: ['{ "items": [{ "sku": "A-1" }] }', '{ "items": [] }'],
    target: {
      kinds: ['object'],
      fields: [
        {
          name: 'lines',
          required: true,
          shape: { kinds: ['list'], item: { kinds: ['object'], fields: [{ name: 'sku', required: true, shape: { kinds: ['text'] } }] } },
        },
      ],
    },
  });
  await field(page, 'items').dragTo(row(page, 'lines'));
  const choice = page.getByRole('menuitem', { name: 'For each item' });
  await choice.click();
  await field(page, 'items', 'sku').dragTo(row(page, 'lines[].sku'));
  await expect(row(page, 'lines')).toContainText('1 item');
  await expect(row(page, 'lines[].sku')).toContainText('"A-1"');
  await page.getByRole('button', { name: 'Next sample' }).click();
  await expect(row(page, 'lines')).toContainText('0 items');
  await expect(checks(page)).toContainText('All 2 samples pass');
  expect(await saved(page, id)).toContain('[items.{');
  const samples = (await (await scripts.get(`/api/flows/${id}/samples`, { headers: headers() })).json()) as { id: string }[];
  const tried = (await send('post', `/api/flows/${id}/try`, 200, { samples: samples.map((one) => one.id) })) as {
    records: { node: string; port: string; value: unknown }[];
  };
  const made = tried.records.filter(({ node, port }) => node === 'map' && port === 'out').map(({ value }) => value);
  expect(made).toEqual([{ lines: [{ sku: 'A-1' }] }, { lines: [] }]);
});

test('every digit is shown as it came, and a rule that would lose some is an error', async ({ page }) => {
  await open(page, {
    expression: '{ "copy": big, "price": price, "sum": big + 1 }',
    samples: ['{ "big": 9007199254740993, "price": 0.12345678901234567890 }'],
  });
  await expect(field(page, 'big')).toContainText('9007199254740993');
  await expect(field(page, 'price')).toContainText('0.12345678901234567890');
  await expect(row(page, 'copy')).toContainText('9007199254740993');
  await expect(row(page, 'price').getByText('0.12345678901234567890')).toBeVisible();
  await expect(row(page, 'sum')).toContainText('more digits than arithmetic keeps');
  await checks(page).getByRole('button').first().click();
  await expect(checks(page).getByRole('listitem').filter({ hasText: 'has more digits than can be calculated with' })).toContainText(
    'Error',
  );
});

test('auto-map proposes what is right, applies nothing by itself, and one undo takes all of it back', async ({ page }) => {
  const pair = readPairs('auto-map')[0];
  if (pair === undefined || !('samples' in pair.source)) throw new Error('The first blind pair has no samples.');
  const before = '{ "kept": "as it is" }';
  const id = await open(page, {
    expression: before,
    samples: (pair.source.samples as unknown[]).map((sample) => JSON.stringify(sample)),
    target: shapeOfGiven(pair.target),
  });
  await page.getByRole('button', { name: 'Auto-map' }).click();
  const dialog = page.getByRole('dialog', { name: 'Auto-map' });
  const sure = dialog.getByRole('region', { name: 'Sure' }).getByRole('listitem');
  await expect(sure.first()).toBeVisible();
  const pairs = await sure.evaluateAll((items) =>
    items.map((item) => [...item.querySelectorAll('[data-path]')].map((one) => one.textContent ?? '')),
  );
  const right = pairs.filter(([to = '', from = '']) => pair.gold[to]?.includes(from.replaceAll(' + ', ' & ')));
  expect(pairs.length).toBeGreaterThan(5);
  expect(right.length / pairs.length).toBeGreaterThanOrEqual(0.95);
  await expect(sure.getByRole('checkbox').first()).toBeChecked();
  expect(await saved(page, id)).toBe(before);
  const button = dialog.getByRole('button', { name: /^Map \d+ fields$/ });
  const count = Number(/\d+/.exec((await button.textContent()) ?? '')?.[0]);
  await button.click();
  await expect(dialog).toBeHidden();
  const text = await saved(page, id);
  expect(text).toContain('"kept": "as it is"');
  expect(text).not.toBe(before);
  expect(count).toBeGreaterThanOrEqual(pairs.length);
  await page.keyboard.press('Control+z');
  await expect.poll(() => saved(page, id)).toBe(before);
  await expect(page.getByRole('button', { name: 'Undo' }).first()).toBeDisabled();
});

test('what was ticked in auto-map stays ticked when the samples are read again meanwhile', async ({ page }) => {
  const pair = readPairs('auto-map')[0];
  if (pair === undefined || !('samples' in pair.source)) throw new Error('The first blind pair has no samples.');
  await open(page, {
    samples: (pair.source.samples as unknown[]).map((sample) => JSON.stringify(sample)),
    target: shapeOfGiven(pair.target),
  });
  await page.getByRole('button', { name: 'Close the mapper' }).click();
  // Opened again, the mapper shows the samples it knows and reads the list once more: that answer comes when a tick was made.
  let ticked = (): void => undefined;
  const hold = new Promise<void>((resolve) => {
    ticked = resolve;
  });
  await page.route(/\/samples\?values=false$/, async (route) => {
    await hold;
    await route.continue();
  });
  await page.locator('[data-node]').filter({ hasText: 'Order to ERP' }).dblclick();
  await expect(page.getByText(/^Sample 1 of/)).toBeVisible();
  await page.getByRole('button', { name: 'Auto-map' }).click();
  const first = page.getByRole('dialog', { name: 'Auto-map' }).getByRole('region', { name: 'Sure' }).getByRole('checkbox').nth(1);
  await first.uncheck();
  const again = page.waitForResponse(/\/samples\?values=true$/);
  ticked();
  await (await again).finished();
  // The next frame but one: what came in is drawn by then.
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await expect(first).not.toBeChecked();
});

test('a problem leads to its row, and one click solves it', async ({ page }) => {
  const id = await open(page, {
    expression: '{ "a": st = "2" ? "paid" : "open", "b": cust.emial }',
    samples: ['{ "st": 2, "cust": { "email": "a@b.de" } }'],
  });
  const bar = checks(page);
  await bar.getByRole('button', { name: /1 error/ }).click();
  const problems = bar.getByRole('list', { name: 'Problems' }).getByRole('listitem');
  await expect(problems).toHaveCount(2);
  await expect(problems.first().getByRole('button').first()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(row(page, 'a')).toHaveAttribute('aria-selected', 'true');
  await bar.getByRole('button', { name: 'Use cust.email' }).click();
  await expect(row(page, 'b')).toContainText('"a@b.de"');
  await bar.getByRole('button', { name: 'Write 2' }).click();
  await expect(row(page, 'a')).toContainText('"paid"');
  await expect(bar).toContainText('No problems found');
  expect(await saved(page, id)).toBe('{ "a": st = 2 ? "paid" : "open", "b": cust.email }');
});

test('samples come through the nodes before the mapping, and follow when those change', async ({ page }) => {
  await open(page, {
    expression: '{ "no": id, "kind": kind }',
    samples: ['{ "id": 1 }', '{ "id": 2 }', '{ "id": 3 }'],
    before: [
      { id: 'only', type: 'filter', version: 1, label: 'Odd ones', config: { condition: 'id % 2 = 1' } },
      { id: 'pre', type: 'map', version: 1, label: 'Mark', config: { expression: '$merge([$, { "kind": "seen" }])' } },
    ],
  });
  await expect(page.getByText('Sample 1 of 2')).toBeVisible();
  await expect(row(page, 'kind')).toContainText('"seen"');
  await page.getByRole('button', { name: 'Next sample' }).click();
  await expect(row(page, 'no')).toContainText('3');
});

test('the target is guessed from the sink, and may be pasted, kept and forgotten', async ({ page }) => {
  await until('the demo has made its table', () => {
    const file = new Database(join(process.env.MILLRACE_DATA ?? '', 'files', 'warehouse.db'), { readonly: true });
    try {
      return file.prepare('select 1 from orders limit 1').get() !== undefined;
    } finally {
      file.close();
    }
  });
  await open(page, {
    expression: '{ "id": id }',
    samples: ['{ "id": 1 }'],
    sink: { id: 'sink', type: 'sqlite', version: 1, label: 'Warehouse', config: { path: 'warehouse.db', table: 'orders', keys: ['id'] } },
  });
  await expect(page.getByText(/guessed: the table orders in warehouse\.db/i)).toBeVisible();
  await menu(page, 'What the target should be');
  const dialog = page.getByRole('dialog', { name: 'Target shape' });
  await expect(dialog).toContainText('Found by itself, not kept');
  await dialog
    .getByLabel('Paste it here')
    .fill('{ "type": "object", "required": ["orderNo"], "properties": { "orderNo": { "type": "string" } } }');
  await expect(dialog).toContainText('1 field, 1 required');
  await dialog.getByRole('button', { name: 'Use this shape' }).click();
  await expect(dialog).toBeHidden();
  await expect(row(page, 'orderNo')).toContainText('required');
  await expect(checks(page)).toContainText('1 unmapped required');
  await page.reload();
  await expect(row(page, 'orderNo')).toBeVisible();
  await menu(page, 'What the target should be');
  await expect(dialog).toContainText('Kept');
  await dialog.getByRole('button', { name: 'Forget it' }).click();
  await expect(dialog).toContainText('Found by itself, not kept');
});

test('a mapping goes out as a workbook and as CSV, and its changes come in after a look at them', async ({ page }) => {
  const id = await open(page, { expression: '{\n  "a": x, /* agreed */\n  "b": -y\n}', samples: ['{ "x": 1, "y": 2 }'] });
  await menu(page, 'Mapping as a sheet');
  const dialog = page.getByRole('dialog', { name: 'Mapping as a sheet' });
  const [workbook] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: 'Excel workbook' }).click()]);
  expect(workbook.suggestedFilename()).toBe('Mapper data - Order to ERP.xlsx');
  await dialog.getByLabel('Sheet file').setInputFiles(await workbook.path());
  await expect(dialog.getByRole('status')).toHaveText('2 same');
  await expect(dialog.getByRole('button', { name: 'Nothing to change' })).toBeDisabled();
  const csv = 'target,rule,note\na,$string(x),agreed\nb,-y,new note\nc,x +,\nd,y,\n';
  await dialog.getByLabel('Sheet file').setInputFiles({ name: 'back.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await expect(dialog.getByRole('status')).toHaveText(/2 changed.*1 added.*1 refused/);
  expect(await saved(page, id)).toBe('{\n  "a": x, /* agreed */\n  "b": -y\n}');
  await dialog.getByRole('button', { name: 'Take 3 changes' }).click();
  await expect(dialog).toBeHidden();
  await expect(row(page, 'a')).toContainText('"1"');
  const after = '{\n  "a": $string(x), /* agreed */\n  /* new note */\n  "b": -y,\n  "d": y\n}';
  await expect.poll(() => saved(page, id)).toBe(after);
  await page.keyboard.press('Control+z');
  await expect.poll(() => saved(page, id)).toBe('{\n  "a": x, /* agreed */\n  "b": -y\n}');
});

test('a mapping that never ends is stopped, and the page goes on', async ({ page }) => {
  await open(page, { expression: '{ "a": id }', samples: ['{ "id": 1 }'] });
  await expect(row(page, 'a')).toContainText('1');
  await page.getByRole('radio', { name: 'Code' }).check();
  const code = page.getByRole('main', { name: 'Mapper' }).locator('.cm-content');
  await code.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('( $f := function($x){ $f($x + 1) }; { "a": $f(0) } )');
  await expect(checks(page)).toContainText(/Preview stopped|does not pass/);
  await code.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('{ "a": id + 1 }');
  await page.getByRole('radio', { name: 'Rows' }).check();
  await expect(row(page, 'a')).toContainText('2');
});

for (const scheme of ['light', 'dark'] as const) {
  test(`the dialogs and the checks can be used by everybody, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await open(page, {
      expression: '{ "id": $number(coupon), "x": st = "2" ? 1 : 0 }',
      samples: ['{ "id": 1, "coupon": "12,50", "st": 2, "email": "a@b.de" }'],
      target: {
        kinds: ['object'],
        fields: [
          { name: 'id', required: true, shape: { kinds: ['number'] } },
          { name: 'email', required: true, shape: { kinds: ['text'] } },
        ],
      },
    });
    await checks(page)
      .getByRole('button', { name: /1 error/ })
      .click();
    const seriousOf = async (): Promise<string[]> => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`);
    };
    expect(await seriousOf()).toEqual([]);
    for (const [open_, name] of [
      [() => page.getByRole('button', { name: 'Auto-map' }).click(), 'Auto-map'],
      [() => menu(page, 'What the target should be'), 'Target shape'],
      [() => menu(page, 'Mapping as a sheet'), 'Mapping as a sheet'],
    ] as const) {
      await open_();
      await expect(page.getByRole('dialog', { name })).toBeVisible();
      expect(await seriousOf(), name).toEqual([]);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog', { name })).toBeHidden();
    }
  });
}
