import { header } from '#shared/message.ts';
import { controlHeader, type ReleaseOrder } from '#shared/parked.ts';
import { type Repair, repairsTopic } from '#shared/replay.ts';
import type { KafkaRecord, OutRecord, Work } from '../kafka/port.ts';
import { MessageError, RetriableError, type SinkMessage, type WriteOutcome } from '../sdk.ts';
import { Interrupted } from './crash.ts';
import { doneRecord, keyName, markOf, markRecord, messageRecord, type Parked, type ParkedKeys } from './parked-state.ts';
import type { ParkingOptions } from './parking-stage.ts';
import { solvedBy } from './repairs.ts';
import { sinkLetter } from './sink-message.ts';
import { countArrival, countDead, countDelivered, countFiltered, countParked, createTally, type Tally } from './tally.ts';

/** What the stage lends to its releases. */
interface ReleaseOptions extends ParkingOptions {
  budgetMs: number;
  write(messages: SinkMessage[], signal: AbortSignal, as?: string): Promise<WriteOutcome[]>;
  retrying(problem: RetriableError, tries: number, deadline: number, signal: AbortSignal): Promise<void>;
  givenUp(problem: RetriableError): MessageError;
  parks(failure: MessageError): boolean;
  read(record: KafkaRecord): SinkMessage | MessageError;
  refuse(record: KafkaRecord, failure: MessageError): void;
  entryOf(tally: Tally, first: KafkaRecord, last: KafkaRecord, as: string): OutRecord;
}

/** Takes up what was set aside. Each call is one transaction of the partition's loop, so nothing of the partition runs beside it. */
export interface Release {
  /** A person's order, or the stage's own to go on. One for a message that stands first no more does nothing. */
  order(control: KafkaRecord, order: ReleaseOrder | undefined, keys: ParkedKeys, signal: AbortSignal): Promise<Work>;
  /** A retry of the message that failed, perhaps edited: it takes its place, and when it goes through the others follow. */
  mend(record: KafkaRecord, name: string, keys: ParkedKeys, signal: AbortSignal): Promise<Work>;
}

/** What one transaction takes at most; the rest follows by an order to itself, so that progress is kept. */
const mostMessages = 500;
const mostMs = 3000;
/** Stage of the ledger entries of a failed message's second try: no part of the live sums, as of any retry. */
const retryStage = 'retry-release';

/** The state of one release while it runs. */
interface Course {
  control: KafkaRecord;
  name: string;
  parked: Parked;
  /** Of what was parked. */
  live: Tally;
  /** Of the message that had failed, and was counted as a dead letter then. */
  again: Tally;
  out: OutRecord[];
  /** How many of the waiting are done, from the first. */
  done: number;
  failed: boolean;
}

