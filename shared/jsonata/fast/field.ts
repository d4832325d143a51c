import { ExactNumber } from '#shared/exact-number.ts';
import type { Generator } from './env.ts';
import { type Operand, quoted } from './source.ts';
import { DATA, FUNCTION, LIST, MADE, may, OBJECT, only } from './type.ts';

const plainName = /^[A-Za-z_$][A-Za-z0-9_$]*$/;
const prototypes = [Object, Array, String, Number, Boolean, ExactNumber].map((kind): object => kind.prototype);
/**
 * Whether the name can be asked of anything that stands in a message, and only an object that has the field answers.
 * Lists and texts answer to whole numbers.
 */
const isQuick = (name: string): boolean => name !== 'text' && !/^\d/.test(name) && prototypes.every((prototype) => !(name in prototype));
/** Names that an object has without its own doing, or that a number with exact digits has. */
const isInherited = (name: string): boolean => name in Object.prototype || name in ExactNumber.prototype || name === 'text';

/** The item, once it is certain that it is neither a list nor nothing. */
export function solid(g: Generator, operand: Operand): Operand {
  if (!operand.pending) return operand;
  const { pending: _pending, ...known } = operand;
  return g.once(`solid ${operand.code}`, () => {
    g.guard(`${operand.code} === undefined || isArray(${operand.code})`);
    return known;
  });
}

/** The value of a field of something that is no list; nothing where it is no object either. */
export function fieldOf(g: Generator, owner: Operand, name: string): Operand {
  const type = DATA | (owner.type & (FUNCTION | MADE));
  const quick = isQuick(name) && !may(owner.type, FUNCTION);
  if (owner.pending && quick) {
    return g.once(`field ${owner.code} ${name}`, () => {
      const value = quickField(g, owner, name, type);
      // A list has no such field; its items may.
      g.guard(`${value.code} === undefined && isArray(${owner.code})`);
      return value;
    });
  }
  if (quick && !may(owner.type, LIST)) return quickField(g, owner, name, type);
  const object = objectOf(g, solid(g, owner));
  const access = isInherited(name) ? `ownField(${object}, ${quoted(name)})` : object + member(name);
  return g.once(access, () => partOf(owner, g.temp(access, type, owner.depth)));
}

/** A part of something given is given too. */
export function partOf(owner: Operand, part: Operand): Operand {
  return owner.given ? { ...part, given: true } : part;
}

const member = (name: string): string => (plainName.test(name) ? `.${name}` : `[${quoted(name)}]`);

/** A field that nothing else than an object has, so that it may be asked of anything. */
function quickField(g: Generator, owner: Operand, name: string, type: number): Operand {
  const access = only(owner.type, OBJECT)
    ? owner.code + member(name)
    : `${owner.code}?.${plainName.test(name) ? name : `[${quoted(name)}]`}`;
  return g.once(access, () => partOf(owner, g.temp(access, type, owner.depth)));
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
    // A list on the way has no field of a quick name, so it is only looked for where the path came to nothing.
    let late = '';
    let early = '';
    let at = start;
    for (const [i, name] of names.entries()) {
      const { code } = at;
      if (!may(at.type, LIST)) at = fieldOf(g, at, name);
      else if (isQuick(name) && !may(at.type, FUNCTION)) {
        late += `isArray(${code}) ? ${ofList(code, names.slice(i))} : `;
        at = quickField(g, at, name, DATA | (at.type & MADE));
      } else {
        const list = g.once(`list ${code}`, () => g.temp(`isArray(${code})`, 0));
        early += `${list.code} ? ${ofList(code, names.slice(i))} : `;
        at = fieldOf(g, at, name);
      }
    }
    if (late === '' && early === '') return at;
    const found = late === '' ? at.code : `${at.code} !== undefined ? ${at.code} : ${late}undefined`;
    return partOf(start, g.temp(`${early}${found}`, at.type, start.depth));
  });
}
