import { randomBytes } from 'node:crypto';
import { type Retry, type RetryRequest, repairsTopic } from '#shared/replay.ts';
import { deadLetterTopicOf } from '../compile.ts';
import { ledgerSpec } from '../runtime/ledger-reader.ts';
import { repairsSpec } from '../runtime/repairs.ts';
import { readRepairs } from './dead-index.ts';
import { decided } from './decided.ts';
import { startReplayThread, type ThreadEnd } from './host.ts';
import { keepGoing, messageOf, surely, watchThread } from './keep.ts';
import { planOf, type ReplayOptions } from './options.ts';
import type { RetryInput } from './protocol.ts';
import { transformOf } from './range.ts';
import type { Retries } from './retries.ts';
import { letterOf, readAt } from './retry-letter.ts';
import { hasNewer, isOpen, keyMark, type ListedLetter, listOf } from './retry-list.ts';
import { retryGroup, retryStage } from './retry-stage.ts';
import { committedSums, type Sums } from './sums.ts';

/** What the engine keeps beside a retry: what was asked, then where its list stands. */
type Work =
  | { phase: 'asked'; letters: string[]; edits: NonNullable<RetryRequest['edits']>; tries: number }
  | { phase: 'listed'; topic: string; end: string; skipped: number; notes: string[] };

interface Run {
  retry: Retry;
  stop(): void;
  over: Promise<void>;
}

const ended: readonly Retry['state'][] = ['done', 'stopped', 'failed'];
/** Clocks of the brokers and of this server differ by less, in ms. */
const slackMs = 3_600_000;

