import { canonicalJson } from '../canonical.ts';
import type { Flow, FlowNode } from '../flow.ts';
import { nodeName } from '../node-name.ts';
import type { NodeTypeInfo } from '../node-type.ts';
import { counted, edgeKey, type FlowChange, quoted } from './change.ts';
import { diffObject, diffValue } from './fields.ts';
import { typeWords } from './names.ts';
import { ownOf, same, valueWords } from './values.ts';

type Types = ReadonlyMap<string, NodeTypeInfo>;

/** How the nodes of two flows differ, in the order of the later one; removed ones last. */
export function diffNodes(before: Flow, after: Flow, types: Types): FlowChange[] {
  const old = byId(before);
  const now = byId(after);
  const changes: FlowChange[] = [];
  for (const [id, nodes] of now) {
    const was = old.get(id);
    const [node] = nodes;
    if (node === undefined) continue;
    if (was === undefined) changes.push(added(node, types));
    else if (was.length === 1 && nodes.length === 1 && was[0] !== undefined) changes.push(...diffNode(was[0], node, types));
    else if (!same(was, nodes)) changes.push(doubled(node, types));
  }
  for (const [id, [node]] of old) {
    if (node === undefined || now.has(id)) continue;
    const touching = before.edges.filter(({ from, to }) => from.node === id || to.node === id);
    const with_ = touching.length === 0 ? '' : touching.length === 1 ? ' with its connection' : ` with its ${touching.length} connections`;
    const place = { place: nodeName(node, types), node: id, edges: touching.map(edgeKey) };
    changes.push({
      kind: 'removed',
      weight: 'logic',
      sentence: `removed${typeWords(node, types)}${with_}`,
      ...place,
      before: canonicalJson(node, { indent: 2 }),
    });
  }
  return changes;
}

/** The nodes by their ids; a broken document may have several of one id. */
function byId(flow: Flow): Map<string, FlowNode[]> {
  const nodes = new Map<string, FlowNode[]>();
  for (const node of flow.nodes) nodes.set(node.id, [...(nodes.get(node.id) ?? []), node]);
  return nodes;
}

function added(node: FlowNode, types: Types): FlowChange {
  const after = canonicalJson(node, { indent: 2 });
  return { kind: 'added', weight: 'logic', place: nodeName(node, types), node: node.id, sentence: `new${typeWords(node, types)}`, after };
}

function doubled(node: FlowNode, types: Types): FlowChange {
  const sentence = `the nodes with the id ${node.id} are others; an id must be there once`;
  return { kind: 'changed', weight: 'logic', place: nodeName(node, types), node: node.id, sentence };
}

const known = new Set(['id', 'type', 'version', 'label', 'config', 'mode', 'note', 'onError', 'retry']);
const giveUpWords: Record<string, string> = {
  pause: 'it waits for a person',
  'dead-letter': 'a dead letter',
  park: 'a dead letter, and later messages of its key wait',
};
const errorWords: Record<string, string> = { 'dead-letter': 'a dead letter', skip: 'skipped', stop: 'the flow stops' };
const modeWords: Record<string, string> = { disabled: 'disabled, messages stop here', bypassed: 'bypassed, messages pass unchanged' };

/** How two states of one node differ. */
function diffNode(before: FlowNode, after: FlowNode, types: Types): FlowChange[] {
  if (same(before, after)) return [];
  const type = types.get(after.type);
  const at = { place: nodeName(after, types), node: after.id };
  const changes: FlowChange[] = [];
  const add = (field: string, kind: FlowChange['kind'], weight: FlowChange['weight'], sentence: string, more: Partial<FlowChange> = {}) =>
    changes.push({ ...at, kind, weight, field, sentence, ...more });

  if (before.label !== after.label) {
    const [was, is] = [nodeName(before, types), nodeName(after, types)];
    add('label', 'changed', 'words', `renamed from ${quoted(was)} to ${quoted(is)}`, { before: was, after: is });
  }
  if (before.type !== after.type) {
    const [was, is] = [types.get(before.type)?.title ?? before.type, type?.title ?? after.type];
    add('type', 'changed', 'logic', `is now a ${is}, was a ${was}`, { before: was, after: is });
  }
  if (before.version !== after.version) {
    const sentence = `its settings are now those of version ${after.version} of the node type, were of version ${before.version}`;
    add('version', 'changed', 'logic', sentence);
  }
  if (before.mode !== after.mode) {
    const sentence = after.mode === undefined ? `active again, was ${before.mode}` : (modeWords[after.mode] ?? after.mode);
    add('mode', 'changed', 'logic', sentence, { before: before.mode ?? 'active', after: after.mode ?? 'active' });
  }
  if (before.onError !== after.onError) {
    const words = (value: string | undefined) => (value === undefined ? "as the flow's settings say" : (errorWords[value] ?? value));
    add('onError', 'changed', 'logic', `what it cannot process: was ${words(before.onError)}, now ${words(after.onError)}`);
  }
  if (!same(before.retry, after.retry)) {
    const words = (retry: FlowNode['retry']) =>
      retry === undefined ? 'as usual' : `for ${counted(retry.minutes, 'minute')}, then ${giveUpWords[retry.giveUp] ?? retry.giveUp}`;
    const [was, is] = [words(before.retry), words(after.retry)];
    add('retry', 'changed', 'logic', was === is ? 'tries again in another way' : `tries again: was ${was}, now ${is}`);
  }
  const expressions = Object.values(type?.config.properties ?? {}).filter((field) => field.widget === 'jsonata');
  for (const { field, label, ...change } of diffObject(before.config, after.config, { schema: type?.config, path: '', label: '' })) {
    const main = expressions.length > 0 && label === (expressions[0]?.label ?? '') && change.row !== undefined;
    changes.push({ ...at, ...change, field: `config.${field}`, ...(main ? {} : { label }) });
  }
  if ((before.note ?? '') !== (after.note ?? '')) {
    const sentence = after.note ? `note is now ${quoted(after.note)}` : `note ${quoted(before.note ?? '')} removed`;
    add('note', 'changed', 'words', sentence, { before: before.note ?? '', after: after.note ?? '' });
  }
  const [more, less]: [Record<string, unknown>, Record<string, unknown>] = [{ ...after }, { ...before }];
  for (const key of new Set([...Object.keys(less), ...Object.keys(more)])) {
    if (known.has(key)) continue;
    for (const change of diffValue(ownOf(less, key), ownOf(more, key), { schema: undefined, path: key, label: key }))
      changes.push({ ...at, ...change });
  }
  // Such as a note that is empty in one and absent in the other: nothing that anybody can see.
  if (changes.length === 0) add('', 'changed', 'words', `written otherwise: ${valueWords(after.note ?? '')}`);
  return changes;
}
