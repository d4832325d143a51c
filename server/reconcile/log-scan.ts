import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseJson } from '#shared/json.ts';
import { atPath, idText } from '#shared/reconcile/path.ts';
import type { NamedBy } from '#shared/reconcile.ts';
import type { KafkaAdmin, KafkaPort, KafkaRecord } from '../kafka/port.ts';

/** First offset and the offset after the last, per partition. */
export interface LogRange {
  from: Map<number, bigint>;
  to: Map<number, bigint>;
  total: number;
}

/** The committed records of a time, `until` left out: up to the end as it stands now. */
export async function rangeOf(
  admin: KafkaAdmin,
  topic: string,
  since: number | undefined,
  until: number | undefined,
): Promise<LogRange | undefined> {
  const ends = await admin.offsets(topic, { committedOnly: true });
  if (ends === undefined) return undefined;
  const [first, last] = await Promise.all(
    [since, until].map((time) => (time === undefined ? undefined : admin.offsetsAt(topic, Math.max(0, time)))),
  );
  const from = new Map<number, bigint>();
  const to = new Map<number, bigint>();
  let total = 0n;
  for (const { partition, low, high } of ends) {
    const begin = larger(low, first?.get(partition) ?? low);
    const end = larger(begin, smaller(high, last?.get(partition) ?? high));
    from.set(partition, begin);
    to.set(partition, end);
    total += end - begin;
  }
  return { from, to, total: Number(total) };
}

/** Reads a range, record by record, and lets others have their turn between batches. */
export async function scan(
  kafka: Pick<KafkaPort, 'read'>,
  topic: string,
  range: Pick<LogRange, 'from' | 'to'>,
  signal: AbortSignal,
  each: (record: KafkaRecord) => void,
  progress: (records: number) => void = () => undefined,
): Promise<void> {
  for await (const batch of kafka.read({ topic, from: range.from, to: range.to, signal })) {
    for (const record of batch.records) each(record);
    progress(batch.records.length);
    await nextTurn();
    signal.throwIfAborted();
  }
  signal.throwIfAborted();
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** What of a record names the thing that it is about; undefined where nothing does. */
export function nameReader(named: NamedBy): (record: KafkaRecord) => string | undefined {
  if (named.by === 'key') return ({ key }) => (key === null ? undefined : idText(textOf(key)));
  return ({ value }) => {
    const text = value === null ? undefined : textOf(value);
    if (text === undefined) return undefined;
    try {
      return idText(atPath(parseJson(text), named.path));
    } catch {
      // What is no JSON has no fields: it is a dead letter of the flow and a record without a name here.
      return undefined;
    }
  };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    // Bytes that are no text name nothing.
    return undefined;
  }
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
