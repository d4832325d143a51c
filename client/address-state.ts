import { useCallback, useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';

/**
 * State that stands in the address too. It changes here at once, because the router is a moment late and what is typed must
 * not wait for it; links, back and forward change it from outside. `read` and `write` must be of the module, not of a render.
 */
export function useAddressState<T extends object>(
  read: (query: URLSearchParams) => T,
  write: (value: T) => URLSearchParams,
): [T, (part: Partial<T>) => void] {
  const [query, setQuery] = useSearchParams();
  const text = query.toString();
  const [value, setValue] = useState(() => read(query));
  const latest = useRef(value);
  /** Addresses that were asked for here and have not come yet. */
  const asked = useRef([text]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another address is news.
  useEffect(() => {
    const at = asked.current.indexOf(text);
    if (at >= 0) {
      asked.current.splice(0, at);
      return;
    }
    asked.current = [text];
    latest.current = read(query);
    setValue(latest.current);
  }, [text]);
  const change = useCallback(
    (part: Partial<T>) => {
      latest.current = { ...latest.current, ...part };
      setValue(latest.current);
      const next = write(latest.current);
      if (asked.current.at(-1) === next.toString()) return;
      asked.current.push(next.toString());
      setQuery(next, { replace: true, preventScrollReset: true });
    },
    [setQuery, write],
  );
  return [value, change];
}
