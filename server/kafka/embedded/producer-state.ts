import { ERROR, ProtocolError } from './protocol/errors.ts';
import type { BatchHeader } from './record-batch.ts';
import { addSequence } from './record-batch.ts';

/** What a partition remembers of idempotent and transactional producers, rebuilt from batch headers alone. */

/** A batch a producer wrote: enough to recognise it when it is sent again. */
interface Written {
  first: number;
  last: number;
  offset: number;
  time: number;
}

/** One producer in one partition. */
export interface ProducerEntry {
  epoch: number;
  /** The newest batches, at most five: as many as a producer may have in flight. */
  recent: Written[];
  /** ms since 1970 of its newest batch. */
  lastTime: number;
}

/** A transaction that was aborted: its records between the two offsets do not count. */
export interface Aborted {
  producerId: number;
  first: number;
  /** Offset of the abort marker. */
  last: number;
}

/** Producers and transactions of one partition. */
export interface ProducerState {
  producers: Map<number, ProducerEntry>;
  /** First offset of each producer's open transaction. */
  open: Map<number, number>;
  aborted: Aborted[];
}

const RECENT = 5;
/** Producers idle for longer are forgotten, as `producer.id.expiration.ms` of Kafka says. */
export const PRODUCER_EXPIRY_MS = 86_400_000;

/** Knows nobody yet. */
export function createProducerState(): ProducerState {
  return { producers: new Map(), open: new Map(), aborted: [] };
}

/**
 * Checks a batch against its producer's history.
 * Returns the earlier place of a batch sent again, or undefined for a new one. Throws a ProtocolError for old epochs and gaps.
 */
export function checkSequence(state: ProducerState, header: BatchHeader): { offset: number; time: number } | undefined {
  const entry = state.producers.get(header.producerId);
  if (!entry) return undefined;
  if (header.producerEpoch < entry.epoch) {
    throw new ProtocolError(
      ERROR.invalidProducerEpoch,
      `Producer ${header.producerId} has a newer epoch (${entry.epoch}) than ${header.producerEpoch}.`,
    );
  }
  if (header.producerEpoch > entry.epoch) {
    if (header.baseSequence === 0) return undefined;
    throw new ProtocolError(ERROR.outOfOrderSequence, `A new epoch begins with sequence 0, not ${header.baseSequence}.`);
  }
  const twin = entry.recent.find((batch) => batch.first === header.baseSequence && batch.last === header.lastSequence);
  if (twin) return { offset: twin.offset, time: twin.time };
  const newest = entry.recent.at(-1);
  if (newest && header.baseSequence !== addSequence(newest.last, 1)) {
    throw new ProtocolError(
      ERROR.outOfOrderSequence,
      `Producer ${header.producerId} sent sequence ${header.baseSequence}; ${addSequence(newest.last, 1)} comes next.`,
    );
  }
  return undefined;
}

/** Remembers a data batch that now stands in the log. */
export function rememberBatch(state: ProducerState, header: BatchHeader, time: number): void {
  if (header.producerId < 0) return;
  let entry = state.producers.get(header.producerId);
  if (!entry) {
    entry = { epoch: header.producerEpoch, recent: [], lastTime: time };
    state.producers.set(header.producerId, entry);
  }
  if (header.producerEpoch !== entry.epoch) {
    entry.epoch = header.producerEpoch;
    entry.recent = [];
  }
  entry.recent.push({ first: header.baseSequence, last: header.lastSequence, offset: header.baseOffset, time });
  if (entry.recent.length > RECENT) entry.recent.shift();
  entry.lastTime = time;
  if (header.transactional && !state.open.has(header.producerId)) state.open.set(header.producerId, header.baseOffset);
}

/** Remembers the control batch that ends a transaction. */
export function rememberMarker(state: ProducerState, header: BatchHeader, committed: boolean): void {
  const first = state.open.get(header.producerId);
  if (first !== undefined && !committed) state.aborted.push({ producerId: header.producerId, first, last: header.baseOffset });
  state.open.delete(header.producerId);
  const entry = state.producers.get(header.producerId);
  if (!entry) {
    state.producers.set(header.producerId, { epoch: header.producerEpoch, recent: [], lastTime: header.maxTimestamp });
    return;
  }
  entry.lastTime = header.maxTimestamp;
  if (header.producerEpoch > entry.epoch) {
    entry.epoch = header.producerEpoch;
    entry.recent = [];
  }
}

/** First offset of any open transaction, or undefined when none is open. */
export function firstOpenOffset(state: ProducerState): number | undefined {
  let first: number | undefined;
  for (const offset of state.open.values()) if (first === undefined || offset < first) first = offset;
  return first;
}

/** Aborted transactions that touch offsets from `from` up to, without, `to`. */
export function abortedBetween(state: ProducerState, from: number, to: number): Aborted[] {
  return state.aborted.filter((entry) => entry.last >= from && entry.first < to);
}

/** Forgets aborted transactions wholly below `start` and producers idle for a day. */
export function forgetOld(state: ProducerState, start: number, now: number): void {
  state.aborted = state.aborted.filter((entry) => entry.last >= start);
  for (const [id, entry] of state.producers) {
    if (!state.open.has(id) && now - entry.lastTime > PRODUCER_EXPIRY_MS) state.producers.delete(id);
  }
}
