import { type HTMLAttributes, type RefObject, useRef } from 'react';

/** From here on, in px, a press that moves is no click. */
const slack = 4;

/** Moves what a frame scrolls by taking hold of it with the mouse; a press that does not move stays a click. */
export function usePan(frame: RefObject<HTMLElement | null>): HTMLAttributes<HTMLElement> {
  const from = useRef<{ x: number; y: number; left: number; top: number; moved: boolean }>(undefined);
  return {
    onPointerDown(event) {
      from.current = undefined;
      if (event.button !== 0 || event.pointerType !== 'mouse' || frame.current === null) return;
      const { scrollLeft: left, scrollTop: top } = frame.current;
      from.current = { x: event.clientX, y: event.clientY, left, top, moved: false };
    },
    onPointerMove(event) {
      const start = from.current;
      if (start === undefined || frame.current === null || event.buttons === 0) return;
      const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
      if (!start.moved && Math.hypot(dx, dy) < slack) return;
      if (!start.moved) frame.current.setPointerCapture(event.pointerId);
      start.moved = true;
      frame.current.scrollLeft = start.left - dx;
      frame.current.scrollTop = start.top - dy;
    },
    onClickCapture(event) {
      // Enter and Space click too, and are never the end of a drag; one that left the window may have had no click.
      if (from.current?.moved !== true || event.detail === 0) return;
      from.current = undefined;
      event.stopPropagation();
    },
  };
}
