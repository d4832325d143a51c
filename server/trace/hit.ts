import { header } from '#shared/message.ts';
import { previewOf } from '#shared/sample.ts';
import type { Masker } from '#shared/sample-masks.ts';
import { type TraceHit, traceLimits } from '#shared/trace.ts';
import type { KafkaRecord } from '../kafka/port.ts';
import { readMessage } from '../runtime/sample-message.ts';
import type { Match } from './match.ts';
import { placeOf } from './records-at.ts';

/** Values longer than this are cut before they are masked, because reading them as JSON would take long. */
const largeValue = 256 * 1024;
const cutAt = 64 * 1024;

/** Whose hit it is to be. */
export interface HitPlace {
  flow: string;
  source: string;
  masker: Masker;
  /** What it must hold as far as it is shown, for who may not find what masks hide; undefined for who may. */
  shownMatch: Match | undefined;
}

/** A record as a hit, masked; undefined when what was looked for stands only where a mask hides it, and that holds for who asks. */
export function hitOf(record: KafkaRecord, matched: string, { flow, source, masker, shownMatch }: HitPlace): TraceHit | undefined {
  const { message } = readMessage(record);
  const large = (message.value?.text.length ?? 0) > largeValue;
  const { message: masked } = masker(large ? { ...message, value: previewOf(message.value, cutAt) } : message);
  const text = (content: { text: string; encoding: string } | null | undefined): string | undefined =>
    content?.encoding === 'utf8' ? content.text : undefined;
  let shown: string | undefined = matched;
  const visible = { key: text(masked.key), traceparent: text(masked.headers[header.trace]), value: text(masked.value) };
  if (shownMatch) {
    shown = shownMatch(visible);
    if (shown === undefined) return undefined;
  } else if (!isName(matched) && !visible.value?.includes(matched)) shown = 'a masked field';
  return {
    origin: placeOf(record),
    flow,
    source,
    key: masked.key === null ? null : masked.key.text.slice(0, traceLimits.previewLength),
    timestamp: record.timestamp,
    matched: shown,
    preview: previewOf(masked.value, traceLimits.previewLength)?.text ?? '',
  };
}

/** Names of fields may always be shown; a piece of text only where it is not masked. */
function isName(matched: string): boolean {
  return /^[\w.$ -]{1,200}$/.test(matched);
}
