import type { Flow } from '#shared/flow.ts';
import { nodeNames } from '#shared/node-name.ts';
import { errorPort } from '#shared/node-type.ts';
import type { SinkOutcome, TraceHop, TraceWay } from '#shared/trace.ts';
import type { TrialRecord } from '#shared/trial.ts';
import type { TypeIndex } from '../editor/document.ts';
import { portsOf } from '../editor/wiring.ts';
import { bytes, plural, timeOfDay } from '../format.ts';
import { tookOver, totalText } from './way-times.ts';
import { stateWords, worstOf } from './words.ts';

/** One stop of the way: a message came to a node. The first is the source, where it entered. */
export interface Step {
  /** Its place among the steps, from 0. */
  index: number;
  node: string;
  /** The record that came; undefined where the way could not be run again. */
  record: number | undefined;
  hop?: TraceHop;
}

/** The steps of a way in the order in which they happened. */
export function stepsOf(way: TraceWay): Step[] {
  const entered = way.records.find(({ from }) => from === undefined)?.id;
  const hops = way.hops.toSorted((a, b) => a.order - b.order);
  return [
    { index: 0, node: way.source, record: entered },
    ...hops.map((hop, i): Step => ({ index: i + 1, node: hop.to, record: hop.record, hop })),
  ];
}

/** The records that a node made of one that came to it; at the source the one that entered. */
export function madeAt(way: TraceWay, { node, record }: Pick<Step, 'node' | 'record'>): TrialRecord[] {
  if (node === way.source) return way.records.filter(({ id }) => id === record);
  return way.records.filter((one) => one.node === node && one.from === record);
}

/** The step before one: where its record was made, or let through. */
export function stepBefore(way: TraceWay, steps: readonly Step[], step: Step): Step | undefined {
  if (step.hop === undefined) return undefined;
  const { record } = step;
  return steps.find((one) => one.node === step.hop?.from.node && madeAt(way, one).some(({ id }) => id === record));
}

/** How deep each step stands in the tree: only where one message became several does it step in. */
export function depthsOf(way: TraceWay, steps: readonly Step[]): number[] {
  const next = new Map<number, number>();
  const before = steps.map((step) => stepBefore(way, steps, step)?.index);
  for (const index of before) if (index !== undefined) next.set(index, (next.get(index) ?? 0) + 1);
  const depths: number[] = [];
  for (const [i, at] of before.entries()) depths[i] = at === undefined ? 0 : (depths[at] ?? 0) + ((next.get(at) ?? 0) > 1 ? 1 : 0);
  return depths;
}

/** The steps as a tree is read: each branch to its end before the next one. */
export function treeOrder(way: TraceWay, steps: readonly Step[]): Step[] {
  const before = new Map(steps.map((step) => [step.index, stepBefore(way, steps, step)?.index]));
  const ordered: Step[] = [];
  const visit = (step: Step): void => {
    ordered.push(step);
    for (const one of steps) if (before.get(one.index) === step.index) visit(one);
  };
  for (const step of steps) if (before.get(step.index) === undefined) visit(step);
  return ordered;
}

/** How a message fared at a node, as its card says it: icon and words. */
export interface CardSaid {
  icon: 'none' | 'ok' | 'waiting' | 'retrying' | 'filtered' | 'failed' | 'parked' | 'unknown';
  text: string;
  strong?: string;
}

/** What the card of a node says; undefined for a node that is not on the way. */
export function cardOf(flow: Flow, types: TypeIndex, way: TraceWay, steps: readonly Step[], id: string): CardSaid | undefined {
  if (id === way.source) return { icon: 'none', text: `${timeOfDay(way.timestamp, true)}, ${bytes(way.bytes)}` };
  const outcomes = way.sinks.filter(({ sink }) => sink === id);
  if (outcomes.length > 0) return sinkSaid(way, outcomes);
  const here = steps.filter(({ node }) => node === id);
  if (here.length === 0) return undefined;
  const failed = way.failed.filter(({ node }) => node === id);
  const filtered = way.filtered.filter(({ node }) => node === id);
  const made = here.flatMap((step) => madeAt(way, step));
  if (failed.length > 0 && made.length === 0)
    return { icon: 'failed', text: failed.length === 1 ? `Failed: ${failed[0]?.code}` : `${failed.length} failed` };
  if (filtered.length > 0 && made.length === 0) return { icon: 'filtered', text: `Ended: ${filtered[0]?.reason}` };
  const ports = portsOf(flow, types, id).filter((port) => port.id !== errorPort.id);
  const taken = [...new Set(made.map(({ port }) => port))];
  const [only] = taken;
  if (ports.length > 1 && taken.length === 1 && only !== undefined)
    return {
      icon: 'none',
      text: 'went to',
      strong: only === errorPort.id ? 'Error' : (ports.find((port) => port.id === only)?.label ?? only),
    };
  if (types.get(flow.nodes.find((node) => node.id === id)?.type ?? '')?.kind === 'sink') return { icon: 'unknown', text: 'Not known yet' };
  const count = `${here.length} in, ${made.length} out`;
  if (failed.length > 0) return { icon: 'failed', text: `${count}, ${failed.length} failed` };
  return { icon: 'none', text: filtered.length > 0 ? `${count}, ${filtered.length} ended` : count };
}

