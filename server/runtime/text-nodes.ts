import type { PlanNode, TransformStage } from '#shared/plan.ts';
import type { LiveNode } from './pipeline.ts';

/**
 * Going through a text takes from a quarter to a half of the time that parsing it takes, and it is checked at the entry
 * besides. With more readers than this, small flat messages are faster when they are parsed once.
 */
const mostScans = 2;

/**
 * The nodes that get a value as JSON text where there is one: those that can work on it, with nobody behind them who
 * has to parse it after all. A source is among them when all of its readers are, and it pays.
 */
export function textNodes(
  stage: Pick<TransformStage, 'nodes' | 'sinkTopics'>,
  targets: ReadonlyMap<string, ReadonlyMap<string, readonly PlanNode[]>>,
  live: ReadonlyMap<string, LiveNode>,
): ReadonlySet<string> {
  const known = new Map<string, number>();
  const behind = (node: PlanNode) => [...(targets.get(node.id) ?? [])].filter(([port]) => port !== 'error').flatMap(([, nodes]) => nodes);
  const scansBehind = (node: PlanNode) => behind(node).reduce((sum, next) => sum + scansOf(next), 0);

  /** Whether a value that comes to a node is only written from there on. */
  function writes(node: PlanNode): boolean {
    if (node.mode === 'disabled' || stage.sinkTopics[node.id] !== undefined) return true;
    if (node.mode === 'bypassed') return behind(node).every(writes);
    const instance = live.get(node.id);
    return instance !== undefined && 'topicSink' in instance && instance.topicSink.text !== undefined;
  }

  /** How often the text is gone through in a node and behind it; infinite where it has to be parsed. */
  function scansOf(node: PlanNode): number {
    let scans = known.get(node.id);
    if (scans === undefined) known.set(node.id, (scans = count(node)));
    return scans;
  }

  function count(node: PlanNode): number {
    if (node.mode === 'disabled' || stage.sinkTopics[node.id] !== undefined) return 0;
    if (node.mode === 'bypassed' || node.kind === 'source') return scansBehind(node);
    const instance = live.get(node.id);
    if (instance === undefined) return Number.POSITIVE_INFINITY;
    if ('topicSink' in instance) return instance.topicSink.text?.scans ?? Number.POSITIVE_INFINITY;
    const { text } = instance.transform;
    // A value that was built is cheaper to read than the text of it would be to parse.
    if (text === undefined || (text.emits === 'new' && !behind(node).every(writes))) return Number.POSITIVE_INFINITY;
    return text.scans + scansBehind(node);
  }

  return new Set(
    stage.nodes.filter((node) => scansOf(node) <= (node.kind === 'source' ? mostScans : Number.MAX_VALUE)).map(({ id }) => id),
  );
}
