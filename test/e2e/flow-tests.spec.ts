import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import type { FlowHistory } from '#shared/api.ts';
import type { FindReport } from '#shared/sample.ts';
import { flowOf } from '../flows/flow.ts';
import { adminKey, type MillraceProcess, startMillrace } from '../millrace.ts';
import { until } from '../wait.ts';

/** Tests in the editor and the gate of production, in a real browser against a server of its own. */

let folder = '';
let server: MillraceProcess;
test.beforeAll(async () => {
  test.setTimeout(240_000);
  folder = await mkdtemp(join(tmpdir(), 'millrace-gate-'));
  server = await startMillrace({ MILLRACE_DATA: folder, MILLRACE_ENVIRONMENT: 'production' });
});
test.afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const shop = (expression: string, id = 'shop') => ({
  ...flowOf(id, [
    { id: 'in', type: 'webhook', label: 'Orders', config: { path: id, key: 'number' } },
    { id: 'map', type: 'map', label: 'ERP order', config: { expression } },
    { id: 'out', type: 'kafka.sink', label: 'ERP', config: { topic: 'erp', createPartitions: 1 } },
  ]),
  name: 'Web shop orders',
  layout: { positions: { in: { x: 0, y: 0 }, map: { x: 304, y: 0 }, out: { x: 608, y: 0 } } },
});
const withVat = '{ "number": number, "gross": total * 1.19, "at": $now() }';
const withoutVat = '{ "number": number, "gross": total, "at": $now() }';
const orders = 5;

/** A flow that is live and has worked, and samples of what came. */
async function live(): Promise<void> {
  await server.api('POST', '/api/flows', shop(withVat));
  await server.api('POST', '/api/flows/shop/deploy', { override: { reason: 'There is nothing to prove yet' } });
  for (let number = 1; number <= orders; number++) {
    const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ number, total: 100 }) };
    expect((await fetch(`${server.url}/hooks/shop`, sent)).status).toBe(200);
  }
  let positions: string[] = [];
  await until('the orders can be read', async () => {
    const { topics } = await server.api<{ topics: FindReport[] }>('POST', '/api/flows/shop/samples/find', { count: 2 });
    positions = (topics[0]?.messages ?? []).map(({ position }) => position);
    return positions.length === 2;
  });
  await server.api('POST', '/api/flows/shop/samples', { from: 'topic', positions });
}

async function signIn(page: Page): Promise<void> {
  const answer = await page.request.post(`${server.url}/api/session`, { data: { key: adminKey } });
  expect(answer.ok()).toBe(true);
}

const accessible = async (page: Page): Promise<void> => {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag22aa']).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual([]);
};

