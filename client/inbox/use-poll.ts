import { useEffect, useRef } from 'react';
import { type Loaded, useLoad } from '../load.ts';

/** Loads something and loads it again every so often while the tab is seen; a poll that fails shows no error until the next. */
export function usePoll<T>(load: () => Promise<T>, key: string, everyMs: number): Loaded<T> {
  const loaded = useLoad(load, key);
  const { reload, loading } = loaded;
  const busy = useRef(loading);
  useEffect(() => {
    busy.current = loading;
  });
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden && !busy.current) reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);
  return loaded;
}
