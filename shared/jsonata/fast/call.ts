import { isBare, type Node, part } from '../ast.ts';
import { builtinOf, builtins } from '../builtins/table.ts';
import { compileRegex } from '../regex.ts';
import { aggregates } from './aggregates.ts';
import { directCall } from './direct.ts';
import { bind, bindValue, type Env, find, type Generator } from './env.ts';
import { eachOfHigher, higherOrder } from './higher-order.ts';
import { inlined } from './inlined.ts';
import { type Operand, Uncovered } from './source.ts';
import { ANY, FUNCTION, NOTHING } from './type.ts';

/** A call of a function by its name. */
export interface Call {
  name: string;
  args: Node[];
  env: Env;
  /** Whether a list that `[]` keeps is asked for. */
  keep: boolean;
  /** Whether filters or a grouping follow, which see the sequence before it is collapsed. */
  goesOn: boolean;
}

/** Generates the value of a call; functions are called by name, what a name stands for being known here. */
export function callValue(g: Generator, node: Node, env: Env): Operand {
  const procedure = part(node.procedure);
  if (procedure.type !== 'variable' || !isBare(procedure)) throw new Uncovered('a computed function');
  const name = String(procedure.value);
  const args = part(node.arguments);
  const binding = find(env, name);
  if (binding?.kind === 'lambda') {
    if (node.keepArray) throw new Uncovered('keepArray');
    return callNamed(
      g,
      binding.lambda.name,
      args.slice(0, binding.lambda.parameters).map((arg) => argument(g, arg, env)),
      binding.lambda.parameters,
    );
  }
  if (binding !== undefined) throw new Uncovered('a function in a variable');
  const registered = g.registered.get(name);
  if (registered === undefined && !builtins.has(name)) throw new Uncovered('a function among the bindings');
  const goesOn = !isBare(node);
  const call: Call = { name, args, env, keep: node.keepArray === true, goesOn };
  if (registered !== undefined) return exactCall(g, call, registered);
  if (name === 'eval') throw new Uncovered('$eval');
  g.called.add(name);
  const special = higherOrder[name] ?? aggregates[name];
  const made = special?.(g, call);
  if (made !== undefined) return made;
  if (node.keepArray) throw new Uncovered('keepArray');
  return inlined[name]?.(g, call) ?? directCall(g, call) ?? exactCall(g, call, builtins.get(name));
}

/** Generates a loop over what a call answers, where no list has to be made for that. */
export function eachOfCall(g: Generator, node: Node, env: Env, how: Parameters<typeof eachOfHigher>[2]): string | undefined {
  const procedure = part(node.procedure);
  const name = String(procedure.value);
  if (procedure.type !== 'variable' || find(env, name) !== undefined || g.registered.has(name) || !builtins.has(name)) return undefined;
  const empty = eachOfHigher(g, { name, args: part(node.arguments), env, keep: false, goesOn: false }, how);
  if (empty !== undefined) g.called.add(name);
  return empty;
}

/** A call through the exact back end's own checks of arguments. */
function exactCall(g: Generator, call: Call, callee: unknown): Operand {
  if (call.keep) throw new Uncovered('keepArray');
  g.usesRun = true;
  const args = call.args.map((arg) => argument(g, arg, call.env).code);
  return g.temp(`call(${g.constant(callee)}, [${args.join(', ')}], ${call.env.context.code})`, ANY, 0);
}

/** An argument of a call; functions too can be given to the exact back end. */
export function argument(g: Generator, node: Node, env: Env): Operand {
  const bare = isBare(node);
  if (node.type === 'regex' && bare) return regexOf(g, node);
  if (node.type === 'lambda' && !node.thunk && bare) {
    const parameters = parametersOf(node);
    answersPlainly(g, node, env);
    const name = g.name();
    lambda(g, name, node, parameters, { ...env, functions: env.functions + 1 }, false);
    return { code: `asFunction(${parameters.length}, ${name})`, type: FUNCTION, depth: g.loops };
  }
  if (node.type === 'variable' && bare) {
    const name = String(node.value);
    const binding = find(env, name);
    if (binding?.kind === 'lambda') {
      answersPlainly(g, binding.lambda.node, env);
      return { code: `asFunction(${binding.lambda.parameters}, ${binding.lambda.name})`, type: FUNCTION, depth: 0 };
    }
  }
  return g.value(node, env, true);
}

/** A regular expression keeps no state, so one value serves all evaluations. */
export function regexOf(g: Generator, node: Node): Operand {
  const made = g.regexes.get(node) ?? compileRegex(node)(undefined, [null, null]);
  g.regexes.set(node, made);
  return { code: g.constant(made), type: FUNCTION, depth: 0 };
}

