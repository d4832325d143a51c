import { expect, test } from '@playwright/test';

/** What `millrace start` builds when nothing is built yet: whoever starts it, also a test, gets the studio that users get. */

test('the studio is built for production, whatever the NODE_ENV of who started the build', async ({ page }) => {
  // React tells its kind to the hook that its developer tools set: 0 is the build for production.
  await page.addInitScript(() => {
    const kinds: number[] = [];
    const hook = {
      supportsFiber: true,
      inject: ({ bundleType }: { bundleType: number }) => kinds.push(bundleType),
      onCommitFiberRoot: () => undefined,
      onCommitFiberUnmount: () => undefined,
      onPostCommitFiberRoot: () => undefined,
      checkDCE: () => undefined,
    };
    Object.assign(window, { __REACT_DEVTOOLS_GLOBAL_HOOK__: hook, reactKinds: kinds });
  });
  await page.goto('/sign-in');
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  expect(await page.evaluate(() => Reflect.get(window, 'reactKinds'))).toEqual([0]);
});
