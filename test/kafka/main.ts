import { spawn, spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { hasCommand, hasJava } from './classpath.ts';
import { type RealKafka, startRealKafka } from './real-kafka.ts';

/** `npm run kafka [-- --nodes 3 --port 9092]`: a real Apache Kafka for trying things out, until Ctrl-C. */
const { values } = parseArgs({ options: { nodes: { type: 'string', default: '1' }, port: { type: 'string', default: '9092' } } });
const nodes = values.nodes === '3' ? 3 : 1;
const port = Number(values.port);
const image = 'apache/kafka:4.1.1';

if (!Number.isInteger(port) || port < 1 || port > 65_000) {
  fail(`--port is "${values.port}"; give a number, such as 9092.`);
} else if (hasJava() && (process.env.KAFKA_HOME || hasCommand('mvn'))) {
  await withJava();
} else if (nodes === 1 && spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0) {
  withDocker();
} else {
  fail('Install Java 17 with Maven (or unpack Apache Kafka 4 and set KAFKA_HOME), or start Docker; then run this again.');
}

async function withJava(): Promise<void> {
  let kafka: RealKafka | undefined;
  let ending = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // While it is still starting, leaving is enough: the nodes end with this process.
      if (ending || !kafka) process.exit(0);
      ending = true;
      void kafka.stop().then(() => process.exit(0));
    });
  }
  try {
    kafka = await startRealKafka({ nodes, port });
    tell(kafka.brokers);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function withDocker(): void {
  const settings = {
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
  };
  const env = Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const child = spawn('docker', ['run', '--rm', '-p', `127.0.0.1:${port}:9092`, ...env, image], { stdio: 'inherit' });
  child.on('exit', (code) => process.exit(code ?? 0));
  tell([`127.0.0.1:${port}`]);
}

function tell(brokers: string[]): void {
  process.stdout.write(`Apache Kafka runs at ${brokers.join(',')}. Use it with KAFKA_BROKERS=${brokers.join(',')}. Ctrl-C ends it.\n`);
}

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
