import { useCallback, useEffect, useState } from 'react';
import type { Standing } from '#shared/lineage/standing.ts';
import { api } from '../api.ts';
import type { MessageOf } from './trace-path.ts';

/** How far following messages is. */
export interface Following {
  standings: Standing[];
  /** How many have been looked at. */
  done: number;
  state: 'running' | 'done' | 'stopped';
  /** Messages that could not be followed, and why. */
  failed: { message: MessageOf; error: unknown }[];
}

const nothing: Following = { standings: [], done: 0, state: 'running', failed: [] };

/**
 * Follows messages one after the other, each through all flows. One that another has led to is not followed again. `messages`
 * must not change while the component lives.
 */
export function useStandings(messages: readonly MessageOf[]): { following: Following; stop: () => void; again: () => void } {
  const [following, setFollowing] = useState(nothing);
  const [run, setRun] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the messages are those of the component's life; a new run begins anew.
  useEffect(() => {
    let over = false;
    const follow = async (): Promise<void> => {
      const known = new Set<string>();
      for (const message of messages) {
        if (over) return;
        let found: Standing | undefined;
        let failed: Following['failed'] = [];
        if (!known.has(message.origin)) {
          try {
            found = await api.standing(message.flow, message.origin);
          } catch (error) {
            failed = [{ message, error }];
          }
        }
        if (over) return;
        for (const { kind, position } of found?.places ?? []) if (kind === 'topic' && position !== undefined) known.add(position);
        setFollowing((before) =>
          before.state === 'stopped'
            ? before
            : {
                ...before,
                standings: found ? [...before.standings, found] : before.standings,
                done: before.done + 1,
                failed: [...before.failed, ...failed],
              },
        );
      }
      if (!over) setFollowing((before) => (before.state === 'stopped' ? before : { ...before, state: 'done' }));
    };
    setFollowing(nothing);
    void follow();
    return () => {
      over = true;
    };
  }, [run]);
  const stop = useCallback(() => setFollowing((before) => (before.state === 'running' ? { ...before, state: 'stopped' } : before)), []);
  const again = useCallback(() => setRun((before) => before + 1), []);
  return { following, stop, again };
}
