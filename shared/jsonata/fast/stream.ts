import type { Generator } from './env.ts';
import { solid } from './field.ts';
import type { Operand } from './source.ts';
import { BOOLEAN, DATA, FUNCTION, LARGE, LIST, MADE, may, NOTHING, NULL, NUMBER, only, TEXT } from './type.ts';

/** What is done with each item of a value. */
export interface Each {
  /** Whether an item may be a list itself; where not, one that is leaves generated code when it is looked at. */
  lists: boolean;
  /** Whether it matters if a value without items was an empty list or nothing. */
  empty?: false;
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
  const index = g.name();
  const found: Operand = {
    code: g.name(),
    type: (DATA & ~NOTHING & (lists ? ~0 : ~LIST)) | (value.type & (FUNCTION | MADE)),
    // Content from further out than here is met again whenever this loop is.
    depth: value.depth === g.loops ? g.loops + 1 : value.depth,
    ...(lists ? {} : { pending: true }),
    ...(value.given ? { given: true } : {}),
  };
  const body = g.capture(() => {
    if (lists) g.guard(`${found.code} === undefined`);
    item(found, index);
  }, 'loop').lines;
  const turns = (size: string, one: string): void =>
    g.block(`for (let ${index} = 0; ${index} < ${size}; ${index}++)`, () => {
      g.line(`const ${found.code} = ${one};`);
      g.add(body);
    });
  if (only(value.type, LIST)) {
    const size = g.temp(`${value.code}.length`, 0);
    g.charge(size.code);
    turns(size.code, `${value.code}[${index}]`);
    return;
  }
  const list = g.once(`list ${value.code}`, () => g.temp(`isArray(${value.code})`, 0)).code;
  const size = g.temp(`${list} ? ${value.code}.length : ${value.code} === undefined ? 0 : 1`, 0);
  g.charge(size.code);
  if (body.length > shortBody) {
    turns(size.code, `${list} ? ${value.code}[${index}] : ${value.code}`);
    return;
  }
  // Written twice, a short body spares the single value the loop.
  g.block(`if (${list})`, () => turns(size.code, `${value.code}[${index}]`));
  g.block(`else if (${value.code} !== undefined)`, () => {
    g.line(`const ${index} = 0, ${found.code} = ${value.code};`);
    g.add(body);
  });
}

/** Statements that may well stand twice. */
const shortBody = 8;

/** The value where it is put into a result; charged by its size where that can happen many times. */
export function placed(g: Generator, given: Operand): Operand {
  const operand = solid(g, given);
  if (operand.depth < g.loops && may(operand.type, LARGE) && !/^["(\d]/.test(operand.code)) charged(g, operand);
  return operand;
}

/** Charges a value by its size. */
export function charged(g: Generator, { code, type }: Operand): void {
  if (only(type, NOTHING | NULL | BOOLEAN | NUMBER | TEXT)) g.charge(`(typeof ${code} === 'string' ? ${code}.length : 1)`);
  else g.charge(`(typeof ${code} === 'string' ? ${code}.length : weight(${code}, ${g.counter}))`);
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
