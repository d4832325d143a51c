import { useCallback, useEffect, useRef, useState } from 'react';
import type { TraceSearch } from '#shared/trace.ts';
import { api } from '../api.ts';
import { periods, type Wanted } from './search-bar.tsx';

/** How often a search that runs is asked how far it is, in ms. */
const everyMs = 400;
/** Searches that have ended, by what was wanted: going back shows the list at once. */
const kept = new Map<string, TraceSearch>();
const mostKept = 20;

export interface Running {
  search: TraceSearch | undefined;
  error: unknown;
  stop: () => void;
  again: () => void;
}

const nameOf = ({ text, since, flow }: Wanted): string => JSON.stringify([text, since, flow ?? null]);

/** Looks for what is wanted, and follows the search until it ends; leaving the page ends it. */
export function useTraceSearch(wanted: Wanted | undefined): Running {
  const name = wanted === undefined ? '' : nameOf(wanted);
  const [state, setState] = useState<{ name: string; search?: TraceSearch; error?: unknown }>({ name });
  const [round, setRound] = useState(0);
  const running = useRef<string>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the name says all that is wanted, and `round` asks again.
  useEffect(() => {
    if (wanted === undefined) return;
    const known = kept.get(name);
    if (known && round === 0) {
      setState({ name, search: known });
      return;
    }
    let left = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    setState({ name });
    const heard = (search: TraceSearch): void => {
      if (left) return;
      setState({ name, search });
      if (search.state === 'running') {
        timer = setTimeout(ask, everyMs, search.id);
        return;
      }
      running.current = undefined;
      keep(name, search);
    };
    const failed = (error: unknown): void => {
      running.current = undefined;
      if (!left) setState((before) => ({ ...before, name, error }));
    };
    const ask = (id: string): void => void api.trace(id).then(heard, failed);
    const { ms } = periods[wanted.since];
    api
      .findTrace({
        text: wanted.text,
        ...(ms !== undefined && { since: Date.now() - ms }),
        ...(wanted.flow !== undefined && { flow: wanted.flow }),
      })
      .then((search) => {
        running.current = search.id;
        // Nobody waits for it any more.
        if (left) void api.stopTrace(search.id).catch(() => undefined);
        else heard(search);
      }, failed);
    return () => {
      left = true;
      clearTimeout(timer);
      const id = running.current;
      running.current = undefined;
      if (id !== undefined) void api.stopTrace(id).catch(() => undefined);
    };
  }, [name, round]);
  const stop = useCallback(() => {
    const id = running.current;
    if (id === undefined) return;
    void api.stopTrace(id).then(
      (search) => setState((before) => ({ ...before, search })),
      (error: unknown) => setState((before) => ({ ...before, error })),
    );
  }, []);
  const again = useCallback(() => setRound((value) => value + 1), []);
  const current = state.name === name ? state : { name, search: undefined, error: undefined };
  return { search: current.search, error: current.error, stop, again };
}

function keep(name: string, search: TraceSearch): void {
  kept.set(name, search);
  const [oldest] = kept.keys();
  if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
}
