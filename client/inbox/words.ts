import type { InboxCause } from '#shared/inbox.ts';
import { timeOfDay, when } from '../format.ts';

/** A moment: `10:42` today, `yesterday 14:02`, `12 Nov 14:02`. */
export function moment(at: number, now: number): string {
  const day = when(at, now);
  if (day === timeOfDay(at)) return day;
  const isYesterday = when(at, now - 86_400_000) === timeOfDay(at);
  return `${isYesterday ? 'yesterday' : day} ${timeOfDay(at)}`;
}

/** `yesterday 14:02 to 10:37`; one moment alone where both are the same. */
export function span({ first, last }: Pick<InboxCause, 'first' | 'last'>, now: number): string {
  const [from, to] = [moment(first, now), moment(last, now)];
  return from === to ? from : `${from} to ${to}`;
}

/** `orders/3@48211`, as people write a position; of a flow's own topic without its flow. */
export function shortPosition(position: string): string {
  return position.replace(/^millrace\.[^./]+\./, '').replace(/\/(\d+)$/, '@$1');
}

/** `only version 14`, `versions 14, 13`. */
export function versionsInWords(versions: readonly number[]): string {
  if (versions.length === 0) return '';
  if (versions.length === 1) return `only version ${versions[0]}`;
  return `versions ${versions.slice(0, 4).join(', ')}${versions.length > 4 ? ' and older' : ''}`;
}
