import type { SinkOutcome, TraceSearch, TraceWay } from '#shared/trace.ts';
import { duration, exact, plural, short } from '../format.ts';
import { spanText } from './way-times.ts';

/** The way of a message in words: what stands over the picture and on its cards. */

/** What people call a message of a topic: one of `shop-orders` is an order. */
export function nounOf(source: string): string {
  const last = /([A-Za-z]{3,})[^A-Za-z]*$/.exec(source)?.[1]?.toLowerCase() ?? '';
  const one = /[^s]ies$/.test(last) ? `${last.slice(0, -3)}y` : /(?:ss|x|ch|sh)es$/.test(last) ? last.slice(0, -2) : last.slice(0, -1);
  if (!/s$/.test(last) || /(?:us|is|ss)$/.test(last)) return 'Message';
  return `${one.charAt(0).toUpperCase()}${one.slice(1)}`;
}

/** The message by its key: `Order 450789469`; without one by where it stands. */
export function subjectOf({ origin, key }: Pick<TraceWay, 'origin' | 'key'>): string {
  const [topic] = /^(.+)\/\d+\/\d+$/.exec(origin)?.slice(1) ?? [''];
  const noun = nounOf(topic ?? '');
  return key === null || key === '' ? `${noun} at ${positionText(origin)}` : `${noun} ${key.length > 48 ? `${key.slice(0, 48)}…` : key}`;
}

/** `orders/3@47988`, as people read a position. */
export const positionText = (position: string): string => position.replace(/\/(\d+)$/, '@$1');

/**
 * What became of the message, in one sentence without its full stop. `nameOf` names nodes; `isSink` tells destinations from nodes
 * on the way, at which a message may have ended too.
 */
export function headlineOf(way: TraceWay, nameOf: (node: string) => string, isSink: (node: string) => boolean = () => true): string {
  const subject = subjectOf(way);
  const sinks = [...new Set(way.sinks.map(({ sink }) => sink))].filter(isSink);
  const failed = way.failed.find(({ node }) => !isSink(node)) ?? (sinks.length === 0 ? way.failed[0] : undefined);
  const dead = way.sinks.find(({ sink, state }) => state === 'dead' && !isSink(sink))?.sink ?? failed?.node;
  const also = dead === undefined ? '' : `, and failed at ${nameOf(dead)}`;
  const reached = sinks.filter((sink) => worstOf(way.sinks.filter((one) => one.sink === sink)) === 'delivered').length;
  if (sinks.length > 0 && reached === sinks.length)
    return `${subject} reached ${sinks.length === 1 ? nameOf(sinks[0] ?? '') : `all ${sinks.length} destinations`}${also}`;
  if (sinks.length > 0) return `${subject} reached ${reached} of ${plural(sinks.length, 'destination')}${also}`;
  if (dead !== undefined) return `${subject} failed at ${nameOf(dead)}`;
  const [filtered] = way.filtered;
  if (filtered) return `${subject} ended at ${nameOf(filtered.node)}: ${filtered.reason}`;
  return way.done ? `${subject} left nothing behind` : `${subject} waits to be processed`;
}

type State = SinkOutcome['state'];
const gravity: readonly State[] = ['delivered', 'unknown', 'waiting', 'retrying', 'parked', 'dead'];

/** The gravest of the states of several outputs at one sink. */
export function worstOf(outcomes: readonly Pick<SinkOutcome, 'state'>[]): State {
  return outcomes.reduce<State>((worst, { state }) => (gravity.indexOf(state) > gravity.indexOf(worst) ? state : worst), 'delivered');
}

/** A state of an output as the word on its card. */
export const stateWords: Record<State, string> = {
  delivered: 'Delivered',
  waiting: 'Waiting',
  retrying: 'Retrying',
  dead: 'Dead letter',
  parked: 'Parked',
  unknown: 'Not known',
};

/** The balance of the message: `in 1 + 3 copies = delivered 3 + retrying 1`. */
export function balanceText({ balance, sinks }: Pick<TraceWay, 'balance' | 'sinks'>): string {
  const left = [`in ${exact(balance.in)}`, ...(balance.copies > 0 ? [plural(balance.copies, 'copy', 'copies')] : [])];
  const open = sinks.some(({ state }) => state === 'retrying')
    ? 'retrying'
    : sinks.some(({ state }) => state === 'parked')
      ? 'parked'
      : 'under way';
  const parts: [string, number][] = [
    ['delivered', balance.delivered],
    ['filtered', balance.filtered],
    ['dead', balance.dead],
    [open, balance.waiting],
  ];
  const right = parts.filter(([, count]) => count > 0).map(([word, count]) => `${word} ${exact(count)}`);
  return `${left.join(' + ')} = ${right.length === 0 ? '0' : right.join(' + ')}`;
}

/** Whether both sides of the balance are the same. */
export function isBalanced({ balance }: Pick<TraceWay, 'balance'>): boolean {
  return balance.in + balance.copies === balance.delivered + balance.filtered + balance.dead + balance.waiting;
}

/** How long it waited for the flow and how long the flow worked on it; nothing of what is not known. */
export function timesText({ timestamp, processedAt, sinks }: Pick<TraceWay, 'timestamp' | 'processedAt' | 'sinks'>): string | undefined {
  if (processedAt === undefined) return undefined;
  const open = sinks.some(({ state }) => state === 'waiting' || state === 'retrying' || state === 'parked');
  // A replay or retry of later is no work on the message as it came.
  const last = Math.max(processedAt, ...sinks.flatMap(({ deliveredAt, by }) => (by === undefined ? (deliveredAt ?? []) : [])));
  const waited = processedAt >= timestamp ? `waited ${spanText(processedAt - timestamp)}` : 'its time lies after its processing';
  return last > processedAt ? `${waited}, worked ${spanText(last - processedAt)}${open ? ' so far' : ''}` : waited;
}

/** How a search stands: "Scanned 120k of 3.40M, 14 s, 2 found". */
export function searchText({ state, scanned, total, ms, hits, indexed, reached }: TraceSearch, dateOf: (at: number) => string): string {
  const found = hits.length === 0 ? 'nothing found' : `${exact(hits.length)} found`;
  if (state === 'running') return `Scanned ${short(scanned)} of ${short(total)}, ${duration(ms)}, ${found}`;
  const took = ms < 1 ? 'at once' : `in ${duration(ms)}`;
  if (indexed && state === 'done') {
    const known = hits.length > 0 ? `${plural(hits.length, 'message')} found ${took}` : `Nothing found ${took}`;
    // Under lasting load the index is behind: then what it has not read yet was looked through.
    return `${known}, by the index${scanned > 0 ? ` and by reading ${plural(scanned, 'message')} that it has not read yet` : ''}`;
  }
  const back = reached === undefined ? '' : `, back to ${dateOf(reached)}`;
  const looked = `scanned ${plural(scanned, 'message')} ${took}${back}`;
  if (state === 'stopped') return `Stopped: ${looked}, ${found}`;
  if (state === 'failed') return `Ended early: ${looked}, ${found}`;
  return hits.length === 0 ? `Nothing found; ${looked}` : `${plural(hits.length, 'message')} found; ${looked}`;
}
