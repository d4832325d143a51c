/** What gets the keyboard in a part of the page: its own stop where it has one, else its first button. */
const stops = [
  '[role="application"]',
  '[role="treeitem"][tabindex="0"]',
  '[role="row"][tabindex="0"]',
  '[role="tab"][tabindex="0"]',
  '.cm-content',
  'button:not(:disabled):not([tabindex="-1"])',
];

/** Moves the keyboard to the next (1) or previous (-1) of the parts of the page that bear `data-pane`, round and round. */
export function nextPane(step: 1 | -1): void {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')];
  const here = document.activeElement;
  const inside = panes.findIndex((pane) => pane.contains(here));
  // Between two parts, as in the top bar, the next one is the one that comes after it on the page.
  const before = panes.filter((pane) => here !== null && pane.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING).length - 1;
  const at = inside >= 0 ? inside : step === 1 ? before : before + 1;
  for (let n = 1; n <= panes.length; n++) {
    const pane = panes[(at + step * n + panes.length * 2) % panes.length];
    const stop = stops.map((selector) => pane?.querySelector<HTMLElement>(selector)).find((found) => found != null);
    if (stop == null) continue;
    stop.focus();
    return;
  }
}
