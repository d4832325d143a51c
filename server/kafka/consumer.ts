import { setMaxListeners } from 'node:events';
import { backOff, pauseFor, settlesWithin } from './clock.ts';
import { asError, errorType, isConnectionError, isHopeless, unreachable } from './errors.ts';
import { createFetcher, type Fetcher, maxWaitMs } from './fetcher.ts';
import type { KafkaLog } from './log.ts';
import { createMembership, type Membership } from './membership.ts';
import { type Net, openNet, persist } from './net.ts';
import { commitOffsets, committedOffsets, latest, listOffsets } from './offsets.ts';
import { HandlerFailed, runPartition } from './partition-loop.ts';
import { createPartitioner } from './partitioner.ts';
import type { ConsumeOptions, KafkaConsumer, KafkaSettings } from './port.ts';
import { createTransactor } from './transaction.ts';

const defaultSessionTimeoutMs = 10_000;
const defaultTransactionTimeoutMs = 60_000;
const defaultBatchBytes = 1024 * 1024;
const rebalanceTimeoutMs = 60_000;
/** How long a rebalance waits for handlers and commits under way, before and after their signal fires, in ms. */
const graceMs = 10_000;
/** A fetch without an answer for so long is taken for a hang: all connections are made anew. */
const silenceMs = Math.max(3 * maxWaitMs, 30_000);
/** The same trouble is told again after so long, in ms. */
const tellAgainMs = 5_000;
const metadataCheckMs = 30_000;

