import AxeBuilder from '@axe-core/playwright';
import { type APIRequestContext, expect, type Locator, type Page, test } from '@playwright/test';
import type { FlowRecord } from '#shared/api.ts';
import type { Flow } from '#shared/flow.ts';

/** The flow editor in a real browser: building by mouse and by keyboard alone, undo, wires, clipboard, saving, access. */

let number = 0;
/** Without the page's cookie: scripts use the key, and a cookie alone may change nothing from outside a page. */
let scripts: APIRequestContext;
const headers = () => ({ authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` });

test.beforeEach(async ({ page, request }) => {
  scripts = request;
  const answer = await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
  expect(answer.ok()).toBe(true);
});

/** Stores a flow of this test's own and opens it in the editor. */
async function open(page: Page, parts: Partial<Flow> = {}): Promise<string> {
  const id = `editor-${Date.now().toString(36)}-${++number}`;
  const answer = await scripts.post('/api/flows', { headers: headers(), data: { format: 1, id, name: 'Editor test', ...parts } });
  expect(answer.status(), await answer.text()).toBe(201);
  await page.goto(`/flows/${id}`);
  await expect(canvas(page)).toBeVisible();
  return id;
}

const canvas = (page: Page): Locator => page.getByRole('application');
const card = (page: Page, name: string): Locator => page.locator('[data-node]').filter({ hasText: name });
const node = (page: Page, id: string): Locator => page.locator(`#node-${id}`);
const out = (page: Page, id: string, port = 'out'): Locator =>
  page.locator(`.react-flow__handle[data-nodeid="${id}"][data-handleid="${port}"]`);
const wires = (page: Page): Locator => page.locator('.react-flow__edge');

/** The draft as the server has it, once all of it is saved. */
async function saved(page: Page, id: string): Promise<Flow> {
  await expect(page.getByText(/^Saved \d/)).toBeVisible();
  const answer = await scripts.get(`/api/flows/${id}`, { headers: headers() });
  return ((await answer.json()) as FlowRecord).flow;
}

/** The logic without ids and places: what two flows built in two ways must share. */
function shape(flow: Flow) {
  const types = new Map(flow.nodes.map((each) => [each.id, each.type]));
  return {
    nodes: flow.nodes.map(({ id: _id, ...rest }) => rest),
    edges: flow.edges.map(({ from, to }) => `${types.get(from.node)}.${from.port} → ${types.get(to.node)}.${to.port}`),
  };
}

/** Where to take hold of something that is drawn, stands still and is on top: a flow is fitted into the canvas once its cards are measured. */
async function middle(target: Locator): Promise<{ x: number; y: number }> {
  await target.hover({ trial: true });
  const box = await target.boundingBox();
  if (!box) throw new Error('the element is not on the page');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

async function drag(page: Page, from: Locator, to: Locator | { x: number; y: number }): Promise<void> {
  const start = await middle(from);
  const end = 'x' in to ? to : await middle(to);
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move(end.x, end.y, { steps: 12 });
  await page.mouse.up();
}

async function dropFromPalette(page: Page, type: string, at: { x: number; y: number }): Promise<void> {
  await page.locator(`[data-type="${type}"]`).dragTo(canvas(page), { targetPosition: at });
}

const undo = (page: Page) => page.keyboard.press('Control+z');
const redo = (page: Page) => page.keyboard.press('Control+Shift+z');

const line: Partial<Flow> = {
  nodes: [
    { id: 'hook', type: 'webhook', version: 1, label: 'Orders', config: { path: 'editor-orders' } },
    { id: 'map', type: 'map', version: 1, label: 'Order to row', config: { expression: '{ "id": id }' } },
    { id: 'log', type: 'log', version: 1, label: 'Log book', config: {} },
  ],
  edges: [
    { id: 'e1', from: { node: 'hook', port: 'out' }, to: { node: 'map', port: 'in' } },
    { id: 'e2', from: { node: 'map', port: 'out' }, to: { node: 'log', port: 'in' } },
  ],
  layout: { positions: { hook: { x: 0, y: 0 }, map: { x: 304, y: 0 }, log: { x: 608, y: 0 } }, groups: [], notes: [] },
};

/** Builds webhook → map → log called Book, by mouse in five gestures. */
async function buildByMouse(page: Page): Promise<void> {
  await dropFromPalette(page, 'webhook', { x: 200, y: 200 });
  await expect(page.locator('[data-node]')).toHaveCount(1);
  const box = await canvas(page).boundingBox();
  if (!box) throw new Error('the canvas is not there');
  const webhook = (await page.locator('[data-node]').first().getAttribute('data-node')) ?? '';
  await drag(page, out(page, webhook), { x: box.x + 480, y: box.y + 300 });
  await page.getByRole('combobox', { name: 'Add a node' }).fill('map');
  await page.getByRole('option', { name: /^Map/ }).click();
  await expect(page.locator('[data-node]')).toHaveCount(2);
  await dropFromPalette(page, 'log', { x: 700, y: 480 });
  await expect(page.locator('[data-node]')).toHaveCount(3);
  const ids = await page.locator('[data-node]').evaluateAll((all) => all.map((each) => each.getAttribute('data-node') ?? ''));
  const [map = '', log = ''] = [ids.find((id) => id.startsWith('map')), ids.find((id) => id.startsWith('log'))];
  await drag(page, out(page, map), page.locator(`.react-flow__handle[data-nodeid="${log}"][data-handleid="in"]`));
  await expect(wires(page)).toHaveCount(2);
  await node(page, log).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Book');
}

test('a flow is built by mouse in five gestures; undo goes back to nothing, redo gives the same document', async ({ page }) => {
  const id = await open(page);
  await buildByMouse(page);
  const built = await saved(page, id);
  expect(built.nodes).toHaveLength(3);
  expect(built.edges).toHaveLength(2);

  await canvas(page).focus();
  for (let step = 0; step < 5; step++) await undo(page);
  await expect(page.locator('[data-node]')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Undo' })).toBeDisabled();
  for (let step = 0; step < 5; step++) await redo(page);
  await expect(page.locator('[data-node]')).toHaveCount(3);
  await expect(page.getByRole('button', { name: 'Redo' })).toBeDisabled();
  expect(JSON.stringify(await saved(page, id))).toBe(JSON.stringify(built));
});

test('the same flow is built by keyboard alone and is the same document', async ({ page }) => {
  const byMouse = await open(page);
  await buildByMouse(page);
  const expected = shape(await saved(page, byMouse));

  const id = await open(page);
  await canvas(page).focus();
  for (const name of ['webhook', 'map', 'log']) {
    await page.keyboard.press('a');
    await page.keyboard.type(name);
    await page.keyboard.press('Enter');
    await expect(canvas(page)).toBeFocused();
  }
  await page.keyboard.press('F2');
  await expect(page.getByRole('textbox', { name: 'Name', exact: true })).toBeFocused();
  await page.keyboard.type('Book');
  expect(shape(await saved(page, id))).toEqual(expected);
});

test('the keyboard walks nodes, leads a line from a list, and Esc goes one level up', async ({ page }) => {
  const id = await open(page, { ...line, edges: line.edges?.slice(0, 1) ?? [] });
  await canvas(page).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(canvas(page)).toHaveAttribute('aria-activedescendant', 'node-map');
  await page.keyboard.press('c');
  await expect(page.getByRole('dialog', { name: 'Lead a line to' })).toBeVisible();
  await page.keyboard.type('log');
  await page.keyboard.press('Enter');
  await expect(wires(page)).toHaveCount(2);
  expect((await saved(page, id)).edges.at(-1)).toMatchObject({ from: { node: 'map', port: 'out' }, to: { node: 'log', port: 'in' } });
  await page.keyboard.press('Shift+Enter');
  await expect(page.getByRole('complementary', { name: 'Settings' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary', { name: 'Settings' })).toBeHidden();
  await expect(canvas(page)).toBeFocused();
});

test('a wire dropped on an input joins, on a wrong place is refused with the reason, and Esc in the picker leaves nothing', async ({
  page,
}) => {
  const id = await open(page, { ...line, edges: line.edges?.slice(0, 1) ?? [] });
  await drag(page, out(page, 'map'), page.locator('.react-flow__handle[data-nodeid="log"][data-handleid="in"]'));
  await expect(wires(page)).toHaveCount(2);
  await drag(page, out(page, 'map'), page.locator('.react-flow__handle[data-nodeid="log"][data-handleid="in"]'));
  await expect(page.getByText('already leads to').first()).toBeVisible();
  await expect(wires(page)).toHaveCount(2);

  const box = await canvas(page).boundingBox();
  await drag(page, out(page, 'hook'), { x: (box?.x ?? 0) + 300, y: (box?.y ?? 0) + 640 });
  await expect(page.getByRole('dialog', { name: 'Add a node' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: 'Add a node' })).toBeHidden();
  await expect(page.locator('[data-node]')).toHaveCount(3);
  expect((await saved(page, id)).edges).toHaveLength(2);
});

test('a node inserted on a line and deleted with healing leaves the flow as it was', async ({ page }) => {
  const id = await open(page, line);
  await canvas(page).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('e');
  await page.keyboard.press('e');
  await page.keyboard.press('i');
  await page.keyboard.type('filter');
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-node]')).toHaveCount(4);
  await expect(wires(page)).toHaveCount(3);
  await page.keyboard.press('Control+Delete');
  await expect(page.locator('[data-node]')).toHaveCount(3);
  const healed = await saved(page, id);
  const ends = healed.edges.map(({ from, to }) => `${from.node} ${from.port} ${to.node}`).sort();
  expect(ends).toEqual(['hook out map', 'map out log']);
});

test('copied nodes are pasted in one gesture with new ids and the lines among them', async ({ page }) => {
  const id = await open(page, line);
  await canvas(page).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+c');
  await page.keyboard.press('Control+v');
  await expect(page.locator('[data-node]')).toHaveCount(6);
  const pasted = await saved(page, id);
  expect(pasted.edges).toHaveLength(4);
  expect(new Set(pasted.nodes.map((each) => each.id)).size).toBe(6);
  await undo(page);
  await expect(page.locator('[data-node]')).toHaveCount(3);
});

test('moving a node snaps to the grid, is one gesture, and tidy brings order that one undo takes back', async ({ page }) => {
  const id = await open(page, line);
  const start = await middle(node(page, 'map'));
  await drag(page, node(page, 'map'), { x: start.x + 40, y: start.y + 170 });
  const moved = await saved(page, id);
  const at = moved.layout.positions.map;
  expect(at && at.x % 16 === 0 && at.y % 16 === 0 && at.y > 0).toBe(true);
  await canvas(page).focus();
  await page.keyboard.press('Shift+T');
  await expect.poll(async () => (await saved(page, id)).layout.positions.map?.y).toBe(0);
  await undo(page);
  await expect.poll(async () => (await saved(page, id)).layout.positions).toEqual(moved.layout.positions);
  await page.reload();
  await expect(canvas(page)).toBeVisible();
  expect((await saved(page, id)).layout).toEqual(moved.layout);
});

test('a problem is counted, listed, and leads to the field that causes it', async ({ page }) => {
  await open(page, {
    ...line,
    nodes: (line.nodes ?? []).map((each) => (each.id === 'map' ? { ...each, config: { expression: '{ "id": ' } } : each)),
  });
  await page.getByRole('tab', { name: /Problems/ }).click();
  await page
    .getByRole('button', { name: /Order to row/ })
    .first()
    .click();
  await expect(page.getByRole('complementary', { name: 'Settings' })).toBeVisible();
  await expect(page.locator('[data-field="expression"] .cm-content')).toBeFocused();
});

test('a switch gets a case with an output of its own, and loses its line when the case is removed', async ({ page }) => {
  const id = await open(page);
  await canvas(page).focus();
  await page.keyboard.press('a');
  await page.keyboard.type('switch');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Add case' }).click();
  await expect(card(page, 'Case 1')).toBeVisible();
  await canvas(page).focus();
  await page.keyboard.press('a');
  await page.keyboard.type('log');
  await page.keyboard.press('Enter');
  await expect(wires(page)).toHaveCount(1);
  await card(page, 'Case 1').click({ position: { x: 80, y: 20 } });
  await page.getByRole('button', { name: 'Remove Case 1' }).click();
  await expect(wires(page)).toHaveCount(0);
  await canvas(page).focus();
  await undo(page);
  await expect(wires(page)).toHaveCount(1);
  expect((await saved(page, id)).edges).toHaveLength(1);
});

test('what somebody else saved is never overwritten: the person chooses', async ({ page }) => {
  const id = await open(page, line);
  await page.route(`**/api/flows/${id}`, async (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    const response = await scripts.get(`/api/flows/${id}`, { headers: headers() });
    const record = (await response.json()) as FlowRecord;
    if (record.revision === 1) {
      await scripts.put(`/api/flows/${id}`, {
        data: { ...record.flow, nodes: record.flow.nodes.map((each) => (each.id === 'log' ? { ...each, label: 'Theirs' } : each)) },
        headers: { ...headers(), 'if-match': `"${record.revision}"` },
      });
    }
    return route.continue();
  });
  await node(page, 'log').click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Mine');
  await expect(page.getByRole('dialog', { name: /changed the same/ })).toBeVisible();
  await page.getByRole('button', { name: 'Keep mine as a copy' }).click();
  await expect(page).toHaveURL(/copy/);
  await expect(card(page, 'Mine')).toBeVisible();
  const theirs = (await (await scripts.get(`/api/flows/${id}`, { headers: headers() })).json()) as FlowRecord;
  expect(theirs.flow.nodes.map(({ label }) => label)).toContain('Theirs');
});

test('a group frames the chosen nodes and moves with them; ungrouping leaves the nodes', async ({ page }) => {
  const id = await open(page, line);
  await canvas(page).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('g');
  await expect(page.getByRole('button', { name: /^Group/ })).toBeVisible();
  expect((await saved(page, id)).layout.groups).toMatchObject([{ title: 'Group', nodes: ['hook', 'map', 'log'] }]);
  await page.keyboard.press('Control+ArrowDown');
  await expect.poll(async () => (await saved(page, id)).layout.positions.map?.y).toBe(16);
  await page.keyboard.press('Shift+G');
  await expect.poll(async () => (await saved(page, id)).layout.groups).toEqual([]);
  expect((await saved(page, id)).nodes).toHaveLength(3);
});

test('a reader sees the flow, is told why it cannot be edited, and changes nothing', async ({ page, browser, baseURL }) => {
  const id = await open(page, line);
  const made = await scripts.post('/api/keys', { headers: headers(), data: { name: 'Reader', role: 'viewer' } });
  const { key } = (await made.json()) as { key: string };
  const context = await browser.newContext(baseURL === undefined ? {} : { baseURL });
  const reader = await context.newPage();
  await reader.request.post('/api/session', { data: { key } });
  await reader.goto(`/flows/${id}`);
  await expect(reader.getByText('Read only')).toBeVisible();
  await canvas(reader).focus();
  await reader.keyboard.press('Control+a');
  await reader.keyboard.press('Delete');
  await expect(reader.getByText('only reads').first()).toBeVisible();
  await expect(reader.locator('[data-node]')).toHaveCount(3);
  await expect(reader.locator('[data-type="map"]')).toBeDisabled();
  await context.close();
});

test('the canvas is one tab stop with a visible ring, and Tab leads on', async ({ page }) => {
  await open(page, line);
  let stops = 0;
  for (let press = 0; press < 80; press++) {
    await page.keyboard.press('Tab');
    const inside = await page.evaluate(
      () =>
        document.activeElement?.closest('[role="application"]') !== null && document.activeElement?.closest('[role="toolbar"]') === null,
    );
    if (inside) stops++;
    if (stops > 0 && !inside) break;
  }
  expect(stops).toBe(1);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the editor has no serious accessibility fault, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await open(page, line);
    await node(page, 'map').click();
    await expect(page.locator('.cm-content').first()).toBeVisible();
    const { violations } = await new AxeBuilder({ page }).exclude('.react-flow__attribution').analyze();
    const bad = violations.filter((each) => each.impact === 'serious' || each.impact === 'critical');
    expect(bad.map((each) => `${each.id}: ${each.nodes.map((place) => place.target.join(' ')).join(', ')}`)).toEqual([]);
  });
}
