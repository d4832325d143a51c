import { randomUUID } from 'node:crypto';
import { admits } from '#shared/api.ts';
import { type TraceQuery, type TraceSearch, traceLimits } from '#shared/trace.ts';
import { runSearch, type SearchDeps } from './search.ts';
import { type Searcher, TraceBusy, type Traces } from './traces.ts';

/** Searches that run at once on one server, those that are kept, and for how long after their end. */
const limits = { running: 3, kept: 60, keptMs: 15 * 60_000 };

interface Kept {
  search: TraceSearch;
  who: string;
  stop: AbortController;
  /** When it was started, and when it ended; ms of the process. */
  startedAt: number;
  endedAt?: number;
}

/** The searches of a server: started, looked at, stopped, and forgotten after a while. They live in memory alone. */
export function createSearches(deps: SearchDeps): Pick<Traces, 'start' | 'get' | 'list' | 'stop' | 'close'> {
  const searches = new Map<string, Kept>();

  function forget(): void {
    const now = performance.now();
    for (const [id, { endedAt }] of searches) if (endedAt !== undefined && now - endedAt > limits.keptMs) searches.delete(id);
    for (const [id, { endedAt }] of searches) {
      if (searches.size <= limits.kept) break;
      if (endedAt !== undefined) searches.delete(id);
    }
  }

  const own = (id: string, { name }: Searcher): Kept | undefined => {
    const found = searches.get(id);
    return found?.who === name ? found : undefined;
  };
  const shown = ({ search, startedAt, endedAt }: Kept): TraceSearch => ({
    ...search,
    hits: [...search.hits].sort((a, b) => b.timestamp - a.timestamp),
    notes: [...search.notes],
    ms: Math.round((endedAt ?? performance.now()) - startedAt),
  });

  return {
    async start(query, who) {
      forget();
      const running = [...searches.values()].filter(({ endedAt }) => endedAt === undefined);
      if (running.length >= limits.running) {
        throw new TraceBusy(
          `${limits.running} searches are running on this server already. Wait until one has ended, or stop one, then search again.`,
        );
      }
      const kept: Kept = { search: begin(query), who: who.name, stop: new AbortController(), startedAt: performance.now() };
      searches.set(kept.search.id, kept);
      const seesAll = admits('analyst', who.role);
      void runSearch(deps, kept.search, seesAll, kept.stop.signal)
        .then(
          () => {
            kept.search.state = kept.stop.signal.aborted ? 'stopped' : 'done';
          },
          (error: unknown) => {
            kept.search.state = kept.stop.signal.aborted ? 'stopped' : 'failed';
            if (!kept.stop.signal.aborted) kept.search.notes.push(error instanceof Error ? error.message : String(error));
          },
        )
        .finally(() => {
          kept.endedAt ??= performance.now();
        });
      return shown(kept);
    },
    get(id, who) {
      forget();
      const found = own(id, who);
      return found && shown(found);
    },
    list: (who) =>
      [...searches.values()]
        .filter((kept) => kept.who === who.name)
        .reverse()
        .map(shown),
    stop(id, who) {
      const found = own(id, who);
      if (!found) return undefined;
      found.stop.abort();
      if (found.search.state === 'running') {
        found.search.state = 'stopped';
        // What it waits for in Kafka may take a while; whoever searches next need not wait for that.
        found.endedAt ??= performance.now();
      }
      return shown(found);
    },
    async close() {
      for (const { stop } of searches.values()) stop.abort();
    },
  };
}

function begin(query: TraceQuery): TraceSearch {
  return {
    id: randomUUID(),
    query: { ...query, limit: Math.min(query.limit ?? 50, traceLimits.hits) },
    state: 'running',
    hits: [],
    scanned: 0,
    scannedBytes: 0,
    total: 0,
    ms: 0,
    indexed: false,
    notes: [],
  };
}
