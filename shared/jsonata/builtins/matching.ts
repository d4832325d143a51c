import { ExpressionError } from '../error.ts';
import { applyFunction, factsOf } from '../function-value.ts';
import type { Match, Matcher } from '../regex.ts';
import { charge, checkLength, checkText } from '../run.ts';
import { sequenceOf } from '../sequence.ts';
import { coerced } from '../text.ts';
import { isFunction } from '../value.ts';
import { type Builtin, defined, maybeNumeric, required } from './builtin.ts';
import { chargeSearch, indexOfText } from './search.ts';
import { splitText } from './strings.ts';

/** A match, as a regular expression finds it or a function of the expression answers it. */
interface Found {
  match: unknown;
  start: number;
  end: number;
  groups: unknown;
  /** The next match. */
  next(): Found | undefined;
}

function firstMatch(pattern: unknown, text: string): Found | undefined {
  const matcher = factsOf(pattern)?.matcher as Matcher | undefined;
  if (matcher === undefined) return checked(applyFunction(pattern, [text], null));
  return wrap(matcher, text, matcher.find(text, 0));
}

function wrap(matcher: Matcher, text: string, match: Match | undefined): Found | undefined {
  if (match === undefined) return undefined;
  return {
    match: match.match,
    start: match.start,
    end: match.end,
    groups: match.groups,
    next: () => wrap(matcher, text, matcher.after(text, match)),
  };
}

/** What a matcher function answered. @throws ExpressionError T1010 when it has not the form of a match */
function checked(answer: unknown): Found | undefined {
  charge(1);
  if (answer === undefined) return undefined;
  const found = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<string, unknown>;
  const shaped = typeof found.start === 'number' || typeof found.end === 'number' || Array.isArray(found.groups) || isFunction(found.next);
  if (!shaped || !isFunction(found.next)) throw new ExpressionError('T1010');
  const { next } = found;
  return {
    match: found.match,
    start: found.start as number,
    end: found.end as number,
    groups: found.groups,
    next: () => checked(applyFunction(next, [undefined], null)),
  };
}

function checkLimit(limit: number | undefined, code: string, index: number): void {
  if (limit !== undefined && limit < 0) throw new ExpressionError(code, { value: limit, index });
}

function match(text: string, pattern: unknown, limit: number | undefined): unknown {
  checkLimit(limit, 'D3040', 3);
  const found: unknown[] = [];
  if (limit === undefined || limit > 0) {
    for (let at = firstMatch(pattern, text); at !== undefined && (limit === undefined || found.length < limit); at = at.next()) {
      charge(8);
      found.push({ match: at.match, index: at.start, groups: at.groups });
      checkLength(found.length);
    }
  }
  return sequenceOf(found);
}

/** The replacement text with `$0` as the match, `$1`… as groups and `$$` as a dollar sign. */
function substitute(replacement: string, found: Found): string {
  const groups = Array.isArray(found.groups) ? found.groups : [];
  let result = '';
  let at = 0;
  for (let dollar = replacement.indexOf('$'); dollar !== -1 && at < replacement.length; dollar = replacement.indexOf('$', at)) {
    charge(3);
    result += replacement.slice(at, dollar);
    at = dollar + 1;
    const char = replacement.charAt(at);
    if (char === '$') {
      result += '$';
      at++;
    } else if (char === '0') {
      result += coerced(found.match);
      at++;
    } else {
      const number = groupNumber(replacement, at, groups.length);
      if (Number.isNaN(number)) result += '$';
      else {
        const group: unknown = groups[number - 1];
        if (groups.length > 0 && group !== undefined) result += coerced(group);
        at += String(number).length;
      }
    }
    checkText(result.length);
  }
  return result + replacement.slice(at);
}