const icons: Record<SinkOutcome['state'], CardSaid['icon']> = {
  delivered: 'ok',
  waiting: 'waiting',
  retrying: 'retrying',
  dead: 'failed',
  parked: 'parked',
  unknown: 'unknown',
};

function sinkSaid(way: TraceWay, outcomes: readonly SinkOutcome[]): CardSaid {
  const worst = worstOf(outcomes);
  const same = outcomes.filter(({ state }) => state === worst).length;
  const times = outcomes.length === 1 ? '' : same === outcomes.length ? `, ${same} times` : `, ${same} of ${outcomes.length}`;
  const tries = Math.max(0, ...outcomes.map((one) => one.tries?.count ?? 0));
  const after = tries > 1 && worst === 'delivered' ? ` after ${tries} tries` : '';
  // Whoever looks for what is there twice must see it without opening the sink.
  if (worst === 'delivered' && outcomes.some((one) => one.tries?.twice === 'possible'))
    return { icon: 'retrying', text: `Delivered, perhaps twice${times}` };
  const live = outcomes.filter(({ by }) => by === undefined);
  const last = worst === 'delivered' ? live.toSorted((a, b) => (b.deliveredAt ?? 0) - (a.deliveredAt ?? 0))[0] : undefined;
  // A card is narrow: of several the sink's own list says how long each took.
  const total = last && times === '' ? totalText(way, last) : undefined;
  return { icon: icons[worst], text: `${stateWords[worst]}${after}${times}${total ? `, ${total.short} in all` : ''}` };
}

/** How a line is drawn. */
export interface EdgeSaid {
  /** Order numbers of what went over it. */
  orders: number[];
  /** A time, or how it stands; nothing where there is nothing to say. */
  text?: string;
  /** What the time means and where it is known from. */
  title?: string;
  /** True where the time was measured when the message was run again. */
  measured?: true;
  /** When replays and retries went over it again, or what they were where that is not known. */
  again?: string[];
  /** `way`: it went there. `open`: it is not there yet. `dead`: it ended there. */
  state: 'way' | 'open' | 'dead';
}

/** What went over each line, by the line's id. */
export function edgesOf(flow: Flow, types: TypeIndex, way: TraceWay): Map<string, EdgeSaid> {
  const said = new Map<string, EdgeSaid>();
  const nameOf = nodeNames(flow.nodes, types);
  for (const edge of flow.edges) {
    const hops = way.hops.filter(
      (hop) => hop.edge === edge.id || (hop.to === edge.to.node && hop.from.node === edge.from.node && hop.from.port === edge.from.port),
    );
    if (hops.length === 0) continue;
    const outcomes = way.sinks.filter(({ sink }) => sink === edge.to.node);
    const worst = worstOf(outcomes);
    const state = worst === 'dead' ? 'dead' : worst === 'delivered' || worst === 'unknown' ? 'way' : 'open';
    const time = timeSaid(way, edge.from.node, hops, outcomes, nameOf);
    const again = againAt(outcomes).map(({ kind, at }) => (at === undefined ? kind : timeOfDay(at)));
    said.set(edge.id, {
      orders: hops.map(({ order }) => order).sort((a, b) => a - b),
      state,
      ...time,
      ...(again.length > 0 && { again }),
    });
  }
  return said;
}

/** What a hop of a step took, or how what it led to stands. */
export function timeOfStep(way: TraceWay, step: Step, nameOf: (node: string) => string): ReturnType<typeof timeSaid> {
  if (step.hop === undefined) return {};
  return timeSaid(
    way,
    step.hop.from.node,
    [step.hop],
    way.sinks.filter(({ sink }) => sink === step.node),
    nameOf,
  );
}

function timeSaid(
  way: TraceWay,
  from: string,
  hops: readonly TraceHop[],
  outcomes: readonly SinkOutcome[],
  nameOf: (node: string) => string,
): Pick<EdgeSaid, 'text' | 'title' | 'measured'> {
  const open = outcomes.find(({ state, by }) => by === undefined && (state === 'retrying' || state === 'parked' || state === 'waiting'));
  if (open) return { text: stateWords[open.state].toLowerCase(), title: open.sentence };
  const took = tookOver(way, from, hops, outcomes, nameOf);
  return took === undefined ? {} : { text: took.text, title: took.title, ...(took.from === 'again' && { measured: true as const }) };
}

/** The replays and retries that came to a sink, each once, oldest first. */
export function againAt(outcomes: readonly SinkOutcome[]): NonNullable<SinkOutcome['by']>[] {
  const found = new Map<string, NonNullable<SinkOutcome['by']>>();
  for (const { by } of outcomes) if (by) found.set(`${by.kind} ${by.id}`, by);
  return [...found.values()].sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
}

/** `1, 2, 5`, or of many how many. */
export const ordersText = (orders: readonly number[]): string =>
  orders.length <= 2 ? orders.join(', ') : `${orders[0]}, ${plural(orders.length, 'time')}`;
