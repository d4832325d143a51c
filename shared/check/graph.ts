import type { Flow, FlowEdge, FlowNode } from '../flow.ts';
import { inputPort, type NodeTypeInfo, outputPorts } from '../node-type.ts';
import type { Problem } from '../problem.ts';
import { pathGuarantees, reachable, successors, topologicalOrder } from './paths.ts';

type Types = ReadonlyMap<string, NodeTypeInfo>;

/** How a node is called in a sentence. */
export function nameOf(node: Pick<FlowNode, 'id' | 'label'> | undefined): string {
  return node === undefined ? 'a node that is gone' : `“${node.label || node.id}”`;
}

/** What is wrong with the edges and with the ways through the drawing. */
export function checkGraph(flow: Flow, types: Types): Problem[] {
  const nodes = new Map(flow.nodes.map((node) => [node.id, node]));
  const kind = (id: string) => types.get(nodes.get(id)?.type ?? '')?.kind;
  return [
    ...checkEdges(flow, types, nodes),
    ...checkEnds(flow, kind),
    ...checkReach(flow, types, nodes, kind),
    ...checkPorts(flow, types),
    ...checkGuarantee(flow, types, nodes),
  ];
}

function error(code: string, message: string, place: Partial<Problem>): Problem {
  return { code, severity: 'error', message, ...place };
}

function checkEdges(flow: Flow, types: Types, nodes: ReadonlyMap<string, FlowNode>): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const edge of flow.edges) {
    const from = nodes.get(edge.from.node);
    const to = nodes.get(edge.to.node);
    if (from === undefined)
      problems.push(error('edge/node', `An edge starts at ${edge.from.node}, which does not exist. Delete the edge.`, { edge: edge.id }));
    if (to === undefined)
      problems.push(error('edge/node', `An edge leads to ${edge.to.node}, which does not exist. Delete the edge.`, { edge: edge.id }));
    const fromType = from && types.get(from.type);
    const toType = to && types.get(to.type);
    if (from && fromType && !outputPorts(fromType, from.config).some((port) => port.id === edge.from.port)) {
      const why = fromType.kind === 'sink' ? 'is a sink and gives nothing on' : `has no output ${edge.from.port}`;
      problems.push(
        error('edge/port', `${nameOf(from)} ${why}. Delete the edge or draw it from another output.`, { edge: edge.id, node: from.id }),
      );
    }
    if (to && toType) problems.push(...checkTarget(edge, to, toType));
    const ends = JSON.stringify([edge.from.node, edge.from.port, edge.to.node, edge.to.port]);
    if (seen.has(ends)) {
      problems.push(
        error('edge/doubled', `${nameOf(from)} is connected twice to ${nameOf(to)}; each message would arrive twice. Delete one edge.`, {
          edge: edge.id,
        }),
      );
    }
    seen.add(ends);
  }
  return problems;
}

function checkTarget(edge: FlowEdge, to: FlowNode, type: NodeTypeInfo): Problem[] {
  const place = { edge: edge.id, node: to.id };
  const input = inputPort(type);
  if (input === undefined)
    return [error('edge/into-source', `${nameOf(to)} is a source and takes no messages. Delete the edge that leads into it.`, place)];
  if (input.id === edge.to.port) return [];
  return [error('edge/port', `${nameOf(to)} has no input ${edge.to.port}; its input is ${input.id}. Draw the edge again.`, place)];
}

function checkEnds(flow: Flow, kind: (id: string) => string | undefined): Problem[] {
  const problems: Problem[] = [];
  const kinds = flow.nodes.map((node) => kind(node.id));
  // A node of an unknown type may be the one that is missing; it has a problem of its own.
  if (kinds.includes(undefined)) return problems;
  if (!kinds.includes('source'))
    problems.push(error('flow/no-source', 'The flow has no source, so no message can enter. Add one from the palette.', {}));
  if (!kinds.includes('sink'))
    problems.push(error('flow/no-sink', 'The flow has no sink, so nothing leaves it. Add one from the palette.', {}));
  return problems;
}

