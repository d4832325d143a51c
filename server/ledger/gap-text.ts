import { createHash } from 'node:crypto';
import type { LedgerGap } from '#shared/ledger-minutes.ts';
import type { Difference } from './audit.ts';

/** The same difference has the same id, whenever it is found. */
export function gapId({ kind, flow, stage, topic, partition, from, to, outputTopic }: Difference): string {
  const text = [kind, flow, stage, topic, partition, from, to, outputTopic ?? ''].join('\n');
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

/** Puts a difference into words. `name` tells what people call a node. */
export function gapOf(found: Difference, name: (node: string) => string, noticedAt: number): LedgerGap {
  return { ...found, id: gapId(found), noticedAt, sentence: sentenceOf(found, name) };
}

function sentenceOf(found: Difference, name: (node: string) => string): string {
  const { kind, stage, topic, partition, from, to, count, outputTopic } = found;
  const who = stage === 'transform' ? `version ${found.version} of the flow` : `“${name(stage.replace(/^deliver-/, ''))}”`;
  const offsets = from === to ? `offset ${from}` : `offsets ${from} to ${to}`;
  const place = `${topic}, partition ${partition}, ${offsets}`;
  const sinks = (found.sink ?? '')
    .split(', ')
    .filter((sink) => sink !== '')
    .map((sink) => `“${name(sink)}”`)
    .join(' and ');
  const again = stage === 'transform' ? `replay ${offsets} of ${topic}` : `replay them to ${who}`;
  switch (kind) {
    case 'skipped':
      return `${messages(count)} of ${place}, never went through ${who}: no entry of the ledger accounts for ${them(count)}. Look at the messages there, ${again}, then settle this.`;
    case 'twice':
      return `${messages(count)} of ${place}, went through ${who} more than once, so that sinks may hold doubles. Look ${them(count)} up at the sinks, take out what is double, then settle this.`;
    case 'missing':
      return `${messages(count)} that ${who} made of ${place}, ${count === 1 ? 'does' : 'do'} not stand in ${outputTopic}${sinks === '' ? ', where dead letters are kept' : `, from which ${sinks} ${sinks.includes(' and ') ? 'take' : 'takes'} them`}. Look at the messages there, ${again}${sinks === '' ? '' : ` to ${sinks}`}, then settle this.`;
    case 'extra':
      return `${messages(count)} more ${count === 1 ? 'stands' : 'stand'} in ${outputTopic} than the ledger says that ${who} made of ${place}${sinks === '' ? '' : `; ${sinks} may hold doubles`}. Look up what stands there by its origin, take out what is double, then settle this.`;
    case 'entry':
      return `What ${who} says of ${place}, does not add up: ${messages(count)} ${count === 1 ? 'is' : 'are'} neither delivered, filtered, dead nor parked. Look at the messages there, compare them with the sinks, then settle this.`;
  }
}

const messages = (count: number) => `${count.toLocaleString('en')} message${count === 1 ? '' : 's'}`;
const them = (count: number) => (count === 1 ? 'it' : 'them');
