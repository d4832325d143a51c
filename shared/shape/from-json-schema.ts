import { isExactNumber } from '#shared/json.ts';
import { lookOfFormat } from './looks.ts';
import { bothShapes, eitherShape } from './merge.ts';
import type { Facts, Field, Kind, Plain, Shape } from './shape.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Places that a schema may unfold to: references can make a short schema endless. */
const mostPlaces = 20_000;
/** Levels below which a schema is not read: no message is that deep, and the stack must hold. */
const deepest = 100;

interface Reading {
  root: unknown;
  /** References being unfolded, so that a schema that contains itself ends. */
  open: readonly string[];
  left: { places: number };
  depth: number;
}

const kindOf: Readonly<Record<string, Kind>> = {
  string: 'text',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
  object: 'object',
  array: 'list',
};

/**
 * The shape that a JSON Schema (draft 7 or 2020-12, also as OpenAPI 3 writes it) describes. References are followed inside `root`,
 * by default the schema itself; what cannot be followed or is too much stays unknown. Never throws.
 */
export function shapeOfJsonSchema(schema: unknown, root: unknown = schema): Shape {
  return read(schema, { root, open: [], left: { places: mostPlaces }, depth: 0 });
}

function read(schema: unknown, above: Reading): Shape {
  if (!isRecord(schema) || above.left.places-- <= 0 || above.depth > deepest) return { kinds: [] };
  const reading = { ...above, depth: above.depth + 1 };
  let shape = ownShape(schema, reading);
  const { $ref } = schema;
  if (typeof $ref === 'string') shape = bothShapes(shape, referred($ref, reading));
  for (const part of listOf(schema.allOf)) shape = bothShapes(shape, read(part, reading));
  for (const choice of [schema.oneOf, schema.anyOf, [schema.then, schema.else].filter(isRecord)]) {
    const branches = listOf(choice).map((branch) => read(branch, reading));
    const [first, ...rest] = branches;
    if (first === undefined) continue;
    const joined = rest.reduce(eitherShape, first);
    // A lone `then` binds only when its condition holds.
    shape = bothShapes(
      shape,
      branches.length === 1 && choice !== schema.oneOf && choice !== schema.anyOf ? eitherShape(joined, { ...joined, fields: [] }) : joined,
    );
  }
  if (schema.nullable === true && shape.kinds.length > 0 && !shape.kinds.includes('null'))
    shape = { ...shape, kinds: [...shape.kinds, 'null'] };
  return shape;
}

function referred(ref: string, reading: Reading): Shape {
  const target = find(ref, reading.root);
  if (reading.open.includes(ref)) {
    const kinds = isRecord(target) ? kindsOf(target) : [];
    return { kinds, recursive: true };
  }
  return target === undefined ? { kinds: [] } : read(target, { ...reading, open: [...reading.open, ref] });
}

