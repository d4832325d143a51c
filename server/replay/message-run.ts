import type { StageInput } from '#shared/plan.ts';
import type { KafkaRecord, OutRecord } from '../kafka/port.ts';
import { enter } from '../runtime/codec.ts';
import type { Failure } from '../runtime/dead-letter.ts';
import type { PipelineSink } from '../runtime/pipeline.ts';
import { countArrival, countDead, countFiltered, type Tally } from '../runtime/tally.ts';
import { MessageError } from '../sdk.ts';
import type { Living } from './live.ts';

/** What one message has become. */
export interface Made {
  outputs: { sink: string; record: OutRecord }[];
  failures: Failure[];
}

/**
 * Runs one record through the pipeline, as the transform stage does; counts go to the tally.
 * @returns a promise only when a node is asynchronous
 * @throws RetriableError, AsksTheWorld, or what a node threw that is a bug
 */
export function runMessage({ pipeline, stage }: Living, record: KafkaRecord, input: StageInput, tally: Tally): Made | Promise<Made> {
  const made: Made = { outputs: [], failures: [] };
  const sink: PipelineSink = {
    output: (out, node) => void made.outputs.push({ sink: node, record: out }),
    dead: (failure) => void made.failures.push(failure),
  };
  try {
    const waiting = pipeline.run(input.node, enter(record, input.format, pipeline.takesText(input.node)), sink, tally);
    return waiting === undefined ? made : waiting.then(() => made);
  } catch (error) {
    // Only what could not be decoded comes out as a MessageError: nodes' own have their place in the pipeline.
    if (!(error instanceof MessageError)) throw error;
    tally.in++;
    countArrival(tally, input.node);
    const policy = stage.nodes.find(({ id }) => id === input.node)?.onError;
    if (policy === 'skip') countFiltered(tally, input.node, `skipped: ${error.code}`);
    else {
      countDead(tally, input.node, error.code);
      made.failures.push({ code: error.code, message: error.message, node: input.node });
    }
    return made;
  }
}
