import * as admin from './admin-api.ts';
import * as group from './group-api.ts';
import * as data from './records-api.ts';
import type { Type } from './schema.ts';
import * as transaction from './transaction-api.ts';

/** One request type of the protocol, as this broker speaks it. */
export interface Api<Request, Response> {
  key: number;
  name: string;
  /** Versions advertised, both inclusive. */
  min: number;
  max: number;
  /** First version with the flexible encoding. */
  flexible: number;
  request: Type<Request>;
  response: Type<Response>;
}

function api<Request, Response>(
  name: string,
  key: number,
  versions: { min: number; max: number; flexible: number },
  request: Type<Request>,
  response: Type<Response>,
): Api<Request, Response> {
  return { key, name, ...versions, request, response };
}

const NEVER = 32_767;

/**
 * All requests this broker answers.
 * Produce is advertised from 0 on although 0 to 2 are refused: told a higher minimum, librdkafka silently stops compressing (KAFKA-18659).
 */
export const API = {
  produce: api('Produce', 0, { min: 0, max: 11, flexible: 9 }, data.produceRequest, data.produceResponse),
  fetch: api('Fetch', 1, { min: 4, max: 17, flexible: 12 }, data.fetchRequest, data.fetchResponse),
  listOffsets: api('ListOffsets', 2, { min: 1, max: 7, flexible: 6 }, data.listOffsetsRequest, data.listOffsetsResponse),
  metadata: api('Metadata', 3, { min: 0, max: 12, flexible: 9 }, data.metadataRequest, data.metadataResponse),
  offsetCommit: api('OffsetCommit', 8, { min: 2, max: 9, flexible: 8 }, group.offsetCommitRequest, group.offsetCommitResponse),
  offsetFetch: api('OffsetFetch', 9, { min: 1, max: 8, flexible: 6 }, group.offsetFetchRequest, group.offsetFetchResponse),
  findCoordinator: api('FindCoordinator', 10, { min: 0, max: 4, flexible: 3 }, group.findCoordinatorRequest, group.findCoordinatorResponse),
  joinGroup: api('JoinGroup', 11, { min: 0, max: 9, flexible: 6 }, group.joinGroupRequest, group.joinGroupResponse),
  heartbeat: api('Heartbeat', 12, { min: 0, max: 4, flexible: 4 }, group.heartbeatRequest, group.heartbeatResponse),
  leaveGroup: api('LeaveGroup', 13, { min: 0, max: 5, flexible: 4 }, group.leaveGroupRequest, group.leaveGroupResponse),
  syncGroup: api('SyncGroup', 14, { min: 0, max: 5, flexible: 4 }, group.syncGroupRequest, group.syncGroupResponse),
  describeGroups: api('DescribeGroups', 15, { min: 0, max: 5, flexible: 5 }, group.describeGroupsRequest, group.describeGroupsResponse),
  listGroups: api('ListGroups', 16, { min: 0, max: 4, flexible: 3 }, group.listGroupsRequest, group.listGroupsResponse),
  apiVersions: api('ApiVersions', 18, { min: 0, max: 3, flexible: 3 }, admin.apiVersionsRequest, admin.apiVersionsResponse),
  createTopics: api('CreateTopics', 19, { min: 0, max: 7, flexible: 5 }, admin.createTopicsRequest, admin.createTopicsResponse),
  deleteTopics: api('DeleteTopics', 20, { min: 0, max: 6, flexible: 4 }, admin.deleteTopicsRequest, admin.deleteTopicsResponse),
  deleteRecords: api('DeleteRecords', 21, { min: 0, max: 2, flexible: 2 }, data.deleteRecordsRequest, data.deleteRecordsResponse),
  initProducerId: api(
    'InitProducerId',
    22,
    { min: 0, max: 4, flexible: 2 },
    transaction.initProducerIdRequest,
    transaction.initProducerIdResponse,
  ),
  leaderEpoch: api('OffsetForLeaderEpoch', 23, { min: 0, max: 4, flexible: 4 }, data.leaderEpochRequest, data.leaderEpochResponse),
  addPartitions: api(
    'AddPartitionsToTxn',
    24,
    { min: 0, max: 3, flexible: 3 },
    transaction.addPartitionsRequest,
    transaction.partitionErrorsResponse,
  ),
  addOffsets: api('AddOffsetsToTxn', 25, { min: 0, max: 3, flexible: 3 }, transaction.addOffsetsRequest, transaction.errorResponse),
  endTransaction: api('EndTxn', 26, { min: 0, max: 3, flexible: 3 }, transaction.endTransactionRequest, transaction.errorResponse),
  transactionOffsets: api(
    'TxnOffsetCommit',
    28,
    { min: 0, max: 3, flexible: 3 },
    transaction.transactionOffsetsRequest,
    transaction.partitionErrorsResponse,
  ),
  describeConfigs: api('DescribeConfigs', 32, { min: 0, max: 4, flexible: 4 }, admin.describeConfigsRequest, admin.describeConfigsResponse),
  alterConfigs: api('AlterConfigs', 33, { min: 0, max: 2, flexible: 2 }, admin.alterConfigsRequest, admin.alterConfigsResponse),
  createPartitions: api(
    'CreatePartitions',
    37,
    { min: 0, max: 3, flexible: 2 },
    admin.createPartitionsRequest,
    admin.createPartitionsResponse,
  ),
  deleteGroups: api('DeleteGroups', 42, { min: 0, max: 2, flexible: 2 }, group.deleteGroupsRequest, group.deleteGroupsResponse),
  incrementalAlter: api(
    'IncrementalAlterConfigs',
    44,
    { min: 0, max: 1, flexible: 1 },
    admin.incrementalAlterRequest,
    admin.alterConfigsResponse,
  ),
  offsetDelete: api('OffsetDelete', 47, { min: 0, max: 0, flexible: NEVER }, group.offsetDeleteRequest, group.offsetDeleteResponse),
  describeCluster: api('DescribeCluster', 60, { min: 0, max: 1, flexible: 0 }, admin.describeClusterRequest, admin.describeClusterResponse),
} as const;

/** The name under which a request stands in `API`. */
export type ApiName = keyof typeof API;
/** What a request carries. */
export type RequestOf<N extends ApiName> = (typeof API)[N] extends Api<infer Q, infer _> ? Q : never;
/** What its answer carries. */
export type ResponseOf<N extends ApiName> = (typeof API)[N] extends Api<infer _, infer R> ? R : never;
