import { type Core, type Handler, NODE_ID } from '../core.ts';
import { LEADER_EPOCH } from '../log.ts';
import { API, type ResponseOf } from '../protocol/apis.ts';
import { ERROR } from '../protocol/errors.ts';
import type { Topic } from '../topics.ts';

const ZERO_UUID = '00000000-0000-0000-0000-000000000000';
/** "Not asked for": this broker keeps no access rights. */
const NO_OPERATIONS = -2_147_483_648;

/** Which requests and versions are spoken. */
export const apiVersions: Handler<'apiVersions'> = () => ({
  errorCode: 0,
  apis: Object.values(API).map(({ key, min, max }) => ({ key, min, max })),
  throttleTimeMs: 0,
});

type TopicAnswer = ResponseOf<'metadata'>['topics'][number];

function describe(topic: Topic): TopicAnswer {
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.id,
    isInternal: false,
    partitions: topic.logs.map((_, index) => ({
      errorCode: 0,
      index,
      leaderId: NODE_ID,
      leaderEpoch: LEADER_EPOCH,
      replicas: [NODE_ID],
      isr: [NODE_ID],
      offlineReplicas: [],
    })),
    authorizedOperations: NO_OPERATIONS,
  };
}

function find(core: Core, name: string | null, topicId: string): TopicAnswer {
  const topic = name !== null ? core.topics.get(name) : core.topics.byId(topicId);
  if (topic) return describe(topic);
  const errorCode = name !== null ? ERROR.unknownTopicOrPartition : ERROR.unknownTopicId;
  return {
    errorCode,
    name: name ?? '',
    topicId: name !== null ? ZERO_UUID : topicId,
    isInternal: false,
    partitions: [],
    authorizedOperations: NO_OPERATIONS,
  };
}

function self(core: Core): { nodeId: number; host: string; port: number; rack: null } {
  return { nodeId: NODE_ID, ...core.address, rack: null };
}

/** Brokers and topics. Asking for a topic never makes one. */
export const metadata: Handler<'metadata'> = (core, request, { version }) => {
  const all = request.topics === null || (version === 0 && request.topics.length === 0);
  return {
    throttleTimeMs: 0,
    brokers: [self(core)],
    clusterId: core.topics.clusterId,
    controllerId: NODE_ID,
    topics: all ? core.topics.all().map(describe) : (request.topics ?? []).map(({ name, topicId }) => find(core, name, topicId)),
    clusterAuthorizedOperations: NO_OPERATIONS,
  };
};

/** The cluster of one. */
export const describeCluster: Handler<'describeCluster'> = (core) => ({
  throttleTimeMs: 0,
  errorCode: 0,
  errorMessage: null,
  endpointType: 1,
  clusterId: core.topics.clusterId,
  controllerId: NODE_ID,
  brokers: [self(core)],
  authorizedOperations: NO_OPERATIONS,
});

/** Always this broker. */
export const findCoordinator: Handler<'findCoordinator'> = (core, request) => {
  const here = { nodeId: NODE_ID, ...core.address, errorCode: 0, errorMessage: null };
  return { throttleTimeMs: 0, ...here, coordinators: request.keys.map((key) => ({ key, ...here })) };
};
