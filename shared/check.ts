import { checkConfig } from './check/config.ts';
import { checkGraph, nameOf } from './check/graph.ts';
import type { Flow, FlowNode } from './flow.ts';
import type { Catalog, NodeTypeInfo } from './node-type.ts';
import type { Problem } from './problem.ts';

/**
 * The codes that checkFlow gives. They are stable: scripts and the studio go by them.
 *
 * | code | severity | means |
 * | --- | --- | --- |
 * | `flow/no-source` | error | the flow has no source |
 * | `flow/no-sink` | error | the flow has no sink |
 * | `node/duplicate` | error | two nodes have one id |
 * | `node/reserved` | error | the id is one that Millrace's own topics use |
 * | `node/type` | error | there is no node type of that name |
 * | `node/version` | error | a newer version of the type wrote the node |
 * | `node/mode` | error | a source or sink is bypassed; only transforms can be |
 * | `node/unique` | error | two nodes have the same value where it must be unique (a webhook's path) |
 * | `node/no-input` | error | nothing is connected to a transform or sink |
 * | `node/unreachable` | error | no source leads to the node |
 * | `node/cut-off` | error | a disabled node stands in every way to a sink |
 * | `node/leads-nowhere` | warning | no edge leaves a source or transform |
 * | `topic/read-twice` | error | two sources read one topic |
 * | `port/unconnected` | warning | a port that is wanted (a switch's lane for the rest) has no edge |
 * | `edge/duplicate` | error | two edges have one id |
 * | `edge/node` | error | an edge starts or ends at a node that does not exist |
 * | `edge/port` | error | an edge starts or ends at a port that does not exist |
 * | `edge/into-source` | error | an edge leads into a source |
 * | `edge/doubled` | error | two edges connect the same ports |
 * | `edge/cycle` | error | the edges form a circle; the message names its nodes |
 * | `field/missing` | error | a config field that is needed is missing or empty |
 * | `field/wrong` | error | a config field has a value that its type does not allow |
 * | `field/unknown` | warning | a config field that the type does not have |
 * | `field/expression` | error | an expression does not parse; `position` says where |
 * | `path/guarantee` | error | a way to a sink is weaker than `settings.guarantee`; `node` is the one that weakens it |
 *
 * The server adds what only it can know: `field/check` (a node type's own check), `node/broken` (a type that throws
 * where it must not), and the codes of reading a document: `flow/json`, `flow/format`, `flow/shape`.
 */
export const problemCodes = [
  'flow/no-source',
  'flow/no-sink',
  'node/duplicate',
  'node/reserved',
  'node/type',
  'node/version',
  'node/mode',
  'node/unique',
  'node/no-input',
  'node/unreachable',
  'node/cut-off',
  'node/leads-nowhere',
  'topic/read-twice',
  'port/unconnected',
  'edge/duplicate',
  'edge/node',
  'edge/port',
  'edge/into-source',
  'edge/doubled',
  'edge/cycle',
  'field/missing',
  'field/wrong',
  'field/unknown',
  'field/expression',
  'path/guarantee',
] as const;

/** Node ids that would give a node's topic the name of one of the flow's own topics (`millrace.<flow>.dead`). */
const reservedIds: readonly string[] = ['dead'];

/**
 * Everything that is wrong with a flow, found in one pass, errors first. Pure: the browser, the server and the command
 * line give the same list for the same flow and catalog. An empty list, or one of warnings, may be deployed.
 */
export function checkFlow(flow: Flow, catalog: Catalog): Problem[] {
  const types = new Map(catalog.types.map((type) => [type.type, type]));
  const problems = [
    ...checkIds(flow),
    ...flow.nodes.flatMap((node) => checkNode(node, types.get(node.type), catalog)),
    ...checkShared(flow, types),
    ...checkGraph(flow, types),
  ];
  return [...problems.filter((problem) => problem.severity === 'error'), ...problems.filter((problem) => problem.severity !== 'error')];
}

function checkIds(flow: Flow): Problem[] {
  const problems: Problem[] = [];
  const nodes = new Set<string>();
  for (const node of flow.nodes) {
    if (nodes.has(node.id))
      problems.push(error('node/duplicate', `Two nodes have the id ${node.id}. Give one of them another id.`, { node: node.id }));
    if (reservedIds.includes(node.id)) {
      problems.push(
        error('node/reserved', `The node id ${node.id} is used for the flow's dead letters. Give the node another id.`, { node: node.id }),
      );
    }
    nodes.add(node.id);
  }
  const edges = new Set<string>();
  for (const edge of flow.edges) {
    if (edges.has(edge.id))
      problems.push(error('edge/duplicate', `Two edges have the id ${edge.id}. Give one of them another id.`, { edge: edge.id }));
    edges.add(edge.id);
  }
  return problems;
}

function error(code: string, message: string, place: Partial<Problem>): Problem {
  return { code, severity: 'error', message, ...place };
}

function checkNode(node: FlowNode, type: NodeTypeInfo | undefined, catalog: Catalog): Problem[] {
  if (type === undefined) {
    const hint =
      catalog.failures.length === 0
        ? 'Replace the node, or add the type.'
        : `Some types could not be loaded (${catalog.failures.map((failure) => failure.file).join(', ')}); it may be among them.`;
    return [error('node/type', `${nameOf(node)} is of the type ${node.type}, which does not exist here. ${hint}`, { node: node.id })];
  }
  if (node.version > type.version) {
    const message = `${nameOf(node)} was made with version ${node.version} of ${type.title}; here is version ${type.version}. Update Millrace or the node type.`;
    return [error('node/version', message, { node: node.id })];
  }
  const problems: Problem[] = [];
  if (node.mode === 'bypassed' && type.kind !== 'transform') {
    problems.push(
      error('node/mode', `${nameOf(node)} is a ${type.kind} and cannot be bypassed. Disable it, or enable it.`, { node: node.id }),
    );
  }
  // A config of an older version is brought up by the type's own code, on the server, before it is checked.
  if (node.version < type.version) return problems;
  return [...problems, ...checkConfig(node, type)];
}

/** Values that only one node may have. Disabled nodes hold nothing. */
function checkShared(flow: Flow, types: ReadonlyMap<string, NodeTypeInfo>): Problem[] {
  const problems: Problem[] = [];
  const taken = new Map<string, FlowNode>();
  const read = new Map<string, FlowNode>();
  for (const node of flow.nodes) {
    const type = types.get(node.type);
    if (type === undefined || node.mode === 'disabled') continue;
    if (type.unique !== undefined) {
      const { field, what } = type.unique;
      const value = node.config[field];
      const key = JSON.stringify([type.type, value]);
      const other = value === undefined ? undefined : taken.get(key);
      if (other) {
        problems.push(
          error('node/unique', `${nameOf(node)} and ${nameOf(other)} have the same ${what}, ${String(value)}. Change one of them.`, {
            node: node.id,
            field,
          }),
        );
      }
      taken.set(key, other ?? node);
    }
    const topic = type.kind === 'source' && type.topic ? node.config[type.topic.field] : undefined;
    if (typeof topic === 'string' && topic !== '') {
      const other = read.get(topic);
      if (other) {
        const message = `${nameOf(node)} and ${nameOf(other)} both read the topic ${topic}. Keep one and draw two edges from it.`;
        problems.push(error('topic/read-twice', message, { node: node.id, ...(type.topic ? { field: type.topic.field } : {}) }));
      }
      read.set(topic, other ?? node);
    }
  }
  return problems;
}
