import type { Facts, Field, Kind, Plain, Shape, Size } from './shape.ts';

/** What a schema declares joined with what samples showed: the schema's order and rules, the samples' shares and examples. */
export function mergeSeen(schema: Shape, seen: Shape): Shape {
  const merged: Shape = { ...schema, kinds: union(schema.kinds, seen.kinds) };
  const fields = mergeFields(schema, seen);
  if (fields !== undefined) merged.fields = fields;
  const item = both(schema.item, seen.item, mergeSeen);
  if (item !== undefined) merged.item = item;
  const others = both(schema.others, seen.others, mergeSeen);
  if (others !== undefined) merged.others = others;
  // What was seen shows more than what is allowed.
  const size = seen.size ?? schema.size;
  if (size !== undefined) merged.size = size;
  if (seen.examples !== undefined) merged.examples = seen.examples;
  const facts = { ...seen.facts, ...schema.facts };
  if (seen.facts?.manyDigits) facts.manyDigits = true;
  if (Object.keys(facts).length > 0) merged.facts = facts;
  return merged;
}

function mergeFields(schema: Shape, seen: Shape): Field[] | undefined {
  if (schema.fields === undefined && seen.fields === undefined) return undefined;
  const declared = (schema.fields ?? []).map((field): Field => {
    const match = seen.fields?.find(({ name }) => name === field.name);
    // A declared field that no parent had was looked for and not found.
    if (match === undefined) return { ...field, origin: 'schema', ...(seen.fields === undefined ? {} : { seen: 0 }) };
    return {
      ...field,
      origin: 'both',
      ...(match.seen === undefined ? {} : { seen: match.seen }),
      shape: mergeSeen(field.shape, match.shape),
    };
  });
  const known = new Set(declared.map(({ name }) => name));
  const extra = (seen.fields ?? []).filter(({ name }) => !known.has(name)).map((field): Field => ({ ...field, origin: 'seen' }));
  return [...declared, ...extra];
}

/** A shape that fits values of either: fields of both, required only where both require them (`oneOf`, `anyOf`). */
export function eitherShape(a: Shape, b: Shape): Shape {
  const fields = joinFields(a, b, (x, y) => ({ ...x, required: x.required && y.required, shape: eitherShape(x.shape, y.shape) }), false);
  const size: Size | undefined =
    a.size && b.size
      ? {
          min: Math.min(a.size.min, b.size.min),
          ...(a.size.max !== undefined && b.size.max !== undefined ? { max: Math.max(a.size.max, b.size.max) } : {}),
        }
      : undefined;
  // One side of which nothing is known makes nothing known.
  const kinds = a.kinds.length === 0 || b.kinds.length === 0 ? [] : union(a.kinds, b.kinds);
  return join(a, b, kinds, fields, eitherShape, size, eitherFacts(a, b));
}

/** A shape that fits values of both at once: fields of both, required where one requires them (`allOf`). */
export function bothShapes(a: Shape, b: Shape): Shape {
  const fields = joinFields(a, b, (x, y) => ({ ...x, required: x.required || y.required, shape: bothShapes(x.shape, y.shape) }), true);
  const size = a.size && b.size ? { ...a.size, ...b.size, min: Math.max(a.size.min, b.size.min) } : (a.size ?? b.size);
  const facts: Facts = { ...a.facts, ...b.facts };
  const lengths = [a.facts?.maxLength, b.facts?.maxLength].filter((length) => length !== undefined);
  if (lengths.length > 0) facts.maxLength = Math.min(...lengths);
  if (a.facts?.allowed && b.facts?.allowed) facts.allowed = a.facts.allowed.filter((value) => b.facts?.allowed?.includes(value));
  const common = a.kinds.filter((kind) => b.kinds.includes(kind));
  const kinds = a.kinds.length === 0 ? b.kinds : b.kinds.length === 0 ? a.kinds : common;
  return join(a, b, kinds, fields, bothShapes, size, facts);
}

function join(
  a: Shape,
  b: Shape,
  kinds: readonly Kind[],
  fields: Field[] | undefined,
  of: (x: Shape, y: Shape) => Shape,
  size: Size | undefined,
  facts: Facts,
): Shape {
  const doc = a.doc ?? b.doc;
  const item = both(a.item, b.item, of);
  const others = both(a.others, b.others, of);
  const examples = [...new Set([...(a.examples ?? []), ...(b.examples ?? [])])].slice(0, 3);
  return {
    kinds,
    ...(fields === undefined ? {} : { fields }),
    ...(others === undefined ? {} : { others }),
    ...(item === undefined ? {} : { item }),
    ...(size === undefined ? {} : { size }),
    ...(examples.length === 0 ? {} : { examples }),
    ...(Object.keys(facts).length === 0 ? {} : { facts }),
    ...(doc === undefined ? {} : { doc }),
    ...(a.recursive || b.recursive ? { recursive: true } : {}),
  };
}

function joinFields(a: Shape, b: Shape, of: (x: Field, y: Field) => Field, keepRequired: boolean): Field[] | undefined {
  if (a.fields === undefined && b.fields === undefined) return undefined;
  const alone = (field: Field): Field => (keepRequired ? field : { ...field, required: false });
  const left = (a.fields ?? []).map((field) => {
    const match = b.fields?.find(({ name }) => name === field.name);
    return match === undefined ? alone(field) : of(field, match);
  });
  const right = (b.fields ?? []).filter((field) => !a.fields?.some(({ name }) => name === field.name)).map(alone);
  return [...left, ...right];
}

function eitherFacts(a: Shape, b: Shape): Facts {
  const facts: Facts = {};
  const [x, y] = [a.facts ?? {}, b.facts ?? {}];
  if (x.maxLength !== undefined && y.maxLength !== undefined) facts.maxLength = Math.max(x.maxLength, y.maxLength);
  const allowed = allowedOf(a, b);
  if (allowed !== undefined) facts.allowed = allowed;
  const looks = texts(a) && texts(b) ? x.looks?.filter((look) => y.looks?.includes(look)) : (x.looks ?? y.looks);
  if (looks !== undefined && looks.length > 0) facts.looks = looks;
  if ((x.whole || !numbers(a)) && (y.whole || !numbers(b)) && (x.whole || y.whole)) facts.whole = true;
  if (x.manyDigits || y.manyDigits) facts.manyDigits = true;
  return facts;
}

/** `null` beside a list of values does not widen the list. */
function allowedOf(a: Shape, b: Shape): readonly Plain[] | undefined {
  const onlyNull = (shape: Shape) => shape.kinds.length === 1 && shape.kinds[0] === 'null';
  const [x, y] = [a.facts?.allowed, b.facts?.allowed];
  if (x !== undefined && y !== undefined) return union(x, y);
  if (x !== undefined && onlyNull(b)) return x;
  return y !== undefined && onlyNull(a) ? y : undefined;
}

const texts = (shape: Shape) => shape.kinds.includes('text');
const numbers = (shape: Shape) => shape.kinds.includes('number');

function both(a: Shape | undefined, b: Shape | undefined, of: (x: Shape, y: Shape) => Shape): Shape | undefined {
  return a !== undefined && b !== undefined ? of(a, b) : (a ?? b);
}

function union<T>(a: readonly T[], b: readonly T[]): T[] {
  return [...new Set([...a, ...b])];
}
