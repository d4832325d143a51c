import { appendMarker, type Log } from './log.ts';
import { ERROR, ProtocolError } from './protocol/errors.ts';
import type { CommittedOffset, StateFile, StateLine, StoredTransaction } from './state-file.ts';

/** The coordinator of transactional producers. */
export interface Transactions {
  /** Gives a producer its id and epoch, after ending what an earlier one with the same transactional id left open. */
  init(request: { id: string; timeoutMs: number; producerId: number; epoch: number }): Promise<{ producerId: number; epoch: number }>;
  addPartitions(caller: ProducerName, partitions: readonly [string, number][]): Promise<void>;
  /** Offsets to be committed together with the transaction; an empty list only opens it. */
  addOffsets(caller: ProducerName, offsets: StoredTransaction['offsets']): Promise<void>;
  /** Commits or aborts. Resolves when the markers stand in the logs and the offsets are committed. */
  end(caller: ProducerName, committed: boolean): Promise<void>;
  /** Checks that a batch may be written; throws a ProtocolError. */
  checkBatch(log: Log, batch: { producerId: number; epoch: number; transactional: boolean }): void;
  /** True while an open transaction holds an offset of this partition. */
  hasPendingOffset(group: string, topic: string, partition: number): boolean;
  /** Finishes what was decided before the last stop and aborts what nobody owns. */
  recover(logs: readonly Log[]): Promise<void>;
  /** Forgets transactional ids idle for a week. */
  forgetIdle(now: number): void;
  close(): void;
}

/** How a transactional producer names itself. */
export interface ProducerName {
  id: string;
  producerId: number;
  epoch: number;
}

/** What the coordinator needs of the rest of the broker. */
export interface TransactionHost {
  state: StateFile;
  transactions: Map<string, StoredTransaction>;
  nextProducerId(): number;
  log(topic: string, partition: number): Log | undefined;
  /** Tells that a log was appended to; the promise, if any, resolves when that may be acknowledged. */
  written(log: Log): Promise<void> | undefined;
  commitOffset(group: string, topic: string, partition: number, committed: CommittedOffset): StateLine;
  warn(sentence: string): void;
}

/** Longest transaction a producer may ask for, as Kafka's `transaction.max.timeout.ms`. */
const MAX_TIMEOUT_MS = 900_000;
const MAX_EPOCH = 32_766;
const IDLE_MS = 7 * 86_400_000;
const RETRY_MS = 1_000;

