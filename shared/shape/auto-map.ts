import { type Leaf, sideOf } from './auto-map/leaves.ts';
import { itemsOf, joinedNames, type ListPair, type Pair, pairLeaves, pairLists, splitNames } from './auto-map/pairs.ts';
import { listReason, pairReason } from './auto-map/reason.ts';
import { type Path, pathText, samePath } from './path.ts';
import type { Shape } from './shape.ts';

/** `sure`: can be ticked beforehand. `likely`: to be looked at. `maybe`: a hint. */
export type Confidence = 'sure' | 'likely' | 'maybe';

/** A piece of a value that is put together. */
export type Part = { source: Path } | { text: string };

/** A proposed source for a target. Nothing is applied here. */
export interface Proposal {
  /** The field of the target; for a list the list itself, without the step to its items. */
  target: Path;
  /** `copy` of a field; `loop` over a list whose items have proposals of their own; `list` of plain values; `join` of `parts`; `split`: one part of a name. */
  kind: 'copy' | 'loop' | 'list' | 'join' | 'split';
  /** All fields read. */
  sources: readonly Path[];
  /** For `join`: fields and texts in their order. */
  parts?: readonly Part[];
  /** For `split`: JSONata text with `x` in place of the field. */
  template?: string;
  /** 0 to 1. */
  score: number;
  confidence: Confidence;
  /** Why, in one plain sentence. */
  reason: string;
  /** Id of the conversion in `conversions.ts` that the value needs. */
  conversion?: string;
  /** The innermost list that the target stands in, and its counterpart. */
  loop?: { target: Path; source: Path };
}

/** What {@link autoMap} may know beyond the shapes. */
export interface AutoMapHints {
  /** What the documents are, such as `Order`. */
  sourceName?: string;
  targetName?: string;
}

const sureFrom = 0.86;
const likelyFrom = 0.7;
const maybeFrom = 0.6;
/** How far a sure pair must be ahead of the next. */
const ahead = 0.05;

/**
 * Proposals for the fields and lists of a target shape, in its order, a list before its items; at most one each. Fields without a right
 * source get none. The same shapes give the same proposals.
 */
export function autoMap(source: Shape, target: Shape, hints: AutoMapHints = {}): Proposal[] {
  const from = sideOf(source, hints.sourceName);
  const to = sideOf(target, hints.targetName);
  const lists = pairLists(to, from);
  const sources = { lists: from.lists, leaves: [...from.leaves, ...joinedNames(from), ...splitNames(from)] };
  const pairs = pairLeaves(to, sources, lists).map(weighed);
  const proposals = new Map<string, Proposal>();
  for (const pair of lists) proposals.set(itemsOf(pair.target), listProposal(pair, lists));
  for (const [pair, also] of assign(pairs)) proposals.set(pathText(pair.target.path), leafProposal(pair, also, pairs, lists));
  const order = new Map([...to.lists, ...to.leaves].map(({ path }) => [pathText(path), path] as const));
  return inOrder(target, order).flatMap((text) => proposals.get(text) ?? []);
}

/** What is put together or cut apart stands behind what is simply there. */
function weighed(pair: Pair): Pair {
  const { parts } = pair.source;
  return parts === undefined ? pair : { ...pair, score: pair.score * (parts.length > 1 ? 0.93 : 0.72) };
}

/** Best first, one source for one target; then what is left may share a source that fits it well. */
function assign(pairs: readonly Pair[]): Map<Pair, Pair | undefined> {
  const order = [...pairs.keys()].sort((a, b) => (pairs[b]?.score ?? 0) - (pairs[a]?.score ?? 0) || a - b).flatMap((i) => pairs[i] ?? []);
  const chosen = new Map<Pair, Pair | undefined>();
  const served = new Set<Leaf>();
  const used = new Map<Leaf, Pair>();
  for (const pair of order) {
    if (pair.score < maybeFrom || served.has(pair.target) || used.has(pair.source)) continue;
    chosen.set(pair, undefined);
    served.add(pair.target);
    if (pair.source.parts === undefined) used.set(pair.source, pair);
  }
  for (const pair of order) {
    if (served.has(pair.target) || pair.score < 0.8) continue;
    chosen.set(pair, used.get(pair.source));
    served.add(pair.target);
  }
  return chosen;
}

