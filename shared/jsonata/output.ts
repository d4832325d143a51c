import { ExactNumber } from '#shared/exact-number.ts';
import { ExpressionError } from './error.ts';
import { run } from './run.ts';
import { type Flagged, flags } from './sequence.ts';

/**
 * The value as it leaves: arrays without the engine's marks, at most as large as the limit allows.
 * Only arrays that the engine made carry marks, so nothing of the input is copied or changed.
 * @throws ExpressionError M1004, or D1011 for a value nested too deep
 */
export function toOutput(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return cleaned(value, { left: run.limits.output }, 0);
}

function countText(text: string, count: { left: number }): void {
  if ((count.left -= text.length) < 0) throw new ExpressionError('M1004', { value: run.limits.output });
}

/** As deep as a result may be nested; the built-in writer of JSON gets not much further. */
const deepest = 2000;

function cleaned(value: object, count: { left: number }, depth: number): object {
  if (depth > deepest) throw new ExpressionError('D1011', { value: deepest });
  if (Array.isArray(value)) {
    const copied = (value as Flagged)[flags] !== undefined;
    // Many small copies take more room than what they hold.
    if ((count.left -= value.length + (copied ? 4 : 1)) < 0) throw new ExpressionError('M1004', { value: run.limits.output });
    const list: unknown[] = copied ? value.slice() : value;
    for (let i = 0; i < list.length; i++) {
      const item = list[i];
      if (typeof item !== 'object' || item === null) {
        if (typeof item === 'string') countText(item, count);
        continue;
      }
      const clean = cleaned(item, count, depth + 1);
      if (clean !== item) list[i] = clean;
    }
    return list;
  }
  const prototype = Object.getPrototypeOf(value) as unknown;
  if ((prototype !== Object.prototype && prototype !== null) || value instanceof ExactNumber) return value;
  const object = value as Record<string, unknown>;
  if (--count.left < 0) throw new ExpressionError('M1004', { value: run.limits.output });
  for (const key in object) {
    countText(key, count);
    const item = object[key];
    if (typeof item !== 'object' || item === null) {
      if (--count.left < 0) throw new ExpressionError('M1004', { value: run.limits.output });
      if (typeof item === 'string') countText(item, count);
      continue;
    }
    const clean = cleaned(item, count, depth + 1);
    if (clean !== item) object[key] = clean;
  }
  return object;
}