/** The names of a lambda's parameters. @throws Uncovered for a lambda with a signature, or with a name twice */
export function parametersOf(node: Node): string[] {
  const names = part(node.arguments).map((param) => String(param.value));
  if (node.signature !== undefined || new Set(names).size < names.length) throw new Uncovered('a signature');
  return names;
}

/** Generates `$name := function(…){…}`: a function beside the statements of the block. */
export function nameLambda(g: Generator, name: string, node: Node, env: Env): Env {
  if (!isBare(node)) throw new Uncovered('a function as a value');
  const parameters = parametersOf(node);
  const made = { name: g.name(), parameters: parameters.length, node };
  const outer = bind(env, name, { kind: 'lambda', lambda: made });
  const recursive = JSON.stringify(node.body).includes(`"value":${JSON.stringify(name)}`);
  lambda(g, made.name, node, parameters, { ...outer, functions: env.functions + 1 }, recursive);
  return outer;
}

function lambda(g: Generator, name: string, node: Node, parameters: string[], env: Env, recursive: boolean): void {
  const codes = parameters.map(() => g.name());
  g.inner(name, codes.join(', '), () => {
    g.charge('1');
    // Deep recursion is for the exact back end, which keeps the native stack from its end and makes tail calls in a loop.
    if (recursive) {
      g.grows = true;
      g.line('if (++depth > 50) throw LEAVE;');
    }
    let inner = env;
    for (const [i, parameter] of parameters.entries()) {
      inner = bindValue(inner, parameter, { code: codes[i] as string, type: ANY, depth: 0 });
    }
    const result = g.value(part(node.body), inner);
    if (recursive) g.line('depth--;');
    g.line(`return ${result.code};`);
  });
}

function callNamed(g: Generator, name: string, args: Operand[], parameters: number): Operand {
  const codes = args.map((arg) => arg.code);
  while (codes.length < parameters) codes.push('undefined');
  return g.temp(`${name}(${codes.join(', ')})`, ANY, 0);
}

/** What a built-in calls for each item. */
export interface Callback {
  parameters: number;
  call(args: Operand[]): Operand;
}

/** The function that an argument names or writes out, to be generated in the place where it is called. */
export function callbackOf(g: Generator, node: Node | undefined, env: Env): Callback | undefined {
  if (node === undefined || !isBare(node)) return undefined;
  if (node.type === 'lambda' && !node.thunk) {
    const parameters = parametersOf(node);
    answersPlainly(g, node, env);
    return {
      parameters: parameters.length,
      call: (args) => {
        let inner = env;
        const absent = g.literal('undefined', NOTHING);
        for (const [i, name] of parameters.entries()) inner = bindValue(inner, name, args[i] ?? absent);
        return g.value(part(node.body), inner);
      },
    };
  }
  if (node.type !== 'variable') return undefined;
  const name = String(node.value);
  const binding = find(env, name);
  if (binding?.kind === 'lambda') {
    const { lambda: made } = binding;
    answersPlainly(g, made.node, env);
    return { parameters: made.parameters, call: (args) => callNamed(g, made.name, args.slice(0, made.parameters), made.parameters) };
  }
  if (binding !== undefined || g.registered.has(name) || !simple.has(name)) return undefined;
  return {
    parameters: 1,
    call: ([item]) => {
      const inner = bindValue(env, '!item', item ?? g.literal('undefined', NOTHING));
      const call: Node = {
        type: 'function',
        value: '(',
        procedure: { type: 'variable', value: name },
        arguments: [{ type: 'variable', value: '!item' }],
      };
      return g.value(call, inner);
    },
  };
}

/**
 * A call that ends a function hands its sequence on as it is, not yet collapsed, to the built-in that called the
 * function. Generated code has no such sequences.
 * @throws Uncovered where a function may answer one
 */
function answersPlainly(g: Generator, node: Node, env: Env, seen: Set<Node> = new Set()): void {
  if (seen.has(node)) return;
  seen.add(node);
  for (const call of tailCalls(part(node.body))) {
    const name = String(call.procedure?.value);
    const binding = find(env, name);
    if (binding?.kind === 'lambda') answersPlainly(g, binding.lambda.node, env, seen);
    else if (binding !== undefined || g.registered.has(name) || !builtins.has(name) || !/:[nsbo]>$/.test(builtinOf(name).signature)) {
      throw new Uncovered('a sequence as an answer');
    }
  }
}

function tailCalls(node: Node | undefined): Node[] {
  if (node === undefined) return [];
  if (node.type === 'lambda' && node.thunk) return [part(node.body)];
  if (node.type === 'condition') return [...tailCalls(node.then), ...tailCalls(node.else)];
  return node.type === 'block' ? tailCalls(node.expressions?.at(-1)) : [];
}

/** Built-ins of one argument that may stand where a function is wanted. */
const simple = new Set(['uppercase', 'lowercase', 'trim', 'length', 'number', 'string', 'floor', 'ceil', 'abs', 'boolean', 'not']);
