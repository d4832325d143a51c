import type { Generator } from './env.ts';
import { type Operand, quoted } from './source.ts';
import { DATA, FUNCTION, LIST, MADE, may, OBJECT, only } from './type.ts';

const plainName = /^[A-Za-z_$][A-Za-z0-9_$]*$/;
/** Names that an object may have without its own doing, or that a number with exact digits has. */
const careful = (name: string): boolean => name in Object.prototype || name === 'text' || name === 'toJSON';

/** The value of a field of something that is no list; nothing where it is no object either. */
export function fieldOf(g: Generator, owner: Operand, name: string): Operand {
  const type = DATA | (owner.type & (FUNCTION | MADE));
  const object = objectOf(g, owner);
  const access = careful(name)
    ? `ownField(${object}, ${quoted(name)})`
    : plainName.test(name)
      ? `${object}.${name}`
      : `${object}[${quoted(name)}]`;
  return g.once(access, () => g.temp(access, type, owner.depth));
}

function objectOf(g: Generator, owner: Operand): string {
  const { code, type } = owner;
  if (only(type, OBJECT)) return code;
  const list = may(type, LIST) ? ` && !isArray(${code})` : '';
  return g.once(`object ${code}`, () =>
    g.temp(`typeof ${code} === 'object' && ${code} !== null${list} ? ${code} : EMPTY`, OBJECT, owner.depth),
  ).code;
}

/** The value of a path of field names from a value; where a list stands on the way, a loop of its own works it out. */
export function fieldsOf(
  g: Generator,
  start: Operand,
  names: readonly string[],
  ofList: (list: string, names: readonly string[]) => string,
): Operand {
  return g.once(`path ${start.code} ${JSON.stringify(names)}`, () => {
    const lists: [condition: string, value: string][] = [];
    let at = start;
    for (const [i, name] of names.entries()) {
      const { code } = at;
      if (may(at.type, LIST)) {
        const list = g.once(`list ${code}`, () => g.temp(`isArray(${code})`, 0));
        lists.push([list.code, ofList(code, names.slice(i))]);
      }
      at = fieldOf(g, at, name);
    }
    if (lists.length === 0) return at;
    const choices = lists.map(([condition, value]) => `${condition} ? ${value} : `).join('');
    return g.temp(`${choices}${at.code}`, at.type, start.depth);
  });
}