/** Starts the exactly-once loop of the port's `consume`. Kafka's absence never ends it; `done` tells how it ended. */
export function createConsumer(settings: KafkaSettings, log: KafkaLog, options: ConsumeOptions): KafkaConsumer {
  const sessionTimeoutMs = options.sessionTimeoutMs ?? defaultSessionTimeoutMs;
  const heartbeatMs = Math.min(sessionTimeoutMs / 6, 1_000);
  const stopping = new AbortController();
  const cutting = new AbortController();
  setMaxListeners(0, stopping.signal, cutting.signal);
  const joined = withResolvers();
  let paused = false;
  const waiting = new Set<() => void>();
  let cutConnections: (() => void) | undefined;
  let told: { text: string; at: number } | undefined;
  /** Partitions whose old loop has not ended yet; a new one waits for it. */
  const running = new Map<string, Promise<void>>();

  function onTrouble(error: Error | undefined): void {
    if (error === undefined) {
      if (told !== undefined) options.onTrouble?.(undefined);
      told = undefined;
      return;
    }
    const known = isConnectionError(error) && error.name !== 'KafkaUnreachable' ? unreachable(settings.brokers, error) : error;
    if (told && told.text === known.message && Date.now() - told.at < tellAgainMs) return;
    told = { text: known.message, at: Date.now() };
    options.onTrouble?.(known);
  }

  async function gate(over: AbortSignal): Promise<void> {
    while (paused && !over.aborted) {
      await new Promise<void>((resolve) => {
        const go = () => {
          waiting.delete(go);
          over.removeEventListener('abort', go);
          resolve();
        };
        waiting.add(go);
        over.addEventListener('abort', go, { once: true });
      });
    }
  }

  /** Runs the assigned partitions until the group changes, `stopping` fires, or one of them fails. */
  async function generation(connections: Connections, assignment: Record<string, number[]>): Promise<void> {
    const { membership, fetcher, work } = connections;
    const ending = new AbortController();
    const lost = new AbortController();
    const noMore = AbortSignal.any([stopping.signal, ending.signal]);
    const cut = AbortSignal.any([cutting.signal, lost.signal]);
    // One listener for each partition is no leak.
    setMaxListeners(0, noMore, cut);
    let failure: { error: Error } | undefined;
    const partitioner = createPartitioner();
    const loops: Promise<void>[] = [];
    for (const { topic, from } of options.topics) {
      for (const partition of assignment[topic] ?? []) {
        const name = `${topic}/${partition}`;
        const id = `${options.group}.${topic}.${partition}`;
        const transactor = createTransactor(work, partitioner, id, options.transactionTimeoutMs ?? defaultTransactionTimeoutMs);
        const task = { topic, partition, from, options, net: work, fetcher, transactor, log, gate, ending: noMore, cut, onTrouble };
        const before = running.get(name) ?? Promise.resolve();
        const loop = before
          .then(() => runPartition(task))
          .catch((thrown) => {
            failure ??= { error: asError(thrown) };
            lost.abort(new Error('another partition failed'));
            ending.abort();
          });
        running.set(name, loop);
        loops.push(loop);
      }
    }
    const all = Promise.all(loops);
    const reason = await watch(connections, noMore, lost);
    ending.abort();
    if (reason === 'rebalance' || reason === 'lost') options.onRebalance?.();
    if (stopping.signal.aborted) {
      await Promise.race([all, keepAlive(membership, cutting.signal, all)]);
    } else if (reason === 'rebalance') {
      const ended = new AbortController();
      const beating = keepAlive(membership, ended.signal, all);
      if (!(await settlesWithin(all, graceMs))) lost.abort(new Error('the group is rebalancing'));
      await settlesWithin(all, graceMs);
      ended.abort();
      await beating;
    } else {
      lost.abort(new Error('the partition is no longer ours'));
      await settlesWithin(all, graceMs);
    }
    if (failure) throw failure.error;
    if (reason === 'silent') throw unreachable(settings.brokers, new Error('it stopped answering without closing its connection'));
  }

  /** Heartbeats go on while handlers end, so that the group waits for this member. */
  async function keepAlive(membership: Membership, until: AbortSignal, all: Promise<unknown>): Promise<void> {
    let over = false;
    const finish = all.then(() => {
      over = true;
    });
    while (!over && !until.aborted) {
      await Promise.race([finish, pauseFor(heartbeatMs, until)]);
      if (!over && !until.aborted) await membership.heartbeat();
    }
  }

  /** Heartbeats until something ends the generation; says what. A lease that ran out cuts by itself. */
  async function watch(
    connections: Connections,
    noMore: AbortSignal,
    lost: AbortController,
  ): Promise<'stop' | 'rebalance' | 'lost' | 'silent'> {
    const { membership, fetcher, control, partitions } = connections;
    let good = Date.now();
    let checked = Date.now();
    for (;;) {
      await pauseFor(heartbeatMs, noMore);
      if (noMore.aborted) return 'stop';
      const beat = await membership.heartbeat();
      if (beat === 'ok') {
        good = Date.now();
      } else if (beat === 'rebalance' || beat === 'lost') {
        return beat;
      } else {
        onTrouble(beat.failed);
        if (Date.now() - good > sessionTimeoutMs && !lost.signal.aborted) lost.abort(new Error('no heartbeat within the session timeout'));
        if (lost.signal.aborted) return 'lost';
      }
      if (fetcher.silentMs() > silenceMs) return 'silent';
      if (Date.now() - checked > metadataCheckMs) {
        checked = Date.now();
        if (await hasGrown(control, partitions)) return 'rebalance';
      }
    }
  }

  /** One set of connections, used until something is wrong with them. */
  async function session(): Promise<void> {
    const connections = open();
    cutConnections = connections.cut;
    const wait = backOff(100, 5_000);
    try {
      await settleStarts(connections.work, options);
      while (!stopping.signal.aborted) {
        let assignment: Record<string, number[]>;
        try {
          for (const { topic } of options.topics) {
            const list = await connections.control.leaders(topic, true);
            if (list) connections.partitions.set(topic, list.length);
          }
          assignment = await whileRunning(connections.membership.join());
        } catch (error) {
          const type = errorType(error);
          if (stopping.signal.aborted) break;
          if (type !== 'REBALANCE_IN_PROGRESS' && type !== 'UNKNOWN_MEMBER_ID' && type !== 'ILLEGAL_GENERATION') throw error;
          await pauseFor(wait.next(), stopping.signal);
          continue;
        }
        wait.reset();
        onTrouble(undefined);
        joined.resolve();
        await generation(connections, assignment);
      }
    } finally {
      connections.fetcher.close();
      if (!cutting.signal.aborted) {
        await connections.membership.leave(connections.work).catch((error) => log.debug?.('kafka: leaving the group failed', { error }));
      }
      connections.cut();
    }
  }

  /** Rejects when the consumer is being stopped: a join may wait as long as the slowest member. */
  async function whileRunning<Result>(promise: Promise<Result>): Promise<Result> {
    const { signal } = stopping;
    const left = withResolvers();
    const leave = () => left.resolve();
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    try {
      return await Promise.race([
        promise,
        left.promise.then(() => {
          throw new Error('The consumer is being stopped.');
        }),
      ]);
    } finally {
      signal.removeEventListener('abort', leave);
      promise.catch((error) => log.debug?.('kafka: a join was given up', { error }));
    }
  }

  interface Connections {
    control: Net;
    work: Net;
    membership: Membership;
    fetcher: Fetcher;
    /** Partition counts when the group was joined last. */
    partitions: Map<string, number>;
    cut(): void;
  }

  /** Two sets of connections: joins and fetches wait long, and a transaction must not stand behind them. */
  function open(): Connections {
    const control = openNet(settings, log);
    const work = openNet(settings, log);
    const membership = createMembership(control, {
      group: options.group,
      topics: options.topics.map(({ topic }) => topic),
      sessionTimeoutMs,
      rebalanceTimeoutMs,
    });
    const fetcher = createFetcher(control, { committedOnly: true, partitionBytes: options.maxBatchBytes ?? defaultBatchBytes, onTrouble });
    const cut = () => {
      control.cut();
      work.cut();
    };
    return { control, work, membership, fetcher, partitions: new Map(), cut };
  }

  async function supervise(): Promise<void> {
    const wait = backOff(200, 5_000);
    while (!stopping.signal.aborted) {
      const began = Date.now();
      try {
        await session();
      } catch (thrown) {
        const error = asError(thrown);
        if (cutting.signal.aborted) return;
        if (error instanceof HandlerFailed) throw error.cause;
        if (isHopeless(error)) throw error;
        log.warn(`kafka: ${options.group} connects again: ${error.message}`);
        onTrouble(error);
        if (Date.now() - began > 60_000) wait.reset();
        await pauseFor(wait.next(), stopping.signal);
      }
    }
  }

  const done = supervise();
  done.then(
    () => joined.reject(new Error('The consumer was stopped before it had joined its group.')),
    (error) => joined.reject(error),
  );
  joined.promise.catch((error) => log.debug?.('kafka: a consumer ended before it had joined', { error }));

  return {
    done,
    joined: joined.promise,
    async stop(deadlineMs) {
      stopping.abort(new Error('the consumer is being stopped'));
      if (!(await settlesWithin(done, deadlineMs))) {
        cutting.abort(new Error('the consumer is being stopped'));
        cutConnections?.();
        await settlesWithin(done, 1_000);
      }
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      for (const go of [...waiting]) go();
    },
  };
}

