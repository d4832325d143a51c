import { ExpressionError } from '../error.ts';
import type { Span } from './tree.ts';

/**
 * A piece of the text that has a meaning by itself. `id` is the operator's text, empty for every other kind, `(end)`
 * at the end of the text. `value` is what the token stands for; a regular expression's is made but never run here.
 */
export interface Token extends Span {
  kind: 'operator' | 'name' | 'variable' | 'string' | 'number' | 'value' | 'regex' | 'end';
  id: string;
  value: string | number | boolean | null | RegExp;
}

/** Reads a text token by token; comments are collected on the way. */
export interface Lexer {
  text: string;
  /** Where the next token is looked for. */
  at: number;
  comments: Span[];
}

const space = ' \t\n\r\v';
const singles = '.[]{}(),@#;:?+-*/%|=<>^&!~';
const doubles = new Set(['..', ':=', '!=', '>=', '<=', '**', '~>', '?:', '??']);
const number = /(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[Ee][-+]?[0-9]+)?/y;
const escapes = new Map(Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }));

/**
 * The next token; of kind `end` when there is none. Where an operator may stand (`afterValue`), `/` divides; elsewhere
 * it opens a regular expression.
 * @throws ExpressionError S0101 to S0106, S0301, S0302, M1008
 */
export function nextToken(lexer: Lexer, afterValue: boolean): Token {
  skipToToken(lexer);
  const { text, at: start } = lexer;
  const first = text.charAt(start);
  if (first === '') return { kind: 'end', id: '(end)', value: '(end)', start: text.length, end: text.length };
  if (first === '/' && !afterValue) return regex(lexer);
  const pair = text.slice(start, start + 2);
  if (doubles.has(pair)) return operator(lexer, pair);
  if (singles.includes(first)) return operator(lexer, first);
  if (first === '"' || first === "'") return quotedString(lexer, first);
  number.lastIndex = start;
  const digits = number.exec(text)?.[0];
  if (digits !== undefined) return numeral(lexer, digits);
  return first === '`' ? quotedName(lexer) : word(lexer);
}

function token(lexer: Lexer, kind: Token['kind'], end: number, value: Token['value'], id = ''): Token {
  const start = lexer.at;
  lexer.at = end;
  return { kind, id, value, start, end };
}

const operator = (lexer: Lexer, id: string): Token => token(lexer, 'operator', lexer.at + id.length, id, id);

function skipToToken(lexer: Lexer): void {
  const { text } = lexer;
  for (;;) {
    while (lexer.at < text.length && space.includes(text.charAt(lexer.at))) lexer.at++;
    if (!text.startsWith('/*', lexer.at)) return;
    const close = text.indexOf('*/', lexer.at + 2);
    if (close < 0) throw new ExpressionError('S0106', { position: lexer.at });
    lexer.comments.push({ start: lexer.at, end: close + 2 });
    lexer.at = close + 2;
  }
}

function numeral(lexer: Lexer, digits: string): Token {
  const value = Number.parseFloat(digits);
  if (!Number.isFinite(value)) throw new ExpressionError('S0102', { position: lexer.at, token: digits });
  return token(lexer, 'number', lexer.at + digits.length, value);
}

function quotedString(lexer: Lexer, quote: string): Token {
  const { text } = lexer;
  let value = '';
  for (let at = lexer.at + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === quote) return token(lexer, 'string', at + 1, value);
    if (char !== '\\') {
      value += char;
      continue;
    }
    const letter = text.charAt(++at);
    const plain = escapes.get(letter);
    if (plain !== undefined) value += plain;
    else if (letter === 'u') {
      const hex = text.slice(at + 1, at + 5);
      if (!/^[0-9a-fA-F]+$/.test(hex)) throw new ExpressionError('S0104', { position: at });
      value += String.fromCharCode(Number.parseInt(hex, 16));
      at += 4;
    } else throw new ExpressionError('S0103', { position: at, token: letter });
  }
  throw new ExpressionError('S0101', { position: text.length });
}

function quotedName(lexer: Lexer): Token {
  const close = lexer.text.indexOf('`', lexer.at + 1);
  if (close < 0) throw new ExpressionError('S0105', { position: lexer.text.length });
  return token(lexer, 'name', close + 1, lexer.text.slice(lexer.at + 1, close));
}

function word(lexer: Lexer): Token {
  const { text, at: start } = lexer;
  let end = start;
  while (end < text.length && !space.includes(text.charAt(end)) && !singles.includes(text.charAt(end))) end++;
  const name = text.slice(start, end);
  if (name.startsWith('$')) return token(lexer, 'variable', end, name.slice(1));
  if (name === 'and' || name === 'or' || name === 'in') return operator(lexer, name);
  if (name === 'true' || name === 'false') return token(lexer, 'value', end, name === 'true');
  if (name === 'null') return token(lexer, 'value', end, null);
  return token(lexer, 'name', end, name);
}

function regex(lexer: Lexer): Token {
  const { text } = lexer;
  const start = lexer.at + 1;
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '/' && depth === 0 && !escaped(text, at)) return regexUpTo(lexer, start, at);
    // As the package counts: a bracket after any backslash does not count, even where that one is itself escaped.
    if (text.charAt(at - 1) === '\\') continue;
    if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) depth--;
  }
  throw new ExpressionError('S0302', { position: text.length });
}

function regexUpTo(lexer: Lexer, start: number, slash: number): Token {
  const { text } = lexer;
  if (slash === start) throw new ExpressionError('S0301', { position: slash });
  let end = slash + 1;
  while (text.charAt(end) === 'i' || text.charAt(end) === 'm') end++;
  try {
    return token(lexer, 'regex', end, new RegExp(text.slice(start, slash), `${text.slice(slash + 1, end)}g`));
  } catch (error) {
    throw new ExpressionError('M1008', { position: end, text: error instanceof Error ? error.message : String(error) });
  }
}

function escaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charAt(at - 1 - slashes) === '\\') slashes++;
  return slashes % 2 === 1;
}