/** Opens the retries, and lets those go on that ran when the server ended. */
export async function openRetries(options: ReplayOptions): Promise<Retries> {
  const { store, kafka, log } = options;
  const runs = new Map<string, Run>();
  const listeners = new Set<(retry: Retry) => void>();
  const closing = new AbortController();

  const tell = (retry: Retry) => {
    for (const listener of listeners) listener(retry);
  };

  async function start({ letters, edits = {}, ...request }: RetryRequest, who: string): Promise<Retry> {
    const dead = deadLetterTopicOf(request.flow);
    const all = [...new Set(letters)];
    if (!all.some((letter) => letter.startsWith(`${dead}/`)))
      throw new Error('None of these is a dead letter of this flow. Choose messages of its inbox.');
    // A version that cannot run is told at once, before anything is kept.
    transformOf(await planOf(options, request.flow, request.version));
    const retry: Retry = {
      id: randomBytes(5).toString('hex'),
      request: { ...request, count: all.length, edited: all.filter((letter) => edits[letter]).length },
      state: 'starting',
      startedBy: who,
      startedAt: Date.now(),
      done: 0,
      passed: 0,
      failed: 0,
      skipped: 0,
    };
    await store.retries.add(retry, JSON.stringify({ phase: 'asked', letters: all, edits, tries: 0 } satisfies Work));
    tell(retry);
    run(retry);
    return retry;
  }

  function run(retry: Retry): void {
    const ending = new AbortController();
    const mine: Run = { retry, stop: () => ending.abort(new Error('Stopped.')), over: Promise.resolve() };
    runs.set(retry.id, mine);
    const { flow } = retry.request;
    const kept = {
      what: `retry ${retry.id}`,
      ending: ending.signal,
      closing: closing.signal,
      thread: () => oneThread(mine, ending.signal),
      far: () => mine.retry.done,
      log: (level: 'info' | 'warn' | 'error', message: string) => log(level, message, { flow }),
    };
    const end = (state: Retry['state'], why?: string) => surely(() => settle(mine, state, why), kept);
    mine.over = keepGoing(kept)
      .then((how) => {
        if (how.how === 'closed') return;
        if (how.how === 'done') return end('done');
        if (how.how === 'wanted') return end('stopped');
        return how.how === 'paused' ? end('stopped', how.reason) : end('failed', how.message);
      })
      .finally(() => runs.delete(retry.id));
  }

  async function oneThread(mine: Run, ending: AbortSignal): Promise<ThreadEnd> {
    const over = AbortSignal.any([ending, closing.signal]);
    const { id, request, startedAt, startedBy } = mine.retry;
    const { flow } = request;
    const plan = await planOf(options, flow, request.version);
    let work = JSON.parse(await store.retries.work(id)) as Work;
    if (work.phase === 'asked') work = await list(mine, work, over);
    const sums = await committedSums(kafka, flow, retryStage(id), startedAt, over);
    over.throwIfAborted();
    mine.retry = { ...withSums(mine.retry, sums, work.skipped), state: 'running' };
    await store.retries.put(mine.retry);
    tell(mine.retry);
    if (work.end === '0') return { how: 'done' };
    const input: RetryInput = {
      kind: 'retry',
      id,
      who: startedBy,
      flow,
      from: request.from,
      perSecond: request.perSecond,
      stopAfter: request.stopAfter,
      topic: work.topic,
      end: work.end,
      sums,
      plan,
      kafka: options.settings,
      nodeFolders: options.nodeFolders,
      secrets: await options.secrets(),
      filesFolder: options.filesFolder,
      bindings: options.bindings,
      allowPrivate: options.allowPrivate,
    };
    const { skipped } = work;
    let dirty = false;
    const thread = startReplayThread(input, (message) => {
      if (message.type === 'log') return log(message.level, message.message, { flow, retry: id });
      if (message.type !== 'committed') return;
      mine.retry = withSums(mine.retry, message.sums, skipped);
      dirty = true;
    });
    const save = () => {
      if (!dirty) return undefined;
      dirty = false;
      tell(mine.retry);
      return store.retries
        .put(mine.retry)
        .catch((error: unknown) => log('warn', `A retry's progress was not kept: ${messageOf(error)}`, { flow }));
    };
    return watchThread(thread, { ending, closing: closing.signal, save });
  }

  /**
   * Takes the letters' items, leaves out what is settled, and writes the list to a topic of its own. Done again after a
   * crash it takes the same items and writes a new list.
   */
  async function list(mine: Run, asked: Extract<Work, { phase: 'asked' }>, over: AbortSignal): Promise<Extract<Work, { phase: 'listed' }>> {
    const { id, request } = mine.retry;
    const { flow, from } = request;
    const found: ListedLetter[] = [];
    await readAt(
      kafka,
      asked.letters,
      (_position, record) => {
        const letter = letterOf(record);
        if (letter) found.push({ ...letter, key: keyMark(record.key, letter.stage) });
      },
      over,
    );
    const notes: string[] = [];
    const gone = asked.letters.length - found.length;
    if (gone > 0) notes.push(`${gone} are gone: retention deleted them.`);
    const deliverable = await withDeliverStage(flow, found, from);
    if (deliverable.length < found.length)
      notes.push(`${found.length - deliverable.length} belong to a sink that the deployed version does not have.`);
    const items = [...new Set(deliverable.map(({ item }) => item))];
    const holders = await store.claims.claim(flow, id, items);
    notes.push(...(await heldNotes(id, holders)));
    // Read after the items were taken: whoever had them before has told their end by then.
    const since = deliverable.reduce((least, { at }) => Math.min(least, at), Date.now()) - slackMs;
    await decided(kafka, [deadLetterTopicOf(flow), repairsTopic], over);
    const repairs = await readRepairs(kafka, since, over);
    // A part that has just failed again stands in the topic before the inbox has read it. Taken for open, its old letter would
    // be sent beside the new one, which stays open.
    await options.inbox?.upToDate(over);
    const settled = (await options.inbox?.settled(deliverable.map(({ position }) => position))) ?? new Set<string>();
    const newest = (await options.inbox?.newest(items)) ?? new Map<string, string>();
    over.throwIfAborted();
    const open = deliverable.filter(
      (letter) =>
        holders.get(letter.item) === id &&
        !settled.has(letter.position) &&
        isOpen(letter, repairs.get(letter.item)) &&
        // A letter that has failed again since is history: its item goes on with the newest.
        !hasNewer(letter, newest.get(letter.item)),
    );
    const { works } = listOf(open, { from, edits: asked.edits });
    const onList = works.reduce((sum, { letters }) => sum + letters.length, 0);
    const topic = `millrace.${flow}.retry.${id}${asked.tries > 0 ? `-${asked.tries}` : ''}`;
    await store.retries.put(mine.retry, JSON.stringify({ ...asked, tries: asked.tries + 1 } satisfies Work));
    const admin = kafka.admin();
    let end = '0';
    try {
      const config = { 'max.message.bytes': '16777216', 'retention.ms': '-1' };
      await admin.ensureTopics([ledgerSpec, repairsSpec]);
      if (works.length > 0) {
        await admin.ensureTopics([{ name: topic, partitions: 1, config }]);
        const producer = await kafka.producer();
        try {
          for (let at = 0; at < works.length; at += 1000)
            await Promise.all(
              works.slice(at, at + 1000).map((work) => producer.send({ topic, partition: 0, key: null, value: JSON.stringify(work) })),
            );
        } finally {
          await producer.close();
        }
        end = String((await admin.offsets(topic))?.[0]?.high ?? 0n);
      }
    } finally {
      await admin.close();
    }
    const listed = { phase: 'listed' as const, topic, end, skipped: asked.letters.length - onList, notes };
    await store.retries.put(mine.retry, JSON.stringify(listed satisfies Work));
    return listed;
  }

  /** Says which items others hold. */
  async function heldNotes(id: string, holders: ReadonlyMap<string, string>): Promise<string[]> {
    const counts = new Map<string, number>();
    for (const holder of holders.values()) if (holder !== id) counts.set(holder, (counts.get(holder) ?? 0) + 1);
    const replays = (await store.replays.inState(['starting', 'running', 'paused'])).filter((replay) => counts.has(replay.id));
    const retried = [...counts].reduce((sum, [holder, count]) => (replays.some((one) => one.id === holder) ? sum : sum + count), 0);
    return [
      ...(retried > 0 ? [`${retried} are being retried already.`] : []),
      ...replays.map(({ id: holder, state, spec }) => {
        const what =
          state === 'paused' ? 'which is paused: resume or stop it first' : 'which runs: retry what it leaves open when it has ended';
        return `${counts.get(holder)} are in the range of the replay “${spec.name || holder}”, ${what}.`;
      }),
    ];
  }

  /** Dead letters of a deliver stage can only go back where that stage is. */
  async function withDeliverStage(flow: string, letters: ListedLetter[], from: RetryRequest['from']): Promise<ListedLetter[]> {
    if (from === 'start') return letters;
    const current = await store.deployments.current(flow);
    const stages = new Set(current?.plan.stages.map(({ id }) => id));
    return letters.filter(({ stage }) => !stage.startsWith('deliver-') || stages.has(stage));
  }

  async function settle(mine: Run, state: Retry['state'], why?: string): Promise<void> {
    const { id, request, startedAt } = mine.retry;
    const work = JSON.parse((await store.retries.work(id)) || '{}') as Partial<Extract<Work, { phase: 'listed' }>>;
    const sums = await committedSums(kafka, request.flow, retryStage(id), startedAt);
    const notes = [...(why === undefined ? [] : [why]), ...(work.notes ?? [])];
    const next: Retry = {
      ...withSums(mine.retry, sums, work.skipped ?? 0),
      state,
      endedAt: Date.now(),
      ...(notes.length > 0 && { reason: notes.join(' ') }),
    };
    await store.retries.put(next, '');
    await store.claims.release(id);
    // Told last: from here on others may take the items, and all that is to be said of them is said.
    mine.retry = next;
    tell(next);
    const admin = kafka.admin();
    try {
      await admin.deleteGroups([retryGroup(request.flow, id)]);
      if (work.topic !== undefined) await admin.deleteTopics([work.topic]);
    } catch (error) {
      log('warn', `What retry ${id} needed was not removed: ${messageOf(error)}`, { flow: request.flow });
    } finally {
      await admin.close();
    }
  }

  await store.claims.releaseEnded();
  for (const retry of await store.retries.inState(['starting', 'running'])) run(retry);

  return {
    start,
    get: async (id) => runs.get(id)?.retry ?? (await store.retries.get(id)),
    async list(flow) {
      return (await store.retries.list(flow, 100)).map((retry) => runs.get(retry.id)?.retry ?? retry);
    },
    async stop(id) {
      const mine = runs.get(id);
      if (mine) {
        mine.stop();
        await mine.over;
        return;
      }
      const retry = await store.retries.get(id);
      if (retry && !ended.includes(retry.state)) await settle({ retry, stop: () => undefined, over: Promise.resolve() }, 'stopped');
    },
    onChanged(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closing.abort(new Error('The server is ending.'));
      await Promise.allSettled([...runs.values()].map(({ over }) => over));
    },
  };
}

function withSums(retry: Retry, { balance }: Sums, skipped: number): Retry {
  return {
    ...retry,
    done: balance.read + skipped,
    passed: balance.written + balance.filtered,
    failed: balance.failed,
    skipped: balance.skipped + skipped,
  };
}
