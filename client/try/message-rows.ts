import { parseJson, stringifyJson } from '#shared/json.ts';
import type { FailureEnd, TrialRecord } from '#shared/trial.ts';
import { type DifferenceRow, differenceRows } from './difference.ts';

/** A row of the comparison of two messages: of the value, the key or a header. */
export interface MessageRow extends DifferenceRow {
  of: 'value' | 'key' | 'header';
}

/** The value of a record as text with all its digits, as it would leave. */
export function textOfRecord(record: TrialRecord): string {
  if (record.text !== undefined) return record.text;
  if (record.truncated !== undefined || record.encoding === 'base64') return String(record.value);
  return stringifyJson(record.value) ?? 'null';
}

/**
 * What differs between a message before and behind a node, key and headers first; without one side all is
 * added or removed. Millrace's own headers are left out: they differ always and say nothing of the flow.
 */
export function messageRows(before: TrialRecord | undefined, after: TrialRecord | undefined): MessageRow[] {
  const keys = differenceRows(before?.key, after?.key).map((row): MessageRow => ({ ...row, of: 'key' }));
  const headers = differenceRows(before?.headers, after?.headers)
    .filter(({ path, before: old, after: now }) => old !== '{}' && now !== '{}' && !path.startsWith('millrace-'))
    .map((row): MessageRow => ({ ...row, of: 'header' }));
  const values = differenceRows(before && contentOf(before), after && contentOf(after)).map((row): MessageRow => ({ ...row, of: 'value' }));
  return [...keys, ...headers, ...values];
}

/** A number that leaves in another spelling than a double's (`1.10`) is compared as it leaves. */
function contentOf(record: TrialRecord): unknown {
  return record.text === undefined ? record.value : spelled(record.text, record.value);
}

function spelled(text: string, value: unknown): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return value;
    throw error;
  }
}

/** What would become of a message that failed, as the end of a sentence. */
export const endInWords: Record<FailureEnd, string> = {
  'error-port': 'It leaves by the error port.',
  'dead-letter': 'Deployed, it would become a dead letter.',
  skip: 'Deployed, it would be skipped.',
  stop: 'Deployed, it would stop the flow.',
  wait: 'Deployed, it would be tried again until the other side is ready.',
  crash: 'Deployed, the worker would end here and start again.',
  unanswered: 'Only in Try: choose how this call is answered.',
};
