import { isUtf8 } from 'node:buffer';
import { formatPosition, header } from '#shared/message.ts';
import { type ParkedKey, parkedTopicOf, type ReleaseFirst } from '#shared/parked.ts';
import type { DeliverStage, Plan } from '#shared/plan.ts';
import type { KafkaPort, KafkaProducer } from '../kafka/port.ts';
import { readDeadLetters } from './dead-letter-reader.ts';
import { openParkedLog } from './parked-log.ts';
import { releaseRecord } from './release.ts';
import { repairsSpec } from './repairs.ts';

/** Parked keys of flows, for people: what waits where, and the order to release it. */
export interface ParkedKeyList {
  /** Every key that is parked at a sink of the plan, the oldest first. Reads without a group. */
  list(plan: Plan, signal?: AbortSignal): Promise<ParkedKey[]>;
  /**
   * Orders the release of a key as the list gave it; the stage that owns the partition carries it out, ordered against what comes
   * meanwhile. An order that comes twice is done once. Resolves when the order is durable.
   */
  release(plan: Plan, parked: ParkedKey, first: ReleaseFirst, who: string): Promise<void>;
  close(): Promise<void>;
}

/** Dead letters that are looked through for the one of a parked message. */
const mostLetters = 1000;

export function openParkedKeys(kafka: KafkaPort): ParkedKeyList {
  let producer: Promise<KafkaProducer> | undefined;

  const stagesOf = (plan: Plan): DeliverStage[] => plan.stages.filter((stage) => stage.kind === 'deliver');

  /** The item of the inbox that stands for a message that failed; undefined when its dead letter is no more among the newest. */
  async function itemOf(plan: Plan, failed: string): Promise<string | undefined> {
    const letters = await readDeadLetters(kafka, plan.deadLetterTopic, mostLetters);
    const letter = letters.find(({ headers }) => headers[header.parent] === failed);
    return letter && (letter.headers[header.item] ?? letter.position);
  }

  return {
    async list(plan, signal) {
      const admin = kafka.admin();
      try {
        const found = await Promise.all(
          stagesOf(plan).map(async ({ node, input: { topic } }) => {
            // Also of a sink that parks no more: what waits there must not be forgotten.
            const partitions = await openParkedLog(kafka, admin, parkedTopicOf(topic), topic).all(signal);
            return [...partitions].flatMap(([partition, keys]) =>
              [...keys.values()].map(({ key, since, code, message, origin, failed, waiting, attempts = 1 }): ParkedKey => {
                const text = isUtf8(key);
                return {
                  sink: node.id,
                  partition,
                  key: Buffer.from(key).toString(text ? 'utf8' : 'base64'),
                  encoding: text ? 'utf8' : 'base64',
                  since,
                  code,
                  message,
                  failed: formatPosition({ topic, partition, offset: waiting[0] ?? failed }),
                  origin,
                  count: Math.max(0, waiting.length - 1),
                  attempts,
                  releasing: failed !== '' && waiting[0] !== undefined && waiting[0] !== failed,
                };
              }),
            );
          }),
        );
        return found.flat().sort((a, b) => a.since - b.since);
      } finally {
        await admin.close();
      }
    },

    async release(plan, { sink, partition, key, encoding, failed, attempts }, first, who) {
      const stage = stagesOf(plan).find(({ node }) => node.id === sink);
      if (stage === undefined) throw new Error(`The running version has no sink “${sink}”.`);
      const item = first === 'retry' ? await itemOf(plan, failed) : undefined;
      if (item !== undefined) {
        const admin = kafka.admin();
        try {
          await admin.ensureTopics([repairsSpec]);
        } finally {
          await admin.close();
        }
      }
      producer ??= kafka.producer();
      const at = { topic: stage.input.topic, partition, key: Buffer.from(key, encoding) };
      const head = failed.slice(failed.lastIndexOf('/') + 1);
      await (await producer).send(releaseRecord(at, { first, head, attempts, who, ...(item !== undefined && { item }) }));
    },

    async close() {
      await (await producer)?.close();
    },
  };
}
