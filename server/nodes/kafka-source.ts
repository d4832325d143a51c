import { defineNode, z } from '../sdk.ts';
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
      placeholder: 'shop.orders',
      group: 'Basics',
    }),
  format: z
    .enum(['json', 'text', 'bytes'])
    .default('json')
    .meta({
      label: 'Values are',
      help: 'A value that is not what you say here becomes a dead letter with its bytes.',
      group: 'Basics',
      enumLabels: { json: 'JSON', text: 'Text', bytes: 'Raw bytes' },
    }),
  from: z
    .enum(['earliest', 'latest', 'time'])
    .default('earliest')
    .meta({
      label: 'Start at',
      help: 'Counts when the flow first runs. After that it goes on where it stopped.',
      group: 'Basics',
      enumLabels: { earliest: 'The oldest message', latest: 'New messages only', time: 'A point in time' },
    }),
  time: z
    .string()
    .default('')
    .meta({
      label: 'Time',
      help: 'ISO date and time; without a zone it is UTC.',
      placeholder: '2026-11-01T00:00:00Z',
      examples: ['2026-11-01T00:00:00Z'],
      group: 'Basics',
      showWhen: { field: 'from', is: ['time'] },
    }),
  createPartitions,
  backfill: z.boolean().default(false).meta({
    label: 'Reconcile may write to it',
    help: 'Lets an admin write to this topic what a comparison finds missing. Otherwise the topic is only read.',
    group: 'Advanced',
  }),
});

/** A topic of yours as a source: the transform stage reads it directly. */
export default defineNode({
  type: 'kafka.source',
  version: 1,
  kind: 'source',
  title: 'Kafka topic',
  summary: 'Reads the messages of a Kafka topic.',
  category: 'Kafka',
  icon: 'kafka',
  keywords: ['kafka', 'topic', 'consume', 'stream', 'queue'],
  docs: `Reads a topic of your own cluster, committed messages only. The flow has its own consumer group (\`millrace.<flow>.transform\`), which keeps its place across versions: *Start at* counts only when the group has no place yet.`,
  config,
  check(config) {
    if (config.from !== 'time' || parseTime(config.time) !== undefined) return [];
    return [{ field: 'time', message: 'Write the time to start at, such as 2026-11-01T00:00:00Z.' }];
  },
  topic: {
    field: 'topic',
    use(config) {
      const from = config.from === 'time' ? { time: parseTime(config.time) ?? 0 } : config.from;
      return {
        topic: config.topic,
        from,
        format: config.format,
        ...creationOf(config.createPartitions),
      };
    },
  },
});

/** Milliseconds since 1970 of an ISO time; UTC where it names no zone. */
function parseTime(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s*(Z|[+-]\d\d:?\d\d)?$/.exec(text.trim());
  if (!match) return undefined;
  const ms = Date.parse(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? 'Z'}`);
  return Number.isNaN(ms) ? undefined : ms;
}
