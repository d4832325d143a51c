import { useCallback, useEffect, useRef, useState } from 'react';
import type { Comparison } from '#shared/comparison.ts';
import type { ComparisonScopeInput } from '#shared/comparison-schemas.ts';
import { api } from '../api.ts';

/** What the studio knows of a flow's comparison, and what can be done with it. */
export interface ComparisonView {
  /** Null where there is none. */
  comparison: Comparison | null;
  /** Why the last thing that was asked for did not work. */
  error: unknown;
  start(scope: ComparisonScopeInput): void;
  stop(): void;
  /** Resolves when it is kept; rejects never: see `error`. */
  decide(signature: string, expected: boolean, note: string): Promise<void>;
  reload(): void;
}

const pollMs = 400;

/** Follows the comparison of a flow's draft from the one that is known: polls while it runs, and takes over what is decided. */
export function useComparison(flow: string, known: Comparison | null): ComparisonView {
  const [comparison, setComparison] = useState(known);
  const [error, setError] = useState<unknown>();
  const alive = useRef(true);

  const take = useCallback(async (asked: Promise<Comparison | null>): Promise<void> => {
    try {
      const next = await asked;
      if (!alive.current) return;
      setComparison(next);
      setError(undefined);
    } catch (cause) {
      if (alive.current) setError(cause);
    }
  }, []);

  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);

  const running = comparison?.state === 'running' ? comparison.id : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each answer asks for the next one.
  useEffect(() => {
    if (running === undefined) return;
    const timer = setTimeout(() => void take(api.comparisonRun(flow, running)), pollMs);
    return () => clearTimeout(timer);
  }, [flow, running, take, comparison, error]);

  return {
    comparison,
    error,
    start: (scope) => void take(api.compare(flow, scope)),
    stop: () => {
      if (running !== undefined) void take(api.stopComparison(flow, running));
    },
    decide: async (signature, expected, note) => {
      if (comparison) await take(api.decide(flow, comparison.id, signature, { expected, note }));
    },
    reload: () => void take(api.comparison(flow)),
  };
}
