import { createRequire } from 'node:module';
import type { KafkaLog } from './log.ts';
import { patchIdleTimer } from './patches/idle-timer.ts';

/**
 * The one door to kafkajs. Of the library this folder uses connections (TLS, SASL, request queue) and the protocol's
 * small requests; record batches, metadata, group membership and transactions are handled here, because kafkajs's own
 * consumer and producers stall, double or lose under faults. Its inner modules are safe to name: the version is pinned.
 */
const require = createRequire(import.meta.url);

/** The version whose inside this folder knows. */
export const knownVersion = '2.2.4';

/** The version of kafkajs that is installed. */
export const installedVersion: string = (require('kafkajs/package.json') as { version: string }).version;

interface Protocol<Answer> {
  request: {
    apiKey: number;
    apiVersion: number;
    apiName: string;
    expectResponse?: () => boolean;
    encode(): Promise<{ buf: Buffer; buffer: Buffer }>;
  };
  response: { decode(raw: Buffer): Promise<unknown>; parse(data: unknown): Promise<Answer> };
  requestTimeout?: number;
}

interface TopicPartitions<Partition> {
  topic: string;
  partitions: Partition[];
}

/** One of kafkajs's two connections to a broker. */
export interface Connection {
  socket?: { destroy(error?: Error): void };
  isConnected(): boolean;
  connect(): Promise<unknown>;
}

export interface ConnectionPool {
  pool: Connection[];
  getConnection(index?: number): Promise<Connection>;
  send<Answer>(protocol: Protocol<Answer>): Promise<Answer>;
  destroy(): Promise<void>;
}

