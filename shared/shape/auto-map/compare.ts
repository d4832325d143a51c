import { samePath } from '../path.ts';
import type { Leaf } from './leaves.ts';
import { likeness } from './likeness.ts';
import { weightOf } from './names.ts';
import { classOf, excludes, isFiller, nearnessOf } from './vocabulary.ts';

/** How well two names fit, and whether one speaks of something that the other does not. */
export interface Comparison {
  /** 0 to 1. */
  score: number;
  /** The names alone mean the same, whatever stands around them. */
  sameName: boolean;
  /** One side names a party or a thing that the other leaves open. */
  open: boolean;
}

const nothing: Comparison = { score: 0, sameName: false, open: false };

/** Compares a target with a source by names and parents, under each reading of the target's name. */
export function compareNames(target: Leaf, source: Leaf): Comparison {
  if (samePath(target.path, source.path)) return { score: 1, sameName: true, open: false };
  const plain = compareAs(target.own, target, source.own, source);
  const readings = [plain];
  if (target.alias !== undefined) readings.push(weaker(compareAs(target.alias, target, source.own, source)));
  if (source.alias !== undefined) readings.push(weaker(compareAs(target.own, target, source.alias, source)));
  return readings.reduce((best, one) => (one.score > best.score ? one : best));
}

function weaker(comparison: Comparison): Comparison {
  return { ...comparison, score: comparison.score * 0.95, sameName: false };
}

function compareAs(ownTarget: readonly string[], target: Leaf, ownSource: readonly string[], source: Leaf): Comparison {
  const [t, s] = [viewOf(ownTarget, target), viewOf(ownSource, source)];
  if (t.own.length === 0 || s.own.length === 0 || !headMatches(t, s) || !headMatches(s, t)) return nothing;
  const dice = (covered(t, s) + covered(s, t)) / (total(t, s) + total(s, t));
  const general = (own: readonly string[]) => own.every((concept) => ['generic', 'filler'].includes(classOf(concept)));
  const generic = general(t.own) && general(s.own) ? 'both' : general(t.own) || general(s.own) ? 'one' : 'none';
  const [lackingSource, lackingTarget] = [missing(t, s, generic, 0.2, 0.08), missing(s, t, generic, 0.14, 0.05)];
  const lacking = lackingSource.cost + lackingTarget.cost;
  const score = dice - lacking - conflict(t, s) - loneEntity(t, s) - loneEntity(s, t);
  return { score: Math.max(0, score), sameName: dice > 0.97, open: lackingSource.open || lackingTarget.open };
}

interface View {
  own: readonly string[];
  context: readonly (readonly string[])[];
  implied: readonly string[];
  /** It stands in a list, whose own name goes without saying. */
  list: boolean;
}

function viewOf(own: readonly string[], leaf: Leaf): View {
  return { own, context: leaf.context, implied: leaf.implied, list: leaf.list !== '' };
}

function total(view: View, other: View): number {
  return view.own.reduce((sum, concept) => sum + weightIn(concept, view, other), 0);
}

function covered(view: View, other: View): number {
  return view.own.reduce(
    (sum, concept) => sum + weightIn(concept, view, other) * Math.max(found(concept, other), understood(concept, view, other)),
    0,
  );
}

/** What goes without saying on this side weighs little when the other side does not say it. */
function weightIn(concept: string, view: View, other: View): number {
  if (!view.implied.includes(concept) || found(concept, other) >= 0.45) return weightOf(concept);
  if (classOf(concept) !== 'word' || view.list) return 0.12;
  // A word that begins several names may stand for a party, and the other side may name another.
  const party = (other.context[0] ?? []).some((one) => !isFiller(one) && found(one, view) < 0.45);
  return party ? 0.6 : 0.3;
}

const plainSides = new Set(['id', 'number', 'code', 'name', 'value', 'amount', 'text']);

/** `carrierName` and `carrier`, `weight.value` and `weight`: the general word is understood where the thing itself is named alone. */
function understood(concept: string, view: View, other: View): number {
  if (!plainSides.has(concept) || other.own.some((one) => classOf(one) === 'generic')) return 0;
  const around = [...view.own, ...(view.context[0] ?? [])].filter((one) => one !== concept && !isFiller(one));
  if (!around.some((one) => best(one, other.own) >= 0.9)) return 0;
  return concept === 'name' || concept === 'value' || concept === 'amount' ? 0.8 : 0.72;
}

