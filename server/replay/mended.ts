import { header } from '#shared/message.ts';
import type { TransformStage } from '#shared/plan.ts';
import type { Repair } from '#shared/replay.ts';
import type { KafkaRecord } from '../kafka/port.ts';
import type { Failure } from '../runtime/dead-letter.ts';
import type { Made } from './message-run.ts';
import { letterOf } from './retry-letter.ts';
import { ordinalOf } from './standing.ts';

/** An open item of the inbox, by its newest dead letter. */
export interface OpenLetter {
  item: string;
  attempt: number;
  node: string;
  /** Which arrival at the node it was; 0 where the letter does not say. */
  arrival: number;
  /** Of what a sink outside has refused: the ordinal of that output. */
  ordinal?: number;
}

type Output = Made['outputs'][number];

/** What a replay of a message does to its open items. */
export interface Mended {
  /** The item that an output stands for, by output. */
  carries: Map<Output, OpenLetter>;
  /** The item that has failed again, by failure. */
  again: Map<Failure, OpenLetter>;
  /** Items whose message went through. */
  through: { letter: OpenLetter; outcome: Repair['outcome'] }[];
}

/** Where a replay runs, as far as items are concerned. */
export interface MendedWhere {
  chosen: ReadonlySet<string>;
  /** A node and all that comes behind it. */
  behind(node: string): ReadonlySet<string>;
  /** Whether a sink lies outside, so that it has yet to answer. */
  outside(sink: string): boolean;
}

/** Reads a dead letter as an open item; undefined for a record that is none. */
export function openLetterOf(record: KafkaRecord): OpenLetter | undefined {
  const letter = letterOf(record);
  if (letter === undefined) return undefined;
  const { item, attempt, node, stage, arrival } = letter;
  const refused = stage.startsWith('deliver-') && node === stage.slice('deliver-'.length);
  return { item, attempt, node, arrival: arrival?.at ?? 0, ...(refused && { ordinal: ordinalOf(record.headers[header.index]) }) };
}

/**
 * Says which open items of a message a replay has mended. One that failed at a node is through when nothing behind that
 * node failed again and all that came of it there was for a chosen sink; one that a sink refused, when its output goes
 * there again. An item of which a part goes to a sink that was not chosen stays open, because that sink still lacks it.
 * @param written those of `made.outputs` that are written
 */
export function mendedBy(letters: readonly OpenLetter[], made: Made, written: readonly Output[], where: MendedWhere): Mended {
  const { chosen, behind, outside } = where;
  const left = new Set(letters);
  const again = new Map<Failure, OpenLetter>();
  const take = (failure: Failure, fits: (letter: OpenLetter) => boolean): void => {
    if (again.has(failure)) return;
    const letter = [...left].find(fits);
    if (letter === undefined) return;
    again.set(failure, letter);
    left.delete(letter);
  };
  const cameTo =
    ({ node, arrival = 0 }: Failure) =>
    (letter: OpenLetter) =>
      letter.ordinal === undefined && letter.node === node && letter.arrival === arrival;
  for (const failure of made.failures) take(failure, cameTo(failure));
  for (const failure of made.failures)
    take(failure, ({ node, ordinal }) => (ordinal === undefined ? behind(node).has(failure.node) : behind(failure.node).has(node)));

  const carries = new Map<Output, OpenLetter>();
  const done: OpenLetter[] = [];
  const parts: { letter: OpenLetter; mine: Output[] }[] = [];
  for (const letter of left) {
    if (letter.ordinal === undefined) {
      const mine = behind(letter.node);
      if (!made.outputs.some(({ sink }) => mine.has(sink) && !chosen.has(sink)))
        parts.push({ letter, mine: written.filter(({ sink }) => mine.has(sink)) });
      continue;
    }
    if (!chosen.has(letter.node)) continue;
    const same = ({ sink, record }: Output): boolean =>
      sink === letter.node && ordinalOf(record.headers?.[header.index]) === letter.ordinal;
    const output = written.find(same);
    if (output) carries.set(output, letter);
    // Not made any more: it ends on purpose, unless what failed may have been on its way there.
    const ends = !made.outputs.some(same) && !made.failures.some(({ node }) => behind(node).has(letter.node));
    if (output || ends) done.push(letter);
  }
  // Each item gets an output of its own where there is one, best of a sink that has yet to answer; others go with those.
  for (const { letter, mine } of parts) {
    const free = mine.filter((output) => !carries.has(output));
    const output = free.find(({ sink }) => outside(sink)) ?? free[0];
    if (output) carries.set(output, letter);
    done.push(letter);
  }
  for (const { letter, mine } of parts) for (const output of mine) if (!carries.has(output)) carries.set(output, letter);
  const waits = new Set([...carries].flatMap(([{ sink }, letter]) => (outside(sink) ? [letter] : [])));
  return { carries, again, through: done.map((letter) => ({ letter, outcome: waits.has(letter) ? 'sent' : 'solved' })) };
}

/** Makes the look-up of what lies behind a node. A node that the version does not have may have been before any. */
export function behindIn({ nodes, edges }: Pick<TransformStage, 'nodes' | 'edges'>): MendedWhere['behind'] {
  const known = new Map<string, ReadonlySet<string>>();
  const all = new Set(nodes.map(({ id }) => id));
  return (node) => {
    if (!all.has(node)) return all;
    let reached = known.get(node);
    if (reached === undefined) {
      const found = new Set([node]);
      for (const at of found) for (const { from, to } of edges) if (from.node === at) found.add(to.node);
      known.set(node, (reached = found));
    }
    return reached;
  };
}
