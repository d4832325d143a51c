import { builtinOf } from '../builtins/table.ts';
import { type Param, parseParams } from '../signature.ts';
import { argument, type Call } from './call.ts';
import type { Generator } from './env.ts';
import { guardFinite } from './operator.ts';
import type { Operand } from './source.ts';
import { ANY, BOOLEAN, FUNCTION, NOTHING, NUMBER, only, TEXT } from './type.ts';

const results: Record<string, number> = { n: NUMBER | NOTHING, s: TEXT | NOTHING, b: BOOLEAN | NOTHING };
const kinds: Record<string, [type: number, word: string]> = { s: [TEXT, 'string'], n: [NUMBER, 'number'], b: [BOOLEAN, 'boolean'] };

/**
 * A call of a built-in whose arguments are plain values, without the checks of its signature where they can be seen
 * to be of the right types; undefined where the signature asks for more.
 */
export function directCall(g: Generator, call: Call): Operand | undefined {
  const builtin = builtinOf(call.name);
  const params = parseParams(builtin.signature);
  const output = /:(\w)>$/.exec(builtin.signature)?.[1] ?? '';
  if (call.args.length > params.length || call.args.length < params.filter((param) => !param.optional).length) return undefined;
  if (!params.slice(0, call.args.length).every(({ type }) => type in kinds || type === '(sf)')) return undefined;
  const args = call.args.map((arg) => argument(g, arg, call.env));
  const checks = args.flatMap((arg, i) => {
    const { type: letters } = params[i] as Param;
    if (letters === '(sf)' && only(arg.type, FUNCTION)) return [];
    const [type, word] = kinds[letters === '(sf)' ? 's' : letters] as (typeof kinds)[string];
    return only(arg.type, type) ? [] : [`typeof ${arg.code} === '${word}'`];
  });
  g.usesRun = true;
  const list = `[${args.map((arg) => arg.code).join(', ')}]`;
  const quick = `settledList(${g.constant(builtin.call)}(${list}, undefined))`;
  const slow = slowCall(g, call, args);
  const result = g.temp(checks.length === 0 ? quick : `${checks.join(' && ')} ? ${quick} : ${slow}`, results[output] ?? ANY, 0);
  if (output === 'n') guardFinite(g, result);
  return result;
}

/** The code of a call with all the checks of the function's signature. */
export function slowCall(g: Generator, call: Call, args: readonly Operand[]): string {
  g.usesRun = true;
  return `call(${g.constant(builtinOf(call.name).value)}, [${args.map((arg) => arg.code).join(', ')}], ${call.env.context.code})`;
}
