import { ExpressionError } from '../error.ts';
import { compileSignature } from '../signature.ts';
import type { Token } from './lexer.ts';
import { positionOf, tokenOf } from './position.ts';
import { pairsUpTo } from './prefix.ts';
import { accept, advance, expect, extended, made, type Reader } from './reader.ts';
import { type BinaryOperator, type Expression, type PlaceholderNode, type SignatureNode, type TermNode, withoutKeep } from './tree.ts';

const binaries: readonly BinaryOperator[] = ['+', '-', '*', '/', '%', '&', '=', '!=', '<', '<=', '>', '>=', 'and', 'or', 'in'];

/** How tightly the operators bind that stand behind an expression; all others end it. */
const powers = new Map<string, number>([
  ...['[', '(', '@', '#'].map((id) => [id, 80] as const),
  ['.', 75],
  ['{', 70],
  ...['*', '/', '%'].map((id) => [id, 60] as const),
  ...['+', '-', '&'].map((id) => [id, 50] as const),
  ...['=', '!=', '<', '<=', '>', '>=', 'in', '~>', '^', '?:', '??'].map((id) => [id, 40] as const),
  ['and', 30],
  ['or', 25],
  ['?', 20],
  [':=', 10],
]);

/** How tightly a token binds to the expression before it; 0 when it cannot follow one. */
export const powerOf = (token: Token): number => powers.get(token.id) ?? 0;

/**
 * The expression that continues `left` with an operator already taken.
 * @throws ExpressionError S0208, S0212, S0214, S0401, S0402, or what its parts throw
 */
export function continued(reader: Reader, left: Expression, token: Token): Expression {
  const { start } = left;
  const at = token.start;
  const power = powerOf(token);
  switch (token.id) {
    case '.':
      return step(reader, left, at, reader.expression(power));
    case '[':
      return filter(reader, left, at);
    case '{': {
      const { pairs, close } = pairsUpTo(reader);
      return made(reader, { kind: 'group', start, end: reader.end, target: left, open: at, pairs, close });
    }
    case '(':
      return call(reader, left, at);
    case '^':
      return sort(reader, left, at);
    case '@':
    case '#': {
      const variable = reader.expression(power);
      if (variable.kind !== 'variable') throw new ExpressionError('S0214', { position: positionOf(variable), token: token.id });
      const kind = token.id === '@' ? 'focus' : 'index';
      return made(reader, { kind, start, end: reader.end, target: left, operator: at, variable });
    }
    case ':=': {
      if (withoutKeep(left).kind !== 'variable') {
        throw new ExpressionError('S0212', { position: positionOf(left), token: tokenOf(reader.lexer.text, left) });
      }
      const value = reader.expression(power - 1);
      return made(reader, { kind: 'bind', start, end: reader.end, variable: left, operator: at, value });
    }
    case '~>': {
      const right = reader.expression(power);
      return made(reader, { kind: 'apply', start, end: reader.end, left, operator: at, right });
    }
    case '?:':
    case '??': {
      const right = reader.expression(0);
      return made(reader, { kind: token.id === '??' ? 'coalesce' : 'default', start, end: reader.end, left, operator: at, right });
    }
    case '?':
      return condition(reader, left, at);
    default: {
      const operator = binaries.find((id) => id === token.id);
      if (operator === undefined) throw new Error(`The operator ${token.id} has a power but no meaning.`);
      const right = reader.expression(power);
      return made(reader, { kind: 'binary', start, end: reader.end, operator, left, at, right });
    }
  }
}

function step(reader: Reader, left: Expression, dot: number, right: Expression): Expression {
  if (left.kind !== 'path') return made(reader, { kind: 'path', start: left.start, end: reader.end, steps: [left, right], dots: [dot] });
  // A path just read belongs to nobody else yet, so it grows in place.
  left.steps.push(right);
  left.dots.push(dot);
  left.end = reader.end;
  return extended(reader, left, right);
}