function withResolvers(): { promise: Promise<void>; resolve(): void; reject(error: Error): void } {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** True when a topic has more partitions than when the group was joined. */
async function hasGrown(net: Net, partitions: ReadonlyMap<string, number>): Promise<boolean> {
  for (const [topic, count] of partitions) {
    const list = await net.leaders(topic, true).catch(() => undefined);
    if (list && list.length > count) return true;
  }
  return false;
}

/**
 * Checks that the topics exist, and makes 'latest' and timed starts durable before the group is joined, so that what
 * is written from now on is read even if this process dies before its first commit.
 */
async function settleStarts(net: Net, { group, topics }: ConsumeOptions): Promise<void> {
  for (const { topic, from } of topics) {
    const list = await persist(10_000, async () => {
      const found = await net.leaders(topic, true);
      if (found) return found;
      await pauseFor(250);
      return net.leaders(topic, true);
    });
    if (!list) throw new Error(`Topic "${topic}" does not exist. Create it, or deploy the flow that owns it.`);
    if (from === 'earliest') continue;
    const partitions = list.map((_, partition) => partition);
    const committed = await committedOffsets(net, group, topic, partitions);
    if ([...committed.values()].some((offset) => offset >= 0n)) continue;
    const starts = await listOffsets(net, topic, partitions, from === 'latest' ? latest : from.time);
    await commitOffsets(net, group, topic, starts).catch((error) => {
      // The group has live members: they, or each partition's loop, settle its start.
      if (errorType(error) !== 'UNKNOWN_MEMBER_ID' && errorType(error) !== 'ILLEGAL_GENERATION') throw error;
    });
  }
}