/** How surely the other side speaks of a concept, anywhere on its path. */
function found(concept: string, other: View): number {
  const own = best(concept, other.own);
  const above = Math.max(0, ...other.context.map((level, i) => best(concept, level) * (i === 0 ? 0.96 : 0.9)));
  return Math.max(own, above, best(concept, other.implied) * 0.92);
}

function best(concept: string, among: readonly string[]): number {
  return Math.max(0, ...among.map((other) => near(concept, other)));
}

/** Unknown words are compared by their letters, as typing, endings and abbreviations differ: `temp` and `temperature`. */
function near(a: string, b: string): number {
  if (a === b) return 1;
  if (classOf(a) !== 'word' || classOf(b) !== 'word') return nearnessOf(a, b);
  if (Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a))) return 0.85;
  if (a.length <= 3 || b.length <= 3) return 0;
  const like = likeness(a, b);
  return like >= 0.92 ? like * 0.95 : 0;
}

/** The concept that a name hangs on must stand on the other side too: in its name, or right above a name that says little. */
function headMatches(a: View, b: View): boolean {
  const weights = a.own.map((concept) => weightIn(concept, a, b));
  const heads = a.own.filter((_, i) => weights[i] === Math.max(...weights));
  if (heads.some((head) => understood(head, a, b) > 0)) return true;
  const slight = b.own.every((concept) => weightOf(concept) < 0.5);
  const where = slight ? [...b.own, ...(b.context[0] ?? []), ...(classOf(heads[0] ?? '') === 'entity' ? b.implied : [])] : b.own;
  const own = heads.some((head) => best(head, where) >= 0.45);
  if (own) return true;
  // Names such as `customer` (plain) and `customer.name`, or `warehouse` and `warehouse_code`.
  return (
    classOf(heads[0] ?? '') === 'entity' &&
    a.own.some((concept) => best(concept, [...b.own, ...(b.context[0] ?? []), ...b.implied]) >= 0.45)
  );
}

/** What the parents of one side say and the other side does not. */
function missing(a: View, b: View, generic: 'both' | 'one' | 'none', nearest: number, further: number): { cost: number; open: boolean } {
  let cost = 0;
  let open = false;
  a.context.forEach((level, i) => {
    for (const concept of level) {
      if (isFiller(concept) || a.implied.includes(concept)) continue;
      const lack = 1 - Math.max(found(concept, b), 0);
      if (lack <= 0.1) continue;
      const kind = classOf(concept);
      const base = i === 0 ? nearest : further;
      const share =
        concept === 'customer' && generic !== 'both'
          ? 0.3
          : concept === 'shipping'
            ? 1.2
            : kind === 'entity'
              ? 1
              : generic !== 'none' && i === 0
                ? 0.9
                : 0.35;
      cost += base * share * lack * (generic === 'both' && kind === 'entity' && i === 0 ? 2 : 1);
      if (kind === 'entity' && concept !== 'customer') open = true;
    }
  });
  return { cost: Math.min(cost, 0.6), open };
}

/** A number, id or name of a thing is not that of another: a thing named on one side alone weighs more beside a general word. */
function loneEntity(a: View, b: View): number {
  if (a.own.some((concept) => classOf(concept) === 'attribute')) return 0;
  const lone = a.own.filter(
    (concept) =>
      ['entity', 'word'].includes(classOf(concept)) && !isFiller(concept) && !a.implied.includes(concept) && found(concept, b) < 0.45,
  );
  return lone.length > 0 && a.own.length > lone.length ? 0.12 : 0;
}

function conflict(a: View, b: View): number {
  let most = 0;
  for (const [i, left] of [a.own, ...a.context].entries()) {
    for (const [j, right] of [b.own, ...b.context].entries()) {
      for (const x of left) {
        for (const y of right) {
          if (!excludes(x, y) || found(x, b) > 0.9 || found(y, a) > 0.9) continue;
          most = Math.max(most, i + j <= 2 ? 0.45 : 0.3);
        }
      }
    }
  }
  return most;
}
