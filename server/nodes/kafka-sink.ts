import type { Headers, Message, TopicRecord } from '../sdk.ts';
import { defineNode, JsonText, MessageError, stringifyJson, z } from '../sdk.ts';
import { compileNodeExpression, textOf } from './expression.ts';
import { createPartitions, creationOf } from './topic-config.ts';

const config = z.object({
  topic: z
    .string()
    .min(1)
    .max(249)
    .regex(/^[a-zA-Z0-9._-]+$/, 'use letters, digits, dots, dashes and underscores')
    .meta({
      label: 'Topic',
      widget: 'topic',
      placeholder: 'erp.orders',
      group: 'Basics',
    }),
  key: z.string().default('').meta({
    label: 'Key',
    help: 'JSONata expression. Empty: the key that the message has. Messages of one key keep their order.',
    widget: 'jsonata',
    placeholder: 'customer.id',
    group: 'Basics',
  }),
  value: z.string().default('').meta({
    label: 'Value',
    help: 'JSONata expression. Empty: the message as it is. null makes a tombstone.',
    widget: 'jsonata',
    group: 'Basics',
  }),
  format: z
    .enum(['json', 'text', 'bytes'])
    .default('json')
    .meta({
      label: 'Write values as',
      group: 'Basics',
      enumLabels: { json: 'JSON', text: 'Text', bytes: 'Raw bytes' },
    }),
  headers: z
    .record(z.string().min(1), z.string().min(1))
    .default({})
    .meta({
      label: 'Headers',
      help: 'Header name and the JSONata expression of its value, beside the headers that the message has.',
      widget: 'headers',
      group: 'Advanced',
      examples: [{ source: '"web shop"' }],
    }),
  partitioning: z
    .enum(['key', 'spread', 'expression'])
    .default('key')
    .meta({
      label: 'Partition',
      help: 'Spreading leaves out the key, so that there is no order to keep.',
      group: 'Advanced',
      enumLabels: { key: 'By key, as Kafka does', spread: 'Spread evenly, without a key', expression: 'By an expression' },
    }),
  partition: z
    .string()
    .default('')
    .meta({
      label: 'Partition number',
      help: 'JSONata expression that gives a whole number from 0.',
      widget: 'jsonata',
      placeholder: 'region = "EU" ? 0 : 1',
      group: 'Advanced',
      showWhen: { field: 'partitioning', is: ['expression'] },
    }),
  createPartitions,
});

/** A topic of yours as a sink: written inside the transaction of the transform stage. */
export default defineNode({
  type: 'kafka.sink',
  version: 1,
  kind: 'sink',
  title: 'Kafka topic',
  summary: 'Writes each message to a Kafka topic, exactly once.',
  category: 'Kafka',
  icon: 'kafka',
  keywords: ['kafka', 'topic', 'produce', 'publish', 'stream', 'queue'],
  docs: `Writes to a topic of your own cluster in the same transaction that moves the flow's offsets: consumers that read committed messages see each one exactly once.

Codes: \`kafka.sink/value-missing\` (the value expression gives nothing), \`kafka.sink/not-bytes\`, \`kafka.sink/not-a-partition\`, \`kafka.sink/not-json\`.`,
  config,
  check(config) {
    if (config.partitioning === 'expression' && config.partition.trim() === '')
      return [{ field: 'partition', message: 'Write the expression that gives the partition number.' }];
    return [];
  },
  topic: {
    field: 'topic',
    use: (config) => ({
      topic: config.topic,
      format: config.format,
      ...creationOf(config.createPartitions),
    }),
  },
  create(config, context) {
    const compile = (text: string) => (text.trim() === '' ? undefined : compileNodeExpression(text, context, 'kafka.sink'));
    const key = compile(config.key);
    const value = compile(config.value);
    const partition = config.partitioning === 'expression' ? compileNodeExpression(config.partition, context, 'kafka.sink') : undefined;
    const headers = Object.entries(config.headers).map(
      ([name, text]) => [name, compileNodeExpression(text, context, 'kafka.sink')] as const,
    );

    const beside = [...(key ? [key] : []), ...(partition ? [partition] : []), ...headers.map(([, expression]) => expression)];
    const scans = beside.reduce((sum, expression) => sum + expression.scans, 0);

    function partitionOf(message: Message): number | undefined {
      if (!partition) return undefined;
      const number = partition(message);
      if (typeof number === 'number' && Number.isInteger(number) && number >= 0) return number;
      throw new MessageError(
        'kafka.sink/not-a-partition',
        `The partition expression gives ${JSON.stringify(textOf(number))}, which is not a whole number from 0.`,
      );
    }

    return {
      ...(value === undefined && config.format === 'json' && { text: { scans } }),
      record(message) {
        const made = value ? value(message) : message.value;
        if (made === undefined)
          throw new MessageError(
            'kafka.sink/value-missing',
            'The value expression gives nothing for this message. Drop it before, or give null for a tombstone.',
          );
        const all: Headers = { ...message.headers };
        for (const [name, evaluate] of headers) {
          const text = textOf(evaluate(message));
          if (text !== null) all[name] = text;
        }
        const record: TopicRecord = {
          topic: config.topic,
          key: config.partitioning === 'spread' ? null : key ? textOf(key(message)) : message.key,
          value: encode(made, config.format),
          headers: all,
          timestamp: message.timestamp,
        };
        const number = partitionOf(message);
        return number === undefined ? record : { ...record, partition: number };
      },
    };
  },
});

function encode(value: unknown, format: 'json' | 'text' | 'bytes'): Uint8Array | string | null {
  if (value === null) return null;
  if (value instanceof JsonText) return value.write();
  if (format === 'json') {
    if (value instanceof Uint8Array)
      throw new MessageError('kafka.sink/not-json', 'The message is raw bytes, which JSON cannot hold. Write the values as raw bytes.');
    const json = stringifyJson(value);
    if (json === undefined) throw new MessageError('kafka.sink/not-json', 'The value expression gives a function, which JSON cannot hold.');
    return json;
  }
  if (value instanceof Uint8Array) return value;
  if (format === 'text' || typeof value === 'string') return textOf(value);
  throw new MessageError(
    'kafka.sink/not-bytes',
    'The value is neither text nor bytes, so it cannot be written as raw bytes. Write the values as JSON.',
  );
}
