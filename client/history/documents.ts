import { useMemo } from 'react';
import type { Flow } from '#shared/flow.ts';
import type { FlowChange } from '#shared/flow-diff/change.ts';
import { diffFlows } from '#shared/flow-diff.ts';
import type { Catalog } from '#shared/node-type.ts';
import { api } from '../api.ts';
import { type Loaded, useLoad } from '../load.ts';

/** A state of a flow: its draft, or a version by its number. */
export type StateOf = 'draft' | number;

/** Versions never change, so each is fetched once; the oldest is forgotten beyond this number. */
const keptVersions = 50;
const versions = new Map<string, Promise<Flow>>();

/** The document of a state of a flow. */
export async function documentOf(flow: string, state: StateOf): Promise<Flow> {
  if (state === 'draft') return (await api.flow(flow)).flow;
  const key = `${flow} ${state}`;
  const known = versions.get(key);
  if (known !== undefined) return known;
  const asked = api.version(flow, state);
  versions.set(key, asked);
  asked.catch(() => versions.delete(key));
  const [oldest] = versions.keys();
  if (versions.size > keptVersions && oldest !== undefined) versions.delete(oldest);
  return asked;
}

/** `version 12`, `the draft`. */
export function stateName(state: StateOf): string {
  return state === 'draft' ? 'the draft' : `version ${state}`;
}

/** A state as it stands in an address; undefined for what is none. */
export function readState(text: string | null): StateOf | undefined {
  if (text === 'draft') return 'draft';
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/** What it takes from one state to get to another; `revision` loads a draft anew when it was saved. */
export function useChanges(
  flow: string,
  from: StateOf | undefined,
  to: StateOf,
  revision: number,
  catalog: Catalog | undefined,
): { changes: readonly FlowChange[] | undefined; loaded: Loaded<[Flow, Flow] | undefined> } {
  const mark = from === 'draft' || to === 'draft' ? revision : 0;
  const loaded = useLoad<[Flow, Flow] | undefined>(
    async () => (from === undefined ? undefined : Promise.all([documentOf(flow, from), documentOf(flow, to)])),
    `${flow} ${from} ${to} ${mark}`,
  );
  const { data } = loaded;
  const changes = useMemo(() => (data === undefined ? undefined : diffFlows(data[0], data[1], catalog)), [data, catalog]);
  return { changes, loaded };
}
