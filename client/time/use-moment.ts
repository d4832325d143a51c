import { useEffect, useState } from 'react';
import type { Moment, MomentMessages } from '#shared/moment.ts';
import { api } from '../api.ts';

/** Something of a moment: the last that came stays while the next is asked for, so that nothing flickers under a hand that drags. */
export interface OfMoment<T> {
  data: T | undefined;
  /** False while what is shown is of another moment. */
  current: boolean;
  error: unknown;
}

function useOfMoment<T>(load: (flow: string, at: number) => Promise<T>, flow: string, at: number, restMs: number): OfMoment<T> {
  const key = `${flow} ${at}`;
  const [state, setState] = useState<{ key: string; data?: T; error?: unknown }>({ key: '' });
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(() => {
      load(flow, at).then(
        (data) => wanted && setState({ key, data }),
        (error: unknown) => wanted && setState((before) => ({ key, ...(before.data !== undefined && { data: before.data }), error })),
      );
    }, restMs);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [load, flow, at, key, restMs]);
  return { data: state.data, current: state.key === key, error: state.key === key ? state.error : undefined };
}

/** The flow as it was. */
export function useMoment(flow: string, at: number): OfMoment<Moment> {
  return useOfMoment(api.moment, flow, at, 60);
}

/** Messages of about that moment; Kafka is asked only when the hand rests. */
export function useMomentMessages(flow: string, at: number): OfMoment<MomentMessages> {
  return useOfMoment(api.momentMessages, flow, at, 350);
}
