import { pathText, samePath } from '../path.ts';
import { type Comparison, compareNames } from './compare.ts';
import { type Fit, fitOf } from './fit.ts';
import type { Leaf, Side } from './leaves.ts';

/** A source that may serve a target. */
export interface Pair {
  target: Leaf;
  source: Leaf;
  score: number;
  names: Comparison;
  fit: Fit;
}

/** Two lists that belong together; `''` stands for the root on both sides. */
export interface ListPair {
  target: Leaf;
  source: Leaf;
  score: number;
  /** How far ahead of the next possible list, 0 to 1. */
  lead: number;
}

/** Pairs below this score are not looked at any further. */
const least = 0.45;

/** Compares one place with one place. */
export function pairOf(target: Leaf, source: Leaf): Pair | undefined {
  const names = compareNames(target, source);
  if (names.score < least) return undefined;
  const fit = fitOf(target, source);
  // The same place on both sides is the same thing, whatever its values look like.
  const factor = fit.factor > 0 && fit.doubt === undefined && samePath(target.path, source.path) ? 1 : fit.factor;
  const score = Math.min(1, names.score * factor);
  return score < least ? undefined : { target, source, score, names, fit };
}

/** Pairs lists with lists, outer ones first: by their names, and by how many fields of their items find a counterpart. */
export function pairLists(target: Side, source: Side): ListPair[] {
  const paired: ListPair[] = [];
  const depths = new Set(target.lists.map((list) => depthOf(list)));
  for (const depth of [...depths].sort((a, b) => a - b)) {
    const open = target.lists.filter((list) => depthOf(list) === depth);
    const candidates = open.flatMap((list) =>
      source.lists.flatMap((other): ListPair[] => {
        // A nested list is looked for inside the counterpart of the list around it.
        if (other.list !== (list.list === '' ? '' : textOf(paired.find((pair) => itemsOf(pair.target) === list.list)?.source))) return [];
        const score = listScore(list, other, target, source);
        return score < 0.5 ? [] : [{ target: list, source: other, score, lead: 0 }];
      }),
    );
    paired.push(...bestFirst(candidates));
  }
  return paired;
}

function bestFirst(candidates: ListPair[]): ListPair[] {
  const chosen: ListPair[] = [];
  for (const pair of [...candidates].sort((a, b) => b.score - a.score)) {
    if (chosen.some(({ target, source }) => target === pair.target || source === pair.source)) continue;
    const rivals = candidates.filter((other) => other !== pair && (other.target === pair.target || other.source === pair.source));
    chosen.push({ ...pair, lead: pair.score - Math.max(0, ...rivals.map(({ score }) => score)) });
  }
  return chosen;
}

function listScore(target: Leaf, source: Leaf, targets: Side, sources: Side): number {
  const name = compareNames(target, source).score;
  const [wanted, given] = [target.shape.item, source.shape.item];
  const objects = (shape: typeof wanted) => shape?.kinds.includes('object') ?? false;
  if (objects(wanted) !== objects(given) && (wanted?.kinds.length ?? 0) > 0 && (given?.kinds.length ?? 0) > 0) return 0;
  if (!objects(wanted))
    return name === 0 ? 0 : name * fitOf({ ...target, shape: wanted ?? target.shape }, { ...source, shape: given ?? source.shape }).factor;
  const below = targets.leaves.filter(({ list }) => list === itemsOf(target));
  const others = sources.leaves.filter(({ list }) => list === itemsOf(source));
  const best = below.map((leaf) => Math.max(0, ...others.map((other) => pairOf(leaf, other)?.score ?? 0)));
  const share =
    best.length === 0
      ? 0
      : best.filter((score) => score > 0.6).reduce((sum, score) => sum + score, 0) / Math.min(best.length, Math.max(others.length, 1));
  const alone =
    targets.lists.filter(({ list }) => list === target.list).length === 1 &&
    sources.lists.filter(({ list }) => list === source.list).length === 1;
  const names = 0.5 * name + 0.5 * Math.min(1, share * 1.2);
  return Math.min(1, Math.max(names, 0.75 * Math.min(1, share * 1.1)) + (alone ? 0.15 : 0) + (name > 0.9 ? 0.1 : 0));
}

/** The text that `Leaf.list` of the items of a list has. */
export function itemsOf(list: Leaf): string {
  return pathText(list.path);
}

function textOf(list: Leaf | undefined): string | undefined {
  return list === undefined ? undefined : itemsOf(list);
}

function depthOf(list: Leaf): number {
  return list.path.filter((step) => step === null).length;
}

