import type { Flow } from '../flow.ts';
import { parsePosition } from '../message.ts';
import { nodeNames } from '../node-name.ts';
import type { NodeTypeInfo } from '../node-type.ts';
import type { SavedSample } from '../sample.ts';
import type { SinkOutcome, TraceWay } from '../trace.ts';
import { targetOf } from './where.ts';

/** A place at which the data of a message stands, or what was made of it. */
export interface StandingPlace {
  /**
   * `topic`: in Kafka, at `position`. `outside`: in a system outside, which took it. `dead-letter`: among the dead letters.
   * `sample`, `test`: kept with the flow for mapping and tests.
   */
  kind: 'topic' | 'outside' | 'dead-letter' | 'sample' | 'test';
  flow: string;
  flowName: string;
  /** The topic, the system, or the name of the sample or test. */
  where: string;
  /** Kind of the system: the title of the sink's type. */
  type?: string;
  /** `topic/partition/offset`; of a system outside where that stood which it took. */
  position?: string;
  from?: string;
  /** Key of the message there, by which the system outside may know it. */
  key?: string | null;
  /** When it came there, ms since 1970. */
  at?: number;
  /** What it is and how long it stays, for people. */
  sentence: string;
  certainty: 'sure' | 'may';
}

/** Every place at which the data of one message stands, through all flows. */
export interface Standing {
  flow: string;
  origin: string;
  key: string | null;
  places: StandingPlace[];
  /** What could not be looked at, as sentences. */
  notes: string[];
}

/** What one flow has of a message. */
export interface StandingParts {
  way: TraceWay;
  flow: Flow;
  types: ReadonlyMap<string, NodeTypeInfo>;
  samples: readonly SavedSample[];
  tests: readonly { name: string; origins: readonly string[] }[];
}

/** The places of one flow; those of others that read on are asked for in the same way. */
export function standingIn({ way, flow, types, samples, tests }: StandingParts): StandingPlace[] {
  const nameOf = nodeNames(flow.nodes, types);
  const base = { flow: way.flow, flowName: way.flowName };
  const places: StandingPlace[] = [topicPlace(way)];
  for (const one of way.sinks) {
    const node = flow.nodes.find(({ id }) => id === one.sink);
    const type = types.get(node?.type ?? '');
    if (one.position !== undefined) {
      places.push({
        ...base,
        kind: 'topic',
        where: parsePosition(one.position)?.topic ?? one.position,
        position: one.position,
        key: keyAt(way, one),
        ...(one.writtenAt !== undefined && { at: one.writtenAt }),
        sentence: `What was made of it for “${nameOf(one.sink)}”, until the topic's retention ends.`,
        certainty: 'sure',
      });
    }
    if (type?.topic === undefined && (one.state === 'delivered' || one.state === 'retrying' || one.state === 'unknown')) {
      places.push({
        ...base,
        kind: 'outside',
        where: `${nameOf(one.sink)}${node ? ` (${targetOf(node)})` : ''}`,
        ...(type && { type: type.title }),
        key: keyAt(way, one),
        ...(one.position !== undefined && { from: one.position }),
        ...(one.deliveredAt !== undefined && { at: one.deliveredAt }),
        sentence:
          one.state === 'delivered'
            ? 'The system took it; what it keeps and for how long only that system knows.'
            : 'It was sent or is about to be; the system may have it already.',
        certainty: one.state === 'delivered' ? 'sure' : 'may',
      });
    }
    if (one.state === 'parked') {
      places.push({
        ...base,
        kind: 'topic',
        where: `${parsePosition(one.position ?? '')?.topic ?? one.sink}.parked`,
        key: keyAt(way, one),
        sentence: `Set aside at “${nameOf(one.sink)}” behind an earlier message of its key, until that is released.`,
        certainty: 'sure',
      });
    }
    if (one.dead) places.push(deadPlace(base, one.dead, way.key));
  }
  const known = new Set(
    [way.origin, ...way.sinks.flatMap(({ position, dead }) => [position, dead?.position])].filter((one) => one !== undefined),
  );
  for (const sample of samples) {
    const { origin } = sample;
    const of = origin.kind === 'topic' ? [origin.position] : origin.kind === 'dead-letter' ? [origin.position, origin.of] : [];
    const derived =
      origin.kind === 'derived' &&
      samples.some(({ id, origin: from }) => id === origin.of && from.kind === 'topic' && known.has(from.position));
    if (!derived && !of.some((position) => known.has(position))) continue;
    places.push({
      ...base,
      kind: 'sample',
      where: sample.name,
      at: Date.parse(sample.createdAt),
      sentence: `A sample of the flow, taken by ${sample.createdBy}${sample.masked > 0 ? `, with ${sample.masked} places masked` : ''}; it stays until somebody deletes it.`,
      certainty: 'sure',
    });
  }
  for (const test of tests) {
    if (!test.origins.some((origin) => known.has(origin))) continue;
    places.push({
      ...base,
      kind: 'test',
      where: test.name,
      sentence: 'A test of the flow holds the message; it stays until somebody deletes the test.',
      certainty: 'sure',
    });
  }
  return places;
}

