import type { OutRecord } from '../kafka/port.ts';
import type { Failure } from '../runtime/dead-letter.ts';
import type { PipelineSink, Trail } from '../runtime/pipeline.ts';
import type { Made } from './message-run.ts';

/** Follows what comes of one arrival at one node through a run of the whole graph. */
export interface Follow {
  trail: Trail;
  /** Where the run's results go. */
  sink: PipelineSink;
  /** Begins anew. Without a place everything is kept. */
  begin(place: { node: string; at: number } | undefined): void;
  /** What came of the arrival, and whether the message came there at all. */
  end(): Made & { came: boolean };
}

/** Unlike a Try's, this trail lets errors of the world through: the message is then tried again. */
export function createFollow(): Follow {
  let place: { node: string; at: number } | undefined;
  let made: Made = { outputs: [], failures: [] };
  let next = 0;
  let arrivals = 0;
  let arrived: number | undefined;
  let keepsFailure = true;
  const behind = new Set<number>();

  const comesOf = (node: string, record: number): boolean =>
    place === undefined || behind.has(record) || (node === place.node && arrived !== undefined && record === arrived);

  return {
    trail: {
      left(node, _port, _message, of) {
        const record = next++;
        if (place !== undefined && of !== undefined && comesOf(node, of)) behind.add(record);
        return record;
      },
      came(node, record) {
        if (node.id !== place?.node) return;
        if (arrivals++ === place.at) arrived = record;
      },
      filtered: () => undefined,
      failed(node, record) {
        keepsFailure = comesOf(node.id, record);
      },
      wrote(node, record, out: OutRecord) {
        if (comesOf(node.id, record)) made.outputs.push({ sink: node.id, record: out });
      },
      stuck(_node, _record, error) {
        throw error;
      },
    },
    sink: {
      output: () => undefined,
      dead(failure: Failure) {
        if (keepsFailure) made.failures.push(failure);
      },
    },
    begin(at) {
      place = at;
      made = { outputs: [], failures: [] };
      next = 0;
      arrivals = 0;
      arrived = undefined;
      behind.clear();
    },
    end: () => ({ ...made, came: place === undefined || arrived !== undefined }),
  };
}
