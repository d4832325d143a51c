import type { Node } from '../ast.ts';
import type { Limits } from '../limits.ts';
import type { Operand, Source } from './source.ts';

/** A lambda that was given a name; it is called by that name alone. */
export interface NamedLambda {
  name: string;
  parameters: number;
  /** The lambda's node. */
  node: Node;
}

export type Binding =
  | { kind: 'value'; operand: Operand; uses: number }
  | { kind: 'lambda'; lambda: NamedLambda }
  /** Bound further on in the block. `functions`: named lambdas around the block. */
  | { kind: 'later'; functions: number };

interface Name {
  name: string;
  binding: Binding;
  outer: Name | undefined;
}

/** What the generator knows at a place of the tree. */
export interface Env {
  /** The context item. It is no list, unless its type says so. */
  context: Operand;
  root: Operand;
  names: Name | undefined;
  /** Named lambdas around this place. */
  functions: number;
}

/** What is worked out for the whole expression. */
export interface Generator extends Source {
  /** Names that are looked up among the bindings of an evaluation. */
  free: Map<string, Operand>;
  /** Built-ins that are called; a binding of such a name sends the evaluation to the exact back end. */
  called: Set<string>;
  /** Functions that were registered when the expression was compiled, which may be run again. */
  registered: ReadonlyMap<string, unknown>;
  limits: Limits;
  /** Nodes whose value is delivered as JSON text, from text to text. */
  copied: ReadonlySet<Node>;
  /** Regular expressions by their node. */
  regexes: Map<Node, unknown>;
  /** Whether the library's budget must be set up before. */
  usesRun: boolean;
  /** Whether the result may be nested deeper than the expression is written. */
  grows: boolean;
  /** How the parts of the tree refer to each other without importing each other. */
  value(node: Node, env: Env, keep?: boolean): Operand;
}

export function bind(env: Env, name: string, binding: Binding): Env {
  return { ...env, names: { name, binding, outer: env.names } };
}

export function bindValue(env: Env, name: string, operand: Operand): Env {
  return bind(env, name, { kind: 'value', operand, uses: 0 });
}

export function withContext(env: Env, context: Operand): Env {
  return { ...env, context };
}

/** The nearest binding of a name; undefined where the expression binds none that can be seen. */
export function find(env: Env, name: string): Binding | undefined {
  for (let at = env.names; at !== undefined; at = at.outer) {
    if (at.name !== name) continue;
    if (at.binding.kind !== 'later') return at.binding;
    // Inside a function it may be bound by the time of the call.
    if (env.functions > at.binding.functions) return at.binding;
  }
  return undefined;
}
