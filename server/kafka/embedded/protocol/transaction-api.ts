import { array, bool, int16, int32, int64, nullableString, since, string, struct } from './schema.ts';

/** Requests and responses of idempotent and transactional producers. */

/** InitProducerId, key 22. */
export const initProducerIdRequest = struct({
  transactionalId: nullableString,
  transactionTimeoutMs: int32,
  producerId: since(3, int64, -1),
  producerEpoch: since(3, int16, -1),
});
/** Answer to InitProducerId. */
export const initProducerIdResponse = struct({
  throttleTimeMs: int32,
  errorCode: int16,
  producerId: int64,
  producerEpoch: int16,
});

const topicPartitions = array(struct({ name: string, partitions: array(int32) }));

/** AddPartitionsToTxn, key 24. */
export const addPartitionsRequest = struct({
  transactionalId: string,
  producerId: int64,
  producerEpoch: int16,
  topics: topicPartitions,
});
/** Answer to AddPartitionsToTxn and to TxnOffsetCommit. */
export const partitionErrorsResponse = struct({
  throttleTimeMs: int32,
  topics: array(struct({ name: string, partitions: array(struct({ index: int32, errorCode: int16 })) })),
});

/** AddOffsetsToTxn, key 25. */
export const addOffsetsRequest = struct({ transactionalId: string, producerId: int64, producerEpoch: int16, groupId: string });
/** Answer to AddOffsetsToTxn and to EndTxn. */
export const errorResponse = struct({ throttleTimeMs: int32, errorCode: int16 });

/** EndTxn, key 26. */
export const endTransactionRequest = struct({ transactionalId: string, producerId: int64, producerEpoch: int16, committed: bool });

/** TxnOffsetCommit, key 28. */
export const transactionOffsetsRequest = struct({
  transactionalId: string,
  groupId: string,
  producerId: int64,
  producerEpoch: int16,
  generationId: since(3, int32, -1),
  memberId: since(3, string, ''),
  groupInstanceId: since(3, nullableString, null),
  topics: array(
    struct({
      name: string,
      partitions: array(struct({ index: int32, offset: int64, leaderEpoch: since(2, int32, -1), metadata: nullableString })),
    }),
  ),
});
