import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { tracePath } from '../../client/trace/trace-path.ts';
import { flowOf } from '../flows/flow.ts';
import { until } from '../wait.ts';
import { readValues, writeMessages } from './orders.ts';

/** The trace page against the real server: found, followed, understood, by mouse and by keyboard, in both themes. */

const headers = { authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` };
const topic = 'trace-orders';
const flow = 'trace-shop';
const mapping = `{
  "orderNo": $string(id),
  "raw": id,
  "price": amount,
  "name": cust.first & " " & cust.last,
  "status": $lookup({ "1": "open", "2": "paid" }, $string(st)),
  "lines": [items[qty > 0].{ "sku": sku, "sum": qty * price }],
  "total": $sum(items.(qty * price)),
  "note": note ?? "none"
}`;
const order =
  '{"id":9007199254740993,"amount":1.10,"st":2,"cust":{"first":"Anna","last":"Lee"},"items":[{"sku":"A-1","qty":2,"price":45.5},{"sku":"B-2","qty":0,"price":3},{"sku":"C-7","qty":1,"price":12.5}]}';

const shop = (id: string) => ({
  ...flowOf(id, [
    { id: 'in', type: 'kafka.source', label: 'Orders', config: { topic } },
    { id: 'paid', type: 'filter', label: 'Paid only?', config: { condition: 'st = 2', reason: 'not paid' } },
    { id: 'map', type: 'map', label: 'ERP order', config: { expression: mapping } },
    {
      id: 'out',
      type: 'kafka.sink',
      label: 'ERP orders',
      config: { topic: 'trace-erp', createPartitions: 2 },
    },
  ]),
  name: 'Trace shop',
});
/** Orders that get keys and headers of their own. */
const parcels = {
  ...flowOf('trace-parcels', [
    { id: 'in', type: 'kafka.source', label: 'Orders', config: { topic: 'trace-shipped' } },
    {
      id: 'map',
      type: 'map',
      label: 'Parcel',
      config: { expression: '{ "no": id, "to": cust.last }', key: '"P-" & cust.last', headers: { of: '$key' } },
    },
    { id: 'out', type: 'kafka.sink', label: 'Parcels', config: { topic: 'trace-parcels', createPartitions: 2 } },
  ]),
  name: 'Trace parcels',
};

async function api<T>(page: Page, method: string, path: string, data?: unknown): Promise<T> {
  const answer = await page.request.fetch(path, { method, headers, ...(data !== undefined && { data }) });
  expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true);
  return (await answer.json()) as T;
}

async function holdAgainstAxe(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    if (process.env.PICTURES !== undefined)
      await page.screenshot({ path: `${process.env.PICTURES}/${name}-${colorScheme}.png`, fullPage: true });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(grave.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
}

test.beforeAll(async ({ browser }) => {
  const page = await browser.newPage();
  // A test that is repeated finds what the first one has made.
  if ((await page.request.get(`/api/flows/${parcels.id}`, { headers })).ok()) {
    await page.close();
    return;
  }
  await writeMessages(topic, [
    { key: 'A-1001', value: order },
    { key: 'A-1002', value: order.replace('"st":2', '"st":1') },
  ]);
  await api(page, 'POST', '/api/flows', shop(flow));
  await api(page, 'POST', `/api/flows/${flow}/deploy`, {});
  await until('both orders are through', async () => {
    const { balance } = await api<{ balance: { delivered: number; filtered: number } }>(page, 'GET', `/api/flows/${flow}/status`);
    return balance.delivered === 1 && balance.filtered === 1;
  });
  await writeMessages('trace-shipped', [{ key: 'B-2001', value: order }]);
  await api(page, 'POST', '/api/flows', parcels);
  await api(page, 'POST', `/api/flows/${parcels.id}/deploy`, {});
  await until('the parcel is through', async () => {
    const { balance } = await api<{ balance: { delivered: number } }>(page, 'GET', `/api/flows/${parcels.id}/status`);
    return balance.delivered === 1;
  });
  await page.close();
});

test.beforeEach(async ({ page }) => {
  await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
});

test('finds an order, follows it by mouse and tells why a value is what it is, with every digit', async ({ page }) => {
  await page.goto('/traces');
  await page.getByRole('searchbox', { name: 'Find a message' }).fill('A-1001');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Order A-1001 reached ERP orders' })).toBeVisible();
  await expect(page.getByText('in 1 = delivered 1')).toBeVisible();
  await expect(page.getByText('Recomputed, identical')).toBeVisible();

  const after = page.getByRole('region', { name: 'ERP order: before and after' });
  await expect(after.getByRole('row', { name: /^raw 9007199254740993 / })).toBeVisible();
  await expect(after.getByRole('list', { name: 'Fields before' }).getByText('1.10', { exact: true })).toBeVisible();
  // What left is shown as it left: in the digits that stand in the sink's topic.
  const [written = ''] = await readValues('trace-erp', (values) => values.length === 1);
  const price = /"price":([\d.]+)/.exec(written)?.[1] ?? '';
  await expect(after.getByRole('row', { name: `price ${price} amount` })).toBeVisible();
  await after.getByRole('button', { name: 'lines[1].sum' }).click();
  const why = page.getByRole('region', { name: 'Why lines[1].sum is what it is' });
  await expect(why.getByText('Exact, back to the message that came in')).toBeVisible();
  await expect(why.getByText('items[2].price', { exact: true })).toBeVisible();
  await expect(why.getByText(/Since version 1, .* so from the first on/)).toBeVisible();
  await after.getByRole('button', { name: 'status' }).click();
  await expect(page.getByText('The value table (2 rows) was asked for 2: the row 2 gives "paid".')).toBeVisible();
  await holdAgainstAxe(page, 'way');
  await expect(page.getByRole('link', { name: 'Open row' }).first()).toHaveAttribute('href', /v=1&node=map&tab=mapping&row=status/);
  await expect(page.getByRole('link', { name: 'Replay from here…' })).toHaveAttribute('href', /replay\?positions=trace-orders/);

  await page.getByRole('button', { name: 'Try with draft' }).click();
  await expect(page).toHaveURL(/\/flows\/trace-shop/);
  await expect(page.getByText('1 → 1').first()).toBeVisible();
});

test('says how long each step took, and why a key, a header and a topic are what they are', async ({ page }) => {
  test.slow();
  await page.goto('/traces?q=B-2001');
  await page.getByRole('link', { name: /B-2001/ }).click();
  // Searched, read and run again: the longest of all waits here.
  await expect(page.getByRole('heading', { level: 1, name: 'Message B-2001 reached Parcels' })).toBeVisible({ timeout: 120_000 });
  const steps = page.getByRole('region', { name: 'Steps' });
  // Before the flow took it, by the log; inside it, as running it again measured it; and all of it at the sink.
  await expect(steps.getByRole('button', { name: /Parcel .*waited .* 1 in, 1 out/ })).toBeVisible();
  await steps.getByRole('button', { name: /Parcels .*[≈<] [\d.]+ ms.*Delivered, .* in all/ }).click();
  const sink = page.getByRole('region', { name: 'Parcels: before and after' });
  await expect(sink.getByText(/after it came in: .* until the flow had committed it/)).toBeVisible();
  await sink.getByRole('radio', { name: /^All/ }).check();
  const beside = sink.getByRole('list', { name: 'Key, headers and topic' });
  await beside.getByRole('button', { name: /^the key/ }).click();
  const key = page.getByRole('region', { name: 'Why the key is what it is' });
  await expect(key.getByText('"P-" & cust.last', { exact: true })).toBeVisible();
  await expect(key.getByText('Exact, back to the message that came in')).toBeVisible();
  await expect(key.getByText(/Since version 1, .* by .*, so from the first on/)).toBeVisible();
  await holdAgainstAxe(page, 'why-key');
  await beside.getByRole('button', { name: /^the header of/ }).click();
  const header = page.getByRole('region', { name: 'Why the header of is what it is' });
  await expect(header.getByText('"B-2001"', { exact: true }).first()).toBeVisible();
  await beside.getByRole('button', { name: /^the topic/ }).click();
  await expect(page.getByRole('region', { name: 'Why the topic is what it is' }).getByText(/for every message alike/)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('region', { name: /^Why/ })).toHaveCount(0);
});

test('does all of it by keyboard, and says what was searched where nothing is found', async ({ page }) => {
  await page.goto('/traces?q=A-100&since=day&flow=trace-shop');
  const hits = page.getByRole('region', { name: 'Messages found' });
  await expect(hits.getByRole('listitem')).toHaveCount(2);
  await holdAgainstAxe(page, 'found');
  await hits.getByRole('link', { name: /A-1002/ }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Order A-1002 ended at Paid only?: not paid' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(hits.getByRole('listitem')).toHaveCount(2);

  await hits.getByRole('link', { name: /A-1001/ }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Order A-1001 reached ERP orders' })).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('region', { name: 'ERP orders: before and after' })).toBeVisible();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('region', { name: 'Paid only?: before and after' })).toBeVisible();
  await page.keyboard.press('ArrowRight');
  const after = page.getByRole('region', { name: 'ERP order: before and after' });
  await after.getByRole('button', { name: 'total' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Why total is what it is' }).getByText('[91,0,12.5]')).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await expect(after.getByRole('button', { name: 'note' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('region', { name: /^Why/ })).toHaveCount(0);

  await page.goto(`/traces?q=nobody-has-this&since=hour`);
  await expect(page.getByText('No message has “nobody-has-this”')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Search all there is' })).toBeVisible();
  await holdAgainstAxe(page, 'nothing');
  await page.goto(tracePath(flow, `${topic}/0/99999`));
  await expect(page.getByRole('alert')).toContainText('could not be shown');
});

test('says where a field goes and where the data of a message stands, and gives both as files', async ({ page }) => {
  await page.goto(`/lineage/${flow}`);
  await page.getByRole('textbox', { name: 'Field' }).fill('cust.first');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Where does cust.first go?' })).toBeVisible();
  const ends = page.getByRole('region', { name: 'Where it ends' });
  await expect(ends.getByRole('row', { name: /ERP orders.*trace-erp.*name made of it.*sure/ })).toBeVisible();
  await holdAgainstAxe(page, 'lineage');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'CSV' }).click();
  expect((await download).suggestedFilename()).toBe('lineage-trace-shop-cust.first.csv');

  await page.goto('/traces?q=A-1001&flow=trace-shop');
  await page.getByRole('link', { name: /A-1001/ }).click();
  await page.getByRole('link', { name: 'Where does the data of this message stand?' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Where the data of A-1001 stands' })).toBeVisible();
  await expect(page.locator('tr[data-kind="topic"]')).toHaveCount(2);
  await holdAgainstAxe(page, 'standing');

  // Of all that was found, say of one person.
  await page.goto('/traces?q=A-100&flow=trace-shop');
  await page.getByRole('link', { name: 'Where does the data of these 2 messages stand?' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Where the data of 2 messages stands' })).toBeVisible();
  // A sample of one of them may stand there too: the first test tries it with the draft.
  await expect(page.getByText(/In [34] places, through all flows that read them/)).toBeVisible();
  const counts = page.getByRole('region', { name: 'How much stands where' });
  await expect(counts.getByRole('row', { name: /trace-orders.* 2$/ })).toBeVisible();
  await holdAgainstAxe(page, 'standing-many');
  const all = page.waitForEvent('download');
  await page.getByRole('button', { name: 'CSV' }).click();
  expect((await all).suggestedFilename()).toBe('lineage-trace-shop-messages.csv');
});
