import { Kafka, logLevel } from 'kafkajs';

/** Deletes what stands before an offset, by partition, as retention does. */
export async function deleteRecords(brokers: readonly string[], topic: string, before: Record<number, number | bigint>): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    // Makes the client look up who leads the partitions.
    await admin.fetchTopicOffsets(topic);
    const partitions = Object.entries(before).map(([partition, offset]) => ({ partition: Number(partition), offset: String(offset) }));
    await admin.deleteTopicRecords({ topic, partitions });
  } finally {
    await admin.disconnect();
  }
}
