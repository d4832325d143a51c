import { pauseFor } from './clock.ts';
import { asError, errorType, isConnectionError, isPassing, KafkaError, unreachable } from './errors.ts';
import { type Broker, createBroker, fetchMetadata, kafkajsLogger } from './kafkajs.ts';
import type { KafkaLog } from './log.ts';
import type { KafkaSettings } from './port.ts';

/** Coordinator of a consumer group or of a transactional id. */
export type CoordinatorKind = 'group' | 'transaction';

/** Connections to the brokers of one cluster, with what is known of leaders and coordinators. Opens nothing by itself. */
export interface Net {
  readonly settings: KafkaSettings;
  /** Any broker that answers. Rejects with KafkaUnreachable when none does. */
  any(): Promise<Broker>;
  /** Resolves when a broker answers a request. */
  ping(): Promise<void>;
  /** The broker of that id, connected. */
  broker(id: number): Promise<Broker>;
  /** The broker to which changes of topics go. */
  controller(): Promise<Broker>;
  /** Leaders by partition, -1 where there is none now; undefined for a topic that does not exist. Kept for some minutes. */
  leaders(topic: string, fresh?: boolean): Promise<readonly number[] | undefined>;
  /** Every topic with its partition count; internal ones are left out. */
  topics(): Promise<{ name: string; partitions: number }[]>;
  coordinator(kind: CoordinatorKind, id: string): Promise<Broker>;
  /** After an error of a request: what may be stale is asked again, a broken connection is dropped. */
  suspect(error: unknown, about: { broker?: Broker; topic?: string; kind?: CoordinatorKind; id?: string }): void;
  /** Waits for pending requests, then closes. */
  close(): Promise<void>;
  /** Closes at once; pending requests fail. */
  cut(): void;
}

const leadersKeptMs = 300_000;
const connectionTimeoutMs = 5_000;

