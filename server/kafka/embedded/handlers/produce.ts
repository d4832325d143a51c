import type { Core, Handler } from '../core.ts';
import { appendBatch, type Log } from '../log.ts';
import type { RequestOf, ResponseOf } from '../protocol/apis.ts';
import { codeOf, ERROR, ProtocolError } from '../protocol/errors.ts';
import { readIncoming } from '../record-batch.ts';

type PartitionData = RequestOf<'produce'>['topics'][number]['partitions'][number];
type PartitionAnswer = ResponseOf<'produce'>['topics'][number]['partitions'][number];

function refusal(index: number, errorCode: number, errorMessage: string | null): PartitionAnswer {
  return { index, errorCode, baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1, recordErrors: [], errorMessage };
}

function store(core: Core, log: Log, data: PartitionData): { answer: PartitionAnswer; wait: Promise<void> | undefined } {
  const sent = data.records ?? [];
  const batch = readIncoming(sent.length === 1 && sent[0] ? sent[0] : Buffer.concat(sent), log.config.maxMessageBytes);
  const { header } = batch;
  core.transactions.checkBatch(log, { producerId: header.producerId, epoch: header.producerEpoch, transactional: header.transactional });
  const appended = appendBatch(log, batch, Date.now());
  const answer: PartitionAnswer = {
    index: data.index,
    errorCode: 0,
    baseOffset: appended.baseOffset,
    logAppendTimeMs: appended.appendTime,
    logStartOffset: log.startOffset,
    recordErrors: [],
    errorMessage: null,
  };
  return { answer, wait: core.flusher.written(log) };
}

async function produceTo(core: Core, topic: string, data: PartitionData): Promise<PartitionAnswer> {
  const log = core.topics.log(topic, data.index);
  if (!log) return refusal(data.index, ERROR.unknownTopicOrPartition, `There is no partition ${topic}-${data.index}.`);
  try {
    const { answer, wait } = store(core, log, data);
    await wait;
    return answer;
  } catch (error) {
    if (!(error instanceof ProtocolError)) core.warn(`Could not write to ${topic}-${data.index}: ${(error as Error).message}.`);
    return refusal(data.index, codeOf(error), error instanceof ProtocolError ? error.message : 'The broker could not write to its disk.');
  }
}

/** Stores records. Appending is synchronous and in order of arrival; only the wait for the disk is not. */
export const produce: Handler<'produce'> = async (core, request, context) => {
  const refused =
    context.version < 3
      ? { code: ERROR.unsupportedVersion, message: null }
      : ![-1, 0, 1].includes(request.acks)
        ? { code: ERROR.invalidRequiredAcks, message: 'acks is -1, 0 or 1.' }
        : undefined;
  const topics = await Promise.all(
    request.topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(
        partitions.map((data) => (refused ? refusal(data.index, refused.code, refused.message) : produceTo(core, name, data))),
      ),
    })),
  );
  return request.acks === 0 ? undefined : { topics, throttleTimeMs: 0 };
};
