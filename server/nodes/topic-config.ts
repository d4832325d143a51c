import type { TopicUse } from '../sdk.ts';
import { z } from '../sdk.ts';

/** Config field of every node that is a Kafka topic: whether a deploy may create it. */
export const createPartitions = z.number().int().min(0).max(256).default(0).meta({
  label: 'Create with partitions',
  help: '0: the topic must exist. Otherwise a deploy creates it with so many partitions when it is missing.',
  group: 'Advanced',
});

/** What that field says of the topic: nothing when the topic must exist. */
export function creationOf(partitions: number): Pick<TopicUse, 'create'> {
  return partitions > 0 ? { create: { partitions } } : {};
}
