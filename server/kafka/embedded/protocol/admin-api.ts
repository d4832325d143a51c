import { array, bool, int8, int16, int32, nullableArray, nullableString, since, string, struct, until, uuid } from './schema.ts';

/** Requests and responses that look after topics, configurations and the broker itself. */

const ZERO_UUID = '00000000-0000-0000-0000-000000000000';

/** ApiVersions, key 18. */
export const apiVersionsRequest = struct({
  clientSoftwareName: since(3, string, ''),
  clientSoftwareVersion: since(3, string, ''),
});
/** Answer to ApiVersions. */
export const apiVersionsResponse = struct({
  errorCode: int16,
  apis: array(struct({ key: int16, min: int16, max: int16 })),
  throttleTimeMs: since(1, int32, 0),
});

/** CreateTopics, key 19. */
export const createTopicsRequest = struct({
  topics: array(
    struct({
      name: string,
      partitions: int32,
      replicationFactor: int16,
      assignments: array(struct({ partition: int32, brokers: array(int32) })),
      configs: array(struct({ name: string, value: nullableString })),
    }),
  ),
  timeoutMs: int32,
  validateOnly: since(1, bool, false),
});
/** Answer to CreateTopics. */
export const createTopicsResponse = struct({
  throttleTimeMs: since(2, int32, 0),
  topics: array(
    struct({
      name: string,
      topicId: since(7, uuid, ZERO_UUID),
      errorCode: int16,
      errorMessage: since(1, nullableString, null),
      partitions: since(5, int32, -1),
      replicationFactor: since(5, int16, -1),
      configs: since(
        5,
        nullableArray(struct({ name: string, value: nullableString, readOnly: bool, source: int8, isSensitive: bool })),
        null,
      ),
    }),
  ),
});

/** DeleteTopics, key 20. */
export const deleteTopicsRequest = struct({
  topics: since(6, array(struct({ name: nullableString, topicId: uuid })), []),
  names: until(5, array(string), []),
  timeoutMs: int32,
});
/** Answer to DeleteTopics. */
export const deleteTopicsResponse = struct({
  throttleTimeMs: since(1, int32, 0),
  topics: array(
    struct({
      name: nullableString,
      topicId: since(6, uuid, ZERO_UUID),
      errorCode: int16,
      errorMessage: since(5, nullableString, null),
    }),
  ),
});

/** CreatePartitions, key 37. */
export const createPartitionsRequest = struct({
  topics: array(struct({ name: string, count: int32, assignments: nullableArray(struct({ brokers: array(int32) })) })),
  timeoutMs: int32,
  validateOnly: bool,
});
/** Answer to CreatePartitions. */
export const createPartitionsResponse = struct({
  throttleTimeMs: int32,
  results: array(struct({ name: string, errorCode: int16, errorMessage: nullableString })),
});

/** DescribeConfigs, key 32. */
export const describeConfigsRequest = struct({
  resources: array(struct({ type: int8, name: string, keys: nullableArray(string) })),
  includeSynonyms: since(1, bool, false),
  includeDocumentation: since(3, bool, false),
});
/** Answer to DescribeConfigs. */
export const describeConfigsResponse = struct({
  throttleTimeMs: int32,
  results: array(
    struct({
      errorCode: int16,
      errorMessage: nullableString,
      type: int8,
      name: string,
      configs: array(
        struct({
          name: string,
          value: nullableString,
          readOnly: bool,
          isDefault: until(0, bool, false),
          source: since(1, int8, -1),
          isSensitive: bool,
          synonyms: since(1, array(struct({ name: string, value: nullableString, source: int8 })), []),
          valueType: since(3, int8, 0),
          documentation: since(3, nullableString, null),
        }),
      ),
    }),
  ),
});

/** AlterConfigs, key 33: replaces all overrides. */
export const alterConfigsRequest = struct({
  resources: array(struct({ type: int8, name: string, configs: array(struct({ name: string, value: nullableString })) })),
  validateOnly: bool,
});
/** IncrementalAlterConfigs, key 44: changes single overrides. */
export const incrementalAlterRequest = struct({
  resources: array(struct({ type: int8, name: string, configs: array(struct({ name: string, operation: int8, value: nullableString })) })),
  validateOnly: bool,
});
/** Answer to AlterConfigs and IncrementalAlterConfigs. */
export const alterConfigsResponse = struct({
  throttleTimeMs: int32,
  results: array(struct({ errorCode: int16, errorMessage: nullableString, type: int8, name: string })),
});

/** DescribeCluster, key 60. */
export const describeClusterRequest = struct({
  includeAuthorizedOperations: bool,
  endpointType: since(1, int8, 1),
});
/** Answer to DescribeCluster. */
export const describeClusterResponse = struct({
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: nullableString,
  endpointType: since(1, int8, 1),
  clusterId: string,
  controllerId: int32,
  brokers: array(struct({ nodeId: int32, host: string, port: int32, rack: nullableString })),
  authorizedOperations: int32,
});
