import { useCallback, useEffect, useRef, useState } from 'react';

/** Where the loading of something stands. A reload keeps the data on screen; a failed reload keeps it and says why. */
export interface Loaded<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  /** ms since 1970 when `data` came. */
  loadedAt: number | undefined;
  reload: () => void;
}

/** Loads something when the component mounts and whenever `key` changes; an answer that came too late is dropped. */
export function useLoad<T>(load: () => Promise<T>, key: string): Loaded<T> {
  const [round, setRound] = useState(0);
  const [result, setResult] = useState<Omit<Loaded<T>, 'reload'> & { key: string }>({
    key,
    data: undefined,
    error: undefined,
    loading: true,
    loadedAt: undefined,
  });
  const latest = useRef(load);
  useEffect(() => {
    latest.current = load;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` is what a reload changes.
  useEffect(() => {
    let current = true;
    setResult((before) =>
      before.key === key ? { ...before, loading: true } : { key, data: undefined, error: undefined, loading: true, loadedAt: undefined },
    );
    latest.current().then(
      (data) => current && setResult({ key, data, error: undefined, loading: false, loadedAt: Date.now() }),
      (error: unknown) => current && setResult((before) => ({ ...before, error, loading: false })),
    );
    return () => {
      current = false;
    };
  }, [key, round]);
  const reload = useCallback(() => setRound((value) => value + 1), []);
  return { ...(result.key === key ? result : { data: undefined, error: undefined, loading: true, loadedAt: undefined }), reload };
}
