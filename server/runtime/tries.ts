import type { LedgerEntry } from '#shared/ledger.ts';
import { RetriableError, type SinkBatch, type SinkInstance, type WriteOutcome } from '../sdk.ts';
import type { Tally } from './tally.ts';
import type { TriedRun, UnderwayFile } from './underway-file.ts';

/** A sink whose tries are counted by message. */
export interface CountedSink {
  /** As the sink's own `write`. */
  write(batch: SinkBatch, signal: AbortSignal): Promise<void | WriteOutcome[]>;
  /** Moves what is known of these messages to the tally of the batch that settles them. */
  close(records: readonly { partition: number; offset: bigint }[], tally: Tally): void;
}

export interface CountOptions {
  /** Where it stands what was handed to the sink and is not committed, so that a crash does not forget it. */
  file?: UnderwayFile;
  /** The sink writes messages and their position in one transaction: what is handed to it again cannot be there twice. */
  once?: boolean;
}

type Tried = Pick<TriedRun, 'tries' | 'unsure' | 'code'>;

/** What is known of a partition. */
interface Place {
  /** Earlier tries of messages that are not settled, by offset. */
  failed: Map<bigint, Tried>;
  /** What would have to be said of each message if it were handed to the sink again now. */
  handed: Map<bigint, Tried>;
  /** False before the first message of a batch is handed over. */
  begun: boolean;
}

/** Offsets further apart than this stand apart, so that no range names many which no message has. */
const near = 1000n;
/** Code of a try whose end nobody has seen: the worker died, or what it had done was not committed. */
const lost = 'worker/lost';

/**
 * Counts how often a sink was asked for each message, so that the ledger can name those which the world outside may
 * have twice. What a worker had handed over when it died, or when its transaction failed, counts as a try of which the
 * outcome is not known: the sink may not have begun with it, so it is the most that can be there twice.
 */
export function countTries(sink: SinkInstance, { file, once = false }: CountOptions = {}): CountedSink {
  const places = new Map<number, Place>();

  function placeOf(partition: number, first: bigint): Place {
    let place = places.get(partition);
    if (place === undefined) {
      place = { failed: new Map(), handed: new Map(), begun: false };
      places.set(partition, place);
      if (file) return resumed(place, file.read(partition), first);
    }
    if (place.begun) return place;
    return resumed(place, runsOf(place.handed), first);
  }

  /** Begins a batch. Only what is read again from within what was handed over before was not committed. */
  function resumed(place: Place, runs: readonly TriedRun[], first: bigint): Place {
    place.begun = true;
    place.handed.clear();
    const [from, to] = [runs[0]?.from, runs.at(-1)?.to];
    if (from === undefined || to === undefined || first < from || first > to) return place;
    for (const { to: end, from: begin, ...tried } of runs)
      for (let offset = begin > first ? begin : first; offset <= end; offset++) {
        place.failed.set(offset, tried);
        place.handed.set(offset, tried);
      }
    return place;
  }

  function note(place: Place, offset: bigint, error: RetriableError): void {
    if (!error.untried) {
      const { tries, unsure } = place.failed.get(offset) ?? { tries: 0, unsure: 0 };
      place.failed.set(offset, { tries: tries + 1, unsure: unsure + (error.unsure ? 1 : 0), code: error.code });
    }
    const known = place.failed.get(offset);
    if (known) place.handed.set(offset, known);
    else place.handed.delete(offset);
  }

  return {
    async write(batch, signal) {
      const offsets = batch.messages.map(({ position }) => BigInt(position.offset));
      const place = placeOf(batch.partition, offsets[0] ?? 0n);
      for (const offset of offsets) {
        const { tries, unsure } = place.failed.get(offset) ?? { tries: 0, unsure: 0 };
        place.handed.set(offset, { tries: tries + 1, unsure: unsure + (once ? 0 : 1), code: lost });
      }
      const keep = (): void => file?.write(batch.partition, runsOf(place.handed));
      keep();
      try {
        const outcomes = await sink.write(batch, signal);
        let refused = false;
        for (const [at, outcome] of (outcomes ?? []).entries()) {
          const offset = offsets[at];
          if (!(outcome instanceof RetriableError) || offset === undefined) continue;
          note(place, offset, outcome);
          refused = true;
        }
        // What went through needs no second word: it is committed, or handed over once more.
        if (refused) keep();
        return outcomes;
      } catch (error) {
        if (error instanceof RetriableError) {
          for (const offset of offsets) note(place, offset, error);
          keep();
        }
        throw error;
      }
    },
    close(records, tally) {
      const again: NonNullable<LedgerEntry['again']> = [];
      let last: { place: Place; offset: bigint } | undefined;
      for (const { partition, offset } of records) {
        const place = places.get(partition);
        if (place === undefined) continue;
        place.begun = false;
        last = { place, offset };
        const known = place.failed.get(offset);
        if (known === undefined) continue;
        place.failed.delete(offset);
        again.push({ offset: String(offset), ...known, tries: known.tries + 1 });
      }
      // Offsets between messages, where markers of transactions stand.
      if (last && last.place.failed.size > 0)
        for (const offset of last.place.failed.keys()) if (offset < last.offset) last.place.failed.delete(offset);
      if (again.length > 0) tally.again = again;
    },
  };
}

/** In the order of offsets; neighbours of which the same is to be said are one. */
function runsOf(handed: ReadonlyMap<bigint, Tried>): TriedRun[] {
  const runs: TriedRun[] = [];
  for (const [offset, tried] of [...handed].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const last = runs.at(-1);
    if (last && last.tries === tried.tries && last.unsure === tried.unsure && last.code === tried.code && offset - last.to <= near)
      last.to = offset;
    else runs.push({ from: offset, to: offset, ...tried });
  }
  return runs;
}
