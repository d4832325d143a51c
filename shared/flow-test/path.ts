import { isExactNumber } from '../exact-number.ts';
import { targetText } from '../mapping/target.ts';

/** A place in a value: names of fields and positions in lists. */
export type Place = readonly (string | number)[];

type Step = { name: string } | { index: number } | 'field' | 'item' | 'way';

/** A place as people read it: `customer.name`, `lines[0].sku`. */
export function pathText(place: Place): string {
  return targetText(place);
}

const steps = /(^|\.)(?:(\*\*)|(\*)|([^.[\]*"]+))|\[(\*?)\]|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/**
 * The steps of a path to fields; undefined where the text is none. `*` is any field, `[]` any item, `**` any way. A list
 * need not be named: `lines.sku` is the field of every item, as `lines[].sku` is.
 */
export function parsePath(text: string): Step[] | undefined {
  const path: Step[] = [];
  if (text === '' || text.startsWith('.')) return undefined;
  for (steps.lastIndex = 0; steps.lastIndex < text.length; ) {
    const found = steps.exec(text);
    if (found === null) return undefined;
    const [, , way, field, name, item, index, quoted] = found;
    if (way !== undefined) path.push('way');
    else if (field !== undefined) path.push('field');
    else if (name !== undefined) {
      if (name.trim() === '') return undefined;
      path.push({ name: name.trim() });
    } else if (item !== undefined) path.push('item');
    else if (index !== undefined) path.push({ index: Number(index) });
    else {
      const key = unquoted(quoted ?? '');
      if (key === undefined) return undefined;
      path.push({ name: key });
    }
  }
  return path;
}

function unquoted(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Tells whether a place is named by one of the paths, or lies below one that is. Paths that are none name nothing. */
export function placeMatcher(paths: readonly string[]): (place: Place) => boolean {
  const patterns = paths.flatMap((text) => {
    const path = parsePath(text);
    return path ? [path] : [];
  });
  if (patterns.length === 0) return () => false;
  return (place) => patterns.some((path) => covers(path, 0, place, 0));
}

function covers(path: readonly Step[], at: number, place: Place, from: number): boolean {
  const step = path[at];
  if (step === undefined) return true;
  if (step === 'way') {
    for (let next = from; next <= place.length; next++) if (covers(path, at + 1, place, next)) return true;
    return false;
  }
  const here = place[from];
  if (here === undefined) return false;
  if (step === 'item') return typeof here === 'number' && covers(path, at + 1, place, from + 1);
  if (typeof step === 'object' && 'index' in step) return step.index === here && covers(path, at + 1, place, from + 1);
  // A field of a list is the field of every item.
  if (typeof here === 'number') return covers(path, at, place, from + 1);
  return (step === 'field' || step.name === here) && covers(path, at + 1, place, from + 1);
}

/** The value at a path of names and positions; a name asked of a list is asked of its first item that has it. */
export function valueAt(value: unknown, path: string): { found: boolean; value?: unknown } {
  const parsed = parsePath(path);
  if (parsed === undefined) return { found: false };
  let current = value;
  for (const step of parsed) {
    if (typeof step === 'string') return { found: false };
    if ('index' in step) {
      if (!Array.isArray(current) || step.index >= current.length) return { found: false };
      current = current[step.index];
      continue;
    }
    if (Array.isArray(current)) current = current.find((item: unknown) => isObject(item) && Object.hasOwn(item, step.name));
    if (!isObject(current) || !Object.hasOwn(current, step.name)) return { found: false };
    current = current[step.name];
  }
  return { found: true, value: current };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}
