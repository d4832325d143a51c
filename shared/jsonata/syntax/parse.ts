import { ExpressionError } from '../error.ts';
import { continued, powerOf } from './infix.ts';
import type { Token } from './lexer.ts';
import { prefixed } from './prefix.ts';
import { advance, MAX_LEVELS, type Reader, tooDeep } from './reader.ts';
import type { Expression, Span } from './tree.ts';

/** A text and its concrete tree: every node knows its place, and nothing of the text is lost. */
export interface Syntax {
  text: string;
  root: Expression;
  /** The comments with their marks, in the order of the text; they stand between tokens. */
  comments: Span[];
  /** All tokens in the order of the text: what lies between two of them is white space and comments. */
  tokens: Token[];
}

/**
 * Parses an expression, as the `jsonata` package's parser reads it, into a tree that keeps every place of the text.
 * Whether a text of the right form also makes sense (codes S0209, S0210, S0213, S0215 to S0217) is not asked here.
 * @throws ExpressionError with code and position when the text is no expression; D1011 when it nests more than
 * {@link MAX_LEVELS} levels
 */
export function parseSyntax(text: string): Syntax {
  const start: Token = { kind: 'end', id: '', value: '', start: 0, end: 0 };
  const reader: Reader = {
    lexer: { text, at: 0, comments: [] },
    tokens: [],
    token: start,
    end: 0,
    depth: 0,
    levels: new Map(),
    missing: false,
    expression: (power) => expression(reader, power),
  };
  advance(reader);
  const root = expression(reader, 0);
  const { token } = reader;
  if (token.kind !== 'end') throw new ExpressionError('S0201', { position: token.end, token: String(token.value) });
  if (reader.missing) throw new ExpressionError('S0207', { position: text.length, token: '(end)' });
  return { text, root, comments: reader.lexer.comments, tokens: reader.tokens };
}

/** Pratt's loop: what begins here, then everything behind it that binds more tightly than `power`. */
function expression(reader: Reader, power: number): Expression {
  const first = reader.token;
  if (++reader.depth > MAX_LEVELS) throw tooDeep(first.start);
  advance(reader, true);
  let left = prefixed(reader, first);
  while (power < powerOf(reader.token)) {
    const operator = reader.token;
    advance(reader);
    left = continued(reader, left, operator);
  }
  reader.depth--;
  return left;
}
