import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** What hinders people on a page as it stands, in the words of axe. */
export async function graveIn(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Holds a page against axe in both themes: nothing that hinders people. */
export async function holdAgainstAxe(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await graveIn(page), colorScheme).toEqual([]);
  }
}

/** Tabs on until something of that name has the focus; what has it is in view. */
export async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let steps = 0; steps < 80; steps++) {
    await page.keyboard.press('Tab');
    // Past the end of the page nothing of it has the focus; the next Tab begins anew.
    const label = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return '';
      const own = element.tagName === 'SELECT' ? '' : element.textContent;
      return [element.getAttribute('aria-label') ?? '', (element as HTMLInputElement).labels?.[0]?.textContent ?? '', own].join(' ').trim();
    });
    if (!name.test(label)) continue;
    await expect(page.locator(':focus')).toBeInViewport();
    return;
  }
  throw new Error(`Nothing of the name ${name} comes in 80 steps.`);
}
