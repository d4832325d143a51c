import type { Core, Handler } from '../core.ts';
import { type Log, lastStableOffset } from '../log.ts';
import { bytesAvailable, readLog } from '../log-reader.ts';
import { abortedBetween } from '../producer-state.ts';
import type { RequestOf, ResponseOf } from '../protocol/apis.ts';
import { codeOf, ERROR } from '../protocol/errors.ts';

type Wanted = RequestOf<'fetch'>['topics'][number]['partitions'][number];
type Answer = ResponseOf<'fetch'>['topics'][number]['partitions'][number];

/** One partition of a fetch, found or not. */
interface Target {
  topic: string;
  topicId: string;
  wanted: Wanted;
  log: Log | undefined;
  missing: number;
}

function targetsOf(core: Core, request: RequestOf<'fetch'>, version: number): Target[] {
  const targets: Target[] = [];
  for (const entry of request.topics) {
    const topic = version >= 13 ? core.topics.byId(entry.topicId) : core.topics.get(entry.name);
    for (const wanted of entry.partitions) {
      const missing = version >= 13 && !topic ? ERROR.unknownTopicId : ERROR.unknownTopicOrPartition;
      targets.push({ topic: topic?.name ?? entry.name, topicId: entry.topicId, wanted, log: topic?.logs[wanted.index], missing });
    }
  }
  return targets;
}

function limitOf(log: Log, committedOnly: boolean): number {
  return committedOnly ? lastStableOffset(log) : log.highWatermark;
}

function errorOf(target: Target): number {
  const { log, wanted } = target;
  if (!log || log.gone) return target.missing;
  return wanted.fetchOffset < log.startOffset || wanted.fetchOffset > log.endOffset ? ERROR.offsetOutOfRange : 0;
}

/** Whether the answer need not wait: there is enough to read, or something to complain about. */
function isEnough(targets: readonly Target[], minBytes: number, committedOnly: boolean): boolean {
  let bytes = 0;
  for (const target of targets) {
    if (errorOf(target) !== 0 || !target.log) return true;
    bytes += Math.min(bytesAvailable(target.log, target.wanted.fetchOffset, limitOf(target.log, committedOnly)), target.wanted.maxBytes);
    if (bytes >= minBytes) return true;
  }
  return bytes >= minBytes;
}

/** Resolves when one of the logs has something new and `ready` says so, when the time is over, or when the client has gone. */
function waitForLogs(targets: readonly Target[], ready: () => boolean, ms: number, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const logs = new Set(targets.flatMap((target) => target.log ?? []));
    const finish = (): void => {
      clearTimeout(timer);
      gone.removeEventListener('abort', finish);
      for (const log of logs) log.waiters.delete(look);
      resolve();
    };
    const look = (): void => {
      if (ready()) finish();
      else for (const log of logs) log.waiters.add(look);
    };
    const timer = setTimeout(finish, ms);
    gone.addEventListener('abort', finish);
    for (const log of logs) log.waiters.add(look);
  });
}

function readTarget(core: Core, target: Target, committedOnly: boolean, budget: number, atLeastOne: boolean): Answer {
  const { wanted, log } = target;
  const errorCode = errorOf(target);
  const empty = { index: wanted.index, preferredReadReplica: -1, abortedTransactions: null, records: [] };
  if (errorCode !== 0 || !log) {
    return { ...empty, errorCode, highWatermark: log?.highWatermark ?? -1, lastStableOffset: -1, logStartOffset: log?.startOffset ?? -1 };
  }
  const stable = lastStableOffset(log);
  const limit = committedOnly ? stable : log.highWatermark;
  const answer: Answer = {
    ...empty,
    errorCode: 0,
    highWatermark: log.highWatermark,
    lastStableOffset: stable,
    logStartOffset: log.startOffset,
  };
  try {
    const records = readLog(log, wanted.fetchOffset, Math.max(0, Math.min(wanted.maxBytes, budget)), limit, atLeastOne);
    answer.records = [records];
    if (committedOnly) {
      answer.abortedTransactions =
        records.length === 0
          ? []
          : abortedBetween(log.state, wanted.fetchOffset, limit).map(({ producerId, first }) => ({ producerId, firstOffset: first }));
    }
  } catch (error) {
    core.warn(`Could not read ${log.topic}-${log.partition}: ${(error as Error).message}.`);
    answer.errorCode = codeOf(error);
  }
  return answer;
}

type Topics = ResponseOf<'fetch'>['topics'];

/** Reads all partitions once; `idle` when that brought neither records nor an error. */
function readAll(core: Core, targets: readonly Target[], request: RequestOf<'fetch'>, version: number): { topics: Topics; idle: boolean } {
  const topics: Topics = [];
  let budget = request.maxBytes;
  let idle = true;
  for (const target of targets) {
    const answer = readTarget(core, target, request.isolationLevel === 1, budget, budget === request.maxBytes);
    budget -= answer.records?.reduce((sum, part) => sum + part.length, 0) ?? 0;
    if (answer.errorCode !== 0) idle = false;
    const last = topics.at(-1);
    const sameTopic = version >= 13 ? last?.topicId === target.topicId : last?.name === target.topic;
    if (last && sameTopic) last.partitions.push(answer);
    else topics.push({ name: target.topic, topicId: target.topicId, partitions: [answer] });
  }
  return { topics, idle: idle && budget === request.maxBytes };
}

/** Reads records, waiting for them up to the time the client allows. Fetch sessions are not kept: each request says all. */
export const fetch: Handler<'fetch'> = async (core, request, { version, gone }) => {
  if (request.sessionId !== 0 && request.sessionEpoch > 0) {
    return { throttleTimeMs: 0, errorCode: ERROR.fetchSessionIdNotFound, sessionId: 0, topics: [] };
  }
  const targets = targetsOf(core, request, version);
  const enough = () => isEnough(targets, request.minBytes, request.isolationLevel === 1);
  const deadline = Date.now() + request.maxWaitMs;
  if (request.maxWaitMs > 0 && !gone.aborted && !enough()) await waitForLogs(targets, enough, request.maxWaitMs, gone);
  for (;;) {
    const { topics, idle } = readAll(core, targets, request, version);
    const left = deadline - Date.now();
    if (!idle || request.minBytes <= 0 || left <= 0 || gone.aborted) return { throttleTimeMs: 0, errorCode: 0, sessionId: 0, topics };
    // Offsets are there but no records: compaction left a gap up to an open transaction. A client must not ask again at once.
    await waitForLogs(targets, () => true, left, gone);
  }
};
