import type { Span } from '../../jsonata/syntax/tree.ts';
import { literalCode, nestedPair } from '../code.ts';
import { placeFor, placeFrom } from '../place.ts';
import type { Field, ObjectRule, Rule } from '../rule.ts';
import { type TargetPath, targetText } from '../target.ts';
import { type OpenView, pathToRule, type View } from '../view.ts';
import { type Edited, edited, refused } from './edit.ts';
import { fragmentOf, replacePart } from './fragment.ts';
import { appended, type Enumeration, moved } from './layout.ts';
import { noRow } from './rule.ts';

/**
 * Gives a place of the result a rule: that of its row where it has one, else a new field, with the objects around it
 * that are missing. Where a rule that is no object stands in the way, its value is kept and the field added to it
 * (`$merge`). Items of a list need the list's loop first. A blank text becomes an object.
 */
export function setAt(view: View, target: TargetPath, code: string): Edited {
  const read = fragmentOf(code);
  if (!read.ok) return read;
  if (!view.ok) return inBlank(view, target, code);
  const { rule, rest } = placeFor(view, target);
  if (rest.length === 0) return replacePart(view, rule.span, code);
  return addField(view, rule.id, rest, code);
}

/** The same for the place to which `rest` leads from the rule with an id: in a branch, in what stands in, in a variable. */
export function setFrom(view: OpenView, from: string, rest: TargetPath, code: string): Edited {
  const read = fragmentOf(code);
  if (!read.ok) return read;
  const place = placeFrom(view, from, rest);
  if (place === undefined) return noRow(from);
  if (place.rest.length === 0) return replacePart(view, place.rule.span, code);
  return addField(view, place.rule.id, place.rest, code);
}

function inBlank(view: View, target: TargetPath, code: string): Edited {
  const names = namesOf(target);
  if (view.text.trim() !== '' || names === undefined) return refused('row', 'The mapping cannot be read: mend its code first.');
  const text = names.length === 0 ? code : `{\n  ${nestedPair(names, code, '  ')}\n}`;
  return edited(view.text, [{ start: 0, end: view.text.length, insert: text }]);
}

/** Adds a field below the row with an id; the names before the last are objects to be made around it. */
export function addField(view: OpenView, parent: string, path: TargetPath, code: string): Edited {
  const read = fragmentOf(code);
  if (!read.ok) return read;
  const names = namesOf(path);
  if (names === undefined) return refused('row', `${targetText(path)} needs its list first: choose what it goes through.`);
  const rule = pathToRule(view, parent).at(-1);
  if (rule === undefined) return noRow(parent);
  const object = objectOf(rule);
  if (object === undefined) return addBeside(view, rule, names, code);
  if (object.fields.some((field) => field.key === names[0])) return refused('name', `There is a field ${names[0]} already.`);
  return edited(
    view.text,
    appended(view, enumeration(object), (indent) => nestedPair(names, code, indent)),
  );
}

/** Adds fields to what another rule makes. */
function addBeside(view: OpenView, rule: Rule, names: readonly string[], code: string): Edited {
  const object = `{ ${nestedPair(names, code)} }`;
  switch (rule.kind) {
    case 'merge': {
      const last = rule.items.at(-1)?.span.end ?? rule.span.end;
      return edited(view.text, [{ start: last, end: last, insert: `, ${object}` }]);
    }
    case 'copy':
    case 'pick':
    case 'lookup':
    case 'function':
    case 'code':
      return replacePart(view, rule.span, `$merge([${view.text.slice(rule.span.start, rule.span.end)}, ${object}])`);
    case 'choice':
      return refused('ambiguous', 'Each branch makes its own fields: add the field to one of them.');
    default:
      return notAnObject(rule);
  }
}

const notAnObject = (rule: Rule): Edited =>
  refused('row', `${targetText(rule.target) || 'The result'} is no object, so it can have no fields.`);

const namesOf = (path: TargetPath): string[] | undefined => {
  const names = path.filter((step) => typeof step === 'string');
  return names.length === path.length ? names : undefined;
};

function objectOf(rule: Rule): ObjectRule | undefined {
  if (rule.kind === 'object') return rule;
  return rule.kind === 'scope' ? objectOf(rule.body) : undefined;
}

/** The places of the fields of an object. */
function enumeration({ fields, open, close }: ObjectRule): Enumeration {
  return { items: fields.map(({ span }) => span), open, close, separator: ',' };
}

/** Gives a field another name. */
export function renameField(view: OpenView, id: string, key: string): Edited {
  const found = fieldOf(view, id);
  if (found === undefined) return refused('row', 'Only fields of objects have a name that can be changed.');
  const { fields, field } = found;
  if (field.key === undefined) return refused('row', 'The name of this field is computed: change its expression.');
  if (fields.some((other) => other !== field && other.key === key)) return refused('name', `There is a field ${key} already.`);
  return edited(view.text, [{ ...field.keySpan, insert: literalCode(key) }]);
}

/** Brings a field, list item or item of a merge to another position (from 0) among its neighbours, with its remarks. */
export function moveRule(view: OpenView, id: string, to: number): Edited {
  const path = pathToRule(view, id);
  const [rule, parent] = [path.at(-1), path.at(-2)];
  if (rule === undefined) return noRow(id);
  const items: Span[] = [];
  let from = -1;
  if (parent?.kind === 'object' || parent?.kind === 'group') {
    items.push(...parent.fields.map(({ span }) => span));
    from = parent.fields.findIndex((field) => field.rule === rule);
  } else if (parent?.kind === 'list' || parent?.kind === 'merge') {
    items.push(...parent.items.map(({ span }) => span));
    from = parent.items.indexOf(rule);
  }
  if (from < 0 || to < 0 || to >= items.length) return refused('row', 'This row cannot be moved there.');
  return edited(view.text, moved(view, items, from, to));
}

/** The field that a rule is the value of, with its neighbours. */
export function fieldOf(view: OpenView, id: string): { fields: readonly Field[]; field: Field } | undefined {
  const parent = pathToRule(view, id).at(-2);
  if (parent?.kind !== 'object' && parent?.kind !== 'group') return undefined;
  const field = parent.fields.find(({ rule }) => rule.id === id);
  return field === undefined ? undefined : { fields: parent.fields, field };
}