/** As many digits as name a group that there is. */
function groupNumber(replacement: string, at: number, groups: number): number {
  const digits = groups === 0 ? 1 : Math.floor(Math.log10(groups)) + 1;
  const number = Number.parseInt(replacement.slice(at, at + digits), 10);
  return digits > 1 && number > groups ? Number.parseInt(replacement.slice(at, at + digits - 1), 10) : number;
}

function replace(text: string, pattern: unknown, replacement: unknown, limit: number | undefined): string {
  if (pattern === '') throw new ExpressionError('D3010', { value: pattern, index: 2 });
  checkLimit(limit, 'D3011', 4);
  if (limit !== undefined && !(limit > 0)) return text;
  required(pattern, 2);
  return typeof pattern === 'string' ? replaceText(text, pattern, replacement, limit) : replaceMatches(text, pattern, replacement, limit);
}

function replaceText(text: string, pattern: string, replacement: unknown, limit: number | undefined): string {
  const by = coerced(replacement);
  const parts: string[] = [];
  let length = text.length;
  let at = 0;
  chargeSearch(text, pattern);
  for (
    let next = indexOfText(text, pattern);
    next !== -1 && (limit === undefined || parts.length < limit);
    next = indexOfText(text, pattern, at)
  ) {
    charge(1);
    length += by.length - pattern.length;
    checkText(length);
    parts.push(text.slice(at, next));
    at = next + pattern.length;
  }
  parts.push(text.slice(at));
  charge(length >> 4);
  return parts.join(by);
}

function replaceMatches(text: string, pattern: unknown, replacement: unknown, limit: number | undefined): string {
  let found = firstMatch(pattern, text);
  if (found === undefined) return text;
  let result = '';
  let at = 0;
  let count = 0;
  charge(text.length >> 4);
  while (found !== undefined && (limit === undefined || count < limit)) {
    const by = typeof replacement === 'string' ? substitute(replacement, found) : applyFunction(replacement, [found], null);
    if (typeof by !== 'string') throw new ExpressionError('D3012', { value: by });
    checkText(result.length + found.start - at + by.length);
    result += text.slice(at, found.start) + by;
    at = found.start + coerced(found.match).length;
    count++;
    found = found.next();
  }
  checkText(result.length + text.length - at);
  charge((result.length + text.length - at) >> 4);
  return result + text.slice(at);
}

function split(text: string, separator: unknown, limit: number | undefined): string[] {
  checkLimit(limit, 'D3020', 3);
  if (limit !== undefined && !(limit > 0)) return [];
  required(separator, 2);
  if (typeof separator === 'string') return splitText(text, separator, limit);
  const parts: string[] = [];
  let found = firstMatch(separator, text);
  if (found === undefined) return [text];
  let start = 0;
  while (found !== undefined && (limit === undefined || parts.length < limit)) {
    parts.push(text.slice(start, found.start));
    checkLength(parts.length);
    start = found.end;
    found = found.next();
  }
  if (limit === undefined || parts.length < limit) parts.push(text.slice(start));
  return parts;
}

/** Built-ins that search text, by a text, a regular expression or a matcher function. */
export const matching: Record<string, Builtin> = {
  match: defined('<s-f<s:o>n?:a<o>>', 3, ([text, pattern, limit]) => match(text as string, pattern, maybeNumeric(limit))),
  contains: defined('<s-(sf):b>', 2, ([text, token]) => {
    if (token === undefined) return undefined;
    if (typeof token === 'string') {
      chargeSearch(text as string, token);
      return indexOfText(text as string, token) >= 0;
    }
    charge((text as string).length >> 4);
    return firstMatch(token, text as string) !== undefined;
  }),
  replace: defined('<s-(sf)(sf)n?:s>', 4, ([text, pattern, replacement, limit]) =>
    replace(text as string, pattern, replacement, maybeNumeric(limit)),
  ),
  split: defined('<s-(sf)n?:a<s>>', 3, ([text, separator, limit]) => split(text as string, separator, maybeNumeric(limit))),
};