function checkReach(flow: Flow, types: Types, nodes: ReadonlyMap<string, FlowNode>, kind: (id: string) => string | undefined): Problem[] {
  const problems: Problem[] = [];
  const next = successors(flow);
  const entered = new Set(flow.edges.filter((edge) => nodes.has(edge.from.node)).map((edge) => edge.to.node));
  const sources = flow.nodes.filter((node) => kind(node.id) === 'source').map((node) => node.id);
  // What a node of an unknown type leads to is not reported: the type is the problem.
  const starts = [...sources, ...flow.nodes.filter((node) => !types.has(node.type)).map((node) => node.id)];
  const reached = reachable(next, starts);
  const flowing = reachable(next, starts, (id) => nodes.get(id)?.mode !== 'disabled');
  const cycle = findCycle(flow, next);
  if (cycle.length > 0) {
    const names = [...cycle, cycle[0] ?? ''].map((id) => nameOf(nodes.get(id))).join(' → ');
    problems.push(
      error(
        'edge/cycle',
        `The flow runs in a circle: ${names}. Delete one of these edges; feedback goes through a Kafka topic.`,
        place(cycle[0]),
      ),
    );
  }
  for (const node of flow.nodes) {
    const type = types.get(node.type);
    if (type === undefined) continue;
    if (type.kind !== 'source' && !entered.has(node.id)) {
      problems.push(
        error('node/no-input', `Nothing is connected to the input of ${nameOf(node)}. Draw an edge to it, or delete it.`, {
          node: node.id,
        }),
      );
    } else if (!reached.has(node.id) && !cycle.includes(node.id)) {
      problems.push(
        error('node/unreachable', `No source leads to ${nameOf(node)}, so it never gets a message. Connect it to a source, or delete it.`, {
          node: node.id,
        }),
      );
    } else if (type.kind === 'sink' && node.mode !== 'disabled' && reached.has(node.id) && !flowing.has(node.id) && sources.length > 0) {
      const blocker = nodes.get(blockerBefore(node.id, flow, nodes) ?? '');
      problems.push(
        error(
          'node/cut-off',
          `${nameOf(node)} gets no messages while ${nameOf(blocker)} is disabled. Enable that one, bypass it, or disable ${nameOf(node)} too.`,
          { node: node.id },
        ),
      );
    }
    if (
      type.kind !== 'sink' &&
      node.mode !== 'disabled' &&
      !flow.edges.some((edge) => edge.from.node === node.id && edge.from.port !== 'error')
    ) {
      problems.push({
        code: 'node/leads-nowhere',
        severity: 'warning',
        message: `What leaves ${nameOf(node)} goes nowhere; it is counted and gone. Connect its output.`,
        node: node.id,
      });
    }
  }
  return problems;
}

function place(node: string | undefined): Partial<Problem> {
  return node === undefined ? {} : { node };
}

/** One cycle, as node ids in the order of its edges; empty when there is none. */
function findCycle(flow: Flow, next: ReadonlyMap<string, string[]>): string[] {
  const rest = new Set(topologicalOrder(flow).rest);
  // Every node of the rest has a predecessor in the rest, so walking backwards must come round.
  const before = (id: string) => [...rest].find((other) => next.get(other)?.includes(id));
  const walked: string[] = [];
  for (let id = [...rest].sort()[0]; id !== undefined; id = before(id)) {
    const at = walked.indexOf(id);
    if (at >= 0) return walked.slice(at).reverse();
    walked.push(id);
  }
  return [];
}

/** The disabled node nearest before a node, going against the edges. */
function blockerBefore(start: string, flow: Flow, nodes: ReadonlyMap<string, FlowNode>): string | undefined {
  const seen = new Set<string>();
  let level = [start];
  while (level.length > 0) {
    const before = flow.edges.filter((edge) => level.includes(edge.to.node)).map((edge) => edge.from.node);
    level = before.filter((id) => !seen.has(id));
    for (const id of level) {
      if (nodes.get(id)?.mode === 'disabled') return id;
      seen.add(id);
    }
  }
  return undefined;
}

function checkPorts(flow: Flow, types: Types): Problem[] {
  const problems: Problem[] = [];
  for (const node of flow.nodes) {
    const type = types.get(node.type);
    if (type === undefined || node.mode !== undefined) continue;
    // With nothing connected at all, one problem (node/leads-nowhere) says enough.
    if (!flow.edges.some((edge) => edge.from.node === node.id && edge.from.port !== 'error')) continue;
    for (const port of outputPorts(type, node.config)) {
      if (!port.wanted || flow.edges.some((edge) => edge.from.node === node.id && edge.from.port === port.id)) continue;
      const message = `Nothing is connected to “${port.label}” of ${nameOf(node)}; messages that take it are counted and gone. Connect it.`;
      problems.push({ code: 'port/unconnected', severity: 'warning', message, node: node.id });
    }
  }
  return problems;
}

function checkGuarantee(flow: Flow, types: Types, nodes: ReadonlyMap<string, FlowNode>): Problem[] {
  if (flow.settings.guarantee !== 'effectively-once') return [];
  const problems: Problem[] = [];
  for (const path of pathGuarantees(flow, types)) {
    if (path.guarantee !== 'at-least-once') continue;
    const sink = nameOf(nodes.get(path.sink));
    const message = `The flow asks for effectively once, but ${sink} cannot recognise a repeated write, so messages from ${nameOf(nodes.get(path.source))} may arrive there twice. Give ${sink} a key to go by, or lower the flow's guarantee.`;
    problems.push(error('path/guarantee', message, { node: path.weakest ?? path.sink }));
  }
  return problems;
}
