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
  // Name and rate change nothing of what it would do, so nothing is counted again for them.
  const counted = spec && { ...spec, name: '', perSecond: 0, pauseAtErrorShare: 1 };
  const key = counted === undefined ? '' : JSON.stringify(counted);
  const [round, setRound] = useState(0);
  const [state, setState] = useState<State>();
  const latest = useRef(counted);
  const running = useRef<AbortController>(undefined);
  useEffect(() => {
    latest.current = counted;
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
    plan: now?.kind === 'done' && spec !== undefined ? atRate(now.plan, spec) : undefined,
    error: now?.kind === 'failed' ? now.error : undefined,
    planning: key !== '' && (now === undefined || now.kind === 'planning'),
    since: now?.kind === 'planning' ? now.since : undefined,
    stop,
    again,
  };
}

/** The plan of a choice that differs from what was counted only in name and rate: at a rate it takes longer, never shorter. */
export function atRate(plan: ReplayPlan, spec: ReplaySpec): ReplayPlan {
  const { name, perSecond, pauseAtErrorShare } = spec;
  const seconds = perSecond > 0 ? Math.max(plan.seconds, Math.ceil(plan.messages / perSecond)) : plan.seconds;
  return { ...plan, spec: { ...plan.spec, name, perSecond, pauseAtErrorShare }, seconds };
}
