import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile, syncFolder } from './files.ts';
import { checkpointOf, closeLog, type Log, type LogCheckpoint, openLog, wake } from './log.ts';
import { ERROR, ProtocolError } from './protocol/errors.ts';
import { checkConfig, logConfig, type TopicConfig } from './topic-config.ts';

/** A topic and its open logs; the place in the list is the partition's number. */
export interface Topic {
  readonly name: string;
  readonly id: string;
  config: TopicConfig;
  logs: Log[];
}

/** All topics of a data folder, `meta.json` that lists them, and the numbers given to producers. */
export interface Topics {
  readonly clusterId: string;
  all(): Topic[];
  get(name: string): Topic | undefined;
  byId(id: string): Topic | undefined;
  /** The log of a partition, or undefined when there is none. */
  log(name: string, partition: number): Log | undefined;
  /** Checks a new topic without making it. Throws a ProtocolError. */
  check(name: string, partitions: number, config: Record<string, string | null>): TopicConfig;
  create(name: string, partitions: number, config: TopicConfig): Topic;
  remove(name: string): void;
  addPartitions(name: string, count: number): void;
  setConfig(name: string, config: TopicConfig): void;
  /** A producer id never given before. */
  nextProducerId(): number;
  /** Writes the checkpoint and closes all files. */
  close(): void;
}

interface Meta {
  format: 1;
  clusterId: string;
  nextProducerId: number;
  topics: { name: string; id: string; partitions: number; config: TopicConfig }[];
}

const LEGAL_NAME = /^[a-zA-Z0-9._-]{1,249}$/;
const MAX_PARTITIONS = 10_000;
/** Producer ids are reserved in blocks, so that not each one costs a write. */
const ID_BLOCK = 1_000;

function readMeta(path: string): Meta {
  if (!existsSync(path)) return { format: 1, clusterId: randomUUID().replaceAll('-', '').slice(0, 22), nextProducerId: 1_000, topics: [] };
  const meta = JSON.parse(readFileSync(path, 'utf8')) as Meta;
  if (meta.format !== 1)
    throw new Error(`${path} has format ${String(meta.format)}; this version reads format 1. Use the version that wrote it.`);
  return meta;
}

function takeCheckpoint(path: string): Record<string, LogCheckpoint> {
  if (!existsSync(path)) return {};
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, LogCheckpoint>;
  } catch {
    return {}; // Not whole: the logs are read instead.
  } finally {
    rmSync(path);
  }
}

