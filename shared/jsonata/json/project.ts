import { stringifyJson } from '#shared/json.ts';
import type { Projection } from './projection.ts';

/**
 * The part of a value that a projection takes, in the shape that the projected parser delivers: an object has all
 * projected fields, a missing one is `undefined`; a copied field is JSON text. For texts the parser leaves to others.
 */
export function project(value: unknown, projection: Projection): unknown {
  if (projection.take === 'whole') return value;
  if (projection.take === 'copied') return stringifyJson(value);
  if (Array.isArray(value)) {
    // No map(): lists in lists may go deep, and it would take twice the stack.
    const list: unknown[] = [];
    for (const item of value) list.push(project(item, projection));
    return list;
  }
  // An ExactNumber is a scalar too.
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Array.from(projection.fields, ([name, below]) => [
      name,
      Object.hasOwn(value, name) ? project((value as Record<string, unknown>)[name], below) : undefined,
    ]),
  );
}
