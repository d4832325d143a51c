import { hider } from '#shared/comparison/example.ts';
import { isExactNumber, parseJson, stringifyJson } from '#shared/json.ts';
import type { SampleBytes, SampleMessage } from '#shared/sample.ts';
import type { Masker } from '#shared/sample-masks.ts';
import type { TrialRecord } from '#shared/trial.ts';
import type { KafkaRecord } from '../kafka/port.ts';
import { readMessage } from '../runtime/sample-message.ts';

/** Characters of one value, and of all values of a way, that are shown. */
const limits = { value: 64 * 1024, all: 2 * 1024 * 1024, rest: 1_000 };

/** Shows the messages of a way: masked, and bounded together. */
export interface Shown {
  source: { key: string | null; headers: Record<string, string> };
  record(record: TrialRecord): TrialRecord;
  /** Takes out of a text what masks hide in the source message. */
  hide(text: string): string;
}

/**
 * Makes what shows the messages that were made of one. What a mask hides in the message that came in is hidden in whatever
 * field it leaves, too.
 */
export function createShown(source: KafkaRecord, masker: Masker): Shown {
  const { message } = readMessage(source);
  const masked = masker(message).message;
  const hide = hider(message, masked);
  let shown = 0;

  const bytes = (text: string, encoding: SampleBytes['encoding'] = 'utf8'): SampleBytes => ({ text, encoding });

  function maskedRecord(record: TrialRecord): TrialRecord {
    const written = record.value === null ? null : (stringifyJson(record.value) ?? 'null');
    // A text that is no JSON of its own is masked as text.
    const isText = typeof record.value === 'string';
    const content = written === null ? null : isText ? bytes(String(record.value), record.encoding ?? 'utf8') : bytes(written);
    const covered = cover({
      key: record.key === null ? null : bytes(record.key),
      headers: Object.fromEntries(Object.entries(record.headers).map(([name, text]) => [name, bytes(text)])),
      timestamp: record.timestamp,
      value: content,
    });
    const { text: _text, ...rest } = record;
    const value = covered.value === null ? null : isText ? hide(covered.value.text) : hideIn(parseJson(covered.value.text), hide);
    const isAsItWas = stringifyJson(value) === written;
    return {
      ...(isAsItWas ? record : rest),
      key: covered.key === null ? null : hide(covered.key.text),
      headers: textsOf(covered, hide),
      value,
      ...(record.sends && { sends: { what: hide(record.sends.what), data: sent(record.sends.data) } }),
    };
  }

  const cover = (one: SampleMessage): SampleMessage => masker(one).message;

  /** What a sink would send, masked like a message. */
  function sent(data: unknown): unknown {
    const text = stringifyJson(data);
    if (text === undefined) return data;
    const { value } = cover({ key: null, headers: {}, timestamp: 0, value: bytes(text) });
    return value === null ? data : hideIn(parseJson(value.text), hide);
  }

  return {
    source: { key: masked.key?.text ?? null, headers: textsOf(masked, (text) => text) },
    hide,
    record(record) {
      const one = maskedRecord(record);
      const text = stringifyJson(one.value) ?? 'null';
      const most = shown > limits.all ? limits.rest : limits.value;
      shown += Math.min(text.length, most);
      if (text.length <= most) return one;
      const { text: _text, sends: _sends, ...rest } = one;
      return { ...rest, value: text.slice(0, most), truncated: text.length };
    },
  };
}

function textsOf({ headers }: SampleMessage, hide: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, { text }]) => [name, hide(text)]));
}

/** A JSON value whose texts and numbers are hidden where they hold what must be. */
function hideIn(value: unknown, hide: (text: string) => string): unknown {
  if (typeof value === 'string') return hide(value);
  if (typeof value === 'number' || isExactNumber(value)) {
    const text = isExactNumber(value) ? value.text : String(value);
    const hidden = hide(text);
    return hidden === text ? value : hidden;
  }
  if (Array.isArray(value)) return value.map((item) => hideIn(item, hide));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hideIn(inner, hide)]));
}
