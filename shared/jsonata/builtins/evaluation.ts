import { depthOf, parse } from '../ast.ts';
import { ExpressionError } from '../error.ts';
import { asExpressionError, caller } from '../function-value.ts';
import { compileNode } from '../node.ts';
import { charge, descendLevels, run } from '../run.ts';
import type { Evaluator, Frame, Scope } from '../scope.ts';
import { isSequence, sequenceOf, WRAPPER } from '../sequence.ts';
import type { Builtin } from './builtin.ts';

interface Compiled {
  evaluate: Evaluator;
  levels: number;
}

const known = new Map<string, Compiled>();

/** The text as a function of the context and the variables where $eval stands, which it may bind too. */
function compileText(text: string): Compiled {
  const counted = run.nestingLimit > 0;
  const key = (counted ? '#' : '') + text;
  const cached = known.get(key);
  if (cached) return cached;
  charge(2000 + text.length * 20);
  const scope: Scope = { parent: null, slots: new Map(), size: 0, tuple: new Set(), dynamic: true, counted };
  const ast = parse(text);
  const made = { evaluate: compileNode(ast, scope), levels: depthOf(ast) + 8 };
  if (known.size >= 200) known.clear();
  if (text.length < 1000) known.set(key, made);
  return made;
}

/** Budget errors go through as they are: the evaluation is over. */
const final = new Set(['M1002', 'M1009', 'M1010', 'U1001', 'D1011']);

function evaluate(text: string, focus: unknown, input: unknown): unknown {
  let compiled: Compiled;
  try {
    compiled = compileText(text);
  } catch (error) {
    throw wrapped('D3120', error);
  }
  let context = focus === undefined ? input : focus;
  if (focus !== undefined && Array.isArray(focus) && !isSequence(focus)) context = sequenceOf([focus], WRAPPER);
  try {
    descendLevels(compiled.levels);
    const value = compiled.evaluate(context, caller.frame as Frame);
    run.stack -= compiled.levels;
    return value;
  } catch (error) {
    throw wrapped('D3121', error);
  }
}

function wrapped(code: string, error: unknown): unknown {
  const inner = asExpressionError(error);
  if (inner === undefined || final.has(inner.code)) return error;
  return new ExpressionError(code, { value: inner.message, error: inner });
}

/** $eval: the value of an expression given as text. */
export const evaluation: Record<string, Builtin> = {
  eval: {
    signature: '<sx?:x>',
    arity: 2,
    call: ([text, focus], input) => (text === undefined ? undefined : evaluate(text as string, focus, input)),
  },
};
