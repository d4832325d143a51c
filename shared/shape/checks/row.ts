import type { Path } from '../path.ts';
import { isList, type Shape } from '../shape.ts';

/** What the checks need to know of a row of a mapping. */
export interface CheckedRow {
  id: string;
  /** The place that it fills; `null` for each item, also of a fixed list. */
  target: Path;
  /** The kind of its rule, as the mapping names it: `copy`, `constant`, `formula`, `loop`, `table`, … */
  kind: string;
  /** Fields of the message that it reads itself, from the root; steps into lists may be left out. */
  sources: readonly Path[];
  /** Its expression. */
  text: string;
  /** `[…]` stands around it, so that one value, or none, stays a list. */
  inList: boolean;
  /** Of a value table: the values it translates, and whether it has an "otherwise". */
  table?: { from: readonly string[]; otherwise: boolean };
  /** What the preview made of it: over how many samples, in how many there was a value, and the longest text. */
  results?: { looked: number; filled: number; longest?: number };
}

/** A change that solves a problem, as data. */
export type Fix =
  | { kind: 'replace-source'; from: Path; to: Path }
  | { kind: 'add-row'; target: Path }
  | { kind: 'wrap-list' }
  /** Put the expression into a conversion of `conversions.ts`. */
  | { kind: 'convert'; conversion: string }
  /** Add values to the table of the row. */
  | { kind: 'add-table-values'; values: readonly string[] }
  /** Translate the field by a new table with these values. */
  | { kind: 'make-table'; values: readonly string[]; allowed: readonly string[] }
  /** Cut the text off. */
  | { kind: 'shorten'; length: number }
  /** Put other code in the place of a piece of the mapping's text. */
  | { kind: 'replace-code'; start: number; end: number; code: string; label?: string }
  | { kind: 'remove-row' };

export type MappingCode =
  | 'required-unmapped'
  | 'unknown-source'
  | 'list-without-wrap'
  | 'type-mismatch'
  | 'value-not-allowed'
  | 'table-lacks-values'
  | 'digits-lost'
  | 'never-filled'
  | 'too-long'
  | 'mixed-comparison'
  | 'unused-variable'
  | 'row-fails';

/** Something about a mapping that a person should look at. */
export interface MappingProblem {
  code: MappingCode;
  /** `error`: messages will fail or be refused. `warning`: some may. */
  level: 'error' | 'warning';
  /** The row, or the target where there is no row yet. */
  row?: string;
  target: Path;
  /** One plain sentence. */
  message: string;
  fix?: Fix;
}

/** A source path on its way through a shape. */
export interface Resolved {
  /** The shape at its end; undefined where the shape does not know the path. */
  shape: Shape | undefined;
  /** The path with its steps into lists. */
  path: Path;
  /** The lists that it goes into, as paths. */
  lists: Path[];
  /** The share of its parents that had the field, where samples were looked at. */
  seen?: number;
}

/** Follows a path as JSONata does: a name after a list means the field of each item. What is unknown or recursive may hold anything. */
export function resolve(shape: Shape, path: Path): Resolved {
  let here: Shape | undefined = shape;
  let seen: number | undefined;
  const full: (string | null)[] = [];
  const lists: Path[] = [];
  for (const [at, step] of path.entries()) {
    while (step !== null && here !== undefined && isList(here) && !here.kinds.includes('object')) {
      lists.push([...full]);
      full.push(null);
      here = here.item;
    }
    // A step into each item of what is no list changes nothing.
    if (step === null && here !== undefined && here.kinds.length > 0 && !isList(here)) continue;
    if (here === undefined || here.recursive || here.kinds.length === 0)
      return { shape: { kinds: [] }, path: [...full, ...path.slice(at)], lists };
    if (step === null) {
      lists.push([...full]);
      here = here.item;
    } else {
      const object: Shape = here;
      const field = [...(object.fields ?? []), ...(object.item?.fields ?? [])].find(({ name }) => name === step);
      seen = field?.seen;
      here = field?.shape ?? object.others;
      if (here === undefined) return { shape: undefined, path: [...full, step, ...path.slice(at + 1)], lists };
    }
    full.push(step);
  }
  return { shape: here, path: full, lists, ...(seen === undefined ? {} : { seen }) };
}
