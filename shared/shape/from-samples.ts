import { type ExactNumber, isExactNumber, survives } from '#shared/json.ts';
import { looksOf } from './looks.ts';
import type { Facts, Field, Kind, Look, Plain, Shape } from './shape.ts';

/** Bounds of {@link shapeOfSamples}. */
export interface SampleLimits {
  /** Most values looked at over all samples; the last sample that does not fit whole is left out (the first is cut). */
  nodes: number;
  /** Most different fields kept of one object; further ones make it a map. */
  fields: number;
  /** Deepest level looked at. */
  depth: number;
}
export const sampleLimits: SampleLimits = { nodes: 200_000, fields: 1_000, depth: 60 };

/** What {@link shapeOfSamples} found, and how much it looked at. */
export interface SampledShape {
  shape: Shape;
  /** How many of the samples went into the shape. */
  looked: number;
  /** False when a limit cut something off. */
  complete: boolean;
}

/** What gathers at one place while samples are read. */
interface Gathering {
  count: number;
  kinds: Set<Kind>;
  objects: number;
  fields: Map<string, Gathering>;
  others: Gathering | undefined;
  item: Gathering | undefined;
  min: number;
  max: number;
  examples: string[];
  longest: number;
  texts: number;
  numbers: number;
  whole: boolean;
  manyDigits: boolean;
  looks: Look[] | undefined;
  values: Set<Plain> | undefined;
}

const mostValues = 12;
const mostExamples = 3;
const longestExample = 60;

/**
 * The shape of messages seen, given as values of `parseJson`. Work and memory are bounded by `limits`.
 * Nothing is marked as required: samples cannot show that; `seen` tells the share.
 */
export function shapeOfSamples(samples: readonly unknown[], limits: SampleLimits = sampleLimits): SampledShape {
  const root = gathering();
  const state = { left: limits.nodes, complete: true };
  let looked = 0;
  for (const sample of samples) {
    // A sample taken in part would make its late fields look rare.
    if (looked > 0 && countNodes(sample, state.left, limits.depth) > state.left) {
      state.complete = false;
      break;
    }
    gather(root, sample, 0, state, limits);
    looked++;
  }
  return { shape: shapeOf(root), looked, complete: state.complete };
}

function gathering(): Gathering {
  return {
    count: 0,
    kinds: new Set(),
    objects: 0,
    fields: new Map(),
    others: undefined,
    item: undefined,
    min: Number.POSITIVE_INFINITY,
    max: 0,
    examples: [],
    longest: 0,
    texts: 0,
    numbers: 0,
    whole: true,
    manyDigits: false,
    looks: undefined,
    values: new Set(),
  };
}

/** How many values there are, counted no further than just beyond `enough`. */
function countNodes(value: unknown, enough: number, depth: number): number {
  let count = 1;
  if (depth === 0 || typeof value !== 'object' || value === null || isExactNumber(value)) return count;
  for (const child of Array.isArray(value) ? value : Object.values(value)) {
    count += countNodes(child, enough - count, depth - 1);
    if (count > enough) break;
  }
  return count;
}

function gather(into: Gathering, value: unknown, depth: number, state: { left: number; complete: boolean }, limits: SampleLimits): void {
  if (state.left <= 0 || depth > limits.depth) {
    state.complete = false;
    return;
  }
  state.left--;
  into.count++;
  if (Array.isArray(value)) {
    into.kinds.add('list');
    into.min = Math.min(into.min, value.length);
    into.max = Math.max(into.max, value.length);
    for (const item of value as unknown[]) {
      into.item ??= gathering();
      gather(into.item, item, depth + 1, state, limits);
      if (state.left <= 0) break;
    }
    return;
  }
  if (typeof value === 'object' && value !== null && !isExactNumber(value)) {
    into.kinds.add('object');
    into.objects++;
    for (const [name, child] of Object.entries(value)) {
      let below = into.fields.get(name);
      if (below === undefined) {
        if (into.fields.size < limits.fields) into.fields.set(name, (below = gathering()));
        else below = into.others ??= gathering();
      }
      gather(below, child, depth + 1, state, limits);
      if (state.left <= 0) break;
    }
    return;
  }
  gatherPlain(into, value);
}

function gatherPlain(into: Gathering, value: unknown): void {
  if (value === null) {
    into.kinds.add('null');
    return;
  }
  if (typeof value === 'string') {
    into.kinds.add('text');
    into.texts++;
    into.longest = Math.max(into.longest, [...value.slice(0, 100_000)].length);
    if (value !== '') {
      const looks = looksOf(value);
      into.looks = into.looks === undefined ? looks : into.looks.filter((look) => looks.includes(look));
      if (value.length > 15 && /^-?\d+(?:\.\d+)?$/.test(value) && !survives(value)) into.manyDigits = true;
    }
  } else if (typeof value === 'boolean') {
    into.kinds.add('boolean');
  } else {
    into.kinds.add('number');
    into.numbers++;
    if (isExactNumber(value)) into.manyDigits = true;
    into.whole &&= isExactNumber(value) ? /^-?\d+$/.test(value.text) : Number.isInteger(value);
  }
  keepExample(into, value as string | number | boolean | ExactNumber);
}

function keepExample(into: Gathering, value: string | number | boolean | ExactNumber): void {
  const text = String(value);
  const short = text.length > longestExample ? `${text.slice(0, longestExample - 1)}…` : text;
  if (short !== '' && into.examples.length < mostExamples && !into.examples.includes(short)) into.examples.push(short);
  if (isExactNumber(value) || text.length > longestExample) into.values = undefined;
  else into.values?.add(value);
  if (into.values !== undefined && into.values.size > mostValues) into.values = undefined;
}

function shapeOf(from: Gathering): Shape {
  const shape: Shape = { kinds: [...from.kinds] };
  if (from.kinds.has('object')) {
    shape.fields = [...from.fields].map(([name, below]): Field => {
      return { name, required: false, seen: from.objects === 0 ? 0 : below.count / from.objects, shape: shapeOf(below) };
    });
    if (from.others !== undefined) shape.others = shapeOf(from.others);
  }
  if (from.kinds.has('list')) {
    shape.size = { min: from.min, max: from.max };
    shape.item = from.item === undefined ? { kinds: [] } : shapeOf(from.item);
  }
  if (from.examples.length > 0) shape.examples = from.examples;
  const facts = factsOf(from);
  if (Object.keys(facts).length > 0) shape.facts = facts;
  return shape;
}

function factsOf(from: Gathering): Facts {
  const facts: Facts = {};
  if (from.texts > 0) facts.longest = from.longest;
  if (from.numbers > 0 && from.whole) facts.whole = true;
  if (from.manyDigits) facts.manyDigits = true;
  if (from.looks !== undefined && from.looks.length > 0) facts.looks = from.looks;
  // Values tell a code list only when they come again.
  const plain = from.texts + from.numbers;
  if (from.values !== undefined && plain >= 4 && from.values.size > 0 && from.values.size * 2 <= plain) facts.values = [...from.values];
  return facts;
}