export function createRelease(options: ReleaseOptions): Release {
  const { plan, stage, log, clock } = options;
  const node = stage.node.id;

  const begin = (control: KafkaRecord, name: string, parked: Parked): Course => {
    const live = createTally();
    // Names the sink, also where nothing of it is counted.
    live.nodes[node] = { in: 0, out: {} };
    return { control, name, parked, live, again: createTally(), out: [], done: 0, failed: false };
  };

  async function follow(course: Course, order: Omit<ReleaseOrder, 'head'>, skip: number, signal: AbortSignal): Promise<void> {
    const { parked, name, control } = course;
    const until = clock() + mostMs;
    const waiting = parked.waiting.slice(skip);
    if (waiting.length === 0) return;
    for await (const record of log.messages(control.partition, name, waiting, signal)) {
      if (course.done >= mostMessages || (course.done > skip && clock() > until)) return;
      const failedBefore = String(record.offset) === parked.failed;
      if (failedBefore && order.first === 'discard') {
        course.done++;
        continue;
      }
      const outcome = await deliver(record, failedBefore, signal);
      count(course, record, failedBefore, outcome, order);
      if (course.failed) return;
    }
  }

  /** One message until it is settled; the partition waits, as it does for every message that is tried again. */
  async function deliver(record: KafkaRecord, again: boolean, signal: AbortSignal, own = false): Promise<'delivered' | MessageError> {
    const message = options.read(record);
    if (message instanceof MessageError) return message;
    const attempt = Number(record.headers[header.errorAttempt] ?? 0) + 1;
    const sent = again ? { ...message, id: `${message.id}~${attempt}` } : message;
    // A place of its own in a sink that keeps positions: there these offsets are behind those of other keys.
    const as = own ? undefined : `${record.topic}@${record.offset}`;
    const deadline = clock() + options.budgetMs;
    let troubled = false;
    for (let tries = 0; ; tries++) {
      const [outcome] = await options.write([sent], signal, as);
      if (signal.aborted && outcome instanceof RetriableError) throw new Interrupted(`Stage ${stage.id} of ${plan.flow} is stopping.`);
      if (!(outcome instanceof RetriableError)) {
        if (troubled) options.trouble(undefined);
        return outcome ?? 'delivered';
      }
      if (clock() >= deadline) return options.givenUp(outcome);
      troubled = true;
      await options.retrying(outcome, tries, deadline, signal);
      if (signal.aborted) throw new Interrupted(`Stage ${stage.id} of ${plan.flow} is stopping.`);
    }
  }

  function count(
    course: Course,
    record: KafkaRecord,
    failedBefore: boolean,
    outcome: 'delivered' | MessageError,
    { item, who }: Pick<ReleaseOrder, 'item' | 'who'>,
  ): void {
    const tally = failedBefore ? course.again : course.live;
    if (failedBefore) {
      tally.in++;
      countArrival(tally, node);
    } else countParked(tally, node, -1);
    if (outcome === 'delivered') {
      countDelivered(tally, node);
      course.done++;
      const solved = failedBefore && item !== undefined ? repairOf(record, item, who) : solvedBy(record, plan, clock());
      if (solved) course.out.push(solved);
      return;
    }
    options.refuse(record, outcome);
    if (!options.parks(outcome)) {
      countFiltered(tally, node, `skipped: ${outcome.code}`);
      course.done++;
      return;
    }
    countDead(tally, node, outcome.code);
    const known = item === undefined || !failedBefore ? record : { ...record, headers: { ...record.headers, [header.item]: item } };
    course.out.push(sinkLetter(plan, stage, known, outcome, clock()), messageRecord(log.topic, course.name, known, true));
    Object.assign(course.parked, markOf(record, outcome), { attempts: (course.parked.attempts ?? 1) + 1 });
    course.failed = true;
  }

  /** Tells the inbox that the message which had failed is through. */
  function repairOf(record: KafkaRecord, item: string, who: string): OutRecord {
    const attempt = Number(record.headers[header.errorAttempt] ?? 1) + 1;
    const repair: Repair = { flow: plan.flow, item, outcome: 'solved', attempt, retry: 'release', version: plan.version, who, at: clock() };
    return { topic: repairsTopic, key: item, value: JSON.stringify(repair) };
  }

  /** Everything that the transaction writes, and the state as it stands after it. */
  function close(course: Course, keys: ParkedKeys, who: string): Work {
    const { control, name, parked, live, again, out, done } = course;
    const gone = parked.waiting.splice(0, done);
    for (const offset of gone) out.push(doneRecord(log.topic, control.partition, name, offset));
    if (parked.waiting.length === 0) {
      keys.delete(name);
      out.push(markRecord(log.topic, control.partition, name, undefined));
    } else {
      out.push(markRecord(log.topic, control.partition, name, parked));
      if (!course.failed) out.push(releaseRecord(control, { first: 'continue', head: parked.waiting[0] as string, who }));
    }
    out.push(options.entryOf(live, control, control, stage.id));
    if (again.in > 0) out.push(options.entryOf(again, control, control, retryStage));
    return { consumed: 1, records: out };
  }

  return {
    async order(control, order, keys, signal) {
      const name = control.key === null ? undefined : keyName(control.key);
      const parked = name === undefined ? undefined : keys.get(name);
      if (name === undefined || order === undefined || parked === undefined || isStale(order, parked)) {
        const tally = createTally();
        tally.nodes[node] = { in: 0, out: {} };
        tally.orders = 1;
        return { consumed: 1, records: [options.entryOf(tally, control, control, stage.id)] };
      }
      const course = begin(control, name, parked);
      course.live.orders = 1;
      await follow(course, order, 0, signal);
      return close(course, keys, order.who);
    },

    async mend(record, name, keys, signal) {
      const parked = keys.get(name) as Parked;
      const course = begin(record, name, parked);
      course.live.in++;
      course.live.resent = 1;
      countArrival(course.live, node);
      const outcome = await deliver(record, false, signal, true);
      if (outcome === 'delivered') {
        countDelivered(course.live, node);
        const solved = solvedBy(record, plan, clock());
        if (solved) course.out.push(solved);
        course.done = 1;
        await follow(course, { first: 'continue', who: '' }, 1, signal);
      } else {
        options.refuse(record, outcome);
        countDead(course.live, node, outcome.code);
        course.out.push(sinkLetter(plan, stage, record, outcome, clock()));
        parked.attempts = (parked.attempts ?? 1) + 1;
        parked.code = outcome.code;
        parked.message = outcome.message.slice(0, 2000);
        course.failed = true;
      }
      const who = record.headers[header.correctedBy];
      return close(course, keys, typeof who === 'string' ? who : 'a retry');
    },
  };
}

/** Whether what the order is about is no more: another message stands first, or it has failed once more since. */
function isStale({ head, attempts }: ReleaseOrder, parked: Parked): boolean {
  return parked.waiting[0] !== head || (attempts !== undefined && attempts !== (parked.attempts ?? 1));
}

/** The record that orders a release, in the partition of the sink's own topic in which the key's messages stand. */
export function releaseRecord(at: Pick<KafkaRecord, 'topic' | 'partition' | 'key'>, order: ReleaseOrder): OutRecord {
  const { topic, partition, key } = at;
  return { topic, partition, key, value: JSON.stringify(order), headers: { [controlHeader]: 'release' } };
}
