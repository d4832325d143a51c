import {
  array,
  between,
  bool,
  bytes,
  int8,
  int16,
  int32,
  int64,
  nullableArray,
  nullableString,
  since,
  string,
  struct,
  until,
} from './schema.ts';

/** Requests and responses of consumer groups and their offsets. */

/** FindCoordinator, key 10. */
export const findCoordinatorRequest = struct({
  key: until(3, string, ''),
  keyType: since(1, int8, 0),
  keys: since(4, array(string), []),
});
/** Answer to FindCoordinator. */
export const findCoordinatorResponse = struct({
  throttleTimeMs: since(1, int32, 0),
  errorCode: until(3, int16, 0),
  errorMessage: between(1, 3, nullableString, null),
  nodeId: until(3, int32, 0),
  host: until(3, string, ''),
  port: until(3, int32, 0),
  coordinators: since(
    4,
    array(struct({ key: string, nodeId: int32, host: string, port: int32, errorCode: int16, errorMessage: nullableString })),
    [],
  ),
});

/** JoinGroup, key 11. */
export const joinGroupRequest = struct({
  groupId: string,
  sessionTimeoutMs: int32,
  rebalanceTimeoutMs: since(1, int32, -1),
  memberId: string,
  groupInstanceId: since(5, nullableString, null),
  protocolType: string,
  protocols: array(struct({ name: string, metadata: bytes })),
  reason: since(8, nullableString, null),
});
/** Answer to JoinGroup. Null names are allowed from version 7 on; before, an empty name stands for none. */
export const joinGroupResponse = struct({
  throttleTimeMs: since(2, int32, 0),
  errorCode: int16,
  generationId: int32,
  protocolType: since(7, nullableString, null),
  protocolName: nullableString,
  leader: string,
  skipAssignment: since(9, bool, false),
  memberId: string,
  members: array(struct({ memberId: string, groupInstanceId: since(5, nullableString, null), metadata: bytes })),
});

/** SyncGroup, key 14. */
export const syncGroupRequest = struct({
  groupId: string,
  generationId: int32,
  memberId: string,
  groupInstanceId: since(3, nullableString, null),
  protocolType: since(5, nullableString, null),
  protocolName: since(5, nullableString, null),
  assignments: array(struct({ memberId: string, assignment: bytes })),
});
/** Answer to SyncGroup. */
export const syncGroupResponse = struct({
  throttleTimeMs: since(1, int32, 0),
  errorCode: int16,
  protocolType: since(5, nullableString, null),
  protocolName: since(5, nullableString, null),
  assignment: bytes,
});

/** Heartbeat, key 12. */
export const heartbeatRequest = struct({
  groupId: string,
  generationId: int32,
  memberId: string,
  groupInstanceId: since(3, nullableString, null),
});
/** Answer to Heartbeat. */
export const heartbeatResponse = struct({ throttleTimeMs: since(1, int32, 0), errorCode: int16 });

/** LeaveGroup, key 13. */
export const leaveGroupRequest = struct({
  groupId: string,
  memberId: until(2, string, ''),
  members: since(3, array(struct({ memberId: string, groupInstanceId: nullableString, reason: since(5, nullableString, null) })), []),
});
/** Answer to LeaveGroup. */
export const leaveGroupResponse = struct({
  throttleTimeMs: since(1, int32, 0),
  errorCode: int16,
  members: since(3, array(struct({ memberId: string, groupInstanceId: nullableString, errorCode: int16 })), []),
});

/** OffsetCommit, key 8. */
export const offsetCommitRequest = struct({
  groupId: string,
  generationId: since(1, int32, -1),
  memberId: since(1, string, ''),
  groupInstanceId: since(7, nullableString, null),
  retentionTimeMs: between(2, 4, int64, -1),
  topics: array(
    struct({
      name: string,
      partitions: array(struct({ index: int32, offset: int64, leaderEpoch: since(6, int32, -1), metadata: nullableString })),
    }),
  ),
});
/** Answer to OffsetCommit. */
export const offsetCommitResponse = struct({
  throttleTimeMs: since(3, int32, 0),
  topics: array(struct({ name: string, partitions: array(struct({ index: int32, errorCode: int16 })) })),
});

const wantedTopics = nullableArray(struct({ name: string, partitions: array(int32) }));
const foundTopics = array(
  struct({
    name: string,
    partitions: array(
      struct({ index: int32, offset: int64, leaderEpoch: since(5, int32, -1), metadata: nullableString, errorCode: int16 }),
    ),
  }),
);

/** OffsetFetch, key 9. */
export const offsetFetchRequest = struct({
  groupId: until(7, string, ''),
  topics: until(7, wantedTopics, []),
  groups: since(8, array(struct({ groupId: string, topics: wantedTopics })), []),
  requireStable: since(7, bool, false),
});
/** Answer to OffsetFetch. */
export const offsetFetchResponse = struct({
  throttleTimeMs: since(3, int32, 0),
  topics: until(7, foundTopics, []),
  errorCode: between(2, 7, int16, 0),
  groups: since(8, array(struct({ groupId: string, topics: foundTopics, errorCode: int16 })), []),
});

/** DescribeGroups, key 15. */
export const describeGroupsRequest = struct({
  groups: array(string),
  includeAuthorizedOperations: since(3, bool, false),
});
/** Answer to DescribeGroups. */
export const describeGroupsResponse = struct({
  throttleTimeMs: since(1, int32, 0),
  groups: array(
    struct({
      errorCode: int16,
      groupId: string,
      state: string,
      protocolType: string,
      protocol: string,
      members: array(
        struct({
          memberId: string,
          groupInstanceId: since(4, nullableString, null),
          clientId: string,
          clientHost: string,
          metadata: bytes,
          assignment: bytes,
        }),
      ),
      authorizedOperations: since(3, int32, -2147483648),
    }),
  ),
});

/** ListGroups, key 16. */
export const listGroupsRequest = struct({ states: since(4, array(string), []) });
/** Answer to ListGroups. */
export const listGroupsResponse = struct({
  throttleTimeMs: since(1, int32, 0),
  errorCode: int16,
  groups: array(struct({ groupId: string, protocolType: string, state: since(4, string, '') })),
});

/** DeleteGroups, key 42. */
export const deleteGroupsRequest = struct({ groups: array(string) });
/** Answer to DeleteGroups. */
export const deleteGroupsResponse = struct({
  throttleTimeMs: int32,
  results: array(struct({ groupId: string, errorCode: int16 })),
});

/** OffsetDelete, key 47. */
export const offsetDeleteRequest = struct({
  groupId: string,
  topics: array(struct({ name: string, partitions: array(struct({ index: int32 })) })),
});
/** Answer to OffsetDelete. */
export const offsetDeleteResponse = struct({
  errorCode: int16,
  throttleTimeMs: int32,
  topics: array(struct({ name: string, partitions: array(struct({ index: int32, errorCode: int16 })) })),
});
