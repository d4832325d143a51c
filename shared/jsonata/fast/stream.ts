import type { Generator } from './env.ts';
import { solid } from './field.ts';
import type { Operand } from './source.ts';
import { DATA, FUNCTION, LARGE, LIST, MADE, may, NOTHING, only } from './type.ts';

/** What is done with each item of a value. */
export interface Each {
  /** Whether an item may be a list itself; where not, one that is leaves generated code when it is looked at. */
  lists: boolean;
  /** Called once, to generate the body of the loop. `index` is the item's place in the list it stands in. The item may be pending. */
  item(item: Operand, index: string): void;
}

/** A loop over a list's items, over the one item that a single value is, or over none. */
export function loopOver(g: Generator, value: Operand, lists: boolean, item: Each['item']): void {
  if (!may(value.type, LIST)) {
    const single = { ...value, type: value.type & ~NOTHING };
    if (may(value.type, NOTHING)) g.block(`if (${value.code} !== undefined)`, () => item(single, '0'));
    else item(single, '0');
    return;
  }
  const known = only(value.type, LIST);
  const list = known ? undefined : g.once(`list ${value.code}`, () => g.temp(`isArray(${value.code})`, 0));
  const size = g.temp(
    list === undefined ? `${value.code}.length` : `${list.code} ? ${value.code}.length : ${value.code} === undefined ? 0 : 1`,
    0,
  );
  g.charge(size.code);
  const index = g.name();
  // Content from further out than here is met again whenever this loop is.
  const depth = value.depth === g.loops ? g.loops + 1 : value.depth;
  g.loop(`for (let ${index} = 0; ${index} < ${size.code}; ${index}++)`, () => {
    const one = list === undefined ? `${value.code}[${index}]` : `${list.code} ? ${value.code}[${index}] : ${value.code}`;
    const type = (DATA & ~NOTHING & (lists ? ~0 : ~LIST)) | (value.type & (FUNCTION | MADE));
    const found = g.temp(one, type, depth);
    if (lists) g.guard(`${found.code} === undefined`);
    item(lists ? found : { ...found, pending: true }, index);
  });
}

/** The value where it is put into a result; charged by its size where that can happen many times. */
export function placed(g: Generator, given: Operand): Operand {
  const operand = solid(g, given);
  if (operand.depth < g.loops && may(operand.type, LARGE) && !/^["(\d]/.test(operand.code)) charged(g, operand);
  return operand;
}

export function charged(g: Generator, operand: Operand): void {
  g.charge(only(operand.type, NOTHING | LARGE) || may(operand.type, LARGE) ? `weight(${operand.code}, left)` : '1');
}

/** A list that items are pushed to, as an operand. */
export function newList(g: Generator): Operand {
  return g.temp('[]', LIST | MADE);
}

/** A sequence as a value: of none it is nothing, of one its item. */
export function collapsed(g: Generator, list: Operand, keep: boolean, itemType: number): Operand {
  const { code } = list;
  return keep
    ? g.temp(`${code}.length === 0 ? undefined : ${code}`, NOTHING | LIST | MADE)
    : g.temp(`${code}.length > 1 ? ${code} : ${code}[0]`, NOTHING | LIST | MADE | itemType);
}
