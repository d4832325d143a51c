import { header, parsePosition } from '#shared/message.ts';
import { type Repair, repairsTopic } from '#shared/replay.ts';
import type { KafkaPort, KafkaRecord } from '../kafka/port.ts';
import { type OpenLetter, openLetterOf } from './mended.ts';
import { type Stretch, within } from './stretches.ts';

/** What of a range has failed. */
export interface DeadIndex {
  /** Messages that became dead letters and are open still, by origin: the items of each that are. */
  open: ReadonlyMap<string, readonly OpenLetter[]>;
  /** Messages that became dead letters of which some were mended, by origin: the last word on each item that was. */
  mended: ReadonlyMap<string, readonly Repair[]>;
  /** Positions in sinks' topics that a deliver stage has refused. */
  refused: ReadonlySet<string>;
}

/**
 * Reads the dead letters of a range. Reads without a group.
 * @param since ms since 1970: none of them is older
 * @param only which letters count, by record and origin; default: all
 */
export async function readDeadIndex(
  kafka: KafkaPort,
  {
    topic,
    stretches,
    since,
    only,
  }: { topic: string; stretches: readonly Stretch[]; since: number; only?: (letter: KafkaRecord, origin: string) => boolean },
  signal: AbortSignal,
): Promise<DeadIndex> {
  const inRange = within(stretches);
  /** By origin, then item: its newest letter. */
  const failed = new Map<string, Map<string, OpenLetter>>();
  const refused = new Set<string>();
  const admin = kafka.admin();
  try {
    if ((await admin.offsets(topic)) === undefined) return { open: new Map(), mended: new Map(), refused };
    const from = await admin.offsetsAt(topic, since);
    for await (const { records } of kafka.read({ topic, from, signal })) {
      for (const record of records) {
        const { headers } = record;
        const origin = textOf(headers[header.origin]);
        const at = parsePosition(origin);
        if (at === undefined || !inRange(at.topic, at.partition, BigInt(at.offset))) continue;
        if (only && !only(record, origin)) continue;
        const letter = openLetterOf(record);
        if (letter === undefined) continue;
        const letters = failed.get(origin) ?? new Map<string, OpenLetter>();
        if (letter.attempt >= (letters.get(letter.item)?.attempt ?? 0)) letters.set(letter.item, letter);
        failed.set(origin, letters);
        if (textOf(headers[header.errorStage]).startsWith('deliver-')) refused.add(textOf(headers[header.parent]));
      }
    }
  } finally {
    await admin.close();
  }
  const repairs = failed.size === 0 ? new Map<string, Repair>() : await readRepairs(kafka, since, signal);
  signal.throwIfAborted();
  const open = new Map<string, OpenLetter[]>();
  const mended = new Map<string, Repair[]>();
  for (const [origin, letters] of failed) {
    const still: OpenLetter[] = [];
    const done: Repair[] = [];
    for (const letter of letters.values()) {
      const repair = repairs.get(letter.item);
      if (repair === undefined || repair.attempt <= letter.attempt) still.push(letter);
      else done.push(repair);
    }
    if (still.length > 0) open.set(origin, still);
    if (done.length > 0) mended.set(origin, done);
  }
  return { open, mended, refused };
}

/** The last word on each item that was retried at or after a time, ms since 1970. */
export async function readRepairs(kafka: KafkaPort, since: number, signal?: AbortSignal): Promise<Map<string, Repair>> {
  const repairs = new Map<string, Repair>();
  const admin = kafka.admin();
  try {
    if ((await admin.offsets(repairsTopic)) === undefined) return repairs;
    const from = await admin.offsetsAt(repairsTopic, since);
    for await (const { records } of kafka.read({ topic: repairsTopic, from, ...(signal && { signal }) })) {
      for (const { key, value } of records) {
        if (key === null) continue;
        const item = Buffer.from(key).toString();
        if (value === null) repairs.delete(item);
        else repairs.set(item, JSON.parse(Buffer.from(value).toString()) as Repair);
      }
    }
    return repairs;
  } finally {
    await admin.close();
  }
}

function textOf(value: string | Uint8Array | undefined): string {
  return typeof value === 'string' ? value : '';
}
