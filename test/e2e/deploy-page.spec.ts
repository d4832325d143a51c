import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import type { Deployment, FlowRecord } from '#shared/api.ts';
import type { Comparison } from '#shared/comparison.ts';
import { flowOf } from '../flows/flow.ts';
import { each } from '../flows/receiver.ts';
import { until } from '../wait.ts';

/** The deploy page against the real server: what would change, decided by mouse and by keyboard, and then the deploy. */

const orders = 200;
const headers = { authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}` };

const shop = (id: string, change: { total?: string; condition?: string } = {}) => ({
  ...flowOf(id, [
    { id: 'in', type: 'webhook', label: 'Orders', config: { path: id } },
    { id: 'paid', type: 'filter', label: 'Paid only?', config: { condition: change.condition ?? 'true' } },
    { id: 'map', type: 'map', label: 'ERP order', config: { expression: `{ "orderNo": id, "total": ${change.total ?? 'total'} }` } },
    { id: 'out', type: 'log', label: 'ERP' },
  ]),
  name: `Shop ${id}`,
});
const changed = { total: 'total - discount', condition: 'paid' };

/** A deployed flow that got its orders, and a draft that takes the discount off and drops what is not paid. */
async function prepare(page: Page, id: string): Promise<void> {
  const api = async <T>(method: string, path: string, data?: unknown, more: Record<string, string> = {}): Promise<T> => {
    const answer = await page.request.fetch(path, { method, headers: { ...headers, ...more }, ...(data !== undefined && { data }) });
    expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true);
    return (await answer.json()) as T;
  };
  await api('POST', '/api/flows', shop(id));
  await api<Deployment>('POST', `/api/flows/${id}/deploy`, {});
  await each(
    Array.from({ length: orders }, (_, n) => n),
    8,
    async (n) => {
      const data = { id: `o-${n}`, total: 100, discount: n % 10 === 0 ? 10 : 0, paid: n % 20 !== 5 };
      expect((await page.request.post(`/hooks/${id}`, { data })).ok()).toBe(true);
    },
  );
  await until('all orders are through', async () => {
    const { balance } = await api<{ balance: { delivered: number } }>('GET', `/api/flows/${id}/status`);
    return balance.delivered === orders;
  });
  const { revision } = await api<FlowRecord>('GET', `/api/flows/${id}`);
  await api('PUT', `/api/flows/${id}`, shop(id, changed), { 'if-match': `"${revision}"` });
}

const report = (page: Page) => page.getByRole('region', { name: 'What would change' });

async function holdAgainstAxe(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(grave.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  }
}

test.beforeEach(async ({ page }) => {
  await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
});

test('shows by mouse what would change, keeps what is expected and why, and deploys', async ({ page }) => {
  await prepare(page, 'deploy-by-mouse');
  await page.goto('/flows/deploy-by-mouse');
  await page.getByRole('button', { name: 'Deploy…' }).click();
  await expect(page).toHaveURL(/\/flows\/deploy-by-mouse\/deploy$/);
  await expect(page.getByRole('heading', { name: 'Deploy version 2 of Shop deploy-by-mouse' })).toBeVisible();

  await expect(report(page).getByText('200 messages: 170 same, 20 changed, 10 no longer sent')).toBeVisible();
  await expect(report(page).getByText(/Nothing was written/)).toBeVisible();
  const total = report(page).locator('[data-group="value-changed"]');
  await expect(total.getByRole('heading', { name: 'total' })).toBeVisible();
  await expect(total.getByText('before 100')).toHaveCount(3);
  await expect(total.getByText('after 90')).toHaveCount(3);
  await expect(total.getByRole('link', { name: 'ERP order' })).toHaveAttribute('href', /node=map/);
  await expect(report(page).getByText('2 of 2 groups undecided')).toBeVisible();
  await holdAgainstAxe(page);

  await total.getByRole('checkbox').check();
  await total.getByPlaceholder('Add a note').fill('The discount is taken off now');
  await page.getByRole('heading', { name: 'Effects' }).click();
  await expect(report(page).getByText('1 of 2 groups undecided')).toBeVisible();
  await page.reload();
  await expect(total.getByRole('checkbox')).toBeChecked();
  await expect(total.getByPlaceholder('Add a note')).toHaveValue('The discount is taken off now');
  await report(page).locator('[data-group="no-longer-sent"]').getByRole('checkbox').check();
  await expect(report(page).getByText('All 2 groups are decided')).toBeVisible();

  await page.getByRole('button', { name: 'Show the 2 edits' }).click();
  await expect(page.getByRole('dialog').getByText(/Paid only\?/)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Show the 2 edits' })).toBeFocused();

  await page.getByRole('button', { name: 'Deploy version 2 to' }).click();
  await expect(page.getByRole('heading', { name: 'Version 2 of Shop deploy-by-mouse is live' })).toBeFocused();
  await expect(page.getByText('version 1 ended and stays ready')).toBeVisible();
  await holdAgainstAxe(page);
  const kept = (await (await page.request.get('/api/flows/deploy-by-mouse/comparison?version=2', { headers })).json()) as Comparison;
  expect(kept.groups.map(({ expected }) => expected?.note)).toContain('The discount is taken off now');
  await page.getByRole('button', { name: 'Back to the editor' }).click();
  await expect(page.getByText('v2 live')).toBeVisible();
});

test('does all of it by keyboard alone', async ({ page }) => {
  await prepare(page, 'deploy-by-keyboard');
  await page.goto('/flows/deploy-by-keyboard/deploy');
  await expect(report(page).getByText('2 of 2 groups undecided')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();

  /** Tabs on until something has the focus; what has it is in view. */
  const tabTo = async (name: RegExp): Promise<void> => {
    for (let steps = 0; steps < 60; steps++) {
      await page.keyboard.press('Tab');
      const focused = page.locator(':focus');
      const label = await focused.evaluate((element: HTMLElement) => {
        const input = element as HTMLInputElement;
        return [element.getAttribute('aria-label'), element.textContent, input.placeholder, input.labels?.[0]?.textContent].join(' ');
      });
      if (!name.test(label)) continue;
      await expect(focused).toBeInViewport();
      return;
    }
    throw new Error(`Nothing of the name ${name} comes in 60 steps.`);
  };

  await tabTo(/Compare again/);
  await page.keyboard.press('Enter');
  await tabTo(/At most/);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('100');
  await page.keyboard.press('Enter');
  await expect(report(page).getByText(/^100 messages: \d+ same/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Compare again…' })).toBeFocused();

  await tabTo(/Expected: No longer sent/);
  await page.keyboard.press('Space');
  await tabTo(/Why No longer sent is expected/);
  await page.keyboard.type('Unpaid orders wait');
  await page.keyboard.press('Enter');
  await tabTo(/Expected: total/);
  await page.keyboard.press('Space');
  await expect(report(page).getByText('All 2 groups are decided')).toBeVisible();
  await tabTo(/^\s*Deploy version 2 to/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Version 2 of Shop deploy-by-keyboard is live' })).toBeFocused();
  await tabTo(/Back to the editor/);
  await page.keyboard.press('Enter');
  await expect(page.getByText('v2 live')).toBeVisible();
});

test('says in words why a report does not count, and who may do what', async ({ page }) => {
  const id = 'deploy-by-viewer';
  await prepare(page, id);
  await page.goto(`/flows/${id}/deploy`);
  await expect(report(page).getByText('2 of 2 groups undecided')).toBeVisible();
  const { revision } = (await (await page.request.get(`/api/flows/${id}`, { headers })).json()) as FlowRecord;
  const viewer = { name: `viewer of ${id}`, role: 'viewer' };
  const made = await page.request.post('/api/keys', { headers, data: viewer });
  const { key } = (await made.json()) as { key: string };
  await page.goto('about:blank');
  await page.context().clearCookies();
  const signedIn = await page.request.post('/api/session', { data: { key } });
  expect(signedIn.ok(), await signedIn.text()).toBe(true);
  const saved = await page.request.put(`/api/flows/${id}`, {
    headers: { ...headers, 'if-match': `"${revision}"` },
    data: shop(id, { ...changed, total: 'total * 2' }),
  });
  expect(saved.ok()).toBe(true);
  await page.goto(`/flows/${id}/deploy`);
  await expect(report(page).getByText(/about an earlier draft/)).toBeVisible();
  await expect(report(page).getByRole('checkbox').first()).toBeDisabled();
  await expect(report(page).getByRole('button', { name: /Compare/ })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Deploy version 2 to' })).toBeDisabled();
  await expect(page.getByText('Your role may look but not deploy. Ask an admin.')).toBeVisible();
});
