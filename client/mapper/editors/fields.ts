import { addressCode, addressOf, listOf, loopsAround } from '#shared/mapping/address.ts';
import { pathCode } from '#shared/mapping/code.ts';
import { placeFor } from '#shared/mapping/place.ts';
import type { SourcePath } from '#shared/mapping/reach.ts';
import type { LoopRule } from '#shared/mapping/rule.ts';
import type { TargetPath } from '#shared/mapping/target.ts';
import { type OpenView, pathToRule } from '#shared/mapping/view.ts';
import { likeness } from '#shared/shape/auto-map/likeness.ts';
import { autoMap, type Proposal } from '#shared/shape/auto-map.ts';
import { type Path, samePath } from '#shared/shape/path.ts';
import { isList, type Shape, walk } from '#shared/shape/shape.ts';

/** The place in which a field is chosen. */
export interface FieldPlace {
  /** Nothing while the mapping is empty. */
  view: OpenView | undefined;
  target: TargetPath;
  rule: string | undefined;
  source: Shape;
  wanted: Shape;
  /** The list whose items are looked at, inside a condition or order of that list. */
  within?: SourcePath | undefined;
}

/** A field, item or variable that can be named in a place. */
export interface FieldChoice {
  code: string;
  /** As it is listed; the names before the last in `above`. */
  name: string;
  above: string;
  from: 'item' | 'outer' | 'message' | 'variable';
  /** Names from the root of the message; nothing for a variable. */
  path?: SourcePath;
  type: string;
  /** Share of the messages (or items) that had it. */
  seen?: number;
  example?: string;
  /** It has a value for each item of a list. */
  many: boolean;
  /** Behind how many names of its code the last list on the way stands; 0 where there is none. */
  listAt: number;
  list: boolean;
  /** Why it is proposed for this target. */
  reason?: string;
  /** The loop whose item must get the name `item` first, and that name. */
  naming?: { loop: string; name: string };
}

const words: Readonly<Record<string, string>> = {
  text: 'text',
  number: 'number',
  boolean: 'yes/no',
  null: 'null',
  object: 'object',
  list: 'list',
};

/** The kinds of a shape in words. */
export function typeWords({ kinds, item }: Shape): string {
  if (kinds.length === 0) return 'any';
  const named = kinds.filter((kind) => kind !== 'null' || kinds.length === 1);
  return named
    .map((kind) =>
      kind === 'list' && item !== undefined && item.kinds.length === 1
        ? `list of ${words[item.kinds[0] ?? ''] ?? ''}s`
        : (words[kind] ?? kind),
    )
    .join(' or ')
    .replace('yes/nos', 'yes/no');
}

/** All that can be named in a place: what is proposed for the target, then fields of the item, of outer items, of the message, variables. */
export function fieldChoices(place: FieldPlace): FieldChoice[] {
  const { view, target } = place;
  const loops = view === undefined ? [] : loopsAround(view, target);
  const inner = view === undefined ? [] : loops.map((loop) => listOf(view, loop));
  const found: FieldChoice[] = [];
  for (const { path, shape, seen } of walk(place.source)) {
    if (path.at(-1) === null) continue;
    const names = path.filter((step) => step !== null);
    const choice = choiceOf(place, names, listsOf(path), shape, inner);
    if (choice !== undefined) found.push(seen === undefined ? choice : { ...choice, seen });
  }
  const proposed = proposals(place);
  const all = [...found.map((choice) => withReason(choice, proposed)), ...variablesAt(place, loops)];
  return all.sort((a, b) => weight(a) - weight(b));
}

const order = { item: 1, outer: 2, message: 3, variable: 4 } as const;
/** What is whole comes last: it is rarely what is meant. */
const weight = ({ reason, from, path, code }: FieldChoice): number =>
  reason !== undefined ? 0 : path !== undefined && (code === '$$' || (code === '$' && path.length === 0)) ? 5 : order[from];

/** How many names lead to each list on a path. */
function listsOf(path: Path): number[] {
  let names = 0;
  return path.flatMap((step) => {
    if (step === null) return [names];
    names++;
    return [];
  });
}

function choiceOf(
  place: FieldPlace,
  names: SourcePath,
  lists: readonly number[],
  shape: Shape,
  inner: readonly (SourcePath | undefined)[],
): FieldChoice | undefined {
  const { code, base, from, naming } = codeFor(place, names, inner);
  const left = lists.filter((count) => count > base);
  const listAt = Math.max(0, ...left.map((count) => count - base));
  const name = names.at(-1);
  return {
    code,
    name: base === names.length ? (names.length === 0 ? 'the whole message' : 'the item itself') : (name ?? ''),
    above: base === names.length ? '' : names.slice(0, -1).join(' › '),
    from,
    path: names,
    type: typeWords(shape),
    many: left.length > 0 || isList(shape),
    list: isList(shape),
    listAt,
    ...(shape.examples?.[0] === undefined ? {} : { example: shape.examples[0] }),
    ...(naming === undefined ? {} : { naming }),
  };
}

