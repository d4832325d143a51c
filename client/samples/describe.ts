import type { Flow } from '#shared/flow.ts';
import { parsePosition } from '#shared/message.ts';
import { nodeName } from '#shared/node-name.ts';
import type { SampleBytes, SampleOrigin, SavedSample } from '#shared/sample.ts';
import type { TypeIndex } from '../editor/document.ts';
import { plural } from '../format.ts';

/** Where a sample came from, for people: "orders, partition 0, offset 4711". `nodeName` gives the names of other samples. */
export function originInWords(
  origin: SampleOrigin,
  nodeName: (sample: string) => string | undefined = () => undefined,
  topicName: TopicName = (topic) => topic,
): string {
  switch (origin.kind) {
    case 'topic':
      return placeInWords(origin.position, topicName);
    case 'dead-letter':
      return `Dead letter (${origin.code}) of ${placeInWords(origin.of, topicName)}`;
    case 'pasted':
      return 'Pasted';
    case 'uploaded':
      return origin.file === undefined ? 'Uploaded' : `From the file ${origin.file}`;
    case 'derived': {
      const name = nodeName(origin.of);
      return name === undefined ? 'Edge case of a sample that is gone' : `Edge case of ${name}`;
    }
  }
}

/** What people call a topic. */
export type TopicName = (topic: string) => string;

/** A flow's own topics go by the names of their nodes; all others by their own. */
export function topicNames(flow: Flow, types: TypeIndex): TopicName {
  const names = new Map(flow.nodes.map((node) => [`millrace.${flow.id}.${node.id}`, nodeName(node, types)]));
  return (topic) => names.get(topic) ?? topic;
}

/** `orders/0/4711` as "orders, partition 0, offset 4711"; what is no position as it is. */
export function placeInWords(position: string, topicName: TopicName = (topic) => topic): string {
  const place = parsePosition(position);
  return place ? `${topicName(place.topic)}, partition ${place.partition}, offset ${place.offset}` : position;
}

/** All samples in a few words: "10 from orders", "8 from orders, 2 pasted, 3 edge cases". */
export function sourcesInWords(samples: readonly SavedSample[], topicName: TopicName = (topic) => topic): string {
  const counts = new Map<string, number>();
  for (const { origin } of samples) {
    const source = sourceOf(origin, topicName);
    counts.set(source, (counts.get(source) ?? 0) + 1);
  }
  return [...counts].map(([source, count]) => (source === 'edge' ? plural(count, 'edge case') : `${count} ${source}`)).join(', ');
}

function sourceOf(origin: SampleOrigin, topicName: TopicName): string {
  if (origin.kind === 'topic') return `from ${topicName(parsePosition(origin.position)?.topic ?? 'a topic')}`;
  if (origin.kind === 'dead-letter') return 'from dead letters';
  if (origin.kind === 'derived') return 'edge';
  return origin.kind;
}

/** A value in one line for a list: its text, "delete marker" for none, and how long the bytes are when they are no text. */
export function valueInWords(value: SampleBytes | null, size?: number): string {
  if (value === null) return 'delete marker (no value)';
  if (value.encoding === 'base64') return `bytes${size === undefined ? '' : ` (${size})`}, not text`;
  return value.text.replaceAll(/\s+/g, ' ').trim() || '(empty text)';
}
