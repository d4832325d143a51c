import {
  array,
  between,
  bool,
  int8,
  int16,
  int32,
  int64,
  nullableArray,
  nullableString,
  records,
  since,
  string,
  struct,
  until,
  uuid,
} from './schema.ts';

/** Requests and responses that move records: Produce, Fetch, ListOffsets, OffsetForLeaderEpoch, DeleteRecords. */

const ZERO_UUID = '00000000-0000-0000-0000-000000000000';

/** Produce, key 0. */
export const produceRequest = struct({
  transactionalId: since(3, nullableString, null),
  acks: int16,
  timeoutMs: int32,
  topics: array(struct({ name: string, partitions: array(struct({ index: int32, records })) })),
});
/** Answer to Produce. */
export const produceResponse = struct({
  topics: array(
    struct({
      name: string,
      partitions: array(
        struct({
          index: int32,
          errorCode: int16,
          baseOffset: int64,
          logAppendTimeMs: since(2, int64, -1),
          logStartOffset: since(5, int64, -1),
          recordErrors: since(8, array(struct({ batchIndex: int32, message: nullableString })), []),
          errorMessage: since(8, nullableString, null),
        }),
      ),
    }),
  ),
  throttleTimeMs: since(1, int32, 0),
});

/** Fetch, key 1. */
export const fetchRequest = struct({
  replicaId: until(14, int32, -1),
  maxWaitMs: int32,
  minBytes: int32,
  maxBytes: since(3, int32, 0x7fffffff),
  isolationLevel: since(4, int8, 0),
  sessionId: since(7, int32, 0),
  sessionEpoch: since(7, int32, -1),
  topics: array(
    struct({
      name: until(12, string, ''),
      topicId: since(13, uuid, ZERO_UUID),
      partitions: array(
        struct({
          index: int32,
          currentLeaderEpoch: since(9, int32, -1),
          fetchOffset: int64,
          lastFetchedEpoch: since(12, int32, -1),
          logStartOffset: since(5, int64, -1),
          maxBytes: int32,
        }),
      ),
    }),
  ),
  forgottenTopics: since(
    7,
    array(struct({ name: until(12, string, ''), topicId: since(13, uuid, ZERO_UUID), partitions: array(int32) })),
    [],
  ),
  rackId: since(11, string, ''),
});
/** Answer to Fetch. */
export const fetchResponse = struct({
  throttleTimeMs: since(1, int32, 0),
  errorCode: since(7, int16, 0),
  sessionId: since(7, int32, 0),
  topics: array(
    struct({
      name: until(12, string, ''),
      topicId: since(13, uuid, ZERO_UUID),
      partitions: array(
        struct({
          index: int32,
          errorCode: int16,
          highWatermark: int64,
          lastStableOffset: since(4, int64, -1),
          logStartOffset: since(5, int64, -1),
          abortedTransactions: since(4, nullableArray(struct({ producerId: int64, firstOffset: int64 })), null),
          preferredReadReplica: since(11, int32, -1),
          records,
        }),
      ),
    }),
  ),
});

/** ListOffsets, key 2. */
export const listOffsetsRequest = struct({
  replicaId: int32,
  isolationLevel: since(2, int8, 0),
  topics: array(
    struct({
      name: string,
      partitions: array(struct({ index: int32, currentLeaderEpoch: since(4, int32, -1), timestamp: int64 })),
    }),
  ),
});
/** Answer to ListOffsets. */
export const listOffsetsResponse = struct({
  throttleTimeMs: since(2, int32, 0),
  topics: array(
    struct({
      name: string,
      partitions: array(struct({ index: int32, errorCode: int16, timestamp: int64, offset: int64, leaderEpoch: since(4, int32, -1) })),
    }),
  ),
});

/** OffsetForLeaderEpoch, key 23. */
export const leaderEpochRequest = struct({
  replicaId: since(3, int32, -2),
  topics: array(
    struct({
      name: string,
      partitions: array(struct({ index: int32, currentLeaderEpoch: since(2, int32, -1), leaderEpoch: int32 })),
    }),
  ),
});
/** Answer to OffsetForLeaderEpoch. */
export const leaderEpochResponse = struct({
  throttleTimeMs: since(2, int32, 0),
  topics: array(
    struct({
      name: string,
      partitions: array(struct({ errorCode: int16, index: int32, leaderEpoch: since(1, int32, -1), endOffset: int64 })),
    }),
  ),
});

/** DeleteRecords, key 21. */
export const deleteRecordsRequest = struct({
  topics: array(struct({ name: string, partitions: array(struct({ index: int32, offset: int64 })) })),
  timeoutMs: int32,
});
/** Answer to DeleteRecords. */
export const deleteRecordsResponse = struct({
  throttleTimeMs: int32,
  topics: array(struct({ name: string, partitions: array(struct({ index: int32, lowWatermark: int64, errorCode: int16 })) })),
});

/** Metadata, key 3. */
export const metadataRequest = struct({
  topics: nullableArray(struct({ topicId: since(10, uuid, ZERO_UUID), name: metadataName() })),
  allowAutoTopicCreation: since(4, bool, true),
  includeClusterAuthorizedOperations: between(8, 10, bool, false),
  includeTopicAuthorizedOperations: since(8, bool, false),
});
/** Answer to Metadata. */
export const metadataResponse = struct({
  throttleTimeMs: since(3, int32, 0),
  brokers: array(struct({ nodeId: int32, host: string, port: int32, rack: since(1, nullableString, null) })),
  clusterId: since(2, nullableString, null),
  controllerId: since(1, int32, -1),
  topics: array(
    struct({
      errorCode: int16,
      name: metadataName(),
      topicId: since(10, uuid, ZERO_UUID),
      isInternal: since(1, bool, false),
      partitions: array(
        struct({
          errorCode: int16,
          index: int32,
          leaderId: int32,
          leaderEpoch: since(7, int32, -1),
          replicas: array(int32),
          isr: array(int32),
          offlineReplicas: since(5, array(int32), []),
        }),
      ),
      authorizedOperations: since(8, int32, -2147483648),
    }),
  ),
  clusterAuthorizedOperations: between(8, 10, int32, -2147483648),
});

/** A topic's name, which may be null from the version that knows topic ids. */
function metadataName(): typeof nullableString {
  return nullableString;
}