interface Named {
  code: string;
  base: number;
  from: FieldChoice['from'];
  naming?: { loop: string; name: string };
}

function codeFor({ view, target, within }: FieldPlace, names: SourcePath, inner: readonly (SourcePath | undefined)[]): Named {
  if (within?.every((name, i) => names[i] === name))
    return { code: pathCode(names.slice(within.length)), base: within.length, from: 'item' };
  if (view === undefined) return { code: pathCode(names, within === undefined ? '' : '$$'), base: 0, from: 'message' };
  const address = addressOf(view, names, target);
  const atItem = address.base > 0 && inner.at(-1)?.length === address.base;
  const from = address.base === 0 ? 'message' : atItem && within === undefined ? 'item' : 'outer';
  if (address.unnamed !== undefined) return { ...naming(view, address.unnamed, names.slice(address.base)), base: address.base, from };
  if (within === undefined || address.start !== '') return { code: addressCode(address), base: address.base, from };
  // Inside the brackets of a list, what is outside needs a name.
  const loop = address.base === 0 ? undefined : loopsAround(view, target).findLast((one) => one.form === 'dot');
  if (loop === undefined) return { code: pathCode(address.names, '$$'), base: address.base, from };
  if (loop.itemName !== undefined) return { code: pathCode(address.names, `$${loop.itemName}`), base: address.base, from };
  return { ...naming(view, loop, address.names), base: address.base, from };
}

function naming({ text }: OpenView, loop: LoopRule, names: SourcePath): { code: string; naming: { loop: string; name: string } } {
  let name = 'item';
  for (let n = 2; new RegExp(`\\$${name}\\b`).test(text); n++) name = `item${n}`;
  return { code: pathCode(names, `$${name}`), naming: { loop: loop.id, name } };
}

const remembered = new WeakMap<Shape, { target: Shape; proposals: Proposal[] }>();

/** What auto-map proposes for a target shape; worked out once for two shapes. */
export function proposalsFor(source: Shape, target: Shape): Proposal[] {
  const known = remembered.get(source);
  if (known?.target === target) return known.proposals;
  const proposals = autoMap(source, target);
  remembered.set(source, { target, proposals });
  return proposals;
}

function proposals({ source, target, wanted }: FieldPlace): Proposal[] {
  const path = target
    .filter((step) => typeof step === 'string' || step === null || typeof step === 'number')
    .map((step) => (typeof step === 'number' ? null : step));
  return proposalsFor(source, wanted).filter((proposal) => samePath(proposal.target, path));
}

function withReason(choice: FieldChoice, proposed: readonly Proposal[]): FieldChoice {
  const { path } = choice;
  const why =
    path &&
    proposed.find(({ sources }) =>
      sources.some((one) =>
        samePath(
          one.filter((step) => step !== null),
          path,
        ),
      ),
    );
  return why === undefined ? choice : { ...choice, reason: why.reason };
}

function variablesAt({ view, target, rule }: FieldPlace, loops: readonly LoopRule[]): FieldChoice[] {
  if (view === undefined) return [];
  const path = pathToRule(view, rule ?? placeFor(view, target).rule.id);
  const found = new Map<string, FieldChoice>();
  const add = (name: string, type: string): void => {
    found.set(name, { code: `$${name}`, name: `$${name}`, above: '', from: 'variable', type, many: false, list: false, listAt: 0 });
  };
  for (const loop of loops) if (loop.indexName !== undefined) add(loop.indexName, loop.form === 'each' ? 'name of the field' : 'position');
  path.forEach((outer, i) => {
    if (outer.kind !== 'scope') return;
    for (const variable of outer.variables) {
      if (variable.rule === path[i + 1]) break;
      if (variable.rule.kind !== 'helper') add(variable.name, 'variable');
    }
  });
  return [...found.values()];
}

/** The choices that a typed text means, the likeliest first; all of them for a blank one. */
export function searchFields(choices: readonly FieldChoice[], query: string): FieldChoice[] {
  const words = query
    .toLowerCase()
    .split(/[\s.›]+/)
    .filter((word) => word !== '');
  if (words.length === 0) return [...choices];
  const scored = choices.flatMap((choice) => {
    const name = choice.name.toLowerCase();
    const text = `${choice.above} ${choice.name} ${choice.code}`.toLowerCase();
    const score = words.every((word) => text.includes(word))
      ? name === words.at(-1)
        ? 3
        : name.startsWith(words.at(-1) ?? '')
          ? 2
          : 1
      : 0;
    const like = score === 0 && words.length === 1 ? likeness(name, words[0] ?? '') : 0;
    return score > 0 || like > 0.88 ? [{ choice, score: score + like / 2 }] : [];
  });
  return scored.sort((a, b) => b.score - a.score).map(({ choice }) => choice);
}

/** The choice that code names. */
export function choiceFor(choices: readonly FieldChoice[], code: string): FieldChoice | undefined {
  return choices.find((choice) => choice.code === code.trim());
}
