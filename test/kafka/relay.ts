import { createKafka } from '#server/kafka/client.ts';

/**
 * A worker for the chaos test: copies records from one topic to another with exactly-once effects until it is killed.
 * Arguments: brokers, group, input, output, session timeout in ms. Prints `joined` once it is in the group.
 */
const [brokers = '', group = '', input = '', output = '', session = '6000'] = process.argv.slice(2);
const say = (message: string) => process.stderr.write(`${process.pid} ${message}\n`);
const verbose = process.env.RELAY_VERBOSE === '1';
const log = verbose ? { info: say, warn: say, error: say } : undefined;
const kafka = createKafka({ brokers: brokers.split(','), clientId: `relay-${process.pid}` }, log);
const consumer = kafka.consume({
  group,
  topics: [{ topic: input, from: 'earliest' }],
  sessionTimeoutMs: Number(session),
  maxBatchBytes: 8_192,
  async handle({ records }) {
    // Slow enough that faults fall into the middle of the work.
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { consumed: records.length, records: records.map(({ key, value, partition }) => ({ topic: output, partition, key, value })) };
  },
});
await consumer.joined;
process.stdout.write('joined\n');
await consumer.done;
