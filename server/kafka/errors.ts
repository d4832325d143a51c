import { KafkaUnreachable } from './port.ts';

/** A Kafka protocol error that this folder read itself: the name Kafka gives to the code, and the code. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  /** Kafka's own name, such as `OFFSET_OUT_OF_RANGE`. */
  readonly type: string;
  readonly code: number;
  constructor(code: number, what: string) {
    const type = codeNames.get(code) ?? `ERROR_${code}`;
    super(`${what}: Kafka answered ${type} (${code}).`);
    this.type = type;
    this.code = code;
  }
}

/** Error codes of the Kafka protocol that this folder must tell apart (kafka.apache.org/protocol, "Error Codes"). */
const codeNames = new Map<number, string>([
  [-1, 'UNKNOWN_SERVER_ERROR'],
  [1, 'OFFSET_OUT_OF_RANGE'],
  [2, 'CORRUPT_MESSAGE'],
  [3, 'UNKNOWN_TOPIC_OR_PARTITION'],
  [5, 'LEADER_NOT_AVAILABLE'],
  [6, 'NOT_LEADER_OR_FOLLOWER'],
  [7, 'REQUEST_TIMED_OUT'],
  [8, 'BROKER_NOT_AVAILABLE'],
  [9, 'REPLICA_NOT_AVAILABLE'],
  [10, 'MESSAGE_TOO_LARGE'],
  [13, 'NETWORK_EXCEPTION'],
  [14, 'COORDINATOR_LOAD_IN_PROGRESS'],
  [15, 'COORDINATOR_NOT_AVAILABLE'],
  [16, 'NOT_COORDINATOR'],
  [17, 'INVALID_TOPIC_EXCEPTION'],
  [18, 'RECORD_LIST_TOO_LARGE'],
  [19, 'NOT_ENOUGH_REPLICAS'],
  [20, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'],
  [22, 'ILLEGAL_GENERATION'],
  [23, 'INCONSISTENT_GROUP_PROTOCOL'],
  [24, 'INVALID_GROUP_ID'],
  [25, 'UNKNOWN_MEMBER_ID'],
  [26, 'INVALID_SESSION_TIMEOUT'],
  [27, 'REBALANCE_IN_PROGRESS'],
  [29, 'TOPIC_AUTHORIZATION_FAILED'],
  [30, 'GROUP_AUTHORIZATION_FAILED'],
  [31, 'CLUSTER_AUTHORIZATION_FAILED'],
  [35, 'UNSUPPORTED_VERSION'],
  [36, 'TOPIC_ALREADY_EXISTS'],
  [37, 'INVALID_PARTITIONS'],
  [38, 'INVALID_REPLICATION_FACTOR'],
  [40, 'INVALID_CONFIG'],
  [41, 'NOT_CONTROLLER'],
  [45, 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
  [46, 'DUPLICATE_SEQUENCE_NUMBER'],
  [47, 'INVALID_PRODUCER_EPOCH'],
  [48, 'INVALID_TXN_STATE'],
  [49, 'INVALID_PRODUCER_ID_MAPPING'],
  [50, 'INVALID_TRANSACTION_TIMEOUT'],
  [51, 'CONCURRENT_TRANSACTIONS'],
  [53, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
  [56, 'KAFKA_STORAGE_ERROR'],
  [59, 'UNKNOWN_PRODUCER_ID'],
  [68, 'NON_EMPTY_GROUP'],
  [69, 'GROUP_ID_NOT_FOUND'],
  [74, 'FENCED_LEADER_EPOCH'],
  [75, 'UNKNOWN_LEADER_EPOCH'],
  [76, 'UNSUPPORTED_COMPRESSION_TYPE'],
  [78, 'OFFSET_NOT_AVAILABLE'],
  [87, 'INVALID_RECORD'],
  [88, 'UNSTABLE_OFFSET_COMMIT'],
  [89, 'THROTTLING_QUOTA_EXCEEDED'],
  [90, 'PRODUCER_FENCED'],
]);

/** kafkajs names some codes as older Kafkas did. */
const olderNames = new Map([
  ['NOT_LEADER_FOR_PARTITION', 'NOT_LEADER_OR_FOLLOWER'],
  ['GROUP_LOAD_IN_PROGRESS', 'COORDINATOR_LOAD_IN_PROGRESS'],
  ['GROUP_COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_NOT_AVAILABLE'],
  ['NOT_COORDINATOR_FOR_GROUP', 'NOT_COORDINATOR'],
  ['UNKNOWN', 'UNKNOWN_SERVER_ERROR'],
]);

/** Answers that mean "not now": another try, after new metadata where a leader or coordinator moved, may succeed. */
const passing = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_CONTROLLER',
  'CONCURRENT_TRANSACTIONS',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'UNSTABLE_OFFSET_COMMIT',
  'THROTTLING_QUOTA_EXCEEDED',
  'UNKNOWN_SERVER_ERROR',
]);

/** Kafka's name of a protocol error, whether kafkajs or this folder made it; undefined for other errors. */
export function errorType(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { type, code, name } = error as { type?: unknown; code?: unknown; name?: unknown };
  if (typeof code === 'number' && (name === 'KafkaError' || typeof type === 'string')) {
    const known = codeNames.get(code);
    if (known !== undefined) return known;
  }
  return typeof type === 'string' ? (olderNames.get(type) ?? type) : undefined;
}

const connectionErrors = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSLockTimeout',
  'KafkaJSSASLAuthenticationError',
  'KafkaUnreachable',
]);

/** True when the broker did not answer at all: refused, closed, timed out. */
export function isConnectionError(error: unknown): boolean {
  return error instanceof Error && connectionErrors.has(error.name);
}

/** True when the same request may succeed later without anybody changing anything. */
export function isPassing(error: unknown): boolean {
  if (isConnectionError(error)) return (error as Error).name !== 'KafkaJSSASLAuthenticationError';
  const type = errorType(error);
  return type !== undefined && passing.has(type);
}

/** Answers that stay the same until somebody changes a permission, a setting or the data. */
const lasting = new Set([
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'INVALID_TRANSACTION_TIMEOUT',
  'UNSUPPORTED_VERSION',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_GROUP_ID',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_RECORD',
]);

/** True when trying again can never help: no permission, a bad setting, a bug, a record that Kafka refuses. */
export function isHopeless(error: unknown): boolean {
  const type = errorType(error);
  return type === undefined ? !isConnectionError(error) : lasting.has(type);
}

/** One sentence that names the brokers; the cause keeps the details. */
export function unreachable(brokers: readonly string[], cause: unknown): KafkaUnreachable {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new KafkaUnreachable(
    `Kafka does not answer at ${brokers.join(', ')} (${why.replace(/\.$/, '')}). Check that it runs and that KAFKA_BROKERS names it.`,
    { cause },
  );
}

/** A thrown value as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