/** All pairs of plain places whose lists allow it. A field outside the list may serve its items, but less surely. */
export function pairLeaves(target: Side, source: Side, lists: readonly ListPair[]): Pair[] {
  const reachable = reachOf(lists);
  const pairs = target.leaves.flatMap((leaf) => {
    const reach = reachable(leaf.list);
    return source.leaves.flatMap((other): Pair[] => {
      const distance = reach.indexOf(other.list);
      if (distance < 0) return [];
      const pair = pairOf(leaf, other);
      if (pair === undefined || (distance > 0 && pair.score < 0.88)) return [];
      return [distance === 0 ? pair : { ...pair, score: pair.score * 0.8 }];
    });
  });
  return lean(pairs);
}

/** For a list of the target: the source lists whose fields its items may use, the nearest first. Outside of lists: the root alone. */
function reachOf(lists: readonly ListPair[]): (list: string) => string[] {
  return (list) => {
    if (list === '') return [''];
    const pair = lists.find(({ target }) => itemsOf(target) === list);
    if (pair === undefined) return [];
    const reach = [itemsOf(pair.source)];
    for (let above = pair.source.list; ; ) {
      reach.push(above);
      if (above === '') return reach;
      const outer = lists.find(({ source }) => itemsOf(source) === above);
      above = outer === undefined ? '' : outer.source.list;
    }
  };
}

/** Fields whose neighbours go together lean towards each other: the street follows the city. */
function lean(pairs: readonly Pair[]): Pair[] {
  const best = new Map<Leaf, number>();
  for (const { target, score } of pairs) best.set(target, Math.max(best.get(target) ?? 0, score));
  const groupOf = groupsOf(new Set(pairs.map(({ target }) => target)));
  const support = new Map<string, number>();
  const sizes = new Map<string, Set<Leaf>>();
  for (const { target, source, score } of pairs) {
    const parent = groupOf(target);
    const key = `${parent}\n${parentText(source)}`;
    sizes.set(parent, (sizes.get(parent) ?? new Set()).add(target));
    if (score > 0.6 && score >= (best.get(target) ?? 0) - 0.02) support.set(key, (support.get(key) ?? 0) + score);
  }
  return pairs.map((pair) => {
    const parent = groupOf(pair.target);
    const share = (support.get(`${parent}\n${parentText(pair.source)}`) ?? 0) / Math.max(2, sizes.get(parent)?.size ?? 1);
    return { ...pair, score: Math.min(1, pair.score + 0.06 * Math.min(1, share)) };
  });
}

/** Names that begin with the same word are neighbours even in a flat object: `consigneeName`, `consigneeCity`. */
function groupsOf(leaves: ReadonlySet<Leaf>): (leaf: Leaf) => string {
  const textOfLeaf = (leaf: Leaf) => `${parentText(leaf)} ${leaf.own.length > 1 ? leaf.own[0] : ''}`;
  const counts = new Map<string, number>();
  for (const leaf of leaves) counts.set(textOfLeaf(leaf), (counts.get(textOfLeaf(leaf)) ?? 0) + 1);
  return (leaf) => (leaf.own.length > 1 && (counts.get(textOfLeaf(leaf)) ?? 0) > 2 ? textOfLeaf(leaf) : parentText(leaf));
}

function parentText(leaf: Leaf): string {
  return pathText(leaf.path.slice(0, -1));
}

/** Full names that can be put together from a first and a last name standing side by side. */
export function joinedNames(source: Side): Leaf[] {
  return source.leaves.flatMap((first): Leaf[] => {
    if (!first.own.includes('firstname')) return [];
    const rest = first.own.filter((concept) => concept !== 'firstname');
    const last = source.leaves.find(
      (leaf) =>
        leaf.own.includes('lastname') &&
        parentText(leaf) === parentText(first) &&
        leaf.own.filter((concept) => concept !== 'lastname').join() === rest.join(),
    );
    if (last === undefined) return [];
    return [{ ...first, own: [...rest, 'fullname'], shape: { kinds: ['text'] }, parts: [first.path, last.path] }];
  });
}

/** Names of persons that hold both first and last name, read as either. Only a guess: names do not split safely. */
export function splitNames(source: Side): Leaf[] {
  const persons = new Set(['customer', 'contact', 'shipping', 'billing', 'requester', 'assignee', 'author', 'employee', 'manager', 'user']);
  return source.leaves.flatMap((leaf): Leaf[] => {
    const around = [...leaf.own, ...(leaf.context[0] ?? [])];
    const full = leaf.own.includes('fullname') || (leaf.own.includes('name') && around.some((concept) => persons.has(concept)));
    if (!full) return [];
    const rest = leaf.own.filter((concept) => concept !== 'fullname' && concept !== 'name');
    return ['firstname', 'lastname'].map((part) => ({ ...leaf, own: [...rest, part], parts: [leaf.path] }));
  });
}
