import { spawnEmbeddedBroker } from '#server/kafka/embedded/spawn.ts';
import { freePort } from '../free-port.ts';
import { startRealKafka } from './real-kafka.ts';

/** A broker that can be killed and frozen. */
export interface ChaosBroker {
  address: string;
  /**
   * SIGKILL, then a start on the same data and port. Left out for a lone Apache Kafka: killed between the decision to
   * commit and the transaction's markers, 4.3.1 completes the transaction at its next start without writing them (its
   * transaction log shows it; partitions have no leader yet while it loads), so the transaction is torn inside Kafka.
   */
  killAndStart?(): Promise<void>;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

async function embedded(dir: string): Promise<ChaosBroker> {
  let broker = await spawnEmbeddedBroker({ dir, port: await freePort() });
  const { host, port } = broker;
  return {
    address: `${host}:${port}`,
    async killAndStart() {
      process.kill(broker.pid, 'SIGKILL');
      await broker.exited;
      broker = await spawnEmbeddedBroker({ dir, port });
    },
    pause: () => void process.kill(broker.pid, 'SIGSTOP'),
    resume: () => void process.kill(broker.pid, 'SIGCONT'),
    stop: () => broker.close(),
  };
}

async function apache(dir: string): Promise<ChaosBroker> {
  const kafka = await startRealKafka({ nodes: 1, dir });
  return {
    address: kafka.brokers[0] ?? '',
    pause: () => kafka.pause(1),
    resume: () => kafka.resume(1),
    stop: () => kafka.stop(),
  };
}

/** Both brokers, with how many messages a crash test sends through each. */
export const chaosBrokers: { name: string; start(dir: string): Promise<ChaosBroker>; messages: number }[] = [
  { name: 'Apache Kafka', start: apache, messages: 100_000 },
  { name: 'embedded broker', start: embedded, messages: 20_000 },
];
