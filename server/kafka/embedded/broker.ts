import { setMaxListeners } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Core } from './core.ts';
import { createFlusher, type FsyncPolicy } from './flusher.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { keepHouse } from './housekeeping.ts';
import { type Listener, openListener } from './listener.ts';
import { createMembership } from './membership.ts';
import { applyOffsetLine, createOffsets, offsetLines } from './offsets.ts';
import { openStateFile, type StateLine, type StoredTransaction } from './state-file.ts';
import { openTopics } from './topics.ts';
import { createTransactions } from './transactions.ts';

/** How to run the embedded broker. Plain data, so that it can cross to another process. */
export interface BrokerOptions {
  /** Data folder; made when missing. One broker at a time. */
  dir: string;
  /** TCP port; 0 (default) takes the one of the last start if it is free, else any free one. */
  port?: number;
  /** Address to listen on and to name to clients; default 127.0.0.1. */
  host?: string;
  /** When records are forced to the disk; default `os`. */
  fsync?: FsyncPolicy;
  /** Largest request in bytes; default 100 MiB. */
  maxRequestBytes?: number;
  /** Open connections; default 1,000. */
  maxConnections?: number;
  /** How often retention and compaction look at the topics, in ms; default 30,000. */
  housekeepingMs?: number;
  /** Hears of repairs and failures, a sentence each; default: nobody. */
  warn?: (sentence: string) => void;
}

/** A running broker. */
export interface EmbeddedBroker {
  host: string;
  port: number;
  /** Answers what is under way, writes everything down and frees the folder. */
  close(): Promise<void>;
}

const MEBIBYTE = 1_048_576;

function rememberedPort(path: string): number {
  try {
    const port = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch {
    return 0; // No file yet: any port will do.
  }
}

async function listenOn(core: Core, options: BrokerOptions, portFile: string): Promise<Listener> {
  const host = options.host ?? '127.0.0.1';
  const limits = { maxRequestBytes: options.maxRequestBytes ?? 100 * MEBIBYTE, maxConnections: options.maxConnections ?? 1_000 };
  const wanted = options.port ?? 0;
  const remembered = wanted === 0 ? rememberedPort(portFile) : 0;
  try {
    return await openListener(core, { host, port: wanted || remembered }, limits);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (remembered !== 0 && code === 'EADDRINUSE') return openListener(core, { host, port: 0 }, limits);
    const reason = code === 'EADDRINUSE' ? 'another program listens there' : (error as Error).message;
    throw new Error(
      `The embedded broker cannot listen on ${host}:${wanted || remembered}: ${reason}. Stop that program or choose another port.`,
    );
  }
}

interface Opened {
  core: Core;
  close(): Promise<void>;
}

async function open(options: BrokerOptions, dir: string): Promise<Opened> {
  const warn = options.warn ?? (() => undefined);
  const closing = new AbortController();
  const topics = openTopics(dir, warn);
  const offsets = createOffsets();
  const stored = new Map<string, StoredTransaction>();

  function apply(line: StateLine): void {
    if (line[0] === 'transaction') stored.set(line[1].id, line[1]);
    else if (line[0] === 'transaction-gone') stored.delete(line[1]);
    else applyOffsetLine(offsets, line);
  }
  function* snapshot(): Generator<StateLine> {
    yield* offsetLines(offsets);
    for (const transaction of stored.values()) yield ['transaction', transaction];
  }

  const state = openStateFile(join(dir, 'state.jsonl'), apply, snapshot, warn);
  const flusher = createFlusher(options.fsync ?? 'os', warn);
  const membership = createMembership({
    onJoined(group, protocolType) {
      if (offsets.groups.get(group)?.protocolType === protocolType) return;
      const line: StateLine = ['group', group, protocolType];
      applyOffsetLine(offsets, line);
      try {
        state.append([line]);
      } catch (error) {
        warn(`Could not note down the group ${group}: ${(error as Error).message}.`);
      }
    },
    onEmpty(group) {
      const known = offsets.groups.get(group);
      if (known) known.idleSince = Date.now();
    },
  });
  const transactions = createTransactions({
    state,
    transactions: stored,
    nextProducerId: topics.nextProducerId,
    log: topics.log,
    written: flusher.written,
    commitOffset(group, topic, partition, committed) {
      const line: StateLine = ['offset', group, topic, partition, committed];
      applyOffsetLine(offsets, line);
      return line;
    },
    warn,
  });
  // One listener for each connection is no leak.
  setMaxListeners(0, closing.signal);
  const core: Core = {
    topics,
    offsets,
    membership,
    transactions,
    state,
    flusher,
    address: { host: '', port: 0 },
    warn,
    closing: closing.signal,
  };
  await transactions.recover(topics.all().flatMap((topic) => topic.logs));
  const house = keepHouse(core, options.housekeepingMs ?? 30_000);
  return {
    core,
    async close() {
      closing.abort();
      membership.close();
      await house.close();
      transactions.close();
      flusher.close();
      state.close();
      topics.close();
    },
  };
}

/**
 * Starts a durable Kafka broker of one node in this process. It speaks Kafka's protocol on TCP without encryption or sign-in,
 * so it should listen on a loopback address only.
 * @throws Error of one sentence when the folder is in use, the port is taken or the data cannot be read.
 */
export async function startEmbeddedBroker(options: BrokerOptions): Promise<EmbeddedBroker> {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true });
  const lock: FolderLock = await lockFolder(dir);
  let opened: Opened | undefined;
  try {
    opened = await open(options, dir);
    const portFile = join(dir, 'port');
    const listener = await listenOn(opened.core, options, portFile);
    const address = { host: options.host ?? '127.0.0.1', port: listener.port };
    opened.core.address = address;
    writeFileSync(portFile, String(listener.port));
    const { close } = opened;
    let closed: Promise<void> | undefined;
    const stop = async () => {
      const listening = listener.close();
      try {
        await close();
        await listening;
      } finally {
        await lock.release();
      }
    };
    return { ...address, close: () => (closed ??= stop()) };
  } catch (error) {
    await opened?.close();
    await lock.release();
    throw error;
  }
}