/** Makes the coordinator. */
export function createTransactions(host: TransactionHost): Transactions {
  const { transactions } = host;
  const queues = new Map<string, Promise<unknown>>();
  const timers = new Map<string, NodeJS.Timeout>();
  const owners = new Map<number, string>();
  for (const transaction of transactions.values()) owners.set(transaction.producerId, transaction.id);

  /** One thing at a time per transactional id: whoever comes while a transaction is being completed waits for the outcome. */
  function exclusive<T>(id: string, work: () => Promise<T>): Promise<T> {
    const result = (queues.get(id) ?? Promise.resolve()).then(work, work);
    queues.set(id, result);
    const done = () => {
      if (queues.get(id) === result) queues.delete(id);
    };
    result.then(done, done);
    return result;
  }

  function save(transaction: StoredTransaction, change: Partial<StoredTransaction>, more: readonly StateLine[] = []): void {
    const next = { ...transaction, ...change, time: Date.now() };
    host.state.append([...more, ['transaction', next]]);
    Object.assign(transaction, next);
  }

  function arm(transaction: StoredTransaction): void {
    clearTimeout(timers.get(transaction.id));
    const { id, startedAt } = transaction;
    const left = Math.max(0, startedAt + transaction.timeoutMs - Date.now());
    timers.set(
      id,
      setTimeout(() => {
        exclusive(id, async () => {
          if (transaction.state !== 'Ongoing' || transaction.startedAt !== startedAt) return;
          await decide(transaction, false, { epoch: transaction.epoch + 1 });
        }).catch((error: Error) => host.warn(`Could not abort the overdue transaction of ${id}: ${error.message}.`));
      }, left),
    );
  }

  function disarm(id: string): void {
    clearTimeout(timers.get(id));
    timers.delete(id);
  }

  /** Writes the decision down for good, then carries it out. From here on there is no way back. */
  async function decide(transaction: StoredTransaction, committed: boolean, change: Partial<StoredTransaction> = {}): Promise<void> {
    save(transaction, { ...change, state: committed ? 'PrepareCommit' : 'PrepareAbort' });
    disarm(transaction.id);
    await host.state.sync();
    await complete(transaction);
  }

  /** Carries out a decision; doing it again after a crash or an error does no harm. */
  async function complete(transaction: StoredTransaction): Promise<void> {
    const committed = transaction.state === 'PrepareCommit';
    const { producerId, epoch } = transaction;
    try {
      const waits: (Promise<void> | undefined)[] = [];
      for (const [topic, partition] of transaction.partitions) {
        const log = host.log(topic, partition);
        if (!log?.state.open.has(producerId)) continue;
        appendMarker(log, { id: producerId, epoch }, committed, Date.now());
        waits.push(host.written(log));
      }
      await Promise.all(waits);
      const offsets = committed
        ? transaction.offsets.map(([group, topic, partition, value]) => host.commitOffset(group, topic, partition, value))
        : [];
      save(transaction, { state: committed ? 'CompleteCommit' : 'CompleteAbort', partitions: [], offsets: [] }, offsets);
    } catch (error) {
      timers.set(
        transaction.id,
        setTimeout(() => {
          exclusive(transaction.id, () => settle(transaction)).catch((again: Error) =>
            host.warn(`The transaction of ${transaction.id} cannot be completed yet: ${again.message}.`),
          );
        }, RETRY_MS),
      );
      throw error;
    }
  }

  async function settle(transaction: StoredTransaction): Promise<void> {
    if (transaction.state === 'PrepareCommit' || transaction.state === 'PrepareAbort') {
      disarm(transaction.id);
      await complete(transaction);
    }
  }

  function find({ id, producerId, epoch }: ProducerName): StoredTransaction {
    const transaction = transactions.get(id);
    if (!transaction || transaction.producerId !== producerId) {
      throw new ProtocolError(ERROR.invalidProducerIdMapping, `Producer id ${producerId} does not belong to transactional id ${id}.`);
    }
    if (transaction.epoch !== epoch) {
      throw new ProtocolError(
        ERROR.invalidProducerEpoch,
        `Transactional id ${id} is at epoch ${transaction.epoch}, not ${epoch}: another producer took over.`,
      );
    }
    return transaction;
  }

  function begin(transaction: StoredTransaction, change: Partial<StoredTransaction>): void {
    if (transaction.state === 'Ongoing') {
      save(transaction, change);
      return;
    }
    save(transaction, { ...change, state: 'Ongoing', startedAt: Date.now() });
    arm(transaction);
  }

  /** Next epoch, or a new producer id when the epochs are used up. */
  function renew(transaction: StoredTransaction, timeoutMs: number): void {
    if (transaction.epoch < MAX_EPOCH) {
      save(transaction, { epoch: transaction.epoch + 1, timeoutMs, state: 'Empty' });
      return;
    }
    const producerId = host.nextProducerId();
    save(transaction, { producerId, epoch: 0, timeoutMs, state: 'Empty' });
    owners.set(producerId, transaction.id);
  }

  return {
    init({ id, timeoutMs, producerId, epoch }) {
      return exclusive(id, async () => {
        if (timeoutMs <= 0 || timeoutMs > MAX_TIMEOUT_MS) {
          throw new ProtocolError(ERROR.invalidTransactionTimeout, `A transaction may last up to ${MAX_TIMEOUT_MS} ms, not ${timeoutMs}.`);
        }
        let transaction = transactions.get(id);
        if (!transaction) {
          transaction = {
            id,
            producerId: host.nextProducerId(),
            epoch: 0,
            timeoutMs,
            state: 'Empty',
            partitions: [],
            offsets: [],
            time: 0,
            startedAt: 0,
          };
          save(transaction, {});
          transactions.set(id, transaction);
          owners.set(transaction.producerId, id);
          return { producerId: transaction.producerId, epoch: 0 };
        }
        if (producerId >= 0 && (producerId !== transaction.producerId || epoch !== transaction.epoch)) {
          throw new ProtocolError(ERROR.producerFenced, `Another producer took over transactional id ${id}.`);
        }
        await settle(transaction);
        if (transaction.state === 'Ongoing') {
          // The first new epoch shuts the old producer out while its transaction is aborted, the second is the new producer's own.
          await decide(transaction, false, { epoch: transaction.epoch + 1 });
        }
        renew(transaction, timeoutMs);
        return { producerId: transaction.producerId, epoch: transaction.epoch };
      });
    },
    addPartitions(caller, partitions) {
      return exclusive(caller.id, async () => {
        const transaction = find(caller);
        await settle(transaction);
        const fresh = partitions.filter(([topic, partition]) => !transaction.partitions.some(([t, p]) => t === topic && p === partition));
        if (fresh.length === 0 && transaction.state === 'Ongoing') return;
        begin(transaction, { partitions: [...transaction.partitions, ...fresh] });
      });
    },
    addOffsets(caller, offsets) {
      return exclusive(caller.id, async () => {
        const transaction = find(caller);
        await settle(transaction);
        const kept = transaction.offsets.filter(
          ([group, topic, partition]) => !offsets.some(([g, t, p]) => g === group && t === topic && p === partition),
        );
        begin(transaction, { offsets: [...kept, ...offsets] });
      });
    },
    end(caller, committed) {
      return exclusive(caller.id, async () => {
        const transaction = find(caller);
        await settle(transaction);
        if (transaction.state === 'Ongoing') return decide(transaction, committed);
        // Sent again, because the answer to the first one was lost.
        if (transaction.state === (committed ? 'CompleteCommit' : 'CompleteAbort')) return;
        throw new ProtocolError(ERROR.invalidTxnState, `Transactional id ${caller.id} has no open transaction.`);
      });
    },
    checkBatch(log, { producerId, epoch, transactional }) {
      if (producerId < 0) return;
      const transaction = transactions.get(owners.get(producerId) ?? '');
      const known = transaction?.producerId === producerId ? transaction : undefined;
      if (!transactional) {
        if (!log.state.open.has(producerId)) return;
        throw new ProtocolError(ERROR.invalidTxnState, 'A producer with an open transaction wrote outside of it.');
      }
      if (known && known.epoch !== epoch)
        throw new ProtocolError(ERROR.invalidProducerEpoch, `Transactional id ${known.id} is at epoch ${known.epoch}, not ${epoch}.`);
      const member = known?.partitions.some(([topic, partition]) => topic === log.topic && partition === log.partition);
      if (known?.state !== 'Ongoing' || !member)
        throw new ProtocolError(ERROR.invalidTxnState, `${log.topic}-${log.partition} is not part of an open transaction.`);
    },
    hasPendingOffset(group, topic, partition) {
      for (const transaction of transactions.values()) {
        if (transaction.offsets.some(([g, t, p]) => g === group && t === topic && p === partition)) return true;
      }
      return false;
    },
    async recover(logs) {
      for (const transaction of transactions.values()) {
        if (transaction.state === 'Ongoing') arm(transaction);
        else await exclusive(transaction.id, () => settle(transaction));
      }
      for (const log of logs) {
        for (const producerId of [...log.state.open.keys()]) {
          const owner = transactions.get(owners.get(producerId) ?? '');
          const owned = owner?.state === 'Ongoing' && owner.producerId === producerId;
          if (owned && owner.partitions.some(([topic, partition]) => topic === log.topic && partition === log.partition)) continue;
          host.warn(
            `Aborted a transaction of producer ${producerId} in ${log.topic}-${log.partition} that no transactional id owns any more.`,
          );
          appendMarker(log, { id: producerId, epoch: log.state.producers.get(producerId)?.epoch ?? 0 }, false, Date.now());
          await host.written(log);
        }
      }
    },
    forgetIdle(now) {
      for (const transaction of [...transactions.values()]) {
        const busy = transaction.state === 'Ongoing' || transaction.state.startsWith('Prepare') || queues.has(transaction.id);
        if (busy || now - transaction.time < IDLE_MS) continue;
        host.state.append([['transaction-gone', transaction.id]]);
        transactions.delete(transaction.id);
        owners.delete(transaction.producerId);
      }
    },
    close() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
