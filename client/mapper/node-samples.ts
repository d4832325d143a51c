import type { Flow } from '#shared/flow.ts';
import { parseJson } from '#shared/json.ts';
import type { SampleBytes, SavedSample } from '#shared/sample.ts';
import { type TrialResult, trialLimits } from '#shared/trial.ts';
import { api } from '../api.ts';
import { findNode, type TypeIndex } from '../editor/document.ts';
import { plural } from '../format.ts';
import type { MapperSample } from './mapper-store.ts';
import { upstreamOf } from './upstream.ts';

/** The samples at a node, and what is to be said of them. */
export interface NodeSamples {
  samples: MapperSample[];
  /** Why samples are missing, or are not what comes to the node. */
  reason?: string;
}

/** Node that stands in for the one that is mapped, so that what is wrong with it keeps nothing from reaching it. */
const standIn = { type: 'log', version: 1, config: {} };

/**
 * The samples of the workspace as they come to a node: taken through the nodes before it by a Try, which writes nothing. Where
 * nothing but the flow's one source stands before it, or `mayTry` is false, they come as they are. Samples must have been asked for
 * with their values. Rejects with what the server says.
 */
export async function samplesAt(
  flow: Flow,
  node: string,
  types: TypeIndex,
  saved: readonly SavedSample[],
  mayTry: boolean,
  signal: AbortSignal,
): Promise<NodeSamples> {
  const upstream = upstreamOf(flow, node, types);
  const sources = flow.nodes.filter(({ type }) => types.get(type)?.kind === 'source');
  if (saved.length === 0 || upstream.nodes.length === 0 || (upstream.direct && sources.length < 2))
    return { samples: directSamples(saved) };
  if (!mayTry)
    return {
      samples: directSamples(saved),
      reason: 'The samples are shown as they enter the flow: to take them through it needs the role analyst.',
    };
  const own = findNode(flow, node);
  const before: Flow = {
    ...flow,
    nodes: [...flow.nodes.filter(({ id }) => upstream.nodes.includes(id)), { ...standIn, id: node, label: own?.label ?? '' }],
    edges: flow.edges.filter(
      ({ from, to }) => upstream.nodes.includes(from.node) && (upstream.nodes.includes(to.node) || to.node === node),
    ),
  };
  const samples: MapperSample[] = [];
  let truncated = 0;
  for (let at = 0; at < saved.length; at += trialLimits.messages) {
    const some = saved.slice(at, at + trialLimits.messages);
    const result = await api.tryFlow(flow.id, { flow: before, samples: some.map(({ id }) => id) }, { signal });
    const [problem] = result.problems.filter(({ severity }) => severity === 'error');
    if (problem !== undefined) {
      const reason = `The samples are shown as they enter the flow, because the nodes before this one cannot run: ${problem.message}`;
      return { samples: directSamples(saved), reason };
    }
    const arrived = arrivals(result, node, new Map(some.map((sample) => [sample.id, sample])));
    samples.push(...arrived.samples);
    truncated += arrived.truncated;
  }
  if (samples.length === 0)
    return { samples, reason: `None of ${plural(saved.length, 'sample')} reaches this node: the nodes before it hold them back.` };
  return { samples, ...(truncated > 0 ? { reason: `${plural(truncated, 'sample')} too large to be shown here.` } : {}) };
}

function arrivals(
  result: TrialResult,
  node: string,
  saved: ReadonlyMap<string, SavedSample>,
): { samples: MapperSample[]; truncated: number } {
  const records = new Map(result.records.map((record) => [record.id, record]));
  const samples: MapperSample[] = [];
  const seen = new Map<number, number>();
  let truncated = 0;
  for (const id of result.nodes[node]?.in ?? []) {
    const record = records.get(id);
    if (record === undefined) continue;
    if (record.truncated !== undefined) {
      truncated++;
      continue;
    }
    const input = result.inputs[record.input];
    const nth = (seen.get(record.input) ?? 0) + 1;
    seen.set(record.input, nth);
    const sample = saved.get(input?.sample ?? '');
    samples.push({
      id: input?.sample ?? '',
      name: `${sample?.name ?? input?.name ?? ''}${nth > 1 ? ` (${nth})` : ''}`,
      value: record.value,
      key: record.key,
      headers: record.headers,
      timestamp: record.timestamp,
      origin: sample === undefined ? '' : originOf(sample),
    });
  }
  return { samples, truncated };
}

const originOf = ({ origin }: SavedSample): string =>
  origin.kind === 'topic' ? origin.position : origin.kind === 'dead-letter' ? origin.of : '';

function directSamples(samples: readonly SavedSample[]): MapperSample[] {
  return samples.map((sample) => ({
    id: sample.id,
    name: sample.name,
    value: decoded(sample.value ?? null),
    key: sample.key === null ? null : sample.key.text,
    headers: Object.fromEntries(Object.entries(sample.headers).map(([name, bytes]) => [name, bytes.text])),
    timestamp: sample.timestamp ?? Date.parse(sample.createdAt),
    origin: originOf(sample),
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
