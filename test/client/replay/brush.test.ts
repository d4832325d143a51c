import { expect, it } from 'vitest';
import { countIn, drawn, gridOf, moved, placeOf, timeAt } from '../../../client/replay/brush.ts';

const hour = 3_600_000;
const axis = { since: 0, until: 6 * hour, width: 720 };

it('finds the time at a place and the place of a time, held within the axis', () => {
  expect(timeAt(axis, 360)).toBe(3 * hour);
  expect(timeAt(axis, -50)).toBe(0);
  expect(timeAt(axis, 9999)).toBe(6 * hour);
  expect(placeOf(axis, 3 * hour)).toBe(360);
  expect(placeOf(axis, 60 * hour)).toBe(720);
  expect(placeOf({ ...axis, until: 0 }, 5)).toBe(0);
});

it('chooses whole steps that hold what was dragged over, in either direction', () => {
  const grid = gridOf(axis);
  expect(grid).toBe(60_000);
  const piece = drawn(axis, 100.3, 200.7);
  expect(piece).toEqual(drawn(axis, 200.7, 100.3));
  expect(piece.since % grid).toBe(0);
  expect(piece.until % grid).toBe(0);
  expect(piece.since).toBeLessThanOrEqual(timeAt(axis, 100.3));
  expect(piece.until).toBeGreaterThanOrEqual(timeAt(axis, 200.7));
  const click = drawn(axis, 100, 100);
  expect(click.until - click.since).toBe(grid);
});

it('moves one end by key, never over the other and never off the axis', () => {
  const piece = { since: hour, until: 2 * hour };
  expect(moved(axis, piece, 'since', 'ArrowRight', false)).toEqual({ since: hour + 60_000, until: 2 * hour });
  expect(moved(axis, piece, 'until', 'ArrowLeft', true)).toEqual({ since: hour, until: 2 * hour - 600_000 });
  expect(moved(axis, piece, 'since', 'End', false)).toEqual({ since: 2 * hour - 60_000, until: 2 * hour });
  expect(moved(axis, piece, 'until', 'Home', false)).toEqual({ since: hour, until: hour + 60_000 });
  expect(moved(axis, piece, 'until', 'End', false)).toEqual({ since: hour, until: 6 * hour });
  expect(moved(axis, piece, 'since', 'x', false)).toBeUndefined();
});

it('counts the messages of a piece, and half of a part that lies half in it', () => {
  const counts = [10, 20, 30];
  expect(countIn({ since: 0, until: 300 }, counts, { since: 0, until: 300 })).toBe(60);
  expect(countIn({ since: 0, until: 300 }, counts, { since: 50, until: 250 })).toBe(40);
  expect(countIn({ since: 0, until: 300 }, counts, { since: 400, until: 500 })).toBe(0);
  expect(countIn({ since: 0, until: 300 }, [], { since: 0, until: 300 })).toBe(0);
});
