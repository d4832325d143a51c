import { type RefObject, useEffect, useMemo } from 'react';
import { useReactFlow } from 'reactflow';
import { useEditor } from '../context.ts';
import { positionOf } from '../document.ts';
import { boundsOf, cardHeight, cardSize } from '../geometry.ts';
import type { CanvasView } from '../store.ts';
import type { Card, Wire } from './projection.ts';

/** What the map of the flow covers of the canvas, at the bottom right, in pixels with its margin. */
const mapCorner = { width: 168 + 16, height: 104 + 16 };

/** How far a span must move to lie inside, with a margin; 0 when it does. */
function nudgeInto(start: number, size: number, room: number, margin = 24): number {
  if (start < margin) return margin - start;
  return Math.min(0, Math.max(room - margin - (start + size), margin - start));
}

/** What the rest of the editor may ask of the canvas, for as long as it is mounted. `pointer` is in screen pixels. */
export function useCanvasView(
  frame: RefObject<HTMLDivElement | null>,
  pointer: RefObject<{ x: number; y: number } | undefined>,
): CanvasView {
  const editor = useEditor();
  const { fitBounds, zoomTo, setViewport, screenToFlowPosition, getViewport, getZoom } = useReactFlow<Card, Wire>();
  const view = useMemo<CanvasView>(
    () => ({
      fit(ids) {
        const bounds = boundsOf(editor.flow(), editor.getState().types, ids);
        if (bounds) void fitBounds(bounds, { padding: 0.12, duration: 200 }).then(() => getZoom() > 1 && void zoomTo(1, { duration: 0 }));
      },
      zoomBy: (factor) => void zoomTo(getZoom() * factor, { duration: 120 }),
      zoomTo: (zoom) => void zoomTo(zoom, { duration: 120 }),
      reveal(id) {
        const box = frame.current?.getBoundingClientRect();
        const node = editor.flow().nodes.find((each) => each.id === id);
        if (!box || !node) return;
        const at = positionOf(editor.flow(), id);
        const { x, y, zoom } = getViewport();
        const height = cardHeight(node, editor.getState().types) * zoom;
        const width = cardSize.width * zoom;
        const dx = nudgeInto(at.x * zoom + x, width, box.width);
        const underMap = editor.getState().drawer === undefined && at.x * zoom + x + dx + width > box.width - mapCorner.width;
        const dy = nudgeInto(at.y * zoom + y, height, box.height - (underMap ? mapCorner.height : 0));
        if (dx !== 0 || dy !== 0) void setViewport({ x: x + dx, y: y + dy, zoom }, { duration: 150 });
      },
      centre() {
        const box = frame.current?.getBoundingClientRect();
        return box ? screenToFlowPosition({ x: box.left + box.width / 2, y: box.top + box.height / 2 }) : { x: 0, y: 0 };
      },
      pointer: () => pointer.current && screenToFlowPosition(pointer.current),
      takeFocus: () => frame.current?.focus({ preventScroll: true }),
    }),
    [editor, frame, pointer, fitBounds, zoomTo, getZoom, getViewport, setViewport, screenToFlowPosition],
  );
  useEffect(() => {
    editor.set({ view });
    return () => editor.set({ view: undefined });
  }, [editor, view]);
  return view;
}
