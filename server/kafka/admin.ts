import { pauseFor } from './clock.ts';
import { asError, errorType, isConnectionError, isPassing, unreachable } from './errors.ts';
import type { Broker } from './kafkajs.ts';
import type { KafkaLog } from './log.ts';
import { type Net, openNet, persist } from './net.ts';
import { commitOffsets, committedOffsets, earliest, latest, listOffsets } from './offsets.ts';
import type { KafkaAdmin, KafkaSettings } from './port.ts';

const topicTimeoutMs = 30_000;
/** What a broker gets for one change; a silent broker must not use up the whole time. */
const changeMs = 5_000;
const requestMs = 7_000;
/** A topic, among the things that have settings in Kafka. */
const topicResource = 2;

/** Makes the admin of a cluster; it connects at the first question. Every method rejects with KafkaUnreachable when no broker answers. */
export function createAdmin(settings: KafkaSettings, log: KafkaLog): KafkaAdmin {
  const net = openNet(settings, log, requestMs);

  /** Turns connection errors into one sentence that names the brokers. */
  async function named<Result>(ask: () => Promise<Result>): Promise<Result> {
    try {
      return await ask();
    } catch (error) {
      throw isConnectionError(error) && asError(error).name !== 'KafkaUnreachable' ? unreachable(settings.brokers, error) : error;
    }
  }

  /** A request to the controller; errors of single topics that `fine` accepts are no errors. */
  function change(ask: (broker: Broker) => Promise<unknown>, fine: (type: string | undefined) => boolean): Promise<void> {
    return persist(topicTimeoutMs, async () => {
      let broker: Broker | undefined;
      try {
        broker = await net.controller();
        await ask(broker);
      } catch (thrown) {
        net.suspect(thrown, broker ? { broker } : {});
        const inner = (thrown as { errors?: unknown }).errors;
        const bad = (Array.isArray(inner) ? inner : [thrown]).filter((error) => !fine(errorType(error)));
        if (bad.length > 0) throw bad.find((error) => !isPassing(error)) ?? bad[0];
      }
    });
  }

  async function create(topics: readonly { name: string; partitions: number; config?: Record<string, string> }[]): Promise<string[]> {
    const created: string[] = [];
    for (const { name, partitions, config = {} } of topics) {
      const before = await net.leaders(name, true);
      if (before === undefined) {
        let mine = true;
        const topic = {
          topic: name,
          numPartitions: partitions,
          replicationFactor: settings.replication ?? 1,
          configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
        };
        await change(
          (broker) => broker.createTopics({ topics: [topic], timeout: changeMs }),
          (type) => {
            if (type === 'TOPIC_ALREADY_EXISTS') mine = false;
            return type === 'TOPIC_ALREADY_EXISTS';
          },
        ).catch((error) => {
          throw new Error(
            `Topic "${name}" could not be created with ${partitions} partitions and ${JSON.stringify(config)}: ${asError(error).message}.`,
            {
              cause: error,
            },
          );
        });
        if (mine) created.push(name);
      }
      const now = before ?? (await waitForLeaders(net, name, 1));
      if (now.length < partitions) {
        await change(
          (broker) => broker.createPartitions({ topicPartitions: [{ topic: name, count: partitions }], timeout: changeMs }),
          (type) => type === 'INVALID_PARTITIONS',
        ).catch((error) => {
          throw new Error(`Topic "${name}" could not get ${partitions} partitions: ${asError(error).message}`, { cause: error });
        });
      }
      await waitForLeaders(net, name, partitions);
    }
    return created;
  }

  const partitionsOf = async (topic: string): Promise<number[] | undefined> => {
    const list = await persist(topicTimeoutMs, () => net.leaders(topic, true));
    return list?.map((_, partition) => partition);
  };

  return {
    topics: () => named(() => persist(topicTimeoutMs, () => net.topics())),
    ensureTopics: (topics) => named(() => create(topics)),
    deleteTopics: (names) =>
      named(async () => {
        if (names.length === 0) return;
        for (const name of names) {
          await change(
            (broker) => broker.deleteTopics({ topics: [name], timeout: changeMs }),
            (type) => type === 'UNKNOWN_TOPIC_OR_PARTITION',
          );
        }
      }),
    offsets: (topic, { committedOnly } = { committedOnly: false }) =>
      named(async () => {
        const partitions = await partitionsOf(topic);
        if (!partitions) return undefined;
        const [low, high] = await Promise.all([
          listOffsets(net, topic, partitions, earliest),
          listOffsets(net, topic, partitions, latest, committedOnly),
        ]);
        return partitions.map((partition) => ({ partition, low: low.get(partition) ?? 0n, high: high.get(partition) ?? 0n }));
      }),
    configs: (topic) =>
      named(async () => {
        if ((await partitionsOf(topic)) === undefined) return undefined;
        return persist(topicTimeoutMs, async () => {
          let broker: Broker | undefined;
          try {
            broker = await net.controller();
            const { resources } = await broker.describeConfigs({ resources: [{ type: topicResource, name: topic }] });
            const entries = resources[0]?.configEntries ?? [];
            return Object.fromEntries(
              entries.flatMap(({ configName, configValue }) => (configValue === null ? [] : [[configName, configValue]])),
            );
          } catch (error) {
            net.suspect(error, broker ? { broker } : {});
            throw error;
          }
        });
      }),
    offsetsAt: (topic, timeMs) => named(async () => listOffsets(net, topic, (await partitionsOf(topic)) ?? [], timeMs)),
    committed: (group, topic) => named(async () => committedOffsets(net, group, topic, (await partitionsOf(topic)) ?? [])),
    setOffsets: (group, topic, offsets) =>
      named(async () => {
        if (offsets.size === 0) return;
        await commitOffsets(net, group, topic, offsets).catch((error) => {
          if (errorType(error) !== 'UNKNOWN_MEMBER_ID' && errorType(error) !== 'ILLEGAL_GENERATION') throw error;
          throw new Error(`The offsets of group "${group}" cannot be set while it has live members. Stop its consumers first.`, {
            cause: error,
          });
        });
      }),
    deleteGroups: (groups) =>
      named(async () => {
        for (const group of groups) await deleteGroup(net, group);
      }),
    ping: () => named(() => net.ping()),
    close: () => net.close(),
  };
}