test('a Try is saved as a test, a changed rule fails it, and production is deployed against it only with a reason', async ({ page }) => {
  test.setTimeout(240_000);
  await live();
  await signIn(page);
  await page.goto(`${server.url}/flows/shop`);
  await expect(page.getByText('Production').first()).toBeVisible();
  await expect(page.locator('[data-environment="production"]')).toBeVisible();

  // Without tests there is one way on: a Try, and the test of it.
  await page.getByRole('button', { name: 'Tests', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'No tests yet' })).toBeVisible();
  await page.getByRole('button', { name: 'Try with samples first' }).click();
  await expect(page.getByText('2 samples')).toBeVisible();
  await page.getByRole('button', { name: 'Save as test' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Save as test' });
  await expect(dialog.getByText('ERP gets 2 messages with exactly these values, but for 1 field and these keys')).toBeVisible();
  // What changes from run to run was found and is ignored.
  await expect(dialog.getByRole('checkbox', { name: /^at/ })).toBeChecked();
  await dialog.getByLabel('Name').fill('Order gets VAT');
  await expect(dialog.getByText('order-gets-vat.json')).toBeVisible();
  await accessible(page);
  await dialog.getByRole('button', { name: 'Save the test' }).click();
  await expect(dialog).toBeHidden();
  const panel = page.getByRole('region', { name: 'Tests' });
  await panel.getByRole('button', { name: 'Run all' }).click();
  await expect(panel.getByRole('button', { name: /Order gets VAT Passed/ })).toBeVisible();

  // Somebody changes the rule: the open editor takes it over and runs the tests by itself.
  await server.api('PUT', '/api/flows/shop', shop(withoutVat), { 'if-match': '*' });
  await expect(panel.getByRole('button', { name: /Order gets VAT Failed/ })).toBeVisible();
  const row = panel.getByRole('row', { name: /gross/ }).first();
  await expect(row.getByRole('cell').nth(0)).toHaveText('119');
  await expect(row.getByRole('cell').nth(1)).toHaveText('100');
  await accessible(page);

  // The deploy page: the failing test with its fields, what would change, and no way but with a reason.
  await page.getByRole('button', { name: 'Deploy…' }).click();
  await expect(page).toHaveURL(/\/flows\/shop\/deploy$/);
  const tests = page.locator('[data-section="tests"]');
  await expect(tests).toHaveAttribute('data-verdict', 'blocked');
  await expect(tests.getByRole('article', { name: 'Test Order gets VAT' }).getByRole('row', { name: /gross/ }).first()).toContainText(
    '119',
  );
  const deploy = page.getByRole('button', { name: 'Deploy version 2 to production' });
  await expect(deploy).toBeDisabled();
  await expect(page.getByText(`${orders} messages: 0 same, ${orders} changed`)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('gross', { exact: true }).first()).toBeVisible();
  await accessible(page);

  await page.getByRole('button', { name: 'Deploy all the same…' }).click();
  const override = page.getByRole('dialog', { name: 'Deploy version 2 against the gate' });
  const confirm = override.getByRole('button', { name: 'Deploy version 2 to production' });
  await expect(confirm).toBeDisabled();
  await override.getByLabel('Reason').fill('too short');
  await expect(confirm).toBeDisabled();
  const reason = 'VAT is settled by the tax system from today';
  await override.getByLabel('Reason').fill(reason);
  await confirm.click();
  await expect(page.getByText(/Version 2 .*is live/).first()).toBeVisible({ timeout: 60_000 });

  // For ever in the audit trail and on the version.
  await page.goto(`${server.url}/audit`);
  await expect(page.getByText(reason).first()).toBeVisible();
  const history = await server.api<FlowHistory>('GET', '/api/flows/shop/history');
  expect(history.versions[0]?.deployments).toMatchObject([{ override: reason }]);
});

test('a new result is accepted with a reason, tests are edited, and a deleted one comes back', async ({ page }) => {
  await server.api('POST', '/api/flows', shop(withoutVat, 'edited'));
  await server.api('POST', '/api/flows/edited/tests', {
    format: 1,
    name: 'Order gets VAT',
    samples: [{ value: { number: 1, total: 100 } }],
    expect: [{ node: 'out', messages: 1, ignore: ['at'], equals: [{ number: 1, gross: 119 }] }],
  });
  await signIn(page);
  await page.goto(`${server.url}/flows/edited?test=order-gets-vat`);
  const panel = page.getByRole('region', { name: 'Tests' });
  await panel.getByRole('button', { name: 'Run all' }).click();
  await panel.getByRole('button', { name: 'Accept the new result…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Accept the new result of “Order gets VAT”' });
  await dialog.getByLabel('Why is the new result right?').fill('VAT is settled elsewhere');
  await dialog.getByRole('button', { name: 'Accept the new result' }).click();
  await expect(panel.getByRole('button', { name: /Order gets VAT Passed/ })).toBeVisible();

  // Another field is ignored, and the name is another.
  await panel.getByRole('radio', { name: 'Expected' }).check({ force: true });
  await panel.getByLabel('Ignored fields').first().fill('number');
  await page.keyboard.press('Enter');
  await panel.getByLabel('Name', { exact: true }).fill('Order without VAT');
  await panel.getByRole('button', { name: 'Save and run' }).click();
  await expect(panel.getByRole('button', { name: /Order without VAT Passed/ })).toBeVisible();
  const { test: saved } = await server.api<{ test: { expect: { ignore?: string[] }[]; accepted: { reason: string }[] } }>(
    'GET',
    '/api/flows/edited/tests/order-without-vat',
  );
  expect(saved.expect[0]?.ignore).toEqual(['at', 'number']);
  expect(saved.accepted).toMatchObject([{ reason: 'VAT is settled elsewhere' }]);

  // By keyboard: Delete takes it off the list, the toast brings it back.
  await panel.getByRole('button', { name: /Order without VAT Passed/ }).press('Delete');
  await expect(panel.getByRole('heading', { name: 'No tests yet' })).toBeVisible();
  await page.getByRole('button', { name: 'Undo', exact: true }).last().click();
  await expect(panel.getByRole('button', { name: /^Order without VAT/ })).toBeVisible();
  expect(await server.api<{ tests: unknown[] }>('GET', '/api/flows/edited/tests')).toMatchObject({ tests: { length: 1 } });
});
