import { fingerprint } from '../comparison/groups.ts';

/** What makes two dead letters have one cause. */
export interface CauseParts {
  flow: string;
  node: string;
  code: string;
  /** The place that the failing row of a mapping fills, or the place in the message that is wrong; '' where neither is known. */
  row: string;
  message: string;
}

/**
 * A sentence without what changes from message to message: quoted text, numbers, ids and addresses of one message. Two
 * sentences of one cause read equal then; doing it twice changes nothing more.
 */
export function withoutDetails(message: string): string {
  return (
    message
      .replace(/"(?:[^"\\]|\\.)*"|“[^”]*”|‘[^’]*’|`[^`]*`|(?<![\p{L}\p{N}])'[^'\n]*'(?![\p{L}\p{N}])/gu, '“…”')
      // Whole numbers before ids, so that a long number reads as a short one.
      .replace(/(?<![\w-])[+-]?\d+(?:[.,:]\d+)*(?![\w-])/g, '#')
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b/gi, '#')
      .replace(/\b(?=[a-z_-]*\d)[0-9a-z_-]{12,}\b/gi, '#')
      .replace(/[+-]?\d+(?:[.,:]\d+)*/g, '#')
      .replace(/\s+/g, ' ')
      .trim()
  );
}

/** The place of a fault without the ordinals of lists: `/items/3/price` and `/items/0/price` are one. */
export function placeWithoutOrdinals(place: string): string {
  return place.replace(/(^|\/)\d+(?=\/|$)/g, '$1*').replace(/\[\d+\]/g, '[]');
}

/** The name of a cause: 16 hexadecimal digits, the same for ever for equal parts. */
export function causeId(parts: CauseParts): string {
  const text = [parts.flow, parts.node, parts.code, placeWithoutOrdinals(parts.row), withoutDetails(parts.message)].join('\n');
  return fingerprint(text);
}
