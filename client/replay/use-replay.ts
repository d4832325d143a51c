import { useCallback, useEffect, useRef, useState } from 'react';
import type { Replay } from '#shared/replay.ts';
import { api } from '../api.ts';
import { isUnderWay } from './words.ts';

const pollMs = 500;
/** After a failure the server is asked less often. */
const laterMs = 3000;

/** A replay as it stands, asked again while it is under way. What was known stays on screen when an answer fails. */
export function useReplay(id: string): {
  replay: Replay | undefined;
  error: unknown;
  /** Does something with it, and shows what it is then; resolves when it is answered. */
  act: (ask: () => Promise<Replay>) => Promise<void>;
  reload: () => void;
} {
  const [state, setState] = useState<{ id: string; replay?: Replay; error?: unknown; turn: number }>({ id, turn: 0 });
  const current = useRef(id);
  /** Questions are counted, because the answer to one before a change may come after that of the change. */
  const asked = useRef({ last: 0, answered: 0 });
  useEffect(() => {
    current.current = id;
  });
  const take = useCallback(
    async (answer: Promise<Replay>): Promise<void> => {
      const question = ++asked.current.last;
      const isNews = (): boolean => {
        if (current.current !== id || question < asked.current.answered) return false;
        asked.current.answered = question;
        return true;
      };
      try {
        const replay = await answer;
        if (isNews()) setState((before) => ({ id, replay, turn: before.turn + 1 }));
      } catch (error) {
        if (isNews())
          setState((before) => ({ id, ...(before.id === id && before.replay && { replay: before.replay }), error, turn: before.turn + 1 }));
      }
    },
    [id],
  );
  const mine = state.id === id ? state : undefined;
  const known = mine?.replay;
  const waits = mine === undefined || known === undefined ? mine?.error === undefined : isUnderWay(known);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each answer asks for the next one.
  useEffect(() => {
    if (!waits) return;
    const timer = setTimeout(() => void take(api.replay(id)), known === undefined ? 0 : mine?.error === undefined ? pollMs : laterMs);
    return () => clearTimeout(timer);
  }, [id, take, waits, state.turn]);
  return { replay: known, error: mine?.error, act: (ask) => take(ask()), reload: () => void take(api.replay(id)) };
}
