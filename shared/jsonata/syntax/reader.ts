import { ExpressionError } from '../error.ts';
import { type Lexer, nextToken, type Token } from './lexer.ts';
import { childrenOf, type Expression, type SyntaxNode } from './tree.ts';

/** How many levels a tree may have: whoever walks it by recursion has the stack for that in any browser. */
export const MAX_LEVELS = 1000;

/** The state of parsing one text. */
export interface Reader {
  lexer: Lexer;
  /** All tokens read, in order, without the end. */
  tokens: Token[];
  /** The token that comes next. */
  token: Token;
  /** The end of the token taken last. */
  end: number;
  /** Expressions under way. */
  depth: number;
  /** Levels of each node made. */
  levels: Map<SyntaxNode, number>;
  /** Whether the text ended where an operand was expected. */
  missing: boolean;
  /** Reads an expression of operators that bind more tightly than `power`. */
  expression(power: number): Expression;
}

/** Takes the next token and looks at the one after it. @throws ExpressionError S0204 or one of the lexer's */
export function advance(reader: Reader, afterValue = false): void {
  reader.end = reader.token.end;
  const token = nextToken(reader.lexer, afterValue);
  if (token.id === '!' || token.id === '~') throw new ExpressionError('S0204', { position: token.end, token: token.id });
  if (token.kind !== 'end') reader.tokens.push(token);
  reader.token = token;
}

/** Takes the operator `id` and tells its offset. @throws ExpressionError S0202 or S0203 when something else comes */
export function expect(reader: Reader, id: string, afterValue = false): number {
  const { token } = reader;
  if (token.id !== id) {
    throw new ExpressionError(token.kind === 'end' ? 'S0203' : 'S0202', { position: token.end, token: String(token.value), value: id });
  }
  advance(reader, afterValue);
  return token.start;
}

/** Takes the operator `id` when it comes next; its offset, or nothing. */
export function accept(reader: Reader, id: string): number | undefined {
  return reader.token.id === id ? expect(reader, id) : undefined;
}

/** Registers a node with its children. @throws ExpressionError D1011 when the tree gets too deep */
export function made<T extends SyntaxNode>(reader: Reader, node: T): T {
  let below = 0;
  for (const child of childrenOf(node)) below = Math.max(below, reader.levels.get(child) ?? 0);
  if (below >= MAX_LEVELS) throw tooDeep(node.start);
  reader.levels.set(node, below + 1);
  return node;
}

/** Registers one more child of a node that is registered already. @throws ExpressionError D1011 when the tree gets too deep */
export function extended<T extends SyntaxNode>(reader: Reader, node: T, child: SyntaxNode): T {
  const below = reader.levels.get(child) ?? 0;
  if (below >= MAX_LEVELS) throw tooDeep(node.start);
  reader.levels.set(node, Math.max(reader.levels.get(node) ?? 0, below + 1));
  return node;
}

/** The error for a tree of too many levels. */
export function tooDeep(position: number): ExpressionError {
  return new ExpressionError('D1011', { position });
}
