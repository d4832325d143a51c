import { ExactNumber } from '#shared/exact-number.ts';
import { ExpressionError } from './error.ts';
import { charge } from './run.ts';

/** A compiled function signature such as `<s-nn?:s>`. */
export interface Signature {
  definition: string;
  /**
   * The arguments as the function wants them: single values made arrays, the context filled in for a missing one.
   * @throws ExpressionError T0410, T0411 or T0412
   */
  validate(args: unknown[], context: unknown): unknown[];
}

/** A parameter as a signature writes it down. */
export interface Param {
  pattern: string;
  type: string;
  subtype?: string;
  /** Whether a `?` stands behind it. */
  optional?: true;
  /** What the context may be, where it can stand in for the argument. */
  context?: RegExp;
}

/** One argument of the call as it goes to the function. */
interface Move {
  /** Which argument, or -1 for the context. */
  from: number;
  param: Param;
  /** The symbol of the argument and all symbols that its parameter took. */
  symbol: string;
  taken: string;
}

const plurals: Record<string, string> = { a: 'arrays', b: 'booleans', f: 'functions', n: 'numbers', o: 'objects', s: 'strings' };
const symbols = 'msnblaof';

function symbolOf(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return 1;
    case 'number':
      return 2;
    case 'boolean':
      return 3;
    case 'function':
      return 7;
    case 'object':
      if (value === null) return 4;
      if (Array.isArray(value)) return 5;
      return value instanceof ExactNumber ? 2 : 6;
    default:
      return 0;
  }
}

const letterOf = (value: unknown): string => symbols.charAt(symbolOf(value));

/**
 * Compiles a signature (the syntax is described at docs.jsonata.org/embedding-extending#function-signature-syntax).
 * @throws ExpressionError S0401 or S0402
 */
export function compileSignature(definition: string): Signature {
  const params = parseParams(definition);
  const whole = new RegExp(`^${params.map((param) => `(${param.pattern})`).join('')}$`);
  // Calls repeat the same few argument types, so the match is remembered by them.
  const plans = new Map<number, Move[]>();
  const identical = new Set<number>();
  // The types of the latest call that needed no change.
  let last = -1;

  const planFor = (key: number, args: unknown[]): Move[] => {
    const supplied = args.map(letterOf).join('');
    const match = whole.exec(supplied);
    if (!match) throw mismatch(params, args, supplied);
    const moves: Move[] = [];
    let from = 0;
    params.forEach((param, i) => {
      const taken = match[i + 1] ?? '';
      if (taken === '') {
        if (param.context) moves.push({ from: -1 - from, param, symbol: '', taken });
        else moves.push({ from: from++, param, symbol: '', taken });
      }
      for (const symbol of taken) moves.push({ from: from++, param, symbol, taken });
    });
    // A built-in's plans live as long as the process, and texts given to $eval can ask for ever new ones.
    if (plans.size >= 1000) {
      plans.clear();
      identical.clear();
    }
    plans.set(key, moves);
    const plain = moves.every(
      (move, i) => move.from === i && (move.param.type !== 'a' || (move.symbol === 'a' && move.param.subtype === undefined)),
    );
    if (plain && moves.length === args.length) identical.add(key);
    return moves;
  };

  return {
    definition,
    validate(args, context) {
      let key = args.length;
      for (const arg of args) key = key * 8 + symbolOf(arg);
      if (key === last) return args;
      if (identical.has(key)) {
        last = key;
        return args;
      }
      const moves = (key < 1e15 ? plans.get(key) : undefined) ?? planFor(key, args);
      return moves.map((move) => fetch(move, args, context));
    },
  };
}

function fetch(move: Move, args: unknown[], context: unknown): unknown {
  const { param } = move;
  if (move.from < 0) {
    if (param.context?.test(letterOf(context))) return context;
    throw new ExpressionError('T0411', { value: context, index: -move.from, expected: param.type });
  }
  const value = args[move.from];
  if (param.type !== 'a' || move.symbol === '') return value;
  if (move.symbol === 'm') return undefined;
  if (param.subtype !== undefined && !fits(value, move, param.subtype)) {
    const type = plurals[param.subtype];
    throw new ExpressionError('T0412', { value, index: move.from + 1, ...(type === undefined ? {} : { type }) });
  }
  return move.symbol === 'a' ? value : [value];
}

function fits(value: unknown, move: Move, subtype: string): boolean {
  if (move.symbol !== 'a') return move.taken === subtype;
  const items = value as unknown[];
  if (items.length === 0) return true;
  charge(items.length >> 2);
  const first = symbolOf(items[0]);
  if (symbols.charAt(first) !== subtype.charAt(0)) return false;
  for (const item of items) if (symbolOf(item) !== first) return false;
  return true;
}

function mismatch(params: Param[], args: unknown[], supplied: string): ExpressionError {
  let pattern = '^';
  let good = 0;
  // The first parameter that found nothing at the place of the argument; none where the argument is one too many.
  let missed: Param | undefined;
  for (const param of params) {
    pattern += param.pattern;
    const match = new RegExp(pattern).exec(supplied);
    if (match !== null && match[0].length > good) missed = undefined;
    else missed ??= param;
    if (!match) break;
    good = match[0].length;
  }
  const expected = missed === undefined ? '' : missed.type + (missed.subtype === undefined ? '' : `<${missed.subtype}>`);
  return new ExpressionError('T0410', { value: args[good], index: good + 1, expected });
}

/** The parameters that a signature names. @throws ExpressionError S0401 or S0402 */
export function parseParams(definition: string): Param[] {
  const params: Param[] = [];
  let at = 1;
  while (at < definition.length) {
    const symbol = definition.charAt(at);
    if (symbol === ':') break;
    const last = params.at(-1);
    if ('snblo'.includes(symbol)) params.push({ pattern: `[${symbol}m]`, type: symbol });
    else if (symbol === 'a' || symbol === 'x') params.push({ pattern: '[asnblfom]', type: symbol });
    else if (symbol === 'j') params.push({ pattern: '[asnblom]', type: symbol });
    else if (symbol === 'f') params.push({ pattern: 'f', type: symbol });
    else if (symbol === '-' && last) {
      last.context = new RegExp(last.pattern);
      last.pattern += '?';
    } else if ((symbol === '?' || symbol === '+') && last) {
      last.pattern += symbol;
      if (symbol === '?') last.optional = true;
    } else if (symbol === '(') {
      const end = closing(definition, at, '(', ')');
      const choice = definition.slice(at + 1, end);
      if (choice.includes('<')) throw new ExpressionError('S0402', { value: choice, offset: at });
      params.push({ pattern: `[${choice}m]`, type: `(${choice})` });
      at = end;
    } else if (symbol === '<') {
      if (last?.type !== 'a' && last?.type !== 'f') throw new ExpressionError('S0401', { value: last?.type, offset: at });
      const end = closing(definition, at, '<', '>');
      last.subtype = definition.slice(at + 1, end);
      at = end;
    }
    at++;
  }
  return params;
}

function closing(text: string, start: number, open: string, close: string): number {
  let depth = 1;
  let at = start;
  while (depth > 0 && ++at < text.length) {
    if (text.charAt(at) === close) depth--;
    else if (text.charAt(at) === open) depth++;
  }
  return at;
}
