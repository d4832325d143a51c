import type { LedgerEntry } from '#shared/ledger.ts';
import { RetriableError, type SinkBatch, type SinkInstance, type WriteOutcome } from '../sdk.ts';
import type { Tally } from './tally.ts';

/** A sink whose tries are counted by message. */
export interface CountedSink {
  /** As the sink's own `write`. */
  write(batch: SinkBatch, signal: AbortSignal): Promise<void | WriteOutcome[]>;
  /** Moves what is known of these messages to the tally of the batch that settles them. */
  close(records: readonly { partition: number; offset: bigint }[], tally: Tally): void;
}

/**
 * Counts how often a sink was asked for each message, so that the ledger can name those which the world outside may have
 * twice. It counts while the worker lives: tries before a crash are forgotten with it.
 */
export function countTries(sink: SinkInstance): CountedSink {
  const failed = new Map<string, { tries: number; unsure: number; code: string }>();
  const note = (place: { partition: number; offset: bigint | string }, error: RetriableError): void => {
    if (error.untried) return;
    const name = `${place.partition}/${place.offset}`;
    const { tries, unsure } = failed.get(name) ?? { tries: 0, unsure: 0 };
    failed.set(name, { tries: tries + 1, unsure: unsure + (error.unsure ? 1 : 0), code: error.code });
  };
  return {
    async write(batch, signal) {
      try {
        const outcomes = await sink.write(batch, signal);
        for (const [at, outcome] of (outcomes ?? []).entries()) {
          const message = batch.messages[at];
          if (outcome instanceof RetriableError && message) note(message.position, outcome);
        }
        return outcomes;
      } catch (error) {
        if (error instanceof RetriableError) for (const { position } of batch.messages) note(position, error);
        throw error;
      }
    },
    close(records, tally) {
      if (failed.size === 0) return;
      const again: NonNullable<LedgerEntry['again']> = [];
      for (const { partition, offset } of records) {
        const name = `${partition}/${offset}`;
        const known = failed.get(name);
        if (known === undefined) continue;
        failed.delete(name);
        again.push({ offset: String(offset), ...known, tries: known.tries + 1 });
      }
      if (again.length > 0) tally.again = again;
    },
  };
}
