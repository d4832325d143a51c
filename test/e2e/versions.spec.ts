import { readFile } from 'node:fs/promises';
import AxeBuilder from '@axe-core/playwright';
import { type APIRequestContext, type BrowserContext, expect, type Locator, type Page, test } from '@playwright/test';
import type { FlowHistory, FlowRecord } from '#shared/api.ts';
import type { Flow } from '#shared/flow.ts';

/** Versions for people in a real browser: two at one draft, the history, the way back, files in and out. */

let number = 0;
let scripts: APIRequestContext;
const headers = () => ({ authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` });

test.beforeEach(async ({ page, request }) => {
  scripts = request;
  await signIn(page);
});

async function signIn(page: Page): Promise<void> {
  const answer = await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
  expect(answer.ok()).toBe(true);
}

const mapping = '{\n  "id": id,\n  "name": first,\n  "total": total\n}';

/** Stores a flow of this test's own. */
async function make(): Promise<string> {
  const id = `versions-${Date.now().toString(36)}-${++number}`;
  const data = {
    format: 1,
    id,
    name: 'Web shop',
    nodes: [
      { id: 'hook', type: 'webhook', label: 'Orders', config: { path: id } },
      { id: 'map', type: 'map', label: 'To customer', config: { expression: mapping } },
      { id: 'log', type: 'log', label: 'Log book', config: {} },
    ],
    edges: [
      { id: 'e1', from: { node: 'hook', port: 'out' }, to: { node: 'map', port: 'in' } },
      { id: 'e2', from: { node: 'map', port: 'out' }, to: { node: 'log', port: 'in' } },
    ],
    layout: { positions: { hook: { x: 0, y: 0 }, map: { x: 304, y: 0 }, log: { x: 608, y: 0 } } },
  };
  const answer = await scripts.post('/api/flows', { headers: headers(), data });
  expect(answer.status(), await answer.text()).toBe(201);
  return id;
}

const record = async (id: string): Promise<FlowRecord> =>
  (await (await scripts.get(`/api/flows/${id}`, { headers: headers() })).json()) as FlowRecord;
const history = async (id: string) => (await (await scripts.get(`/api/flows/${id}/history`, { headers: headers() })).json()) as FlowHistory;
const expressionOf = ({ flow }: { flow: Flow }) => flow.nodes.find(({ id }) => id === 'map')?.config.expression;

async function publish(id: string, note: string): Promise<void> {
  const answer = await scripts.post(`/api/flows/${id}/versions`, { headers: headers(), data: { note } });
  expect(answer.status(), await answer.text()).toBe(201);
}

/** Saves a change of the draft as a script would. */
async function change(id: string, edit: (flow: Flow) => void): Promise<void> {
  const { flow, revision } = await record(id);
  edit(flow);
  const answer = await scripts.put(`/api/flows/${id}`, { headers: { ...headers(), 'if-match': `"${revision}"` }, data: flow });
  expect(answer.status(), await answer.text()).toBe(200);
}
const setRule = (from: string, to: string) => (flow: Flow) => {
  const node = flow.nodes.find(({ id }) => id === 'map');
  if (node) node.config.expression = String(node.config.expression).replace(from, to);
};

const field = (page: Page): Locator =>
  page.getByRole('complementary', { name: 'Settings' }).getByRole('textbox', { name: 'New value', exact: true });

/** Types a whole mapping into the field of the open node. */
async function express(page: Page, text: string): Promise<void> {
  await field(page).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
}

/** Holds back what the server tells a page of the changes of others, as a slow network would. */
async function deaf(page: Page): Promise<void> {
  await page.route('**/api/events', (route) => route.abort());
}

async function axe(page: Page): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

async function secondPerson(browser: { newContext(): Promise<BrowserContext> }): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await signIn(page);
  return page;
}

test('two people edit different rows of one mapping: both survive, and one undo takes the other’s change back', async ({
  page,
  browser,
}) => {
  const id = await make();
  const other = await secondPerson(browser);
  await deaf(page);
  for (const each of [page, other]) {
    await each.goto(`/flows/${id}?node=map`);
    await expect(field(each)).toBeVisible();
  }
  await express(other, mapping.replace('"total": total', '"total": $round(total)'));
  await expect(other.getByText(/^Saved \d/)).toBeVisible();
  await expect.poll(async () => (await record(id)).revision).toBe(2);

  await express(page, mapping.replace('"name": first', '"name": last'));
  await expect(
    page.getByText('Merged with First admin key’s change: To customer: total: was total, now total through round.'),
  ).toBeAttached();
  const both = '{\n  "id": id,\n  "name": last,\n  "total": $round(total)\n}';
  await expect.poll(async () => expressionOf(await record(id))).toBe(both);
  await expect(page.getByText(/^Saved \d/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Undo: merge with changes by First admin key' })).toBeEnabled();
  await page.getByRole('button', { name: /^Undo/ }).click();
  await expect.poll(async () => expressionOf(await record(id))).toBe(mapping.replace('"name": first', '"name": last'));
  await other.context().close();
});

test('two people edit the same row: a dialog asks, by keyboard too, and keeps the rest of both', async ({ page }) => {
  const id = await make();
  await deaf(page);
  await page.goto(`/flows/${id}?node=map`);
  await expect(field(page)).toBeVisible();
  await change(id, (flow) => {
    setRule('"name": first', '"name": $trim(first)')(flow);
    setRule('"total": total', '"total": $round(total)')(flow);
  });
  await express(page, mapping.replace('"name": first', '"name": last'));
  const dialog = page.getByRole('dialog', { name: /changed the same/ });
  await expect(dialog).toBeVisible();
  await expect(dialog.getByRole('group', { name: /To customer/ })).toContainText('name');
  await expect(dialog.getByRole('button', { name: 'Save what is chosen' })).toBeDisabled();
  await axe(page);

  await dialog.getByRole('radio', { name: /First admin key/ }).focus();
  await page.keyboard.press('ArrowUp');
  await expect(dialog.getByRole('radio', { name: /^Mine/ })).toBeChecked();
  await dialog.getByRole('button', { name: 'Save what is chosen' }).focus();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect.poll(async () => expressionOf(await record(id))).toBe('{\n  "id": id,\n  "name": last,\n  "total": $round(total)\n}');
});

test('the history says in words what changed; a version is looked at, and restored as one step', async ({ page }) => {
  const id = await make();
  await publish(id, 'First cut with Mira');
  await change(id, (flow) => {
    setRule('"name": first', '"name": first & " " & last')(flow);
    flow.settings.retentionHours = 720;
    flow.layout.positions.log = { x: 640, y: 0 };
  });
  await publish(id, 'Names joined');
  await change(id, (flow) => void flow.nodes.push({ id: 'copy', type: 'log', version: 1, label: 'Second log', config: {} }));

  await page.goto(`/flows/${id}`);
  await page.getByRole('link', { name: 'History' }).click();
  await expect(page.getByRole('heading', { name: 'History of Web shop' })).toBeVisible();
  await expect(page.getByText('From version 2 to the draft: 1 change')).toBeVisible();
  await expect(page.getByText('1 edit by First admin key').first()).toBeVisible();
  await page.getByRole('button', { name: /^Version 2/ }).click();
  const changes = page.getByRole('region', { name: 'Changes' });
  await expect(changes).toContainText('name was first, now first and last joined');
  await expect(changes).toContainText('Retention: was 7 days, now 30 days');
  await expect(changes).toContainText('1 node moved');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('heading', { name: 'The first version' })).toBeVisible();
  await page.keyboard.press('ArrowUp');
  await expect(changes).toContainText('Retention');
  await axe(page);

  await page.getByRole('link', { name: 'View' }).click();
  await expect(page.getByText('Version 2, read-only')).toBeVisible();
  await expect(page.locator('[data-node="map"]')).toContainText('Changed');
  await expect(page.locator('[data-node="copy"]')).toHaveCount(0);
  await axe(page);
  await page.locator('[data-node="map"]').click();
  await expect(page.getByRole('textbox', { name: 'Name', exact: true })).toBeDisabled();
  const before = (await record(id)).revision;

  await page.getByRole('link', { name: 'History' }).last().click();
  await page.getByRole('button', { name: /^Version 1/ }).click();
  await page.getByRole('button', { name: 'Restore…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Restore version 1' });
  await expect(dialog).toContainText('The draft becomes version 1 again');
  await expect(dialog).toContainText('The draft as it is now is in no version');
  await axe(page);
  await dialog.getByRole('button', { name: 'Replace the draft' }).click();
  await expect(page.locator('[data-node]')).toHaveCount(3);
  await expect.poll(async () => expressionOf(await record(id))).toBe(mapping);
  expect((await record(id)).revision).toBe(before + 1);
  await page.getByRole('button', { name: 'Undo: restore version 1' }).click();
  await expect(page.locator('[data-node]')).toHaveCount(4);
  await expect.poll(async () => (await record(id)).flow.nodes.length).toBe(4);
  expect((await history(id)).versions.map(({ version }) => version)).toEqual([2, 1]);
});

test('the draft is published with a note from the history', async ({ page }) => {
  const id = await make();
  await page.goto(`/flows/${id}/history`);
  await expect(page.getByText('No version has been published yet')).toBeVisible();
  await page.getByRole('button', { name: 'Publish…' }).click();
  await page.getByRole('textbox', { name: 'Note' }).fill('Agreed with sales');
  await page.getByRole('button', { name: 'Publish version 1' }).click();
  await expect(page.getByRole('button', { name: /^Version 1/ })).toContainText('Agreed with sales');
  expect((await history(id)).versions).toMatchObject([{ version: 1, note: 'Agreed with sales' }]);
});

test('a flow goes out as a .zip and comes back: the import says what it would change, then does it', async ({ page }) => {
  const id = await make();
  const exported = (await record(id)).flow;
  await page.goto('/flows');
  const row = page.getByRole('row').filter({ has: page.locator(`a[href="/flows/${id}"]`) });
  await row.getByRole('button', { name: /^Actions for/ }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'Export for Git (.zip)' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`${id}.zip`);
  const zip = await readFile(await download.path());

  await change(id, setRule('"name": first', '"name": last'));
  await page.getByRole('button', { name: 'Import' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Import a flow' });
  await dialog.getByLabel('Flow file').setInputFiles({ name: 'shop.zip', mimeType: 'application/zip', buffer: zip });
  await expect(dialog).toContainText('Replaces the draft of Web shop, 1 change');
  await expect(dialog).toContainText('name was last, now first');
  await axe(page);
  await dialog.getByRole('button', { name: 'Replace the draft' }).click();
  await expect(page).toHaveURL(new RegExp(`/flows/${id}$`));
  expect((await record(id)).flow).toEqual(exported);

  await page.goto('/flows');
  await page.getByRole('button', { name: 'Import' }).first().click();
  await dialog
    .getByLabel('Flow file')
    .setInputFiles({ name: 'broken.zip', mimeType: 'application/zip', buffer: Buffer.from('PK nothing') });
  await expect(dialog).toContainText('cannot be unpacked');
  await dialog
    .getByLabel('Flow file')
    .setInputFiles({ name: 'shop.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(exported)) });
  await dialog.getByRole('radio', { name: 'As a new flow' }).check();
  await dialog.getByRole('button', { name: 'Import flow' }).click();
  await expect(page).toHaveURL(new RegExp(`/flows/${id}-`));
});
