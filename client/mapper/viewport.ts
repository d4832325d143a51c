import { createContext, type RefObject, useContext, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** The window of one tree: how far it is scrolled, and how high it is, px. */
export interface Window {
  scroll: number;
  height: number;
}

/** Both trees' windows, for the lines between them. Answers at once; who listens is called at most once a frame. */
export interface Viewports {
  source: Window;
  target: Window;
  listen(hear: () => void): () => void;
  changed(): void;
}

/** Windows that nobody has measured yet. */
export function createViewports(): Viewports {
  const ears = new Set<() => void>();
  let frame = 0;
  return {
    source: { scroll: 0, height: 0 },
    target: { scroll: 0, height: 0 },
    listen(hear) {
      ears.add(hear);
      return () => ears.delete(hear);
    },
    changed() {
      if (frame !== 0) return;
      frame = requestAnimationFrame(() => {
        frame = 0;
        for (const hear of ears) hear();
      });
    },
  };
}

/** The windows of the mapper on screen. */
export const ViewportsContext = createContext<Viewports | undefined>(undefined);

/** The windows around this component. */
export function useViewports(): Viewports {
  const viewports = useContext(ViewportsContext);
  if (viewports === undefined) throw new Error('This part belongs inside the mapper.');
  return viewports;
}

/** Measures a tree that scrolls, with one observer and one listener, and gives its window; renders again once a frame at most. */
export function useWindow(side: 'source' | 'target', element: RefObject<HTMLElement | null>): Window {
  const viewports = useViewports();
  const [shown, setShown] = useState<Window>(viewports[side]);
  const held = useRef(shown);
  useLayoutEffect(() => {
    const scroller = element.current;
    if (scroller === null) return;
    const measure = (): void => {
      viewports[side] = { scroll: scroller.scrollTop, height: scroller.clientHeight };
      viewports.changed();
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(scroller);
    scroller.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      scroller.removeEventListener('scroll', measure);
    };
  }, [viewports, side, element]);
  useEffect(
    () =>
      viewports.listen(() => {
        const now = viewports[side];
        if (now.scroll === held.current.scroll && now.height === held.current.height) return;
        held.current = now;
        setShown(now);
      }),
    [viewports, side],
  );
  return shown;
}
