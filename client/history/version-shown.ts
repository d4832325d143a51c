import type { Flow } from '#shared/flow.ts';
import { diffFlows } from '#shared/flow-diff.ts';
import type { Catalog } from '#shared/node-type.ts';
import type { VersionShown } from '../editor/store.ts';
import { documentOf, readState, type StateOf, stateName } from './documents.ts';

/** The number of a version as it stands in an address; undefined where none does. */
export function readVersion(text: string | null): number | undefined {
  const state = readState(text);
  return state === 'draft' ? undefined : state;
}

/** A version's document, and how it differs from another state of the flow. */
export async function loadVersion(
  id: string,
  version: number,
  compared: StateOf | undefined,
  catalog: Catalog,
): Promise<{ flow: Flow; shown: VersionShown }> {
  const [flow, other] = await Promise.all([documentOf(id, version), compared === undefined ? undefined : documentOf(id, compared)]);
  const changes = other === undefined ? [] : diffFlows(other, flow, catalog);
  const marks = new Map<string, 'added' | 'changed'>();
  for (const { node, kind, weight, place, field } of changes) {
    if (node === undefined || place === 'Connections' || weight === 'drawing' || marks.get(node) === 'added') continue;
    if (kind !== 'removed' || field !== undefined) marks.set(node, kind === 'added' && field === undefined ? 'added' : 'changed');
  }
  return { flow, shown: { version, compared: compared === undefined ? undefined : stateName(compared), changes, marks } };
}