/** Opens all topics of a data folder. */
export function openTopics(dir: string, warn: (sentence: string) => void): Topics {
  const metaPath = join(dir, 'meta.json');
  const checkpointPath = join(dir, 'checkpoint.json');
  const logs = join(dir, 'log');
  mkdirSync(logs, { recursive: true });
  for (const name of readdirSync(logs)) {
    if (name.endsWith('.deleted')) rmSync(join(logs, name), { recursive: true, force: true });
  }
  const meta = readMeta(metaPath);
  const checkpoint = takeCheckpoint(checkpointPath);
  const topics = new Map<string, Topic>();
  let nextId = meta.nextProducerId;
  let reserved = nextId;

  function logOf(name: string, partition: number, config: TopicConfig): Log {
    const folder = `${name}-${partition}`;
    return openLog({ dir: join(logs, folder), topic: name, partition }, logConfig(config), checkpoint[folder], warn);
  }

  function save(): void {
    const listed = [...topics.values()].map(({ name, id, config, logs: open }) => ({ name, id, partitions: open.length, config }));
    replaceFile(
      metaPath,
      JSON.stringify({ format: 1, clusterId: meta.clusterId, nextProducerId: reserved, topics: listed } satisfies Meta),
    );
  }

  /** Puts folders out of the way first, so that an interrupted delete never leaves half a partition under its name. */
  function discard(folders: readonly string[]): void {
    const doomed: string[] = [];
    for (const folder of folders) {
      if (!existsSync(join(logs, folder))) continue;
      const away = join(logs, `${randomUUID()}.deleted`);
      renameSync(join(logs, folder), away);
      doomed.push(away);
    }
    for (const path of doomed) rmSync(path, { recursive: true, force: true });
  }

  function make(topic: Topic, count: number): void {
    discard(Array.from({ length: count - topic.logs.length }, (_, i) => `${topic.name}-${topic.logs.length + i}`));
    const before = topic.logs.length;
    try {
      while (topic.logs.length < count) topic.logs.push(logOf(topic.name, topic.logs.length, topic.config));
      syncFolder(logs);
      topics.set(topic.name, topic);
      save();
    } catch (error) {
      for (const log of topic.logs.splice(before)) closeLog(log);
      if (before === 0) topics.delete(topic.name);
      throw error;
    }
  }

  function must(name: string): Topic {
    const topic = topics.get(name);
    if (!topic) throw new ProtocolError(ERROR.unknownTopicOrPartition, `There is no topic ${name}.`);
    return topic;
  }

  for (const { name, id, partitions, config } of meta.topics) {
    topics.set(name, { name, id, config, logs: Array.from({ length: partitions }, (_, i) => logOf(name, i, config)) });
  }
  save();

  return {
    clusterId: meta.clusterId,
    all: () => [...topics.values()],
    get: (name) => topics.get(name),
    byId: (id) => [...topics.values()].find((topic) => topic.id === id),
    log: (name, partition) => topics.get(name)?.logs[partition],
    check(name, partitions, config) {
      if (!LEGAL_NAME.test(name) || name === '.' || name === '..') {
        throw new ProtocolError(
          ERROR.invalidTopic,
          `"${name.slice(0, 300)}" is no topic name: use 1 to 249 letters, digits, dots, hyphens and underscores.`,
        );
      }
      if (topics.has(name)) throw new ProtocolError(ERROR.topicAlreadyExists, `Topic ${name} already exists.`);
      if (partitions < 1 || partitions > MAX_PARTITIONS) {
        throw new ProtocolError(ERROR.invalidPartitions, `A topic has 1 to ${MAX_PARTITIONS} partitions, not ${partitions}.`);
      }
      return checkConfig(config);
    },
    create(name, partitions, config) {
      const topic: Topic = { name, id: randomUUID(), config, logs: [] };
      make(topic, partitions);
      return topic;
    },
    remove(name) {
      const topic = must(name);
      topics.delete(name);
      try {
        save();
      } catch (error) {
        topics.set(name, topic);
        throw error;
      }
      for (const log of topic.logs) {
        log.gone = true;
        closeLog(log);
        wake(log);
      }
      discard(topic.logs.map((log) => `${name}-${log.partition}`));
    },
    addPartitions(name, count) {
      const topic = must(name);
      if (count <= topic.logs.length || count > MAX_PARTITIONS) {
        throw new ProtocolError(
          ERROR.invalidPartitions,
          `Topic ${name} has ${topic.logs.length} partitions; it can only get more, up to ${MAX_PARTITIONS}.`,
        );
      }
      make(topic, count);
    },
    setConfig(name, config) {
      const topic = must(name);
      const before = topic.config;
      topic.config = config;
      try {
        save();
      } catch (error) {
        topic.config = before;
        throw error;
      }
      for (const log of topic.logs) log.config = logConfig(config);
    },
    nextProducerId() {
      if (nextId >= reserved) {
        reserved = nextId + ID_BLOCK;
        try {
          save();
        } catch (error) {
          reserved = nextId;
          throw error;
        }
      }
      return nextId++;
    },
    close() {
      const checkpoints: Record<string, LogCheckpoint> = {};
      try {
        for (const log of [...topics.values()].flatMap((topic) => topic.logs)) {
          checkpoints[`${log.topic}-${log.partition}`] = checkpointOf(log);
          log.gone = true;
          // A checkpoint must never promise more than the disk holds.
          closeLog(log, true);
          wake(log);
        }
        replaceFile(checkpointPath, JSON.stringify(checkpoints));
      } catch (error) {
        warn(`Could not write ${checkpointPath}, so the next start reads all logs: ${(error as Error).message}.`);
      }
    },
  };
}
