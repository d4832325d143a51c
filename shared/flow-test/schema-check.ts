import { type Schema, Validator } from '@cfworker/json-schema';
import { isExactNumber } from '../exact-number.ts';
import { screen } from '../jsonata/regex-screen.ts';
import { valueAt } from './path.ts';
import type { TestDifference } from './result.ts';

/** What a JSON Schema (2020-12) says against values: one difference for each that does not obey it. */
export function checkSchema(
  schema: Record<string, unknown> | boolean,
  values: readonly unknown[],
): { differences: TestDifference[]; problem?: never } | { problem: string; differences?: never } {
  const slow = slowPattern(schema);
  if (slow !== undefined) return { problem: `its pattern ${slow} could take for ever; write a simpler one` };
  try {
    const validator = new Validator(schema as Schema, '2020-12', false);
    const differences = values.flatMap((value, message) => {
      const { valid, errors } = validator.validate(plain(value));
      // The last is the innermost: the others only say that something in them is wrong.
      const inner = errors.at(-1);
      if (valid || inner === undefined) return [];
      const path = inner.instanceLocation.replace(/^#\/?/, '').replaceAll('/', '.');
      const { found, value: actual } = valueAt(value, path);
      return [{ message, kind: 'changed' as const, path, expected: inner.error, actual: found ? actual : value }];
    });
    return { differences };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** A pattern whose time may grow without bounds: tests are run on the server, which nobody may hold up. */
function slowPattern(schema: unknown): string | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  for (const [key, inner] of Object.entries(schema)) {
    const patterns = key === 'pattern' && typeof inner === 'string' ? [inner] : [];
    if (key === 'patternProperties' && typeof inner === 'object' && inner !== null) patterns.push(...Object.keys(inner));
    const slow = patterns.find((pattern) => {
      const danger = screen(pattern);
      return danger.kind !== 'polynomial' || danger.degree > 2;
    });
    const found = slow ?? slowPattern(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Numbers of many digits as JavaScript's, which is all that a JSON Schema can ask about. */
function plain(value: unknown): unknown {
  if (isExactNumber(value)) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
