import type { Span } from '../jsonata/syntax/tree.ts';
import { placeFor } from '../mapping/place.ts';
import { allRules, chipsOf, type Rule, rulesIn } from '../mapping/rule.ts';
import { type TargetPath, targetText } from '../mapping/target.ts';
import { type OpenView, pathToRule, ruleAt, ruleById, viewOf } from '../mapping/view.ts';

/** A row of a mapping that differs between two versions of its text. */
export interface ChangedRow {
  /** Its id in the new text, or in the old one where it is gone. */
  id: string;
  /** The place of the result that it fills; `$name` for a variable. */
  place: string;
  before?: string;
  after?: string;
}

/** What the rows that fill a place say about a change there. */
export interface RowsOfPlace {
  changed: ChangedRow[];
  /** Where no row changed: the places of the message that the row reads, for looking further back. */
  reads: (readonly string[])[];
}

/** Two texts of one mapping, read once for many questions. */
export interface TwoTexts {
  before: OpenView | undefined;
  after: OpenView | undefined;
}

/** Reads both texts of a mapping; one that does not parse, or is missing, has no rows. */
export function twoTexts(before: string | undefined, after: string | undefined): TwoTexts {
  const open = (text: string | undefined): OpenView | undefined => {
    const view = text === undefined || text.trim() === '' ? undefined : viewOf(text);
    return view?.ok ? view : undefined;
  };
  return { before: open(before), after: open(after) };
}

/**
 * The rows that make a place of the result differ: the rule that fills it, else the loop, condition or other row around it,
 * else a variable that it uses. `place` has names, numbers, and null for every item of a loop.
 */
export function rowsOfPlace({ before, after }: TwoTexts, place: TargetPath): RowsOfPlace {
  const was = before && chainTo(before, place);
  const is = after && chainTo(after, place);
  if (!was && !is) return { changed: [], reads: [] };
  const changed = changedIn(was, is);
  if (changed.length > 0) return { changed: [changed[0] as ChangedRow], reads: [] };
  const variables = was && is ? changedVariables(was, is) : [];
  if (variables.length > 0) return { changed: variables, reads: [] };
  return { changed: [], reads: is ? readsOf(is) : [] };
}

/** The row of an error: the one that holds the offset in the new text, beside what it was. */
export function rowAtError({ before, after }: TwoTexts, position: number): ChangedRow | undefined {
  const rule = after && ruleAt(after, Math.max(0, position - 1));
  if (!after || !rule) return undefined;
  const old = before && ruleById(before, rule.id);
  return { id: rule.id, place: targetText(rule.target), ...(old && { before: textOf(before, old.span) }), after: textOf(after, rule.span) };
}

/** Every row that differs, without the rows around it that differ through it alone. */
export function changedRows({ before, after }: TwoTexts): ChangedRow[] {
  const texts = (view: OpenView | undefined): Map<string, ChangedRow & { own: string }> =>
    new Map(
      (view ? [...allRules(view.root)] : []).map((rule) => {
        const text = view ? textOf(view, rule.span) : '';
        const own = view ? ownText(view, rule) : '';
        return [rule.id, { id: rule.id, place: targetText(rule.target), after: text, own }];
      }),
    );
  const [old, now] = [texts(before), texts(after)];
  const rows: ChangedRow[] = [];
  for (const [id, row] of now) {
    const was = old.get(id);
    if (was?.own === row.own) continue;
    rows.push({
      id,
      place: row.place,
      ...(was?.after !== undefined && { before: was.after }),
      ...(row.after !== undefined && { after: row.after }),
    });
  }
  for (const [id, row] of old) if (!now.has(id)) rows.push({ id, place: row.place, ...(row.after !== undefined && { before: row.after }) });
  return rows;
}

/** The way to a place: the rules from the root on, and the steps that none of them makes. */
interface Chain {
  view: OpenView;
  rules: Rule[];
  rest: TargetPath;
}

