import { type Browser, expect, type Locator, type Page, test } from '@playwright/test';
import type { Replay } from '#shared/replay.ts';
import { tracePath } from '../../client/trace/trace-path.ts';
import { until } from '../wait.ts';
import { holdLayout, shiftsOf, watchShifts } from './layout-checks.ts';
import { graveIn } from './page-checks.ts';
import { apiOf, orders, save, shop, through, write } from './replay-shop.ts';

/**
 * The pages about messages and versions, held by their boxes: wide, at 200 % on a small laptop, and in forced colours; nothing is
 * cut off, nothing lies on something else, nothing jumps while it loads, one primary button at most, nothing grave for axe.
 */

// Anew in each process, so that a test that is run again finds a server without it.
const id = `layout-${Date.now().toString(36)}`;
const bad = 'layout-bad-order-with-a-key-that-is-quite-long';

interface Shown {
  name: string;
  path: () => string;
  /** What stands on it when it is complete. */
  ready: (page: Page) => Locator;
}
const pages: readonly Shown[] = [
  { name: 'ledger', path: () => `/flows/${id}/ledger`, ready: (page) => page.getByRole('table').first() },
  {
    name: 'traces',
    path: () => `/traces?q=o-&since=day&flow=${id}`,
    ready: (page) => page.getByRole('region', { name: 'Messages found' }).getByRole('link').first(),
  },
  { name: 'way', path: () => tracePath(id, `${id}-orders/0/0`), ready: (page) => page.locator('[data-way="on"]').first() },
  { name: 'lineage', path: () => `/lineage/${id}`, ready: (page) => page.getByRole('heading', { level: 1 }) },
  { name: 'inbox', path: () => `/dead-letters/${id}`, ready: (page) => page.getByText(bad).first() },
  { name: 'replay', path: () => `/flows/${id}/replay`, ready: (page) => page.getByRole('radio', { name: 'A time' }) },
  { name: 'replays', path: () => '/replays', ready: (page) => page.getByRole('row', { name: new RegExp(id) }).first() },
  { name: 'report', path: () => `/replays/${replayed}`, ready: (page) => page.getByText('The balance closes.') },
  { name: 'time', path: () => `/flows/${id}/time?span=1h`, ready: (page) => page.getByRole('button', { name: /To warehouse/ }) },
  { name: 'deployments', path: () => `/flows/${id}/deployments`, ready: (page) => page.getByText(/Version 2/).first() },
  { name: 'alerts', path: () => '/alerts', ready: (page) => page.getByRole('radio', { name: /^Rules/ }) },
  { name: 'reconcile', path: () => `/flows/${id}/reconcile`, ready: (page) => page.getByLabel('Source', { exact: true }) },
  {
    name: 'versions',
    path: () => `/flows/${id}/history?show=1`,
    ready: (page) => page.getByRole('link', { name: /^Replay what it handled/ }).first(),
  },
  { name: 'deploy', path: () => `/flows/${id}/deploy`, ready: (page) => page.getByText(/^\d+ of \d+ groups? undecided$/) },
];
let replayed = '';

test.beforeAll(async ({ browser }) => {
  const page = await browser.newPage();
  const api = apiOf(page);
  await write(`${id}-orders`, orders(0, 12));
  await api('POST', '/api/flows', shop(id, '$number(net)'));
  await api('POST', `/api/flows/${id}/deploy`, {});
  await through(api, id, 12);
  await save(api, shop(id, '$number(total)'), id);
  await api('POST', `/api/flows/${id}/deploy`, {});
  await write(`${id}-orders`, [{ key: bad, value: JSON.stringify({ id: bad, total: 'twelve' }) }]);
  await through(api, id, 13);
  await save(api, shop(id, '$number(total) * 2'), id);
  const spec = { name: 'What version 1 made', range: { by: 'version', version: 1 }, version: 2, sinks: ['table'], target: 'compare' };
  replayed = (await api<Replay>('POST', `/api/flows/${id}/replays`, { spec })).id;
  await until('the replay is done', async () => (await api<Replay>('GET', `/api/replays/${replayed}`)).state === 'done');
  await page.close();
});

async function open(browser: Browser, options: Parameters<Browser['newContext']>[0]): Promise<Page> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
  await watchShifts(page);
  return page;
}

const looks = [
  { name: 'wide and light', axe: true, options: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' } },
  { name: 'at 200 % and dark', axe: true, options: { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2, colorScheme: 'dark' } },
  { name: 'in forced colours', axe: false, options: { viewport: { width: 1024, height: 768 }, forcedColors: 'active' } },
] as const;

for (const { name: look, axe, options } of looks)
  for (const { name, path, ready } of pages)
    test(`the page “${name}” is whole, ${look}`, async ({ browser }) => {
      const page = await open(browser, options);
      await page.goto(path());
      await expect(ready(page)).toBeVisible();
      await expect(page.getByRole('status', { name: /^Loading/ })).toHaveCount(0);
      const { score, what } = await shiftsOf(page);
      expect.soft(score, `jumps: ${what.join('\n')}`).toBeLessThanOrEqual(0.05);
      await holdLayout(page, `${name} ${look}`);
      if (axe) expect.soft(await graveIn(page)).toEqual([]);
      if (process.env.PICTURES !== undefined)
        await page.screenshot({ path: `${process.env.PICTURES}/${name}-${look.replaceAll(/\W+/g, '-')}.png` });
      await page.context().close();
    });
