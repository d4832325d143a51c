import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { hasJava, kafkaClasspath } from '../../../kafka/classpath.ts';
import { adminOf, client, makeTopic, producerOf, startBroker } from './harness.ts';

/** Apache Kafka's own command line tools, which use the Java client, against the embedded broker and its files. */

const present = hasJava();
if (!present && process.env.CI === 'true') throw new Error('Java 17 is not installed.');
if (!present) console.warn('Skipped: the tests with the Java tools of Apache Kafka, for want of Java 17.');

let classpath = '';
beforeAll(async () => {
  if (present) classpath = await kafkaClasspath();
});

/** Runs a class of Kafka; resolves with all it printed. */
function java(mainClass: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn('java', ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', classpath, mainClass, ...args]);
  child.stdin.end(input);
  let out = '';
  let complaints = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    complaints += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`${mainClass} ended with ${code}: ${complaints}\n${out}`))));
  });
}

const TOPICS = 'org.apache.kafka.tools.TopicCommand';
const GROUPS = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
const PRODUCER = 'org.apache.kafka.tools.ConsoleProducer';
const CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleConsumer';

test.skipIf(!present)('the Java tools make a topic, write to it, read it in a group, and describe both', async () => {
  const broker = await startBroker();
  const at = ['--bootstrap-server', `127.0.0.1:${broker.port}`];
  await java(TOPICS, [...at, '--create', '--topic', 'jt', '--partitions', '2', '--config', 'retention.ms=86400000']);
  const [described] = await Promise.all([
    java(TOPICS, [...at, '--describe', '--topic', 'jt']),
    java(PRODUCER, [...at, '--topic', 'jt', '--property', 'parse.key=true', '--property', 'key.separator=:'], 'k1:one\nk2:two\nk3:three\n'),
  ]);
  expect(described).toContain('PartitionCount: 2');
  expect(described).toContain('retention.ms=86400000');
  const read = await java(CONSUMER, [
    ...at,
    '--topic',
    'jt',
    '--group',
    'jg',
    '--from-beginning',
    '--max-messages',
    '3',
    '--isolation-level',
    'read_committed',
  ]);
  expect(read.trim().split('\n').sort()).toEqual(['one', 'three', 'two']);
  const groups = await java(GROUPS, [...at, '--describe', '--group', 'jg']);
  const lag = groups
    .split('\n')
    .filter((line) => line.includes(' jt '))
    .map((line) => line.trim().split(/\s+/));
  expect(lag).toHaveLength(2);
  for (const [, , , committed, end, behind] of lag) expect([committed, behind]).toEqual([end, '0']);
  await java(TOPICS, [...at, '--delete', '--topic', 'jt']);
  expect(await (await adminOf(client(broker))).listTopics()).toEqual([]);
});

test.skipIf(!present)('DumpLogSegments reads our segment files: data, transactions and control batches, with valid checksums', async () => {
  const broker = await startBroker();
  const kafka = client(broker);
  await makeTopic(kafka, 't');
  const producer = await producerOf(kafka, { transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 });
  const committed = await producer.transaction();
  await committed.send({ topic: 't', messages: [{ key: 'a', value: 'kept' }] });
  await committed.commit();
  const aborted = await producer.transaction();
  await aborted.send({ topic: 't', messages: [{ key: 'b', value: 'dropped' }] });
  await aborted.abort();
  const file = join(broker.dir, 'log', 't-0', '00000000000000000000.log');
  const dump = await java('org.apache.kafka.tools.DumpLogSegments', ['--deep-iteration', '--print-data-log', '--files', file]);
  expect(dump.match(/^baseOffset: /gm)).toHaveLength(4);
  expect(dump.match(/isvalid: true/g)).toHaveLength(4);
  expect(dump).toContain('payload: kept');
  expect(dump.match(/endTxnMarker: (COMMIT|ABORT)/g)).toEqual(['endTxnMarker: COMMIT', 'endTxnMarker: ABORT']);
});
