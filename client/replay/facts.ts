import type { FlowHistory, FlowRecord } from '#shared/api.ts';
import type { Flow, FlowNode } from '#shared/flow.ts';
import type { Catalog } from '#shared/node-type.ts';
import { api } from '../api.ts';
import { documentOf } from '../history/documents.ts';

/** What the page needs of a flow before anything is chosen. */
export interface Facts {
  record: FlowRecord;
  history: FlowHistory;
  catalog: Catalog;
  /** The version that runs unless another is chosen: the live one, else the one deployed last. */
  usual: number | undefined;
}

/** Loads it. */
export async function factsOf(id: string): Promise<Facts> {
  const [record, history, catalog] = await Promise.all([api.flow(id), api.history(id), api.nodeTypes()]);
  const deployed = history.versions.filter(({ deployments }) => deployments.length > 0);
  return { record, history, catalog, usual: history.deployedVersion ?? deployed[0]?.version };
}

/** A version's document with its sinks. */
export interface VersionFacts {
  version: number;
  document: Flow;
  sinks: FlowNode[];
}

/** Loads the document of the version that is to run. */
export async function versionFactsOf(id: string, version: number | undefined, catalog: Catalog): Promise<VersionFacts | undefined> {
  if (version === undefined) return undefined;
  const document = await documentOf(id, version);
  const kinds = new Map(catalog.types.map(({ type, kind }) => [type, kind]));
  const sinks = document.nodes.filter((node) => kinds.get(node.type) === 'sink' && node.mode !== 'disabled');
  return { version, document, sinks };
}

/** The times in which a version was live, newest first; the last one may still last. */
export function liveTimes(history: FlowHistory, version: number): { from: number; until?: number; who: string }[] {
  const all = history.versions
    .flatMap((one) =>
      one.deployments.map((deployment) => ({ version: one.version, at: Date.parse(deployment.deployedAt), who: deployment.deployedBy })),
    )
    .sort((a, b) => a.at - b.at);
  return all
    .flatMap((one, index) => {
      const until = all[index + 1]?.at;
      return one.version === version ? [{ from: one.at, ...(until !== undefined && { until }), who: one.who }] : [];
    })
    .reverse();
}
