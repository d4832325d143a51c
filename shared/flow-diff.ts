import type { Flow } from './flow.ts';
import { type FlowChange, quoted } from './flow-diff/change.ts';
import { diffEdges } from './flow-diff/edges.ts';
import { diffValue } from './flow-diff/fields.ts';
import { diffLayout } from './flow-diff/layout.ts';
import { namesOf, typesOf } from './flow-diff/names.ts';
import { diffNodes } from './flow-diff/nodes.ts';
import { diffSettings } from './flow-diff/settings.ts';
import { ownOf } from './flow-diff/values.ts';
import type { Catalog } from './node-type.ts';

/**
 * How two flows differ, in the words of those who draw them. Nothing for flows that say the same; for others at least one
 * change for each node, connection and setting that differs. Nodes come first, then connections, settings, and the
 * drawing in one line at the end. The catalog gives titles, labels and units and says which texts are expressions; what
 * it does not know is compared as it stands.
 */
export function diffFlows(before: Flow, after: Flow, catalog?: Catalog): FlowChange[] {
  if (before === after) return [];
  const types = typesOf(catalog);
  const [was, is] = [namesOf(before, types), namesOf(after, types)];
  const changes: FlowChange[] = [];
  if (before.id !== after.id) changes.push(whole('id', `is now the flow ${after.id}, was ${before.id}`, 'logic'));
  if (before.name !== after.name) changes.push(whole('name', `renamed from ${quoted(before.name)} to ${quoted(after.name)}`, 'words'));
  changes.push(
    ...diffNodes(before, after, types),
    ...diffEdges({ before, after, was, is }),
    ...diffSettings(before.settings, after.settings),
  );
  const [old, now]: [Record<string, unknown>, Record<string, unknown>] = [before, after];
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    if (known.has(key)) continue;
    const others = diffValue(ownOf(old, key), ownOf(now, key), { schema: undefined, path: key, label: key });
    // Millrace gives no meaning to what it does not know.
    changes.push(...others.map((change): FlowChange => ({ ...change, weight: 'words', place: 'Flow' })));
  }
  changes.push(...diffLayout(before, after));
  return changes;
}

const known = new Set(['format', 'id', 'name', 'nodes', 'edges', 'settings', 'layout']);

function whole(field: string, sentence: string, weight: FlowChange['weight']): FlowChange {
  return { kind: 'changed', weight, place: 'Flow', field, sentence };
}
