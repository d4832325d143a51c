import { isUtf8 } from 'node:buffer';
import type { DeadLetter } from '#shared/api.ts';
import { formatPosition, header } from '#shared/message.ts';
import type { KafkaPort, KafkaRecord } from '../kafka/port.ts';
import { textHeaders, textOf } from './tap.ts';

const textLimit = 16_384;

/** The newest dead letters of a topic, newest first; joins no group and commits nothing. */
export async function readDeadLetters(kafka: KafkaPort, topic: string, limit: number): Promise<DeadLetter[]> {
  const admin = kafka.admin();
  try {
    const ends = await admin.offsets(topic);
    if (ends === undefined) return [];
    // Control records of transactions take offsets too, so twice as many are read as are shown.
    const reach = BigInt(limit) * 2n + 10n;
    const from = new Map(ends.map(({ partition, low, high }) => [partition, high - reach > low ? high - reach : low]));
    const letters: DeadLetter[] = [];
    for await (const batch of kafka.read({ topic, from })) letters.push(...batch.records.map(describe));
    return letters.sort((a, b) => b.at - a.at).slice(0, limit);
  } finally {
    await admin.close();
  }
}

function describe(record: KafkaRecord): DeadLetter {
  const text = (name: string) => {
    const value = record.headers[name];
    return value === undefined ? '' : textOf(value);
  };
  const [flow = '', version = '0'] = text(header.flow).split('@');
  const utf8 = record.value === null || isUtf8(record.value);
  const value = record.value === null ? '' : Buffer.from(record.value).toString(utf8 ? 'utf8' : 'base64');
  return {
    position: formatPosition({ topic: record.topic, partition: record.partition, offset: String(record.offset) }),
    at: record.timestamp,
    flow,
    version: Number(version),
    node: text(header.errorNode),
    stage: text(header.errorStage),
    code: text(header.errorCode),
    message: text(header.errorMessage),
    origin: text(header.origin),
    attempt: Number(text(header.errorAttempt) || '1'),
    key: record.key === null ? null : textOf(isUtf8(record.key) ? Buffer.from(record.key).toString('utf8') : record.key),
    value: value.slice(0, textLimit),
    encoding: utf8 ? 'utf8' : 'base64',
    headers: textHeaders(record.headers),
  };
}
