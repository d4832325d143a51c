import { RE2JS } from 're2js';
import type { Node } from './ast.ts';
import { ExpressionError } from './error.ts';
import { functionValue } from './function-value.ts';
import { type Danger, screen } from './regex-screen.ts';
import { charge, run } from './run.ts';
import type { Evaluator } from './scope.ts';
import { coerced } from './text.ts';

/** One place where a regular expression matched. */
export interface Match {
  match: string;
  start: number;
  end: number;
  groups: (string | undefined)[];
}

/** A regular expression of an expression. */
export interface Matcher {
  source: string;
  /** The first match at or after an offset; works in bounded time. @throws ExpressionError M1005 or M1006 */
  find(text: string, from: number): Match | undefined;
  /**
   * The match after another.
   * @throws ExpressionError D1004 when it is empty
   */
  after(text: string, match: Match): Match | undefined;
}

/** Operations of the built-in engine that one search may be expected to take at worst. */
const affordable = 20_000_000;

/** Compiles `/ … /` to a function that finds matches, which the language also lets expressions call themselves. */
export function compileRegex(node: Node): Evaluator {
  const matcher = matcherOf(node.value as RegExp, node.position);
  // It keeps no state between searches, so one value serves all evaluations.
  const value = functionValue({
    arity: 2,
    matcher,
    invoke: ([given, from]) => {
      const text = coerced(given);
      return shown(matcher, text, matcher.find(text, typeof from === 'number' ? from : 0));
    },
  });
  return () => value;
}

/** A match as the language shows it, with a function for the next one. */
function shown(matcher: Matcher, text: string, match: Match | undefined): unknown {
  if (match === undefined) return undefined;
  return {
    match: match.match,
    start: match.start,
    end: match.end,
    groups: match.groups,
    next: functionValue({ arity: 0, invoke: () => shown(matcher, text, matcher.after(text, match)) }),
  };
}

/** A matcher for a pattern that the engine itself made. */
export function boundedMatcher(regex: RegExp): Matcher {
  return matcherOf(regex, undefined);
}

function matcherOf(regex: RegExp, position: number | undefined): Matcher {
  // A pattern of a text given to $eval.
  if (run.active) charge(regex.source.length * 40);
  const size = sizeOf(regex.source);
  // One of our own: the search position is state of the object.
  const native = new RegExp(regex.source, regex.flags);
  const danger: Danger = regex.source.length > longestSource ? { kind: 'unfit' } : screen(regex.source);
  let linear: RE2JS | null | undefined;
  const matcher: Matcher = {
    source: regex.source,
    find(text, from) {
      if (text.length > run.limits.subject) throw new ExpressionError('M1006', { value: run.limits.subject });
      if (danger.kind === 'unfit') throw new ExpressionError('M1005', { value: regex.source.slice(0, 100) });
      if (from === 0) charge(text.length >> 4);
      if (nativeIsSafe(danger, text.length - from, size)) {
        const found = findNative(native, text, from);
        const seen = (found === undefined ? text.length : found.end) - from;
        charge(
          8 + (danger.kind === 'polynomial' ? Math.ceil((seen ** danger.degree * size) / 64) : 2 ** seen) + (found?.groups.length ?? 0),
        );
        return found;
      }
      if (linear === undefined) linear = compileLinear(regex);
      if (linear !== null) return findLinear(linear, text, from, size);
      if (danger.kind === 'exponential') throw new ExpressionError('M1005', { value: regex.source });
      throw new ExpressionError('M1006', { value: Math.floor((affordable / size) ** (1 / danger.degree)) });
    },
    after(text, match) {
      if (match.end >= text.length) return undefined;
      const next = matcher.find(text, match.end);
      if (next?.match === '') {
        throw new ExpressionError('D1004', { ...(position === undefined ? {} : { position }), value: regex.source });
      }
      return next;
    },
  };
  return matcher;
}

/**
 * A regular expression for the built-in engine, without a search position of its own. A search in a text of n characters
 * takes at most some multiple of n to the power of `degree`, which is affordable up to `longest` characters;
 * `longestForAll` is the same for all matches one after the other. Undefined where there is no such power.
 */
export function boundedNative(
  regex: RegExp,
): { native: RegExp; all: RegExp; degree: number; longest: number; longestForAll: number } | undefined {
  if (sizeOf(regex.source) > 1) return undefined;
  const danger = screen(regex.source);
  if (danger.kind !== 'polynomial') return undefined;
  const { degree } = danger;
  const flags = regex.flags.replace(/[gy]/g, '');
  return {
    native: new RegExp(regex.source, flags),
    all: new RegExp(regex.source, `${flags}g`),
    degree,
    longest: Math.floor(affordable ** (1 / degree)),
    longestForAll: Math.floor(affordable ** (1 / (degree + 1))),
  };
}

/** Whether a pattern can match without taking a character, judged so that a wrong answer is always yes. */
export function mayMatchNothing(regex: RegExp): boolean {
  return /\\b|\\B|\(\?[=!<]/.test(regex.source) || new RegExp(regex.source, regex.flags.replace(/[gy]/g, '')).test('');
}

/** Characters that a pattern may have. */
const longestSource = 20_000;

/** How many times longer than an ordinary pattern this is: it may be tried as a whole at every character. */
function sizeOf(source: string): number {
  return Math.max(1, source.length >> 6);
}

function nativeIsSafe(danger: Danger, length: number, size: number): boolean {
  if (danger.kind === 'unfit') return false;
  // Even an endless pattern is done quickly with a few characters.
  if (danger.kind === 'exponential') return length <= 12;
  return length ** danger.degree * size <= affordable;
}

function findNative(native: RegExp, text: string, from: number): Match | undefined {
  native.lastIndex = from;
  const found = native.exec(text);
  if (found === null) return undefined;
  return { match: found[0], start: found.index, end: found.index + found[0].length, groups: found.slice(1) };
}

/** The pattern for the engine whose time grows with the text alone, or null where it lacks a feature. */
function compileLinear(regex: RegExp): RE2JS | null {
  let mode = 0;
  if (regex.ignoreCase) mode |= RE2JS.CASE_INSENSITIVE;
  if (regex.multiline) mode |= RE2JS.MULTILINE;
  try {
    return RE2JS.compile(RE2JS.translateRegExp(regex.source), mode);
  } catch {
    // Look-around and back-references cannot be matched in linear time.
    return null;
  }
}

function findLinear(linear: RE2JS, text: string, from: number, size: number): Match | undefined {
  const worst = Math.ceil(((text.length - from) * size) / 2);
  // The first search with a long pattern counts before it is made, since one may take all the time there is.
  if (from === 0 && size > 1) charge(worst);
  const search = linear.matcher(text);
  if (!search.find(from)) {
    charge(worst);
    return undefined;
  }
  charge(8 + search.groupCount() + Math.ceil(((search.end() - from) * size) / 2));
  const groups: (string | undefined)[] = [];
  for (let i = 1; i <= search.groupCount(); i++) groups.push(search.group(i) ?? undefined);
  return { match: search.group() ?? '', start: search.start(), end: search.end(), groups };
}
