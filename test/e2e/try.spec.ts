import AxeBuilder from '@axe-core/playwright';
import { type APIRequestContext, expect, type Locator, type Page, test } from '@playwright/test';
import type { Flow } from '#shared/flow.ts';
import type { TakeResult } from '#shared/sample-schemas.ts';
import { until } from '../wait.ts';
import { footprintOf } from './broker.ts';

/** Try in the editor: what it shows adds up, and nothing of it leaves a trace in Kafka. */

let number = 0;
let scripts: APIRequestContext;
const headers = () => ({ authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` });

test.beforeEach(async ({ page, request }) => {
  scripts = request;
  expect((await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } })).ok()).toBe(true);
});

const canvas = (page: Page): Locator => page.getByRole('application');
const card = (page: Page, id: string): Locator => page.locator(`#node-${id}`);
const ribbon = (page: Page): Locator => page.getByRole('region', { name: 'Try' });
const detail = (page: Page): Locator => page.getByRole('region', { name: /made of this message/ });
const messages = (page: Page): Locator => page.getByRole('list', { name: 'Messages that came to this node' });

/** Webhook → map that breaks on a comma → filter → switch → topic; one lane is never taken. */
function shop(id: string): Partial<Flow> {
  return {
    nodes: [
      { id: 'hook', type: 'webhook', version: 1, label: 'Orders', config: { path: id, key: 'id' } },
      {
        id: 'map',
        type: 'map',
        version: 1,
        label: 'Clean order',
        config: { expression: '{\n  "orderNo": id,\n  "number": number,\n  "country": country,\n  "total": $number(total)\n}' },
      },
      { id: 'paid', type: 'filter', version: 1, label: 'Not small', config: { condition: 'total > 20', reason: 'is too small' } },
      {
        id: 'lanes',
        type: 'switch',
        version: 1,
        label: 'Lanes',
        config: {
          mode: 'first',
          cases: [
            { id: 'eu', name: 'EU', when: 'country = "DE"' },
            { id: 'us', name: 'Overseas', when: 'country = "US"' },
          ],
        },
      },
      { id: 'out', type: 'kafka.sink', version: 1, label: 'Clean orders', config: { topic: `${id}-out`, createPartitions: 1 } },
      { id: 'far', type: 'log', version: 1, label: 'Overseas log', config: {} },
    ],
    edges: [
      { id: 'e1', from: { node: 'hook', port: 'out' }, to: { node: 'map', port: 'in' } },
      { id: 'e2', from: { node: 'map', port: 'out' }, to: { node: 'paid', port: 'in' } },
      { id: 'e3', from: { node: 'paid', port: 'out' }, to: { node: 'lanes', port: 'in' } },
      { id: 'e4', from: { node: 'lanes', port: 'eu' }, to: { node: 'out', port: 'in' } },
      { id: 'e5', from: { node: 'lanes', port: 'us' }, to: { node: 'far', port: 'in' } },
      { id: 'e6', from: { node: 'lanes', port: 'other' }, to: { node: 'out', port: 'in' } },
    ],
    layout: {
      positions: {
        hook: { x: 0, y: 0 },
        map: { x: 304, y: 0 },
        paid: { x: 608, y: 0 },
        lanes: { x: 912, y: 0 },
        out: { x: 1216, y: 0 },
        far: { x: 1216, y: 160 },
      },
      notes: [],
      groups: [],
    },
  };
}

/** The order of this number: the fourth has a total that is no number, the first two are small. Digits that a double loses. */
const orderText = (n: number): string =>
  `{"id":"o-${n}","number":9007199254740993,"country":"${n % 2 === 0 ? 'DE' : 'FR'}","total":"${n === 3 ? '12,50' : n < 2 ? '1.10' : `${n * 10}.50`}"}`;

async function store(id: string): Promise<void> {
  const answer = await scripts.post('/api/flows', { headers: headers(), data: { format: 1, id, name: `Shop ${id}`, ...shop(id) } });
  expect(answer.status(), await answer.text()).toBe(201);
}

/** A deployed flow over which ten orders have run, one of them broken. */
async function deployed(): Promise<{ id: string; topic: string }> {
  const id = `try-${Date.now().toString(36)}-${++number}`;
  await store(id);
  const answer = await scripts.post(`/api/flows/${id}/deploy`, { headers: headers(), data: {} });
  expect(answer.ok(), await answer.text()).toBe(true);
  for (let n = 0; n < 10; n++) {
    const posted = await scripts.post(`/hooks/${id}`, { headers: { 'content-type': 'application/json' }, data: Buffer.from(orderText(n)) });
    expect(posted.status()).toBe(200);
  }
  await until('every order has ended', async () => {
    const status = (await (await scripts.get(`/api/flows/${id}/status`, { headers: headers() })).json()) as {
      balance: { in: number; inFlight: number; dead: number };
    };
    return status.balance.in === 10 && status.balance.inFlight === 0 && status.balance.dead === 1;
  });
  return { id, topic: `${id}-out` };
}

/** A flow that was never deployed, with these pasted samples. */
async function drafted(values: readonly string[]): Promise<string> {
  const id = `try-${Date.now().toString(36)}-${++number}`;
  await store(id);
  const data = { from: 'paste', format: 'json-lines', split: true, text: values.join('\n'), name: 'order' };
  const answer = await scripts.post(`/api/flows/${id}/samples`, { headers: headers(), data });
  expect(answer.status(), await answer.text()).toBe(201);
  expect(((await answer.json()) as TakeResult).samples).toHaveLength(values.length);
  return id;
}

async function open(page: Page, id: string): Promise<void> {
  await page.goto(`/flows/${id}`);
  await expect(canvas(page)).toBeVisible();
}

/** What the cards say: in, out, filtered, failed and kept of every node that a sample reached. */
async function countsOf(page: Page): Promise<Record<string, [number, number, number, number, number]>> {
  const all = await page
    .locator('[data-node]')
    .evaluateAll((cards) =>
      cards.map((each) => [each.getAttribute('data-node') ?? '', each.querySelector('[data-counts]')?.getAttribute('data-counts') ?? '']),
    );
  return Object.fromEntries(
    all.flatMap(([node, counts]) => (counts ? [[node, counts.split(' ').map(Number) as [number, number, number, number, number]]] : [])),
  );
}

test('a Try on ten messages, one of them broken, shows counts that add up, writes nothing, and leaves the live counters as they were', async ({
  page,
}) => {
  const { id, topic } = await deployed();
  const before = await footprintOf(id, topic);
  expect(before.ends.some((end) => end.startsWith(`${topic}/`))).toBe(true);
  await open(page, id);
  await expect(card(page, 'map')).toContainText(/\/min|messages/);
  const sentence = page.getByRole('status').filter({ hasText: /Keeping up|dead letter/ });
  const live = 'Keeping up, less than 1 s behind; 1 dead letter in the last hour';
  await expect(sentence.first()).toHaveText(live);

  await page.getByRole('button', { name: 'Try with samples' }).click();
  await expect(page.getByTestId('try-frame')).toBeVisible();
  await expect(ribbon(page)).toContainText('nothing is written');
  await page.getByRole('button', { name: 'Take 10 messages from Orders' }).click();
  await expect(ribbon(page)).toContainText(/10 samples · /);
  await expect(card(page, 'map')).toContainText('1 failed');

  await expect
    .poll(() => countsOf(page))
    .toEqual({
      hook: [10, 10, 0, 0, 0],
      map: [10, 9, 0, 1, 0],
      paid: [9, 7, 2, 0, 0],
      lanes: [7, 7, 0, 0, 0],
      out: [7, 7, 0, 0, 0],
    });
  const labels = page.locator('.react-flow__edgelabel-renderer button');
  await expect.poll(async () => (await labels.allTextContents()).map(Number).sort((a, b) => b - a)).toEqual([10, 9, 7, 4, 3, 0]);
  await expect(card(page, 'far')).toContainText('no sample comes here');
  await expect(ribbon(page)).toContainText('5 of 6 nodes reached; branch “Overseas” never used');

  await card(page, 'map').click();
  await messages(page)
    .getByRole('button', { name: /failed/ })
    .click();
  await expect(detail(page).getByRole('alert')).toContainText('12,50');
  await expect(detail(page).getByRole('alert')).toContainText('In the row total');
  await expect(detail(page).getByRole('alert')).toContainText('dead letter');
  await card(page, 'paid').click();
  await messages(page)
    .getByRole('button', { name: /filtered/ })
    .first()
    .click();
  await expect(detail(page)).toContainText('is too small');

  await ribbon(page).getByRole('button', { name: 'Leave Try' }).click();
  await expect(page.getByTestId('try-frame')).toBeHidden();
  await expect(card(page, 'map')).toContainText(/\/min|messages/);
  await expect(card(page, 'map').locator('[data-counts]')).toHaveCount(0);
  await expect(sentence.first()).toHaveText(live);
  expect(await footprintOf(id, topic)).toEqual(before);
});

test('an edit runs again by itself, greys what is old until then, and a fault of the draft runs nothing', async ({ page }) => {
  const id = await drafted([orderText(3), orderText(4)]);
  await open(page, id);
  await page.getByRole('button', { name: 'Try with samples' }).click();
  await expect(card(page, 'map')).toContainText('1 failed');
  let release = () => undefined as void;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route('**/try', async (route) => {
    await held;
    await route.continue();
  });
  await card(page, 'paid').click();
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  const field = page.getByRole('complementary', { name: 'Settings' }).getByRole('textbox', { name: 'Condition', exact: true });
  await field.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('total > 1000');
  await expect(ribbon(page)).toContainText('Trying the draft…');
  await expect(page.locator('[aria-busy="true"]').first()).toBeVisible();
  await expect(card(page, 'paid')).toContainText('1 → 1');
  release();
  await expect(card(page, 'paid')).toContainText('1 filtered');
  await page.unroute('**/try');

  await field.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('total >');
  await expect(ribbon(page)).toContainText('nothing was run');
  await expect(page.getByRole('region', { name: 'Samples and messages' })).toContainText('so nothing was run');
});

test('Try by keyboard alone: in, to a message, along its way, to another sample, and out', async ({ page }) => {
  const id = await drafted([orderText(2), orderText(3), orderText(4)]);
  await open(page, id);
  await canvas(page).focus();
  await page.keyboard.press('Control+Enter');
  await expect(ribbon(page)).toContainText('3 samples');
  await expect(card(page, 'map')).toContainText('1 failed');
  await canvas(page).focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Space');
  // What failed is followed at first; the sample above it goes all the way.
  await expect(messages(page).getByRole('button', { name: /order 2/ })).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(messages(page).getByRole('button', { name: /order 1/ })).toBeFocused();
  const way = page.getByRole('region', { name: 'Way of this message' });
  await expect(way.locator('[aria-current="step"]')).toContainText('Orders');
  for (const node of ['Clean order', 'Not small', 'Lanes', 'Clean orders']) {
    await page.keyboard.press('ArrowRight');
    await expect(way.locator('[aria-current="step"]')).toContainText(node);
  }
  await page.keyboard.press('ArrowLeft');
  await expect(way.locator('[aria-current="step"]')).toContainText('Lanes');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('try-frame')).toBeHidden();
  await expect(canvas(page)).toBeFocused();
});

test('a long number keeps all its digits in samples and from node to node', async ({ page }) => {
  const id = await drafted(['{"id":"o-1","number":9007199254740993,"rate":1.10,"country":"DE","total":"99.10"}']);
  await open(page, id);
  await page.getByRole('button', { name: 'Samples', exact: true }).click();
  const sample = page.getByRole('region', { name: 'Sample order' });
  await expect(sample).toContainText('9007199254740993');
  await expect(sample).toContainText('1.10');
  await page.getByRole('button', { name: 'Try with samples' }).click();
  await expect(ribbon(page)).toContainText('1 sample');
  await card(page, 'hook').click();
  await expect(detail(page)).toContainText('9007199254740993');
  await card(page, 'map').click();
  await detail(page).getByRole('radio', { name: 'All' }).check();
  await expect(detail(page).getByRole('row', { name: /number/ })).toContainText(/9007199254740993.*9007199254740993/);
  await card(page, 'out').click();
  await expect(detail(page)).toContainText('9007199254740993');
});

for (const theme of ['light', 'dark'] as const) {
  test(`Try has no serious fault of access in ${theme}`, async ({ page }) => {
    const id = await drafted([orderText(2), orderText(3), orderText(1)]);
    await page.emulateMedia({ colorScheme: theme });
    await open(page, id);
    await page.getByRole('button', { name: 'Try with samples' }).click();
    await expect(card(page, 'map')).toContainText('1 failed');
    await card(page, 'map').click();
    await messages(page)
      .getByRole('button', { name: /failed/ })
      .click();
    await expect(detail(page).getByRole('alert')).toBeVisible();
    const { violations } = await new AxeBuilder({ page }).exclude('.react-flow__attribution').analyze();
    const bad = violations.filter((each) => each.impact === 'serious' || each.impact === 'critical');
    expect(bad.map((each) => `${each.id}: ${each.nodes.map((place) => place.target.join(' ')).join(', ')}`)).toEqual([]);
  });
}
