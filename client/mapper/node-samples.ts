import { parseJson } from '#shared/json.ts';
import type { SampleBytes, SavedSample } from '#shared/sample.ts';
import type { MapperSample } from './mapper-store.ts';

/** Samples as they come to a node that stands directly behind its sources. Those of the list must have been asked for with their values. */
export function directSamples(samples: readonly SavedSample[]): MapperSample[] {
  return samples.map((sample) => ({
    id: sample.id,
    name: sample.name,
    value: decoded(sample.value ?? null),
    key: sample.key === null ? null : sample.key.text,
    headers: Object.fromEntries(Object.entries(sample.headers).map(([name, bytes]) => [name, bytes.text])),
    timestamp: sample.timestamp ?? Date.parse(sample.createdAt),
    origin: sample.origin.kind === 'topic' ? sample.origin.position : sample.origin.kind === 'dead-letter' ? sample.origin.of : '',
  }));
}

/** JSON as its value with every digit; any other text as it is; nothing of a delete marker as null. */
function decoded(bytes: SampleBytes | null): unknown {
  if (bytes === null) return null;
  if (bytes.encoding === 'base64') return bytes.text;
  try {
    return parseJson(bytes.text);
  } catch (error) {
    if (error instanceof SyntaxError) return bytes.text;
    throw error;
  }
}
