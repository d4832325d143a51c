import { expect, type Page, test } from '@playwright/test';
import { compile } from '#shared/jsonata/compile.ts';
import { bundled, driver, portableCases } from '../shared/jsonata/portable.ts';

/** The JSONata engine in a real browser, in pages and workers of the studio, under the policy that the studio is served with. */

/** Where the engine is served to the pages of these tests. */
const main = '/engine-under-test.js';
const worker = '/engine-worker-under-test.js';

const given = JSON.stringify(portableCases);
let code: string;
let expected: unknown[];

test.beforeAll(async () => {
  code = `${await bundled([], 'iife')}\n${driver}`;
  const drive = new Function(`${driver}; return drive;`)() as (made: typeof compile, text: string) => string;
  expected = JSON.parse(drive(compile, given)) as unknown[];
});

test.beforeEach(async ({ page }) => {
  const answer = await page.request.post('/api/session', { data: { key: process.env.MILLRACE_ADMIN_KEY } });
  expect(answer.ok()).toBe(true);
});

interface Watched {
  /** What was reported against the policy, as far as pages and workers tell: the source of the code that was refused. */
  violations(): Promise<string[]>;
  /** Errors on the console, and those that nothing caught. */
  errors: string[];
}

/** Opens the studio with the engine beside it, served under the studio's own policy. */
async function open(page: Page): Promise<Watched> {
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  const answer = await page.goto('/');
  const policy = answer?.headers()['content-security-policy'] ?? '';
  expect(policy).toMatch(/script-src 'self'(;|$)/);
  const headers = { 'content-type': 'text/javascript', 'content-security-policy': policy };
  const watching = `
    const refused = [];
    addEventListener('securitypolicyviolation', (event) => refused.push(event.blockedURI));`;
  // From a timer, because the browser's debugger, through which these tests speak to it, may generate code.
  const exporting = `
    const later = (act) => new Promise((resolve, reject) => setTimeout(() => { try { resolve(act()); } catch (error) { reject(error); } }, 0));
    export const evaluate = (text, options) => later(() => drive(engine.compile, text, options));
    export const generate = () => later(() => new Function('return 1')());
    export { refused };`;
  // A worker has the policy of its own file. Reports come after the code that caused them.
  const answering = `
    onmessage = ({ data: [text, options] }) => {
      const answer = drive(engine.compile, text, options);
      setTimeout(() => postMessage([answer, refused]), 0);
    };`;
  await page.route(`**${main}`, (route) => route.fulfill({ headers, body: code + watching + exporting }));
  await page.route(`**${worker}`, (route) => route.fulfill({ headers, body: code + watching + answering }));
  return { errors, violations: () => page.evaluate(async (from) => (await import(from)).refused as string[], main) };
}

type Options = { speculation?: 'off' };

const inPage = (page: Page, options: Options): Promise<string> =>
  page.evaluate(
    async ([from, text, how]) => {
      const { evaluate } = await import(from);
      return evaluate(text, how) as Promise<string>;
    },
    [main, given, options] as const,
  );

const inWorker = (page: Page, options: Options): Promise<[answer: string, refused: string[]]> =>
  page.evaluate(
    ([from, text, how]) =>
      new Promise((resolve, reject) => {
        const made = new Worker(from, { type: 'module' });
        made.onmessage = ({ data }) => {
          made.terminate();
          resolve(data);
        };
        made.onerror = (event) => reject(new Error(`The worker failed: ${event.message}`));
        made.postMessage([text, how]);
      }),
    [worker, given, options] as const,
  );

test('a page of the studio evaluates the conformance cases as the server does, and nothing is against its policy', async ({ page }) => {
  expect(portableCases.length).toBeGreaterThan(900);
  const { errors, violations } = await open(page);
  expect(JSON.parse(await inPage(page, { speculation: 'off' }))).toEqual(expected);
  expect(await violations()).toEqual([]);
  expect(errors).toEqual([]);
  // The page itself would tell.
  await expect(page.evaluate(async (from) => (await import(from)).generate(), main)).rejects.toThrow(/unsafe-eval/);
  await expect.poll(violations).toEqual(['eval']);
});

test('a worker of the studio does the same', async ({ page }) => {
  const { errors, violations } = await open(page);
  const [answer, refused] = await inWorker(page, { speculation: 'off' });
  expect(JSON.parse(answer)).toEqual(expected);
  expect(refused).toEqual([]);
  expect(await violations()).toEqual([]);
  expect(errors).toEqual([]);
});

test('an engine that is not told asks once whether it may generate code, and goes on without', async ({ page }) => {
  const { errors, violations } = await open(page);
  expect(JSON.parse(await inPage(page, {}))).toEqual(expected);
  await expect.poll(violations).toEqual(['eval']);
  const [answer, refused] = await inWorker(page, {});
  expect(JSON.parse(answer)).toEqual(expected);
  expect(refused).toEqual(['eval']);
  expect(errors).toEqual([]);
});
