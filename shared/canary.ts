import { canonicalJson } from './canonical.ts';
import type { LedgerEntry, VersionCounts } from './ledger.ts';
import type { Plan, PlanNode, TransformStage } from './plan.ts';

/** A version that takes a share of a flow's messages beside the deployed one. Times are ms since 1970. */
export interface Canary {
  id: string;
  flow: string;
  /** The version on trial, and the deployed one, which takes the rest. */
  version: number;
  base: number;
  /** 0 to 1, of the keys. */
  share: number;
  since: number;
  startedBy: string;
  /** How it ended: it took over, it was taken back, or another deploy came. */
  ended?: { at: number; who: string; how: 'promoted' | 'rolled-back' | 'replaced' };
}

/** How the two versions do, side by side, since the canary began. */
export interface CanaryStatus extends Canary {
  counts: { base: VersionCounts; canary: VersionCounts };
  /** ms since 1970 of the newest message that is counted; 0 before the first. */
  countedAt: number;
}

/** What a canary has processed, so that exactly that can be processed again. */
export interface CanaryHandled {
  messages: number;
  /** `topic/partition/offset` in the sources' topics, oldest first; at most 100,000. */
  positions: string[];
  /** False when there were more, or the ledger or the messages are not all there any more. */
  complete: boolean;
}

export const noCounts: VersionCounts = { in: 0, copies: 0, delivered: 0, filtered: 0, dead: 0 };

/** What every share is rounded to: one ten-thousandth. */
const steps = 10_000;

/**
 * Whether the canary takes a message, from 0 to 1 of all keys. The same key gets the same answer for ever, a larger share
 * keeps the keys of a smaller one, and flows do not all try on the same keys. Messages without a key go by their position.
 */
export function canaryTakes(flow: string, key: Uint8Array | null, place: string, share: number): boolean {
  return place01(flow, key ?? place) < Math.round(share * steps) / steps;
}

/** The version that processed a message of an entry's range, while two of them ran. */
export function versionOf(entry: Pick<LedgerEntry, 'flow' | 'version' | 'canary'>, key: Uint8Array | null, place: string): number {
  const { canary } = entry;
  return canary !== undefined && canaryTakes(entry.flow, key, place, canary.share) ? canary.version : entry.version;
}

/** A number from 0 up to 1, evenly spread: FNV-1a with a final mix, so that it has nothing in common with Kafka's choice of partition. */
function place01(salt: string, key: Uint8Array | string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < salt.length; at++) hash = Math.imul(hash ^ salt.charCodeAt(at), 0x01000193);
  for (let at = 0; at < key.length; at++) {
    const unit = typeof key === 'string' ? key.charCodeAt(at) : (key[at] as number);
    hash = Math.imul(hash ^ unit, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296;
}

/**
 * Why two versions cannot share the messages of a flow, a sentence each; none when they can. What happens to a message
 * inside may differ; where messages come from and who delivers them to the world may not, because of that there is one.
 */
export function canaryObstacles(base: Plan, canary: Plan): string[] {
  const [a, b] = [partsOf(base), partsOf(canary)];
  const names = new Map([...nodesOf(base), ...nodesOf(canary)].map((node) => [node.id, node.label || node.id]));
  const found: string[] = [];
  if (base.hash === canary.hash) return [`Version ${canary.version} does the same as version ${base.version}, so there is nothing to try.`];
  const compare = (one: Map<string, string>, other: Map<string, string>, say: (name: string) => string) => {
    for (const id of new Set([...one.keys(), ...other.keys()])) if (one.get(id) !== other.get(id)) found.push(say(names.get(id) ?? id));
  };
  compare(a.sources, b.sources, (name) => `The source “${name}” differs between the two versions, and a message comes in only once.`);
  compare(a.delivers, b.delivers, (name) => `The settings of the sink “${name}” differ, and one stage delivers for both versions.`);
  compare(a.topics, b.topics, (name) => `The topic “${name}” is not used by both versions in the same way.`);
  return found;
}

function partsOf(plan: Plan): { sources: Map<string, string>; delivers: Map<string, string>; topics: Map<string, string> } {
  const transform = plan.stages.find((stage): stage is TransformStage => stage.kind === 'transform');
  const sources = new Map(transform?.inputs.map((input) => [input.node, canonicalJson(input)]));
  const delivers = new Map<string, string>();
  for (const stage of plan.stages) {
    if (stage.kind === 'ingest') sources.set(stage.node.id, `${sources.get(stage.node.id)} ${canonicalJson(bare(stage.node))}`);
    if (stage.kind === 'deliver') delivers.set(stage.node.id, canonicalJson({ ...stage, node: bare(stage.node) }));
  }
  return { sources, delivers, topics: new Map(plan.topics.map((topic) => [topic.name, canonicalJson(topic)])) };
}

function bare(node: PlanNode): Omit<PlanNode, 'label'> {
  const { label: _label, ...rest } = node;
  return rest;
}

function nodesOf(plan: Plan): PlanNode[] {
  return plan.stages.flatMap((stage) => (stage.kind === 'transform' ? stage.nodes : [stage.node]));
}
