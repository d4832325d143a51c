import type { FlowStatus, StageStatus } from '#shared/events.ts';
import type { Flow, FlowNode } from '#shared/flow.ts';
import { nodeName } from '#shared/node-name.ts';
import { effectiveConfig, type Guarantee, guaranteeOf, type NodeTypeInfo } from '#shared/node-type.ts';
import type { Problem } from '#shared/problem.ts';
import { duration, plural } from '../format.ts';
import type { TypeIndex } from './document.ts';
import { topological } from './order.ts';

/** Nodes in words: what stands on cards, and what a screen reader says of them. */

/** The small line over a card's name: kind, and the type where that adds something. */
export function captionOf(type: NodeTypeInfo | undefined): string {
  if (type === undefined) return 'Unknown type';
  if (type.kind === 'transform') return type.title;
  return `${type.kind === 'source' ? 'Source' : 'Sink'} · ${type.title}`;
}

/** What the node is set to, in a few words: the first basic setting with a text in it; else the type's summary. */
export function gistOf(node: FlowNode, type: NodeTypeInfo | undefined): string {
  if (type === undefined) return `“${node.type}” is not installed here`;
  for (const [name, field] of Object.entries(type.config.properties ?? {})) {
    const value = node.config[name];
    if (typeof value === 'string' && value !== '' && field.widget !== 'secret' && field.enum === undefined)
      return value.replace(/\s+/g, ' ');
  }
  return type.summary;
}

const promises: Record<Guarantee, { text: string; strong: boolean }> = {
  upsert: { text: 'Effectively once · upsert by key', strong: true },
  'idempotency-key': { text: 'Effectively once · idempotency key', strong: true },
  transaction: { text: 'Effectively once · same transaction', strong: true },
  none: { text: 'At least once · may repeat', strong: false },
};

/** What a sink promises about a message that is delivered again, as it stands under the card. */
export function promiseOf(node: FlowNode, type: NodeTypeInfo): { text: string; strong: boolean } | undefined {
  if (type.kind !== 'sink') return undefined;
  if (type.topic) return { text: 'Exactly once · Kafka transaction', strong: true };
  return promises[guaranteeOf(type.guarantee, effectiveConfig(type, node.config))];
}

/** The stage that belongs to a node, if it has one of its own. */
export function stageOf(status: FlowStatus | undefined, node: string): StageStatus | undefined {
  return status?.stages.find((stage) => stage.node === node);
}

/** A stage in trouble in a few words: `Retrying, lag 2 min`. Undefined when all is well. */
export function troubleOf(stage: StageStatus | undefined): { level: 'warning' | 'error' | 'info'; text: string } | undefined {
  if (stage === undefined) return undefined;
  const lag =
    stage.behindMs !== undefined && stage.behindMs >= 1000
      ? `, lag ${duration(stage.behindMs)}`
      : stage.lag
        ? `, ${plural(stage.lag, 'message')} waiting`
        : '';
  if (stage.state === 'retrying') return { level: 'warning', text: `Retrying${lag}` };
  if (stage.state === 'paused') return { level: 'warning', text: `Paused${lag}` };
  if (stage.state === 'starting') return { level: 'info', text: 'Starting' };
  return undefined;
}

/** Whole sentence on a node for a screen reader: what it is, how it does, where it stands and leads. */
export function speak(flow: Flow, types: TypeIndex, node: FlowNode, problems: readonly Problem[], live?: string): string {
  const type = types.get(node.type);
  const order = topological(flow);
  const mine = problems.filter((problem) => problem.node === node.id);
  const next = [...new Set(flow.edges.filter((edge) => edge.from.node === node.id).map((edge) => edge.to.node))]
    .map((id) => flow.nodes.find((other) => other.id === id))
    .filter((other) => other !== undefined)
    .map((other) => nodeName(other, types));
  const parts = [
    captionOf(type).replace(' ·', ','),
    nodeName(node, types),
    node.mode,
    live,
    mine.length > 0 ? plural(mine.length, 'problem') : undefined,
    `${order.findIndex((other) => other.id === node.id) + 1} of ${order.length}`,
    next.length > 0 ? `leads to ${next.join(', ')}` : undefined,
  ];
  return parts.filter((part) => part !== undefined && part !== '').join('; ');
}
