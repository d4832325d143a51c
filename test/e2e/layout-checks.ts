import { expect, type Page } from '@playwright/test';

/** What is wrong with where things stand on a page, in words; empty when nothing is. */
export interface LayoutFaults {
  /** Words or controls that are cut off and cannot be scrolled to. */
  cut: string[];
  /** Controls that lie on one another. */
  overlaps: string[];
  /** Names of the primary buttons in sight; a view has one at most. */
  primary: string[];
}

/** Looks at all boxes of the page as they stand now. */
export async function layoutFaults(page: Page): Promise<LayoutFaults> {
  return page.evaluate(() => {
    const slack = 1.5;
    const controls = 'a[href], button, input, select, textarea, summary, [role="slider"], [role="tab"], [role="option"]';
    const words = (element: Element): string => {
      const name = element.getAttribute('aria-label') ?? element.textContent?.trim().replace(/\s+/g, ' ').slice(0, 60) ?? '';
      return `${element.tagName.toLowerCase()} “${name}”`;
    };
    const shown = (element: Element): boolean =>
      element.checkVisibility({ visibilityProperty: true }) && element.closest('.visually-hidden, [inert], [hidden]') === null;
    const clips = (value: string): boolean => value === 'hidden' || value === 'clip';
    const scrolls = (value: string): boolean => value === 'auto' || value === 'scroll';

    /** The side on which something is cut off for good; a scroller in between can bring it into view. */
    const cutBy = (element: Element): string | undefined => {
      const box = element.getBoundingClientRect();
      let [acrossFree, downFree] = [false, false];
      for (let up = element.parentElement; up !== null; up = up.parentElement) {
        // A canvas is moved with the mouse and the keys.
        if (up.matches('.react-flow, [data-pans]')) return undefined;
        const style = getComputedStyle(up);
        const frame = up.getBoundingClientRect();
        if (scrolls(style.overflowX)) acrossFree = true;
        if (scrolls(style.overflowY)) downFree = true;
        if (!acrossFree && clips(style.overflowX) && style.textOverflow !== 'ellipsis') {
          if (box.right > frame.right + slack) return `right of ${words(up).slice(0, 80)}`;
          if (box.left < frame.left - slack) return `left of ${words(up).slice(0, 80)}`;
        }
        if (!downFree && clips(style.overflowY) && frame.height > 0 && box.bottom > frame.bottom + slack)
          return `bottom of ${words(up).slice(0, 80)}`;
        if (style.position === 'fixed') break;
      }
      if (!acrossFree && box.right > innerWidth + slack) return 'right of the window';
      if (!acrossFree && box.left < -slack) return 'left of the window';
      return undefined;
    };

    const inSight = (element: Element): DOMRect | undefined => {
      const box = element.getBoundingClientRect();
      let [left, top, right, bottom] = [box.left, box.top, box.right, box.bottom];
      for (let up = element.parentElement; up !== null; up = up.parentElement) {
        const style = getComputedStyle(up);
        if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
        const frame = up.getBoundingClientRect();
        [left, top] = [Math.max(left, frame.left), Math.max(top, frame.top)];
        [right, bottom] = [Math.min(right, frame.right), Math.min(bottom, frame.bottom)];
      }
      return right - left > 2 && bottom - top > 2 ? new DOMRect(left, top, right - left, bottom - top) : undefined;
    };
    /** What stays while the rest scrolls under it. */
    const layerOf = (element: Element): Element | null => {
      for (let up: Element | null = element; up !== null; up = up.parentElement)
        if (['sticky', 'fixed'].includes(getComputedStyle(up).position)) return up;
      return null;
    };

    const found = [...document.querySelectorAll(controls)].filter(
      (element) => shown(element) && getComputedStyle(element).opacity !== '0' && getComputedStyle(element).pointerEvents !== 'none',
    );
    const cut: string[] = [];
    for (const element of found) {
      const side = cutBy(element);
      if (side !== undefined) cut.push(`${words(element)} is cut off at the ${side}`);
    }
    for (const element of document.querySelectorAll('body *')) {
      const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '');
      if (!own || element.closest('svg, script, style') !== null || !shown(element)) continue;
      const style = getComputedStyle(element);
      if (
        clips(style.overflowX) &&
        style.textOverflow !== 'ellipsis' &&
        style.webkitLineClamp === 'none' &&
        element.scrollWidth > element.clientWidth + slack
      )
        cut.push(`the words ${words(element)} are cut off`);
      const side = style.display === 'inline' ? undefined : cutBy(element);
      if (side !== undefined && !side.startsWith('bottom')) cut.push(`the words ${words(element)} are cut off at the ${side}`);
    }

    const boxes = found.flatMap((element) => {
      const box = inSight(element);
      return box === undefined ? [] : [{ element, box, layer: layerOf(element) }];
    });
    const overlaps: string[] = [];
    boxes.forEach((a, index) => {
      for (const b of boxes.slice(index + 1)) {
        if (a.element.contains(b.element) || b.element.contains(a.element) || a.layer !== b.layer) continue;
        // The button that empties a field stands in it.
        if (a.element instanceof HTMLInputElement && a.element.parentElement?.contains(b.element)) continue;
        const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (across > 2 && down > 2) overlaps.push(`${words(a.element)} and ${words(b.element)} lie on one another`);
      }
    });
    const primary = boxes.filter(({ element }) => element.matches('[data-look="filled"]')).map(({ element }) => words(element));
    return { cut: [...new Set(cut)], overlaps, primary };
  });
}

/** Begins to add up how much a page jumps while it loads; must be called before the page is opened. */
export async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    Object.assign(window, { shifts: 0, shifted: [] as string[] });
    new PerformanceObserver((list) => {
      const here = window as unknown as { shifts: number; shifted: string[] };
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; sources: { node: Node | null }[] })[]) {
        here.shifts += entry.value;
        for (const { node } of entry.sources) if (node instanceof Element) here.shifted.push(node.outerHTML.slice(0, 160));
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

/** How much the page has jumped since it was opened, as the browser's layout-shift score, and what did. */
export async function shiftsOf(page: Page): Promise<{ score: number; what: string[] }> {
  return page.evaluate(() => {
    const here = window as unknown as { shifts: number; shifted: string[] };
    return { score: here.shifts, what: here.shifted };
  });
}

/** Holds a page as it stands: nothing cut off, nothing on top of something else, one primary button at most. */
export async function holdLayout(page: Page, name: string): Promise<void> {
  const faults = async (): Promise<string[]> => {
    const { cut, overlaps, primary } = await layoutFaults(page);
    return [...cut, ...overlaps, ...(primary.length > 1 ? [`More than one primary button: ${primary.join(', ')}`] : [])];
  };
  await expect.soft.poll(faults, { message: name }).toEqual([]);
}
