import type { Flusher } from './flusher.ts';
import type { Caller, Membership } from './membership.ts';
import type { Offsets } from './offsets.ts';
import type { ApiName, RequestOf, ResponseOf } from './protocol/apis.ts';
import type { StateFile } from './state-file.ts';
import type { Topics } from './topics.ts';
import type { Transactions } from './transactions.ts';

/** The parts of a running broker, as its request handlers see them. */
export interface Core {
  topics: Topics;
  offsets: Offsets;
  membership: Membership;
  transactions: Transactions;
  state: StateFile;
  flusher: Flusher;
  /** Where clients reach the broker. */
  address: { host: string; port: number };
  warn(sentence: string): void;
  /** Fires when the broker closes: waiting requests end. */
  closing: AbortSignal;
}

/** The only broker's id; it is its own controller and everybody's coordinator. */
export const NODE_ID = 0;

/** Who sent a request, and in which version. */
export interface RequestContext {
  version: number;
  caller: Caller;
  /** Fires when the client has gone, or the broker closes. */
  gone: AbortSignal;
}

/** Answers one kind of request; undefined for a request that wants no answer. */
export type Handler<N extends ApiName> = (
  core: Core,
  request: RequestOf<N>,
  context: RequestContext,
) => Promise<ResponseOf<N> | undefined> | ResponseOf<N> | undefined;
