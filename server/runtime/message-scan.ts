import type { FindBounds, FindEnd } from '#shared/sample.ts';
import type { KafkaPort, KafkaRecord } from '../kafka/port.ts';

/** A partition that is looked through, from its newest message back or from an offset on. */
export interface ScanPart {
  partition: number;
  /** The offsets that may be looked at: from `low` up to, not including, `high`. */
  low: bigint;
  high: bigint;
  /** Everything between here and the end where it began has been looked at. */
  at: bigint;
  /** What fits, nearest to where it began first, at most as many as are wanted. */
  found: KafkaRecord[];
  /** What fits in a window that a bound broke off on the way back: between it and what was looked at is a gap. */
  loose: KafkaRecord[];
  /** Time of the oldest message looked at; undefined while none was. */
  reached: number | undefined;
}

/** A partition of which nothing has been looked at; the scan begins at `at`. */
export function partAt(partition: number, low: bigint, high: bigint, at: bigint): ScanPart {
  return { partition, low, high, at, found: [], loose: [], reached: undefined };
}

/** What a scan may look at, and what it has. Shared by all that a search reads. */
export interface ScanBudget {
  readonly bounds: FindBounds;
  messages: number;
  bytes: number;
  startedAt: number;
  fromTime: number | undefined;
  toTime: number | undefined;
  /** Messages that fit, of those looked at. */
  fits: number;
  /** Called now and then with how far it is. */
  onProgress: ((budget: ScanBudget) => void) | undefined;
  /** Set once a bound was reached. */
  ended: Exclude<FindEnd, 'found' | 'all'> | undefined;
}

/** A budget whose time runs from now. */
export function createBudget(bounds: FindBounds, onProgress?: (budget: ScanBudget) => void): ScanBudget {
  const startedAt = performance.now();
  return { bounds, messages: 0, bytes: 0, startedAt, fromTime: undefined, toTime: undefined, fits: 0, onProgress, ended: undefined };
}

export interface ScanOptions {
  kafka: KafkaPort;
  topic: string;
  direction: 'back' | 'on';
  /** Most that one partition finds. */
  count: number;
  fits(record: KafkaRecord): boolean;
  budget: ScanBudget;
  signal: AbortSignal;
}

/** Most offsets of one window, over all partitions: a bound is noticed at the latest after these. */
const mostPerWindow = 20_000;

/** True when a partition has nothing more to look at. */
export function isExhausted(part: ScanPart, direction: ScanOptions['direction']): boolean {
  return direction === 'back' ? part.at <= part.low : part.at >= part.high;
}

/**
 * Looks through partitions window by window, larger ones as it goes, until `wanting` names none, they are exhausted, or a
 * bound is reached, which `budget.ended` then says. Joins no group, commits nothing, sees committed messages alone.
 * On the way back a window that a bound broke off counts as not looked at; what it had found is loose.
 */
export async function scan(parts: readonly ScanPart[], wanting: () => ScanPart[], options: ScanOptions): Promise<void> {
  const { budget, direction } = options;
  const timeLeft = budget.bounds.ms - (performance.now() - budget.startedAt);
  const over = AbortSignal.any([options.signal, AbortSignal.timeout(Math.max(0, Math.ceil(timeLeft)))]);
  let size = Math.max(1, Math.min(16, Math.floor(64 / parts.length)));
  for (;;) {
    const open = wanting().filter((part) => !isExhausted(part, direction));
    if (open.length === 0) return;
    const most = Math.min(mostPerWindow, budget.bounds.messages - budget.messages, affordable(budget));
    const each = Math.min(size, Math.floor(most / open.length));
    if (each < 1) budget.ended ??= budget.messages + open.length > budget.bounds.messages ? 'messages' : 'bytes';
    if (over.aborted) budget.ended ??= 'time';
    if (budget.ended) return;
    const complete = await readWindow(open, BigInt(each), { ...options, signal: over });
    if (!complete) {
      budget.ended ??= 'time';
      return;
    }
    size *= 2;
  }
}

/** Messages of the size seen so far that the bytes left still allow. */
function affordable({ bounds, messages, bytes }: ScanBudget): number {
  return messages === 0 ? mostPerWindow : Math.floor((bounds.bytes - bytes) / Math.max(1, bytes / messages));
}

/** Reads the next window of each partition; false when a bound or the signal broke it off. */
async function readWindow(parts: readonly ScanPart[], size: bigint, options: ScanOptions): Promise<boolean> {
  const { kafka, topic, direction, count, fits, budget, signal } = options;
  const windows = new Map(
    parts.map((part) => [part.partition, { part, ...windowOf(part, size, direction), found: [] as KafkaRecord[], next: part.at }]),
  );
  const from = new Map([...windows].map(([partition, window]) => [partition, window.from]));
  const to = new Map([...windows].map(([partition, window]) => [partition, window.to]));
  let complete = true;
  reading: for await (const { partition, records } of kafka.read({ topic, from, to, signal })) {
    const window = windows.get(partition);
    if (!window) continue;
    for (const record of records) {
      look(budget, record);
      if (budget.ended) {
        complete = false;
        break reading;
      }
      window.next = record.offset + 1n;
      window.part.reached = Math.min(window.part.reached ?? record.timestamp, record.timestamp);
      if (!fits(record)) continue;
      budget.fits++;
      if (direction === 'back') {
        window.found.push(record);
        if (window.found.length > count) window.found.shift();
      } else if (window.part.found.length + window.found.length < count) window.found.push(record);
    }
    budget.onProgress?.(budget);
  }
  if (signal.aborted) complete = false;
  for (const { part, found, from: first, to: last, next } of windows.values()) {
    if (direction === 'on') {
      part.found.push(...found);
      part.at = complete ? last : next;
    } else if (complete) {
      part.found.push(...found.reverse().slice(0, count - part.found.length));
      part.at = first;
    } else part.loose = found.reverse();
  }
  return complete;
}

function windowOf({ low, high, at }: ScanPart, size: bigint, direction: ScanOptions['direction']): { from: bigint; to: bigint } {
  if (direction === 'back') return { from: at - size > low ? at - size : low, to: at };
  return { from: at, to: at + size < high ? at + size : high };
}

function look(budget: ScanBudget, record: KafkaRecord): void {
  const { bounds } = budget;
  budget.messages++;
  budget.bytes += (record.key?.byteLength ?? 0) + (record.value?.byteLength ?? 0);
  budget.fromTime = Math.min(budget.fromTime ?? record.timestamp, record.timestamp);
  budget.toTime = Math.max(budget.toTime ?? record.timestamp, record.timestamp);
  // The last one is still looked at, so that a single message beyond the bound can be found at all.
  if (budget.messages > bounds.messages) budget.ended = 'messages';
  else if (budget.bytes > bounds.bytes && budget.messages > 1) budget.ended = 'bytes';
}