/** What this folder asks of kafkajs's Broker. Every method rejects with a protocol error that carries Kafka's `type`. */
export interface Broker {
  nodeId: number | null;
  connectionPool: ConnectionPool;
  versions: Record<number, { minVersion: number; maxVersion: number }> | null;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  isConnected(): boolean;
  lookupRequest<Parameters, Answer>(apiKey: number, definition: unknown): (parameters: Parameters) => Protocol<Answer>;
  findGroupCoordinator(q: {
    groupId: string;
    coordinatorType: number;
  }): Promise<{ coordinator: { nodeId: number; host: string; port: number } }>;
  syncGroup(q: {
    groupId: string;
    generationId: number;
    memberId: string;
    groupAssignment: { memberId: string; memberAssignment: Buffer }[];
  }): Promise<{ memberAssignment: Buffer }>;
  heartbeat(q: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  leaveGroup(q: { groupId: string; memberId: string }): Promise<unknown>;
  listOffsets(q: {
    replicaId: number;
    isolationLevel: number;
    topics: TopicPartitions<{ partition: number; timestamp: number | string }>[];
  }): Promise<{ responses: TopicPartitions<{ partition: number; offset: string; metadata: string | null; errorCode: number }>[] }>;
  offsetCommit(q: {
    groupId: string;
    groupGenerationId: number;
    memberId: string;
    topics: TopicPartitions<{ partition: number; offset: string }>[];
  }): Promise<unknown>;
  offsetFetch(q: {
    groupId: string;
    topics: TopicPartitions<{ partition: number }>[];
  }): Promise<{ responses: TopicPartitions<{ partition: number; offset: string; metadata: string | null; errorCode: number }>[] }>;
  initProducerId(q: {
    transactionalId: string | undefined;
    transactionTimeout: number;
  }): Promise<{ producerId: string; producerEpoch: number }>;
  addPartitionsToTxn(q: {
    transactionalId: string;
    producerId: string;
    producerEpoch: number;
    topics: TopicPartitions<number>[];
  }): Promise<unknown>;
  addOffsetsToTxn(q: { transactionalId: string; producerId: string; producerEpoch: number; groupId: string }): Promise<unknown>;
  txnOffsetCommit(q: {
    transactionalId: string;
    groupId: string;
    producerId: string;
    producerEpoch: number;
    topics: TopicPartitions<{ partition: number; offset: string; metadata: string }>[];
  }): Promise<unknown>;
  endTxn(q: { transactionalId: string; producerId: string; producerEpoch: number; transactionResult: boolean }): Promise<unknown>;
  createTopics(q: {
    topics: { topic: string; numPartitions: number; replicationFactor: number; configEntries: { name: string; value: string }[] }[];
    timeout: number;
  }): Promise<unknown>;
  createPartitions(q: { topicPartitions: { topic: string; count: number }[]; timeout: number }): Promise<unknown>;
  deleteTopics(q: { topics: string[]; timeout: number }): Promise<unknown>;
  describeConfigs(q: { resources: { type: number; name: string }[] }): Promise<{
    resources: { errorCode: number; errorMessage: string | null; configEntries: { configName: string; configValue: string | null }[] }[];
  }>;
  deleteGroups(groups: string[]): Promise<{ results: { groupId: string; error?: Error }[] }>;
}

interface Metadata {
  brokers: { nodeId: number; host: string; port: number; rack: string | null }[];
  controllerId: number;
  topicMetadata: {
    topicErrorCode: number;
    topic: string;
    isInternal: boolean;
    partitionMetadata: { partitionErrorCode: number; partitionId: number; leader: number }[];
  }[];
}

const Broker = require('kafkajs/src/broker/index.js') as new (options: object) => Broker;
const ConnectionPool = require('kafkajs/src/network/connectionPool.js') as new (options: object) => ConnectionPool;
const createSocketFactory = require('kafkajs/src/network/socketFactory.js') as () => unknown;
const { createLogger } = require('kafkajs/src/loggers/index.js') as {
  createLogger(options: { level: number; logCreator: () => (entry: { level: number; namespace: string; log: object }) => void }): unknown;
};
const { requests } = require('kafkajs/src/protocol/requests/index.js') as { requests: Record<string, unknown> };
const apiKeys = require('kafkajs/src/protocol/requests/apiKeys.js') as Record<string, number>;
/** kafkajs's codecs of what members tell the group leader and what it answers (Kafka's ConsumerProtocol, version 0 and 1). */
export const { MemberMetadata, MemberAssignment } = require('kafkajs/src/consumer/assignerProtocol.js') as {
  MemberMetadata: {
    encode(data: { version: number; topics: string[]; userData: Buffer }): Buffer;
    decode(bytes: Buffer): { version: number; topics: string[]; userData: Buffer | null };
  };
  MemberAssignment: {
    encode(data: { version: number; assignment: Record<string, number[]>; userData: Buffer }): Buffer;
    decode(bytes: Buffer): { assignment: Record<string, number[]> } | null;
  };
};

if (installedVersion === knownVersion) {
  patchIdleTimer(require('kafkajs/src/network/requestQueue/index.js') as { prototype: object });
}

/** kafkajs's log, one level quieter than it thinks: what it calls an error this folder usually retries. */
export function kafkajsLogger(log: KafkaLog): unknown {
  return createLogger({
    level: 1,
    logCreator:
      () =>
      ({ namespace, log: entry }) => {
        const { message, stack, timestamp, logger, ...fields } = entry as Record<string, unknown>;
        log.debug?.(`kafkajs ${namespace}: ${String(message)}`, fields);
      },
  });
}

export interface BrokerOptions {
  host: string;
  port: number;
  nodeId: number | null;
  logger: unknown;
  clientId: string;
  ssl: unknown;
  sasl: unknown;
  connectionTimeoutMs: number;
  requestTimeoutMs: number;
}

/** A broker, not connected yet. Its pool opens each connection once, however many requests ask for it at a time. */
export function createBroker(options: BrokerOptions): Broker {
  const { host, port, nodeId, logger, clientId, ssl, sasl } = options;
  const connectionPool = new ConnectionPool({
    host,
    port,
    logger,
    clientId,
    ssl,
    sasl,
    rack: null,
    socketFactory: createSocketFactory(),
    connectionTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    enforceRequestTimeout: true,
    maxInFlightRequests: null,
    instrumentationEmitter: null,
    reauthenticationThreshold: 10_000,
  });
  const opening = new Map<Connection, Promise<unknown>>();
  connectionPool.getConnection = async (index = 0) => {
    const connection = connectionPool.pool[index];
    if (!connection) throw new RangeError(`There is no connection ${index} in kafkajs's pool.`);
    if (!connection.isConnected()) {
      let pending = opening.get(connection);
      if (!pending) {
        pending = connection.connect().finally(() => opening.delete(connection));
        opening.set(connection, pending);
      }
      await pending;
    }
    return connection;
  };
  return new Broker({ connectionPool, logger, nodeId, authenticationTimeout: 10_000, allowAutoTopicCreation: false });
}

/** What JoinGroup answers: the leader alone gets members. */
export interface Joined {
  generationId: number;
  leaderId: string;
  memberId: string;
  members: { memberId: string; memberMetadata: Buffer }[];
}

/** One JoinGroup request. Rejects with `KafkaJSMemberIdRequired`, which carries `memberId`, when the id must be sent again. */
export function joinGroup(
  broker: Broker,
  request: {
    groupId: string;
    sessionTimeout: number;
    rebalanceTimeout: number;
    memberId: string;
    protocolType: string;
    groupProtocols: { name: string; metadata: Buffer }[];
  },
): Promise<Joined> {
  const make = broker.lookupRequest<typeof request, Joined>(apiKeys.JoinGroup as number, requests.JoinGroup);
  return broker.connectionPool.send(make(request));
}

/** Metadata of some topics, errors of single topics left in place (kafkajs throws them, and so loses all others). */
export async function fetchMetadata(broker: Broker, topics: readonly string[] | 'all'): Promise<Metadata> {
  const make = broker.lookupRequest<{ topics: readonly string[]; allowAutoTopicCreation: boolean }, Metadata>(
    apiKeys.Metadata as number,
    requests.Metadata,
  );
  const protocol = make({ topics: topics === 'all' ? [] : topics, allowAutoTopicCreation: false });
  const parse = async (data: unknown) => data as Metadata;
  return broker.connectionPool.send({ ...protocol, response: { decode: protocol.response.decode, parse } });
}

/**
 * Sends a request that this folder encodes itself and decodes its answer. Rejects when the broker does not know the
 * version, naming what is needed.
 */
export async function sendRaw<Answer>(
  broker: Broker,
  api: { key: number; version: number; name: string; needs: string },
  body: Buffer,
  decode: (raw: Buffer) => Answer,
): Promise<Answer> {
  const range = broker.versions?.[api.key];
  if (range && (range.maxVersion < api.version || range.minVersion > api.version)) {
    throw new Error(
      `This Kafka speaks ${api.name} ${range.minVersion} to ${range.maxVersion}; Millrace needs ${api.version} (${api.needs}).`,
    );
  }
  return broker.connectionPool.send<Answer>({
    request: { apiKey: api.key, apiVersion: api.version, apiName: api.name, encode: async () => ({ buf: body, buffer: body }) },
    response: { decode: async (raw) => decode(raw), parse: async (data) => data as Answer },
  });
}