function filter(reader: Reader, target: Expression, open: number): Expression {
  const { start } = target;
  if (reader.token.id === ']') {
    const close = expect(reader, ']');
    return made(reader, { kind: 'keep', start, end: reader.end, target, open, close });
  }
  const inside = reader.expression(0);
  const close = expect(reader, ']', true);
  return made(reader, { kind: 'filter', start, end: reader.end, target, open, condition: inside, close });
}

function condition(reader: Reader, left: Expression, question: number): Expression {
  const then = reader.expression(0);
  const colon = accept(reader, ':');
  const otherwise = colon === undefined ? undefined : reader.expression(0);
  return made(reader, {
    kind: 'condition',
    start: left.start,
    end: reader.end,
    condition: left,
    question,
    then,
    ...(colon === undefined || otherwise === undefined ? {} : { colon, otherwise }),
  });
}

function sort(reader: Reader, target: Expression, operator: number): Expression {
  const open = expect(reader, '(');
  const terms: TermNode[] = [];
  do {
    const { start, id } = reader.token;
    const mark = id === '<' || id === '>' ? id : '';
    if (mark !== '') advance(reader);
    const expression = reader.expression(0);
    terms.push(made(reader, { kind: 'term', start, end: reader.end, mark, expression }));
  } while (accept(reader, ',') !== undefined);
  const close = expect(reader, ')');
  return made(reader, { kind: 'sort', start: target.start, end: reader.end, target, operator, open, terms, close });
}

function call(reader: Reader, callee: Expression, open: number): Expression {
  const { start } = callee;
  const given: (Expression | PlaceholderNode)[] = [];
  if (reader.token.id !== ')') {
    do given.push(reader.token.id === '?' ? placeholder(reader) : reader.expression(0));
    while (accept(reader, ',') !== undefined);
  }
  const close = expect(reader, ')', true);
  const whole = given.filter((one) => one.kind !== 'placeholder');
  const word = withoutKeep(callee);
  if (word.kind === 'name' && (word.value === 'function' || word.value === 'λ')) {
    given.forEach((one, i) => {
      if (one.kind !== 'placeholder' && withoutKeep(one).kind === 'variable') return;
      throw new ExpressionError('S0208', { position: positionOf(one), token: tokenOf(reader.lexer.text, one), value: i + 1 });
    });
    return lambda(reader, callee, open, whole, close);
  }
  const end = reader.end;
  if (whole.length === given.length) return made(reader, { kind: 'call', start, end, callee, open, arguments: whole, close });
  return made(reader, { kind: 'partial', start, end, callee, open, arguments: given, close });
}

function placeholder(reader: Reader): PlaceholderNode {
  const { start, end } = reader.token;
  expect(reader, '?');
  return made(reader, { kind: 'placeholder', start, end });
}

function lambda(reader: Reader, keyword: Expression, open: number, parameters: Expression[], close: number): Expression {
  const signature = reader.token.id === '<' ? signatureOf(reader) : undefined;
  const bodyOpen = expect(reader, '{');
  const body = reader.expression(0);
  const bodyClose = expect(reader, '}');
  return made(reader, {
    kind: 'lambda',
    start: keyword.start,
    end: reader.end,
    keyword,
    open,
    parameters,
    close,
    ...(signature === undefined ? {} : { signature }),
    bodyOpen,
    body,
    bodyClose,
  });
}

function signatureOf(reader: Reader): SignatureNode {
  const { start, end: position } = reader.token;
  let definition = '<';
  for (let depth = 1; depth > 0 && reader.token.id !== '{' && reader.token.kind !== 'end'; ) {
    advance(reader);
    const { id, value } = reader.token;
    if (id === '>') depth--;
    else if (id === '<') depth++;
    definition += String(value);
  }
  expect(reader, '>');
  checkSignature(definition, position);
  return made(reader, { kind: 'signature', start, end: reader.end, definition });
}

function checkSignature(definition: string, position: number): void {
  try {
    compileSignature(definition);
  } catch (error) {
    if (error instanceof ExpressionError)
      throw new ExpressionError(error.code, { value: error.value, position: position + (error.offset ?? 0) });
    // The types of a choice become a character class, which not every text can be.
    throw new ExpressionError('M1008', { position, text: error instanceof Error ? error.message : String(error) });
  }
}
