import type { Role } from '#shared/api.ts';
import type { TraceFields, TraceIndexState, TraceQuery, TraceSearch, TraceWay } from '#shared/trace.ts';

/** Who looks: what masks hide, viewers cannot find either. */
export interface Searcher {
  name: string;
  role: Role;
}

/** Finding messages, and what became of one. Reads alone: joins no group, commits nothing, writes nothing to Kafka. */
export interface Traces {
  /**
   * Starts a search in the background; it ends by itself.
   * @throws TraceBusy when too many run
   */
  start(query: TraceQuery, who: Searcher): Promise<TraceSearch>;
  /** One's own search; undefined when there is none, or it was forgotten. */
  get(id: string, who: Searcher): TraceSearch | undefined;
  /** One's own searches, newest first. */
  list(who: Searcher): TraceSearch[];
  /** Ends a search with what it has found; it stays for a while. */
  stop(id: string, who: Searcher): TraceSearch | undefined;
  /**
   * What became of the message at `origin` in a flow.
   * @throws TraceRefused when the flow never read that topic, or nothing is known of the message
   */
  way(flow: string, origin: string, version?: number): Promise<TraceWay>;
  /** How far the index is. */
  index(): Promise<TraceIndexState>;
  /** Which fields the index takes of a flow's source messages; a change has the index read their topics again. */
  fields(flow: string): Promise<TraceFields>;
  setFields(flow: string, fields: string[] | null, who: string): Promise<TraceFields>;
  close(): Promise<void>;
}

/** So many searches run already that this one would slow down the others. */
export class TraceBusy extends Error {
  override readonly name = 'TraceBusy';
}

/** There is no way to be shown; one sentence says why. */
export class TraceRefused extends Error {
  override readonly name = 'TraceRefused';
}
