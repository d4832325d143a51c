import { useCallback, useEffect, useRef, useState } from 'react';
import type { FindProgress, FindReport } from '#shared/sample.ts';
import type { FindRequestInput } from '#shared/sample-schemas.ts';
import { api } from '../api.ts';

/** A search for messages: what it has found, how far it is, and how it ended. */
export interface Search {
  state: 'idle' | 'running' | 'done' | 'stopped' | 'failed';
  progress: FindProgress | undefined;
  /** One for each topic; those of a search that went on are put together. */
  reports: readonly FindReport[];
  error: unknown;
}

const idle: Search = { state: 'idle', progress: undefined, reports: [], error: undefined };

/** Searches the topics of a flow; a new search ends the one before, and leaving ends all. */
export function useSearch(
  flow: string,
): Search & { start: (request: FindRequestInput, more?: boolean) => void; stop: () => void; clear: () => void } {
  const [search, setSearch] = useState<Search>(idle);
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const start = useCallback(
    (request: FindRequestInput, more = false) => {
      running.current?.abort();
      const mine = new AbortController();
      running.current = mine;
      setSearch((before) => ({ ...idle, state: 'running', reports: more ? before.reports : [] }));
      const onProgress = (progress: FindProgress) => {
        if (!mine.signal.aborted) setSearch((before) => ({ ...before, progress }));
      };
      api.findMessages(flow, request, { signal: mine.signal, onProgress }).then(
        ({ topics }) =>
          mine.signal.aborted ||
          setSearch((before) => ({ ...before, state: 'done', reports: more ? joined(before.reports, topics) : topics })),
        (error: unknown) => mine.signal.aborted || setSearch((before) => ({ ...before, state: 'failed', error })),
      );
    },
    [flow],
  );
  const stop = useCallback(() => {
    running.current?.abort();
    setSearch((before) => (before.state === 'running' ? { ...before, state: 'stopped' } : before));
  }, []);
  const clear = useCallback(() => {
    running.current?.abort();
    setSearch(idle);
  }, []);
  return { ...search, start, stop, clear };
}

/** Reports of a search and of its going on as one: messages of both, the newer end and way on. */
export function joined(before: readonly FindReport[], more: readonly FindReport[]): FindReport[] {
  return before.map((report) => {
    const next = more.find(({ topic }) => topic === report.topic);
    if (!next) return report;
    const known = new Set(report.messages.map(({ position }) => position));
    const { next: _old, ...rest } = report;
    return {
      ...rest,
      messages: [...report.messages, ...next.messages.filter(({ position }) => !known.has(position))],
      scanned: {
        ...next.scanned,
        messages: report.scanned.messages + next.scanned.messages,
        bytes: report.scanned.bytes + next.scanned.bytes,
        ms: report.scanned.ms + next.scanned.ms,
      },
      ended: next.ended,
      ...(next.next && { next: next.next }),
    };
  });
}
