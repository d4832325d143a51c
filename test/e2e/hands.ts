import { expect, type Locator, type Page } from '@playwright/test';

/** What a person does with mouse and keyboard, counted: each click, drag, key (chord) and text typed or pasted is one action. */
export interface Hands {
  readonly actions: number;
  click(what: Locator, options?: { button?: 'right'; twice?: boolean }): Promise<void>;
  drag(from: Locator, to: Locator, at?: { x: number; y: number }): Promise<void>;
  /** A key or chord, some times over: each press counts. */
  press(key: string, times?: number): Promise<void>;
  /** Types where the keyboard is. */
  type(text: string): Promise<void>;
  /** Pastes where the keyboard is, as a person does who has the text in another window. */
  paste(text: string): Promise<void>;
  /** Picks an option of a select. */
  pick(what: Locator, option: string): Promise<void>;
}

/** Hands on a page. Playwright waits for every target to be there, to be still and to be on top, as a person does. */
export function handsOn(page: Page): Hands {
  let actions = 0;
  return {
    get actions() {
      return actions;
    },
    async click(what, { button, twice = false } = {}) {
      actions++;
      if (twice) await what.dblclick();
      else await what.click(button === undefined ? {} : { button });
    },
    async drag(from, to, at) {
      actions++;
      await from.dragTo(to, at === undefined ? {} : { targetPosition: at });
    },
    async press(key, times = 1) {
      for (let i = 0; i < times; i++) {
        actions++;
        await page.keyboard.press(key);
      }
    },
    async type(text) {
      actions++;
      await page.keyboard.type(text);
    },
    async paste(text) {
      actions++;
      await page.keyboard.insertText(text);
    },
    async pick(what, option) {
      actions++;
      await what.selectOption({ label: option });
    },
  };
}

/** Waits until the draft on screen is the saved one. */
export async function saved(page: Page): Promise<void> {
  await expect(page.getByText(/^Saved \d/)).toBeVisible();
}
