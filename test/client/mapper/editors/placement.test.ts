import fc from 'fast-check';
import { expect, it } from 'vitest';
import { beside } from '../../../../client/mapper/editors/placement.ts';

it('a popover never covers its row and never leaves the window', () => {
  const size = fc.integer({ min: 400, max: 3000 });
  fc.assert(
    fc.property(size, size, fc.integer({ min: -200, max: 3000 }), fc.integer({ min: -500, max: 3000 }), (width, height, left, top) => {
      const row = { left, top, right: left + 600, bottom: top + 32 };
      const place = beside(row, { width, height }, { width: 640, height: 460 });
      const [above, below] = [Math.max(row.top, 0), Math.min(row.bottom, height)];
      expect(place.left).toBeGreaterThanOrEqual(0);
      expect(place.left + place.width).toBeLessThanOrEqual(width);
      expect(place.maxHeight).toBeGreaterThan(0);
      if (place.top !== undefined) {
        expect(place.top).toBeGreaterThanOrEqual(Math.min(below, height - 8));
        expect(place.top + place.maxHeight).toBeLessThanOrEqual(height);
      } else {
        expect(place.bottom ?? 0).toBeGreaterThanOrEqual(Math.min(height - above, height - 8));
        expect((place.bottom ?? 0) + place.maxHeight).toBeLessThanOrEqual(height);
      }
    }),
  );
});
