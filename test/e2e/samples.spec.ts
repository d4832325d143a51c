import AxeBuilder from '@axe-core/playwright';
import { type APIRequestContext, expect, type Locator, type Page, test } from '@playwright/test';
import type { Flow } from '#shared/flow.ts';
import type { SavedSample } from '#shared/sample.ts';
import { until } from '../wait.ts';
import { footprintOf } from './broker.ts';

/** Samples in the editor: from Kafka, pasted, uploaded, as edge cases; masked, renamed, deleted; by mouse and by keyboard. */

let number = 0;
let scripts: APIRequestContext;
const headers = () => ({ authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` });

test.beforeEach(async ({ page, request }) => {
  scripts = request;
  expect((await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } })).ok()).toBe(true);
});

const panel = (page: Page): Locator => page.getByRole('region', { name: 'Samples', exact: true });
const list = (page: Page): Locator => panel(page).getByRole('list', { name: 'Samples in the order in which they were taken' });
const rows = (page: Page): Locator => list(page).getByRole('listitem');
const dialog = (page: Page, name: string | RegExp): Locator => page.getByRole('dialog', { name });

const flowParts = (id: string): Partial<Flow> => ({
  nodes: [
    { id: 'hook', type: 'webhook', version: 1, label: 'Orders', config: { path: id, key: 'customer' } },
    { id: 'log', type: 'log', version: 1, label: 'Log book', config: {} },
  ],
  edges: [{ id: 'e1', from: { node: 'hook', port: 'out' }, to: { node: 'log', port: 'in' } }],
  layout: { positions: { hook: { x: 0, y: 0 }, log: { x: 304, y: 0 } }, notes: [], groups: [] },
});

const orderText = (n: number): string =>
  `{"id":${n},"customer":"c-${n % 3}","number":9007199254740993,"rate":1.10,"email":"ann-${n}@shop.example","password":"geheim-${n}"}`;

async function draft(page: Page): Promise<string> {
  const id = `samples-${Date.now().toString(36)}-${++number}`;
  const answer = await scripts.post('/api/flows', { headers: headers(), data: { format: 1, id, name: 'Samples test', ...flowParts(id) } });
  expect(answer.status(), await answer.text()).toBe(201);
  await page.goto(`/flows/${id}`);
  await expect(page.getByRole('application')).toBeVisible();
  return id;
}

/** A deployed flow with this many orders in its topic, open in the editor. */
async function running(page: Page, orders: number): Promise<string> {
  const id = await draft(page);
  expect((await scripts.post(`/api/flows/${id}/deploy`, { headers: headers(), data: {} })).ok()).toBe(true);
  for (let n = 0; n < orders; n++) {
    const posted = await scripts.post(`/hooks/${id}`, { headers: { 'content-type': 'application/json' }, data: Buffer.from(orderText(n)) });
    expect(posted.status()).toBe(200);
  }
  await until('every order has ended', async () => {
    const status = (await (await scripts.get(`/api/flows/${id}/status`, { headers: headers() })).json()) as {
      balance: { in: number; inFlight: number };
    };
    return status.balance.in === orders && status.balance.inFlight === 0;
  });
  await page.reload();
  await expect(page.getByRole('application')).toBeVisible();
  return id;
}

async function stored(id: string): Promise<SavedSample[]> {
  return (await (await scripts.get(`/api/flows/${id}/samples?values=true`, { headers: headers() })).json()) as SavedSample[];
}

const openSamples = (page: Page) => page.getByRole('button', { name: 'Samples', exact: true }).click();

test('one click takes the ten newest of the live topic, whole to the digit, masked, and moves nothing in Kafka', async ({ page }) => {
  const id = await running(page, 14);
  const before = await footprintOf(id, id);
  await openSamples(page);
  await panel(page).getByRole('button', { name: 'Take 10 messages from Orders' }).click();
  await expect(rows(page)).toHaveCount(10);
  expect(await footprintOf(id, id)).toEqual(before);
  const samples = await stored(id);
  expect(samples.map(({ value }) => value?.text).sort()).toEqual(
    Array.from({ length: 10 }, (_, index) => orderText(index + 4).replace(/geheim-\d+/, '•••')).sort(),
  );
  await expect(rows(page).first()).toContainText(/c-\d \(\d+\/\d+\)/);
  await expect(rows(page).first()).toContainText(/Orders, partition \d+, offset \d+ · taken/);
  await expect(rows(page).first()).toContainText('1 masked');
  const sample = page.getByRole('region', { name: /^Sample c-/ });
  await expect(sample).toContainText('9007199254740993');
  await expect(sample).toContainText('1.10');
  await sample.getByRole('radio', { name: 'Raw' }).check();
  await expect(sample).toContainText('"number":9007199254740993,"rate":1.10');
  await expect(page.getByText(/10 from Orders, taken/)).toBeVisible();
});

test('samples come by key, by text and from an offset, and only those that are ticked', async ({ page }) => {
  const id = await running(page, 9);
  await openSamples(page);
  await panel(page).getByRole('button', { name: 'Take samples…' }).click();
  const take = dialog(page, 'Take samples');
  await expect(take.getByRole('status')).toContainText(/9 found, scanned 9 messages in/);

  await take.getByRole('radio', { name: /By key/ }).check();
  await take.getByRole('textbox', { name: 'Key' }).fill('c-1');
  await take.getByRole('button', { name: 'Search' }).click();
  await expect(take.getByRole('status')).toContainText('3 found');
  await take
    .getByRole('checkbox', { name: /^Take Orders|^Take / })
    .first()
    .uncheck();
  await take.getByRole('button', { name: 'Take 2 samples' }).click();
  await expect(rows(page)).toHaveCount(2);
  expect((await stored(id)).map(({ key }) => key?.text)).toEqual(['c-1', 'c-1']);

  await panel(page).getByRole('button', { name: 'Take samples…' }).click();
  await take.getByRole('radio', { name: /Containing a text/ }).check();
  await take.getByRole('textbox', { name: 'Text' }).fill('ANN-7@');
  await take.getByRole('textbox', { name: 'Text' }).press('Enter');
  await expect(take.getByRole('status')).toContainText('1 found');
  await expect(take.getByRole('list', { name: 'Messages found' })).toContainText('ann-7@shop.example');

  await take.getByRole('radio', { name: /From an offset on/ }).check();
  await take.getByRole('textbox', { name: 'Offset' }).fill('1');
  await take.getByRole('button', { name: 'Search' }).click();
  await expect(take.getByRole('status')).toContainText(/found, scanned/);
  await page.keyboard.press('Escape');
  await expect(take).toBeHidden();
  await expect(panel(page)).toBeVisible();
});

test('a dead letter is found from the card of its node and taken as a sample', async ({ page }) => {
  const id = await draft(page);
  const answer = await scripts.get(`/api/flows/${id}`, { headers: headers() });
  const { flow, revision } = (await answer.json()) as { flow: Flow; revision: number };
  const broken = {
    ...flow,
    nodes: [
      ...flow.nodes,
      { id: 'map', type: 'map', version: 1, label: 'Price', config: { expression: '{ "rate": $number(customer) }' } },
      { id: 'other', type: 'map', version: 1, label: 'Number', config: { expression: '{ "id": $number(email) }' } },
    ],
    edges: [
      ...flow.edges,
      { id: 'e2', from: { node: 'hook', port: 'out' }, to: { node: 'map', port: 'in' } },
      { id: 'e3', from: { node: 'map', port: 'out' }, to: { node: 'log', port: 'in' } },
      { id: 'e4', from: { node: 'hook', port: 'out' }, to: { node: 'other', port: 'in' } },
      { id: 'e5', from: { node: 'other', port: 'out' }, to: { node: 'log', port: 'in' } },
    ],
  };
  expect((await scripts.put(`/api/flows/${id}`, { headers: { ...headers(), 'if-match': `"${revision}"` }, data: broken })).ok()).toBe(true);
  expect((await scripts.post(`/api/flows/${id}/deploy`, { headers: headers(), data: {} })).ok()).toBe(true);
  await scripts.post(`/hooks/${id}`, { headers: { 'content-type': 'application/json' }, data: Buffer.from(orderText(1)) });
  const letters = async () => (await (await scripts.get(`/api/flows/${id}/dead-letters`, { headers: headers() })).json()) as unknown[];
  await until('the order is a dead letter twice', async () => (await letters()).length === 2);

  await page.goto(`/dead-letters?flow=${id}&node=map`);
  await expect(page.getByRole('button', { name: 'Only Price' })).toBeVisible();
  await expect(page.getByText('1 open cause, 1 message')).toBeVisible();
  await page.getByRole('button', { name: 'Take as sample' }).click();
  await page.getByRole('link', { name: /Open the flow/ }).click();
  await expect(page.getByRole('application')).toBeVisible();
  const [sample] = await stored(id);
  expect(sample).toMatchObject({ name: expect.stringContaining('c-1'), origin: { kind: 'dead-letter', code: expect.any(String) } });
  expect(sample?.value?.text).toBe(orderText(1).replace('geheim-1', '•••'));
  await openSamples(page);
  await expect(rows(page)).toContainText('Dead letter');

  await page.goto(`/dead-letters?flow=${id}&node=map`);
  await page.getByRole('button', { name: 'Only Price' }).click();
  await expect(page.getByText('2 open causes, 2 messages')).toBeVisible();
});

test('pasted CSV keeps every cell as text; a flow that was never deployed says what to do', async ({ page }) => {
  const id = await draft(page);
  await openSamples(page);
  await expect(panel(page)).toContainText('its topic is made when the flow is deployed. Paste or upload a message until then.');
  await panel(page).getByRole('button', { name: 'Paste a message…' }).click();
  const take = dialog(page, 'Take samples');
  await take.getByRole('textbox', { name: 'Messages' }).fill('id;name;total\n007;"Lee; Anna";9007199254740993\n8;Bob;1.10\n');
  await expect(take.getByRole('combobox', { name: 'Read as' })).toHaveValue('csv');
  await expect(take).toContainText('Gives 2 samples.');
  await take.getByRole('button', { name: 'Take as samples' }).click();
  await expect(rows(page)).toHaveCount(2);
  expect((await stored(id)).map(({ value }) => value?.text)).toEqual([
    '{"id":"007","name":"Lee; Anna","total":"9007199254740993"}',
    '{"id":"8","name":"Bob","total":"1.10"}',
  ]);

  await panel(page).getByRole('button', { name: 'Take samples…' }).click();
  await take.getByRole('textbox', { name: 'Messages' }).fill('{"a": 1,\n "b": tru}');
  await expect(take.getByRole('alert')).toContainText('Line 2, column 7');
  await expect(take.getByRole('button', { name: 'Take as samples' })).toBeDisabled();
  await take.getByRole('radio', { name: /Upload a file/ }).check();
  await take
    .getByLabel('File to take samples from')
    .setInputFiles({ name: 'two.jsonl', mimeType: 'text/plain', buffer: Buffer.from('{"a":1}\n{"a":2}\n') });
  await expect(take.getByRole('combobox', { name: 'Read as' })).toHaveValue('json-lines');
  await take.getByRole('button', { name: 'Take as samples' }).click();
  await expect(rows(page)).toHaveCount(4);
  await expect(rows(page).last()).toContainText('From the file two.jsonl');
});

test('edge cases are chosen from a list and say what they are of', async ({ page }) => {
  const id = await draft(page);
  await scripts.post(`/api/flows/${id}/samples`, {
    headers: headers(),
    data: { from: 'paste', format: 'json', text: orderText(1), name: 'Order' },
  });
  await openSamples(page);
  await panel(page).getByRole('button', { name: 'Edge cases…' }).click();
  const edge = dialog(page, 'Edge cases of Order');
  await edge.getByRole('checkbox', { name: 'customer is missing' }).check();
  await edge.getByRole('checkbox', { name: /^A field is null/ }).check();
  const button = edge.getByRole('button', { name: /^Take \d+ edge cases$/ });
  await button.click();
  await expect(edge).toBeHidden();
  await expect(list(page)).toContainText('Order: customer is missing');
  await expect(list(page)).toContainText('Edge case of Order');
  const derived = (await stored(id)).find(({ name }) => name === 'Order: customer is missing');
  expect(derived?.value?.text).not.toContain('customer');
  expect(derived?.value?.text).toContain('9007199254740993');
  await rows(page).filter({ hasText: 'Pasted' }).getByRole('button').first().click();
  await panel(page).getByRole('button', { name: 'Edge cases…' }).click();
  await expect(edge.getByRole('checkbox', { name: 'customer is missing' })).toBeDisabled();
});

test('masks show what they do while they are typed, and mask what is stored', async ({ page }) => {
  const id = await draft(page);
  await scripts.post(`/api/flows/${id}/samples`, {
    headers: headers(),
    data: { from: 'paste', format: 'json', text: orderText(1), name: 'Order' },
  });
  await openSamples(page);
  await panel(page).getByRole('button', { name: 'Masks…' }).click();
  const masks = dialog(page, /^Masks/);
  const effect = masks.getByRole('region', { name: 'What the masks do' });
  await expect(effect).toContainText('ann-1@shop.example');
  await masks.getByRole('button', { name: 'Add a mask' }).click();
  await masks.getByRole('textbox', { name: 'Path or name' }).last().fill('em..ail');
  await expect(masks.getByRole('button', { name: 'Set masks' })).toBeDisabled();
  await masks.getByRole('textbox', { name: 'Path or name' }).last().fill('email');
  await masks.getByRole('combobox', { name: 'How' }).last().selectOption('email');
  await expect(effect).toContainText('xxx-x@example.com');
  await masks.getByRole('button', { name: 'Set masks' }).click();
  await expect(masks).toBeHidden();
  await expect(rows(page).first()).toContainText('2 masked');
  expect((await stored(id))[0]?.value?.text).toContain('"email":"xxx-x@example.com","password":"•••"');
});

test('by keyboard alone: paste, look, rename, leave out of Try, delete and undo', async ({ page }) => {
  const id = await draft(page);
  const toggle = page.getByRole('button', { name: 'Samples', exact: true });
  await toggle.focus();
  await page.keyboard.press('Enter');
  await panel(page).getByRole('button', { name: 'Paste a message…' }).focus();
  await page.keyboard.press('Enter');
  const take = dialog(page, 'Take samples');
  await expect(take.getByRole('radio', { name: /Paste/ })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(take.getByRole('textbox', { name: 'Messages' })).toBeFocused();
  await page.keyboard.insertText('[{"a": 1}, {"a": 2}]');
  await take.getByRole('button', { name: 'Take as samples' }).focus();
  await page.keyboard.press('Enter');
  await expect(rows(page)).toHaveCount(2);

  await list(page)
    .getByRole('button', { name: /^Pasted 1/ })
    .focus();
  await page.keyboard.press('ArrowDown');
  await expect(list(page).getByRole('button', { name: /^Pasted 2/ })).toBeFocused();
  await expect(page.getByRole('region', { name: 'Sample Pasted 2' })).toContainText('2');
  await page.keyboard.press('F2');
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('Second order');
  await page.keyboard.press('Enter');
  await expect(list(page).getByRole('button', { name: /^Second order/ })).toBeFocused();
  await expect.poll(async () => (await stored(id)).map(({ name }) => name)).toEqual(['Pasted 1', 'Second order']);
  await list(page).getByRole('checkbox', { name: 'Second order takes part in Try' }).focus();
  await page.keyboard.press('Space');
  await expect(list(page).getByRole('checkbox', { name: 'Second order takes part in Try' })).not.toBeChecked();

  await list(page)
    .getByRole('button', { name: /^Second order/ })
    .focus();
  await page.keyboard.press('Delete');
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole('alert').getByRole('button', { name: 'Undo' }).focus();
  await page.keyboard.press('Enter');
  await expect(rows(page)).toHaveCount(2);
  await expect.poll(() => stored(id)).toHaveLength(2);
});

for (const theme of ['light', 'dark'] as const) {
  test(`samples and their dialogs have no serious fault of access in ${theme}`, async ({ page }) => {
    test.setTimeout(180_000);
    const id = await draft(page);
    await scripts.post(`/api/flows/${id}/samples`, {
      headers: headers(),
      data: { from: 'paste', format: 'json', text: orderText(1), name: 'Order' },
    });
    await page.emulateMedia({ colorScheme: theme });
    await openSamples(page);
    await expect(rows(page)).toHaveCount(1);
    const faults = async () => {
      const { violations } = await new AxeBuilder({ page }).exclude('.react-flow__attribution').analyze();
      const bad = violations.filter((each) => each.impact === 'serious' || each.impact === 'critical');
      return bad.map((each) => `${each.id}: ${each.nodes.map((place) => place.target.join(' ')).join(', ')}`);
    };
    expect(await faults()).toEqual([]);
    for (const name of ['Take samples…', 'Edge cases…', 'Masks…']) {
      await panel(page).getByRole('button', { name }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      expect(await faults(), name).toEqual([]);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
    }
  });
}
