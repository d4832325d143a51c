import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';

/** What a reader or writer leaves behind in the broker of the tests' server, of one flow and one topic beside its own. */
export interface Footprint {
  /** All consumer groups of the broker. */
  groups: string[];
  /** Committed offsets of the flow's groups, and where the flow's topics and the other one end. */
  committed: string[];
  ends: string[];
}

/** Asks the embedded broker itself, past the server. */
export async function footprintOf(flow: string, topic: string): Promise<Footprint> {
  const port = (await readFile(join(process.env.MILLRACE_DATA ?? '', 'broker', 'port'), 'utf8')).trim();
  const admin = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId).sort();
    const mine = groups.filter((group) => group.includes(flow));
    const committed = await Promise.all(
      mine.map(async (groupId) => {
        const topics = await admin.fetchOffsets({ groupId });
        return topics.flatMap(({ topic: name, partitions }) =>
          partitions.map(({ partition, offset }) => `${groupId} ${name}/${partition} ${offset}`),
        );
      }),
    );
    const topics = (await admin.listTopics()).filter((name) => name === topic || name.startsWith(`millrace.${flow}.`)).sort();
    const ends = await Promise.all(
      topics.map(async (name) => (await admin.fetchTopicOffsets(name)).map(({ partition, high }) => `${name}/${partition} ${high}`)),
    );
    return { groups, committed: committed.flat().sort(), ends: ends.flat().sort() };
  } finally {
    await admin.disconnect();
  }
}
