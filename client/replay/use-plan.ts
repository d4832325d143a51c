import { useCallback, useEffect, useRef, useState } from 'react';
import type { ReplayPlan, ReplaySpec } from '#shared/replay.ts';
import { api } from '../api.ts';

/** What is known of the effect of a replay that is being chosen. */
export interface PlanView {
  /** Of the choice as it stands; undefined while it is being made, failed or was stopped. */
  plan: ReplayPlan | undefined;
  error: unknown;
  planning: boolean;
  /** ms since 1970 when the counting began. */
  since: number | undefined;
  stop(): void;
  again(): void;
}

/** Hands that still choose should not make the server count each step. */
const restMs = 400;

type State = { key: string } & (
  | { kind: 'planning'; since: number }
  | { kind: 'done'; plan: ReplayPlan }
  | { kind: 'failed'; error: unknown }
  | { kind: 'stopped' }
);

/** Plans a replay whenever its choice has come to rest, and drops what was asked before. */
export function usePlan(spec: ReplaySpec | undefined): PlanView {
  const key = spec === undefined ? '' : JSON.stringify({ ...spec, name: '' });
  const [round, setRound] = useState(0);
  const [state, setState] = useState<State>();
  const latest = useRef(spec);
  const running = useRef<AbortController>(undefined);
  useEffect(() => {
    latest.current = spec;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` is what asks again.
  useEffect(() => {
    if (key === '') return;
    const control = new AbortController();
    running.current = control;
    setState({ key, kind: 'planning', since: Date.now() });
    const timer = setTimeout(() => {
      const asked = latest.current;
      if (asked === undefined) return;
      api.planReplay(asked, { signal: control.signal }).then(
        (plan) => !control.signal.aborted && setState({ key, kind: 'done', plan }),
        (error: unknown) => !control.signal.aborted && setState({ key, kind: 'failed', error }),
      );
    }, restMs);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [key, round]);
  const stop = useCallback(() => {
    running.current?.abort();
    setState((before) => before && { key: before.key, kind: 'stopped' });
  }, []);
  const again = useCallback(() => setRound((value) => value + 1), []);
  const now = state?.key === key && key !== '' ? state : undefined;
  return {
    plan: now?.kind === 'done' ? now.plan : undefined,
    error: now?.kind === 'failed' ? now.error : undefined,
    planning: key !== '' && (now === undefined || now.kind === 'planning'),
    since: now?.kind === 'planning' ? now.since : undefined,
    stop,
    again,
  };
}