function leafProposal(pair: Pair, also: Pair | undefined, pairs: readonly Pair[], lists: readonly ListPair[]): Proposal {
  const { target, source, score, fit } = pair;
  const list = lists.find((one) => itemsOf(one.target) === target.list);
  const parts = source.parts;
  const kind = parts === undefined ? 'copy' : parts.length > 1 ? 'join' : 'split';
  return {
    target: target.path,
    kind,
    sources: parts ?? [source.path],
    ...(kind === 'join' && parts !== undefined ? { parts: joined(parts) } : {}),
    ...(kind === 'split' ? { template: source.own.includes('firstname') ? '$substringBefore(x, " ")' : '$substringAfter(x, " ")' } : {}),
    score: Math.round(score * 1000) / 1000,
    confidence: confidenceOf(pair, also, pairs, list),
    reason: pairReason(pair, also),
    ...(fit.conversion === undefined || kind !== 'copy' ? {} : { conversion: fit.conversion }),
    ...(list === undefined ? {} : { loop: { target: list.target.path, source: list.source.path } }),
  };
}

function confidenceOf(pair: Pair, also: Pair | undefined, pairs: readonly Pair[], list: ListPair | undefined): Confidence {
  const { target, source, score } = pair;
  if (source.parts !== undefined && source.parts.length === 1) return 'maybe';
  if (score < likelyFrom) return 'maybe';
  const rivals = pairs.filter((other) => other.target === target && other.source !== source && !twins(other.source, source));
  // Where one side leaves open whose address it is, the next address must be far behind.
  const needed = pair.names.open ? 0.15 : ahead;
  const clear = samePath(target.path, source.path) || rivals.every((other) => other.score <= score - needed);
  const outside = list !== undefined && source.list !== itemsOf(list.source);
  const certain = score >= sureFrom && clear && pair.fit.doubt === undefined && !outside && (also === undefined || score >= 0.93);
  // What stands in a list is no surer than the list.
  return certain && (list === undefined || listConfidence(list) === 'sure') ? 'sure' : 'likely';
}

/** Two sources that showed the same values: either is right. */
function twins(a: Leaf, b: Leaf): boolean {
  const [x, y] = [a.shape.examples, b.shape.examples];
  return x !== undefined && y !== undefined && x.join('\n') === y.join('\n') && a.own.join() === b.own.join();
}

function listProposal(pair: ListPair, lists: readonly ListPair[]): Proposal {
  const { target, source, score } = pair;
  const outer = lists.find((one) => itemsOf(one.target) === target.list);
  const objects = target.shape.item?.kinds.includes('object') ?? false;
  return {
    target: target.path,
    kind: objects ? 'loop' : 'list',
    sources: [source.path],
    score: Math.round(score * 1000) / 1000,
    confidence: listConfidence(pair),
    reason: listReason(pair),
    ...(outer === undefined ? {} : { loop: { target: outer.target.path, source: outer.source.path } }),
  };
}

function listConfidence({ score, lead }: ListPair): Confidence {
  return score >= 0.72 && lead >= 0.15 ? 'sure' : score >= 0.6 ? 'likely' : 'maybe';
}

function joined(paths: readonly Path[]): Part[] {
  return paths.flatMap((source, i): Part[] => (i === 0 ? [{ source }] : [{ text: ' ' }, { source }]));
}

/** The order in which the target shape names its fields. */
function inOrder(target: Shape, known: ReadonlyMap<string, Path>, path: Path = []): string[] {
  const text = pathText(path);
  const here = known.has(text) && path.at(-1) !== null ? [text] : [];
  const below = (target.fields ?? []).flatMap((field) => inOrder(field.shape, known, [...path, field.name]));
  return [...here, ...below, ...(target.item === undefined ? [] : inOrder(target.item, known, [...path, null]))];
}
