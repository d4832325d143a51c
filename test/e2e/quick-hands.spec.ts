import { expect, type Locator, type Page, test } from '@playwright/test';

/**
 * What opens takes the keyboard, and what closes gives it back, within the event that did it: no timer, no frame. It is
 * looked at inside the page right after the event, so that it holds on a machine however slow.
 */

// Anew in each run: what a run before has made is still there.
const ownId = (what: string): string => `quick-${what}-${Date.now().toString(36)}`;
const headers = { authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` };

test.beforeEach(async ({ page }) => {
  await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
});

interface Seen {
  opened: string;
  closed: string;
}

/** Presses a button (or a key on what has the keyboard), looks where the keyboard is, presses Esc there, and looks again. Between the looks nothing but microtasks run. */
async function openAndClose(opener: Locator, key?: string): Promise<Seen> {
  await expect(opener).toBeEnabled();
  return opener.evaluate(async (button: HTMLElement, chord) => {
    const drawn = async (): Promise<void> => {
      for (let i = 0; i < 50; i++) await Promise.resolve();
    };
    const where = (): string => {
      const at = document.activeElement;
      if (at === button) return 'the opener';
      if (!(at instanceof HTMLElement) || at === document.body) return 'nowhere';
      const scope = at.closest('[role="dialog"], [role="menu"]');
      return scope === null ? `outside: ${at.outerHTML.slice(0, 120)}` : `${scope.role}: ${at.tagName.toLowerCase()}`;
    };
    button.focus();
    if (chord === undefined) button.click();
    else button.dispatchEvent(new KeyboardEvent('keydown', { key: chord, bubbles: true, cancelable: true }));
    await drawn();
    const opened = where();
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', code: 'Escape', bubbles: true, cancelable: true }));
    await drawn();
    return { opened, closed: where() };
  }, key);
}

async function expectAtOnce(opener: Locator, inside: string, key?: string): Promise<void> {
  expect(await openAndClose(opener, key)).toEqual({ opened: inside, closed: 'the opener' });
}

const button = (page: Page, name: string | RegExp): Locator => page.getByRole('button', { name, exact: typeof name === 'string' });

test('dialogs and menus have the very next key, and give it back when they close', async ({ page }) => {
  await page.goto('/flows');
  await expectAtOnce(button(page, /: menu$/), 'menu: button');
  await expectAtOnce(button(page, /^Actions for/).first(), 'menu: button');
  await expectAtOnce(button(page, 'New flow'), 'dialog: input');

  await page.goto('/secrets');
  await expectAtOnce(button(page, 'New secret').first(), 'dialog: input');
  await page.goto('/keys');
  await expectAtOnce(button(page, 'New key').first(), 'dialog: input');

  await page.goto('/alerts');
  await page.getByRole('radio', { name: /^Channels/ }).click();
  await expectAtOnce(button(page, 'New channel'), 'dialog: input');
  await page.getByRole('radio', { name: /^Rules/ }).click();
  await expectAtOnce(button(page, 'New rule'), 'dialog: select');
});

test('a dialog that a menu opened gives the keyboard back to what opened the menu', async ({ page }) => {
  const id = ownId('hands');
  const created = await page.request.post('/api/flows', { headers, data: { format: 1, id, name: id } });
  expect(created.ok()).toBe(true);
  await page.goto('/flows');
  const opener = button(page, `Actions for ${id}`);
  await opener.click();
  await page.getByRole('menuitem', { name: 'Delete…' }).press('Enter');
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Keep it' })).toBeFocused();
  // Tab goes round inside.
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: `Delete ${id}` })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect(page.getByRole('button', { name: `Delete ${id}` })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(opener).toBeFocused();
});

test('in the editor the key after the one that opens a list or a sheet is heard by it', async ({ page }) => {
  const id = ownId('editor');
  const nodes = [
    { id: 'in', type: 'webhook', label: 'Orders', config: { path: id } },
    { id: 'map', type: 'map', label: 'To the ERP', config: { expression: '{"id": id}' } },
    { id: 'out', type: 'log', label: 'Kept', config: {} },
  ];
  const edges = [
    { id: 'a', from: { node: 'in', port: 'out' }, to: { node: 'map', port: 'in' } },
    { id: 'b', from: { node: 'map', port: 'out' }, to: { node: 'out', port: 'in' } },
  ];
  const flow = { format: 1, id, name: id, nodes, edges };
  expect((await page.request.post('/api/flows', { headers, data: flow })).ok()).toBe(true);
  await page.goto(`/flows/${id}?node=map`);
  const canvas = page.getByRole('application');
  await expect(page.locator('[data-node]')).toHaveCount(3);
  await expectAtOnce(canvas, 'dialog: input', 'a');
  await expectAtOnce(canvas, 'dialog: button', '?');
  await expectAtOnce(button(page, 'More'), 'menu: button');

  await page.locator('[data-node]').filter({ hasText: 'To the ERP' }).dblclick();
  await expect(page.getByRole('treegrid').or(page.getByRole('tree')).first()).toBeVisible();
  await expectAtOnce(button(page, 'More about this mapping'), 'menu: button');
  await expectAtOnce(button(page, 'Auto-map'), 'dialog: select');
});

test('a dialog that is refused keeps what was filled in and the keyboard; sent twice in a row it sends once', async ({ page }) => {
  let sent = 0;
  let answer = (): void => undefined;
  const mayAnswer = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route('**/api/keys', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    sent++;
    if (sent > 1) return route.continue();
    await mayAnswer;
    await route.fulfill({ status: 503, json: { title: 'The store is busy.', status: 503 } });
  });
  const name = ownId('key');
  await page.goto('/keys');
  await button(page, 'New key').first().press('Enter');
  const dialog = page.getByRole('dialog', { name: 'New API key' });
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(dialog.getByRole('button', { name: 'Create key' })).toBeDisabled();
  answer();
  await expect(dialog).toContainText('The key was not made');
  await expect(dialog.getByLabel('Name')).toHaveValue(name);
  await expect(dialog.getByLabel('Name')).toBeFocused();
  expect(sent).toBe(1);

  // By the button, which cannot be pressed meanwhile: the dialog after it gives the keyboard back to what opened the first.
  await dialog.getByRole('button', { name: 'Create key' }).press('Enter');
  const kept = page.getByRole('dialog', { name: `The key ${name}` });
  await expect(kept.getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(kept).toHaveCount(0);
  await expect(button(page, 'New key').first()).toBeFocused();
  expect(sent).toBe(2);
});
