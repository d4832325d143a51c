import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { silentLog } from '#server/kafka/log.ts';
import { openNet } from '#server/kafka/net.ts';
import type { KafkaSettings } from '#server/kafka/port.ts';
import { freePort } from '../free-port.ts';
import { kafkaClasspath } from './classpath.ts';

const run = promisify(execFile);

/** A running Apache Kafka; nodes count from 1. */
export interface RealKafka {
  /** `host:port` of each node. */
  brokers: string[];
  /** Process ids, by node (index 0 is node 1); 0 for one that is down. */
  pids: number[];
  /** Ends all nodes and removes their data, unless the folder was given. */
  stop(): Promise<void>;
  /** kill -9; resolves when the process is gone. */
  kill(node: number): Promise<void>;
  /** SIGSTOP: the node keeps its connections and answers nothing. */
  pause(node: number): void;
  resume(node: number): void;
  /** Starts a killed node on its old data; resolves when it answers. */
  start(node: number): Promise<void>;
}

export interface RealKafkaOptions {
  nodes?: 1 | 3;
  /** Keep data here; default a temporary folder. */
  dir?: string;
  /** Port of the first node, the others count on from it by 1; default free ones. */
  port?: number;
  /** Further broker settings. */
  config?: Record<string, string>;
  /** How to ask whether it is ready, when the settings ask for more than an address. */
  client?: Pick<KafkaSettings, 'sasl' | 'ssl'>;
}

/** Starts Apache Kafka 4 (KRaft) on loopback with small internal topics. Takes 4 to 10 s. Rejects with a sentence when it cannot. */
export async function startRealKafka(options: RealKafkaOptions = {}): Promise<RealKafka> {
  const { nodes = 1, config = {} } = options;
  const classpath = await kafkaClasspath();
  const folder = options.dir ?? (await mkdtemp(join(tmpdir(), 'millrace-kafka-')));
  const free: number[] = [];
  for (let i = 0; i < nodes * 2; i++) free.push(await freePort());
  const ports = free.slice(0, nodes).map((port, index) => (options.port === undefined ? port : options.port + index));
  const controllers = free.slice(nodes);
  const brokers = ports.map((port) => `127.0.0.1:${port}`);
  const voters = controllers.map((port, index) => `${index + 1}@127.0.0.1:${port}`).join(',');
  const children: (ChildProcess | undefined)[] = [];
  const properties = (node: number) => join(folder, `node-${node}.properties`);
  const logFile = (node: number) => join(folder, `node-${node}.log`);

  for (let node = 1; node <= nodes; node++) {
    const data = join(folder, `data-${node}`);
    await mkdir(data, { recursive: true });
    const copies = String(nodes);
    const enough = nodes === 3 ? '2' : '1';
    const settings: Record<string, string> = {
      'process.roles': 'broker,controller',
      'node.id': String(node),
      listeners: `PLAINTEXT://${brokers[node - 1]},CONTROLLER://127.0.0.1:${controllers[node - 1]}`,
      'advertised.listeners': `PLAINTEXT://${brokers[node - 1]}`,
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'PLAINTEXT',
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      'controller.quorum.voters': voters,
      'log.dirs': data,
      'auto.create.topics.enable': 'false',
      'min.insync.replicas': enough,
      'offsets.topic.replication.factor': copies,
      'offsets.topic.num.partitions': '4',
      'transaction.state.log.replication.factor': copies,
      'transaction.state.log.min.isr': enough,
      'transaction.state.log.num.partitions': '4',
      'share.coordinator.state.topic.replication.factor': copies,
      'share.coordinator.state.topic.min.isr': enough,
      'share.coordinator.state.topic.num.partitions': '2',
      'group.initial.rebalance.delay.ms': '0',
      'log.initial.task.delay.ms': '1000',
      ...config,
    };
    await writeFile(
      properties(node),
      `${Object.entries(settings)
        .map(([name, value]) => `${name}=${value}`)
        .join('\n')}\n`,
    );
  }
  // A first letter, because the tool takes an id that begins with a dash for an option.
  const cluster = `K${Buffer.from(crypto.getRandomValues(new Uint8Array(16)))
    .toString('base64url')
    .slice(1)}`;
  await Promise.all(
    Array.from({ length: nodes }, (_, index) =>
      run('java', [
        '-Xmx128m',
        '-cp',
        classpath,
        'kafka.tools.StorageTool',
        'format',
        '--ignore-formatted',
        '-t',
        cluster,
        '-c',
        properties(index + 1),
      ]),
    ),
  );

  function spawnNode(node: number): ChildProcess {
    const flags = ['-Xmx512m', '-Xms128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=4', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
    const child = spawn('java', [...flags, '-cp', classpath, 'kafka.Kafka', properties(node)], { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(logFile(node), { flags: 'a' });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    child.once('exit', () => log.end());
    children[node - 1] = child;
    return child;
  }

  async function answers(node: number): Promise<void> {
    const child = children[node - 1];
    const address = brokers[node - 1];
    if (!child || address === undefined) throw new RangeError(`There is no node ${node}.`);
    for (const until = Date.now() + 90_000; Date.now() < until; ) {
      if (child.exitCode !== null) break;
      const net = openNet({ brokers: [address], clientId: 'millrace-test', ...options.client }, silentLog, 3_000);
      try {
        // The coordinator of transactions is the last to be ready: its topic is created at the first question.
        await net.coordinator('transaction', `probe-${node}`);
        await net.coordinator('group', `probe-${node}`);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 150));
      } finally {
        net.cut();
      }
    }
    const log = await readFile(logFile(node), 'utf8').catch(() => '');
    throw new Error(`Kafka's node ${node} did not start. The end of its log:\n${log.slice(-2_000)}`);
  }

  async function kill(node: number): Promise<void> {
    const child = children[node - 1];
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  const onExit = () => {
    for (const child of children) child?.kill('SIGKILL');
  };
  process.once('exit', onExit);
  const kafka: RealKafka = {
    brokers,
    get pids() {
      return children.map((child) => (child && child.exitCode === null && child.signalCode === null ? (child.pid ?? 0) : 0));
    },
    async stop() {
      process.removeListener('exit', onExit);
      await Promise.all(children.map((_, index) => kill(index + 1)));
      if (options.dir === undefined) await rm(folder, { recursive: true, force: true });
    },
    kill,
    pause: (node) => void children[node - 1]?.kill('SIGSTOP'),
    resume: (node) => void children[node - 1]?.kill('SIGCONT'),
    async start(node) {
      spawnNode(node);
      await answers(node);
    },
  };
  try {
    for (let node = 1; node <= nodes; node++) spawnNode(node);
    await Promise.all(children.map((_, index) => answers(index + 1)));
    return kafka;
  } catch (error) {
    await kafka.stop();
    throw error;
  }
}