/** Waits until a topic has so many partitions, each with a leader: a broker learns of a new topic a moment later. */
async function waitForLeaders(net: Net, topic: string, partitions: number): Promise<readonly number[]> {
  const until = Date.now() + topicTimeoutMs;
  for (let wait = 10; ; wait = Math.min(wait * 2, 500)) {
    const list = await net.leaders(topic, true).catch((error) => {
      if (!isPassing(error)) throw error;
      return undefined;
    });
    if (list && list.length >= partitions && !list.includes(-1)) return list;
    if (Date.now() > until)
      throw new Error(`Topic "${topic}" has no leader for each of its ${partitions} partitions after 30 s. Check that enough brokers run.`);
    await pauseFor(wait);
  }
}

function deleteGroup(net: Net, group: string): Promise<void> {
  return persist(topicTimeoutMs, async () => {
    let broker: Broker | undefined;
    try {
      broker = await net.coordinator('group', group);
      const { results } = await broker.deleteGroups([group]);
      if (results[0]?.error) throw results[0].error;
    } catch (error) {
      net.suspect(error, { ...(broker ? { broker } : {}), kind: 'group', id: group });
      if (errorType(error) === 'GROUP_ID_NOT_FOUND') return;
      if (errorType(error) === 'NON_EMPTY_GROUP')
        throw new Error(`Group "${group}" has live members and cannot be deleted. Stop its consumers first.`, { cause: error });
      throw error;
    }
  });
}