function topicPlace(way: TraceWay): StandingPlace {
  return {
    kind: 'topic',
    flow: way.flow,
    flowName: way.flowName,
    where: parsePosition(way.origin)?.topic ?? way.origin,
    position: way.origin,
    key: way.key,
    at: way.timestamp,
    sentence: "The message as it came in, until the topic's retention ends.",
    certainty: 'sure',
  };
}

function deadPlace(
  base: Pick<StandingPlace, 'flow' | 'flowName'>,
  dead: NonNullable<SinkOutcome['dead']>,
  key: string | null,
): StandingPlace {
  return {
    ...base,
    kind: 'dead-letter',
    where: parsePosition(dead.position)?.topic ?? dead.position,
    position: dead.position,
    key,
    at: dead.at,
    sentence: `A dead letter (${dead.code}) with the bytes of the message, until the topic's retention ends.`,
    certainty: 'sure',
  };
}

function keyAt(way: TraceWay, one: SinkOutcome): string | null {
  const made = way.records.filter(({ node, port }) => node === one.sink && port === 'in');
  return (made[one.index] ?? made[0])?.key ?? way.key;
}

/** Where the data of several messages stands: all that was found of one person, say. */
export interface StandingSum {
  /** Each place once, though several messages or flows led to it. */
  places: StandingPlace[];
  notes: string[];
  /** By system, topic or collection: how many places it has. Systems outside first. */
  counts: { kind: StandingPlace['kind']; where: string; flowName: string; places: number }[];
}

const order: readonly StandingPlace['kind'][] = ['outside', 'topic', 'dead-letter', 'sample', 'test'];

/** Puts the places of several messages together. */
export function sumStandings(standings: readonly Pick<Standing, 'places' | 'notes'>[]): StandingSum {
  const places = new Map<string, StandingPlace>();
  for (const one of standings.flatMap((standing) => standing.places))
    if (!places.has(standingName(one))) places.set(standingName(one), one);
  const counts = new Map<string, StandingSum['counts'][number]>();
  for (const { kind, where, flowName } of places.values()) {
    // Other flows may write to the same topic; a sink is one flow's.
    const name = `${kind} ${where} ${kind === 'topic' ? '' : flowName}`;
    const count = counts.get(name) ?? { kind, where, flowName, places: 0 };
    counts.set(name, { ...count, places: count.places + 1 });
  }
  return {
    places: [...places.values()],
    notes: [...new Set(standings.flatMap(({ notes }) => notes))],
    counts: [...counts.values()].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || b.places - a.places),
  };
}

/** What names a place, so that the ways of two flows over the same record name one. */
export function standingName({ kind, flow, where, position, from, key, at }: StandingPlace): string {
  if (kind === 'outside') return `${kind} ${flow} ${where} ${from ?? `${key} ${at}`}`;
  return `${kind} ${position ?? `${flow} ${where} ${key ?? ''}`}`;
}
