import type { Node } from '../ast.ts';
import type { Parser } from '../json/parser.ts';
import type { Limits } from '../limits.ts';
import type { Env, Generator } from './env.ts';
import type { Gauge } from './gauge.ts';
import { library } from './library.ts';
import { value } from './node.ts';
import { createSource, type Operand, quoted, Uncovered } from './source.ts';
import { charged } from './stream.ts';
import { DATA, LIST } from './type.ts';
import { written } from './written.ts';

/** What the fast back end needs to know beside the tree. */
export interface FastOptions {
  limits: Limits;
  /** Functions from outside by name, which may be run twice. */
  registered: ReadonlyMap<string, unknown>;
  gauge: Gauge;
  /** Sets up the budget in run.ts; answers what `end` needs to put back. */
  begin(): unknown;
  end(before: unknown): void;
  /** Called at every guard in place of its condition alone; true makes it fail. Only for tests. */
  failing?: () => boolean;
}

/** What is called where generated code does not do. */
type Again<Input, Output> = (input: Input, bindings: Record<string, unknown> | undefined) => Output;

/** An expression as generated code, which begins again by `again` where it must. */
export interface FastExpression<Evaluate> {
  evaluate: Evaluate;
  source: string;
}

export type EvaluateValue = Again<unknown, unknown>;
export type EvaluateText = (json: string, bindings?: Record<string, unknown>, utf8?: Uint8Array) => string | undefined;

/** Whether the place where this runs lets a program make code from text; a studio page with a strict policy does not. */
let allowed: boolean | undefined;

function codeIsAllowed(): boolean {
  if (allowed === undefined) {
    try {
      allowed = new Function('return true')() === true;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      allowed = false;
    }
  }
  return allowed;
}

/** Generates code for an expression; undefined where it is left to the exact back end altogether. */
export function compileFast(ast: Node, options: FastOptions, again: EvaluateValue): FastExpression<EvaluateValue> | undefined {
  return compileMain(options, { copied: new Set(), main: (g, env) => value(g, ast, env, true) }, { again });
}

/**
 * As {@link compileFast}, from JSON text to JSON text. `parse` makes of a text what generated code works on, in which
 * the values of the `copied` nodes are JSON text.
 */
export function compileWritten(
  ast: Node,
  options: FastOptions,
  copied: ReadonlySet<Node>,
  parse: Parser,
  again: EvaluateText,
): FastExpression<EvaluateText> | undefined {
  const main = (g: Generator, env: Env): Operand => {
    const text = written(g, ast, env);
    g.guard(`${text.code} !== undefined && ${text.code}.length > limits.output`);
    return text;
  };
  return compileMain(options, { copied, main }, { again, parse });
}

/** The body of the generated function, and which nodes find JSON text in its input. */
interface Body {
  copied: ReadonlySet<Node>;
  main(g: Generator, env: Env): Operand;
}

function compileMain<Evaluate>(
  options: FastOptions,
  body: Body,
  outside: { again: Evaluate; parse?: Parser },
): FastExpression<Evaluate> | undefined {
  if (!codeIsAllowed()) return undefined;
  try {
    const { source, constants } = generate(options, body, outside.parse !== undefined);
    const make = new Function('library', 'constants', 'options', 'outside', source) as (...args: unknown[]) => Evaluate;
    return { evaluate: make(library, constants, options, outside), source };
  } catch (error) {
    if (error instanceof Uncovered) return undefined;
    // An expression of a size that the engine below cannot take is the exact back end's; tests want to know.
    if ((error instanceof SyntaxError || error instanceof RangeError) && options.failing === undefined) return undefined;
    throw error;
  }
}

function generate(options: FastOptions, { copied, main }: Body, fromText: boolean): { source: string; constants: unknown[] } {
  const source = createSource(options.failing !== undefined, Number.isFinite(options.limits.steps), Object.keys(library));
  const g: Generator = Object.assign(source, {
    free: new Map<string, Operand>(),
    called: new Set<string>(),
    registered: options.registered,
    limits: options.limits,
    copied,
    regexes: new Map<Node, unknown>(),
    usesRun: false,
    grows: false,
    value: (node: Node, env: Env, keep?: boolean) => value(g, node, env, keep),
  });
  const input: Operand = { code: 'input', type: DATA & ~LIST, depth: 0, given: true };
  const env: Env = { context: input, root: input, names: undefined, functions: 0 };
  const body = g.capture(() => main(g, env));
  // All in one function of its own, so that the engine below can compile it for the shapes that it meets.
  g.line(`return (${fromText ? 'json' : 'input'}, bindings${fromText ? ', utf8' : ''}) => {`);
  const again = `again(${fromText ? 'json' : 'input'}, bindings)`;
  g.line(`if (gauge.rest > 0) { gauge.rest--; return ${again}; }`);
  if (fromText) g.line('const input = parse(json, utf8);');
  if (options.failing !== undefined) g.line('gauge.guards = 0;');
  if (g.usesRun) g.line('const outer = begin();');
  g.line('try {');
  g.line(`let left = ${options.limits.steps};`);
  g.line('apart = left; depth = 0;');
  // A list as input is gone through item by item in too many ways; a function is no message.
  g.guard("isArray(input) || typeof input === 'function'");
  if (g.called.size > 0) {
    const shadowed = [...g.called].map((name) => `${quoted(name)} in bindings`).join(' || ');
    g.guard(`bindings !== undefined && (${shadowed})`);
  }
  for (const [name, { code }] of g.free) {
    const own = name in Object.prototype ? `ownField(bindings, ${quoted(name)})` : `bindings[${quoted(name)}]`;
    g.line(`const ${code} = bindings === undefined ? undefined : ${own};`);
  }
  g.add(body.lines);
  if (g.grows) charged(g, body.result);
  g.line(`gauge.finished++;`);
  g.line(`return ${body.result.code};`);
  // What it was does not matter here: the exact back end meets the same, and says it right.
  g.line(`} catch { failed(gauge); }${g.usesRun ? ' finally { end(outer); }' : ''}`);
  g.line(`return ${again};`);
  g.line('};');
  return g.finish();
}
