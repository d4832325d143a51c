/** A rectangle on the screen, in CSS pixels. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Where a popover stands, in CSS pixels. Of `top` and `bottom` one is given, so that it grows away from its row. */
export interface Placement {
  left: number;
  top?: number;
  bottom?: number;
  width: number;
  maxHeight: number;
}

const gap = 4;
const margin = 8;

/**
 * A place beside a row that never covers it: below where `wanted` pixels fit or more than above, else above; where both
 * are too low, beside the row's end. A row outside the window counts as at its edge.
 */
export function beside(row: Box, window: { width: number; height: number }, wanted: { width: number; height: number }): Placement {
  const width = Math.min(wanted.width, window.width - 2 * margin);
  const left = Math.max(margin, Math.min(row.left, window.width - width - margin));
  const top = Math.min(Math.max(row.top, margin), window.height - margin);
  const bottom = Math.min(Math.max(row.bottom, margin), window.height - margin);
  const below = window.height - bottom - gap - margin;
  const above = top - gap - margin;
  if (below >= wanted.height || below >= above) return { left, top: bottom + gap, width, maxHeight: below };
  return { left, bottom: window.height - top + gap, width, maxHeight: above };
}
