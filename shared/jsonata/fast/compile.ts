import type { Node } from '../ast.ts';
import type { Limits } from '../limits.ts';
import type { Env, Generator } from './env.ts';
import { LEAVE, library } from './library.ts';
import { value } from './node.ts';
import { createSource, type Operand, quoted, Uncovered } from './source.ts';
import { DATA, LIST } from './type.ts';
import { written } from './written.ts';

/** What the fast back end needs to know beside the tree. */
export interface FastOptions {
  limits: Limits;
  /** Functions from outside by name, which may be run twice. */
  registered: ReadonlyMap<string, unknown>;
  /** Called at every guard in place of its condition alone; true makes it fail. Only for tests. */
  failing?: () => boolean;
}

/** An expression as generated code. */
export interface FastExpression {
  /** @throws LEAVE, or anything else that the exact back end will find out about by itself */
  evaluate(input: unknown, bindings: Record<string, unknown> | undefined): unknown;
  source: string;
  /** Whether the budget in run.ts must be set up before. */
  usesRun: boolean;
}

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
export function compileFast(ast: Node, options: FastOptions): FastExpression | undefined {
  return compileMain(options, new Set(), (g, env) => value(g, ast, env, true));
}

/** As {@link compileFast}, of input whose `copied` nodes are JSON text, to the JSON text of the value. */
export function compileWritten(ast: Node, options: FastOptions, copied: ReadonlySet<Node>): FastExpression | undefined {
  return compileMain(options, copied, (g, env) => {
    const text = written(g, ast, env);
    g.guard(`${text.code} !== undefined && ${text.code}.length > limits.output`);
    return text;
  });
}

function compileMain(
  options: FastOptions,
  copied: ReadonlySet<Node>,
  main: (g: Generator, env: Env) => Operand,
): FastExpression | undefined {
  if (!codeIsAllowed()) return undefined;
  try {
    const { source, constants, usesRun } = generate(options, copied, main);
    const make = new Function('library', 'constants', 'limits', 'failing', source) as (...args: unknown[]) => FastExpression['evaluate'];
    return { evaluate: make(library, constants, options.limits, options.failing), source, usesRun };
  } catch (error) {
    if (error instanceof Uncovered) return undefined;
    throw error;
  }
}

function generate(
  options: FastOptions,
  copied: ReadonlySet<Node>,
  main: (g: Generator, env: Env) => Operand,
): { source: string; constants: unknown[]; usesRun: boolean } {
  const source = createSource(options.failing !== undefined, Object.keys(library));
  const g: Generator = Object.assign(source, {
    free: new Map<string, Operand>(),
    called: new Set<string>(),
    registered: options.registered,
    limits: options.limits,
    copied,
    regexes: new Map<Node, unknown>(),
    usesRun: false,
    value: (node: Node, env: Env, keep?: boolean) => value(g, node, env, keep),
  });
  const input: Operand = { code: 'input', type: DATA & ~LIST, depth: 0, given: true };
  const env: Env = { context: input, root: input, names: undefined, functions: 0 };
  const body = g.capture(() => main(g, env));
  g.line('return (input, bindings) => {');
  g.line(`left = ${options.limits.steps}; depth = 0;`);
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
  g.line(`return ${body.result.code};`);
  g.line('};');
  return { ...g.finish(), usesRun: g.usesRun };
}

export { LEAVE };
