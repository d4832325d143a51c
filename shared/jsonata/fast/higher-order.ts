import type { Node } from '../ast.ts';
import { type Call, type Callback, callbackOf } from './call.ts';
import type { Generator } from './env.ts';
import { each } from './node.ts';
import { type Operand, Uncovered } from './source.ts';
import { collapsed, type Each, newList, placed } from './stream.ts';
import { truthy } from './truth.ts';
import { ANY, LIST, may, NOTHING, NUMBER, OBJECT } from './type.ts';

/** Generates a call, or answers undefined where it is left to the general way. */
export type CallGenerator = (g: Generator, call: Call) => Operand | undefined;

/** The loop of `$map` or `$filter`: what is done for each item, given the callback. */
function loop(g: Generator, call: Call, callback: Callback, item: (item: Operand, args: Operand[]) => void): void {
  if (callback.parameters > 2) throw new Uncovered('the list as an argument');
  const counter = callback.parameters === 2 ? g.variable(NUMBER, '0') : undefined;
  each(g, call.args[0] as Node, call.env, {
    lists: true,
    empty: false,
    item: (one) => {
      if (counter === undefined) return item(one, [one]);
      const index = g.temp(`${counter.code}++`, NUMBER);
      item(one, [one, index]);
    },
  });
}

function mapped(g: Generator, call: Call, callback: Callback, item: (made: Operand) => void): void {
  loop(g, call, callback, (_one, args) => {
    const made = callback.call(args);
    const push = () => item({ ...made, type: made.type & ~NOTHING });
    if (may(made.type, NOTHING)) g.block(`if (${made.code} !== undefined)`, push);
    else push();
  });
}

function chosen(g: Generator, call: Call, callback: Callback, item: (kept: Operand) => void): void {
  loop(g, call, callback, (one, args) => {
    const met = truthy(g, callback.call(args));
    g.block(`if (${met})`, () => item(one));
  });
}

const sequences: Record<string, typeof mapped> = { map: mapped, filter: chosen };

function sequenceCall(g: Generator, call: Call): Operand | undefined {
  const callback = call.args.length === 2 ? callbackOf(g, call.args[1], call.env) : undefined;
  const make = sequences[call.name];
  if (callback === undefined || make === undefined) return undefined;
  const list = newList(g);
  let type = 0;
  make(g, call, callback, (item) => {
    type = item.type;
    g.line(`${list.code}.push(${placed(g, item).code});`);
  });
  // One list in the sequence would be taken for the sequence.
  if (call.goesOn && may(type, LIST)) g.guard(`${list.code}.length === 1 && isArray(${list.code}[0])`);
  return collapsed(g, list, call.keep, type);
}

/** Generates a loop over the items of `$map` or `$filter`. */
export function eachOfHigher(g: Generator, call: Call, how: Each): string | undefined {
  const callback = call.args.length === 2 ? callbackOf(g, call.args[1], call.env) : undefined;
  const make = sequences[call.name];
  if (callback === undefined || make === undefined) return undefined;
  make(g, call, callback, (item) => {
    // One list in a sequence of one would be taken for the sequence.
    if (may(item.type, LIST)) g.guard(`isArray(${item.code})`);
    how.item({ ...item, type: item.type & ~LIST }, '');
  });
  return 'false';
}

/** `$reduce`: the kinds of value that the result can have are those of the start and of the function's answer. */
function reduced(g: Generator, call: Call): Operand | undefined {
  const [, fn, init] = call.args;
  const callback = callbackOf(g, fn, call.env);
  if (callback === undefined || callback.parameters < 2 || callback.parameters > 3 || call.args.length > 3 || call.keep) return undefined;
  const start = init === undefined ? g.literal('undefined', NOTHING) : g.value(init, call.env);
  const result = g.variable(ANY, start.code);
  const any = g.variable(0, 'false');
  const unset = may(start.type, NOTHING) ? g.variable(0, `${result.code} === undefined`) : undefined;
  const index = callback.parameters === 3 ? g.variable(NUMBER, '0') : undefined;
  let type = start.type;
  const empty = each(g, call.args[0] as Node, call.env, {
    lists: true,
    item: (item) => {
      if (unset !== undefined) type |= item.type;
      const at = index && g.temp(`${index.code}++`, NUMBER);
      const turn = () => g.capture(() => callback.call([{ ...result, type, depth: g.loops }, item, ...(at === undefined ? [] : [at])]));
      let made = turn();
      while ((made.result.type & ~type) !== 0) {
        type |= made.result.type;
        made = turn();
      }
      g.line(`${any.code} = true;`);
      const step = () => {
        g.add(made.lines);
        g.line(`${result.code} = ${made.result.code};`);
      };
      if (unset === undefined) return step();
      g.block(`if (${unset.code})`, () => {
        g.line(`${unset.code} = false;`);
        g.line(`${result.code} = ${item.code};`);
      });
      g.block('else', step);
    },
  });
  // Each turn may put what was built before into something new.
  if (may(type, OBJECT | LIST)) g.grows = true;
  // Nothing to reduce gives nothing, whatever the start.
  return g.temp(`${any.code} || ${empty} ? ${result.code} : undefined`, type | NOTHING, 0);
}

/** Built-ins that take a function, which is generated in the place where they call it. */
export const higherOrder: Record<string, CallGenerator> = { map: sequenceCall, filter: sequenceCall, reduce: reduced };
