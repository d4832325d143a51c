import { parse } from '#shared/jsonata/ast.ts';
import { ExpressionError } from '#shared/jsonata/error.ts';
import { toPackageTree } from '#shared/jsonata/syntax/package-tree.ts';
import { parseSyntax } from '#shared/jsonata/syntax/parse.ts';

/** What the package finds wrong only after a text was read: codes that `toPackageTree` has, and `parseSyntax` has not. */
export const semantic = ['S0209', 'S0210', 'S0213', 'S0215', 'S0216', 'S0217'];

/** The error of an attempt in a form to compare, or its value. Errors of another kind go on. */
export function attempt<T>(make: () => T): { value: T } | { error: string } {
  try {
    return { value: make() };
  } catch (error) {
    if (error instanceof ExpressionError) return { error: `${error.code} at ${error.position}` };
    throw error;
  }
}

/**
 * In what our trees of a text differ from the package's, or nothing. Left out of the comparison are functions (a
 * signature's `validate`) and fields that are undefined; everything else counts.
 */
export function difference(text: string): string | undefined {
  const theirs = attempt(() => parse(text));
  const syntax = attempt(() => parseSyntax(text));
  const ours = 'error' in syntax ? syntax : attempt(() => toPackageTree(syntax.value));
  if ('error' in theirs || 'error' in ours) {
    const [they, we] = [theirs, ours].map((one) => ('error' in one ? one.error : 'a tree'));
    if (they !== we) return `${we} for ${they}`;
    const late = 'error' in theirs && semantic.includes(theirs.error.slice(0, 5));
    return late === 'error' in syntax ? `found ${they} in the wrong pass` : undefined;
  }
  return unlike(ours.value, theirs.value, 'tree');
}

/** Where two values differ, or nothing. */
export function unlike(ours: unknown, theirs: unknown, at: string): string | undefined {
  if (Object.is(ours, theirs)) return undefined;
  if (ours instanceof RegExp && theirs instanceof RegExp) return String(ours) === String(theirs) ? undefined : at;
  if (typeof ours !== 'object' || typeof theirs !== 'object' || ours === null || theirs === null) return `${at}: ${ours} for ${theirs}`;
  if (Array.isArray(ours) !== Array.isArray(theirs)) return at;
  for (const key of new Set([...fields(ours), ...fields(theirs)])) {
    const why = unlike((ours as Record<string, unknown>)[key], (theirs as Record<string, unknown>)[key], `${at}.${key}`);
    if (why !== undefined) return why;
  }
  return undefined;
}

function fields(value: object): string[] {
  return Object.keys(value).filter((key) => !['undefined', 'function'].includes(typeof (value as Record<string, unknown>)[key]));
}
