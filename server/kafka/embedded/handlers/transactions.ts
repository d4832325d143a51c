import type { Handler } from '../core.ts';
import { codeOf, ERROR } from '../protocol/errors.ts';
import type { ProducerName } from '../transactions.ts';

/** From these versions on "another producer took over" has a code of its own. */
function fencing(error: unknown, ownCode: boolean): number {
  const code = codeOf(error, ERROR.coordinatorNotAvailable);
  if (code === ERROR.invalidProducerEpoch && ownCode) return ERROR.producerFenced;
  return code === ERROR.producerFenced && !ownCode ? ERROR.invalidProducerEpoch : code;
}

function nameOf(request: { transactionalId: string; producerId: number; producerEpoch: number }): ProducerName {
  return { id: request.transactionalId, producerId: request.producerId, epoch: request.producerEpoch };
}

/** Gives out producer ids and epochs. */
export const initProducerId: Handler<'initProducerId'> = async (core, request, { version }) => {
  try {
    if (request.transactionalId === '') return { throttleTimeMs: 0, errorCode: ERROR.invalidRequest, producerId: -1, producerEpoch: -1 };
    const given =
      request.transactionalId === null
        ? { producerId: core.topics.nextProducerId(), epoch: 0 }
        : await core.transactions.init({
            id: request.transactionalId,
            timeoutMs: request.transactionTimeoutMs,
            producerId: request.producerId,
            epoch: request.producerEpoch,
          });
    return { throttleTimeMs: 0, errorCode: 0, producerId: given.producerId, producerEpoch: given.epoch };
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: fencing(error, version >= 4), producerId: -1, producerEpoch: -1 };
  }
};

/** Partitions become part of a transaction. */
export const addPartitions: Handler<'addPartitions'> = async (core, request, { version }) => {
  const answerAll = (code: number) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((index) => {
        const missing = !core.topics.log(name, index);
        return { index, errorCode: missing ? ERROR.unknownTopicOrPartition : code };
      }),
    })),
  });
  const wanted = request.topics.flatMap(({ name, partitions }) => partitions.map((index): [string, number] => [name, index]));
  if (wanted.some(([name, index]) => !core.topics.log(name, index))) return answerAll(ERROR.operationNotAttempted);
  try {
    await core.transactions.addPartitions(nameOf(request), wanted);
    return answerAll(0);
  } catch (error) {
    return answerAll(fencing(error, version >= 2));
  }
};

/** A group's offsets become part of a transaction. */
export const addOffsets: Handler<'addOffsets'> = async (core, request, { version }) => {
  try {
    await core.transactions.addOffsets(nameOf(request), []);
    return { throttleTimeMs: 0, errorCode: 0 };
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: fencing(error, version >= 2) };
  }
};

/** The offsets to be committed with the transaction. */
export const transactionOffsets: Handler<'transactionOffsets'> = async (core, request) => {
  const time = Date.now();
  let code = core.membership.mayCommit(request.groupId, request.generationId, request.memberId, request.groupInstanceId, true);
  if (code === 0) {
    try {
      await core.transactions.addOffsets(
        nameOf(request),
        request.topics.flatMap(({ name, partitions }) =>
          partitions
            .filter(({ index }) => core.topics.log(name, index))
            .map(
              ({
                index,
                offset,
                leaderEpoch,
                metadata,
              }): [string, string, number, { offset: number; leaderEpoch: number; metadata: string | null; time: number }] => [
                request.groupId,
                name,
                index,
                { offset, leaderEpoch, metadata, time },
              ],
            ),
        ),
      );
    } catch (error) {
      code = fencing(error, false);
    }
  }
  return {
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ index }) => ({
        index,
        errorCode: code === 0 && !core.topics.log(name, index) ? ERROR.unknownTopicOrPartition : code,
      })),
    })),
  };
};

/** Commit or abort. */
export const endTransaction: Handler<'endTransaction'> = async (core, request, { version }) => {
  try {
    await core.transactions.end(nameOf(request), request.committed);
    return { throttleTimeMs: 0, errorCode: 0 };
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: fencing(error, version >= 2) };
  }
};
