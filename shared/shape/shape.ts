import type { Path } from './path.ts';

/** What kind of JSON value stands at a place. */
export type Kind = 'text' | 'number' | 'boolean' | 'null' | 'object' | 'list';
/** A value that is no container. Numbers with more digits than a double are not kept here. */
export type Plain = string | number | boolean | null;

/** What texts look like, found in every text seen or declared by a `format`. */
export type Look = 'date' | 'date-time' | 'time' | 'email' | 'number' | 'country' | 'currency' | 'uuid' | 'url' | 'phone' | 'iban';

/** Facts about the plain values at a place. Absent means unknown. */
export interface Facts {
  /** The longest text allowed, in characters, as declared. */
  maxLength?: number;
  /** The longest text seen, in characters. */
  longest?: number;
  /** All values allowed, as declared. */
  allowed?: readonly Plain[];
  /** All values seen, where they were few and repeated. */
  values?: readonly Plain[];
  /** Only whole numbers: declared, or seen so. */
  whole?: boolean;
  /** A number, or a text of digits, was seen or declared that a double would change, such as a 64-bit id. */
  manyDigits?: boolean;
  /** What all texts look like; most telling first. */
  looks?: readonly Look[];
  /** The receiver fills it in when it is missing; the text of the declared default. */
  default?: string;
  /** Part of the key of a table. */
  key?: boolean;
}

/** How many items a list had, over all lists seen or as declared. */
export interface Size {
  min: number;
  max?: number;
}

/** A field of an object. */
export interface Field {
  name: string;
  /** Declared as required. What samples show is in `seen`. */
  required: boolean;
  /** Share (0 to 1) of the parents seen that had this field. Absent when no sample was looked at. */
  seen?: number;
  /** Who knows the field, where a schema was joined with samples. */
  origin?: 'schema' | 'seen' | 'both';
  shape: Shape;
}

/** What is known of the data at a place and below it. Plain data that survives JSON. */
export interface Shape {
  /** The kinds that may stand here; empty when nothing is known. */
  kinds: readonly Kind[];
  /** Fields of the object here, in the order of their source. */
  fields?: readonly Field[];
  /** What fields without a known name hold: the object is a map. */
  others?: Shape;
  /** What each item of the list here holds. */
  item?: Shape;
  size?: Size;
  /** At most three distinct values seen, as short texts. */
  examples?: readonly string[];
  facts?: Facts;
  /** What the schema says about it, for people. */
  doc?: string;
  /** This shape contains itself; it is not unfolded further here. */
  recursive?: boolean;
}

/** A place met by {@link walk}. `required` and `seen` are those of the field; an item and the root are not fields. */
export interface Place {
  path: Path;
  shape: Shape;
  required: boolean;
  seen?: number;
}

/** A shape of which nothing is known. */
export const unknownShape: Shape = { kinds: [] };

/** All places of a shape, a parent before its children, in the order of the fields. The first is the root. */
export function* walk(shape: Shape, path: Path = [], field?: Field): Generator<Place> {
  yield { path, shape, required: field?.required ?? false, ...(field?.seen === undefined ? {} : { seen: field.seen }) };
  for (const below of shape.fields ?? []) yield* walk(below.shape, [...path, below.name], below);
  if (shape.item !== undefined) yield* walk(shape.item, [...path, null]);
}

/** The field that a path ends in, or undefined. The path must name a field and not an item. */
export function fieldAt(shape: Shape, path: Path): Field | undefined {
  const name = path.at(-1);
  if (name === null || name === undefined) return undefined;
  return shapeAt(shape, path.slice(0, -1))?.fields?.find((field) => field.name === name);
}

/** The shape at a path, or undefined where the shape does not know the path. In a map every name is known. */
export function shapeAt(shape: Shape, path: Path): Shape | undefined {
  let here: Shape | undefined = shape;
  for (const step of path) {
    if (here === undefined) return undefined;
    here = step === null ? here.item : (here.fields?.find(({ name }) => name === step)?.shape ?? here.others);
  }
  return here;
}

/** True when the shape holds plain values and is neither object nor list. */
export function isLeaf(shape: Shape): boolean {
  return !shape.kinds.includes('object') && !shape.kinds.includes('list');
}

/** True when a list stands here, whatever else may. */
export function isList(shape: Shape): boolean {
  return shape.kinds.includes('list');
}