/** What a reference names inside the document: a pointer (`#/$defs/a`), an anchor (`#a`) or the `$id` of a part. */
function find(ref: string, root: unknown): unknown {
  if (ref === '#') return root;
  if (!ref.startsWith('#/')) return findNamed(ref, root, 0);
  let here: unknown = root;
  for (const raw of ref.slice(2).split('/')) {
    const key = decode(raw).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return here;
}

function findNamed(ref: string, part: unknown, depth: number): unknown {
  if (!isRecord(part) || depth > 3) return undefined;
  if (part.$id === ref || (ref.startsWith('#') && part.$anchor === ref.slice(1))) return part;
  for (const defs of [part.$defs, part.definitions]) {
    if (!isRecord(defs)) continue;
    for (const def of Object.values(defs)) {
      const found = findNamed(ref, def, depth + 1);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function ownShape(schema: Schema, reading: Reading): Shape {
  const kinds = kindsOf(schema);
  const shape: Shape = { kinds };
  if (isRecord(schema.properties) || listOf(schema.required).length > 0) shape.fields = fieldsOf(schema, reading);
  else if (kinds.includes('object')) shape.fields = [];
  const others = [
    schema.additionalProperties,
    ...(isRecord(schema.patternProperties) ? Object.values(schema.patternProperties) : []),
  ].filter(isRecord);
  if (others.length > 0) shape.others = others.map((one) => read(one, reading)).reduce(eitherShape);
  const items = [
    ...listOf(schema.prefixItems),
    ...(Array.isArray(schema.items) ? schema.items : [schema.items]),
    schema.additionalItems,
  ].filter(isRecord);
  if (items.length > 0) shape.item = items.map((one) => read(one, reading)).reduce(eitherShape);
  else if (kinds.includes('list')) shape.item = { kinds: [] };
  const { minItems, maxItems } = schema;
  if (typeof minItems === 'number' || typeof maxItems === 'number') {
    shape.size = { min: typeof minItems === 'number' ? minItems : 0, ...(typeof maxItems === 'number' ? { max: maxItems } : {}) };
  }
  const examples = examplesOf(schema);
  if (examples.length > 0) shape.examples = examples;
  const facts = factsOf(schema);
  if (Object.keys(facts).length > 0) shape.facts = facts;
  const doc = [schema.title, schema.description].find((text): text is string => typeof text === 'string' && text.trim() !== '');
  if (typeof schema.description === 'string' && schema.description.trim() !== '') shape.doc = schema.description.trim();
  else if (doc !== undefined) shape.doc = doc.trim();
  return shape;
}

function fieldsOf(schema: Schema, reading: Reading): Field[] {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = listOf(schema.required).filter((name): name is string => typeof name === 'string');
  const fields = Object.entries(properties).map(
    ([name, part]): Field => ({ name, required: required.includes(name), shape: read(part, reading) }),
  );
  const unnamed = required.filter((name) => !Object.hasOwn(properties, name));
  return [...fields, ...unnamed.map((name): Field => ({ name, required: true, shape: { kinds: [] } }))];
}

/** Declared kinds; without `type`, what the other words of the schema imply. */
function kindsOf(schema: Schema): Kind[] {
  const types = typeof schema.type === 'string' ? [schema.type] : listOf(schema.type);
  const kinds = types.flatMap((type) => (typeof type === 'string' ? (kindOf[type] ?? []) : []));
  if (kinds.length > 0) return [...new Set(kinds)];
  const values = allowedOf(schema);
  if (values !== undefined) return [...new Set(values.map(kindOfValue))];
  if (isRecord(schema.properties) || isRecord(schema.patternProperties)) return ['object'];
  if (schema.items !== undefined || schema.prefixItems !== undefined) return ['list'];
  if (schema.maxLength !== undefined || schema.minLength !== undefined || schema.pattern !== undefined || schema.format !== undefined)
    return ['text'];
  return [];
}

function allowedOf(schema: Schema): unknown[] | undefined {
  if (Object.hasOwn(schema, 'const')) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : undefined;
}

function kindOfValue(value: unknown): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'number' || isExactNumber(value) ? 'number' : 'object';
}

function factsOf(schema: Schema): Facts {
  const facts: Facts = {};
  if (typeof schema.maxLength === 'number') facts.maxLength = schema.maxLength;
  const allowed = allowedOf(schema)?.filter(
    (value): value is Plain => value === null || ['string', 'number', 'boolean'].includes(typeof value),
  );
  if (allowed !== undefined && allowed.length > 0) facts.allowed = allowed;
  const types = typeof schema.type === 'string' ? [schema.type] : listOf(schema.type);
  if (types.includes('integer') && !types.includes('number')) facts.whole = true;
  if (schema.format === 'int64') facts.manyDigits = true;
  const look = typeof schema.format === 'string' ? lookOfFormat(schema.format) : undefined;
  if (look !== undefined) facts.looks = [look];
  if (schema.default !== undefined) facts.default = shortText(schema.default);
  return facts;
}

function examplesOf(schema: Schema): string[] {
  const examples = [...listOf(schema.examples), ...(schema.example === undefined ? [] : [schema.example])];
  const plain = examples.filter((value) => value !== null && (typeof value !== 'object' || isExactNumber(value)));
  return [...new Set(plain.map(shortText))].filter((text) => text !== '').slice(0, 3);
}

function shortText(value: unknown): string {
  const text = typeof value === 'object' && value !== null && !isExactNumber(value) ? (JSON.stringify(value) ?? '') : String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function isRecord(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
