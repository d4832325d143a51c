import { ExpressionError } from '../error.ts';
import type { Token } from './lexer.ts';
import { accept, expect, made, type Reader } from './reader.ts';
import type { ArrayNode, Expression, PairNode, RangeNode, Span } from './tree.ts';

/**
 * The expression that begins with a token already taken.
 * @throws ExpressionError S0211 when none can begin with it, or what its parts throw
 */
export function prefixed(reader: Reader, first: Token): Expression {
  const span: Span = { start: first.start, end: first.end };
  switch (first.kind) {
    case 'name':
      return made(reader, { kind: 'name', ...span, value: String(first.value), quoted: reader.lexer.text[first.start] === '`' });
    case 'variable':
      return made(reader, { kind: 'variable', ...span, name: String(first.value) });
    case 'string':
      return made(reader, { kind: 'string', ...span, value: String(first.value) });
    case 'number':
      return made(reader, { kind: 'number', ...span, value: Number(first.value) });
    case 'value':
      return made(reader, { kind: 'value', ...span, value: first.value === null ? null : first.value === true });
    case 'regex':
      return made(reader, { kind: 'regex', ...span, ...regexParts(reader.lexer.text.slice(first.start, first.end)) });
    case 'end':
      // Something open may still have the better error; parseSyntax refuses the text in any case.
      reader.missing = true;
      return made(reader, { kind: 'name', ...span, value: '', quoted: false });
    case 'operator':
      return byOperator(reader, first, span);
  }
}

function regexParts(text: string): { pattern: string; flags: string } {
  const slash = text.lastIndexOf('/');
  return { pattern: text.slice(1, slash), flags: text.slice(slash + 1) };
}

function byOperator(reader: Reader, first: Token, span: Span): Expression {
  switch (first.id) {
    case 'and':
    case 'or':
    case 'in':
      return made(reader, { kind: 'name', ...span, value: first.id, quoted: false });
    case '*':
      return made(reader, { kind: 'wildcard', ...span });
    case '**':
      return made(reader, { kind: 'descendant', ...span });
    case '%':
      return made(reader, { kind: 'parent', ...span });
    case '-': {
      const operand = reader.expression(70);
      return made(reader, { kind: 'minus', start: first.start, end: reader.end, operand });
    }
    case '(':
      return block(reader, first.start);
    case '[':
      return array(reader, first.start);
    case '{': {
      const { pairs, close } = pairsUpTo(reader);
      return made(reader, { kind: 'object', start: first.start, end: reader.end, open: first.start, pairs, close });
    }
    case '|':
      return transform(reader, first.start);
    default:
      throw new ExpressionError('S0211', { position: first.end, token: first.id });
  }
}

function block(reader: Reader, open: number): Expression {
  const expressions: Expression[] = [];
  while (reader.token.id !== ')') {
    expressions.push(reader.expression(0));
    if (accept(reader, ';') === undefined) break;
  }
  const close = expect(reader, ')', true);
  return made(reader, { kind: 'block', start: open, end: reader.end, open, expressions, close });
}

function array(reader: Reader, open: number): ArrayNode {
  const items: (Expression | RangeNode)[] = [];
  if (reader.token.id !== ']') {
    do {
      const item = reader.expression(0);
      const operator = accept(reader, '..');
      if (operator === undefined) items.push(item);
      else {
        const to = reader.expression(0);
        items.push(made(reader, { kind: 'range', start: item.start, end: reader.end, from: item, operator, to }));
      }
    } while (accept(reader, ',') !== undefined);
  }
  const close = expect(reader, ']', true);
  return made(reader, { kind: 'array', start: open, end: reader.end, open, items, close });
}

/** The pairs of an object or a grouping whose brace is taken, up to and with the closing one. */
export function pairsUpTo(reader: Reader): { pairs: PairNode[]; close: number } {
  const pairs: PairNode[] = [];
  if (reader.token.id !== '}') {
    do {
      const key = reader.expression(0);
      const colon = expect(reader, ':');
      const value = reader.expression(0);
      pairs.push(made(reader, { kind: 'pair', start: key.start, end: reader.end, key, colon, value }));
    } while (accept(reader, ',') !== undefined);
  }
  return { pairs, close: expect(reader, '}', true) };
}

function transform(reader: Reader, open: number): Expression {
  const pattern = reader.expression(0);
  expect(reader, '|');
  const update = reader.expression(0);
  const removal = accept(reader, ',') === undefined ? undefined : reader.expression(0);
  const close = reader.token.start;
  expect(reader, '|');
  return made(reader, {
    kind: 'transform',
    start: open,
    end: reader.end,
    open,
    pattern,
    update,
    ...(removal === undefined ? {} : { removal }),
    close,
  });
}