/** Makes the connections of one user (a consumer, a producer ...). `requestTimeoutMs`: a broker silent for longer is taken for gone. */
export function openNet(settings: KafkaSettings, log: KafkaLog, requestTimeoutMs = 10_000): Net {
  const logger = kafkajsLogger(log);
  const addresses = new Map<number, { host: string; port: number }>();
  const brokers = new Map<number, Broker>();
  const ready = new WeakSet<Broker>();
  let seed: Broker | undefined;
  let seedIndex = Math.floor(Math.random() * settings.brokers.length);
  let controllerId = -1;
  let closed = false;
  const known = new Map<string, { leaders: readonly number[]; until: number }>();
  const coordinators = new Map<string, number>();
  const ssl = settings.ssl === true ? {} : settings.ssl || undefined;

  function make(host: string, port: number, nodeId: number | null): Broker {
    // kafkajs writes a function onto what it is given; the settings must stay plain data.
    const sasl = settings.sasl && { ...settings.sasl };
    const options = { host, port, nodeId, logger, clientId: settings.clientId, ssl, sasl };
    return createBroker({ ...options, connectionTimeoutMs, requestTimeoutMs });
  }

  async function connected(broker: Broker): Promise<Broker> {
    if (closed) throw unreachable(settings.brokers, new Error('this client is closed'));
    // An open socket is not enough: the versions must have been asked, which kafkajs does under its lock.
    if (!ready.has(broker) || !broker.isConnected()) {
      await broker.connect();
      // Another caller's failed connect may leave an open socket behind, which kafkajs then takes for connected.
      if (broker.versions === null) throw new KafkaError(13, 'The connection to a broker was lost while it was opened');
      ready.add(broker);
    }
    return broker;
  }

  function destroy(broker: Broker): void {
    for (const connection of broker.connectionPool.pool) connection.socket?.destroy(new Error('connection dropped'));
  }

  function drop(broker: Broker): void {
    if (broker === seed) seed = undefined;
    for (const [id, other] of brokers) if (other === broker) brokers.delete(id);
    destroy(broker);
  }

  async function any(): Promise<Broker> {
    let reason: unknown = new Error('no broker is named');
    for (const broker of [...brokers.values(), ...(seed ? [seed] : [])]) if (broker.isConnected()) return connected(broker);
    if (seed) drop(seed);
    for (let tries = 0; tries < settings.brokers.length && !closed; tries++) {
      const { host, port } = hostAndPort(settings.brokers[seedIndex++ % settings.brokers.length] ?? '');
      const broker = make(host, port, null);
      try {
        await connected(broker);
        seed = broker;
        return broker;
      } catch (error) {
        reason = error;
        destroy(broker);
      }
    }
    for (const id of addresses.keys()) {
      try {
        return await brokerOf(id);
      } catch (error) {
        reason = error;
      }
    }
    throw unreachable(settings.brokers, reason);
  }

  async function metadata(topics: readonly string[] | 'all') {
    const broker = await any();
    try {
      const answer = await fetchMetadata(broker, topics);
      for (const { nodeId, host, port } of answer.brokers) {
        const before = addresses.get(nodeId);
        if (before && (before.host !== host || before.port !== port)) {
          const old = brokers.get(nodeId);
          if (old) drop(old);
        }
        addresses.set(nodeId, { host, port });
      }
      controllerId = answer.controllerId;
      return answer;
    } catch (error) {
      if (isConnectionError(error)) drop(broker);
      throw error;
    }
  }

  async function brokerOf(id: number): Promise<Broker> {
    let broker = brokers.get(id);
    if (!broker) {
      if (!addresses.has(id)) await metadata([]);
      const address = addresses.get(id);
      if (!address) throw new KafkaError(8, `Broker ${id} is not in the cluster`);
      broker = brokers.get(id) ?? make(address.host, address.port, id);
      brokers.set(id, broker);
    }
    try {
      return await connected(broker);
    } catch (error) {
      drop(broker);
      throw error;
    }
  }

  async function leaders(topic: string, fresh = false): Promise<readonly number[] | undefined> {
    const entry = known.get(topic);
    if (entry && !fresh && entry.until > Date.now()) return entry.leaders;
    const answer = await metadata([topic]);
    const found = answer.topicMetadata.find((one) => one.topic === topic);
    if (!found || found.topicErrorCode === 3) {
      known.delete(topic);
      return undefined;
    }
    if (found.topicErrorCode !== 0 && found.partitionMetadata.length === 0) throw new KafkaError(found.topicErrorCode, `Topic "${topic}"`);
    const list: number[] = [];
    for (const { partitionId, leader } of found.partitionMetadata) list[partitionId] = leader;
    known.set(topic, { leaders: list, until: Date.now() + leadersKeptMs });
    return list;
  }

  async function coordinator(kind: CoordinatorKind, id: string): Promise<Broker> {
    const key = `${kind}/${id}`;
    const kept = coordinators.get(key);
    if (kept !== undefined) return brokerOf(kept);
    const broker = await any();
    try {
      const { coordinator: found } = await broker.findGroupCoordinator({ groupId: id, coordinatorType: kind === 'group' ? 0 : 1 });
      addresses.set(found.nodeId, { host: found.host, port: found.port });
      coordinators.set(key, found.nodeId);
      return await brokerOf(found.nodeId);
    } catch (error) {
      if (isConnectionError(error)) drop(broker);
      throw error;
    }
  }

  return {
    settings,
    any,
    async ping() {
      await metadata([]);
    },
    broker: brokerOf,
    async controller() {
      await metadata([]);
      return controllerId >= 0 ? brokerOf(controllerId) : any();
    },
    leaders,
    async topics() {
      const { topicMetadata } = await metadata('all');
      return topicMetadata
        .filter(({ isInternal, topicErrorCode }) => !isInternal && topicErrorCode !== 3)
        .map(({ topic, partitionMetadata }) => ({ name: topic, partitions: partitionMetadata.length }));
    },
    coordinator,
    suspect(error, { broker, topic, kind, id }) {
      if (broker && isConnectionError(error)) drop(broker);
      if (isPassing(error) && topic !== undefined) known.delete(topic);
      if (kind && id !== undefined && isPassing(error) && errorType(error) !== 'CONCURRENT_TRANSACTIONS')
        coordinators.delete(`${kind}/${id}`);
    },
    async close() {
      closed = true;
      const all = [...brokers.values(), ...(seed ? [seed] : [])];
      await Promise.all(
        all.map((broker) => broker.disconnect().catch((error) => log.debug?.('kafka: closing a connection failed', { error }))),
      );
    },
    cut() {
      closed = true;
      for (const broker of [...brokers.values(), ...(seed ? [seed] : [])]) destroy(broker);
    },
  };
}

/** `host:port`, with `[::1]:9092` for IPv6; port 9092 when there is none. */
function hostAndPort(address: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(address.trim());
  return { host: match?.[1] ?? match?.[2] ?? address, port: Number(match?.[3] ?? 9092) };
}

/** Leader of a partition; rejects with a passing error while there is none, and when the topic is missing. */
export async function leaderOf(net: Net, topic: string, partition: number): Promise<Broker> {
  const list = await net.leaders(topic);
  if (!list) throw new KafkaError(3, `Topic "${topic}" does not exist`);
  const leader = list[partition];
  if (leader === undefined || leader < 0) {
    const again = (await net.leaders(topic, true))?.[partition];
    if (again === undefined) throw new KafkaError(3, `Partition ${topic}/${partition} does not exist`);
    if (again < 0) throw new KafkaError(5, `Partition ${topic}/${partition} has no leader now`);
    return net.broker(again);
  }
  return net.broker(leader);
}

/** Repeats a request while its error is passing, for at most `forMs`; then the last error. */
export async function persist<Result>(
  forMs: number,
  ask: () => Promise<Result>,
  options: { signal?: AbortSignal | undefined; onError?: (error: Error) => void; firstWaitMs?: number } = {},
): Promise<Result> {
  const until = Date.now() + forMs;
  let wait = options.firstWaitMs ?? 50;
  for (;;) {
    try {
      return await ask();
    } catch (thrown) {
      const error = asError(thrown);
      options.onError?.(error);
      if (!isPassing(error) || Date.now() + wait > until || options.signal?.aborted) throw error;
      await pauseFor(wait * (0.75 + Math.random() * 0.5), options.signal);
      wait = Math.min(wait * 2, 1_000);
    }
  }
}