function chainTo(view: OpenView, place: TargetPath): Chain {
  let path = place;
  // Items of a loop need not be named: what was read of a message goes through lists without naming them.
  for (;;) {
    const { rule, rest } = placeFor(view, path);
    const loop = rule.kind === 'loop' && rest.length > 0 && rest[0] !== null;
    if (!loop || path.length > 64) return { view, rules: pathToRule(view, rule.id), rest };
    const step = typeof rest[0] === 'number' ? rest.slice(1) : rest;
    path = [...path.slice(0, path.length - rest.length), null, ...step];
  }
}

/** A rule whose fields are listed says nothing about a field that it does not list. */
const listsFields = (rule: Rule | undefined): boolean => rule?.kind === 'object' || rule?.kind === 'list';

const ruleOf = (chain: Chain | undefined): Rule | undefined => {
  const rule = chain?.rules.at(-1);
  return chain && chain.rest.length > 0 && listsFields(rule) ? undefined : rule;
};

function changedIn(was: Chain | undefined, is: Chain | undefined): ChangedRow[] {
  const [old, now] = [ruleOf(was), ruleOf(is)];
  const before = was && old && textOf(was.view, old.span);
  const after = is && now && textOf(is.view, now.span);
  const row = now ?? old;
  if (before !== after && row) {
    return [{ id: row.id, place: targetText(row.target), ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];
  }
  // The row itself is the same: then what stands around it.
  const around = new Map((was?.rules ?? []).map((rule) => [`${rule.kind} ${targetText(rule.target)}`, rule]));
  return (is?.rules ?? []).toReversed().flatMap((rule): ChangedRow[] => {
    const other = around.get(`${rule.kind} ${targetText(rule.target)}`);
    if (!is || !was || !other || ownText(is.view, rule) === ownText(was.view, other)) return [];
    return [{ id: rule.id, place: targetText(rule.target), before: textOf(was.view, other.span), after: textOf(is.view, rule.span) }];
  });
}

function changedVariables(was: Chain, is: Chain): ChangedRow[] {
  const [old, now] = [variablesOf(was), variablesOf(is)];
  return [...now].flatMap(([name, { rule, text }]): ChangedRow[] => {
    const before = old.get(name)?.text;
    if (before === text) return [];
    return [{ id: rule.id, place: `$${name}`, ...(before !== undefined && { before }), after: text }];
  });
}

/** The variables that the rows of a chain use, and those that these use. */
function variablesOf({ view, rules }: Chain): Map<string, { rule: Rule; text: string }> {
  const found = new Map<string, { rule: Rule; text: string }>();
  const open = rules.flatMap((rule) => [rule, ...(rule === rules.at(-1) ? [...allRules(rule)] : [])]).map(({ id }) => id);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const use of view.uses) {
      if (use.row !== id || found.has(use.name)) continue;
      const rule = ruleById(view, use.of);
      if (!rule) continue;
      found.set(use.name, { rule, text: textOf(view, rule.span) });
      open.push(...[...allRules(rule)].map((inner) => inner.id));
    }
  }
  return found;
}

function readsOf({ view, rules, rest }: Chain): (readonly string[])[] {
  const rule = rules.at(-1);
  if (!rule) return [];
  const below = new Set([...allRules(rule)].map(({ id }) => id));
  for (const { rule: variable } of variablesOf({ view, rules, rest }).values()) below.add(variable.id);
  const names = rest.filter((step): step is string => typeof step === 'string');
  const lines = view.lines.filter(({ row }) => below.has(row));
  return lines.map(({ path, role }) => (role === 'copy' ? [...path, ...names] : path));
}

const textOf = (view: OpenView, span: Span): string => view.text.slice(span.start, span.end);

/** The text of a row without that of the rows below it. */
function ownText(view: OpenView, rule: Rule): string {
  const inner = rulesIn(rule);
  if (inner.length === 0 && rule.kind !== 'table') return textOf(view, rule.span);
  const parts = chipsOf(rule).map((chip) => textOf(view, chip));
  if (rule.kind === 'table') parts.push(JSON.stringify(rule.rows.map(({ from, to }) => [from, to])));
  if (rule.kind === 'default') parts.push(rule.mode);
  if (rule.kind === 'loop') parts.push(rule.form, String(rule.array));
  if (rule.kind === 'object' || rule.kind === 'group') parts.push(String(rule.fields.length));
  return [rule.kind, ...parts].join('\n');
}
